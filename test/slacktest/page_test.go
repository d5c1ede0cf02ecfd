package slacktest_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/changebot/changebot/test/slacktest"
)

// browser asks the page's endpoints as its script does.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func open(t *testing.T, base string) *browser {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	return &browser{t, base, client}
}

func (b *browser) get(path string) (*http.Response, string) {
	b.t.Helper()
	resp, err := b.client.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

func (b *browser) act(contentType, body string) int {
	b.t.Helper()
	resp, err := b.client.Post(b.base+"/_ui/act", contentType, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

type screen struct {
	User     string
	Channels []struct {
		ID       string
		Unread   int
		Messages []struct{ Text string }
	}
	Users []struct {
		ID     string
		Unread int
	}
}

func (b *browser) screen(user, channel string) (s screen) {
	b.t.Helper()
	_, body := b.get("/_ui/state?user=" + user + "&channel=" + channel)
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestThePageShowsWhatThisPersonSees(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	_, err := a.PostEphemeral(deploys, ana, slack.MsgOptionText("psst", false))
	a.must(err)
	_, _, err = a.PostMessage(a.server.DM(bob), slack.MsgOptionText("your turn", false))
	a.must(err)
	b := open(t, a.server.URL())
	if got := b.screen(ana, deploys); len(got.Channels) != 3 || got.Channels[0].Messages[0].Text != "psst" {
		t.Errorf("ana sees %+v", got)
	}
	got := b.screen(bob, deploys)
	if len(got.Channels[0].Messages) != 0 || got.Channels[1].Unread != 1 {
		t.Errorf("bob sees %+v", got.Channels)
	}
	if status := b.act("application/json", `{"act":"read","user":"U2","channel":"`+a.server.DM(bob)+`"}`); status != http.StatusOK {
		t.Errorf("reading answers %d", status)
	}
	if got := b.screen(bob, deploys); got.Channels[1].Unread != 0 {
		t.Error("what was read stays unread")
	}
}

func TestThePageActsForAPerson(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	b := open(t, a.server.URL())
	for _, c := range []struct {
		name, contentType, body string
		status                  int
	}{
		{"a message", "application/json", `{"act":"say","user":"U1","channel":"C1","text":"hello"}`, http.StatusOK},
		{"a form of another origin", "text/plain", `{"act":"say","user":"U1","channel":"C1","text":"forged"}`, http.StatusUnsupportedMediaType},
		{"a button that is not there", "application/json", `{"act":"press","user":"U1","channel":"C1","ts":"1.000000","which":"x"}`, http.StatusNotFound},
		{"a room that one is not in", "application/json", `{"act":"say","user":"U2","channel":"C2","text":"hi"}`, http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := b.act(c.contentType, c.body); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
		})
	}
	if got, want := a.server.Transcript(deploys), "#deploys\n@ana: hello\n"; got != want {
		t.Errorf("the room reads %q", got)
	}
}

func TestThePageIsToldOfEveryChange(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	b := open(t, a.server.URL())
	resp, err := b.client.Get(b.base + "/_ui/live")
	a.must(err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Scan()
	before := lines.Text()
	_, err = a.server.Say(ana, deploys, "hello", "")
	a.must(err)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") && lines.Text() != before {
			return
		}
	}
	t.Error("the stream ended without a word")
}

func TestThePageWorksUnderAPrefix(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	outer := httptest.NewServer(http.StripPrefix("/slack", a.server))
	defer outer.Close()
	b := open(t, outer.URL+"/slack")
	for _, path := range []string{"/", "/app.js", "/style.css", "/emoji.json"} {
		if resp, _ := b.get(path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", path, resp.StatusCode)
		}
	}
	resp, _ := b.get("/archives/C1/p1700000000000100?thread_ts=1700000000.000001")
	if got, want := resp.Header.Get("Location"), "../../#C1/1700000000.000001"; got != want {
		t.Errorf("a permalink leads to %s, want %s", got, want)
	}
	if _, page := b.get("/"); strings.Contains(page, `"/`) {
		t.Error("the page has an address that is not relative")
	}
}
