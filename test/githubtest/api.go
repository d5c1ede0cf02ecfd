package githubtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/changebot/changebot/test/githubtest/contract"
)

// maxBody is more than any request of the API may hold.
const maxBody = 40 << 20

// obj is a JSON object on its way out. GitHub's descriptions require many
// fields to be there and null, which structs with omitempty cannot say.
type obj = map[string]any

// call is one request of the REST API, with what its handler needs. The
// repository, where the path names one, is locked while the handler runs.
type call struct {
	s     *Server
	ctx   context.Context // the server's, not the client's: effects are whole
	r     *http.Request
	op    contract.Operation
	body  []byte
	actor actor
	repo  *repo
}

// answer is what a handler gives back.
type answer struct {
	status int
	body   any    // rendered as JSON, unless
	text   []byte // is set, which goes out as it is
	media  string // content type of text
	header http.Header
}

// problem is a refusal as GitHub words it.
type problem struct {
	status  int
	message string
	errors  any // []obj or []string; nil leaves the field out
	docs    string
	header  http.Header
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s", p.status, p.message) }

// refuse makes a refusal with a status and a message.
func refuse(status int, message string) error { return &problem{status: status, message: message} }

// notFound is GitHub's answer to what is not there or may not be seen.
func notFound() error { return refuse(http.StatusNotFound, "Not Found") }

// invalid is a 422 "Validation Failed" with its details.
func invalid(details ...obj) error {
	return &problem{status: http.StatusUnprocessableEntity, message: "Validation Failed", errors: details}
}

func ok(body any) (answer, error)      { return answer{status: http.StatusOK, body: body}, nil }
func created(body any) (answer, error) { return answer{status: http.StatusCreated, body: body}, nil }

// decode reads the request's JSON body into v. An empty body and null leave v
// as it is.
func (c *call) decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// number reads a numeric path parameter; one that is no number names nothing.
func (c *call) number(name string) (int64, error) {
	n, err := strconv.ParseInt(c.op.Vars[name], 10, 64)
	if err != nil {
		return 0, notFound()
	}
	return n, nil
}

// serveAPI answers one request of the REST API: log, faults, limits, handler,
// check.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	x := s.begin(r, strings.TrimPrefix(r.URL.Path, apiBase))
	defer s.end(x)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return // the client went away or sends without end: nobody to answer
	}
	x.RequestBody = body
	c := &call{s: s, ctx: s.ctx, r: r, body: body}
	var known bool
	c.op, known = s.api.Find(r.Method, strings.TrimPrefix(r.URL.EscapedPath(), apiBase))
	x.Operation = c.op.ID
	if !known {
		x.violates("the operation is not in the OpenAPI subset")
	} else if err := s.api.Request(s.ctx, r, c.op, body); err != nil {
		x.violates(err.Error())
	}
	a, authErr := s.authenticate(r)
	c.actor, x.Actor = a, a.login
	run := func() answer { return s.answer(c, known, authErr) }
	f, _ := s.faults.Next(x.Method, x.Path, x.Actor) // the zero fault strikes nothing
	reply, struck := s.strike(w, x, c, f, run)
	if reply == nil {
		return // a hanging call has no answer
	}
	s.write(w, x, c, *reply, known && !struck)
}

// answer runs the operation within the limits.
func (s *Server) answer(c *call, known bool, authErr error) answer {
	if authErr != nil {
		return s.refusal(authErr)
	}
	key, resource := limitKey(c), "core"
	if strings.HasPrefix(c.op.ID, "search/") {
		resource = "search"
	}
	free := c.op.ID == "rate-limit/get"
	if !free {
		if err := s.limits.admit(key, resource, c.r.Method); err != nil {
			return s.limits.mark(s.refusal(err), key, resource)
		}
		defer s.limits.leave(key)
	}
	if !known {
		return s.refusal(notFound())
	}
	reply, err := s.perform(c)
	if err != nil {
		reply = s.refusal(err)
	}
	reply = conditional(c.r, reply)
	if !free && reply.status != http.StatusNotModified {
		s.limits.count(key, resource)
	}
	return s.limits.mark(reply, key, resource)
}

// perform checks the actor's rights and calls the handler.
func (s *Server) perform(c *call) (answer, error) {
	op, implemented := s.ops[c.op.ID]
	if !implemented {
		return answer{}, notFound()
	}
	if c.op.Vars["repo"] != "" {
		r, err := s.repo(c.op.Vars["owner"] + "/" + c.op.Vars["repo"])
		if err != nil {
			return answer{}, notFound()
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		c.repo = r
	}
	if err := s.authorize(c, op); err != nil {
		return answer{}, err
	}
	return op.handle(c)
}

// refusal renders an error. What is no problem of GitHub's wording is a fault
// of this server: it is logged and answered as 500.
func (s *Server) refusal(err error) answer {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		s.log.Error("handler", "error", err)
		p = &problem{status: http.StatusInternalServerError, message: "Server Error: " + err.Error()}
	}
	docs := p.docs
	if docs == "" {
		docs = "https://docs.github.com/rest"
	}
	body := obj{"message": p.message, "documentation_url": docs, "status": strconv.Itoa(p.status)}
	if p.errors != nil {
		body["errors"] = p.errors
	}
	return answer{status: p.status, body: body, header: p.header}
}

// conditional gives a 200 its ETag, and turns it into a 304 where the client
// has that already.
func conditional(r *http.Request, a answer) answer {
	if r.Method != http.MethodGet || a.status != http.StatusOK {
		return a
	}
	raw, _ := payload(a) // what cannot be rendered fails again, and is told, in write
	sum := sha256.Sum256(raw)
	etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set("ETag", etag)
	a.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	for _, known := range strings.Split(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(known), "W/") == strings.TrimPrefix(etag, "W/") {
			return answer{status: http.StatusNotModified, header: a.header}
		}
	}
	return a
}

func payload(a answer) ([]byte, error) {
	switch {
	case a.text != nil:
		return a.text, nil
	case a.body == nil:
		return nil, nil
	}
	return json.Marshal(a.body)
}

// write sends an answer and checks it against the description.
func (s *Server) write(w http.ResponseWriter, x *Exchange, c *call, a answer, check bool) {
	raw, err := payload(a)
	if err != nil {
		a = s.refusal(fmt.Errorf("render answer: %w", err))
		raw, _ = payload(a)
	}
	h := w.Header()
	for k, v := range a.header {
		h[k] = v
	}
	h.Set("X-GitHub-Request-Id", strconv.FormatInt(x.ID, 16))
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	h.Set("X-GitHub-Enterprise-Version", "3.17.0")
	h.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP")
	if len(raw) > 0 {
		h.Set("Content-Type", "application/json; charset=utf-8")
		if a.text != nil {
			h.Set("Content-Type", a.media)
		}
	}
	x.Status, x.ResponseBody = a.status, raw
	if check && a.status != http.StatusNotModified {
		if a.status == http.StatusInternalServerError {
			x.violates("the server failed: " + string(raw))
		} else if err := s.api.Response(s.ctx, c.r, c.op, a.status, h, raw); err != nil {
			x.violates(err.Error())
		}
	}
	s.end(x)
	w.WriteHeader(a.status)
	_, _ = w.Write(raw) // a client that went away is no concern of ours
}
