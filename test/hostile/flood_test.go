package hostile

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/test/world"
)

const (
	forgeries = 10_000
	forgers   = 50

	// lingerers is more than the connections that changebot keeps.
	lingerers = 3000
)

func (s *site) serves(t *testing.T) {
	if out, err := s.Slack.Slash("U0ADA", world.RoomReleases, "/change", "promote checkout to prod because INC-4211"); err != nil || out.Code != "" {
		t.Fatal(err, out)
	}
	t.Run("in a flood of forged requests", func(t *testing.T) { s.flooded(t) })
	t.Run("among connections that linger", func(t *testing.T) { s.crowded(t) })
	until(t, "checkout is healthy", func() bool {
		return strings.Contains(s.Slack.Transcript(world.RoomReleases), "*checkout 1.42.3* is healthy in *prod*")
	})
	for _, what := range []string{"POST */pulls", "PUT */merge"} {
		if n := s.calls(what); n != 1 {
			t.Errorf("GitHub saw %d of %s", n, what)
		}
	}
	if log := s.bot.Log.String(); strings.Count(log, "\n") > 1000 || strings.Contains(log, "evil") {
		t.Errorf("the flood is in the log, %d lines", strings.Count(log, "\n"))
	}
}

// flooded lets ten thousand forged requests come while somebody types.
func (s *site) flooded(t *testing.T) {
	ruth := s.asked(t, "U0RUTH")
	before := s.refused(t)
	var left atomic.Int64
	left.Store(forgeries)
	var wg sync.WaitGroup
	begun := time.Now()
	for range forgers {
		wg.Go(func() { s.forge(t, &left) })
	}
	s.approve(t, "U0RUTH", ruth)
	asked := s.ask(t, &left)
	wg.Wait()
	took := time.Since(begun)
	counted := 0
	for d, n := range s.refused(t) {
		counted += n - before[d]
	}
	t.Logf("refused %d in %s, %.0f in a second; answered %d slash commands meanwhile, the slowest after %s",
		counted, took.Round(time.Millisecond), forgeries/took.Seconds(), asked.answers, asked.slowest.Round(time.Millisecond))
	if counted != forgeries {
		t.Errorf("counted %d of %d", counted, forgeries)
	}
}

// forge sends forged requests as long as there are any left.
func (s *site) forge(t *testing.T, left *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for n := left.Add(-1); n >= 0; n = left.Add(-1) {
		path, header := "/slack/commands", "X-Slack-Signature"
		if n%3 == 0 {
			path, header = "/github/webhook", "X-Hub-Signature-256"
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.bot.URL()+path, strings.NewReader("text=evil&team_id="+s.Slack.TeamID()))
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set(header, "sha256=00")
		request.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(time.Now().Unix(), 10))
		request.Header.Set("X-GitHub-Delivery", "evil")
		request.Header.Set("X-GitHub-Event", "push")
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s answered %d", path, response.StatusCode)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// answers are how honest people fared.
type answers struct {
	answers int
	slowest time.Duration
}

// enough questions are asked in a flood.
const enough = 20

// ask types questions as long as the flood lasts, one at least. Slack waits
// three seconds for each.
func (s *site) ask(t *testing.T, left *atomic.Int64) answers {
	t.Helper()
	var a answers
	for a.answers == 0 || a.answers < enough && left.Load() > 0 {
		begun := time.Now()
		out, err := s.Slack.Slash("U0TOMAS", world.RoomReleases, "/change", "status of checkout")
		if err != nil || out.Code != "" {
			t.Fatalf("the slash command was not taken: %v %+v", err, out)
		}
		a.answers++
		a.slowest = max(a.slowest, time.Since(begun))
	}
	until(t, "every question is answered", func() bool { return len(s.Slack.Ephemeral("U0TOMAS")) >= a.answers })
	return a
}

// crowded lets more connections linger than there is room for.
func (s *site) crowded(t *testing.T) {
	grace := s.asked(t, "U0GRACE")
	before := s.refused(t)[door{"public", "hung_up"}]
	for range lingerers {
		c := dial(t, s.bot.URL())
		// It may be hung up on already.
		_, _ = fmt.Fprintf(c, "POST /slack/commands HTTP/1.1\r\nHost: changebot\r\nX-Slow: ")
	}
	s.approve(t, "U0GRACE", grace)
	if out, err := s.Slack.Slash("U0TOMAS", world.RoomReleases, "/change", "status of search"); err != nil || out.Code != "" {
		t.Errorf("the slash command was not taken: %v %+v", err, out)
	}
	if hung := s.refused(t)[door{"public", "hung_up"}] - before; hung == 0 {
		t.Error("nobody was hung up on")
	}
}

// asked waits until somebody is asked for approval in their direct messages,
// and returns the message.
func (s *site) asked(t *testing.T, user string) (ts string) {
	t.Helper()
	until(t, user+" is asked", func() bool {
		for _, m := range s.Slack.Messages(s.Slack.DM(user)) {
			if !m.Deleted && strings.Contains(s.Slack.Text(m), "[Approve]") {
				ts = m.TS
			}
		}
		return ts != ""
	})
	return ts
}

func (s *site) approve(t *testing.T, user, ts string) {
	t.Helper()
	if out, err := s.Slack.Click(user, s.Slack.DM(user), ts, "Approve", 0); err != nil || out.Code != "" {
		t.Errorf("%s could not approve: %v %+v", user, err, out)
	}
}
