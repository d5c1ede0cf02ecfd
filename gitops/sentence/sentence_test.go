package sentence_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
	"github.com/google/go-cmp/cmp"
)

var shop = sentence.Vocabulary{
	Applications: []string{"cart", "checkout", "payments", "search"},
	Environments: []string{"dev", "staging", "prod"},
}

var pinned = "2.0@sha256:" + strings.Repeat("0f", 32)

// A reading is a sentence with the command that it is.
type reading struct {
	text string
	want gitops.Command
}

// understood checks that each sentence is read as it should.
func understood(t *testing.T, readings []reading) {
	t.Helper()
	for _, tt := range readings {
		t.Run(tt.text, func(t *testing.T) {
			got, question, err := sentence.Parse(tt.text, shop)
			if err != nil || question != nil {
				t.Fatalf("question %v, error %v", question, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// promote and rollback are a change of checkout in prod, with what else was said.
func promote(edit func(*gitops.Command)) gitops.Command {
	c := gitops.Command{Kind: gitops.KindPromote, Applications: []string{"checkout"}, Environment: "prod"}
	if edit != nil {
		edit(&c)
	}
	return c
}

func rollback(edit func(*gitops.Command)) gitops.Command {
	c := promote(edit)
	c.Kind = gitops.KindRollback
	return c
}

func TestASentenceSaysTheSameInAnyWordOrder(t *testing.T) {
	understood(t, []reading{
		{"promote checkout to prod", promote(nil)},
		{"to prod, please promote checkout!", promote(nil)},
		{"Ship `checkout` to PROD", promote(nil)},
		{"checkout prod promote", promote(nil)},
		{"roll forward checkout in production", promote(nil)},
		{"promote checkout to prod because INC-4211", promote(func(c *gitops.Command) { c.Because = "INC-4211" })},
		{"promote checkout to prod due to INC-4211, the 5xx", promote(func(c *gitops.Command) { c.Because = "INC-4211, the 5xx" })},
		{"promote checkout from staging to prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout staging → prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout staging prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout and cart to prod", promote(func(c *gitops.Command) { c.Applications = []string{"checkout", "cart"} })},
		{"rollback checkout in prod", rollback(nil)},
		{"roll back checkout prod", rollback(nil)},
		{"revert checkout in prod to the previous version because INC-1", rollback(func(c *gitops.Command) { c.Because = "INC-1" })},
		{"can you promote checkout to prod?", promote(nil)},
		{"hi, I would like to promote checkout to prod", promote(nil)},
		{"promote checkout in staging to prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"rollback checkout from prod", rollback(nil)},
		{"rollback the last release of checkout in prod", rollback(nil)},
		{"rollback checkout in prod to the last healthy version", rollback(nil)},
		{"diff staging prod", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"compare staging with prod", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"what is the difference between staging and prod?", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"status", gitops.Command{Kind: gitops.KindStatus}},
		{"what runs in prod?", gitops.Command{Kind: gitops.KindStatus, Environment: "prod"}},
		{"history of checkout in prod", gitops.Command{Kind: gitops.KindHistory, Applications: []string{"checkout"}, Environment: "prod"}},
		{"help", gitops.Command{Kind: gitops.KindHelp}},
	})
}

func TestANumberIsAVersionWhereNothingCounts(t *testing.T) {
	understood(t, []reading{
		{"promote checkout 1.42.3 to prod", promote(func(c *gitops.Command) { c.Version = "1.42.3" })},
		{"promote checkout@1.42.3 to prod", promote(func(c *gitops.Command) { c.Version = "1.42.3" })},
		{"deploy version hotfix-7 of checkout to prod", promote(func(c *gitops.Command) { c.Version = "hotfix-7" })},
		{"rollback checkout in prod to 1.40.0", rollback(func(c *gitops.Command) { c.Version = "1.40.0" })},
		{"rollback checkout in prod 2 versions back", rollback(func(c *gitops.Command) { c.Back = 2 })},
		{"rollback checkout in prod by 2", rollback(func(c *gitops.Command) { c.Back = 2 })},
		{"promote checkout 42 to prod", promote(func(c *gitops.Command) { c.Version = "42" })},
		{"promote 42 checkout to prod", promote(func(c *gitops.Command) { c.Version = "42" })},
		{"promote checkout to prod 42", promote(func(c *gitops.Command) { c.Version = "42" })},
		{"promote checkout@42 to prod", promote(func(c *gitops.Command) { c.Version = "42" })},
		{"promote checkout v7 to prod", promote(func(c *gitops.Command) { c.Version = "v7" })},
		{"rollback checkout in prod to 3", rollback(func(c *gitops.Command) { c.Version = "3" })},
		{"rollback checkout 3 in prod", rollback(func(c *gitops.Command) { c.Version = "3" })},
		{"rollback checkout in prod to version hotfix-7", rollback(func(c *gitops.Command) { c.Version = "hotfix-7" })},
		{"rollback checkout in prod to " + pinned, rollback(func(c *gitops.Command) { c.Version = pinned })},
		{"rollback checkout 2 steps in prod", rollback(func(c *gitops.Command) { c.Back = 2 })},
		{"roll back checkout in prod by two versions", rollback(func(c *gitops.Command) { c.Back = 2 })},
	})
}

func TestTheQueueIsAskedForInManyWords(t *testing.T) {
	prod := gitops.Command{Kind: gitops.KindQueue, Environment: "prod"}
	for text, want := range map[string]gitops.Command{
		"queue":      {Kind: gitops.KindQueue},
		"queue prod": prod,
		"show me the release queue for production": prod,
		"what is waiting in prod?":                 prod,
		"queue of search in prod":                  {Kind: gitops.KindQueue, Environment: "prod", Applications: []string{"search"}},
	} {
		got, question, err := sentence.Parse(text, shop)
		if err != nil || question != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: got %+v, question %v, error %v", text, got, question, err)
		}
	}
}

func TestWhatIsMissingIsAskedWithWhatWasUnderstood(t *testing.T) {
	tests := []struct {
		text    string
		ask     string
		missing []gitops.Slot
	}{
		{"promote checkout", "To which environment?", []gitops.Slot{gitops.SlotEnvironment}},
		{"promote to prod", "Which application", []gitops.Slot{gitops.SlotApplication}},
		{"promote", "Which application", []gitops.Slot{gitops.SlotApplication, gitops.SlotEnvironment}},
		{"rollback", "rolled back", []gitops.Slot{gitops.SlotApplication, gitops.SlotEnvironment}},
		{"checkout prod", "What shall happen", []gitops.Slot{gitops.SlotKind}},
		{"", "What shall happen", []gitops.Slot{gitops.SlotKind, gitops.SlotApplication, gitops.SlotEnvironment}},
		{"diff prod", "two environments", []gitops.Slot{gitops.SlotEnvironment}},
		{"history", "history of which", []gitops.Slot{gitops.SlotApplication}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			_, q, err := sentence.Parse(tt.text, shop)
			if err != nil || q == nil {
				t.Fatalf("question %v, error %v", q, err)
			}
			if !strings.Contains(q.Text, tt.ask) {
				t.Errorf("asks %q, want something with %q", q.Text, tt.ask)
			}
			if diff := cmp.Diff(tt.missing, q.Missing); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAQuestionNeverStartsAChange(t *testing.T) {
	tests := []struct {
		text string
		want gitops.Kind // empty where it is asked back
	}{
		{"show me the release history of checkout in staging", gitops.KindHistory},
		{"release history of checkout in staging", gitops.KindHistory},
		{"show rollback history of checkout in prod", gitops.KindHistory},
		{"who deployed checkout to prod?", gitops.KindHistory},
		{"when was checkout rolled back in prod", gitops.KindHistory},
		{"when did we release checkout to prod", gitops.KindHistory},
		{"show the last 5 versions of checkout in prod", gitops.KindHistory},
		{"which release runs in staging for checkout?", gitops.KindStatus},
		{"what is the deploy status of checkout in staging", gitops.KindStatus},
		{"status of the rollback of checkout in prod", gitops.KindStatus},
		{"is checkout in prod?", gitops.KindStatus},
		{"what is deployed to prod", gitops.KindStatus},
		{"how do I promote checkout to prod?", gitops.KindHelp},
		{"help me promote checkout to prod", gitops.KindHelp},
		{"what is on hold in prod?", gitops.KindStatus},
		{"which versions of checkout are held in prod", gitops.KindHistory},
		{"holds in prod", gitops.KindStatus},
		{"lift checkout in prod?", ""},
		{"hello", gitops.KindHelp},
		{"what is the difference between the release in staging and prod", gitops.KindDiff},
		{"promote checkout to prod?", ""},
		{"promote checkout to prod ?", ""},
		{"can we promote checkout to prod", ""},
		{"do we release checkout to prod", ""},
		{"should I rollback checkout in prod?", ""},
		{"show the rollback of checkout in prod", ""},
		{"promote checkout to prod and show its status", ""},
		{"promote what runs in staging to prod", ""},
		{"promote checkout to staging and rollback cart in prod", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			c, q, err := sentence.Parse(tt.text, shop)
			if err != nil {
				t.Fatal(err)
			}
			if c.Kind != tt.want || (q != nil) != (tt.want == "") {
				t.Errorf("got %q, question %v; want %q", c.Kind, q, tt.want)
			}
		})
	}
}

func TestMoreEnvironmentsThanAChangeHasRolesForAreAskedAbout(t *testing.T) {
	tests := []struct {
		text string
		says []string
	}{
		{"rollback checkout in prod and staging", []string{"“rollback checkout in prod” or “rollback checkout in staging”"}},
		{"rollback checkout from prod to staging", []string{"rollback checkout in prod", "rollback checkout in staging"}},
		{"rollback checkout in prod, staging to 1.40.0", []string{"rollback checkout in prod to version 1.40.0"}},
		{"promote checkout to prod and dev", []string{"“promote checkout to prod” or “promote checkout to dev”"}},
		{"promote checkout to prod, dev because INC-1", []string{"“promote checkout to dev because INC-1”"}},
		{"promote checkout to prod dev", []string{"promote checkout to dev"}},
		{"promote checkout to staging then prod", []string{"promote checkout to prod"}},
		{"promote checkout to staging to prod", []string{"promote checkout to prod"}},
		{"promote checkout in prod and in staging", []string{"promote checkout to staging"}},
		{"promote checkout staging and prod", []string{"promote checkout to staging"}},
		{"promote checkout dev staging prod", []string{"promote checkout to dev"}},
		{"promote checkout from dev to staging and prod", []string{"promote checkout from dev to staging", "promote checkout from dev to prod"}},
		{"promote checkout from dev and staging to prod", []string{"promote checkout to prod"}},
		{"status of staging and prod", []string{"“status in staging” or “status in prod”"}},
		{"diff dev staging prod", []string{"between two environments"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			c, q, err := sentence.Parse(tt.text, shop)
			if err != nil || q == nil || c.Kind != "" {
				t.Fatalf("command %v, question %v, error %v", c, q, err)
			}
			for _, want := range tt.says {
				if !strings.Contains(q.Text, want) {
					t.Errorf("asks %q, want %q in it", q.Text, want)
				}
			}
			if q.Draft.Environment != "" {
				t.Errorf("the form presupposes %s", q.Draft.Environment)
			}
		})
	}
}

func TestASentenceThatIsSuggestedIsUnderstood(t *testing.T) {
	for _, text := range []string{
		"rollback checkout in prod and staging to 3", "rollback checkout in prod, staging 2 versions back", "promote checkout and cart 42 from dev to staging and prod because INC-1: 5xx",
		"promote checkout to prod and dev", "promote checkout to prod?", "status of checkout in staging and prod", "history of checkout in staging and prod",
	} {
		_, q, err := sentence.Parse(text, shop)
		if err != nil || q == nil {
			t.Fatalf("%s: question %v, error %v", text, q, err)
		}
		for _, quoted := range strings.Split(q.Text, "“")[1:] {
			suggested, _, _ := strings.Cut(quoted, "”")
			c, again, err := sentence.Parse(suggested, shop)
			if err != nil || again != nil || c.Version != q.Draft.Version && c.Kind.Changes() || c.Back != q.Draft.Back {
				t.Errorf("%s suggests %q, which is %+v, question %v, error %v", text, suggested, c, again, err)
			}
		}
	}
}

func TestAMisspeltNameIsAnsweredWithTheNearestAndNeverGuessed(t *testing.T) {
	tests := []struct{ text, message, next string }{
		{"promote chekout to prod", "no application “chekout”", "Did you mean checkout?"},
		{"promote checkout to prd", "no environment “prd”", "Did you mean prod?"},
		{"promte checkout to prod", "no action “promte”", "Did you mean promote?"},
		{"make me a sandwich", "I do not understand that.", "Say “help”"},
		{"promote warehouse to prod", "no application “warehouse”", "Known are cart, checkout, payments and search."},
		{"promote checkout to prod tomorrow", "do not understand “tomorrow”", "because"},
		{"promote ../../etc to prod", "no application “../../etc”", "Known are"},
		{"promote <!channel> to prod", "no application “<!channel>”", "Known are"},
		{"promote checkout 1.2.3 1.2.4 to prod", "two versions", "one request each"},
		{"rollback checkout in prod 3", "whether 3 is a version", "“to version 3”, or “3 versions back”"},
		{"rollback checkout in prod to 1.40.0 2 versions back", "both a version", "one of them"},
		{"rollback checkout in prod by 2 or 3 steps", "how far back", "Count once"},
		{"promote checkout to prod 2 versions back", "Only a rollback counts", "version 2"},
		{strings.Repeat("promote checkout ", 600), "characters long", "shorter"},
		{"promote \x00 to prod", "control characters", "Type it anew"},
		{"promote check\x1bout to prod", "control characters", "Type it anew"},
	}
	for _, tt := range tests {
		t.Run(tt.text[:min(40, len(tt.text))], func(t *testing.T) {
			_, _, err := sentence.Parse(tt.text, shop)
			e, ok := errors.AsType[*gitops.Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Next, tt.next) {
				t.Errorf("got %q, %q", e.Message, e.Next)
			}
		})
	}
}

// FuzzParse looks for a sentence that makes the parser fail, or say a name
// that the vocabulary does not hold.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"promote checkout to prod because INC-4211", "roll back", "diff staging prod", "checkout@1.2", "→ \xff", "2 back back 3", "show the release of checkout to prod and dev", "to version 3, 4 steps?"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _, err := sentence.Parse(text, shop)
		if err != nil {
			if _, ok := errors.AsType[*gitops.Error](err); !ok {
				t.Fatalf("not an error for people: %v", err)
			}
			return
		}
		if c.Kind == gitops.KindRollback && c.From != "" || c.Kind != gitops.KindRollback && c.Back != 0 {
			t.Fatalf("a rollback takes from nowhere, and only it counts: %+v", c)
		}
		for _, e := range []string{c.Environment, c.From} {
			if e != "" && e != "dev" && e != "staging" && e != "prod" {
				t.Fatalf("environment %q is not in the vocabulary", e)
			}
		}
	})
}
