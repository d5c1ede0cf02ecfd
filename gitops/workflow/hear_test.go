package workflow

import (
	"context"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
)

func TestAFormKeepsNothingOfTheSentenceThatItsKindHasNoUseFor(t *testing.T) {
	v := sentence.Vocabulary{Applications: []string{"checkout"}, Environments: []string{"staging", "prod"}}
	for _, kind := range []gitops.Kind{gitops.KindPromote, gitops.KindRollback} {
		form := gitops.Command{Kind: kind, Applications: []string{"checkout"}, Environment: "prod", From: "staging", Back: 2}
		c, question, err := understand(Utterance{Form: &form}, v)
		if err != nil || question != nil {
			t.Fatalf("question %v, error %v", question, err)
		}
		if (c.From != "") != (kind == gitops.KindPromote) || (c.Back != 0) != (kind == gitops.KindRollback) {
			t.Errorf("%s: from %q, %d back", kind, c.From, c.Back)
		}
	}
}

// archive is a store in which every key has led to one Change.
type archive struct {
	Store
	change gitops.Change
}

func (a archive) ByKey(context.Context, string) (gitops.Change, bool, error) {
	return a.change, true, nil
}

func TestAKeyThatSomebodyChoseLeadsToItsOwnSentencesChangeOnly(t *testing.T) {
	const before = "promote checkout to prod because INC-4211"
	r := New(Ports{Store: archive{change: gitops.Change{ID: "c-111111", Request: gitops.Request{Text: before}}}}, Options{})
	for _, test := range []struct {
		name string
		text string
		room gitops.Room
		code gitops.Code // of the refusal; empty is the change
	}{
		{"the same sentence by API", before, gitops.Room{API: true}, ""},
		{"another one by API", "promote cart to prod because INC-4212", gitops.Room{API: true}, gitops.Conflict},
		{"a message of Slack's, whose key nobody chose", "", gitops.Room{Channel: "C0RELEASES"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			id, err := r.submit(t.Context(), gitops.Request{Key: "deploy", Text: test.text, Room: test.room})
			if test.code == "" && (id != "c-111111" || err != nil) || test.code != "" && gitops.CodeOf(err) != test.code {
				t.Errorf("got %q, %v", id, err)
			}
		})
	}
}
