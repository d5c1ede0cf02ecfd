package rbac

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/changebot/changebot/gitops"
)

// shop is a catalogue with a grant of every sort.
func shop() *gitops.Catalog {
	return &gitops.Catalog{
		Repository: "acme/gitops",
		Commit:     "c0ffee",
		People: []gitops.Person{
			{ID: "ada", Name: "Ada Berger"}, {ID: "grace", Name: "Grace Adeyemi"}, {ID: "mei", Name: "Mei Tanaka"}, {ID: "ruth", Name: "Ruth Kowalski"},
		},
		Groups: []gitops.Group{{Name: "developers", Members: []string{"ada", "grace"}}, {Name: "payments", Members: []string{"grace"}}, {Name: "nobody"}},
		Grants: []gitops.Grant{
			{Name: "look", Subjects: []string{"*"}, Actions: []string{"status"}, Applications: []string{"*"}, Environments: []string{"*"}},
			{Name: "develop", Subjects: []string{"developers"}, Actions: []string{"promote", "rollback"}, Applications: []string{"*"}, Environments: []string{"dev"}, Rooms: []string{"C0RELEASES"}},
			{Name: "payments", Subjects: []string{"payments"}, Actions: []string{"promote"}, Applications: []string{"payments"}, Environments: []string{"prod"}, Rooms: []string{"C0PAYMENTS", "C0RELEASES"}},
			{Name: "banners", Subjects: []string{"mei"}, Actions: []string{"*"}, Applications: []string{"banner"}, Environments: []string{"*"}},
			{Name: "hollow", Subjects: []string{"nobody"}, Actions: []string{"*"}, Applications: []string{"*"}, Environments: []string{"*"}},
			{Name: "lists of nothing", Subjects: []string{"ruth"}, Actions: []string{"*"}, Applications: nil, Environments: []string{"*"}},
			{Name: "pipelines", Subjects: []string{"ruth"}, Actions: []string{"promote"}, Applications: []string{"search"}, Environments: []string{"dev"}, Rooms: []string{"api", "C0PAYMENTS"}},
		},
	}
}

func TestRoomsAreCalledByTheNamesTheyHave(t *testing.T) {
	c := shop()
	c.Rooms = map[string]string{"C0RELEASES": "releases"}
	c.Grants[4].Rooms = []string{"C0RELEASES"}
	v := new(Authoriser).Authorise(c, access("ada", "promote", "payments", "prod", "C0RELEASES"))
	if want := "only people of nobody or payments may promote payments to prod, in C0PAYMENTS or #releases"; v.Reason != want {
		t.Errorf("says %q, want %q", v.Reason, want)
	}
	want := []gitops.Room{{Channel: "C0PAYMENTS"}, {Channel: "C0RELEASES", Name: "releases"}}
	if !slices.Equal(v.Rooms, want) {
		t.Errorf("names the rooms %v", v.Rooms)
	}
}

func access(person, action, application, environment, room string) gitops.Access {
	return gitops.Access{
		Person: gitops.Person{ID: person}, Action: action, Application: application, Environment: environment, Room: gitops.Room{Channel: room},
	}
}

// byAPI is asked by API and told in a room.
func byAPI(person, action, application, environment string) gitops.Access {
	a := access(person, action, application, environment, "C0RELEASES")
	a.Room.API = true
	return a
}

