package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/githubtest/fault"
)

// hurry makes changebot impatient in stories about waiting and stopping.
func hurry(story string) map[string]time.Duration {
	switch {
	case strings.Contains(story, "waits"):
		return map[string]time.Duration{"patience": 3 * time.Second, "answer": 5 * time.Second}
	case strings.Contains(story, "stopped_twice"):
		return map[string]time.Duration{"stop": time.Minute} // somebody does not wait for it
	case strings.Contains(story, "stopped_slowly"): // long enough to look around, and shorter than a call that hangs
		return map[string]time.Duration{"stop": 20 * time.Second}
	case strings.Contains(story, "stopped"):
		return map[string]time.Duration{"stop": 5 * time.Second}
	case strings.Contains(story, "cancelled_too_late"): // and the answer to a merge stays out for long enough to see it in main
		return map[string]time.Duration{"deadline": 5 * time.Second, "answer": 30 * time.Second}
	case strings.Contains(story, "too_late"):
		return map[string]time.Duration{"deadline": 5 * time.Second}
	case strings.Contains(story, "unheard"):
		return map[string]time.Duration{"reconcile": time.Hour} // nor does changebot look by itself
	default:
		return nil
	}
}

// trouble makes a server refuse calls until it is mended: GitHub "limits" for
// a second at a time, answers "down", has calls "held" or "forbids" pushes to branches, Argo CD is "down" or takes a token for
// "expired". Once, an answer of GitHub's is "lost", or it does what is asked and
// "hangs".
func trouble(s *story, args []string) error {
	if len(args) != 3 {
		return errors.New("takes a server, a call and a kind of trouble")
	}
	switch args[0] + " " + args[2] {
	case "github limits":
		return s.GitHub.Fault(fault.Fault{Match: args[1], Kind: fault.SecondaryLimit, Delay: fault.Duration(time.Second), Times: -1})
	case "github lost": // one call takes effect, and its answer never comes
		return s.GitHub.Fault(fault.Fault{Match: args[1], Kind: fault.Status, Code: 502, After: true})
	case "github down":
		return s.GitHub.Fault(fault.Fault{Match: args[1], Kind: fault.Status, Code: 503, Times: -1})
	case "github forbids": // a rule about branches that nobody thought of changebot with
		return s.GitHub.AddRuleset(repo, githubtest.Ruleset{
			Name: "forbidden", Branches: []string{args[1]}, Protection: githubtest.Protection{RequirePull: true},
		})
	case "github held": // until it is mended
		return s.GitHub.Fault(fault.Fault{Match: args[1], Kind: fault.Late, Delay: fault.Duration(time.Hour), Times: -1})
	case "github hangs":
		return s.GitHub.Fault(fault.Fault{Match: args[1], Kind: fault.Hang, After: true, Delay: fault.Duration(time.Minute), Times: 1})
	case "argocd down":
		s.Argo.Fail(argocdtest.Fault{Method: args[1], Code: codes.Unavailable, Times: -1})
	case "argocd expired":
		s.Argo.Fail(argocdtest.Fault{Method: args[1], Code: codes.Unauthenticated, Times: -1})
	default:
		return fmt.Errorf("%s knows no trouble %q", args[0], args[2])
	}
	return nil
}

// mend ends a server's troubles.
func mend(s *story, args []string) error {
	switch strings.Join(args, " ") {
	case "github":
		s.GitHub.ClearFaults()
		s.GitHub.Late().Release()
		return s.GitHub.RemoveRuleset(repo, "forbidden")
	case "argocd":
		s.Argo.Heal()
	default:
		return errors.New("takes a server: github or argocd")
	}
	return nil
}
