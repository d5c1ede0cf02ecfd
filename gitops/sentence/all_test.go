package sentence_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
)

func TestAllMeansEveryApplicationOfAPromotion(t *testing.T) {
	v := sentence.Vocabulary{Applications: []string{"cart", "checkout"}, Environments: []string{"dev", "staging", "prod"}}
	tests := []struct {
		text  string
		kind  gitops.Kind
		all   bool
		asked bool
	}{
		{"promote all to prod", gitops.KindPromote, true, false},
		{"ship everything from dev to staging because INC-1", gitops.KindPromote, true, false},
		{"promote all applications to prod", gitops.KindPromote, true, false},
		{"promote all of cart to prod", gitops.KindPromote, false, false},
		{"promote to prod", gitops.KindPromote, false, true},
		{"rollback all in prod", gitops.KindRollback, false, true},
		{"status of all in prod", gitops.KindStatus, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			c, question, err := sentence.Parse(tt.text, v)
			if err != nil || (question != nil) != tt.asked {
				t.Fatalf("%+v, %+v, %v", c, question, err)
			}
			if question == nil && (c.Kind != tt.kind || c.All != tt.all) {
				t.Errorf("it means %+v", c)
			}
		})
	}
}
