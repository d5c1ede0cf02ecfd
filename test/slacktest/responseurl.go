package slacktest

import (
	"errors"
	"net/http"
	"net/url"
	"time"
)

// A response URL works five times within half an hour.
const (
	hookUses = 5
	hookLife = 30 * time.Minute
)

// hook is what a response URL may speak to: one person's act in one channel.
type hook struct {
	user    string
	channel string
	act     string   // id of its delivery
	message *Message // with the button that was pressed; nil for a slash command
	thread  string
	born    time.Time
	used    int
}

func (s *Server) newHook(h hook) string {
	h.born = s.now()
	id := s.newID("R")
	s.hooks[id] = &h
	return s.URL() + "/response/" + id
}

func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	const name = "response_url"
	a, err := readArgs(w, r)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, object{"ok": false, "error": "invalid_payload"})
		return
	}
	if payload := a.form.Get("payload"); payload != "" && a.body == nil {
		a.form = url.Values{}
		if err := (args{form: url.Values{"p": {payload}}}).decode("p", &a.body); err != nil {
			writeJSON(w, http.StatusBadRequest, object{"ok": false, "error": "invalid_payload"})
			return
		}
	}
	a.method, a.act = name, s.actOf(r.PathValue("id"))
	f := s.takeFault(name)
	if f != nil && s.failBefore(w, r, name, a, f) {
		return
	}
	s.mu.Lock()
	status, err := s.useHook(r.PathValue("id"), a)
	s.mu.Unlock()
	failed := s.failsAfter(f, err == nil)
	c := Call{Method: name, At: s.now(), Act: a.act, Args: a.logged(), Status: status}
	if err != nil {
		c.Error = err.Error()
	} else if failed {
		c.Status, c.Error = http.StatusBadGateway, string(FailAfter)
	}
	s.mu.Lock()
	s.record(c)
	s.mu.Unlock()
	switch {
	case failed:
		http.Error(w, "bad gateway", http.StatusBadGateway)
	case err != nil:
		writeJSON(w, status, failure(err))
	default:
		writeJSON(w, status, object{"ok": true})
	}
}

// actOf is the delivery that a response URL belongs to, if there is one.
func (s *Server) actOf(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.hooks[id]; ok {
		return h.act
	}
	return ""
}

func (s *Server) useHook(id string, a args) (int, error) {
	h, ok := s.hooks[id]
	switch {
	case !ok:
		return http.StatusNotFound, refuse("invalid_url")
	case h.used >= hookUses:
		s.violate("response_url", "used more than %d times", hookUses)
		return http.StatusNotFound, refuse("used_url")
	case s.now().Sub(h.born) > hookLife:
		return http.StatusNotFound, refuse("expired_url")
	}
	h.used++
	if _, err := s.speak(h, a); err != nil {
		if refused, ok := errors.AsType[*apiError](err); ok && len(refused.messages) > 0 {
			s.violate("response_url", "%s: %v", refused.code, refused.messages)
		}
		return http.StatusBadRequest, err
	}
	return http.StatusOK, nil
}

// speak posts, replaces or deletes on behalf of a response URL or of an
// acknowledgement that carries a message.
func (s *Server) speak(h *hook, a args) (*Message, error) {
	ch := s.channels[h.channel]
	if a.flag("delete_original") {
		if h.message != nil && !h.message.Deleted {
			s.remove(ch, h.message)
		}
		return nil, nil
	}
	c, _, err := s.readContent(a)
	if err != nil {
		return nil, err
	}
	if a.flag("replace_original") && h.message != nil && !h.message.Deleted {
		s.edit(ch, h.message, keepAbsent(a, c, Content{Metadata: h.message.Metadata}))
		return h.message, nil
	}
	m := Message{User: s.opts.BotUserID, Content: c, ThreadTS: a.str("thread_ts"), EphemeralTo: h.user, Act: h.act}
	if m.ThreadTS == "" && h.message != nil && h.message.isReply() {
		m.ThreadTS = h.thread
	}
	if a.str("response_type") == "in_channel" {
		m.EphemeralTo = ""
	}
	posted := s.post(ch, m)
	if h.message == nil {
		h.message = posted // replace_original of a slash command means its first answer
	}
	return posted, nil
}
