// Package turn says whose turn it is. A Change that is not done always waits
// for somebody: for people, for a machine, or for nobody at all, and then
// something blocks it. The live message, the reminders and the queue all ask
// the same pure function, so that they never name different people.
//
// The package also says when people whose turn it is are to be reminded: in
// their own working hours, by the clock on their own wall.
package turn

import (
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// An Actor is who a Change waits for.
type Actor string

// The actors. Nobody is waited for where a Change has ended, and where time or
// somebody outside of it has to remove what blocks it.
const (
	People    Actor = "people"
	Changebot Actor = "changebot"
	GitHub    Actor = "GitHub"
	ArgoCD    Actor = "Argo CD"
	Nobody    Actor = "nobody"
)

// An Act is what the Actor is waited for to do.
type Act string

// The acts. Answer, Decide and Unblock are people's, the others are machines'.
const (
	Answer  Act = "answer"  // the requester answers the plan's question
	Decide  Act = "decide"  // approve or reject
	Unblock Act = "unblock" // the requester removes what stands in the way, or cancels
	Plan    Act = "plan"
	Judge   Act = "judge"
	Merge   Act = "merge"
	Sync    Act = "sync"
	Settle  Act = "settle"  // Argo CD brings it to life
	Close   Act = "close"   // what is merged is all there was to do
	Respond Act = "respond" // another system has not answered for long
)

// A Turn says who can take a Change on, and how.
type Turn struct {
	Actor   Actor
	People  []gitops.Person // any of whom can act, where Actor is People
	Act     Act             // empty for Nobody
	Since   time.Time       // when the turn began; zero where that is not known
	Waits   string          // what is waited for, "waits for 1 more of leads"; may be empty
	Blocker string          // what keeps it back whatever the Actor does now; empty for nothing
	Next    string          // what removes the Blocker, as a sentence; may be empty
}

// Of returns whose turn it is. It looks at nothing but the Change: the policy's
// last verdict says who may still decide, and holds what the clock, a freeze or
// the forge had to say.
func Of(c gitops.Change) Turn {
	t := Turn{Since: c.Times[c.State]}
	switch {
	case c.State.Ended():
		t.Actor = Nobody
	case c.Wait.Told:
		t.Actor, t.Act, t.Since = Actor(c.Wait.System), Respond, c.Wait.Since
		t.Blocker, t.Next = c.Wait.Why, c.Wait.Next
	case c.State == gitops.StateRequested && c.Question != "":
		t.Actor, t.Act, t.People = People, Answer, []gitops.Person{c.Request.Requester}
		t.Waits = "waits for an answer"
	case c.State == gitops.StateRequested:
		t.Actor, t.Act = Changebot, Plan
	case c.State == gitops.StateProposed:
		return decision(c)
	case c.State == gitops.StateApproved && c.Reason != "":
		t.Actor, t.Act, t.Blocker, t.Next = GitHub, Merge, c.Reason, c.Next
	case c.State == gitops.StateApproved:
		t.Actor, t.Act = Changebot, Merge
	case c.State == gitops.StateMerged && !c.Request.Command.Kind.Syncs():
		t.Actor, t.Act = Changebot, Close
	case c.State == gitops.StateMerged:
		t.Actor, t.Act = Changebot, Sync
	default:
		t.Actor, t.Act, t.Waits = ArgoCD, Settle, rollout(c)
	}
	return t
}

// decision is whose turn it is while a proposal waits for people.
func decision(c gitops.Change) Turn {
	v := c.Verdict
	t := Turn{Since: c.Turned.At}
	if t.Since.IsZero() {
		t.Since = c.Times[gitops.StateProposed]
	}
	undecided := undecided(c)
	switch {
	case v.Outcome == gitops.OutcomeDenied:
		why := v.First(gitops.OutcomeDenied)
		t.Actor, t.Act, t.People = People, Unblock, []gitops.Person{c.Request.Requester}
		t.Blocker, t.Next = why.Reason, why.Next
	case v.Outcome == gitops.OutcomeWaiting && len(v.Waits) == 0:
		why := v.First(gitops.OutcomeWaiting)
		t.Actor, t.Blocker, t.Next = Nobody, why.Reason, why.Next
	case v.Outcome == gitops.OutcomeWaiting && len(undecided) > 0:
		t.Actor, t.Act, t.People, t.Waits = People, Decide, undecided, v.Reason
		t.Blocker, t.Next = besides(v)
	default: // what was decided last is not judged yet
		t.Actor, t.Act = Changebot, Judge
	}
	return t
}

// undecided are those whom the policy waits for, each once, without those who
// have decided since it was asked.
func undecided(c gitops.Change) []gitops.Person {
	var people []gitops.Person
	decided := c.Standing()
	for _, p := range c.Verdict.Waits {
		known := slices.ContainsFunc(people, func(o gitops.Person) bool { return o.ID == p.ID })
		done := slices.ContainsFunc(decided, func(d gitops.Decision) bool { return d.Person.ID == p.ID })
		if !known && !done {
			people = append(people, p)
		}
	}
	return people
}

// besides is what waits besides the people: rules that wait for nobody.
func besides(v gitops.Verdict) (reason, next string) {
	var reasons, nexts []string
	var walk func(gitops.Verdict)
	walk = func(v gitops.Verdict) {
		if v.Outcome == gitops.OutcomeWaiting && len(v.Rules) == 0 && len(v.Waits) == 0 {
			reasons, nexts = append(reasons, v.Reason), append(nexts, v.Next)
		}
		for _, r := range v.Rules {
			walk(r)
		}
	}
	walk(v)
	return gitops.AndList(reasons), strings.TrimSpace(strings.Join(nexts, " "))
}

// rollout is what the first Target that has not arrived waits for.
func rollout(c gitops.Change) string {
	for _, p := range c.Rollout {
		if p.State != gitops.StateHealthy && p.Waiting != "" {
			return p.Waiting
		}
	}
	return ""
}
