package workflow

import (
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
