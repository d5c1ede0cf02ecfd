package notifier

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

func TestTheQueueSaysWhoseTurnItIs(t *testing.T) {
	named := func(id string, c gitops.Change, minutes int) gitops.Change {
		c.ID, c.Request.At = id, noon(minutes)
		return c
	}
	many := proposed()
	many.Verdict.Waits = append(many.Verdict.Waits, gitops.Person{ID: "dan", Name: "Dan Bricklin"}, gitops.Person{ID: "eve", Name: "Eve Sandler"})
	foreign := halfApproved()
	foreign.Verdict = gitops.Verdict{Rule: "head", Outcome: gitops.OutcomeDenied, Reason: "somebody pushed 99aa to the branch, and only what changebot made is merged"}
	frozen := proposed()
	frozen.Verdict = gitops.Verdict{Rule: "prod/freeze", Outcome: gitops.OutcomeWaiting, Reason: "prod is frozen until Monday, 08:00"}
	refused := at(halfApproved(), gitops.StateApproved, "the check build fails", "It is tried again by itself.")
	merged := at(halfApproved(), gitops.StateMerged, "", "")
	open := []gitops.Change{
		named("c-1", many, -2*24*60-241), named("c-2", halfApproved(), -90), named("c-3", rollback(proposed()), -60), named("c-4", foreign, -50),
		named("c-5", frozen, -40), named("c-6", refused, -30), named("c-7", merged, -3),
		named("c-8", rollingOut(at(merged, gitops.StateSyncing, "", ""), gitops.StateSyncing, "Waiting for Deployment/checkout to roll out."), -2),
		named("c-9", asked(), -1),
	}
	busy := &turn.Queue{Environment: "prod", Now: noon(0)}
	for i := range 80 {
		busy.Changes = append(busy.Changes, named(fmt.Sprintf("c-%02d", i), proposed(), i-100))
	}
	var b strings.Builder
	for _, show := range []struct {
		title string
		queue *turn.Queue
	}{
		{"of one environment", &turn.Queue{Environment: "prod", Changes: open, Now: noon(0)}},
		{"of all, some of them hidden", &turn.Queue{Changes: open[:2], Hidden: 3, Now: noon(0)}},
		{"of one application, where nothing is open", &turn.Queue{Applications: []string{"cart"}, Environment: "prod", Now: noon(0)}},
		{"more than fit", busy},
	} {
		fmt.Fprintf(&b, "## %s\n\n%s\n", show.title, Answer(gitops.Reply{Table: show.queue.Table()}))
	}
	golden(t, "queue", b.String())
}
