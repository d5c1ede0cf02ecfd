package githubtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing/iotest"

	"github.com/changebot/changebot/test/githubtest/bare"
	"github.com/changebot/changebot/test/githubtest/fault"
)

// maxPush is the largest push the server takes, in bytes.
const maxPush = 512 << 20

// gitPath splits /{owner}/{repo}.git/{service}; the .git may be left out.
func gitPath(path string) (repo, service string, ok bool) {
	for _, service := range []string{"info/refs", "git-upload-pack", "git-receive-pack"} {
		if name, found := strings.CutSuffix(path, "/"+service); found && strings.Count(name, "/") == 2 {
			return strings.TrimSuffix(strings.TrimPrefix(name, "/"), ".git"), service, true
		}
	}
	return "", "", false
}

func isGit(path string) bool {
	_, _, ok := gitPath(path)
	return ok
}

// serveGit serves git over smart HTTP: git http-backend behind our tokens.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	x := s.begin(r, r.URL.Path)
	defer s.end(x)
	x.Operation = "git"
	name, service, _ := gitPath(r.URL.Path)
	push := service == "git-receive-pack" || r.URL.Query().Get("service") == "git-receive-pack"
	who, err := s.authenticate(r)
	x.Actor = who.login
	c := &call{s: s, ctx: s.ctx, r: r, actor: who}
	if err == nil {
		c.repo, err = s.gitAccess(name, who, push)
	}
	target := x.Path
	if push && service == "info/refs" {
		target += "?service=git-receive-pack"
	}
	f, _ := s.faults.Next(x.Method, target, x.Actor)
	if err == nil && f.Kind == "" && service == "git-upload-pack" {
		s.stream(w, x, c)
		return
	}
	if f.Kind == fault.Late {
		r.Body = received(r.Body)
	}
	reply, _ := s.strike(w, x, c, f, func() answer {
		if err != nil {
			return gitRefusal(err)
		}
		return s.gitAnswer(w, c, service)
	})
	if reply == nil {
		return
	}
	for k, v := range reply.header {
		w.Header()[k] = v
	}
	raw, _ := payload(*reply) // plain values
	if reply.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
	}
	x.Status = reply.status
	s.end(x)
	w.WriteHeader(reply.status)
	_, _ = w.Write(raw) // a client that went away is no concern of ours
}

// gitAccess finds the repository and checks that the actor may read or push.
func (s *Server) gitAccess(name string, who actor, push bool) (*repo, error) {
	r, err := s.repo(name)
	if err != nil && who.kind == anonymous {
		return nil, refuse(http.StatusUnauthorized, "Repository not found.")
	}
	if err != nil {
		return nil, refuse(http.StatusNotFound, "Repository not found.")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !s.mayRead(r, who) || push && who.kind == anonymous {
		if who.kind == anonymous {
			return nil, refuse(http.StatusUnauthorized, "Authentication required.")
		}
		return nil, refuse(http.StatusNotFound, "Repository not found.")
	}
	need := "contents:read"
	if push {
		need = "contents:write"
	}
	if who.kind == install && !granted(who.permissions, need) || who.kind == person && push && s.role(r, who.login) < Write {
		return nil, refuse(http.StatusForbidden, "Write access to repository not granted.")
	}
	return r, nil
}

func gitRefusal(err error) answer {
	status := http.StatusInternalServerError
	if p, ok := errors.AsType[*problem](err); ok {
		status = p.status
	}
	return answer{status: status, text: []byte(err.Error() + "\n"), header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}

// stream sends a pack as git makes it.
func (s *Server) stream(w http.ResponseWriter, x *Exchange, c *call) {
	body, err := readBody(w, c.r)
	if err != nil {
		return
	}
	x.Status = http.StatusOK
	s.end(x)
	s.backend(w, c, "git-upload-pack", body, nil)
}

// gitAnswer runs git and keeps what it says until refs and webhooks have
// followed, so that a client whose push has ended finds its effects done.
func (s *Server) gitAnswer(w http.ResponseWriter, c *call, service string) answer {
	body, err := readBody(w, c.r)
	if err != nil {
		return gitRefusal(refuse(http.StatusRequestEntityTooLarge, "The request cannot be read."))
	}
	kept := &keeper{header: http.Header{}, status: http.StatusOK}
	if service != "git-receive-pack" {
		s.backend(kept, c, service, body, nil)
		return kept.answer()
	}
	commands, err := pushCommands(body)
	if err != nil {
		return gitRefusal(refuse(http.StatusBadRequest, err.Error()))
	}
	c.repo.mu.Lock()
	defer c.repo.mu.Unlock()
	var denied strings.Builder
	for i, p := range commands {
		if now, err := c.repo.git.Ref(s.ctx, p.Ref); err == nil && now == p.New {
			commands[i].Old = now // nothing moves, whatever git says of it
		}
		if commands[i].Refused = s.denied(c.repo, p.Ref, p.Old, p.New, c.actor); commands[i].Refused != "" {
			fmt.Fprintf(&denied, "%s %s\n", p.Ref, commands[i].Refused)
		}
	}
	s.backend(kept, c, service, body, []string{bare.DeniedRefs + "=" + denied.String()})
	if err := s.pushed(c, commands); err != nil {
		return gitRefusal(err)
	}
	return kept.answer()
}

// pushed lets the forge follow the refs that a push has moved.
func (s *Server) pushed(c *call, commands []Push) error {
	for _, p := range commands {
		now, err := c.repo.git.Ref(s.ctx, p.Ref)
		if err != nil {
			now = bare.Zero
		}
		if now == p.New && p.Old != p.New && p.Refused == "" {
			if err := s.moved(c.repo, p.Ref, p.Old, p.New, c.actor, "git"); err != nil {
				return err
			}
			continue
		}
		if p.Refused == "" && p.Old != p.New {
			p.Refused = "refused by git: the ref has moved, or the push was not complete"
		}
		p.At, p.Actor, p.Via = s.now(), c.actor.login, "git"
		c.repo.pushes = append(c.repo.pushes, p)
	}
	return nil
}

// readBody reads a request to git, unpacked.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, maxPush)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = io.LimitReader(unpacked, maxPush)
	}
	return io.ReadAll(body)
}

