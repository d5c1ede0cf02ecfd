package workflow

import (
	"context"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A countedForge counts how often it is asked.
type countedForge struct {
	forge
	asked int
}

func (f *countedForge) Contains(ctx context.Context, commit, ancestor string) (bool, error) {
	f.asked++
	return f.forge.Contains(ctx, commit, ancestor)
}

// TestTheForgeIsAskedOnceWhetherABaseIsHeld where the mirror was cloned since, and
// not whenever the branch moves on.
func TestTheForgeIsAskedOnceWhetherABaseIsHeld(t *testing.T) {
	f := &countedForge{}
	w := walk{repo: &Repository{Git: line{begins: "d"}, Past: f}}
	c := gitops.Change{Plan: gitops.Plan{Base: "c", Branch: "main"}}
	for _, tt := range []struct {
		tip   string
		want  bool
		asked int
	}{
		{"d", false, 1},
		{"e", false, 1},
		{"f", false, 1},
		{"b", true, 2}, // the branch was rewound
	} {
		if got, err := w.rewound(t.Context(), Tip{Commit: tt.tip}, c); err != nil || got != tt.want || f.asked != tt.asked {
			t.Errorf("at %s: %v, %v after %d questions; want %v after %d", tt.tip, got, err, f.asked, tt.want, tt.asked)
		}
	}
}
