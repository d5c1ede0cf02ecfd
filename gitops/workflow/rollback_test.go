package workflow

import (
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

func TestWhichVersionARollbackGoesTo(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ran := func(tag string, health gitops.Health) gitops.Past {
		v := gitops.Version{Tag: tag}
		p := gitops.Past{Version: v, At: at, Commit: "c" + tag, Observed: health != ""}
		if health == gitops.HealthHealthy {
			p.Healthy = gitops.Observation{Version: v, Health: health, First: at, Last: at.Add(time.Hour)}
		}
		return p
	}
	takenBack := func(p gitops.Past) gitops.Past { p.TakenBack = true; return p }
	const healthyHere, sick, unseen = gitops.HealthHealthy, gitops.HealthDegraded, gitops.Health("")
	tests := []struct {
		name    string
		pasts   []gitops.Past // newest first
		command gitops.Command
		want    string // the tag, or a part of the refusal
		why     string
		asks    bool
	}{
		{"the one before, observed healthy", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{}, "2", "last version observed healthy", false},
		{"not one that was never healthy", []gitops.Past{ran("3", sick), ran("2", sick), ran("1", healthyHere)}, gitops.Command{}, "1", "never healthy: 2", false},
		{"an observed healthy one before one that nobody saw", []gitops.Past{ran("3", sick), ran("2", unseen), ran("1", healthyHere)}, gitops.Command{}, "1", "healthy", false},
		{"health unknown is asked about", []gitops.Past{ran("3", sick), ran("2", unseen), ran("1", unseen)}, gitops.Command{}, "2", "health unknown", true},
		{"it does not toggle between two", []gitops.Past{ran("1", healthyHere), ran("2", sick), ran("1", healthyHere)}, gitops.Command{}, "No earlier version", "", false},
		{"a second rollback goes on to the one before", []gitops.Past{ran("2", healthyHere), takenBack(ran("3", healthyHere)), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{}, "1", "rolled back before: 3", false},
		{"what was taken back and promoted again counts", []gitops.Past{ran("4", sick), ran("3", healthyHere), ran("2", healthyHere), takenBack(ran("3", healthyHere))}, gitops.Command{}, "3", "healthy", false},
		{"nothing is left but what was taken back", []gitops.Past{ran("2", healthyHere), takenBack(ran("3", healthyHere))}, gitops.Command{}, "rolled back before: 3", "", false},
		{"nothing before", []gitops.Past{ran("3", sick)}, gitops.Command{}, "nothing to roll back to", "", false},
		{"a named one", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{Version: "1"}, "1", "as named", false},
		{"a named one that never ran", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Version: "9"}, "has never run 9", "", false},
		{"a named one that was never healthy is asked about", []gitops.Past{ran("3", healthyHere), ran("2", sick)}, gitops.Command{Version: "2"}, "2", "never healthy", true},
		{"two back", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{Back: 2}, "1", "2 back", false},
		{"further back than there is", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Back: 5}, "only 1 other", "", false},
		{"versions count once however often they came back", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("3", sick), ran("1", healthyHere)}, gitops.Command{Back: 2}, "1", "2 back", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := chooseBack(tt.pasts, tt.pasts[0].Version, tt.command, gitops.TargetRef{Application: "checkout", Environment: "prod"})
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("refused with %q, want %q", err, tt.want)
				}
				return
			}
			if got.past.Version.Tag != tt.want || !strings.Contains(got.why, tt.why) || (got.question != "") != tt.asks {
				t.Errorf("chose %s because %q, asks %q", got.past.Version, got.why, got.question)
			}
		})
	}
}
