// Package gitops is the domain of changebot: what an Application, a Request
// and a Change are, which transitions are legal, how Edits are hashed into a
// Digest, and how the journal is chained. It is plain data and pure functions
// over the standard library; nothing here talks to the outside.
//
// # A tour of the program
//
// A sentence typed in Slack reaches notifier/slack, which verifies it and puts
// it, raw, into the inbox of gitops/store; only then is it acknowledged. A job
// decodes it, gitops/sentence makes a [Command] of it, and gitops/workflow
// turns that into a [Request] and a [Change]. The same sentence comes by
// gitops/api, from the command line and from pipelines. Before every listener
// stands gitops/door, so that strangers cost little.
//
// gitops/workflow is the road every Change travels. One file is one step:
//
//	requested → proposed → approved → merged → syncing → healthy
//
// It knows the outside only through the ports it declares. gitops/catalog
// reads .changebot.yaml into a [Catalog]; gitops/manifest edits files byte by
// byte; gitops/git commits and pushes; gitops/github opens and merges pull
// requests; gitops/argocd syncs and watches. Package approvals decides,
// purely, from the Catalog and the facts, and answers with a [Verdict].
//
// Before anything is done outside the process an intent is written to the
// journal, and after it the outcome; a step that finds an intent without an
// outcome asks the remote first. That is how a crash between any two lines
// doubles and loses nothing: gitops/effect has the rule, and gitops/crash names
// the points at which test/crashes tries it.
//
// Whose turn it is, gitops/turn says, purely, for all who tell: the live
// message, the reminders, the queue and the API.
//
// Package notifier looks at a Change and its journal and says which messages
// should stand in chat; notifier/slack makes it so. cmd/changebot wires all of
// it together, and the servers in test/ are what it is tried against.
package gitops
