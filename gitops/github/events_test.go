package github_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/github"
	"github.com/changebot/changebot/gitops/workflow"
)

// pad is a desk that writes down what it is told.
type pad []string

func (p *pad) PullChanged(_ context.Context, repository, branch string, number int) error {
	*p = append(*p, fmt.Sprintf("%s#%d from %q changed", repository, number, branch))
	return nil
}

func (p *pad) Reviewed(_ context.Context, v workflow.Review) error {
	*p = append(*p, fmt.Sprintf("%s %ss #%d at %s", v.Login, v.Answer, v.Number, v.HeadSHA))
	return nil
}

func (p *pad) Base(_ context.Context, repository string) error {
	*p = append(*p, repository+" moved")
	return nil
}

func (p *pad) StatusSet(_ context.Context, repository, sha, login string) error {
	*p = append(*p, fmt.Sprintf("%s set the status of %s in %s", login, sha, repository))
	return nil
}

func events(p *pad) github.Events {
	return github.Events{Desk: p, Bot: "changebot[bot]", Branches: map[string]string{"acme/gitops": "main"}}
}

func TestAStatusOfOurOwnIsNoNews(t *testing.T) {
	const status = `{"sha": "c0ffee", "context": %q, "repository": {"full_name": "acme/gitops"}, "sender": {"login": %q}}`
	for _, tt := range []struct {
		name, context, sender string
		told                  int
	}{
		{"our own", "changebot/main", "changebot[bot]", 0},
		{"somebody else's in our name", "changebot/main", "mallory", 1},
		{"somebody else's own", "build", "mallory", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pad
			err := events(&p).Handle(t.Context(), gitops.Delivery{ID: "github/1", Kind: "status", Payload: fmt.Appendf(nil, status, tt.context, tt.sender)})
			if err != nil || len(p) != tt.told {
				t.Errorf("told %v, %v", p, err)
			}
		})
	}
}

func TestARepositoryIsKnownInWhateverCaseItIsWritten(t *testing.T) {
	var p pad
	const status = `{"sha": "c0ffee", "context": "changebot/main", "repository": {"full_name": "Acme/GitOps"}, "sender": {"login": "mallory"}}`
	err := events(&p).Handle(t.Context(), gitops.Delivery{ID: "github/1", Kind: "status", Payload: []byte(status)})
	if want := "mallory set the status of c0ffee in acme/gitops"; err != nil || len(p) != 1 || p[0] != want {
		t.Errorf("told %v, %v; want %q", p, err, want)
	}
}
