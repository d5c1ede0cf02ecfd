package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a message's text, in characters.
const (
	maxText       = 40_000 // chat.postMessage cuts what is longer
	maxUpdateText = 4_000  // chat.update refuses what is longer
)

// room finds the channel that a call names and checks that the bot may use it.
// A user id names the direct message with them; #name and name are accepted too.
func (s *Server) room(id string) (*channel, error) {
	ch, ok := s.channels[id]
	if !ok {
		if u, isUser := s.users[id]; isUser {
			if u.Deleted || u.ID == s.opts.BotUserID {
				return nil, refuse("channel_not_found")
			}
			return s.dm(id), nil
		}
		ch = s.channelNamed(strings.TrimPrefix(id, "#"))
	}
	if ch == nil || ch.Private && !ch.has(s.opts.BotUserID) {
		return nil, refuse("channel_not_found")
	}
	return ch, nil
}

// memberRoom is room where the bot must be inside.
func (s *Server) memberRoom(id string) (*channel, error) {
	ch, err := s.room(id)
	if err != nil {
		return nil, err
	}
	if !ch.has(s.opts.BotUserID) {
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// readContent decodes and checks what a message is to say.
func (s *Server) readContent(a args) (Content, object, error) {
	c := Content{Text: a.str("text")}
	if err := a.decode("blocks", &c.Blocks); err != nil {
		return c, nil, refuse("invalid_blocks_format")
	}
	if err := a.decode("attachments", &c.Attachments); err != nil {
		return c, nil, refuse("invalid_attachments")
	}
	if err := decodeMetadata(a, &c); err != nil {
		return c, nil, err
	}
	if c.Text == "" && len(c.Blocks) == 0 && len(c.Attachments) == 0 {
		return c, nil, refuse("no_text")
	}
	if err := s.checker.message(c); err != nil {
		return c, nil, err
	}
	if len(c.Blocks) > 0 && strings.TrimSpace(c.Text) == "" {
		s.violate(a.method, "blocks without text: notifications and screen readers have nothing to say")
	}
	return c, s.cut(a.method, &c), nil
}

// cut shortens a text that is too long and returns the warning for the answer.
func (s *Server) cut(method string, c *Content) object {
	if utf8.RuneCountInString(c.Text) <= maxText {
		return nil
	}
	c.Text = string([]rune(c.Text)[:maxText])
	s.violate(method, "the text was cut at %d characters", maxText)
	return object{"warnings": []string{"message_truncated"}, "messages": []string{
		"[WARN] Your message was truncated but still posted. The `text` field accepts up to 40,000 characters."}}
}

func decodeMetadata(a args, c *Content) error {
	if err := a.decode("metadata", &c.Metadata); err != nil {
		return refuse("invalid_metadata_format")
	}
	if c.Metadata == nil {
		return nil
	}
	_, payload := c.Metadata["event_payload"].(object)
	if len(c.Metadata) > 0 && str(c.Metadata, "event_type") == "" && !payload {
		c.Metadata = nil // slack-go sends an empty one with every response URL
		return nil
	}
	if len(c.Metadata) > 0 && (str(c.Metadata, "event_type") == "" || !payload) {
		return refuse("invalid_metadata_schema")
	}
	return nil
}

func (s *Server) chatPostMessage(a args) (object, error) {
	ch, err := s.memberRoom(a.str("channel"))
	if err != nil {
		return nil, err
	}
	c, warning, err := s.readContent(a)
	if err != nil {
		return nil, err
	}
	m := Message{User: s.opts.BotUserID, Content: c, ThreadTS: a.str("thread_ts")}
	if root := ch.byTS[m.ThreadTS]; root != nil && root.isReply() {
		s.violate(a.method, "thread_ts %s is a reply; name the thread's first message", m.ThreadTS)
	}
	posted := s.post(ch, m)
	out := object{"channel": ch.ID, "ts": posted.TS, "message": s.wire(posted)}
	if warning != nil {
		out["response_metadata"] = warning
	}
	return out, nil
}

func (s *Server) chatPostEphemeral(a args) (object, error) {
	ch, err := s.memberRoom(a.str("channel"))
	if err != nil {
		return nil, err
	}
	user := a.str("user")
	if _, ok := s.users[user]; !ok {
		return nil, refuse("user_not_found")
	}
	if !ch.has(user) {
		return nil, refuse("user_not_in_channel")
	}
	c, _, err := s.readContent(a)
	if err != nil {
		return nil, err
	}
	m := s.post(ch, Message{User: s.opts.BotUserID, Content: c, ThreadTS: a.str("thread_ts"), EphemeralTo: user})
	return object{"message_ts": m.TS}, nil
}

// own finds a message of the app that still stands.
func (s *Server) own(ch *channel, ts, otherwise string) (*Message, error) {
	m := ch.byTS[ts]
	if m == nil || m.Deleted || m.EphemeralTo != "" {
		return nil, refuse("message_not_found")
	}
	if m.User != s.opts.BotUserID {
		return nil, refuse(otherwise)
	}
	return m, nil
}

func (s *Server) chatUpdate(a args) (object, error) {
	ch, err := s.memberRoom(a.str("channel"))
	if err != nil {
		return nil, err
	}
	m, err := s.own(ch, a.str("ts"), "cant_update_message")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(a.str("text")) > maxUpdateText {
		return nil, &apiError{"msg_too_long", []string{"[ERROR] text is longer than 4,000 characters"}}
	}
	c, _, err := s.readContent(a)
	if err != nil {
		return nil, err
	}
	s.edit(ch, m, keepAbsent(a, c, m.Content))
	return object{"channel": ch.ID, "ts": m.TS, "text": m.Text, "message": s.wire(m)}, nil
}

// keepAbsent fills what an update did not mention from the old content: leaving
// blocks or metadata out keeps them, sending them empty removes them.
func keepAbsent(a args, c, old Content) Content {
	if !a.has("blocks") {
		c.Blocks = old.Blocks
	}
	if !a.has("attachments") {
		c.Attachments = old.Attachments
	}
	if !a.has("text") {
		c.Text = old.Text
	}
	if c.Metadata == nil {
		c.Metadata = old.Metadata
	} else if len(c.Metadata) == 0 {
		c.Metadata = nil
	}
	return c
}

func (s *Server) chatDelete(a args) (object, error) {
	ch, err := s.memberRoom(a.str("channel"))
	if err != nil {
		return nil, err
	}
	m, err := s.own(ch, a.str("ts"), "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(ch, m)
	return object{"channel": ch.ID, "ts": m.TS}, nil
}

func (s *Server) chatGetPermalink(a args) (object, error) {
	ch, err := s.room(a.str("channel"))
	if err != nil {
		return nil, err
	}
	m := ch.byTS[a.str("message_ts")]
	if m == nil || m.Deleted || m.EphemeralTo != "" {
		return nil, refuse("message_not_found")
	}
	return object{"channel": ch.ID, "permalink": s.permalink(m)}, nil
}

func (s *Server) permalink(m *Message) string {
	link := s.pageURL() + "/archives/" + m.Channel + "/p" + strings.Replace(m.TS, ".", "", 1)
	if m.isReply() {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + m.Channel
	}
	return link
}

// target finds a standing message for a reaction; reactions name it by
// channel and timestamp.
func (s *Server) target(a args) (*channel, *Message, error) {
	ch, err := s.memberRoom(a.str("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := ch.byTS[a.str("timestamp")]
	if m == nil || m.Deleted || m.EphemeralTo != "" {
		return nil, nil, refuse("message_not_found")
	}
	return ch, m, nil
}

func (s *Server) reactionsAdd(a args) (object, error) {
	ch, m, err := s.target(a)
	if err != nil {
		return nil, err
	}
	return object{}, s.react(ch, m, s.opts.BotUserID, strings.Trim(a.str("name"), ":"), true)
}

func (s *Server) reactionsRemove(a args) (object, error) {
	ch, m, err := s.target(a)
	if err != nil {
		return nil, err
	}
	return object{}, s.react(ch, m, s.opts.BotUserID, strings.Trim(a.str("name"), ":"), false)
}

func (s *Server) reactionsGet(a args) (object, error) {
	ch, m, err := s.target(a)
	if err != nil {
		return nil, err
	}
	return object{"type": "message", "channel": ch.ID, "message": s.wire(m)}, nil
}

func (s *Server) react(ch *channel, m *Message, user, name string, add bool) error {
	if name == "" {
		return refuse("invalid_name")
	}
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name })
	if add {
		if i < 0 {
			m.Reactions = append(m.Reactions, Reaction{Name: name})
			i = len(m.Reactions) - 1
		}
		if slices.Contains(m.Reactions[i].Users, user) {
			return refuse("already_reacted")
		}
		m.Reactions[i].Users = append(slices.Clone(m.Reactions[i].Users), user)
	} else {
		if i < 0 || !slices.Contains(m.Reactions[i].Users, user) {
			return refuse("no_reaction")
		}
		m.Reactions[i].Users = slices.DeleteFunc(slices.Clone(m.Reactions[i].Users), func(u string) bool { return u == user })
		if len(m.Reactions[i].Users) == 0 {
			m.Reactions = slices.Delete(slices.Clone(m.Reactions), i, i+1)
		}
	}
	s.emitReaction(ch, m, user, name, add)
	s.touch()
	return nil
}

// decodeBlocks reads blocks that stand in a larger JSON value.
func decodeBlocks(v any) []map[string]any {
	var out []map[string]any
	_ = json.Unmarshal(encode(v), &out) // what is no list of objects has no blocks
	return out
}
