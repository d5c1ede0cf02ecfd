package crashes

import (
	"regexp"
	"strings"
	"time"
)

// A road is one way of a change, from the sentence to its end.
type road struct {
	name    string
	before  func(*house)   // what has to have been before; nobody is struck in it; nil for nothing
	ask     func(*house)   // the sentence
	end     *regexp.Regexp // what the room reads at last
	changes int            // how many there are then, with those of before
	rounds  int            // how often the branch of each is pushed; 0 is once
	after   func(*house)   // what else has to be so then; nil for nothing
}

// promotion needs two approvals and a sync that is asked for.
func promotion() road {
	return road{
		name: "promotion", changes: 1,
		ask: func(h *house) { h.slash("ada", "promote checkout to prod because INC-4211") },
		end: regexp.MustCompile(`(?s)checkout 1\.42\.3.* is healthy in .*prod`),
	}
}

// rollback goes back to a version that was seen healthy.
func rollback() road {
	return road{
		name: "rollback", changes: 2,
		before: func(h *house) {
			h.watched(2 * time.Second) // what runs is known to be healthy
			h.slash("tomas", "promote payments to staging")
			h.walk(regexp.MustCompile(`payments 2\.19\.0.* is healthy in `))
		},
		ask: func(h *house) { h.slash("tomas", "rollback payments in staging") },
		end: regexp.MustCompile(`(?s)payments.* is back on .*2\.18\.2.* in .*staging.* and healthy`),
	}
}

// watched waits until changebot has looked at what runs for so long.
func (h *house) watched(long time.Duration) {
	h.t.Helper()
	h.until("a look at what runs, "+long.String()+" after the first", func() bool {
		var first, last time.Time
		for _, c := range h.Argo.Calls("List") {
			if c.User != "changebot" || c.Struck {
				continue
			}
			if first.IsZero() {
				first = c.At
			}
			last = c.At
		}
		return last.Sub(first) >= long
	})
}

// slash types a command. Where changebot dies before it has acknowledged, Slack
// says so, and the person waits: they do not know that it was kept.
func (h *house) slash(person, words string) {
	h.t.Helper()
	if _, err := h.Slack.Slash("U0"+strings.ToUpper(person), h.releases(), "/change", words); err != nil {
		h.t.Fatal(err)
	}
}

// again is how long somebody waits before they press a button that still
// stands.
const again = 3 * time.Second

// walk waits for the end, and approves on the way what wants approval.
func (h *house) walk(end *regexp.Regexp) {
	h.t.Helper()
	h.until(end.String(), func() bool {
		h.reviewers()
		return end.MatchString(h.transcript())
	})
}

// reviewers approve what wants their approval.
func (h *house) reviewers() {
	for _, reviewer := range []string{"U0RUTH", "U0GRACE"} {
		if time.Since(h.pressed[reviewer]) > again && h.approve(reviewer) {
			h.pressed[reviewer] = time.Now()
		}
	}
}

// approve presses the button on a reviewer's card, where there is one.
func (h *house) approve(user string) bool {
	room := h.Slack.DM(user)
	for _, m := range h.Slack.Messages(room) {
		if m.Deleted || !strings.Contains(h.Slack.Text(m), "[Approve]") {
			continue
		}
		_, err := h.Slack.Click(user, room, m.TS, "Approve", 0)
		return err == nil // else it changed in this moment
	}
	return false
}
