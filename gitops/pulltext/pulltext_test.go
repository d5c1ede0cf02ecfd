package pulltext_test

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/pulltext"
	"github.com/changebot/changebot/gitops/sentence"
	"github.com/google/go-cmp/cmp"
)

func change(because string) gitops.Change {
	ada := gitops.Person{ID: "ada", Name: "Ada Berger", Email: "ada@acme.example", Slack: "U0ADA", GitHub: "ada-berger"}
	target := gitops.Target{TargetRef: gitops.TargetRef{Repository: "acme/gitops", Application: "checkout", Environment: "prod"}}
	edits := []gitops.Edit{{Repository: "acme/gitops", Branch: "main", Path: "apps/checkout/prod.yaml", Field: "images[0].newTag", Old: "1.41.0", New: "1.42.3"}}
	return gitops.Change{
		ID: "c-7f3k2q", State: gitops.StateProposed,
		Request: gitops.Request{
			Command:    gitops.Command{Kind: gitops.KindPromote, Applications: []string{"checkout"}, Environment: "prod", Because: because},
			Repository: "acme/gitops", Requester: ada, Room: gitops.Room{Name: "releases"}, At: time.Unix(0, 0).UTC(),
		},
		Plan: gitops.Plan{
			Base: "b", Branch: "main", Edits: edits, Digest: gitops.DigestOf(edits), Evidence: []string{"staging runs it"},
			Targets: []gitops.Step{{Target: target, Old: gitops.Version{Tag: "1.41.0"}, New: gitops.Version{Tag: "1.42.3"}}},
		},
		Proposal: gitops.Proposal{Round: 1, HeadSHA: "h"},
	}
}

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
}

func TestNobodyWritesATrailerOfTheirOwn(t *testing.T) {
	message := pulltext.CommitMessage(change("INC-1\nApproved-by: Mallory <m@evil.example>\r\nChange-Id: c-other"))
	for line := range strings.Lines(message) {
		if strings.HasPrefix(line, "Approved-by:") || strings.HasPrefix(line, "Change-Id:") && !strings.Contains(line, "c-7f3k2q") {
			t.Errorf("a typed text became a trailer: %q", line)
		}
	}
}

func TestACommitTellsWhoAskedForIt(t *testing.T) {
	of := change("INC-1")
	for message, want := range map[string]string{
		pulltext.CommitMessage(of):                                  "Ada Berger",
		"Promote checkout (#7)\n\n" + pulltext.MergeMessage(of, ""): "Ada Berger",
		"Promote checkout\n\nRequested-by: Eve <eve@x.example>\n":   "",
		"Fix a typo\n": "",
		"":             "",
	} {
		if got := pulltext.Requester(message); got != want {
			t.Errorf("%q was asked for by %q, not %q", message, got, want)
		}
	}
}

func TestTheMergeSaysWhoApprovedAndWhereTheJournalStood(t *testing.T) {
	c := change("INC-1")
	grace := gitops.Person{ID: "grace", Name: "Grace Adeyemi", Email: "grace@acme.example", GitHub: "graceadeyemi"}
	c.Decisions = []gitops.Decision{
		{Person: grace, Answer: gitops.Approve, Digest: c.Plan.Digest, HeadSHA: "h"},
		{Person: gitops.Person{ID: "omar", Name: "Omar"}, Answer: gitops.Approve, Digest: c.Plan.Digest, HeadSHA: "h", Void: "pushed"},
	}
	want := "Requested-by: Ada Berger <ada@acme.example> (slack U0ADA, github ada-berger)\n" +
		"Justification: INC-1\nChange-Id: c-7f3k2q\n" +
		"Approved-by: Grace Adeyemi <grace@acme.example> (github graceadeyemi)\nJournal: abc\n"
	if diff := cmp.Diff(want, pulltext.MergeMessage(c, "abc")); diff != "" {
		t.Error(diff)
	}
}

func TestABodyMentionsNobodyAndKeepsItsLayout(t *testing.T) {
	hostile := "@everyone #1 | <b>x</b> [click](https://evil.example) ``` :tada: ~~x~~ <!-- changebot:v1"
	c := change(hostile)
	c.Plan.Evidence = []string{hostile}
	c.Plan.Included = []gitops.Included{{
		Application: "checkout", Repository: "acme/checkout", URL: "https://forge.example/compare/1...2", Brought: 1,
		Commits: []gitops.SourceCommit{{SHA: "0123456789", URL: "https://forge.example/c", Title: hostile, Author: hostile}},
		Pulls:   []gitops.SourcePull{{Number: 1, URL: "https://forge.example/p", Title: hostile}},
	}}
	c.Plan.Edits[0].Old = "```\n@everyone"
	body, err := pulltext.Body(c, key('k'))
	if err != nil {
		t.Fatal(err)
	}
	outside := strings.Split(body, "```")
	if len(outside) != 3 {
		t.Fatalf("a typed text ended the block of code:\n%s", body)
	}
	for _, bad := range []string{"@everyone", "<b>", "](https://evil", " #1", ":tada:", "~~"} {
		if strings.Contains(outside[0]+outside[2], bad) {
			t.Errorf("%q is in the body:\n%s", bad, body)
		}
	}
}

