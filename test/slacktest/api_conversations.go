package slacktest

import (
	"encoding/base64"
	"strconv"
	"strings"
)

func (s *Server) wireChannel(ch *channel) object {
	out := object{
		"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "created": 1_700_000_000,
		"is_channel": !ch.Private && !ch.DM, "is_group": ch.Private && !ch.DM, "is_im": ch.DM, "is_mpim": false,
		"is_private": ch.Private, "is_archived": false, "is_general": false, "is_shared": false,
		"is_member": ch.has(s.opts.BotUserID), "num_members": len(ch.Members),
		"topic":   object{"value": "", "creator": "", "last_set": 0},
		"purpose": object{"value": "", "creator": "", "last_set": 0},
	}
	if ch.DM {
		out["user"], out["is_open"] = ch.other(s.opts.BotUserID), true
	}
	return out
}

func (s *Server) conversationsInfo(a args) (object, error) {
	ch, err := s.room(a.str("channel"))
	if err != nil {
		return nil, err
	}
	return object{"channel": s.wireChannel(ch)}, nil
}

func (s *Server) conversationsOpen(a args) (object, error) {
	if id := a.str("channel"); id != "" {
		ch, err := s.room(id)
		if err != nil {
			return nil, err
		}
		return object{"channel": s.wireChannel(ch), "no_op": true, "already_open": true}, nil
	}
	users := strings.Split(a.str("users"), ",")
	if len(users) != 1 {
		s.violate(a.method, "a direct message with several people is not part of this Slack")
		return nil, refuse("not_supported")
	}
	u, ok := s.users[users[0]]
	switch {
	case !ok:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case u.Bot:
		return nil, refuse("cannot_dm_bot")
	}
	ch := s.dm(u.ID)
	s.touch()
	if a.flag("return_im") {
		return object{"channel": s.wireChannel(ch)}, nil
	}
	return object{"channel": object{"id": ch.ID}}, nil
}

func (s *Server) conversationsJoin(a args) (object, error) {
	ch, ok := s.channels[a.str("channel")]
	if !ok || ch.Private && !ch.has(s.opts.BotUserID) {
		return nil, refuse("channel_not_found")
	}
	if ch.Private {
		return nil, refuse("method_not_supported_for_channel_type")
	}
	s.join(ch, s.opts.BotUserID)
	return object{"channel": s.wireChannel(ch)}, nil
}

func (s *Server) conversationsList(a args) (object, error) {
	types := a.str("types")
	if types == "" {
		types = "public_channel"
	}
	var all []any
	for _, id := range s.chanOrder {
		ch := s.channels[id]
		kind := map[string]string{"channel": "public_channel", "group": "private_channel", "im": "im"}[ch.kind()]
		if strings.Contains(types, kind) && (!ch.Private || ch.has(s.opts.BotUserID)) {
			all = append(all, s.wireChannel(ch))
		}
	}
	return pageOf(a, "channels", all, 100)
}

func (s *Server) conversationsMembers(a args) (object, error) {
	ch, err := s.room(a.str("channel"))
	if err != nil {
		return nil, err
	}
	var all []any
	for _, m := range ch.Members {
		all = append(all, m)
	}
	return pageOf(a, "members", all, 100)
}

// inRange reports whether a message lies between the call's oldest and latest.
// Timestamps of equal length compare as text.
func inRange(a args, ts string) bool {
	oldest, latest, inclusive := a.str("oldest"), a.str("latest"), a.flag("inclusive")
	if oldest != "" && oldest != "0" && (later(oldest, ts) || ts == oldest && !inclusive) {
		return false
	}
	return latest == "" || later(latest, ts) || ts == latest && inclusive
}

func later(a, b string) bool {
	x, _ := strconv.ParseFloat(a, 64) // what is no number is the beginning of time
	y, _ := strconv.ParseFloat(b, 64)
	return x > y
}

func (s *Server) readable(a args) (*channel, error) {
	s.historyCalls++
	return s.memberRoom(a.str("channel"))
}

// shown is a message in a history: metadata only for who asks.
func (s *Server) shown(a args, m *Message) object {
	out := s.wire(m)
	if !a.flag("include_all_metadata") {
		delete(out, "metadata")
	}
	return out
}

func (s *Server) conversationsHistory(a args) (object, error) {
	ch, err := s.readable(a)
	if err != nil {
		return nil, err
	}
	var all []any
	for i := len(ch.messages) - 1; i >= 0; i-- {
		m := ch.messages[i]
		broadcast := m.Subtype == "thread_broadcast"
		if m.Deleted || m.EphemeralTo != "" || m.isReply() && !broadcast || m.visible != nil && !m.visible() {
			continue
		}
		if inRange(a, m.TS) {
			all = append(all, s.shown(a, m))
		}
	}
	return pageOf(a, "messages", all, 100)
}

func (s *Server) conversationsReplies(a args) (object, error) {
	ch, err := s.readable(a)
	if err != nil {
		return nil, err
	}
	root := ch.byTS[a.str("ts")]
	if root == nil || root.EphemeralTo != "" || root.visible != nil && !root.visible() {
		return nil, refuse("thread_not_found")
	}
	if root.isReply() {
		return pageOf(a, "messages", []any{s.shown(a, root)}, 1000)
	}
	var all []any
	if !root.Deleted {
		all = append(all, s.shown(a, root))
	}
	for _, m := range s.replies(ch, root.TS) {
		if (m.visible == nil || m.visible()) && inRange(a, m.TS) {
			all = append(all, s.shown(a, m))
		}
	}
	return pageOf(a, "messages", all, 1000)
}

// pageOf cuts a list at the call's limit; the cursor says where to go on.
func pageOf(a args, key string, all []any, fallback int) (object, error) {
	start := 0
	if cursor := a.str("cursor"); cursor != "" {
		raw, err := base64.StdEncoding.DecodeString(cursor)
		if err != nil {
			return nil, refuse("invalid_cursor")
		}
		if start, err = strconv.Atoi(strings.TrimPrefix(string(raw), "next:")); err != nil || start < 0 || start > len(all) {
			return nil, refuse("invalid_cursor")
		}
	}
	end := min(start+a.number("limit", fallback), len(all))
	next := ""
	if end < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(end)))
	}
	return object{
		key: append([]any{}, all[start:end]...), "has_more": next != "",
		"response_metadata": object{"next_cursor": next},
	}, nil
}
