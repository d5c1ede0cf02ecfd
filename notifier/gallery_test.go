package notifier

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changebot/changebot/gitops"
)

// The golden files are a gallery of what people see: run with -update, and
// read them.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	os.Exit(m.Run())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if updating() {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

var (
	ada   = gitops.Person{ID: "ada", Name: "Ada Lovelace", Slack: "U1"}
	bob   = gitops.Person{ID: "bob", Name: "Bob Moran", Slack: "U2"}
	carol = gitops.Person{ID: "carol", Name: "Carol Shaw", Slack: "U3"}
)

func noon(minutes int) time.Time {
	return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

// asked is a promotion that has just been asked for.
func asked() gitops.Change {
	return gitops.Change{
		ID: "c-7f3k2q", State: gitops.StateRequested,
		Request: gitops.Request{
			Command: gitops.Command{
				Kind: gitops.KindPromote, Applications: []string{"checkout"}, Environment: "prod", From: "staging",
				Because: `INC-4211 <checkout> 5xx`,
			},
			Requester: ada, Room: gitops.Room{Team: "T1", Channel: "C1", Name: "releases"}, At: noon(0),
		},
		Times: map[gitops.State]time.Time{},
	}
}

// proposed is the same with its pull request open.
func proposed() gitops.Change {
	c := asked()
	c.State = gitops.StateProposed
	target := gitops.Target{TargetRef: gitops.TargetRef{Application: "checkout", Environment: "prod"}}
	c.Plan = gitops.Plan{
		Targets: []gitops.Step{{Target: target, Old: gitops.Version{Tag: "1.41.0"}, New: gitops.Version{Tag: "1.42.3"}}},
		Edits: []gitops.Edit{{
			Path: "apps/checkout/overlays/prod/kustomization.yaml", Field: "images[0].newTag", Old: "1.41.0", New: "1.42.3",
		}},
		Evidence: []string{"staging runs 1.42.3, healthy for 2 d 4 h"},
	}
	c.Plan.Digest = gitops.DigestOf(c.Plan.Edits)
	c.Proposal = gitops.Proposal{Round: 1, HeadSHA: "4be1", Number: 812, URL: "https://github.example/acme/gitops/pull/812"}
	c.Verdict = gitops.All("policy", gitops.Verdict{
		Rule: "prod/approvals", Outcome: gitops.OutcomeWaiting, Reason: "waits for 2 of payments-leads", Waits: []gitops.Person{bob, carol},
	})
	return c
}

func decided(c gitops.Change, p gitops.Person, a gitops.Answer, reason string) gitops.Change {
	c.Decisions = append(c.Decisions, gitops.Decision{
		Person: p, Answer: a, Reason: reason, Digest: c.Plan.Digest, HeadSHA: c.Proposal.HeadSHA, Via: "slack", At: noon(3),
	})
	return c
}

func at(c gitops.Change, s gitops.State, reason, next string) gitops.Change {
	c.State, c.Reason, c.Next = s, reason, next
	c.Times[s] = noon(4)
	return c
}

func rollingOut(c gitops.Change, s gitops.State, waiting string, failures ...gitops.Failure) gitops.Change {
	c.Rollout = []gitops.Progress{{Target: c.Plan.Targets[0].Target.TargetRef, State: s, Waiting: waiting, Failures: failures, At: noon(4)}}
	return c
}

func halfApproved() gitops.Change {
	c := decided(proposed(), bob, gitops.Approve, "")
	c.Verdict = gitops.All("policy", gitops.Verdict{
		Rule: "prod/approvals", Outcome: gitops.OutcomeWaiting, Reason: "waits for 1 more of payments-leads", Waits: []gitops.Person{carol},
	})
	return c
}

func rollback(c gitops.Change) gitops.Change {
	c.Request.Command.Kind, c.Request.Command.From = gitops.KindRollback, ""
	s := c.Plan.Targets[0]
	s.Old, s.New = s.New, s.Old
	c.Plan.Targets = []gitops.Step{s}
	c.Plan.Evidence = []string{"1.41.0: the last version observed healthy here", "skipped 1.42.0, never healthy"}
	return c
}

func waiting(c gitops.Change) gitops.Change {
	c.Wait = gitops.Wait{
		System: "Argo CD", Why: "Argo CD does not accept changebot's token.", Next: "Make a new token for changebot's account.",
		Since: noon(5), Told: true,
	}
	return c
}

func refused() gitops.Change {
	c := at(asked(), gitops.StateDenied, "prod needs a justification", "Say why: promote checkout to prod because INC-…")
	c.Rule = "prod/justification"
	return c
}

func TestTheLiveMessageSaysHowFarAndWhoIsNext(t *testing.T) {
	questioned := rollback(proposed())
	questioned.State, questioned.Proposal = gitops.StateRequested, gitops.Proposal{}
	questioned.Question = "Health unknown: 1.41.0 ran in prod before changebot watched it. Roll back to it all the same?"
	foreign := halfApproved()
	foreign.Verdict = gitops.Verdict{
		Rule: "head", Outcome: gitops.OutcomeDenied, Reason: "somebody pushed 99aa to the branch, and only what changebot made is merged",
		Next: "Take that commit off the branch again, or cancel this change and ask anew.",
	}
	approved := at(decided(halfApproved(), carol, gitops.Approve, ""), gitops.StateApproved, "", "")
	merged := at(approved, gitops.StateMerged, "", "")
	past := at(proposed(), gitops.StateMerged, "", "")
	past.Merge = gitops.Merge{SHA: "77aa", By: "mallory"}
	half := at(halfApproved(), gitops.StateMerged, "", "")
	half.Merge = past.Merge
	broken, frozen := proposed(), proposed()
	broken.Verdict = gitops.Verdict{
		Rule: "catalogue", Outcome: gitops.OutcomeWaiting, Reason: ".changebot.yaml on main is broken, so nothing is approved",
		Next: "Its owners mend it; then this goes on by itself.",
	}
	frozen.Verdict = gitops.Verdict{Rule: "prod/freeze", Outcome: gitops.OutcomeWaiting, Reason: "is frozen until Monday, 08:00", Next: "It goes on by itself then."}
	pull := gitops.Failure{Resource: "Deployment/checkout", Message: `ImagePullBackOff: "registry/checkout:1.42.3" not found`}
	var b strings.Builder
	for _, show := range []struct {
		title  string
		change gitops.Change
	}{
		{"asked", asked()},
		{"a question before the plan goes on", questioned},
		{"proposed, nobody has answered", proposed()},
		{"proposed, one of two", halfApproved()},
		{"somebody pushed to the branch", foreign},
		{"the catalogue is broken", broken},
		{"frozen", frozen},
		{"approved", approved},
		{"merged", merged},
		{"merged past changebot", past},
		{"half approved and merged past changebot", half},
		{"healthy, merged past changebot", rollingOut(at(past, gitops.StateHealthy, "", ""), gitops.StateHealthy, "")},
		{"merged, and Argo CD does not answer", waiting(merged)},
		{"syncing", rollingOut(at(merged, gitops.StateSyncing, "", ""), gitops.StateSyncing, "The sync is running.")},
		{"healthy", rollingOut(at(merged, gitops.StateHealthy, "", ""), gitops.StateHealthy, "")},
		{"rolled back", rollback(at(merged, gitops.StateHealthy, "", ""))},
		{"degraded", rollingOut(at(merged, gitops.StateDegraded, "", ""), gitops.StateDegraded, "", pull)},
		{"rejected", at(decided(halfApproved(), carol, gitops.Reject, "wait for the migration"), gitops.StateRejected, "", "")},
		{"cancelled", at(proposed(), gitops.StateCancelled, "Cancelled by Ada Lovelace", "")},
		{"expired", at(proposed(), gitops.StateExpired, "Nobody decided within 3 days.", "Ask again if it is still wanted.")},
		{"superseded", at(merged, gitops.StateSuperseded, "#c-9xyz rolls this back; its rollout is no longer watched.", "")},
		{"denied", refused()},
		{"nothing to do", at(asked(), gitops.StateUnchanged, "prod already runs checkout 1.42.3.", "")},
	} {
		fmt.Fprintf(&b, "## %s\n\n%s\n", show.title, live(View{Change: show.change}))
	}
	golden(t, "live", b.String())
}

func TestThreadAndCardsTellTheRest(t *testing.T) {
	card := func(person string) []Post {
		return []Post{{Subject: "c-7f3k2q", Key: "card:1:" + person, Channel: "D9", TS: "1.0", Hash: "x"}}
	}
	second := proposed()
	second.Proposal.Round = 2
	approved := at(decided(halfApproved(), carol, gitops.Approve, ""), gitops.StateApproved, "", "")
	entries := []gitops.Entry{
		{Seq: 1, Kind: gitops.EntryNote, Actor: self, Text: "planned at 4be1: checkout/prod 1.41.0 → 1.42.3"},
		{Seq: 2, Kind: gitops.EntryIntent, Actor: self, Text: "push changebot/c-7f3k2q"},
		{Seq: 3, Kind: gitops.EntryTransition, Actor: self, Text: "opened pull request #812"},
		{Seq: 4, Kind: gitops.EntryDecision, Actor: "bob", Text: "approved"},
		{Seq: 5, Kind: gitops.EntryRefusal, Actor: "ada", Text: "may not approve their own change"},
	}
	var b strings.Builder
	shown := map[string]bool{} // files, in full once
	for _, show := range []struct {
		title string
		view  View
	}{
		{"the thread and the cards of those whose turn it is", View{Change: halfApproved(), Entries: entries}},
		{"a card that was answered", View{Change: halfApproved(), Standing: card("bob")}},
		{"a card that others made needless", View{Change: approved, Standing: card("dan")}},
		{"a card of an earlier proposal", View{Change: second, Standing: card("bob")}},
		{"the files of a change that ended", View{Change: at(approved, gitops.StateHealthy, "", ""), Entries: append(entries,
			gitops.Entry{Seq: 6, Kind: gitops.EntryIntent, Actor: self, Key: "post/live", Text: "post: Promote checkout"})}},
		{"a card of a change that ended", View{Change: at(proposed(), gitops.StateCancelled, "Cancelled by Ada Lovelace", ""), Standing: card("bob")}},
		{"the rollout", View{Change: rollingOut(at(approved, gitops.StateSyncing, "", ""), gitops.StateSyncing, "Waiting for Deployment/checkout to roll out.")}},
	} {
		fmt.Fprintf(&b, "## %s\n\n", show.title)
		for _, s := range Desired(show.view)[1:] {
			fmt.Fprintf(&b, "(%s to %s%s)\n%s\n", s.Key, s.To.Channel, s.To.Person.ID, s.Message)
			if s.File != nil && !shown[s.File.Name] {
				shown[s.File.Name] = true
				fmt.Fprintf(&b, "  📄 %s\n  │ %s\n\n", s.File.Name, strings.ReplaceAll(s.File.Text, "\n", "\n  │ "))
			}
		}
	}
	golden(t, "rest", b.String())
}

func TestAnswersAreShortExactAndKind(t *testing.T) {
	rows := &gitops.Table{
		Title: "What runs in prod", Columns: []string{"application", "version", "health"},
		Rows:  [][]string{{"checkout", "1.42.3", "Healthy"}, {"search", "8.1.0", strings.Repeat("long ", 20)}},
		Notes: []string{"cart was never observed."},
	}
	long := &gitops.Table{Title: "Many", Columns: []string{"application"}}
	for i := range 500 {
		long.Rows = append(long.Rows, []string{fmt.Sprintf("service-%03d", i)})
	}
	var b strings.Builder
	for _, show := range []struct {
		title string
		m     Message
	}{
		{"refused", Answer(gitops.Reply{Refusal: &gitops.Error{Code: gitops.Denied, Message: "Ada may not promote to prod", Next: "Ask a member of releasers to do it."}})},
		{"did you mean", Answer(gitops.Reply{Refusal: &gitops.Error{Code: gitops.NotFound, Message: `There is no application "chekout".`, Next: "Did you mean checkout?"}})},
		{"a question", Answer(gitops.Reply{Question: &gitops.Question{Text: "To which environment?", Draft: gitops.Command{Kind: gitops.KindPromote}}})},
		{"a question about a question", Answer(gitops.Reply{Question: &gitops.Question{Text: "The history of which application?", Draft: gitops.Command{Kind: gitops.KindHistory}}})},
		{"a table", Answer(gitops.Reply{Table: rows})},
		{"help", Help(Vocabulary{Applications: []string{"cart", "checkout"}, Environments: []string{"dev", "staging", "prod"}})},
	} {
		fmt.Fprintf(&b, "## %s\n\n%s\n", show.title, show.m)
	}
	golden(t, "answers", b.String())
	if text := Answer(gitops.Reply{Table: long}).String(); !strings.Contains(text, "more\n") || len(text) > 4000 {
		t.Errorf("a table of 500 rows is cut, and says so; got %d bytes", len(text))
	}
	if m := Answer(gitops.Reply{Change: "c-1"}); m != nil {
		t.Errorf("a Change's own message says it all, got %q", m)
	}
}