func TestGrants(t *testing.T) {
	for _, test := range []struct {
		name    string
		access  gitops.Access
		rule    string
		outcome gitops.Outcome
		reason  string
	}{
		{"a group's member may", access("ada", "promote", "checkout", "dev", "C0RELEASES"),
			"access/develop", gitops.OutcomeAllowed, "the grant develop lets ada promote checkout to dev"},
		{"everybody may look, in any room and in none", access("ruth", "status", "checkout", "prod", ""),
			"access/look", gitops.OutcomeAllowed, "the grant look lets ruth see the status of checkout in prod"},
		{"a person by itself may do all with one application", access("mei", "rollback", "banner", "prod", "C0RANDOM"),
			"access/banners", gitops.OutcomeAllowed, "the grant banners lets mei roll back banner in prod"},
		{"the right person in the wrong room", access("ada", "promote", "checkout", "dev", "C0RANDOM"),
			"access", gitops.OutcomeDenied, "you may promote checkout to dev, but only in C0RELEASES"},
		{"the right person in no room", access("ada", "promote", "checkout", "dev", ""),
			"access", gitops.OutcomeDenied, "you may promote checkout to dev, but only in C0RELEASES"},
		{"by API where no room is named", byAPI("mei", "rollback", "banner", "prod"),
			"access/banners", gitops.OutcomeAllowed, "the grant banners lets mei roll back banner in prod"},
		{"by API where the API is named", byAPI("ruth", "promote", "search", "dev"),
			"access/pipelines", gitops.OutcomeAllowed, "the grant pipelines lets ruth promote search to dev"},
		{"by API where rooms are named, though it is told in one of them", byAPI("ada", "promote", "checkout", "dev"),
			"access", gitops.OutcomeDenied, "you may promote checkout to dev, but only in C0RELEASES"},
		{"in a room where the API is named", access("ruth", "promote", "search", "dev", "C0RANDOM"),
			"access", gitops.OutcomeDenied, "you may promote search to dev, but only in C0PAYMENTS or by API"},
		{"the wrong person", access("ada", "promote", "payments", "prod", "C0RELEASES"),
			"access", gitops.OutcomeDenied, "only people of nobody or payments may promote payments to prod, in C0PAYMENTS or C0RELEASES"},
		{"a list of nothing grants nothing", access("ruth", "promote", "checkout", "dev", "C0RELEASES"),
			"access", gitops.OutcomeDenied, "only people of developers or nobody may promote checkout to dev"},
		{"a stranger", access("eve", "status", "checkout", "dev", "C0RELEASES"),
			"people", gitops.OutcomeDenied, "this account is linked to nobody"},
		{"no person at all", access("", "status", "checkout", "dev", "C0RELEASES"),
			"people", gitops.OutcomeDenied, "this account is linked to nobody"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := shop()
			if strings.Contains(test.name, "nothing grants") || strings.Contains(test.name, "wrong person") {
				c.Grants[4].Rooms = []string{"C0RELEASES"}
			}
			v := new(Authoriser).Authorise(c, test.access)
			if v.Rule != test.rule || v.Outcome != test.outcome || !strings.HasPrefix(v.Reason, test.reason) {
				t.Errorf("got %+v\nwant %s %s: %s", v, test.outcome, test.rule, test.reason)
			}
			if !v.Allows() && v.Next == "" {
				t.Error("a refusal does not say what to do")
			}
		})
	}
}

func TestWithoutGrantsNobodyMayDoAnything(t *testing.T) {
	c := shop()
	c.Grants = nil
	v := new(Authoriser).Authorise(c, access("ada", "status", "checkout", "dev", "C0RELEASES"))
	if v.Allows() || v.Reason != "nobody may see the status of checkout in dev" {
		t.Errorf("got %+v", v)
	}
}

func TestWhatNobodyMayDoIsNamedAsPeopleDo(t *testing.T) {
	c := shop()
	c.Grants = nil
	for action, want := range map[string]string{
		"promote": "nobody may promote checkout to dev", "rollback": "nobody may roll back checkout in dev", "restart": "nobody may restart checkout in dev",
		"lift": "nobody may lift a hold of checkout in dev", "diff": "nobody may compare checkout in dev", "cancel": "nobody may cancel changes of checkout in dev",
	} {
		if v := new(Authoriser).Authorise(c, access("ada", action, "checkout", "dev", "C0RELEASES")); v.Reason != want {
			t.Errorf("%q, not %q", v.Reason, want)
		}
	}
}

