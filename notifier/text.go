package notifier

import (
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A Text is one line of words for people: spans that follow each other.
type Text []Span

// A Span is a stretch of a Text. Its kind says which other fields count.
type Span struct {
	Kind   SpanKind
	Words  string        // Plain, Bold, Code, Link: the words; untrusted, the adapter escapes them
	URL    string        // Link: where it leads; never a stranger's
	Person gitops.Person // Mention
	Room   string        `json:",omitempty"` // Room: the channel's id; Words is what it is called otherwise
	At     time.Time     // Date: a moment, which each reader sees in their own time zone
}

// A SpanKind says what a Span is.
type SpanKind string

// The kinds of spans.
const (
	Plain   SpanKind = "plain"
	Bold    SpanKind = "bold"
	Code    SpanKind = "code"
	Link    SpanKind = "link"
	Mention SpanKind = "mention" // calls the person, where the chat can
	Date    SpanKind = "date"
	Room    SpanKind = "room" // a channel under the name that the chat has for it
)

// say is a Text of plain words.
func say(words string) Text { return Text{{Kind: Plain, Words: words}} }

func bold(words string) Text { return Text{{Kind: Bold, Words: words}} }

func code(words string) Text { return Text{{Kind: Code, Words: words}} }

func date(at time.Time) Text { return Text{{Kind: Date, At: at}} }

// link is its words alone where there is nowhere to go.
func link(words, url string) Text {
	if url == "" {
		return say(words)
	}
	return Text{{Kind: Link, Words: words, URL: url}}
}

// mention calls a person; one whom the chat does not know is named.
func mention(p gitops.Person) Text {
	if p.Slack == "" {
		return say(nameOf(p))
	}
	return Text{{Kind: Mention, Person: p}}
}

// nameOf names a person without calling them.
func nameOf(p gitops.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return p.ID
}

// inRooms writes words in which rooms are named, as they are Called, so that the
// chat names them. The words are ours: nobody who asks decides where such a name
// stands.
func inRooms(words string, rooms []gitops.Room) Text {
	at, first := len(words), gitops.Room{}
	for _, r := range rooms {
		called := r.Called()
		i := strings.Index(words, called)
		longer := i == at && len(called) > len(first.Called()) // #pay begins #payments
		if called != "" && i >= 0 && (i < at || longer) {
			at, first = i, r
		}
	}
	if at == len(words) {
		return say(words)
	}
	after := at + len(first.Called())
	t := Text{{Kind: Room, Words: first.Called(), Room: first.Channel}}
	if at > 0 {
		t = line(say(words[:at]), t)
	}
	if after < len(words) {
		t = line(t, inRooms(words[after:], rooms))
	}
	return t
}

// line puts texts one after the other.
func line(texts ...Text) Text {
	var all Text
	for _, t := range texts {
		all = append(all, t...)
	}
	return all
}

// joined puts a separator between the texts that are not empty.
func joined(separator string, texts ...Text) Text {
	var all Text
	for _, t := range texts {
		if len(t) == 0 {
			continue
		}
		if len(all) > 0 {
			all = append(all, say(separator)...)
		}
		all = append(all, t...)
	}
	return all
}

// String returns the text without any markup.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		switch s.Kind {
		case Mention:
			b.WriteString("@" + nameOf(s.Person))
		case Date:
			b.WriteString(s.At.UTC().Format("2006-01-02 15:04 MST"))
		default:
			b.WriteString(s.Words)
		}
	}
	return b.String()
}
