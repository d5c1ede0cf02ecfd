// Package argocd is changebot's view of Argo CD: read and refresh an
// application, ask for a sync, watch until it has settled, and say in one
// sentence what is still missing.
//
// It and test/argocdtest are the only packages that import argo-cd, which
// brings most of Kubernetes with it. Nothing of Argo CD's types leaves this
// package: callers see App, State and Progress.
//
// The package has two halves. Client (client.go, watch.go, tree.go) talks to
// the server over gRPC and turns what it says into a State. Settled
// (settled.go) is pure: it compares one State with what a change Wants, and is
// where all the ways in which Argo CD can look finished without being finished
// are known:
//
//   - A sync right after a push may apply the revision that Argo CD has cached,
//     so refresh first.
//   - A sync clears the state of the operation before it; then the application
//     passes through phase Succeeded while it still names the old revision, and
//     through Healthy while the health is still the one of before.
//   - The synced revision need not equal the merge commit: main moves on. It
//     has to contain it.
//   - An application that syncs by itself refuses an explicit revision, and its
//     operations carry no Change-Id.
//   - A bad image is Progressing until the Deployment's progress deadline, ten
//     minutes by default; its pods say so at once.
//
// A Sync whose answer was lost may have taken effect. Its Change-Id is in the
// operation's info, so State.Operation.ChangeID tells.
package argocd
