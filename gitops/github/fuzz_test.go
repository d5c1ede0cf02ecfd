package github_test

import (
	"context"
	"errors"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// strict is a desk that looks whether what it is told can be worked on.
type strict struct{ t *testing.T }

func (s strict) ours(repository string) {
	if repository != "acme/gitops" {
		s.t.Errorf("told of the repository %q", repository)
	}
}

func (s strict) PullChanged(_ context.Context, repository, _ string, number int) error {
	s.ours(repository)
	if number < 1 {
		s.t.Errorf("pull request %d changed", number)
	}
	return nil
}

func (s strict) Reviewed(_ context.Context, v workflow.Review) error {
	s.ours(v.Repository)
	if v.Number < 1 || v.Login == "" || v.Answer != gitops.Withdraw && v.HeadSHA == "" {
		s.t.Errorf("reviewed: %+v", v)
	}
	return nil
}

func (s strict) Base(_ context.Context, repository string) error {
	s.ours(repository)
	return nil
}

func (s strict) StatusSet(_ context.Context, repository, sha, login string) error {
	s.ours(repository)
	if sha == "" || login == "changebot[bot]" {
		s.t.Errorf("%q set the status of %q", login, sha)
	}
	return nil
}

// FuzzInbox works on any bytes as a stored webhook of any kind: no panic; what
// cannot be understood is an ErrUndecodable, so that it is kept and shown, and
// not tried for a day; and what reaches the desk is whole and of a repository
// of ours.
func FuzzInbox(f *testing.F) {
	const repo = `"repository":{"full_name":"acme/gitops"},"sender":{"login":"mallory"}`
	const pull = `"pull_request":{"number":7,"head":{"ref":"changebot/c-1","repo":{"full_name":"acme/gitops"}},"base":{"ref":"main","repo":{"full_name":"acme/gitops"}}}`
	for kind, payloads := range map[string][]string{
		"pull_request": {
			`{"action":"synchronize",` + repo + `,` + pull + `}`, `{"action":"opened",` + repo + `}`,
			`{"action":"closed",` + repo + `,"pull_request":{"number":7,"head":{"ref":"changebot/c-1","repo":null}}}`,
		},
		"pull_request_review": {
			`{"action":"submitted",` + repo + `,` + pull + `,"review":{"state":"APPROVED","user":{"login":"ruth"},"commit_id":"c0ffee","body":"looks\nright"}}`,
			`{"action":"dismissed",` + repo + `,` + pull + `,"review":{"state":"dismissed","user":{"login":"ruth"}}}`,
			`{"action":"submitted",` + repo + `,"review":{"state":"changes_requested","user":null}}`,
		},
		"push":   {`{"ref":"refs/heads/main","after":"c0ffee",` + repo + `}`, `{"ref":"refs/heads/main","after":null,"repository":{"full_name":"acme/gitops","created_at":"x"}}`},
		"status": {`{"sha":"c0ffee","context":"changebot/main",` + repo + `}`, `{"context":"changebot/main",` + repo + `}`},
		"ping":   {`{"zen":"Keep it logically awesome."}`}, "check_run": {`{}`}, "": {"", "null", "[", "7"}, "unheard_of": {"{}"},
	} {
		for _, p := range payloads {
			f.Add(kind, []byte(p))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		e := events(nil)
		e.Desk = strict{t}
		err := e.Handle(t.Context(), gitops.Delivery{ID: "github/1", Source: "github", Kind: kind, Payload: payload})
		if err != nil && !errors.Is(err, gitops.ErrUndecodable) {
			t.Fatalf("it would be tried for a day: %v", err)
		}
	})
}
