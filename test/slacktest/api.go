package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody is more than any call of the Web API may carry.
const maxBody = 4 << 20

// method is one method of the Web API. run is called with mu held.
type method struct {
	run  func(args) (object, error)
	tier int  // rate limit tier 1–4; 5 is chat.postMessage's own, per channel
	app  bool // wants the app-level token instead of the bot's
}

// apiError is an answer of Slack: ok false with this error.
type apiError struct {
	code     string
	messages []string // response_metadata.messages
}

func (e *apiError) Error() string { return e.code }

func refuse(code string) error { return &apiError{code: code} }

func (s *Server) webAPI() map[string]method {
	return map[string]method{
		"auth.test":                    {run: s.authTest, tier: 4},
		"apps.connections.open":        {run: s.connectionsOpen, tier: 1, app: true},
		"bots.info":                    {run: s.botsInfo, tier: 3},
		"chat.delete":                  {run: s.chatDelete, tier: 3},
		"chat.getPermalink":            {run: s.chatGetPermalink, tier: 4},
		"chat.postEphemeral":           {run: s.chatPostEphemeral, tier: 4},
		"chat.postMessage":             {run: s.chatPostMessage, tier: 5},
		"chat.update":                  {run: s.chatUpdate, tier: 3},
		"conversations.history":        {run: s.conversationsHistory, tier: 3},
		"conversations.info":           {run: s.conversationsInfo, tier: 3},
		"conversations.join":           {run: s.conversationsJoin, tier: 3},
		"conversations.list":           {run: s.conversationsList, tier: 2},
		"conversations.members":        {run: s.conversationsMembers, tier: 4},
		"conversations.open":           {run: s.conversationsOpen, tier: 3},
		"conversations.replies":        {run: s.conversationsReplies, tier: 3},
		"files.completeUploadExternal": {run: s.filesCompleteUpload, tier: 4},
		"files.getUploadURLExternal":   {run: s.filesGetUploadURL, tier: 4},
		"files.info":                   {run: s.filesInfo, tier: 4},
		"reactions.add":                {run: s.reactionsAdd, tier: 3},
		"reactions.get":                {run: s.reactionsGet, tier: 3},
		"reactions.remove":             {run: s.reactionsRemove, tier: 2},
		"team.info":                    {run: s.teamInfo, tier: 3},
		"usergroups.list":              {run: s.usergroupsList, tier: 2},
		"usergroups.users.list":        {run: s.usergroupsUsersList, tier: 2},
		"usergroups.users.update":      {run: s.usergroupsUsersUpdate, tier: 2},
		"users.info":                   {run: s.usersInfo, tier: 4},
		"users.list":                   {run: s.usersList, tier: 2},
		"users.lookupByEmail":          {run: s.usersLookupByEmail, tier: 3},
		"views.open":                   {run: s.viewsOpen, tier: 4},
		"views.publish":                {run: s.viewsPublish, tier: 4},
		"views.push":                   {run: s.viewsPush, tier: 4},
		"views.update":                 {run: s.viewsUpdate, tier: 4},
	}
}

// serveAPI answers one call: fault, token, limit, method, record.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, err := readArgs(w, r)
	if err != nil {
		writeJSON(w, http.StatusOK, object{"ok": false, "error": "invalid_form_data"})
		return
	}
	a.method = name
	f := s.takeFault(name)
	if f != nil && s.failBefore(w, r, name, a, f) {
		return
	}
	out, wait, err := s.call(a)
	c := Call{Method: name, At: s.now(), Args: a.logged(), Status: http.StatusOK}
	failed := s.failsAfter(f, wait == 0 && err == nil)
	if wait > 0 {
		c.Status, c.Error = http.StatusTooManyRequests, "ratelimited"
	} else if err != nil {
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
	case wait > 0:
		writeLimited(w, wait)
	case err != nil:
		writeJSON(w, http.StatusOK, failure(err))
	default:
		out["ok"] = true
		writeJSON(w, http.StatusOK, out)
	}
}

// call runs a method. A wait above zero means that a rate limit was hit.
func (s *Server) call(a args) (out object, wait time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.methods[a.method]
	if !ok {
		s.violate(a.method, "no such method, or one this Slack does not know")
		return nil, 0, refuse("unknown_method")
	}
	if err := s.checkToken(a.token, m.app); err != nil {
		return nil, 0, err
	}
	if wait := s.overLimit(a, m.tier); wait > 0 {
		return nil, wait, nil
	}
	out, err = m.run(a)
	var refused *apiError
	if errors.As(err, &refused) && len(refused.messages) > 0 {
		s.violate(a.method, "%s: %s", refused.code, strings.Join(refused.messages, "; "))
	}
	return out, 0, err
}

func (s *Server) checkToken(token string, app bool) error {
	switch {
	case token == "":
		return refuse("not_authed")
	case token != s.opts.BotToken && token != s.opts.AppToken:
		return refuse("invalid_auth")
	case s.tokenError != "":
		return refuse(s.tokenError)
	case app != (token == s.opts.AppToken):
		return refuse("not_allowed_token_type")
	}
	return nil
}

// KillTokens makes every call answer an error, "account_inactive" or
// "token_revoked", until it is called with "".
func (s *Server) KillTokens(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenError = answer
	s.touch()
}

func failure(err error) object {
	out := object{"ok": false, "error": err.Error()}
	var refused *apiError
	if errors.As(err, &refused) && len(refused.messages) > 0 {
		out["response_metadata"] = object{"messages": refused.messages}
	}
	return out
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(v)) // whoever hung up does not want it
}

func writeLimited(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	writeJSON(w, http.StatusTooManyRequests, object{"ok": false, "error": "ratelimited"})
}

// args are a call's arguments, from a form or a JSON body.
type args struct {
	method string
	act    string // id of the delivery that a response URL is of
	token  string
	form   url.Values
	body   map[string]json.RawMessage
}

func readArgs(w http.ResponseWriter, r *http.Request) (args, error) {
	a := args{form: r.URL.Query(), token: bearer(r)}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // absent is a form without fields
	if kind == "application/json" {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return a, fmt.Errorf("read the body: %w", err)
		}
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &a.body); err != nil {
				return a, fmt.Errorf("decode the body: %w", err)
			}
		}
	} else if err := r.ParseMultipartForm(maxBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return a, fmt.Errorf("decode the form: %w", err)
	} else {
		a.form = r.Form
	}
	if a.token == "" {
		a.token = a.str("token")
	}
	return a, nil
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// str is a string argument; a number or a flag in JSON counts as its text.
func (a args) str(key string) string {
	if raw, ok := a.body[key]; ok {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return text
		}
		if string(raw) == "null" {
			return ""
		}
		return string(raw)
	}
	return a.form.Get(key)
}

func (a args) flag(key string) bool { return a.str(key) == "true" || a.str(key) == "1" }

func (a args) number(key string, fallback int) int {
	if n, err := strconv.Atoi(a.str(key)); err == nil && n > 0 {
		return n
	}
	return fallback
}

// has reports whether the argument was sent at all.
func (a args) has(key string) bool {
	_, ok := a.body[key]
	return ok || a.form.Has(key)
}

// decode reads a nested argument, which a form carries as JSON text. An absent
// one leaves v alone.
func (a args) decode(key string, v any) error {
	text := a.str(key)
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}
