package notifier

import (
	"fmt"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
	"github.com/changebot/changebot/gitops/turn"
)

// ofKind makes of a promotion a change of another kind.
func ofKind(t *testing.T, k gitops.Kind, c gitops.Change) gitops.Change {
	t.Helper()
	c.Request.Command.Kind = k
	if k != gitops.KindPromote {
		c.Request.Command.From = ""
	}
	var steps []gitops.Step
	for _, s := range c.Plan.Targets {
		runs := s.New // before the rollback; what was restarted; and beside a hold it is the older one
		switch k {
		case gitops.KindPromote:
		case gitops.KindRollback:
			s.Old, s.New = runs, s.Old
		case gitops.KindRestart:
			s.Old, s.Restarted = runs, "2026-03-02T12:00:00Z"
		case gitops.KindLift:
			s.New, s.OnlyLifts = s.Old, true
			s.Lifts = []gitops.Hold{{Target: s.Target.TargetRef, Version: runs, File: ".changebot/holds/x.yaml"}}
		default:
			t.Fatalf("show here what a change of the kind %s does", k)
		}
		steps = append(steps, s)
	}
	c.Plan.Targets = steps
	return c
}

// two is the same change of two applications.
func two(c gitops.Change) gitops.Change {
	second := c.Plan.Targets[0]
	second.Target.Application = "search"
	c.Plan.Targets = append(c.Plan.Targets[:1:1], second)
	c.Request.Command.Applications = []string{"checkout", "search"}
	return c
}

func TestEveryKindHasAMarkAndAHeadlineOfItsOwn(t *testing.T) {
	unknown := tellingOf("scale")
	marks := map[string]gitops.Kind{}
	for _, k := range gitops.Changing() {
		now := tellingOf(k)
		if other, taken := marks[now.mark]; taken || now.mark == unknown.mark || now.arrived == "" {
			t.Errorf("%s is told as %s is, or as what nobody knows: %+v", k, other, now)
		}
		marks[now.mark] = k
		if said := tell(now.arrived, ofKind(t, k, proposed())).String(); strings.ContainsAny(said, "{}") || !strings.Contains(said, "checkout") {
			t.Errorf("%s arrives as %q", k, said)
		}
	}
}

func TestHelpTeachesEveryKind(t *testing.T) {
	v := Vocabulary{Applications: []string{"checkout"}, Environments: []string{"staging", "prod"}}
	taught := map[gitops.Kind]bool{}
	for _, p := range Help(v) {
		for _, l := range p.Lines {
			for _, s := range l {
				if s.Kind != Code {
					continue
				}
				c, question, err := sentence.Parse(s.Words, sentence.Vocabulary{Applications: v.Applications, Environments: v.Environments})
				if err != nil || question != nil {
					t.Errorf("%q is taught and not understood: %v, %v", s.Words, question, err)
				}
				taught[c.Kind] = true
			}
		}
	}
	for _, k := range gitops.Changing() {
		if !taught[k] {
			t.Errorf("nobody is taught to ask for %s", k.Words().Noun)
		}
	}
}

func TestEveryKindIsToldInItsOwnWords(t *testing.T) {
	var b strings.Builder
	for _, k := range gitops.Changing() {
		of := func(c gitops.Change) gitops.Change { return ofKind(t, k, c) }
		merged := at(decided(halfApproved(), carol, gitops.Approve, ""), gitops.StateMerged, "", "")
		healthy := at(merged, gitops.StateHealthy, "", "")
		degraded := rollingOut(at(merged, gitops.StateDegraded, "", ""), gitops.StateDegraded, "", gitops.Failure{Resource: "Deployment/checkout", Message: "CrashLoopBackOff"})
		fmt.Fprintf(&b, "# %s\n\n", k)
		for _, show := range []struct {
			title string
			m     Message
		}{
			{"proposed", live(View{Change: of(proposed())})},
			{"the card", card(View{Change: of(proposed())})},
			{"merged", live(View{Change: of(merged)})},
			{"healthy", live(View{Change: of(healthy)})},
			{"degraded", live(View{Change: of(degraded)})},
			{"two, proposed", live(View{Change: of(two(proposed()))})},
			{"two, the card", card(View{Change: of(two(proposed()))})},
			{"two, healthy", live(View{Change: of(two(healthy))})},
			{"two, degraded", live(View{Change: of(two(degraded))})},
			{"in the queue", Answer(gitops.Reply{Table: turn.Queue{Changes: []gitops.Change{of(proposed()), of(asked()), of(merged)}, Now: noon(1)}.Table()})},
		} {
			if k.Syncs() || !strings.Contains(show.title, "degraded") {
				fmt.Fprintf(&b, "## %s: %s\n\n%s\n", k, show.title, show.m)
			}
		}
	}
	golden(t, "kinds", b.String())
}
