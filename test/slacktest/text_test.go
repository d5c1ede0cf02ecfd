package slacktest_test

import (
	"strings"
	"testing"

	"github.com/changebot/changebot/test/slacktest"
)

func TestTextReadsAsAPersonReadsIt(t *testing.T) {
	for _, c := range []struct{ name, said, read string }{
		{"names become mentions and are read as names", "@ana and @leads, see #deploys.", "@ana and @leads, see #deploys."},
		{"an address stays an address", "write to ana@example.com", "write to ana@example.com"},
		{"emoji are shown where they are known", ":ship: :unheard_of:", "🚢 :unheard_of:"},
		{"links are read by their words", "<https://example.com|INC-4211> <https://example.com>", "INC-4211 https://example.com"},
		{"escapes are undone", "a &lt; b &amp;&amp; c", "a < b && c"},
		{"a date is read by its fallback", "<!date^1700000000^{date}|Nov 14>", "Nov 14"},
		{"a date without a fallback is in UTC", "<!date^1700000000^{date_num} {time}>", "2023-11-14 22:13"},
		{"a broadcast is seen", "<!here> look", "@here look"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSlack(t, slacktest.Options{})
			ts, err := s.Say(ana, deploys, c.said, "")
			if err != nil {
				t.Fatal(err)
			}
			m, _ := s.Message(deploys, ts)
			if got := s.Text(m); got != "@ana: "+c.read {
				t.Errorf("%q reads %q, want %q", c.said, got, c.read)
			}
		})
	}
}

func TestAPersonEditsAndDeletesTheirOwn(t *testing.T) {
	a := newApp(t, slacktest.Options{})
	ts, err := a.server.Say(ana, deploys, "promtoe checkout", "")
	a.must(err)
	a.must(a.server.EditMessage(ana, deploys, ts, "promote checkout"))
	if got := a.server.Transcript(deploys); !strings.Contains(got, "@ana: promote checkout (edited)") {
		t.Errorf("the room reads\n%s", got)
	}
	if err := a.server.DeleteMessage(bob, deploys, ts); err == nil {
		t.Error("bob deletes what ana wrote")
	}
	a.must(a.server.DeleteMessage(ana, deploys, ts))
	wait(t, a.server, "three events", func() bool { return len(a.server.Deliveries("message")) == 3 })
	events := a.requests("/events")
	for i, want := range []string{`"text":"promtoe`, `"message_changed"`, `"message_deleted"`} {
		if !strings.Contains(string(events[i].body), want) {
			t.Errorf("event %d is %s, want %s in it", i, events[i].body, want)
		}
	}
}
