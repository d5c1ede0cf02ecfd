package hostile

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/changebot/changebot/test/githubtest/hook"
)

// A nuisance is something that a stranger sends, what it is answered, and as
// what it is counted.
type nuisance struct {
	name    string
	text    string // on the wire
	hang    bool   // the sender breaks off after it
	status  int    // 0: the connection ends without an answer
	counted door
}

func TestStrangers(t *testing.T) {
	s := open(t)
	t.Run("are refused and counted", func(t *testing.T) { s.refuses(t) })
	t.Run("who wait are not waited for", func(t *testing.T) { s.hurries(t) })
	t.Run("do not keep the honest from being served", func(t *testing.T) { s.serves(t) })
}

// An address is a listener, and what it has to stand.
type address struct {
	url       string
	nuisances []nuisance
}

func (s *site) refuses(t *testing.T) {
	for _, a := range []address{
		{s.bot.URL(), s.toSlack()},
		{s.bot.URL(), s.toGitHub()},
		{s.bot.URL(), toAPI()},
		{s.bot.URL(), toAny("public")},
		{s.operations, toAny("operations")},
	} {
		for _, n := range a.nuisances {
			t.Run(n.counted.name+"/"+n.name, func(t *testing.T) { s.refuse(t, a.url, n) })
		}
	}
	if pulls := s.GitHub.Pulls("acme/gitops"); len(pulls) != 0 {
		t.Errorf("it came to %d pull requests", len(pulls))
	}
}

// hurries sends what never ends, to all at the same time.
func (s *site) hurries(t *testing.T) {
	command := s.slash(s.Slack.TeamID(), "1", s.Slack.SigningSecret(), time.Now())
	command.length = len(command.body) + 1
	webhook := s.webhook("short", s.webhookSecret())
	webhook.length = len(webhook.body) + 1
	const header = "GET /healthz HTTP/1.1\r\nHost: changebot\r\nX-Slow: "
	for _, a := range []address{
		{s.bot.URL(), []nuisance{
			{"a body that never ends", command.String(), false, 408, door{"slack", "too_slow"}},
			{"a body that never ends", webhook.String(), false, 408, door{"github", "too_slow"}},
			{"a header that never ends", header, false, 0, door{"public", "no_request"}},
		}},
		{s.operations, []nuisance{{"a header that never ends", header, false, 0, door{"operations", "no_request"}}}},
	} {
		for _, n := range a.nuisances {
			t.Run(n.counted.name+"/"+n.name, func(t *testing.T) {
				t.Parallel()
				s.refuse(t, a.url, n)
			})
		}
	}
}

// refuse sends it, and looks how it is answered and that it is counted.
func (s *site) refuse(t *testing.T, url string, n nuisance) {
	t.Helper()
	before := s.refused(t)[n.counted]
	if got := send(t, url, n); got != n.status {
		t.Errorf("answered %d, want %d", got, n.status)
	}
	until(t, "it is counted as "+n.counted.reason, func() bool { return s.refused(t)[n.counted] > before })
	if got := s.refused(t)[n.counted]; got != before+1 {
		t.Errorf("counted %d times", got-before)
	}
}

// send sends it and returns the status of the answer.
func send(t *testing.T, url string, n nuisance) int {
	t.Helper()
	c := dial(t, url)
	if _, err := io.WriteString(c, n.text); err != nil && n.status != 0 {
		t.Logf("not all was taken: %v", err)
	}
	if n.hang {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		return 0
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body) // the connection may end before
	_ = answer.Body.Close()
	return answer.StatusCode
}

