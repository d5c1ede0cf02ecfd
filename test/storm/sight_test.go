package storm

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/test/slacktest"
)

// A telling is a live message as it stands.
type telling struct {
	change   string
	room, ts string
	text     string
	end      string // how the change ended; empty while it has not
	mark     string // of the ask that it is about; empty where a button asked
	person   string // whose request it is, by name; empty where that is not said
}

// buttons are the words on what may be pressed.
func (t telling) has(button string) bool { return strings.Contains(t.text, "["+button) }

// A whisper is what only one person saw.
type whisper struct {
	at   time.Time
	text string
}

// A view is what stands in Slack at one moment.
type view struct {
	live    []telling
	refs    map[string]int         // standing messages and files by what they are found by
	marked  map[string]int         // live messages by mark
	acts    map[string][]time.Time // private answers by the delivery that they answer
	private map[string][]whisper   // private answers by user
	loose   map[string][]whisper   // those that name no delivery
	reached map[string]bool        // deliveries that changebot acknowledged
}

// A sight remembers how messages read, since most do not change any more.
type sight struct {
	mu    sync.Mutex
	texts map[string]string // by room, ts and how often it was edited
}

func (s *storm) text(m slacktest.Message) string {
	key := fmt.Sprintf("%s %s %d", m.Channel, m.TS, len(m.History))
	s.sight.mu.Lock()
	defer s.sight.mu.Unlock()
	if s.sight.texts == nil {
		s.sight.texts = map[string]string{}
	}
	text, known := s.sight.texts[key]
	if !known {
		text = s.Slack.Text(m)
		s.sight.texts[key] = text
	}
	return text
}

// look reads all rooms and direct messages.
func (s *storm) look() view {
	v := view{
		refs: map[string]int{}, marked: map[string]int{}, acts: map[string][]time.Time{}, private: map[string][]whisper{}, loose: map[string][]whisper{}, reached: map[string]bool{},
	}
	for _, room := range rooms() {
		v.read(s, room)
	}
	for n := range people {
		v.read(s, s.Slack.DM(account(n)))
	}
	for _, d := range s.Slack.Deliveries("") {
		if d.Error == "" {
			v.reached[d.ID] = true
		}
	}
	return v
}

func (v *view) read(s *storm, room string) {
	for _, m := range s.Slack.Messages(room) {
		if m.Deleted || m.User != s.Slack.BotUserID() {
			continue
		}
		if m.EphemeralTo != "" {
			w := whisper{posted(m), s.text(m)}
			v.private[m.EphemeralTo] = append(v.private[m.EphemeralTo], w)
			if m.Act == "" {
				v.loose[m.EphemeralTo] = append(v.loose[m.EphemeralTo], w)
			} else {
				v.acts[m.Act] = append(v.acts[m.Act], w.at)
			}
			continue
		}
		for _, f := range m.Files {
			v.refs[f.Name]++
		}
		payload, _ := m.Metadata["event_payload"].(map[string]any)
		ref, _ := payload["ref"].(string)
		if ref == "" {
			continue
		}
		v.refs[ref]++
		if subject, ok := strings.CutSuffix(ref, "/live"); ok {
			t := told(subject, m, s.text(m))
			v.live = append(v.live, t)
			v.marked[t.mark]++
		}
		if trigger, ok := strings.CutSuffix(ref, "/reply"); ok {
			trigger = trigger[strings.LastIndex(trigger, ":")+1:]
			v.acts[trigger] = append(v.acts[trigger], posted(m))
		}
	}
}

var (
	because = regexp.MustCompile(`Because (INC-\d+)`)
	asker   = regexp.MustCompile(`asked by (Person \d+)`)
)

func told(change string, m slacktest.Message, text string) telling {
	t := telling{change: change, room: m.Channel, ts: m.TS, text: text, end: end(text)}
	if found := because.FindStringSubmatch(text); found != nil {
		t.mark = found[1]
	}
	if found := asker.FindStringSubmatch(text); found != nil {
		t.person = found[1]
	}
	return t
}

// The ends, by how a live message begins.
const (
	healthy    = "healthy"
	degraded   = "not healthy"
	unchanged  = "nothing to do"
	denied     = "not possible"
	rejected   = "rejected"
	cancelled  = "cancelled"
	expired    = "expired"
	superseded = "superseded"
	answered   = "answered" // of what becomes no change
)

// end is how a change ended, as its live message says in the first line.
func end(text string) string {
	first, _, _ := strings.Cut(text[max(0, strings.IndexAny(text, "✅↩⚠👌🚫⛔✖⌛⏭🚢")):], "\n")
	for _, e := range []struct{ end, mark, words string }{
		{healthy, "✅", " is healthy in "},
		{healthy, "↩", " is back on "},
		{degraded, "⚠", " is not healthy in "},
		{unchanged, "👌", "Nothing to do"},
		{denied, "🚫", "Not possible"},
		{rejected, "⛔", "Rejected by"},
		{cancelled, "✖", ""},
		{expired, "⌛", ""},
		{superseded, "⏭", ""},
	} {
		if strings.HasPrefix(first, e.mark) && strings.Contains(first, e.words) {
			return e.end
		}
	}
	return ""
}

// attributeAsks gives the private answers that name no delivery to what their
// reader has asked and was not answered; the rest stays.
func (s *storm) attributeAsks(v view) view {
	v.acts, v.loose = maps.Clone(v.acts), maps.Clone(v.loose)
	for _, reached := range []bool{true, false} { // what was not acknowledged may have come through all the same
		for _, a := range s.asks {
			if v.reached[a.id()] == reached && v.marked[a.mark] == 0 {
				v.give(account(a.who), a.id())
			}
		}
	}
	return v
}

// attributePresses gives those that are left to what their reader has pressed,
// and could not be told by its response URL.
func (s *storm) attributePresses(v view) view {
	v.acts, v.loose = maps.Clone(v.acts), maps.Clone(v.loose)
	mute := map[string]bool{}
	for _, c := range s.Slack.Calls("response_url") {
		if c.Error != "" {
			mute[c.Act] = true
		}
	}
	for _, p := range s.presses.made() {
		if p.form || mute[p.id] {
			v.give(p.who, p.id)
		}
	}
	return v
}

// give takes the first private answer of somebody that names no delivery for
// the answer to this one, if it has none.
func (v view) give(user, id string) {
	if len(v.acts[id]) == 0 && len(v.loose[user]) > 0 {
		v.acts[id], v.loose[user] = []time.Time{v.loose[user][0].at}, v.loose[user][1:]
	}
}

// posted is when a message was.
func posted(m slacktest.Message) time.Time {
	seconds, err := strconv.ParseFloat(m.TS, 64)
	if err != nil {
		panic(err) // impossible: the workspace makes them
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

// open are the asks that changebot has acknowledged and that have no end yet,
// and the changes without one.
func (s *storm) open(v view) (asks int, changes []telling) {
	for _, t := range v.live {
		if t.end == "" {
			changes = append(changes, t)
		}
	}
	v = s.attributeAsks(v)
	for _, a := range s.asks {
		if v.reached[a.id()] && v.marked[a.mark] == 0 && len(v.acts[a.id()]) == 0 {
			asks++
		}
	}
	return asks, changes
}
