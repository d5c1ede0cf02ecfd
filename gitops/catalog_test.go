package gitops_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestNobodyIsFoundByAnAccountThatTheyDoNotHave(t *testing.T) {
	c := gitops.Catalog{People: []gitops.Person{{ID: "ada", Name: "Ada Berger", GitHub: "ada-berger"}, {ID: "mei", Name: "Mei Tanaka", Slack: "U0MEI"}}}
	for _, slack := range []string{"", "Ada Berger", "ada", "u0mei"} {
		if p, found := c.BySlack(slack); found {
			t.Errorf("the Slack id %q is taken for %s", slack, p.ID)
		}
	}
	for _, login := range []string{"", "Mei Tanaka", "mei"} {
		if p, found := c.ByGitHub(login); found {
			t.Errorf("the GitHub login %q is taken for %s", login, p.ID)
		}
	}
	if p, found := c.ByGitHub("Ada-Berger"); !found || p.ID != "ada" {
		t.Error("a GitHub login has no case")
	}
}
