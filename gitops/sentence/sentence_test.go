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

func TestASentenceSaysTheSameInAnyWordOrder(t *testing.T) {
	promote := func(edit func(*gitops.Command)) gitops.Command {
		c := gitops.Command{Kind: gitops.KindPromote, Applications: []string{"checkout"}, Environment: "prod"}
		if edit != nil {
			edit(&c)
		}
		return c
	}
	rollback := func(edit func(*gitops.Command)) gitops.Command {
		c := promote(edit)
		c.Kind = gitops.KindRollback
		return c
	}
	tests := []struct {
		text string
		want gitops.Command
	}{
		{"promote checkout to prod", promote(nil)},
		{"to prod, please promote checkout!", promote(nil)},
		{"Ship `checkout` to PROD", promote(nil)},
		{"checkout prod promote", promote(nil)},
		{"roll forward checkout in production", promote(nil)},
		{"promote checkout to prod because INC-4211", promote(func(c *gitops.Command) { c.Because = "INC-4211" })},
		{"promote checkout to prod due to INC-4211, the 5xx", promote(func(c *gitops.Command) { c.Because = "INC-4211, the 5xx" })},
		{"promote checkout 1.42.3 to prod", promote(func(c *gitops.Command) { c.Version = "1.42.3" })},
		{"promote checkout@1.42.3 to prod", promote(func(c *gitops.Command) { c.Version = "1.42.3" })},
		{"deploy version hotfix-7 of checkout to prod", promote(func(c *gitops.Command) { c.Version = "hotfix-7" })},
		{"promote checkout from staging to prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout staging → prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout staging prod", promote(func(c *gitops.Command) { c.From = "staging" })},
		{"promote checkout and cart to prod", promote(func(c *gitops.Command) { c.Applications = []string{"checkout", "cart"} })},
		{"rollback checkout in prod", rollback(nil)},
		{"roll back checkout prod", rollback(nil)},
		{"revert checkout in prod to the previous version because INC-1", rollback(func(c *gitops.Command) { c.Because = "INC-1" })},
		{"rollback checkout in prod to 1.40.0", rollback(func(c *gitops.Command) { c.Version = "1.40.0" })},
		{"rollback checkout in prod 2 versions back", rollback(func(c *gitops.Command) { c.Back = 2 })},
		{"rollback checkout in prod by 2", rollback(func(c *gitops.Command) { c.Back = 2 })},
		{"diff staging prod", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"compare staging with prod", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"what is the difference between staging and prod?", gitops.Command{Kind: gitops.KindDiff, From: "staging", Environment: "prod"}},
		{"status", gitops.Command{Kind: gitops.KindStatus}},
		{"what runs in prod?", gitops.Command{Kind: gitops.KindStatus, Environment: "prod"}},
		{"history of checkout in prod", gitops.Command{Kind: gitops.KindHistory, Applications: []string{"checkout"}, Environment: "prod"}},
		{"help", gitops.Command{Kind: gitops.KindHelp}},
	}
	for _, tt := range tests {
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

func TestAMisspeltNameIsAnsweredWithTheNearestAndNeverGuessed(t *testing.T) {
	tests := []struct{ text, message, next string }{
		{"promote chekout to prod", "no application “chekout”", "Did you mean checkout?"},
		{"promote checkout to prd", "no environment “prd”", "Did you mean prod?"},
		{"promte checkout to prod", "no action “promte”", "Did you mean promote?"},
		{"promote warehouse to prod", "no application “warehouse”", "Known are cart, checkout, payments and search."},
		{"promote checkout to prod tomorrow", "do not understand “tomorrow”", "because"},
		{"promote ../../etc to prod", "no application “../../etc”", "Known are"},
		{"promote <!channel> to prod", "no application “<!channel>”", "Known are"},
		{"promote checkout 1.2.3 1.2.4 to prod", "two versions", "one request each"},
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
	for _, s := range []string{"promote checkout to prod because INC-4211", "roll back", "diff staging prod", "checkout@1.2", "→ \xff", "2 back back 3"} {
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
		for _, e := range []string{c.Environment, c.From} {
			if e != "" && e != "dev" && e != "staging" && e != "prod" {
				t.Fatalf("environment %q is not in the vocabulary", e)
			}
		}
	})
}
