package approvals

import (
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
			"prod/justification", "prod needs a justification", "Say why at the end: `promote cart payments to prod because INC-4211`."},
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

// recorder notes what it was asked and allows nothing.
type recorder []gitops.Access

func (r *recorder) Authorise(_ *gitops.Catalog, a gitops.Access) gitops.Verdict {
	*r = append(*r, a)
	return gitops.Verdict{}
}
