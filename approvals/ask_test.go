package approvals

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestMayDecide(t *testing.T) {
	cart := []string{"cart"}
	for _, test := range []struct {
		name   string
		change gitops.Change
		person gitops.Person
		allows bool
		rule   string
		reason string
		next   string
	}{
		{"a member of the group may", change(gitops.KindPromote, "prod", cart), person("ruth"), true,
			"prod/approvals", "is one of leads", ""},
		{"a member of two groups may for both", change(gitops.KindPromote, "prod", []string{"payments"}), person("grace"), true,
			"prod/approvals", "is one of leads or payments", ""},
		{"the requester may not", change(gitops.KindPromote, "prod", cart), person("ada"), false,
			"four-eyes", "you asked for it, so your decision on it does not count", "Grace, Nils or Ruth decides."},
		{"who is in no group may not", change(gitops.KindPromote, "prod", cart), person("omar"), false,
			"prod/approvals", "only people of leads decide on it", "Grace, Nils or Ruth decides."},
		{"nobody decides on what needs nobody", change(gitops.KindPromote, "dev", cart), person("ruth"), false,
			"dev/approvals", "no rule asks for a decision on it", ""},
		{"a stranger may not", change(gitops.KindPromote, "prod", cart), gitops.Person{GitHub: "eve"}, false,
			"people", "the GitHub account eve is linked to nobody", "Ask an owner of acme/gitops to add github: eve to you under people in .changebot.yaml."},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := policy().MayDecide(shop(), test.change, test.person)
			if v.Allows() != test.allows || v.Rule != test.rule || v.Reason != test.reason || v.Next != test.next {
				t.Errorf("got %+v\nwant %v by %s: %s %s", v, test.allows, test.rule, test.reason, test.next)
			}
		})
	}
}

func TestMayAsk(t *testing.T) {
	request := func(environment, because string, applications ...string) gitops.Request {
		q := change(gitops.KindPromote, environment, applications).Request
		q.Command.Because = because
		return q
	}
	yes := gitops.Verdict{Rule: "access/all", Outcome: gitops.OutcomeAllowed, Reason: "the grant all lets ada"}
	no := gitops.Verdict{Rule: "access", Outcome: gitops.OutcomeDenied, Reason: "nobody may"}
	for _, test := range []struct {
		name    string
		access  gitops.Verdict
		request gitops.Request
		allows  bool
		rule    string
		reason  string
		next    string
	}{
		{"with the right and a reason", yes, request("prod", "INC-1", "cart"), true, "access/all", "the grant all lets ada", ""},
		{"without the right", no, request("prod", "INC-1", "cart"), false, "access", "nobody may", ""},
		{"without a reason where one is needed", yes, request("prod", "  ", "cart", "payments"), false,
			"prod/justification", "prod needs a justification", "Say why at the end: `promote cart and payments to prod because INC-4211`."},
		{"without a reason where none is needed", yes, request("dev", "", "cart"), true, "access/all", "the grant all lets ada", ""},
		{"for nothing", yes, request("prod", "INC-1"), false, "request", "it names no application", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := New(open{test.access}).MayAsk(shop(), test.request)
			first := v.First(v.Outcome)
			if v.Allows() != test.allows || first.Rule != test.rule || first.Reason != test.reason || first.Next != test.next {
				t.Errorf("got %+v\nwant %v by %s: %s %s", v, test.allows, test.rule, test.reason, test.next)
			}
		})
	}
}

func TestWhoHasToSayWhyIsGivenTheSameSentence(t *testing.T) {
	grants := gitops.Verdict{Rule: "access/all", Outcome: gitops.OutcomeAllowed}
	for _, test := range []struct {
		command gitops.Command
		says    string
	}{
		{gitops.Command{Kind: gitops.KindPromote, Version: "1.42.3"}, "promote cart version 1.42.3 to prod"},
		{gitops.Command{Kind: gitops.KindPromote, From: "dev"}, "promote cart from dev to prod"},
		{gitops.Command{Kind: gitops.KindPromote, All: true}, "promote all to prod"},
		{gitops.Command{Kind: gitops.KindRollback}, "rollback cart in prod"},
		{gitops.Command{Kind: gitops.KindRollback, Version: "1.40.0"}, "rollback cart in prod to version 1.40.0"},
		{gitops.Command{Kind: gitops.KindRollback, Back: 2}, "rollback cart in prod by 2"},
		{gitops.Command{Kind: gitops.KindRestart}, "restart cart in prod"},
		{gitops.Command{Kind: gitops.KindLift, Version: "1.42.3"}, "lift cart version 1.42.3 in prod"},
	} {
		q := change(test.command.Kind, "prod", []string{"cart"}).Request
		test.command.Applications, test.command.Environment = []string{"cart"}, "prod"
		q.Command = test.command
		want := "Say why at the end: `" + test.says + " because INC-4211`."
		if v := New(open{grants}).MayAsk(shop(), q); v.First(v.Outcome).Next != want {
			t.Errorf("it says %q, not %q", v.First(v.Outcome).Next, want)
		}
	}
}

