package slacktest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Message is one message with everything that ever happened to it.
type Message struct {
	Channel  string
	TS       string // its id, and when it was posted
	ThreadTS string // of the message it answers, or its own if it was answered; empty otherwise
	User     string // the author, the bot's user id for the app
	Content
	Subtype     string // Slack's: file_share, thread_broadcast, …
	EphemeralTo string // the only person who sees it
	Act         string // id of the delivery that it answers by response URL or acknowledgement; else empty
	Files       []File
	Reactions   []Reaction
	Edited      bool       // marked "(edited)": its text was changed, and it has no blocks
	Deleted     bool       // no longer there; the record keeps it
	History     []Revision // former contents, the oldest first

	visible func() bool // whether conversations.history shows it yet; nil is yes
}

// Content is what an edit can replace.
type Content struct {
	Text        string
	Blocks      []map[string]any // as sent, with the ids that Slack fills in
	Attachments []map[string]any
	Metadata    map[string]any // event_type and event_payload; nil if none
}

// Revision is a former content of a message and when it gave way.
type Revision struct {
	Content
	Until time.Time
}

// Reaction is an emoji under a message.
type Reaction struct {
	Name  string // without colons
	Users []string
}

func (m *Message) copy() Message {
	out := *m
	out.visible = nil
	out.History = slices.Clone(m.History)
	out.Files = slices.Clone(m.Files)
	out.Reactions = make([]Reaction, len(m.Reactions))
	for i, r := range m.Reactions {
		out.Reactions[i] = Reaction{Name: r.Name, Users: slices.Clone(r.Users)}
	}
	return out
}

// isReply reports whether the message lives in a thread, below its first message.
func (m *Message) isReply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

// post puts a message into a channel and tells the app where it listens.
// The caller holds mu and has checked the rights.
func (s *Server) post(ch *channel, m Message) *Message {
	m.Channel, m.TS = ch.ID, s.nextTS()
	if m.ThreadTS != "" {
		if root := ch.byTS[m.ThreadTS]; root == nil || root.Deleted && s.replies(ch, root.TS) == nil {
			m.ThreadTS = "" // Slack posts it to the channel without a word
		} else {
			m.ThreadTS = cmp.Or(root.ThreadTS, root.TS)
			ch.byTS[m.ThreadTS].ThreadTS = m.ThreadTS
		}
	}
	m.Blocks, m.Attachments = s.fillIDs(m.Blocks), slices.Clone(m.Attachments)
	m.visible = s.opts.Lag.hide(s)
	stored := &m
	ch.messages = append(ch.messages, stored)
	ch.byTS[m.TS] = stored
	if m.User != "" {
		ch.read[m.User] = m.TS
	}
	if m.EphemeralTo == "" {
		s.emitMessage(ch, stored, s.wire(stored))
	}
	s.touch()
	return stored
}

// fillIDs copies blocks and gives an id to those without, as Slack does.
func (s *Server) fillIDs(blocks []map[string]any) []map[string]any {
	if blocks == nil {
		return nil
	}
	out := make([]map[string]any, len(blocks))
	for i, b := range blocks {
		c := maps.Clone(b)
		if str(c, "block_id") == "" {
			c["block_id"] = s.newID("")[:5]
		}
		eachElement(c, func(e object) object {
			if str(e, "action_id") == "" {
				e["action_id"] = s.newID("")[:5]
			}
			return e
		})
		out[i] = c
	}
	return out
}

// edit replaces a message's content and keeps the old one.
func (s *Server) edit(ch *channel, m *Message, c Content) {
	previous := s.wire(m)
	m.History = append(m.History, Revision{Content: m.Content, Until: s.now()})
	m.Edited = m.Edited || c.Text != m.Text && len(c.Blocks) == 0
	c.Blocks = s.fillIDs(c.Blocks)
	m.Content = c
	if m.EphemeralTo == "" {
		s.emitMessage(ch, m, object{
			"type": "message", "subtype": "message_changed", "hidden": true,
			"message": s.wire(m), "previous_message": previous, "ts": s.nextTS(),
		})
	}
	s.touch()
}

// remove deletes a message; the record keeps it.
func (s *Server) remove(ch *channel, m *Message) {
	previous := s.wire(m)
	m.Deleted = true
	if m.EphemeralTo == "" {
		s.emitMessage(ch, m, object{
			"type": "message", "subtype": "message_deleted", "hidden": true,
			"deleted_ts": m.TS, "previous_message": previous, "ts": s.nextTS(),
		})
	}
	s.touch()
}

// replies returns a thread's answers that still stand, the oldest first.
func (s *Server) replies(ch *channel, root string) []*Message {
	var out []*Message
	for _, m := range ch.messages {
		if m.ThreadTS == root && m.TS != root && !m.Deleted && m.EphemeralTo == "" {
			out = append(out, m)
		}
	}
	return out
}

// wire is a message as Slack's APIs and events show it.
func (s *Server) wire(m *Message) object {
	out := object{"type": "message", "ts": m.TS, "text": m.Text, "user": m.User, "team": s.opts.TeamID}
	if u := s.users[m.User]; u != nil && u.Bot {
		out["bot_id"], out["app_id"] = s.botID(), s.opts.AppID
		out["bot_profile"] = s.botProfile()
	}
	set(out, "subtype", m.Subtype)
	set(out, "thread_ts", m.ThreadTS)
	if len(m.Blocks) > 0 {
		out["blocks"] = m.Blocks
	}
	if len(m.Attachments) > 0 {
		out["attachments"] = m.Attachments
	}
	if m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	if m.Edited {
		out["edited"] = object{"user": m.User, "ts": m.TS}
	}
	if m.EphemeralTo != "" {
		out["is_ephemeral"] = true
	}
	for _, r := range m.Reactions {
		out["reactions"] = append(list(out, "reactions"), object{"name": r.Name, "users": r.Users, "count": len(r.Users)})
	}
	for _, f := range m.Files {
		out["files"] = append(list(out, "files"), s.wireFile(&f))
	}
	s.wireThread(m, out)
	return out
}

func (s *Server) wireThread(m *Message, out object) {
	ch := s.channels[m.Channel]
	if m.isReply() {
		if root := ch.byTS[m.ThreadTS]; root != nil {
			out["parent_user_id"] = root.User
		}
		return
	}
	if m.ThreadTS == "" {
		return
	}
	replies := s.replies(ch, m.TS)
	users := []string{}
	for _, r := range replies {
		if !slices.Contains(users, r.User) {
			users = append(users, r.User)
		}
	}
	out["reply_count"], out["reply_users"], out["reply_users_count"] = len(replies), users, len(users)
	if len(replies) > 0 {
		out["latest_reply"] = replies[len(replies)-1].TS
	}
}

func (s *Server) botProfile() object {
	return object{"id": s.botID(), "name": s.opts.BotName, "app_id": s.opts.AppID, "team_id": s.opts.TeamID, "deleted": false}
}

// str, list, sub and set read and write loosely typed JSON.
func str(o object, key string) string {
	v, _ := o[key].(string)
	return v
}

func list(o object, key string) []any {
	v, _ := o[key].([]any)
	return v
}

func sub(o object, key string) object {
	v, _ := o[key].(object)
	return v
}

func set(o object, key, value string) {
	if value != "" {
		o[key] = value
	}
}

// objects returns the objects of a JSON array.
func objects(values []any) []object {
	var out []object
	for _, v := range values {
		if o, ok := v.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

// encode is for values that came from JSON or are built here: it cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("slacktest: a value that is not JSON: " + err.Error())
	}
	return b
}
