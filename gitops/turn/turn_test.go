package turn

import (
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

var (
	ada   = gitops.Person{ID: "ada", Name: "Ada", Slack: "U1"}
	bob   = gitops.Person{ID: "bob", Name: "Bob", Slack: "U2"}
	carol = gitops.Person{ID: "carol", Name: "Carol", Slack: "U3"}
)

func noon(minutes int) time.Time {
	return time.Date(2026, 3, 2, 12, minutes, 0, 0, time.UTC)
}

func waiting(reason string, people ...gitops.Person) gitops.Verdict {
	return gitops.Verdict{Outcome: gitops.OutcomeWaiting, Reason: reason, Waits: people}
}

// change is Ada's, in a state that it reached at noon, a minute after it was
// proposed.
func change(s gitops.State, edit ...func(*gitops.Change)) gitops.Change {
	c := gitops.Change{
		ID: "c-1", State: s, Request: gitops.Request{Requester: ada},
		Proposal: gitops.Proposal{HeadSHA: "4be1"}, Plan: gitops.Plan{Digest: "9f3c"},
		Times: map[gitops.State]time.Time{gitops.StateProposed: noon(-1), s: noon(0)},
	}
	for _, f := range edit {
		f(&c)
	}
	return c
}

func judged(v gitops.Verdict) func(*gitops.Change) {
	return func(c *gitops.Change) { c.Verdict = v }
}

func because(reason string) func(*gitops.Change) {
	return func(c *gitops.Change) { c.Reason, c.Next = reason, "It is tried again by itself." }
}

func keptBy(system string) func(*gitops.Change) {
	return func(c *gitops.Change) { c.Wait = gitops.Wait{System: system, Why: "It answered 503.", Told: true} }
}

func approvedBy(p gitops.Person) func(*gitops.Change) {
	return func(c *gitops.Change) {
		c.Decisions = append(c.Decisions, gitops.Decision{Person: p, Answer: gitops.Approve, Digest: "9f3c", HeadSHA: "4be1"})
	}
}

func TestWhoseTurnItIs(t *testing.T) {
	denied := gitops.All("policy", waiting("waits for 2 of leads", bob), gitops.Verdict{
		Rule: "prod/veto", Outcome: gitops.OutcomeDenied, Reason: "Bob rejected it", Next: "Bob withdraws.",
	})
	frozen := gitops.All("policy", waiting("waits for 1 more of leads", carol), gitops.Verdict{
		Rule: "prod/freeze", Outcome: gitops.OutcomeWaiting, Reason: "prod is frozen until Monday", Next: "It goes on by itself.",
	})
	for _, test := range []struct {
		name                   string
		change                 gitops.Change
		actor                  Actor
		act                    Act
		people, waits, blocker string
	}{
		{"what was just asked is planned", change(gitops.StateRequested), Changebot, Plan, "", "", ""},
		{"GitHub has kept it waiting for long", change(gitops.StateProposed, judged(waiting("waits for 2 of leads", bob)), keptBy("GitHub")), GitHub, Respond, "", "", "It answered 503."},
		{"a question is the requester's to answer", change(gitops.StateRequested, func(c *gitops.Change) { c.Question = "Really?" }),
			People, Answer, "ada", "waits for an answer", ""},
		{"a proposal that was not judged is changebot's", change(gitops.StateProposed), Changebot, Judge, "", "", ""},
		{"a proposal is theirs whom the policy waits for", change(gitops.StateProposed, judged(waiting("waits for 2 of leads", bob, carol))),
			People, Decide, "bob carol", "waits for 2 of leads", ""},
		{"each is named once", change(gitops.StateProposed, judged(waiting("waits", bob, carol, bob))), People, Decide, "bob carol", "waits", ""},
		{"who has decided since is done", change(gitops.StateProposed, judged(waiting("waits", bob, carol)), approvedBy(bob)),
			People, Decide, "carol", "waits", ""},
		{"where all have decided it is changebot's to count", change(gitops.StateProposed, judged(waiting("waits", bob)), approvedBy(bob)),
			Changebot, Judge, "", "", ""},
		{"a freeze blocks also what people may decide", change(gitops.StateProposed, judged(frozen)),
			People, Decide, "carol", "waits for 1 more of leads", "prod is frozen until Monday"},
		{"a freeze alone is nobody's turn", change(gitops.StateProposed, judged(waiting("prod is frozen until Monday"))),
			Nobody, "", "", "", "prod is frozen until Monday"},
		{"what is denied is the requester's to mend", change(gitops.StateProposed, judged(denied)),
			People, Unblock, "ada", "", "Bob rejected it"},
		{"what is approved is merged", change(gitops.StateApproved), Changebot, Merge, "", "", ""},
		{"what the forge refuses waits for the forge", change(gitops.StateApproved, because("a required check fails")),
			GitHub, Merge, "", "", "a required check fails"},
		{"what is merged is synced", change(gitops.StateMerged), Changebot, Sync, "", "", ""},
		{"a hold that is lifted by the merge is only closed", change(gitops.StateMerged, func(c *gitops.Change) { c.Request.Command.Kind = gitops.KindLift }), Changebot, Close, "", "", ""},
		{"what is synced is Argo CD's", change(gitops.StateSyncing, func(c *gitops.Change) {
			c.Rollout = []gitops.Progress{{State: gitops.StateHealthy, Waiting: "old"}, {State: gitops.StateSyncing, Waiting: "The sync is running."}}
		}), ArgoCD, Settle, "", "The sync is running.", ""},
		{"healthy", change(gitops.StateHealthy), Nobody, "", "", "", ""},
		{"degraded", change(gitops.StateDegraded, because("ImagePullBackOff")), Nobody, "", "", "", ""},
		{"denied", change(gitops.StateDenied, because("no right")), Nobody, "", "", "", ""},
		{"unchanged", change(gitops.StateUnchanged), Nobody, "", "", "", ""},
		{"rejected", change(gitops.StateRejected, judged(denied)), Nobody, "", "", "", ""},
		{"cancelled", change(gitops.StateCancelled, judged(waiting("waits", bob))), Nobody, "", "", "", ""},
		{"expired", change(gitops.StateExpired, judged(waiting("waits", bob))), Nobody, "", "", "", ""},
		{"superseded", change(gitops.StateSuperseded), Nobody, "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Of(test.change)
			if got.Actor != test.actor || got.Act != test.act || ids(got.People) != test.people || got.Waits != test.waits || got.Blocker != test.blocker {
				t.Errorf("got %+v", got)
			}
			if (got.Actor == People) != (len(got.People) > 0) {
				t.Errorf("people are named exactly where it is theirs, got %+v", got)
			}
		})
	}
}

