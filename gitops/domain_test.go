package gitops_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
	"pgregory.net/rapid"
)

func edit(path, field, from, to string) gitops.Edit {
	return gitops.Edit{Repository: "acme/gitops", Branch: "main", Path: path, Field: field, Old: from, New: to}
}

func TestADigestDoesNotDependOnTheOrderOfEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) gitops.Edit {
			text := rapid.StringMatching(`[a-c/]{0,3}`)
			return edit(text.Draw(t, "path"), text.Draw(t, "field"), text.Draw(t, "old"), text.Draw(t, "new"))
		}), 0, 6).Draw(t, "edits")
		shuffled := rapid.Permutation(edits).Draw(t, "shuffled")
		if gitops.DigestOf(edits) != gitops.DigestOf(shuffled) {
			t.Fatal("the order changed the digest")
		}
	})
}

func TestADigestTellsEveryDifferenceApart(t *testing.T) {
	base := edit("a.yaml", "tag", "1", "2")
	others := []gitops.Edit{
		edit("a.yamlt", "ag", "1", "2"), // the same bytes, cut elsewhere
		edit("a.yaml", "tag", "12", ""),
		edit("a.yaml", "tag", "1", "3"),
		edit("a.yaml", "tag", "0", "2"),
		edit("b.yaml", "tag", "1", "2"),
		{Repository: base.Repository + "s", Branch: base.Branch, Path: base.Path, Field: base.Field, Old: base.Old, New: base.New},
		{Repository: base.Repository, Branch: base.Branch + "s", Path: base.Path, Field: base.Field, Old: base.Old, New: base.New},
	}
	for _, other := range others {
		if gitops.DigestOf([]gitops.Edit{base}) == gitops.DigestOf([]gitops.Edit{other}) {
			t.Errorf("%v and %v have one digest", base, other)
		}
	}
	if gitops.DigestOf([]gitops.Edit{base}) == gitops.DigestOf([]gitops.Edit{base, base}) {
		t.Error("doing it twice has the digest of doing it once")
	}
}

