package workflow

import (
	"context"
	"log/slog"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// A rude forge shows a pull request that somebody has pushed to, and then takes
// no status.
type rude struct {
	Git
	Pulls
	Gate
	Timers
}

func (rude) Fetch(context.Context) (string, error)               { return "tip", nil }
func (rude) At(context.Context, string) (*gitops.Catalog, error) { return reviewers(), nil }
func (rude) Head(context.Context, string) (string, bool, error)  { return "foreign", true, nil }
func (rude) Enqueue(context.Context, ...gitops.Job) error        { return nil }
func (rude) Get(context.Context, int) (Pull, error) {
	return Pull{Number: 1, Open: true, HeadSHA: "foreign"}, nil
}
func (rude) Set(context.Context, GateStatus) error {
	return &gitops.Error{Code: gitops.Unavailable, System: "GitHub", Message: "GitHub does not answer."}
}

func TestAStepThatDoesNotGetThroughLeavesNothingButItsWait(t *testing.T) {
	l := &ledger{}
	road := New(Ports{Store: l, Journal: l, Timers: rude{}}, Options{Clock: noon, Log: slog.New(slog.DiscardHandler)},
		&Repository{Name: "acme/gitops", Git: rude{}, Catalogs: rude{}, Pulls: rude{}, Gate: rude{}})
	c := proposed()
	c.State, c.Request.Repository = gitops.StateApproved, "acme/gitops"
	c.Decisions = []gitops.Decision{{Person: reviewers().People[0], Answer: gitops.Approve, HeadSHA: "head", Digest: "plan"}}
	if err := road.persevere(t.Context(), gitops.Lease{}, c); err != nil {
		t.Fatal(err)
	}
	if l.kept.Wait.System != "GitHub" || len(l.kept.Standing()) != 1 || len(l.kept.Times) != 0 {
		t.Errorf("%+v", l.kept)
	}
}