// TestOfAllApplicationsOneThatMayBeAskedForIsEnough to begin with; what becomes
// of them is asked for one by one.
func TestOfAllApplicationsOneThatMayBeAskedForIsEnough(t *testing.T) {
	p := New(onlyCart{})
	c := change(gitops.KindPromote, "prod", []string{"cart", "payments"})
	for _, test := range []struct {
		name         string
		all          bool
		applications []string
		because      string
		allows       bool
	}{
		{"some of all", true, []string{"cart", "payments"}, "INC-1", true},
		{"some of all, without a reason", true, []string{"cart", "payments"}, "", false},
		{"none of all", true, []string{"payments"}, "INC-1", false},
		{"some of those that are named", false, []string{"cart", "payments"}, "INC-1", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.Request.Command.All, c.Request.Command.Applications, c.Request.Command.Because = test.all, test.applications, test.because
			if v := p.MayAsk(shop(), c.Request); v.Allows() != test.allows || v.Outcome == "" {
				t.Errorf("got %+v", v)
			}
			if v := p.MayStill(shop(), c); v.Allows() {
				t.Errorf("a plan with one that may not be asked for: %+v", v)
			}
		})
	}
}

// onlyCart allows everything with cart.
type onlyCart struct{}

func (onlyCart) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if a.Application != "cart" {
		return gitops.Verdict{Rule: "access", Outcome: gitops.OutcomeDenied, Reason: "nobody may"}
	}
	return gitops.Verdict{Rule: "access/cart", Outcome: gitops.OutcomeAllowed}
}

func TestTheRightIsAskedForEveryApplication(t *testing.T) {
	var asked recorder
	q := change(gitops.KindPromote, "prod", []string{"cart", "payments"}).Request
	q.Room.Channel = "C0RELEASES"
	New(&asked).MayAsk(shop(), q)
	if len(asked) != 2 || asked[0].Application != "cart" || asked[1].Application != "payments" ||
		asked[1].Environment != "prod" || asked[1].Room.Channel != "C0RELEASES" || asked[1].Person.ID != "ada" || asked[1].Action != "promote" {
		t.Errorf("asked %+v", asked)
	}
}

// TestWhatAPlanDoesIsAskedForAgain for each of its Targets, whatever was named
// when it was asked; and a Hold is lifted only by who may lift it.
func TestWhatAPlanDoesIsAskedForAgain(t *testing.T) {
	back := change(gitops.KindRollback, "prod", []string{"cart", "payments"})
	back.Request.Command.Applications = []string{"cart", "payments", "search"}
	back.Plan.Targets[1].Lifts = []gitops.Hold{{File: "h"}}
	lift := change(gitops.KindLift, "prod", []string{"cart"})
	lift.Plan.Targets[0].Lifts = []gitops.Hold{{File: "h"}}
	for _, test := range []struct {
		name   string
		change gitops.Change
		want   string // what is asked
	}{
		{"a rollback that lifts a hold", back, "rollback cart, rollback payments, lift payments"},
		{"a lift", lift, "lift cart"},
		{"a change without a plan", gitops.Change{Request: back.Request}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked recorder
			v := New(&asked).MayStill(shop(), test.change)
			var got []string
			for _, a := range asked {
				got = append(got, a.Action+" "+a.Application)
			}
			if strings.Join(got, ", ") != test.want || v.Allows() {
				t.Errorf("it asks for %v: %+v", got, v)
			}
		})
	}
}

// TestWhoMayNoLongerLiftDoesNotRollBackToWhatIsOnHold although they may roll back.
func TestWhoMayNoLongerLiftDoesNotRollBackToWhatIsOnHold(t *testing.T) {
	c := change(gitops.KindRollback, "prod", []string{"cart"})
	c.Request.Command.Because = "INC-1"
	p := New(allBut{gitops.KindLift})
	if v := p.MayStill(shop(), c); !v.Allows() {
		t.Errorf("where nothing is on hold: %+v", v)
	}
	c.Plan.Targets[0].Lifts = []gitops.Hold{{File: "h"}}
	if v := p.MayStill(shop(), c); v.Outcome != gitops.OutcomeDenied || v.Reason != "nobody may lift" {
		t.Errorf("where it lifts a hold: %+v", v)
	}
}

// allBut allows everything but one kind.
type allBut struct{ gitops.Kind }

func (b allBut) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if a.Action == string(b.Kind) {
		return gitops.Verdict{Rule: "access", Outcome: gitops.OutcomeDenied, Reason: "nobody may " + a.Action}
	}
	return gitops.Verdict{Rule: "access/all", Outcome: gitops.OutcomeAllowed}
}

// recorder notes what it was asked and allows nothing.
type recorder []gitops.Access

func (r *recorder) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	*r = append(*r, a)
	return gitops.Verdict{}
}
