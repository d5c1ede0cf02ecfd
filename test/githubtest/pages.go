package githubtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
	"github.com/changebot/changebot/test/githubtest/pages"
)

// viewer is the cookie that remembers who a person looks as. Anybody may be
// anybody here: these pages are for a playground, not for secrets.
const viewer = "githubtest_as"

// view is one request for a page, with its repository locked.
type view struct {
	s     *Server
	r     *http.Request
	repo  *repo
	frame pages.Frame
	rest  string // of the path, behind the kind of page
}

// page is what a view shows: a template and what fills it.
type page struct {
	name  string
	model any
}

// servePages serves the pages for people.
func (s *Server) servePages(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	parts := strings.SplitN(strings.Trim(r.URL.Path, "/"), "/", 4)
	if parts[0] == "-" && len(parts) == 2 {
		if data, kind, found := pages.Static(parts[1]); found {
			h.Set("Content-Type", kind)
			_, _ = w.Write(data) // a browser that went away is no concern of ours
			return
		}
	}
	v := &view{s: s, r: r, frame: s.frame(w, r)}
	if len(parts) >= 2 {
		found, err := s.repo(parts[0] + "/" + parts[1])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		v.repo = found
		v.frame.Repo = found.fullName()
		found.mu.Lock()
		defer found.mu.Unlock()
		v.frame.Version = found.version
	} else if parts[0] != "" {
		http.NotFound(w, r)
		return
	}
	parts = append(parts, "", "", "")
	v.rest = parts[3]
	s.route(w, v, parts[2])
}

// route finds the page of a kind: pulls, pull, commit, tree, ….
func (s *Server) route(w http.ResponseWriter, v *view, kind string) {
	if kind == "pull" && v.r.Method == http.MethodPost {
		v.act(w)
		return
	}
	var p page
	var err error
	switch {
	case v.repo == nil:
		p, err = v.home()
	case kind == "-" && v.rest == "version":
		_, _ = fmt.Fprint(w, v.repo.version)
		return
	case kind == "raw":
		v.raw(w)
		return
	case kind == "pulls":
		p, err = v.pulls()
	case kind == "pull":
		p, err = v.pull()
	case kind == "commit":
		p, err = v.commit()
	case kind == "commits":
		p, err = v.history()
	case kind == "" || kind == "tree" || kind == "blob":
		p, err = v.tree()
	default:
		err = bare.ErrNotFound
	}
	var out bytes.Buffer
	if err == nil {
		err = s.pages.Render(&out, p.name, p.model)
	}
	switch {
	case errors.Is(err, bare.ErrNotFound):
		http.NotFound(w, v.r)
	case err != nil:
		s.log.Error("page", "path", v.r.URL.Path, "error", err)
		http.Error(w, "This page cannot be shown: "+err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(out.Bytes())
	}
}

// frame makes the frame of a page, and remembers who looks.
func (s *Server) frame(w http.ResponseWriter, r *http.Request) pages.Frame {
	as := ""
	if c, err := r.Cookie(viewer); err == nil {
		as = c.Value
	}
	chosen := r.FormValue("as")
	if chosen != "" {
		as = chosen
	}
	f := pages.Frame{Base: s.base(), Title: "Repositories", Tab: "code", Notice: r.URL.Query().Get("notice")}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.kind == "User" {
			f.People = append(f.People, a.login)
		}
	}
	slices.Sort(f.People)
	if slices.Contains(f.People, as) {
		f.As = as
	}
	if chosen != "" {
		http.SetCookie(w, &http.Cookie{Name: viewer, Value: f.As, Path: "/", SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	return f
}

func (v *view) home() (page, error) {
	home := pages.Home{Frame: v.frame}
	for _, r := range v.s.allRepos() {
		r.mu.Lock()
		row := pages.RepoRow{Name: r.fullName(), Branch: r.branch, Pushed: r.pushedAt}
		for _, p := range r.pulls {
			if p.state == "open" {
				row.Open++
			}
		}
		r.mu.Unlock()
		home.Repos = append(home.Repos, row)
	}
	return page{"home", home}, nil
}

// at splits "ref/path", where the ref may hold slashes, at the longest branch
// that fits, and resolves the ref.
func (v *view) at() (ref, path, sha string, err error) {
	ref, path, _ = strings.Cut(v.rest, "/")
	if v.rest == "" {
		ref = v.repo.branch
	}
	refs, err := v.repo.git.Refs(v.s.ctx, "refs/heads/")
	if err != nil {
		return "", "", "", err
	}
	for _, b := range refs {
		name := strings.TrimPrefix(b.Name, "refs/heads/")
		if rest, found := strings.CutPrefix(v.rest+"/", name+"/"); found && len(name) > len(ref) {
			ref, path = name, strings.Trim(rest, "/")
		}
	}
	sha, err = v.repo.git.Commit(v.s.ctx, ref)
	return ref, strings.Trim(path, "/"), sha, err
}

// raw sends a file as plain text.
func (v *view) raw(w http.ResponseWriter) {
	_, path, sha, err := v.at()
	if err == nil {
		var entry bare.Entry
		if entry, err = v.repo.git.Lookup(v.s.ctx, sha, path); err == nil {
			var data []byte
			if data, err = v.repo.git.Blob(v.s.ctx, entry.SHA); err == nil {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = w.Write(data)
				return
			}
		}
	}
	http.NotFound(w, v.r)
}

// act does what a button of a pull request asks for, as the person who looks,
// and goes back to its page.
func (v *view) act(w http.ResponseWriter) {
	number, _, _ := strings.Cut(v.rest, "/")
	n, _ := strconv.ParseInt(number, 10, 64) // what is no number names no pull request
	p := v.repo.pull(n)
	if p == nil {
		http.NotFound(w, v.r)
		return
	}
	back := fmt.Sprintf("%s/%s/pull/%d", v.frame.Base, v.repo.fullName(), p.number)
	if err := v.do(p, v.r.PostFormValue("do"), v.r.PostFormValue("body")); err != nil {
		back += "?notice=" + url.QueryEscape(sentence(err))
	}
	http.Redirect(w, v.r, back, http.StatusSeeOther)
}

func (v *view) do(p *pull, verb, body string) error {
	who := actor{kind: person, login: v.frame.As}
	role := v.s.role(v.repo, who.login)
	need := map[string]Role{"merge": Write, "close": Triage, "reopen": Triage}[verb]
	if who.login == "" || role < max(need, Read) {
		return fmt.Errorf("you need %s access for that", max(need, Read))
	}
	var err error
	switch verb {
	case "approve":
		_, err = v.s.submitReview(v.repo, p, newReview{Event: Approve, Body: body}, who)
	case "reject":
		_, err = v.s.submitReview(v.repo, p, newReview{Event: RequestChanges, Body: body}, who)
	case "comment":
		_, err = v.s.addComment(v.repo, p, body, who)
	case "merge":
		_, err = v.s.mergePull(v.repo, p, mergeRequest{}, who)
	case "close":
		v.s.closePull(v.repo, p, who)
	case "reopen":
		err = v.s.reopenPull(v.repo, p, who)
	default:
		err = fmt.Errorf("there is no button %q", verb)
	}
	return err
}

// sentence says a refusal to a person.
func sentence(err error) string {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		return err.Error()
	}
	switch details := p.errors.(type) {
	case []string:
		return strings.Join(details, " ")
	case []obj:
		for _, d := range details {
			if message, ok := d["message"].(string); ok {
				return message
			}
			if d["field"] == "body" {
				return "Please write something first."
			}
		}
	}
	return p.message
}
