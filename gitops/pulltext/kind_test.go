package pulltext_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
)

func TestEveryKindHasItsOwnTitleAndWayBack(t *testing.T) {
	type told struct{ one, several, back string }
	says := map[gitops.Kind]told{
		gitops.KindPromote: {
			"Promote checkout to prod: 1.41.0 → 1.42.3", "Promote 2 applications to prod",
			"**How to roll back:** press *Roll back* in the thread of this change, or say, with `because` and your reason behind it:\n\n- `rollback checkout in prod to version 1.41.0`\n",
		},
		gitops.KindRollback: {
			"Roll back checkout in prod: 1.42.3 → 1.41.0", "Roll back 2 applications in prod",
			"**How to go back to what ran before:** say, with `because` and your reason behind it:\n\n- `rollback checkout in prod to version 1.42.3`\n",
		},
		gitops.KindRestart: {"Restart checkout in prod: 1.41.0", "Restart 2 applications in prod", ""},
		gitops.KindLift:    {"Lift the hold of checkout in prod: 1.42.3", "Lift holds of 2 applications in prod", ""},
	}
	for _, kind := range gitops.Changing() {
		c := change("INC-1")
		c.Request.Command.Kind = kind
		s := &c.Plan.Targets[0]
		switch kind {
		case gitops.KindRollback:
			s.Old, s.New = s.New, s.Old
		case gitops.KindRestart:
			s.New, s.Restarted = s.Old, "2026-03-02T12:00:00Z"
		case gitops.KindLift:
			s.Lifts, s.New, s.OnlyLifts = []gitops.Hold{{Version: s.New}}, s.Old, true
		}
		body, err := pulltext.Body(c, key('k'))
		if err != nil {
			t.Fatal(err)
		}
		if row := "| `1.41.0` | `1.41.0` |"; strings.Contains(body, row) {
			t.Errorf("%s: nothing happens, says the table: %s", kind, row)
		}
		want, title := says[kind], pulltext.Title(c)
		if title != want.one || pulltext.IsRollback(title) != (kind == gitops.KindRollback) {
			t.Errorf("one: %q, not %q", title, want.one)
		}
		if back := strings.Contains(body, "**How to "); back != (want.back != "") || !strings.Contains(body, want.back) {
			t.Errorf("%s: the body does not say %q\n%s", kind, want.back, body)
		}
		c.Plan.Targets = append(c.Plan.Targets, c.Plan.Targets[0])
		if title := pulltext.Title(c); title != want.several {
			t.Errorf("several: %q, not %q", title, want.several)
		}
	}
}
