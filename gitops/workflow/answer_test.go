package workflow

import (
	"context"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

// standing is a world in which nothing is under way: what a file holds is the
// version, and everybody may ask for the status and the diff of all but prod.
type standing struct {
	History
	Store
	Deployer
	Policy
	files map[string]string
}

func (s standing) Now(_ context.Context, _ string, places []gitops.Place) ([]Standing, error) {
	var all []Standing
	for _, p := range places {
		version, found := s.files[p.File]
		all = append(all, Standing{Version: gitops.Version{Tag: version}, Found: found})
	}
	return all, nil
}

func (standing) Holders(context.Context, string) (map[gitops.TargetRef]Holder, error) {
	return nil, nil
}

func (standing) Running(context.Context) ([]Running, error) { return nil, nil }

func (standing) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if a.Environment == "prod" {
		return gitops.Verdict{Outcome: gitops.OutcomeDenied, Reason: "prod is secret"}
	}
	return gitops.Verdict{Outcome: gitops.OutcomeAllowed}
}

// shelf is a repository whose applications have a file for each environment.
func (s standing) shelf(repository string, environments []string, applications ...string) place {
	c := &gitops.Catalog{People: []gitops.Person{{ID: "ada", Slack: "U1"}}}
	for _, e := range environments {
		c.Environments = append(c.Environments, gitops.Environment{Name: e})
	}
	for _, a := range applications {
		for _, e := range environments {
			c.Targets = append(c.Targets, gitops.Target{
				TargetRef: gitops.TargetRef{Repository: repository, Application: a, Environment: e},
				Places:    []gitops.Place{{File: repository + "/" + a + "/" + e}},
			})
		}
	}
	return place{repo: &Repository{Name: repository, History: s}, catalog: c}
}

func TestAQuestionIsAnsweredOverAllRepositories(t *testing.T) {
	world := standing{files: map[string]string{
		"acme/one/cart/dev": "2", "acme/one/cart/staging": "1", "acme/one/web/dev": "7", "acme/one/web/staging": "7",
		"acme/two/search/staging": "5", "acme/two/web/staging": "8",
	}}
	both := []string{"dev", "staging", "prod"}
	known := knowledge{world.shelf("acme/one", both, "cart", "web"), world.shelf("acme/two", both[1:], "search", "web")}
	r := New(Ports{Store: world, Deployer: world, Policy: world}, Options{}, known[0].repo, known[1].repo, &Repository{Name: "acme/gone"})
	const gone = "acme/gone cannot be read now, so it is not shown."
	const bring = "To bring one over, say: promote cart from dev to staging "
	for _, test := range []struct {
		name  string
		asks  gitops.Command
		want  string // rows, the first three columns; or the code of the refusal
		notes string
	}{
		{"the status of an environment", gitops.Command{Environment: "staging"}, "cart staging 1, one/web staging 7, search staging 5, two/web staging 8", gone},
		{"of one that only the first has", gitops.Command{Environment: "dev"}, "cart dev 2, one/web dev 7", gone},
		{"of applications that live apart", gitops.Command{Applications: []string{"cart", "two/web"}, Environment: "staging"}, "cart staging 1, two/web staging 8", ""},
		{"of what one may not see", gitops.Command{Environment: "prod"}, "denied", ""},
		{"of what is nowhere", gitops.Command{Environment: "qa"}, "not_found", ""},
		{"a diff that only the first can have", gitops.Command{Kind: gitops.KindDiff, From: "dev", Environment: "staging"}, "cart 2 1", "1 more run the same in both. Only in staging: search and two/web. " + bring + gone},
		{"a diff with what one may not see", gitops.Command{Kind: gitops.KindDiff, From: "prod", Environment: "staging"}, "denied", ""},
		{"a diff the other way round", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "dev"}, "cart 1 2", "1 more run the same in both. Only in staging: search and two/web. " + bring + gone},
		{"a diff of what lives in one alone", gitops.Command{Kind: gitops.KindDiff, Applications: []string{"search"}, From: "dev", Environment: "staging"}, "", "Nothing lives in both. Only in staging: search."},
	} {
		t.Run(test.name, func(t *testing.T) {
			reply, err := r.answer(t.Context(), Utterance{Slack: "U1"}, known, test.asks)
			if err != nil {
				if string(gitops.CodeOf(err)) != test.want {
					t.Error(err)
				}
				return
			}
			var rows []string
			for _, row := range reply.Table.Rows {
				rows = append(rows, strings.Join(row[:3], " "))
			}
			if got := strings.Join(rows, ", "); got != test.want || strings.Join(reply.Table.Notes, " ") != test.notes {
				t.Errorf("got %q, %q", got, reply.Table.Notes)
			}
		})
	}
}
