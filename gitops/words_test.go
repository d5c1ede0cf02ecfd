package gitops_test

import (
	"testing"

	"github.com/changebot/changebot/gitops"
)

func TestBehindAColonASentenceHasNoCapital(t *testing.T) {
	for sentence, want := range map[string]string{
		"":                        "",
		"It is not declared.":     "it is not declared.",
		"There is no prod. It …":  "there is no prod. It …",
		"I cannot read it.":       "I cannot read it.",
		"Ada may not do it.":      "Ada may not do it.",
		"GitHub does not answer.": "GitHub does not answer.",
		"prod needs a reason.":    "prod needs a reason.",
	} {
		if got := gitops.Clause(sentence); got != want {
			t.Errorf("%q became %q, want %q", sentence, got, want)
		}
	}
}

func TestAReasonBecomesASentence(t *testing.T) {
	for reason, want := range map[string]string{
		"":                               "",
		"waits for 1 more":               "Waits for 1 more.",
		"Is it?":                         "Is it?",
		"checkout/prod is frozen":        "checkout/prod is frozen.",
		"v1.2 was never healthy":         "v1.2 was never healthy.",
		"changebot may not do it":        "changebot may not do it.",
		"ümit may not approve it":        "Ümit may not approve it.",
		"élodie, who asked, may not.":    "Élodie, who asked, may not.",
		"\xfc is half of something else": "\xfc is half of something else.",
	} {
		if got := gitops.Sentence(reason); got != want {
			t.Errorf("%q became %q, want %q", reason, got, want)
		}
	}
}
