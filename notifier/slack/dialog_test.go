package slack

import (
	"strings"
	"testing"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
)

func TestAFormOffersWhatMayBeAskedForInWords(t *testing.T) {
	e, ok := kinds(gitops.KindLift).(*api.SelectBlockElement)
	if !ok {
		t.Fatal("it is no select")
	}
	var texts, values []string
	for _, o := range e.Options {
		texts, values = append(texts, o.Text.Text), append(values, o.Value)
	}
	if got := strings.Join(texts, ", "); got != "Promote, Roll back, Restart, Lift a hold" {
		t.Errorf("it offers %s", got)
	}
	if got := strings.Join(values, ", "); got != "promote, rollback, restart, lift" {
		t.Errorf("it sends %s", got)
	}
	if e.InitialOption == nil || e.InitialOption.Text.Text != "Lift a hold" {
		t.Errorf("it begins with %+v", e.InitialOption)
	}
	if kinds("scale").(*api.SelectBlockElement).InitialOption != nil {
		t.Error("it begins with what it does not offer")
	}
}
