package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/slacktest/page"
)

// routePage serves the page and the endpoints behind it.
func (s *Server) routePage(mux *http.ServeMux) {
	static := http.FileServerFS(page.Files())
	mux.HandleFunc("GET /_ui/state", s.pageState)
	mux.HandleFunc("GET /_ui/live", s.pageLive)
	mux.HandleFunc("POST /_ui/act", s.pageAct)
	mux.HandleFunc("GET /archives/{channel}/{message}", s.pagePermalink)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		static.ServeHTTP(w, r)
	})
}

// pagePermalink leads from a permalink to the page with that message open.
func (s *Server) pagePermalink(w http.ResponseWriter, r *http.Request) {
	ts := strings.TrimPrefix(r.PathValue("message"), "p")
	if len(ts) > 6 {
		ts = ts[:len(ts)-6] + "." + ts[len(ts)-6:]
	}
	to := "../../#" + r.PathValue("channel") + "/" + ts
	if root := r.URL.Query().Get("thread_ts"); root != "" {
		to = "../../#" + r.PathValue("channel") + "/" + root
	}
	w.Header().Set("Location", to) // relative, for a path prefix that only the browser knows
	w.WriteHeader(http.StatusFound)
}

// pageLive sends the workspace's version after every change, as server-sent events.
func (s *Server) pageLive(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		s.mu.Lock()
		version, changed := s.version, s.changed
		s.mu.Unlock()
		if _, err := fmt.Fprintf(w, "data: %d\n\n", version); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
		if !s.pause(30 * time.Millisecond) { // one event for a burst of changes
			return
		}
	}
}

// pageState is all that one person sees.
func (s *Server) pageState(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, s.screen(r.URL.Query().Get("user"), r.URL.Query().Get("channel")))
}

// screen is a snapshot of what a person sees, with the messages of one channel.
func (s *Server) screen(user, open string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[user]; u == nil || u.Bot || u.Deleted {
		user = s.firstPerson()
	}
	var channels []any
	if user != "" {
		s.dm(user)
	}
	for _, id := range s.chanOrder {
		if ch := s.channels[id]; ch.has(user) {
			channels = append(channels, s.pageChannel(ch, user, open == id))
		}
	}
	state := object{
		"version": s.version, "user": user, "team": s.opts.TeamName, "bot": s.opts.BotUserID,
		"users": s.pageUsers(), "groups": s.pageGroups(), "channels": channels,
		"commands": s.opts.Commands, "shortcuts": s.opts.Shortcuts, "hints": s.opts.Hints,
		"modal": nil, "home": nil,
	}
	if stack := s.stacks[user]; len(stack) > 0 {
		v := s.views[stack[len(stack)-1]]
		state["modal"] = pageView(s.wireView(v), v)
	}
	if v := s.homes[user]; v != nil {
		state["home"] = pageView(s.wireView(v), v)
	}
	return encode(state) // while the lock is held: it shares what others change
}

func pageView(wired object, v *View) object {
	wired["errors"] = v.Errors
	return wired
}

func (s *Server) firstPerson() string {
	for _, id := range s.userOrder {
		if u := s.users[id]; !u.Bot && !u.Deleted {
			return id
		}
	}
	return ""
}

func (s *Server) pageUsers() []any {
	var out []any
	for _, id := range s.userOrder {
		u := s.users[id]
		unread := 0
		for _, ch := range s.channels {
			if !u.Bot && ch.DM && ch.has(id) {
				unread += s.unread(ch, id)
			}
		}
		out = append(out, object{
			"id": u.ID, "name": u.Name, "real_name": u.RealName, "title": u.Title, "bot": u.Bot,
			"deleted": u.Deleted, "guest": u.Restricted, "foreign": u.TeamID != s.opts.TeamID, "unread": unread,
		})
	}
	return out
}

func (s *Server) pageGroups() []any {
	out := []any{}
	for _, id := range s.groupOrder {
		out = append(out, object{"id": id, "handle": s.groups[id].Handle, "name": s.groups[id].Name})
	}
	return out
}

