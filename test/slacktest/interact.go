package slacktest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Click presses a button of a message. which is its action_id or the words on
// it; index picks one of several alike, the first being 0. A confirm dialog is
// taken as confirmed.
func (s *Server) Click(user, channelID, ts, which string, index int) (Outcome, error) {
	return s.press(user, onMessage{channelID, ts}, which, index, "")
}

// Select picks options of a select, overflow menu, checkboxes, radio buttons or
// date picker in a message. values are the options' values or words, a user's
// or channel's id, or a date.
func (s *Server) Select(user, channelID, ts, which string, values ...string) (Outcome, error) {
	return s.press(user, onMessage{channelID, ts}, which, 0, values...)
}

// ClickView presses a button of a modal or of the Home tab.
func (s *Server) ClickView(user, viewID, which string, index int) (Outcome, error) {
	return s.press(user, onView(viewID), which, index, "")
}

// SelectView picks options in a modal or on the Home tab.
func (s *Server) SelectView(user, viewID, which string, values ...string) (Outcome, error) {
	return s.press(user, onView(viewID), which, 0, values...)
}

type onMessage struct{ channel, ts string }

type onView string

// surface is where an element was found.
type surface struct {
	blocks    []map[string]any
	container object
	extra     object // the payload's message or view
	hook      *hook  // nil in a view
	view      *View  // nil in a message
}

func (s *Server) press(user string, on any, which string, index int, values ...string) (Outcome, error) {
	s.mu.Lock()
	p, trigger, h, err := s.pressed(user, on, which, index, values)
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	out := s.act(p, user, trigger, h)
	if out.Code != "" {
		out.Notice = "The app did not respond. Try again."
	}
	return out, nil
}

func (s *Server) pressed(user string, on any, which string, index int, values []string) (parcel, string, *hook, error) {
	u, err := s.actor(user)
	if err != nil {
		return parcel{}, "", nil, err
	}
	at, err := s.surface(user, on)
	if err != nil {
		return parcel{}, "", nil, err
	}
	e, err := findElement(at.blocks, which, index)
	if err != nil {
		return parcel{}, "", nil, err
	}
	state, err := choose(e.element, values)
	if err != nil {
		return parcel{}, "", nil, err
	}
	action := clone(state)
	action["action_id"], action["block_id"], action["action_ts"] = str(e.element, "action_id"), e.block, s.nextTS()
	for _, key := range []string{"text", "style", "url"} {
		if v, ok := e.element[key]; ok {
			action[key] = v
		}
	}
	viewID := ""
	if at.view != nil {
		viewID = at.view.ID
		keepValue(at.view, e, state)
		at.extra = object{"view": s.wireView(at.view)}
	}
	trigger := s.newTrigger(user, viewID)
	payload := s.interaction(u, "block_actions", trigger)
	payload["container"], payload["actions"] = at.container, []any{action}
	for k, v := range at.extra {
		payload[k] = v
	}
	if at.hook != nil {
		at.hook.act = trigger
		payload["response_url"] = s.newHook(*at.hook)
		payload["state"] = object{"values": object{}}
	}
	return parcel{kind: "block_actions", envelope: "interactive", id: trigger, payload: payload}, trigger, at.hook, nil
}

// interaction is what all interactive payloads have in common.
func (s *Server) interaction(u *User, kind, trigger string) object {
	out := object{
		"type": kind, "token": "legacy", "api_app_id": s.opts.AppID, "enterprise": nil, "is_enterprise_install": false,
		"team": object{"id": u.TeamID, "domain": s.opts.TeamDomain},
		"user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID},
	}
	if trigger != "" {
		out["trigger_id"] = trigger
	}
	return out
}

func (s *Server) surface(user string, on any) (surface, error) {
	switch on := on.(type) {
	case onMessage:
		_, ch, err := s.place(user, on.channel)
		if err != nil {
			return surface{}, err
		}
		m := ch.byTS[on.ts]
		if m == nil || m.Deleted || m.EphemeralTo != "" && m.EphemeralTo != user {
			return surface{}, fmt.Errorf("message %s: %w", on.ts, ErrNotFound)
		}
		return s.messageSurface(ch, m, user), nil
	case onView:
		v := s.views[string(on)]
		if v == nil || !v.Open || v.User != user {
			return surface{}, fmt.Errorf("view %s: %w", on, ErrNotFound)
		}
		return surface{blocks: v.Blocks(), container: object{"type": "view", "view_id": v.ID}, view: v}, nil
	}
	return surface{}, ErrNotFound
}

