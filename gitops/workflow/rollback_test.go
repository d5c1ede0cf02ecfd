package workflow

import (
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

func TestWhichVersionARollbackGoesTo(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ran := func(version string, health gitops.Health) gitops.Past {
		v := gitops.ParseVersion(version)
		p := gitops.Past{Version: v, At: at, Commit: "c" + version, Observed: health != ""}
		if health == gitops.HealthHealthy {
			p.Healthy = gitops.Observation{Version: v, Health: health, First: at, Last: at.Add(time.Hour)}
		}
		return p
	}
	const refused = "refused"
	takenBack := func(p gitops.Past) gitops.Past { p.TakenBack = true; return p }
	onHold := func(p gitops.Past) gitops.Past { p.OnHold = true; return p }
	const healthyHere, sick, unseen = gitops.HealthHealthy, gitops.HealthDegraded, gitops.Health("")
	tests := []struct {
		name    string
		pasts   []gitops.Past // newest first
		command gitops.Command
		want    string // the version, or refused
		says    string // a part of the reason, or of the refusal
		asks    bool
	}{
		{"the one before, observed healthy", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{}, "2", "last version observed healthy", false},
		{"not one that was never healthy", []gitops.Past{ran("3", sick), ran("2", sick), ran("1", healthyHere)}, gitops.Command{}, "1", "never healthy: 2", false},
		{"an observed healthy one before one that nobody saw", []gitops.Past{ran("3", sick), ran("2", unseen), ran("1", healthyHere)}, gitops.Command{}, "1", "healthy", false},
		{"health unknown is asked about", []gitops.Past{ran("3", sick), ran("2", unseen), ran("1", unseen)}, gitops.Command{}, "2", "health unknown", true},
		{"it does not toggle between two", []gitops.Past{ran("1", healthyHere), ran("2", sick), ran("1", healthyHere)}, gitops.Command{}, refused, "No earlier version", false},
		{"a second rollback goes on to the one before", []gitops.Past{ran("2", healthyHere), takenBack(ran("3", healthyHere)), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{}, "1", "rolled back before: 3", false},
		{"what was taken back and promoted again counts", []gitops.Past{ran("4", sick), ran("3", healthyHere), ran("2", healthyHere), takenBack(ran("3", healthyHere))}, gitops.Command{}, "3", "healthy", false},
		{"nothing is left but what was taken back", []gitops.Past{ran("2", healthyHere), takenBack(ran("3", healthyHere))}, gitops.Command{}, refused, "rolled back before: 3", false},
		{"what is on hold is passed over", []gitops.Past{ran("3", sick), onHold(ran("2", healthyHere)), ran("1", healthyHere)}, gitops.Command{}, "1", "on hold: 2", false},
		{"what is on hold is not the version before either", []gitops.Past{ran("3", sick), onHold(ran("2", unseen)), ran("1", unseen)}, gitops.Command{}, "1", "on hold: 2", true},
		{"nothing before", []gitops.Past{ran("3", sick)}, gitops.Command{}, refused, "nothing to roll back to", false},
		{"a named one", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{Version: "1"}, "1", "as named", false},
		{"a named one that is the last healthy", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Version: "2"}, "2", "as named, the last version observed healthy here", false},
		{"one of two with the same tag, named in full", []gitops.Past{ran("3", sick), ran("2@sha256:b", healthyHere), ran("2@sha256:a", healthyHere)}, gitops.Command{Version: "2@sha256:a"}, "2@sha256:a", "as named", false},
		{"another digest of the tag that runs", []gitops.Past{ran("2@sha256:b", sick), ran("2@sha256:a", healthyHere)}, gitops.Command{Version: "sha256:a"}, "2@sha256:a", "as named", false},
		{"the one that runs", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Version: "3"}, "3", "", false},
		{"a named one that never ran", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Version: "9"}, refused, "has never run 9", false},
		{"a named one that was never healthy is asked about", []gitops.Past{ran("3", healthyHere), ran("2", sick)}, gitops.Command{Version: "2"}, "2", "never healthy", true},
		{"two back", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("1", healthyHere)}, gitops.Command{Back: 2}, "1", "2 back", false},
		{"further back than there is", []gitops.Past{ran("3", sick), ran("2", healthyHere)}, gitops.Command{Back: 5}, refused, "only 1 other", false},
		{"versions count once however often they came back", []gitops.Past{ran("3", sick), ran("2", healthyHere), ran("3", sick), ran("1", healthyHere)}, gitops.Command{Back: 2}, "1", "2 back", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := chooseBack(tt.pasts, tt.pasts[0].Version, tt.command, gitops.TargetRef{Application: "checkout", Environment: "prod"})
			version, says := got.past.Version.Full(), got.why
			if err != nil {
				version, says = refused, err.Error()
			}
			if version != tt.want || !strings.Contains(says, tt.says) || (got.question != "") != tt.asks {
				t.Errorf("got %s, which says %q and asks %q; want %s with %q", version, says, got.question, tt.want, tt.says)
			}
		})
	}
}