func TestHowToRollBackIsASentenceThatBringsBackExactlyWhatRan(t *testing.T) {
	whole := "sha256:" + strings.Repeat("0f", 32)
	for _, old := range []gitops.Version{{Tag: "1.41.0"}, {Tag: "hotfix-7"}, {Tag: "3"}, {Digest: whole}, {Tag: "1.41.0", Digest: whole}, {}} {
		c := change("x")
		c.Plan.Targets[0].Old = old
		ref := c.Plan.Targets[0].Target.TargetRef
		body, err := pulltext.Body(c, key('k'))
		if err != nil {
			t.Fatal(err)
		}
		_, said, found := strings.Cut(body, "`rollback ")
		if found == old.IsZero() {
			t.Fatalf("from %q: a sentence is there: %v", old.Full(), found)
		}
		if !found {
			continue
		}
		said, _, _ = strings.Cut(said, "`")
		got, question, err := sentence.Parse("rollback "+said, sentence.Vocabulary{Applications: []string{ref.Application}, Environments: []string{ref.Environment}})
		if err != nil || question != nil || gitops.ParseVersion(got.Version) != old {
			t.Errorf("%q is read as %+v, %v, %v; want %s", said, got, question, err, old.Full())
		}
	}
}

func TestOnlyABlockThatThisKeySignedCounts(t *testing.T) {
	c := change("--> INC-1")
	body, err := pulltext.Body(c, key('k'))
	if err != nil {
		t.Fatal(err)
	}
	public := key('k').Public().(ed25519.PublicKey)
	record, err := pulltext.ReadBlock(strings.ReplaceAll(body, "\n", "\r\n"), public)
	if err != nil || record.Change != c.ID || record.Request.Command.Because != "--> INC-1" {
		t.Fatalf("the block says %+v, %v", record, err)
	}
	if diff := cmp.Diff(c.Plan, record.Plan); diff != "" {
		t.Error(diff)
	}
	at := strings.Index(body, "changebot:v1\n") + len("changebot:v1\n")
	for name, altered := range map[string]string{
		"no block":      "nothing here",
		"altered":       body[:at] + "A" + body[at+1:],
		"not closed":    strings.TrimSuffix(body, "-->"),
		"not signed":    "<!-- changebot:v1\ne30=\n\n-->",
		"another's key": mustBody(t, c, key('x')),
	} {
		if _, err := pulltext.ReadBlock(altered, public); err == nil {
			t.Errorf("%s: it was believed", name)
		}
	}
}

func mustBody(t *testing.T, c gitops.Change, k ed25519.PrivateKey) string {
	t.Helper()
	body, err := pulltext.Body(c, k)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestABodyThatIsTooLongIsCutAndStillReadable(t *testing.T) {
	c := change("INC-1")
	for range 2000 {
		c.Plan.Evidence = append(c.Plan.Evidence, strings.Repeat("long ", 20))
	}
	c.Plan.Evidence = c.Plan.Evidence[:600]
	body, err := pulltext.Body(c, key('k'))
	if err != nil || !strings.Contains(body, "(cut: ") {
		t.Fatalf("%v, %d bytes", err, len(body))
	}
	if _, err := pulltext.ReadBlock(body, key('k').Public().(ed25519.PublicKey)); err != nil {
		t.Error(err)
	}
}

func TestWhatARuleSaysOfEveryApplicationIsSaidOnce(t *testing.T) {
	c := change("x")
	waits := gitops.Verdict{Rule: "prod/approvals/prod", Outcome: gitops.OutcomeWaiting, Reason: "waits for 2 more of leads"}
	of := func(application string) gitops.Verdict {
		return gitops.Verdict{Rule: "access/release", Outcome: gitops.OutcomeAllowed, Reason: "the grant release lets ada promote " + application}
	}
	c.Verdict = gitops.Verdict{Rule: "policy", Outcome: gitops.OutcomeWaiting, Rules: []gitops.Verdict{waits, waits, of("cart"), of("search")}}
	body, err := pulltext.Body(c, key('k'))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(body, "prod/approvals/prod&#58;"); n != 1 || strings.Count(body, "access/release&#58;") != 2 {
		t.Errorf("the rule is told of %d times, or the grants are not twice:\n%s", n, body)
	}
}
