package workflow

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// open is a Store of which only the open Changes are asked.
type open struct {
	Store
	changes map[string][]gitops.Change // by repository
}

func (o open) Open(_ context.Context, repository string) ([]gitops.Change, error) {
	return o.changes[repository], nil
}

// prodIsSecret lets everybody ask for the status of everything but prod.
type prodIsSecret struct{ Policy }

func (prodIsSecret) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if a.Environment == "prod" || a.Action != "status" {
		return gitops.Verdict{Outcome: gitops.OutcomeDenied}
	}
	return gitops.Verdict{Outcome: gitops.OutcomeAllowed}
}

func TestTheQueueIsOverAllRepositoriesAndShowsWhatOneMaySee(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	asked := func(id, repository, application, environment string, minutes int) gitops.Change {
		return gitops.Change{ID: id, State: gitops.StateRequested, Request: gitops.Request{
			Command:    gitops.Command{Kind: gitops.KindPromote, Applications: []string{application}, Environment: environment},
			Repository: repository, At: noon.Add(time.Duration(minutes) * time.Minute),
		}}
	}
	r := New(Ports{Policy: prodIsSecret{}, Store: open{changes: map[string][]gitops.Change{
		"acme/one": {asked("c-2", "acme/one", "cart", "dev", 2), asked("c-4", "acme/one", "cart", "prod", 4)},
		"acme/two": {asked("c-1", "acme/two", "search", "dev", 1), asked("c-3", "acme/two", "search", "staging", 3)},
	}}}, Options{Clock: func() time.Time { return noon }})
	ada := gitops.Person{ID: "ada", Slack: "U1"}
	known := knowledge{
		{repo: &Repository{Name: "acme/one"}, catalog: &gitops.Catalog{People: []gitops.Person{ada}}},
		{repo: &Repository{Name: "acme/two"}, catalog: &gitops.Catalog{People: []gitops.Person{ada}}},
	}
	for _, test := range []struct {
		name  string
		asks  gitops.Command
		user  string
		want  string // ids, in order
		notes string
	}{
		{"all of them, oldest first", gitops.Command{}, "U1", "#c-1 #c-2 #c-3", "And 1 that you may not ask about here."},
		{"one environment", gitops.Command{Environment: "dev"}, "U1", "#c-1 #c-2", ""},
		{"one application", gitops.Command{Applications: []string{"search"}}, "U1", "#c-1 #c-3", ""},
		{"what they may not see at all", gitops.Command{Environment: "prod"}, "U1", "", "1 open that you may not ask about here."},
		{"a stranger", gitops.Command{}, "U9", "denied", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			table, err := r.queue(t.Context(), known, test.asks, Utterance{Slack: test.user})
			if err != nil {
				if string(gitops.CodeOf(err)) != test.want {
					t.Error(err)
				}
				return
			}
			var ids []string
			for _, row := range table.Rows {
				ids = append(ids, row[0])
			}
			if got := strings.Join(ids, " "); got != test.want || strings.Join(table.Notes, " ") != test.notes {
				t.Errorf("got %q, %q", got, table.Notes)
			}
		})
	}
}
