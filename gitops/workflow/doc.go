// Package workflow is the road that every Change travels, from a sentence to a
// healthy application. One file is one step:
//
//	hear.go     a sentence becomes a Request, or an answer
//	plan.go     a Request becomes Edits computed at one pinned commit
//	propose.go  the Edits become a commit, a branch and a pull request
//	press.go    people decide (review.go: on the forge)
//	judge.go    the policy says whether that is enough
//	remind.go   who has not decided is reminded
//	merge.go    exactly what was approved is merged
//	sync.go     Argo CD is asked to apply it
//	watch.go    until every Target runs it and is healthy
//
// A step runs as a job under the Change's lease. It reads the Change, does at
// most a few effects (see package effect), and writes the Change, its journal
// and the next job in one transaction. Nobody sleeps waiting: a Change that
// waits is a row, and an event or a timer takes it up again; one that waits
// for GitHub or Argo CD for long says so in its thread (wait.go). What a step is
// to do follows from the Change's state alone, so a job may come twice, late,
// or after a crash.
//
// The package knows the outside only through the ports in ports.go.
package workflow