func TestATurnBeginsWhenPeopleWereAsked(t *testing.T) {
	c := change(gitops.StateProposed, judged(waiting("waits", bob)))
	c.Times[gitops.StateProposed] = noon(-9)
	if got := Of(c).Since; !got.Equal(noon(-9)) {
		t.Errorf("since %v, want when it was proposed", got)
	}
	c.Turned.At = noon(5)
	if got := Of(c).Since; !got.Equal(noon(5)) {
		t.Errorf("since %v, want when the verdict turned", got)
	}
}

func ids(people []gitops.Person) string {
	var all []string
	for _, p := range people {
		all = append(all, p.ID)
	}
	return strings.Join(all, " ")
}

func TestRemindersGoToThoseWhoAreAtWork(t *testing.T) {
	week := gitops.Week(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
	catalog := &gitops.Catalog{
		Reminders: gitops.Reminders{After: time.Hour, Every: 4 * time.Hour, TimeZone: "Etc/UTC", Hours: gitops.Hours{Days: week, From: 9 * time.Hour, To: 17 * time.Hour}},
		People:    []gitops.Person{ada, bob, carol},
	}
	catalog.People[2].TimeZone = "America/New_York" // 07:00 when it is noon in UTC
	c := change(gitops.StateProposed, judged(waiting("waits", bob, carol)))
	c.Turned.At = noon(0)
	monday := func(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC) }
	for _, test := range []struct {
		name     string
		now      time.Time
		reminded []gitops.Entry
		due      string
		again    time.Time
	}{
		{"nobody before the time is up", noon(59), nil, "", monday(13, 0)},
		{"who is at work, when it is up", noon(60), nil, "bob", monday(14, 0)},
		{"the other as soon as they begin to work", monday(14, 0), []gitops.Entry{Reminder([]gitops.Person{bob}, noon(60))}, "carol", monday(18, 0)},
		{"again after a while, in their hours", monday(18, 0), []gitops.Entry{Reminder([]gitops.Person{bob, carol}, monday(14, 0))}, "carol", monday(33, 0)},
		{"an earlier turn's reminder does not count", noon(60), []gitops.Entry{Reminder([]gitops.Person{bob}, noon(-1))}, "bob", monday(14, 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			due, again := Due(Of(c), catalog, test.reminded, test.now)
			if ids(due) != test.due || !again.Equal(test.again) {
				t.Errorf("got %s, and again at %v", ids(due), again)
			}
		})
	}
	if due, again := Due(Of(change(gitops.StateApproved)), catalog, nil, noon(600)); due != nil || !again.IsZero() {
		t.Errorf("it is nobody's turn, and %s is reminded", ids(due))
	}
	if due, again := Due(Of(c), &gitops.Catalog{People: catalog.People}, nil, noon(60)); due != nil || !again.IsZero() {
		t.Errorf("the catalogue has no reminders, and %s is reminded", ids(due))
	}
}
