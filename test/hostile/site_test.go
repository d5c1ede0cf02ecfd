// Package hostile does to changebot's listeners what strangers do: forged,
// late, repeated, broken and endless requests, connections that linger, and
// ten thousand at once. Each has to be refused cheaply and counted, and who is
// honest has to be served meanwhile. changebot is a process of its own; what
// it refused is read from its metrics, what it did from the servers.
package hostile

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/githubtest"
	"github.com/changebot/changebot/test/slacktest"
	"github.com/changebot/changebot/test/world"
)

// A site is a changebot that runs, and where it is reached.
type site struct {
	*world.World
	bot        *bot.Bot
	operations string
}

func open(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	binary, err := bot.Build(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(world.Options{Dir: filepath.Join(dir, "world")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	b, err := bot.New(w, binary, dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{World: w, bot: b}
	if s.operations, err = b.Operations(); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(syscall.SIGTERM); err != nil {
			t.Errorf("end: %v\n%s", err, b.Log.Tail())
		}
	})
	return s
}

// A door is where something is refused, and why.
type door struct{ name, reason string }

// refused is how much changebot says that it has refused so far.
func (s *site) refused(t *testing.T) map[door]int {
	t.Helper()
	status, body := s.get(t, s.operations+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("the metrics answer %d: %s", status, body)
	}
	counts := map[door]int{}
	for _, m := range regexp.MustCompile(`(?m)^changebot_refusals_total\{door="(\w+)",reason="(\w+)"\} (\S+)$`).FindAllStringSubmatch(body, -1) {
		n, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		counts[door{m[1], m[2]}] = int(n)
	}
	return counts
}

func (s *site) get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// until waits for a condition, and looks again and again.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bot.Patience())
	defer cancel()
	if err := bot.Until(ctx, func() (bool, error) { return holds(), nil }); err != nil {
		t.Fatalf("never: %s", what)
	}
}

// dial connects to one of the listeners: "http://host:port".
func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(bot.Patience())); err != nil {
		t.Fatal(err)
	}
	return c
}

// A letter is one request as it stands on the wire.
type letter struct {
	method, path, body string
	header             map[string]string
	length             int // what Content-Length says; 0 is the truth
}

func (l letter) String() string {
	var b strings.Builder
	length := l.length
	if length == 0 {
		length = len(l.body)
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: changebot\r\nContent-Length: %d\r\n", l.method, l.path, length)
	for name, value := range l.header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	return b.String() + "\r\n" + l.body
}

// slash is a slash command of Ada's, signed with a secret at a time.
func (s *site) slash(team, trigger, secret string, at time.Time) letter {
	body := "command=%2Fchange&text=status+prod&user_id=U0ADA&channel_id=C0RELEASES&team_id=" + team + "&trigger_id=" + trigger
	return letter{"POST", "/slack/commands", body, map[string]string{
		"Content-Type":              "application/x-www-form-urlencoded",
		"X-Slack-Request-Timestamp": strconv.FormatInt(at.Unix(), 10),
		"X-Slack-Signature":         slacktest.Sign(secret, at, []byte(body)),
	}, 0}
}

// calls is how many calls of a kind GitHub saw, "PUT */merge".
func (s *site) calls(match string) int {
	return len(s.GitHub.Requests(githubtest.Filter{Match: match}))
}
