package approvals

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// open lets everybody ask, except where a test is about who may.
type open struct{ verdict gitops.Verdict }

func (o open) Authorise(*gitops.Catalog, gitops.Access) gitops.Verdict { return o.verdict }

func policy() Policy {
	return New(open{gitops.Verdict{Rule: "access/all", Outcome: gitops.OutcomeAllowed}})
}

// person is somebody whose name is the id with a capital, and whose Slack
// account is made of it.
func person(id string) gitops.Person {
	return gitops.Person{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Slack: "U0" + strings.ToUpper(id)}
}

func people(ids ...string) []gitops.Person {
	var all []gitops.Person
	for _, id := range ids {
		all = append(all, person(id))
	}
	return all
}

// shop is a catalogue in which prod takes two leads, payments one of its own
// besides, a rollback one on call, dev nothing, and qa has no rule.
func shop() *gitops.Catalog {
	c := &gitops.Catalog{
		Repository:   "acme/gitops",
		Environments: []gitops.Environment{{Name: "dev"}, {Name: "qa"}, {Name: "prod", Protected: true, NeedsJustification: true}},
		People:       people("ada", "grace", "nils", "omar", "ruth"),
		Groups: []gitops.Group{
			{Name: "leads", Members: []string{"grace", "nils", "ruth"}},
			{Name: "payments", Members: []string{"grace", "omar"}},
			{Name: "on-call", Members: []string{"nils"}},
		},
		Approvals: []gitops.ApprovalRule{
			{Name: "lower", Environments: []string{"dev"}, Auto: true},
			{Name: "prod", Environments: []string{"prod"}, Kinds: []gitops.Kind{gitops.KindPromote}, Require: []gitops.Requirement{{Group: "leads", Count: 2}}},
			{Name: "payments", Applications: []string{"payments"}, Environments: []string{"prod"}, Kinds: []gitops.Kind{gitops.KindPromote}, Require: []gitops.Requirement{{Group: "payments", Count: 1}}},
			{Name: "back", Environments: []string{"prod"}, Kinds: []gitops.Kind{gitops.KindRollback}, Require: []gitops.Requirement{{Group: "on-call", Count: 1}}},
		},
	}
	for _, application := range []string{"cart", "payments"} {
		for _, e := range c.Environments {
			c.Targets = append(c.Targets, target(application, e.Name))
		}
	}
	return c
}

func target(application, environment string) gitops.Target {
	return gitops.Target{TargetRef: gitops.TargetRef{Repository: "acme/gitops", Application: application, Environment: environment}}
}

const head = "c0ffee"

// change is one that ada asked for, with decisions on its present proposal.
func change(kind gitops.Kind, environment string, applications []string, decisions ...gitops.Decision) gitops.Change {
	c := gitops.Change{
		ID: "c-1",
		Request: gitops.Request{
			Requester: person("ada"),
			Command:   gitops.Command{Kind: kind, Applications: applications, Environment: environment, Because: "INC-4211"},
		},
		Plan:      gitops.Plan{Digest: "d1"},
		Proposal:  gitops.Proposal{HeadSHA: head},
		Decisions: decisions,
	}
	for _, a := range applications {
		c.Plan.Targets = append(c.Plan.Targets, gitops.Step{Target: target(a, environment)})
	}
	return c
}

func decision(id string, answer gitops.Answer) gitops.Decision {
	return gitops.Decision{Person: person(id), Answer: answer, Digest: "d1", HeadSHA: head}
}

func approvedBy(ids ...string) []gitops.Decision {
	var all []gitops.Decision
	for _, id := range ids {
		all = append(all, decision(id, gitops.Approve))
	}
	return all
}

// An approvalCase is a Change and what the policy says of it.
type approvalCase struct {
	name    string
	change  gitops.Change
	tweak   func(*gitops.Catalog)
	outcome gitops.Outcome
	rule    string // the first rule with the outcome
	reason  string // of the whole
	waits   []gitops.Person
}

