package workflow

import (
	"context"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// written is a store of which only what is committed to it is asked.
type written struct {
	Store
	changes []gitops.Change
}

func (s *written) Commit(_ context.Context, w Write) (gitops.Change, error) {
	s.changes = append(s.changes, w.Change)
	return w.Change, nil
}

func TestWhatWasMergedAfterAllIsUndoneAsItsKindIs(t *testing.T) {
	for kind, want := range map[gitops.Kind]string{
		gitops.KindPromote:  "Roll it back, unless it is wanted after all: rollback cart and web in prod. Nobody syncs or watches it.",
		gitops.KindRollback: "Revert that merge on the forge, unless it is wanted after all: it also put on hold what ran before. Nobody syncs or watches it.",
		gitops.KindRestart:  "A restart changes no version, so there is nothing to undo. Nobody syncs or watches it.",
		gitops.KindLift:     "Revert that merge on the forge if the hold shall stay. Nobody syncs or watches it.",
	} {
		var store written
		w := walk{Road: New(Ports{Store: &store}, Options{})}
		c := gitops.Change{ID: "c-1", State: gitops.StateCancelled, Plan: gitops.Plan{Branch: "main"}}
		c.Request.Command = gitops.Command{Kind: kind, Applications: []string{"cart", "web"}, Environment: "prod"}
		if err := w.mergedAfterAll(t.Context(), c, Pull{Merged: true, MergeSHA: "77aa", MergedBy: "mallory", Base: "main"}); err != nil || len(store.changes) != 1 {
			t.Fatalf("%s: %v, %+v", kind, err, store.changes)
		}
		if got := store.changes[0].Next; got != want {
			t.Errorf("of a %s it says %q, not %q", kind, got, want)
		}
	}
}

func TestOnlyWhatIsMergedIsToldHowToUndoIt(t *testing.T) {
	for _, kind := range gitops.Changing() {
		for _, state := range []gitops.State{gitops.StateDenied, gitops.StateHealthy} {
			c := gitops.Change{ID: "c-1", State: state}
			c.Request.Command.Kind = kind
			refusal, ok := asError(walk{}.cancel(t.Context(), nil, c, gitops.Person{}, gitops.Room{}))
			if !ok || !strings.Contains(refusal.Message, "cannot be cancelled") || (refusal.Next != "") != state.InGit() {
				t.Fatalf("%s, %s: %v", kind, state, refusal)
			}
			if rolls := strings.Contains(refusal.Next, "rollback"); rolls && (kind == gitops.KindRestart || kind == gitops.KindLift) {
				t.Errorf("a %s is said to be undone by a rollback: %q", kind, refusal.Next)
			}
		}
	}
}
