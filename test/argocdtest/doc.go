// Package argocdtest is an Argo CD that behaves: it follows real git
// repositories, renders what it finds there, and plays the cluster that it is
// applied to, with pods that take their time and images that cannot be pulled.
//
// It speaks the gRPC of argo-cd (its own generated interfaces), a small part of
// its REST, and shows a page for people, all on one loopback port. The order of
// events is the one of the real thing, with its pitfalls: a sync clears the
// state of the operation before it, then the application passes through phase
// Succeeded with the old revision and the old health; a second sync is refused;
// an application that syncs by itself takes no explicit revision; an unknown
// commit is accepted and ends in phase Error. The conformance test in this
// package runs against it and, where there is one, against the real Argo CD.
//
// A test reads what happened (Calls, Application), waits for it (WaitFor), and
// makes the server misbehave (Fail) or the cluster drift (Edit).
//
// How it is built: source.go reads git; render.go, kustomize.go and chart.go
// turn a tree into objects; cluster.go is the cluster, where the state of a pod
// is a function of the time since it was applied; compare.go and operate.go are
// Argo CD's controller, one goroutine for each application and task; grpc.go
// and rest.go are its API.
package argocdtest