func TestApprovals(t *testing.T) {
	cart, payments := []string{"cart"}, []string{"payments"}
	promote, allowed, waiting := gitops.KindPromote, gitops.OutcomeAllowed, gitops.OutcomeWaiting
	for _, test := range []approvalCase{
		{name: "an auto rule needs nobody", change: change(promote, "dev", cart),
			outcome: allowed, rule: "dev/approvals/lower", reason: "needs no approval"},
		{name: "two are missing", change: change(promote, "prod", cart),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 2 of leads", waits: people("grace", "nils", "ruth")},
		{name: "one is missing", change: change(promote, "prod", cart, approvedBy("grace")...),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "both are there", change: change(promote, "prod", cart, approvedBy("grace", "ruth")...),
			outcome: allowed, rule: "prod/approvals/prod", reason: "approved by Grace and Ruth of leads"},
		{name: "the same one twice is one", change: change(promote, "prod", cart, approvedBy("grace", "grace")...),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "who is in no group does not count", change: change(promote, "prod", cart, approvedBy("grace", "omar")...),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "every rule that matches must hold", change: change(promote, "prod", payments, approvedBy("nils", "ruth")...),
			outcome: waiting, rule: "prod/approvals/payments", reason: "waits for 1 of payments", waits: people("grace", "omar")},
		{name: "all that is waited for is said, and everybody once", change: change(promote, "prod", payments),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 2 of leads and 1 of payments", waits: people("grace", "nils", "ruth", "omar")},
		{name: "one approval counts for every group of a person", change: change(promote, "prod", payments, approvedBy("grace", "ruth")...),
			outcome: allowed, rule: "prod/approvals/prod", reason: "approved by Grace and Ruth of leads"},
		{name: "each target is judged", change: change(promote, "prod", []string{"cart", "payments"}, approvedBy("nils", "ruth")...),
			outcome: waiting, rule: "prod/approvals/payments", reason: "waits for 1 of payments", waits: people("grace", "omar")},
		{name: "another kind has another rule", change: change(gitops.KindRollback, "prod", cart, approvedBy("nils")...),
			outcome: allowed, rule: "prod/approvals/back", reason: "approved by Nils of on-call"},
	} {
		t.Run(test.name, test.run)
	}
}

func TestRejectionsAndWhatNoLongerCounts(t *testing.T) {
	cart, promote, allowed, waiting, denied := []string{"cart"}, gitops.KindPromote, gitops.OutcomeAllowed, gitops.OutcomeWaiting, gitops.OutcomeDenied
	voided, earlier, elsewhere := decision("ruth", gitops.Approve), decision("ruth", gitops.Approve), decision("ruth", gitops.Approve)
	voided.Void, earlier.Digest, elsewhere.HeadSHA = "the head has moved", "d0", "badcafe"
	for _, test := range []approvalCase{
		{name: "a rejection stops it, whatever was approved", change: change(promote, "prod", cart, append(approvedBy("grace", "ruth"), decision("nils", gitops.Reject))...),
			outcome: denied, rule: "prod/veto", reason: "Nils rejected it"},
		{name: "a rejection stops what needs nobody", change: change(promote, "dev", cart, decision("nils", gitops.Reject)),
			outcome: denied, rule: "dev/veto", reason: "Nils rejected it"},
		{name: "a withdrawn rejection is gone", change: change(promote, "prod", cart, append(approvedBy("grace", "ruth"), decision("nils", gitops.Reject), decision("nils", gitops.Withdraw))...),
			outcome: allowed, rule: "prod/approvals/prod", reason: "approved by Grace and Ruth of leads"},
		{name: "a withdrawn approval does not bring an earlier one back", change: change(promote, "prod", cart, append(approvedBy("grace", "ruth", "ruth"), decision("ruth", gitops.Withdraw))...),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "a void approval does not count", change: change(promote, "prod", cart, decision("grace", gitops.Approve), voided),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "an approval of another digest does not count", change: change(promote, "prod", cart, decision("grace", gitops.Approve), earlier),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
		{name: "an approval of another head does not count", change: change(promote, "prod", cart, decision("grace", gitops.Approve), elsewhere),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
	} {
		t.Run(test.name, test.run)
	}
}

func TestWhatNoRuleAllowsIsDenied(t *testing.T) {
	cart, promote, waiting, denied := []string{"cart"}, gitops.KindPromote, gitops.OutcomeWaiting, gitops.OutcomeDenied
	for _, test := range []approvalCase{
		{name: "an environment without a rule denies", change: change(promote, "qa", cart),
			outcome: denied, rule: "qa/approvals", reason: "no approval rule covers a promotion of cart in qa"},
		{name: "a protected environment without a rule denies", change: change(promote, "prod", cart, approvedBy("grace", "ruth")...),
			tweak:   func(c *gitops.Catalog) { c.Approvals = c.Approvals[:1] },
			outcome: denied, rule: "prod/approvals", reason: "no approval rule covers a promotion of cart in prod, which is protected"},
		{name: "a rule that asks for nobody and does not say auto denies", change: change(promote, "dev", cart),
			tweak:   func(c *gitops.Catalog) { c.Approvals[0].Auto = false },
			outcome: denied, rule: "dev/approvals/lower", reason: `the rule "lower" asks for nobody's approval and does not say auto`},
		{name: "auto does not override what is required", change: change(promote, "prod", cart),
			tweak:   func(c *gitops.Catalog) { c.Approvals[1].Auto = true },
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 2 of leads", waits: people("grace", "nils", "ruth")},
		{name: "a count below one denies", change: change(promote, "prod", cart),
			tweak:   func(c *gitops.Catalog) { c.Approvals[1].Require[0].Count = 0 },
			outcome: denied, rule: "prod/approvals/prod", reason: "a rule asks for 0 approvals of leads"},
		{name: "a target that is gone denies", change: change(promote, "prod", []string{"search"}, approvedBy("grace", "ruth")...),
			outcome: denied, rule: "search/prod", reason: "the catalogue no longer has search in prod"},
		{name: "a change of nothing denies", change: change(promote, "prod", nil),
			outcome: denied, rule: "approvals", reason: "it changes nothing"},
	} {
		t.Run(test.name, test.run)
	}
}

func TestPeopleAreWhoTheyAreNow(t *testing.T) {
	cart, promote, waiting, denied := []string{"cart"}, gitops.KindPromote, gitops.OutcomeWaiting, gitops.OutcomeDenied
	for _, test := range []approvalCase{
		{name: "who left the group since does not count", change: change(promote, "prod", cart, approvedBy("grace", "ruth")...),
			tweak:   func(c *gitops.Catalog) { c.Groups[0].Members = []string{"grace", "nils"} },
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils")},
		{name: "a group that is too small without the requester denies early", change: change(promote, "prod", cart),
			tweak:   func(c *gitops.Catalog) { c.Groups[0].Members = []string{"grace", "ada"} },
			outcome: denied, rule: "prod/approvals/prod", reason: "2 of leads must approve, and without the requester there is only one"},
		{name: "the requester does not count", change: change(promote, "prod", cart, approvedBy("grace", "ada")...),
			tweak:   func(c *gitops.Catalog) { c.Groups[0].Members = []string{"grace", "ada", "ruth"} },
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("ruth")},
		{name: "the requester does not count under a new id either", change: change(promote, "prod", cart, append(approvedBy("grace"), gitops.Decision{Person: gitops.Person{ID: "countess", Slack: "U0ADA"}, Answer: gitops.Approve, Digest: "d1", HeadSHA: head})...),
			tweak: func(c *gitops.Catalog) {
				c.People[0].ID = "countess"
				c.Groups[0].Members = []string{"grace", "countess", "ruth"}
			},
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("ruth")},
		{name: "what the requester approved under an id that is another's now does not count", change: change(promote, "prod", cart, append(approvedBy("grace"), gitops.Decision{Person: gitops.Person{ID: "ruth", Slack: "U0ADA"}, Answer: gitops.Approve, Digest: "d1", HeadSHA: head})...),
			outcome: waiting, rule: "prod/approvals/prod", reason: "waits for 1 more of leads", waits: people("nils", "ruth")},
	} {
		t.Run(test.name, test.run)
	}
}

func (test approvalCase) run(t *testing.T) {
	c := shop()
	if test.tweak != nil {
		test.tweak(c)
	}
	v := policy().Approvals(c, test.change)
	if v.Outcome != test.outcome || v.Reason != test.reason || v.First(v.Outcome).Rule != test.rule {
		t.Errorf("got %s by %s: %s\nwant %s by %s: %s", v.Outcome, v.First(v.Outcome).Rule, v.Reason, test.outcome, test.rule, test.reason)
	}
	if diff := cmp.Diff(test.waits, v.Waits); diff != "" {
		t.Error(diff)
	}
	if !v.Allows() && v.Next == "" && test.rule != "approvals" {
		t.Error("what does not allow does not say what to do")
	}
}

func TestARepositoryDoesNotJudgeAnothersTargets(t *testing.T) {
	c := shop()
	c.Repository = "acme/other"
	if v := policy().Approvals(c, change(gitops.KindPromote, "dev", []string{"cart"})); v.Allows() {
		t.Error(v)
	}
}

func TestWithoutACatalogueNothingIsAllowed(t *testing.T) {
	p, c := policy(), change(gitops.KindPromote, "dev", []string{"cart"})
	for name, v := range map[string]gitops.Verdict{
		"approvals": p.Approvals(nil, c), "decide": p.MayDecide(nil, c, person("ruth")),
		"ask": p.MayAsk(nil, c.Request), "still": p.MayStill(nil, c), "access": p.Authorise(nil, gitops.Access{}),
	} {
		if v.Allows() || v.Reason == "" {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