func (s *Server) messageSurface(ch *channel, m *Message, user string) surface {
	blocks := slices.Clone(m.Blocks)
	for _, att := range m.Attachments {
		blocks = append(blocks, decodeBlocks(att["blocks"])...)
	}
	container := object{
		"type": "message", "message_ts": m.TS, "channel_id": ch.ID, "is_ephemeral": m.EphemeralTo != "",
	}
	set(container, "thread_ts", m.ThreadTS)
	name := ch.Name
	if ch.DM {
		name = "directmessage"
	}
	extra := object{"channel": object{"id": ch.ID, "name": name}}
	if m.EphemeralTo == "" {
		extra["message"] = s.wire(m) // Slack does not send an ephemeral message back
	}
	return surface{
		blocks: blocks, container: container, extra: extra,
		hook: &hook{user: user, channel: ch.ID, message: m, thread: m.ThreadTS},
	}
}

// found is an element and the block it stands in.
type found struct {
	block   string
	label   string // of its input block
	element object
}

// elements lists what a person can act on, in the order it is shown.
func elements(blocks []map[string]any) []found {
	var out []found
	for _, b := range blocks {
		eachElement(clone(b), func(e object) object {
			out = append(out, found{block: str(b, "block_id"), label: str(sub(b, "label"), "text"), element: e})
			return e
		})
	}
	return out
}

// findElement finds an element by action_id, by the words a person reads, or by
// its label.
func findElement(blocks []map[string]any, which string, index int) (found, error) {
	var hits []found
	var seen []string
	for _, f := range elements(blocks) {
		words := plain(str(sub(f.element, "text"), "text"))
		seen = append(seen, cmp.Or(words, f.label, str(sub(f.element, "placeholder"), "text"), str(f.element, "action_id")))
		names := []string{str(f.element, "action_id"), words, f.label, str(sub(f.element, "placeholder"), "text"), str(f.element, "accessibility_label")}
		if which != "" && slices.Contains(names, which) {
			hits = append(hits, f)
		}
	}
	if index < 0 || index >= len(hits) {
		return found{}, fmt.Errorf("%q (number %d) among [%s]: %w", which, index, strings.Join(seen, "] ["), ErrNotFound)
	}
	return hits[index], nil
}

// Buttons are the words on everything a person can press or pick in a message.
func (m Message) Buttons() []string { return buttons(m.Blocks) }

// Buttons are the words on everything a person can press or pick in a view.
func (v View) Buttons() []string { return buttons(v.Blocks()) }

func buttons(blocks []map[string]any) []string {
	var out []string
	for _, f := range elements(blocks) {
		if text := plain(str(sub(f.element, "text"), "text")); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// UseShortcut picks an entry of a message's menu.
func (s *Server) UseShortcut(user, channelID, ts, callbackID string) (Outcome, error) {
	s.mu.Lock()
	u, ch, err := s.place(user, channelID)
	var m *Message
	if err == nil {
		m = ch.byTS[ts]
		known := slices.ContainsFunc(s.opts.Shortcuts, func(x Shortcut) bool { return x.CallbackID == callbackID })
		if m == nil || m.Deleted || m.EphemeralTo != "" || !known {
			err = fmt.Errorf("shortcut %s on message %s: %w", callbackID, ts, ErrNotFound)
		}
	}
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	trigger := s.newTrigger(user, "")
	h := hook{user: user, channel: ch.ID}
	p := s.interaction(u, "message_action", trigger)
	p["callback_id"], p["message_ts"], p["action_ts"] = callbackID, ts, s.nextTS()
	p["channel"], p["message"] = object{"id": ch.ID, "name": ch.slashName()}, s.wire(m)
	p["response_url"] = s.newHook(h)
	s.mu.Unlock()
	out := s.act(parcel{kind: "message_action", envelope: "interactive", id: trigger, payload: p}, user, trigger, &h)
	if out.Code != "" {
		out.Notice = "The app did not respond. Try again."
	}
	return out, nil
}