// received reads a body now: later its sender may be gone.
func received(body io.Reader) io.ReadCloser {
	data, err := io.ReadAll(io.LimitReader(body, maxPush))
	if err != nil {
		return io.NopCloser(iotest.ErrReader(err))
	}
	return io.NopCloser(bytes.NewReader(data))
}

// backend runs git http-backend for one request, within the bound on children.
func (s *Server) backend(w http.ResponseWriter, c *call, service string, body []byte, env []string) {
	select {
	case s.gitSlot <- struct{}{}:
		defer func() { <-s.gitSlot }()
	case <-c.r.Context().Done():
		return
	}
	git, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, "git is not installed", http.StatusInternalServerError)
		return
	}
	root, repo := filepath.Split(c.repo.git.Dir)
	// A clone without the client's context: a push that has arrived is whole.
	req := c.r.Clone(context.WithoutCancel(c.r.Context()))
	req.URL.Path = "/" + repo + "/" + service
	req.Body, req.ContentLength, req.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	for _, h := range []string{"Authorization", "Content-Encoding", "Transfer-Encoding"} {
		req.Header.Del(h)
	}
	handler := &cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Dir: c.repo.git.Dir,
		Env:    append(append(bare.Env(s.opt.Dir), "GIT_PROJECT_ROOT="+root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER="+c.actor.login), env...),
		Logger: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		Stderr: io.Discard,
	}
	handler.ServeHTTP(w, req)
}

// pushCommands reads what a push asks for: pkt-lines of "old new ref", the
// first with capabilities after a NUL, up to a flush.
func pushCommands(body []byte) ([]Push, error) {
	var pushes []Push
	for len(body) >= 4 {
		n, err := strconv.ParseUint(string(body[:4]), 16, 16)
		if err != nil || n > uint64(len(body)) || n > 0 && n < 4 {
			return nil, fmt.Errorf("malformed push")
		}
		if n == 0 {
			return pushes, nil
		}
		line, _, _ := strings.Cut(string(body[4:n]), "\x00")
		body = body[n:]
		f := strings.Fields(line)
		if len(f) != 3 { // "shallow <sha>"
			continue
		}
		pushes = append(pushes, Push{Old: f[0], New: f[1], Ref: f[2]})
	}
	return pushes, nil
}

// keeper keeps a response.
type keeper struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keeper) Header() http.Header         { return k.header }
func (k *keeper) WriteHeader(status int)      { k.status = status }
func (k *keeper) Write(p []byte) (int, error) { return k.body.Write(p) }

func (k *keeper) answer() answer {
	return answer{status: k.status, text: append([]byte{}, k.body.Bytes()...), header: k.header}
}
