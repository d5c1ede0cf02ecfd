package approvals

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestOneHumanIsKnownByAnyAccount(t *testing.T) {
	ada := gitops.Person{ID: "ada", Name: "Ada Berger", Slack: "U0ADA", GitHub: "ada-berger", TokenSHA256: "77aa"}
	for _, test := range []struct {
		name  string
		other gitops.Person
		same  bool
	}{
		{"the same id", gitops.Person{ID: "ada"}, true},
		{"another id with the same Slack account", gitops.Person{ID: "adele", Slack: "U0ADA"}, true},
		{"another id with the same GitHub login, which has no case", gitops.Person{ID: "adele", GitHub: "Ada-Berger"}, true},
		{"another id with the same token", gitops.Person{ID: "adele", TokenSHA256: "77aa"}, true},
		{"the same name", gitops.Person{ID: "adele", Name: "Ada Berger", Email: "ada@acme.example"}, false},
		{"nobody", gitops.Person{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if same(ada, test.other) != test.same || same(test.other, ada) != test.same {
				t.Errorf("want %v", test.same)
			}
		})
	}
	if same(gitops.Person{}, gitops.Person{}) {
		t.Error("two of whom nothing is known are not one")
	}
}
