package gitops

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
)

func TestEveryKindOfChangeHasEveryWord(t *testing.T) {
	names := map[string][]string{
		"Runs": {"{old}", "{new}"}, "Queued": {"{applications}", "{version}"},
		"Unplanned": {"{applications}"}, "Late": {"{applications}", "{environment}"},
	}
	unknown := Kind("").Words()
	whose := map[string]Kind{}
	for _, k := range Changing() {
		words := k.Words()
		for field, value := range reflect.ValueOf(words).Fields() {
			word := value.String()
			if word == "" {
				t.Errorf("%s has no word for %s", k, field.Name)
			}
			for _, name := range regexp.MustCompile(`\{.*?\}`).FindAllString(word, -1) {
				if !slices.Contains(names[field.Name], name) {
					t.Errorf("%s of %s: nobody fills in %s", field.Name, k, name)
				}
			}
		}
		if words.Noun == unknown.Noun || words.Which == unknown.Which {
			t.Errorf("%s is spoken of as a kind that nobody knows", k)
		}
		for _, word := range []string{words.Do, words.Noun, words.Offer, words.May, words.Which} {
			if other, taken := whose[word]; taken && other != k {
				t.Errorf("%q is said of %s and of %s", word, other, k)
			}
			whose[word] = k
		}
	}
}

func TestAKindThatNobodyKnowsIsNotCalledByAnothersName(t *testing.T) {
	for _, k := range []Kind{"", "scale"} {
		words := k.Words()
		if words.Do != string(k) || words.Noun != "a change" || k.Returns() {
			t.Errorf("of %q it is said %+v", k, words)
		}
	}
}

func TestACommandKeepsOnlyWhatItsKindHasUseFor(t *testing.T) {
	full := Command{Applications: []string{"cart"}, All: true, Environment: "prod", From: "staging", Version: "2", Back: 3, Because: "INC-1"}
	for _, test := range []struct {
		kind    Kind
		all     bool
		from    string
		version string
		back    int
	}{
		{KindPromote, true, "staging", "2", 0},
		{KindRollback, false, "", "2", 3},
		{KindRestart, false, "", "", 0},
		{KindLift, false, "", "2", 0},
	} {
		c := full
		c.Kind = test.kind
		if c = c.Fitting(); c.All != test.all || c.From != test.from || c.Version != test.version || c.Back != test.back || c.Because != "INC-1" {
			t.Errorf("%s keeps %+v", test.kind, c)
		}
	}
}
