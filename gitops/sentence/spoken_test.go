package sentence_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
	"github.com/google/go-cmp/cmp"
)

func TestACommandThatIsSpokenIsReadAsTheSame(t *testing.T) {
	for _, kind := range gitops.Changing() {
		for _, applications := range [][]string{{"cart"}, {"cart", "checkout"}, {"cart", "checkout", "search"}, nil} {
			for _, version := range []string{"", "1.42.3", "3", "hotfix-7", pinned} {
				for _, from := range []string{"", "dev"} {
					for _, back := range []int{0, 2} {
						c := gitops.Command{Kind: kind, Applications: applications, All: applications == nil, Environment: "prod", From: from, Version: version, Because: "INC-1: 5xx to 7"}
						if version == "" {
							c.Back = back
						}
						if c = c.Fitting(); len(c.Applications) == 0 && !c.All {
							continue
						}
						got, question, err := sentence.Parse(c.Spoken(), shop)
						if diff := cmp.Diff(c, got); err != nil || question != nil || diff != "" {
							t.Errorf("%q: question %v, error %v\n%s", c.Spoken(), question, err, diff)
						}
					}
				}
			}
		}
	}
}

func TestEveryKindOfChangeCanBeAskedFor(t *testing.T) {
	offer := sentence.Missing(gitops.Command{}).Text
	for _, kind := range gitops.Changing() {
		words := kind.Words()
		if !strings.Contains(offer, words.Offer) {
			t.Errorf("%q does not offer to %s", offer, words.Offer)
		}
		for _, said := range []string{string(kind), words.Do, words.Offer} {
			_, q, err := sentence.Parse(said, shop)
			if err != nil || q == nil || q.Draft.Kind != kind || q.Text != words.Which {
				t.Errorf("%q: question %+v, error %v", said, q, err)
			}
		}
		_, q, err := sentence.Parse(string(kind)+" cart", shop)
		if want := gitops.Capital(words.Toward) + " which environment?"; err != nil || q == nil || q.Text != want {
			t.Errorf("%s cart: question %+v, error %v; want %q", kind, q, err, want)
		}
	}
}

func TestTwoKindsAtOnceAreNamed(t *testing.T) {
	_, q, err := sentence.Parse("restart cart in prod and lift its hold", shop)
	if want := "That asks for two things at once: a restart and lifting a hold. Ask for one of them; the other is a change of its own."; err != nil || q == nil || q.Text != want {
		t.Errorf("question %+v, error %v; want %q", q, err, want)
	}
}