// sees reports whether a message is on this person's screen.
func sees(m *Message, user string) bool {
	return !m.Deleted && (m.EphemeralTo == "" || m.EphemeralTo == user)
}

func (s *Server) unread(ch *channel, user string) int {
	n := 0
	for i := len(ch.messages) - 1; i >= 0 && ch.messages[i].TS > ch.read[user]; i-- {
		if m := ch.messages[i]; sees(m, user) && m.User != user && !m.isReply() {
			n++
		}
	}
	return n
}

// pageChannel is a channel, with its messages if it is the one on screen.
func (s *Server) pageChannel(ch *channel, user string, open bool) object {
	out := object{
		"id": ch.ID, "name": ch.Name, "private": ch.Private, "dm": ch.DM, "members": ch.Members,
		"unread": s.unread(ch, user), "with": "",
	}
	if ch.DM {
		out["with"] = s.opts.BotUserID
	}
	if !open {
		return out
	}
	messages := []any{}
	for _, m := range ch.messages {
		if !sees(m, user) {
			continue
		}
		o := s.wire(m)
		for i, f := range objects(list(o, "files")) {
			f["preview"] = preview(m.Files[i].Content)
		}
		messages = append(messages, o)
	}
	out["messages"] = messages
	return out
}

// preview is a file's first lines.
func preview(content []byte) string {
	lines := strings.SplitAfterN(string(content), "\n", 13)
	if len(lines) == 13 {
		return strings.Join(lines[:12], "") + "…"
	}
	return string(content)
}

// pageRequest is an act of the person at the page.
type pageRequest struct {
	Act     string            `json:"act"`
	User    string            `json:"user"`
	Channel string            `json:"channel"`
	TS      string            `json:"ts"`
	Thread  string            `json:"thread"`
	View    string            `json:"view"`
	Which   string            `json:"which"` // action_id, command, callback_id or emoji
	Text    string            `json:"text"`
	Index   int               `json:"index"`
	Values  []string          `json:"values"`
	Fields  map[string]string `json:"fields"`
}

func (s *Server) pageAct(w http.ResponseWriter, r *http.Request) {
	// A page of another origin cannot send this type without asking first.
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		http.Error(w, "application/json, please", http.StatusUnsupportedMediaType)
		return
	}
	var req pageRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := s.perform(req)
	if err != nil {
		status := http.StatusBadRequest
		if errors.Is(err, ErrNotFound) {
			status = http.StatusNotFound
		}
		writeJSON(w, status, object{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, object{"notice": out.Notice, "errors": out.Errors, "opened": out.View != nil})
}

func (s *Server) perform(q pageRequest) (Outcome, error) {
	switch q.Act {
	case "say":
		_, err := s.Say(q.User, q.Channel, q.Text, q.Thread)
		return Outcome{}, err
	case "slash":
		return s.Slash(q.User, q.Channel, q.Which, q.Text)
	case "press":
		if q.View != "" {
			return s.press(q.User, onView(q.View), q.Which, q.Index, q.Values...)
		}
		return s.press(q.User, onMessage{q.Channel, q.TS}, q.Which, q.Index, q.Values...)
	case "shortcut":
		return s.UseShortcut(q.User, q.Channel, q.TS, q.Which)
	case "submit":
		return s.Submit(q.User, q.View, q.Fields)
	case "close":
		return Outcome{}, s.CloseView(q.User, q.View)
	case "home":
		return Outcome{}, s.OpenHome(q.User)
	case "react":
		return Outcome{}, s.React(q.User, q.Channel, q.TS, q.Which, q.Index == 0)
	case "read":
		s.markRead(q.User, q.Channel)
		return Outcome{}, nil
	}
	return Outcome{}, fmt.Errorf("act %q: %w", q.Act, ErrNotFound)
}

func (s *Server) markRead(user, channelID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, ok := s.channels[channelID]
	if !ok || len(ch.messages) == 0 || !slices.Contains(ch.Members, user) {
		return
	}
	if last := ch.messages[len(ch.messages)-1].TS; ch.read[user] != last {
		ch.read[user] = last
		s.touch()
	}
}
