package sentence_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/sentence"
)

func TestAHoldIsLiftedInManyWords(t *testing.T) {
	lift := func(version string) gitops.Command {
		return gitops.Command{Kind: gitops.KindLift, Applications: []string{"checkout"}, Environment: "prod", Version: version}
	}
	because := lift("")
	because.Because = "INC-9"
	understood(t, []reading{
		{"lift checkout in prod", lift("")},
		{"lift the hold of checkout in prod", lift("")},
		{"please lift the hold on checkout in prod because INC-9", because},
		{"lift the holds for checkout in production", lift("")},
		{"in prod, lift hold on checkout 1.42.3", lift("1.42.3")},
		{"unhold checkout 7 in prod", lift("7")},
	})
}

func TestWhatIsOnHoldIsAStatus(t *testing.T) {
	status := gitops.Command{Kind: gitops.KindStatus, Environment: "prod"}
	checkout := status
	checkout.Applications = []string{"checkout"}
	understood(t, []reading{
		{"on hold in prod", status},
		{"what is on hold in prod?", status},
		{"what is held in prod", status},
		{"on hold checkout prod", checkout},
	})
}

// To read "hold" as its contrary would bring back what somebody wants kept away.
func TestToPutSomethingOnHoldIsNotToLiftIt(t *testing.T) {
	for _, text := range []string{
		"hold checkout in prod", "put checkout on hold in prod", "checkout on hold in prod", "hold prod", "release the hold of checkout in prod", "hold checkout 1.42.3 in prod",
	} {
		c, question, err := sentence.Parse(text, shop)
		if err == nil || question != nil || !strings.Contains(err.Error(), "on hold") {
			t.Errorf("%q is %+v, %v, %v", text, c, question, err)
		}
	}
}
