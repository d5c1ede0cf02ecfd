package slacktest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Call is one call of the Web API or of a response URL.
type Call struct {
	Method string // "chat.postMessage", or "response_url"
	At     time.Time
	Act    string     // id of the delivery that a response URL is of; else empty
	Args   url.Values // without the token; nested arguments as JSON
	Status int        // HTTP
	Error  string     // Slack's, empty if it went well
}

// Violation is something that real Slack would refuse, cut or show wrongly.
type Violation struct {
	Method string // the call, or the delivery whose answer it was
	What   string
}

func (v Violation) String() string { return v.Method + ": " + v.What }

// Delivery is one attempt to bring something to the app.
type Delivery struct {
	Kind     string // "slash_commands", "block_actions", "view_submission", "app_mention", …
	ID       string // event_id, trigger_id or envelope_id
	At       time.Time
	Attempt  int           // 0, then the number of the retry
	Took     time.Duration // until the acknowledgement
	Error    string        // empty if acknowledged; else Slack's word: http_timeout, http_error, connection_failed, dropped
	Response string        // body of the acknowledgement
}

// Messages returns what was ever posted to a channel, in order: replies,
// ephemeral and deleted messages too.
func (s *Server) Messages(channelID string) []Message {
	return s.messagesWhere(channelID, func(*Message) bool { return true })
}

// Thread returns a message and its answers, deleted ones included.
func (s *Server) Thread(channelID, ts string) []Message {
	return s.messagesWhere(channelID, func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts })
}

// Ephemeral returns what only this person was shown, over all channels.
func (s *Server) Ephemeral(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, id := range s.chanOrder {
		for _, m := range s.channels[id].messages {
			if m.EphemeralTo == user {
				out = append(out, m.copy())
			}
		}
	}
	slices.SortFunc(out, func(a, b Message) int { return strings.Compare(a.TS, b.TS) })
	return out
}

// Message returns one message.
func (s *Server) Message(channelID, ts string) (Message, bool) {
	found := s.messagesWhere(channelID, func(m *Message) bool { return m.TS == ts })
	if len(found) == 0 {
		return Message{}, false
	}
	return found[0], true
}

func (s *Server) messagesWhere(channelID string, keep func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, ok := s.channels[channelID]
	if !ok {
		return nil
	}
	var out []Message
	for _, m := range ch.messages {
		if keep(m) {
			out = append(out, m.copy())
		}
	}
	return out
}

// Calls returns the calls of a method in order, or all calls for "".
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// CallCounts returns how often each method was called.
func (s *Server) CallCounts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for _, c := range s.calls {
		out[c.Method]++
	}
	return out
}

// Violations returns what the app did that real Slack would not have borne. A
// test that expects none asserts that the result is empty.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Deliveries returns every attempt to bring something of this kind to the app,
// or of all kinds for "".
func (s *Server) Deliveries(kind string) []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Delivery
	for _, d := range s.deliveries {
		if kind == "" || d.Kind == kind {
			out = append(out, d)
		}
	}
	return out
}

func (s *Server) violate(method, format string, args ...any) {
	s.violations = append(s.violations, Violation{Method: method, What: fmt.Sprintf(format, args...)})
}

func (s *Server) record(c Call) {
	s.calls = append(s.calls, c)
	s.touch()
}

// logged is a call's arguments as the record keeps them.
func (a args) logged() url.Values {
	out := url.Values{}
	for k, v := range a.form {
		if k != "token" {
			out[k] = slices.Clone(v)
		}
	}
	for k, raw := range a.body {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if k != "token" {
			out.Set(k, text)
		}
	}
	return out
}