func TestOnlyAPersonsNewestDecisionOnThisProposalStands(t *testing.T) {
	ada, grace := gitops.Person{ID: "ada"}, gitops.Person{ID: "grace"}
	decide := func(p gitops.Person, a gitops.Answer, digest gitops.Digest, head, void string) gitops.Decision {
		return gitops.Decision{Person: p, Answer: a, Digest: digest, HeadSHA: head, Void: void}
	}
	tests := []struct {
		name string
		all  []gitops.Decision
		want []string
	}{
		{"an approval stands", []gitops.Decision{decide(ada, gitops.Approve, "d", "h", "")}, []string{"ada"}},
		{"one of another head does not", []gitops.Decision{decide(ada, gitops.Approve, "d", "old", "")}, nil},
		{"one of another digest does not", []gitops.Decision{decide(ada, gitops.Approve, "old", "h", "")}, nil},
		{"a void one does not", []gitops.Decision{decide(ada, gitops.Approve, "d", "h", "pushed")}, nil},
		{"a withdrawal does not bring an older approval back", []gitops.Decision{
			decide(ada, gitops.Approve, "d", "h", ""), decide(ada, gitops.Reject, "d", "h", ""), decide(ada, gitops.Withdraw, "d", "h", ""),
		}, nil},
		{"a void rejection does not bring an older approval back", []gitops.Decision{
			decide(ada, gitops.Approve, "d", "h", ""), decide(ada, gitops.Reject, "d", "h", "dismissed"),
		}, nil},
		{"two people stand beside each other", []gitops.Decision{
			decide(ada, gitops.Approve, "d", "h", ""), decide(grace, gitops.Approve, "d", "h", ""),
		}, []string{"ada", "grace"}},
		{"approving twice counts once", []gitops.Decision{
			decide(ada, gitops.Approve, "d", "h", ""), decide(ada, gitops.Approve, "d", "h", ""),
		}, []string{"ada"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range gitops.Standing(tt.all, "d", "h") {
				got = append(got, d.Person.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("standing: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNoRuleAtAllDenies(t *testing.T) {
	if gitops.All("empty").Allows() || (gitops.Verdict{}).Allows() {
		t.Error("what no rule allows was allowed")
	}
}

func TestOfSeveralRulesTheStrictestWins(t *testing.T) {
	rule := func(o gitops.Outcome) gitops.Verdict { return gitops.Verdict{Rule: string(o), Outcome: o} }
	allowed, waiting, denied := rule(gitops.OutcomeAllowed), rule(gitops.OutcomeWaiting), rule(gitops.OutcomeDenied)
	tests := []struct {
		rules []gitops.Verdict
		want  gitops.Outcome
	}{
		{[]gitops.Verdict{allowed, allowed}, gitops.OutcomeAllowed},
		{[]gitops.Verdict{allowed, waiting}, gitops.OutcomeWaiting},
		{[]gitops.Verdict{waiting, allowed, denied}, gitops.OutcomeDenied},
		{[]gitops.Verdict{allowed, {Rule: "typo", Outcome: "permitted"}}, "permitted"},
	}
	for _, tt := range tests {
		got := gitops.All("all", tt.rules...)
		if got.Outcome != tt.want || got.Allows() != (tt.want == gitops.OutcomeAllowed) {
			t.Errorf("All(%v) = %s, want %s", tt.rules, got.Outcome, tt.want)
		}
	}
}

func TestEndedChangesStayEnded(t *testing.T) {
	ends := []gitops.State{
		gitops.StateHealthy, gitops.StateDegraded, gitops.StateDenied, gitops.StateUnchanged,
		gitops.StateRejected, gitops.StateCancelled, gitops.StateExpired, gitops.StateSuperseded,
	}
	road := []gitops.State{gitops.StateRequested, gitops.StateProposed, gitops.StateApproved, gitops.StateMerged, gitops.StateSyncing}
	for _, end := range ends {
		if !end.Ended() {
			t.Errorf("%s is no end", end)
		}
		for _, s := range road {
			if end.May(s) {
				t.Errorf("%s may go to %s", end, s)
			}
		}
	}
	for i, s := range road {
		if s.Ended() {
			t.Errorf("%s is an end", s)
		}
		if i+1 < len(road) && !s.May(road[i+1]) {
			t.Errorf("%s may not go to %s", s, road[i+1])
		}
	}
}

func TestAChangeIsNeverMergedWithoutBeingProposed(t *testing.T) {
	for _, s := range []gitops.State{gitops.StateRequested, gitops.StateDenied, gitops.StateRejected} {
		if s.May(gitops.StateMerged) {
			t.Errorf("%s may go to merged", s)
		}
	}
}

func TestAVerdictTurnsWithItsOutcomeAlone(t *testing.T) {
	var c gitops.Change
	at := func(hour int) time.Time { return time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC) }
	for _, step := range []struct {
		hour    int
		verdict gitops.Verdict
		since   int
	}{
		{9, gitops.Verdict{Outcome: gitops.OutcomeWaiting, Reason: "waits for 2"}, 9},
		{10, gitops.Verdict{Outcome: gitops.OutcomeWaiting, Reason: "waits for 1 more"}, 9},
		{11, gitops.Verdict{Outcome: gitops.OutcomeDenied, Reason: "somebody pushed"}, 11},
		{12, gitops.Verdict{Outcome: gitops.OutcomeWaiting, Reason: "waits for 2"}, 12},
	} {
		if c.Judge(step.verdict, at(step.hour)); !c.Turned.At.Equal(at(step.since)) || c.Verdict.Reason != step.verdict.Reason {
			t.Errorf("at %d: %+v, want it to be so since %d", step.hour, c.Turned, step.since)
		}
	}
}

func TestTheSameAskHasTheSameID(t *testing.T) {
	first := gitops.ChangeID("slack/1", 0)
	if again := gitops.ChangeID("slack/1", 0); again != first {
		t.Errorf("one key led to %s and %s", first, again)
	}
	if first == gitops.ChangeID("slack/2", 0) || len(gitops.ChangeID("slack/1", 2)) != len("c-")+8 {
		t.Error("ids do not follow from the key")
	}
}

func TestAJournalThatWasAlteredIsFoundOut(t *testing.T) {
	chain := func() []gitops.Entry {
		var entries []gitops.Entry
		prev := ""
		for i, text := range []string{"asked", "approved", "merged"} {
			e := gitops.Entry{Change: "c-1", Seq: int64(i) + 1, At: time.Unix(int64(i), 0), Kind: gitops.EntryNote, Text: text, Prev: prev}
			e.Hash = e.Chain()
			prev = e.Hash
			entries = append(entries, e)
		}
		return entries
	}
	if bad := gitops.Verify(chain()); bad != 0 {
		t.Fatalf("an honest chain breaks at %d", bad)
	}
	tests := map[string]func([]gitops.Entry) []gitops.Entry{
		"a text":    func(e []gitops.Entry) []gitops.Entry { e[1].Text = "rejected"; return e },
		"an actor":  func(e []gitops.Entry) []gitops.Entry { e[1].Actor = "mallory"; return e },
		"one gone":  func(e []gitops.Entry) []gitops.Entry { return slices.Delete(e, 1, 2) },
		"new order": func(e []gitops.Entry) []gitops.Entry { e[0], e[1] = e[1], e[0]; return e },
		"rehashed":  func(e []gitops.Entry) []gitops.Entry { e[1].Text = "x"; e[1].Hash = e[1].Chain(); return e },
	}
	for name, alter := range tests {
		t.Run(name, func(t *testing.T) {
			if gitops.Verify(alter(chain())) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestNearestNames(t *testing.T) {
	names := []string{"cart", "checkout", "payments", "search", "staging"}
	tests := []struct {
		word string
		want []string
	}{
		{"chekout", []string{"checkout"}},
		{"checkotu", []string{"checkout"}},
		{"CHECKOUT", []string{"checkout"}},
		{"pay", []string{"payments"}},
		{"zebra", nil},
		{"", nil},
	}
	for _, tt := range tests {
		if got := gitops.Nearest(tt.word, names); !slices.Equal(got, tt.want) {
			t.Errorf("Nearest(%q) = %v, want %v", tt.word, got, tt.want)
		}
	}
}

func TestATokenBelongsToWhoeverListsItsHash(t *testing.T) {
	c := gitops.Catalog{People: []gitops.Person{{ID: "ada", TokenSHA256: "aa"}, {ID: "mei"}, {ID: "ruth", TokenSHA256: "bb"}}}
	for hash, want := range map[string]string{"aa": "ada", "bb": "ruth", "cc": "", "": "", "a": ""} {
		if p, known := c.ByToken(hash); p.ID != want || known != (want != "") {
			t.Errorf("%q belongs to %q, %v", hash, p.ID, known)
		}
	}
}

func TestAVersionIsNamedByWhatIsWrittenOfIt(t *testing.T) {
	whole := "sha256:" + strings.Repeat("0f", 32)
	for _, v := range []gitops.Version{{Tag: "1.42.3"}, {Digest: whole}, {Tag: "1.42.3", Digest: whole}} {
		if got := gitops.ParseVersion(v.Full()); got != v {
			t.Errorf("%s is read as %+v", v.Full(), got)
		}
		for name, want := range map[string]bool{v.Full(): true, "1.42.3": v.Tag != "", whole: v.Digest != "", "1.42": false, "": false} {
			if v.Named(name) != want {
				t.Errorf("%s is named by %q: %v, want %v", v.Full(), name, !want, want)
			}
		}
	}
}

func TestUndoingAChangeBringsBackWhatItTookAway(t *testing.T) {
	step := func(old string) gitops.Step {
		return gitops.Step{Old: gitops.Version{Tag: old}, New: gitops.Version{Tag: "9"}}
	}
	for name, tt := range map[string]struct {
		kind gitops.Kind
		plan []gitops.Step
		want string
	}{
		"one target":                             {gitops.KindPromote, []gitops.Step{step("1")}, "1"},
		"two that ran the same":                  {gitops.KindPromote, []gitops.Step{step("1"), step("1")}, "1"},
		"two that ran different ones":            {gitops.KindPromote, []gitops.Step{step("1"), step("2")}, ""},
		"one that ran nothing":                   {gitops.KindPromote, []gitops.Step{step("")}, ""},
		"nothing planned":                        {gitops.KindPromote, nil, ""},
		"a rollback left its version on purpose": {gitops.KindRollback, []gitops.Step{step("1")}, ""},
	} {
		c := gitops.Change{Request: gitops.Request{Command: gitops.Command{Kind: tt.kind}}, Plan: gitops.Plan{Targets: tt.plan}}
		if got := c.Undone(); got.Full() != tt.want {
			t.Errorf("%s: %q, want %q", name, got.Full(), tt.want)
		}
	}
}