func TestAStrangerIsToldWhatToAskFor(t *testing.T) {
	v := new(Authoriser).Authorise(shop(), gitops.Access{Person: gitops.Person{Slack: "U0EVE"}, Action: "status"})
	want := "Ask an owner of acme/gitops to add slack: U0EVE to you under people in .changebot.yaml."
	if v.Reason != "the Slack account U0EVE is linked to nobody" || v.Next != want {
		t.Errorf("got %+v", v)
	}
}

func TestANewCommitHasItsOwnGrants(t *testing.T) {
	r := new(Authoriser)
	ask := access("ada", "promote", "checkout", "dev", "C0RELEASES")
	if v := r.Authorise(shop(), ask); !v.Allows() {
		t.Fatal(v)
	}
	revoked := shop()
	revoked.Commit = "deadbeef"
	revoked.Groups[0].Members = []string{"grace"}
	if v := r.Authorise(revoked, ask); v.Allows() {
		t.Errorf("a revoked right is still one: %+v", v)
	}
	if v := r.Authorise(shop(), ask); !v.Allows() {
		t.Errorf("the old commit forgot its grants: %+v", v)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	r := new(Authoriser)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			c := shop()
			c.Commit = fmt.Sprint(i % (mostKept + 2))
			if v := r.Authorise(c, access("mei", "promote", "banner", "dev", "")); !v.Allows() {
				t.Error(v)
			}
			if v := r.Authorise(c, access("mei", "promote", "cart", "dev", "C0RELEASES")); v.Allows() {
				t.Error(v)
			}
		})
	}
	group.Wait()
	if len(r.kept) > mostKept {
		t.Errorf("%d enforcers are kept, at most %d should be", len(r.kept), mostKept)
	}
}

// Casbin and the plain reading of the grants must agree, whatever the grants.
func TestCasbinAgreesWithThePlainReading(t *testing.T) {
	words := func(t *rapid.T, label string, of ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 3, rapid.ID).Draw(t, label)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := shop()
		c.Commit, c.Grants = "", nil
		for i := range rapid.IntRange(0, 4).Draw(t, "grants") {
			c.Grants = append(c.Grants, gitops.Grant{
				Name:         fmt.Sprint(i),
				Subjects:     words(t, "who", "*", "ada", "mei", "developers", "payments", "nobody", "eve"),
				Actions:      words(t, "may", "*", "promote", "status"),
				Applications: words(t, "applications", "*", "cart", "banner"),
				Environments: words(t, "environments", "*", "dev", "prod"),
				Rooms:        words(t, "rooms", "C0RELEASES", "C0PAYMENTS"),
			})
		}
		a := access(
			rapid.SampledFrom([]string{"ada", "grace", "mei", "eve", ""}).Draw(t, "person"),
			rapid.SampledFrom([]string{"promote", "status", "", "*"}).Draw(t, "action"),
			rapid.SampledFrom([]string{"cart", "banner", "", "car"}).Draw(t, "application"),
			rapid.SampledFrom([]string{"dev", "prod", "pro"}).Draw(t, "environment"),
			rapid.SampledFrom([]string{"C0RELEASES", "C0RANDOM", ""}).Draw(t, "room"),
		)
		_, known := c.Person(a.Person.ID)
		want := known && slices.ContainsFunc(c.Grants, func(g gitops.Grant) bool {
			return isSubject(c, g, a.Person) && listed(g.Actions, a.Action) && listed(g.Applications, a.Application) &&
				listed(g.Environments, a.Environment) && (len(g.Rooms) == 0 || slices.Contains(g.Rooms, a.Room.Channel))
		})
		if v := new(Authoriser).Authorise(c, a); v.Allows() != want {
			t.Fatalf("%+v: got %+v, want allowed: %v", a, v, want)
		}
	})
}

func BenchmarkAuthorise(b *testing.B) {
	r, c := new(Authoriser), shop()
	for b.Loop() {
		r.Authorise(c, access("mei", "promote", "banner", "dev", ""))
	}
}
