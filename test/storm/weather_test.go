package storm

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/githubtest/fault"
	"github.com/changebot/changebot/test/slacktest"
)

const always = -1 // until it is healed

// strike makes every server misbehave from now on.
func (s *storm) strike() error {
	for _, f := range slackWeather() {
		f.Times = always
		s.Slack.Inject(f)
	}
	for _, f := range argoWeather() {
		f.Times = always
		s.Argo.Fail(f)
	}
	for _, f := range githubWeather(s.GitHub.App().Slug + "[bot]") {
		f.Times = always
		if err := s.GitHub.Fault(f); err != nil {
			return err
		}
	}
	return nil
}

// clear ends it.
func (s *storm) clear() {
	s.GitHub.ClearFaults()
	s.Slack.ClearFaults()
	s.Argo.Heal()
}

func slackWeather() []slacktest.Fault {
	return []slacktest.Fault{
		{Kind: slacktest.RateLimit, Chance: 0.02, RetryAfter: time.Second},
		{Kind: slacktest.Fail, Chance: 0.02},
		{Kind: slacktest.FailAfter, Chance: 0.015},
		{Kind: slacktest.Slow, Chance: 0.03, Delay: 300 * time.Millisecond},
		{Kind: slacktest.Drop, Chance: 0.03},
		{Kind: slacktest.Duplicate, Chance: 0.05},
		{Kind: slacktest.Delay, Chance: 0.05, Delay: 700 * time.Millisecond},
		{Kind: slacktest.Reorder, Chance: 0.05},
	}
}

func argoWeather() []argocdtest.Fault {
	return []argocdtest.Fault{
		{Do: argocdtest.Refuse, Chance: 0.03},
		{Do: argocdtest.Refuse, Code: codes.ResourceExhausted, Chance: 0.01},
		{Do: argocdtest.LoseAnswer, Chance: 0.02},
		{Do: argocdtest.Slow, Delay: 300 * time.Millisecond, Chance: 0.03},
	}
}

// githubWeather strikes what changebot does, by REST and by git, and what
// GitHub tells it.
func githubWeather(bot string) []fault.Fault {
	var all []fault.Fault
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		all = append(all,
			fault.Fault{Match: method + " *", Actor: bot, Kind: fault.Status, Code: http.StatusBadGateway, Probability: 0.02},
			fault.Fault{Match: method + " *", Actor: bot, Kind: fault.Status, Code: http.StatusBadGateway, After: true, Probability: 0.015},
			fault.Fault{Match: method + " *", Actor: bot, Kind: fault.SecondaryLimit, Code: http.StatusTooManyRequests, Delay: fault.Duration(time.Second), Probability: 0.005},
			fault.Fault{Match: method + " *", Actor: bot, Kind: fault.SecondaryLimit, Delay: fault.Duration(time.Second), Probability: 0.005},
			fault.Fault{Match: method + " *", Actor: bot, Kind: fault.Slow, Probability: 0.03},
		)
	}
	return append(all,
		fault.Fault{Match: "WEBHOOK *", Kind: fault.Drop, Probability: 0.1},
		fault.Fault{Match: "WEBHOOK *", Kind: fault.Duplicate, Probability: 0.1},
		fault.Fault{Match: "WEBHOOK *", Kind: fault.Reorder, Delay: fault.Duration(time.Second), Probability: 0.1},
		fault.Fault{Match: "WEBHOOK *", Kind: fault.Delay, Delay: fault.Duration(time.Second), Probability: 0.1},
	)
}

// struck is how often each server misbehaved, for people; nothing
// is asserted from it.
func (s *storm) struck() map[string]int {
	count := map[string]int{"Argo CD": s.Argo.Struck()}
	for kind, n := range s.GitHub.Struck() {
		count["GitHub, "+string(kind)] += n
	}
	kinds := []string{string(slacktest.RateLimit), string(slacktest.Fail), string(slacktest.FailAfter)}
	for _, c := range s.Slack.Calls("") {
		if slices.Contains(kinds, c.Error) {
			count["Slack, "+c.Error]++
		}
	}
	for _, d := range s.Slack.Deliveries("") {
		if d.Error == "dropped" {
			count["Slack, "+string(slacktest.Drop)]++
		}
		if d.Attempt > 0 {
			count["Slack, "+string(slacktest.Duplicate)]++
		}
	}
	return count
}

// listing is counts by name.
func listing(count map[string]int) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		lines = append(lines, strconv.Itoa(count[name])+" "+name)
	}
	return strings.Join(lines, ", ")
}
