package workflow

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// A diary is a journal in memory.
type diary struct{ entries []gitops.Entry }

func (d *diary) Intend(_ context.Context, _ gitops.Lease, i effect.Intent) (effect.Record, error) {
	record := effect.Record{New: true}
	for _, e := range d.entries {
		if e.Key == i.Key {
			record.New, record.Outcome = false, e.Data
		}
	}
	if record.New {
		d.entries = append(d.entries, gitops.Entry{Kind: gitops.EntryIntent, Key: i.Key, Text: i.Text})
	}
	return record, nil
}

func (d *diary) Conclude(_ context.Context, _ gitops.Lease, i effect.Intent, outcome json.RawMessage) error {
	d.entries = append(d.entries, gitops.Entry{Kind: gitops.EntryOutcome, Key: i.Key, Text: i.Text, Data: outcome})
	return nil
}

func (d *diary) Holds(context.Context, gitops.Lease) (time.Time, error) {
	return time.Now().Add(time.Minute), nil
}

func (d *diary) Entries(context.Context, string) ([]gitops.Entry, error) { return d.entries, nil }

// A twig is one branch on the remote.
type twig struct {
	Git
	at      string // empty where it is gone
	refuses error
	asked   int
}

func (b *twig) Head(context.Context, string) (string, bool, error) { return b.at, b.at != "", nil }

func (b *twig) Delete(_ context.Context, _, at string) error {
	b.asked++
	if b.refuses == nil && b.at == at {
		b.at = ""
	}
	return b.refuses
}

func TestABranchGoesWithItsChangeWhereItIsStillItsOwn(t *testing.T) {
	refusal := func(code gitops.Code) error { return &gitops.Error{Code: code, Message: "No."} }
	for _, tt := range []struct {
		name    string
		state   gitops.State
		at      string
		refuses error
		left    string
		code    gitops.Code
	}{
		{"after the change is healthy", gitops.StateHealthy, "bbb", nil, "", ""},
		{"after it was cancelled", gitops.StateCancelled, "bbb", nil, "", ""},
		{"at the commit of a round before", gitops.StateCancelled, "aaa", nil, "", ""},
		{"while the change goes on it stays", gitops.StateSyncing, "bbb", nil, "bbb", ""},
		{"the forge has deleted it", gitops.StateHealthy, "", nil, "", ""},
		{"somebody has pushed to it, so it stays", gitops.StateCancelled, "ccc", nil, "ccc", ""},
		{"somebody pushes at that moment, so it stays", gitops.StateCancelled, "bbb", refusal(gitops.Conflict), "bbb", ""},
		{"the forge does not let it go, so it stays", gitops.StateHealthy, "bbb", refusal(gitops.Denied), "bbb", ""},
		{"the forge does not answer, so it is tried again", gitops.StateHealthy, "bbb", refusal(gitops.Unavailable), "bbb", gitops.Unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := &diary{entries: []gitops.Entry{
				{Kind: gitops.EntryOutcome, Key: "push/1", Data: json.RawMessage(`"aaa"`)},
				{Kind: gitops.EntryOutcome, Key: "push/2", Data: json.RawMessage(`"bbb"`)},
			}}
			b := &twig{at: tt.at, refuses: tt.refuses}
			w := walk{Road: New(Ports{Journal: j}, Options{Log: slog.New(slog.DiscardHandler)}), repo: &Repository{Git: b, Branches: b}}
			c := gitops.Change{ID: "c-1", State: tt.state}
			err := w.deleteBranch(t.Context(), c)
			if b.at != tt.left || gitops.CodeOf(err) != tt.code {
				t.Errorf("stands at %q: %v", b.at, err)
			}
			if tt.code != "" {
				return
			}
			before := b.asked
			if err := w.deleteBranch(t.Context(), c); err != nil || b.asked != before {
				t.Errorf("a second time it is asked for again: %v", err)
			}
		})
	}
}

func TestAChangeWithoutABranchDeletesNone(t *testing.T) {
	j, b := &diary{}, &twig{at: "aaa"}
	w := walk{Road: New(Ports{Journal: j}, Options{}), repo: &Repository{Git: b, Branches: b}}
	if err := w.deleteBranch(t.Context(), gitops.Change{ID: "c-1", State: gitops.StateDenied}); err != nil || b.at == "" || len(j.entries) > 0 {
		t.Errorf("%v, stands at %q, %v", err, b.at, j.entries)
	}
}