func (s *site) toSlack() []nuisance {
	secret, now := s.Slack.SigningSecret(), time.Now()
	unsigned := s.slash(s.Slack.TeamID(), "1", secret, now)
	delete(unsigned.header, "X-Slack-Signature")
	undated := s.slash(s.Slack.TeamID(), "1", secret, now)
	delete(undated.header, "X-Slack-Request-Timestamp")
	altered := s.slash(s.Slack.TeamID(), "1", secret, now)
	altered.body += "&text=promote+checkout+to+prod"
	event := s.slash("T9", "1", secret, now)
	event.path = "/slack/events"
	again := s.slash(s.Slack.TeamID(), "replayed", secret, now).String()
	short := s.slash(s.Slack.TeamID(), "1", secret, now)
	short.length = len(short.body) + 100
	get := s.slash(s.Slack.TeamID(), "1", secret, now)
	get.method = http.MethodGet
	return []nuisance{
		{"signed with another secret", s.slash(s.Slack.TeamID(), "1", "guess", now).String(), false, 401, door{"slack", "signature"}},
		{"signed with no secret", s.slash(s.Slack.TeamID(), "1", "", now).String(), false, 401, door{"slack", "signature"}},
		{"not signed", unsigned.String(), false, 401, door{"slack", "signature"}},
		{"signed for another body", altered.String(), false, 401, door{"slack", "signature"}},
		{"not dated", undated.String(), false, 401, door{"slack", "no_timestamp"}},
		{"overheard six minutes ago", s.slash(s.Slack.TeamID(), "1", secret, now.Add(-6*time.Minute)).String(), false, 401, door{"slack", "late"}},
		{"dated in six minutes", s.slash(s.Slack.TeamID(), "1", secret, now.Add(6*time.Minute)).String(), false, 401, door{"slack", "late"}},
		{"overheard just now", again + again, false, 200, door{"slack", "repeated"}},
		{"a command of another workspace", s.slash("T9", "1", secret, now).String(), false, 200, door{"slack", "foreign_team"}},
		{"a body that breaks off", short.String(), true, 0, door{"slack", "truncated"}},
		{"a body that says that it is enormous", letter{"POST", "/slack/events", "", nil, 1 << 40}.String(), false, 413, door{"slack", "too_large"}},
		{"a body that is enormous without saying so", endless("/slack/interactions", 2<<20), false, 413, door{"slack", "too_large"}},
		{"another method", get.String(), false, 405, door{"slack", "method"}},
	}
}

// webhook is one of GitHub's, signed with a secret.
func (s *site) webhook(id, secret string) letter {
	const body = `{"action":"opened"}`
	return letter{"POST", "/github/webhook", body, map[string]string{
		"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": id, "X-Hub-Signature-256": "sha256=" + hook.Sign(secret, []byte(body)),
	}, 0}
}

func (s *site) webhookSecret() string {
	for _, entry := range s.Env() {
		if value, ok := strings.CutPrefix(entry, "CHANGEBOT_GITHUB_WEBHOOK_SECRET="); ok {
			return value
		}
	}
	return ""
}

func (s *site) toGitHub() []nuisance {
	secret := s.webhookSecret()
	unsigned, old := s.webhook("1", secret), s.webhook("1", secret)
	delete(unsigned.header, "X-Hub-Signature-256")
	old.header["X-Hub-Signature-256"] = "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"
	again := s.webhook("replayed", secret).String()
	short := s.webhook("short", secret)
	short.length = len(short.body) + 1
	enormous := s.webhook("enormous", secret)
	enormous.body, enormous.length = "", 26<<20
	get := s.webhook("1", secret)
	get.method = http.MethodGet
	return []nuisance{
		{"signed with another secret", s.webhook("1", "guess").String(), false, 401, door{"github", "signature"}},
		{"not signed", unsigned.String(), false, 401, door{"github", "signature"}},
		{"signed the old way", old.String(), false, 401, door{"github", "signature"}},
		{"an id that is a path", s.webhook("../../etc", secret).String(), false, 400, door{"github", "headers"}},
		{"overheard", again + again, false, 202, door{"github", "repeated"}},
		{"a body that breaks off", short.String(), true, 0, door{"github", "truncated"}},
		{"a body that says that it is enormous", enormous.String(), false, 413, door{"github", "too_large"}},
		{"another method", get.String(), false, 405, door{"github", "method"}},
	}
}

func toAPI() []nuisance {
	ask := func(header map[string]string) string {
		return letter{"POST", "/api/v1/requests", `{"text":"promote checkout to prod"}`, header, 0}.String()
	}
	return []nuisance{
		{"no token", ask(nil), false, 401, door{"api", "no_token"}},
		{"a password", ask(map[string]string{"Authorization": "Basic YWRhOmFkYQ=="}), false, 401, door{"api", "no_token"}},
		{"a token that is nobody's", ask(map[string]string{"Authorization": "Bearer 0123456789abcdef0123456789abcdef"}), false, 401, door{"api", "unknown_token"}},
	}
}

// toAny is what no listener takes.
func toAny(name string) []nuisance {
	return []nuisance{
		{"a path that is not there", letter{"GET", "/.env", "", nil, 0}.String(), false, 404, door{name, "path"}},
		{"a header that is too long", "GET /healthz HTTP/1.1\r\nHost: changebot\r\nX-Long: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", false, 431, door{name, "no_request"}},
		{"something else than HTTP", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", false, 400, door{name, "no_request"}},
	}
}

// endless is a body in chunks that does not say how long it is.
func endless(path string, bytes int) string {
	const chunk = "400\r\n"
	return "POST " + path + " HTTP/1.1\r\nHost: changebot\r\nTransfer-Encoding: chunked\r\n\r\n" +
		strings.Repeat(chunk+strings.Repeat("x", 0x400)+"\r\n", bytes/0x400)
}
