// Package pages renders what a person sees of a repository and its pull
// requests in a browser. It is given plain views and knows no state; text that
// came from outside is escaped, and Markdown is read as a small safe subset.
//
// All links start with Frame.Base, so that the pages work under any prefix and
// inside a frame.
package pages

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"time"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// Static returns a file of the pages, style.css or live.js, and its type.
func Static(name string) (data []byte, contentType string, ok bool) {
	types := map[string]string{"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8"}
	data, err := static.ReadFile("static/" + name)
	return data, types[name], err == nil && types[name] != ""
}

// Frame is what surrounds every page.
type Frame struct {
	Base    string // prefix of all links, "" at the root
	Title   string
	Repo    string // owner/name; empty on the home page
	Tab     string // code or pulls
	As      string // login of the person who looks; empty for nobody
	People  []string
	Notice  string // what went wrong with the last action
	Version uint64 // changes when the page should be loaded again
}

// Home lists the repositories.
type Home struct {
	Frame
	Repos []RepoRow
}

// RepoRow is a repository in the list.
type RepoRow struct {
	Name, Branch string
	Open         int
	Pushed       time.Time
}

// PullList lists pull requests.
type PullList struct {
	Frame
	State        string // open or closed
	Open, Closed int
	Pulls        []PullRow
}

// PullRow is a pull request in the list.
type PullRow struct {
	Number               int
	Title, Author, State string // State: open, draft, merged, closed
	Labels               []string
	Gate                 string // state of the statuses: success, pending, failure, or empty
	When                 time.Time
}

// Pull is the page of a pull request.
type Pull struct {
	Frame
	Row                  PullRow
	Head, Base_, HeadSHA string
	Timeline             []Post
	Blockers             []string // why it cannot be merged; empty when it can
	Mergeable            bool     // open, and the person who looks may merge
	Reviewable           bool     // the person who looks may approve
	Acting               bool     // somebody looks, and may comment
	MergedBy, MergedSHA  string
	Statuses             []Status
	Reviewers            []Reviewer
	Commits              []Commit
	Files                []File
}

// Post is one thing somebody said: the body, a comment, a review.
type Post struct {
	Author, Verb string // "approved", "commented"
	Kind         string // body, comment, approved, changes, dismissed
	Body         template.HTML
	When         time.Time
}

// Status is a status or check of the head.
type Status struct {
	Context, State, Description, By string
	URL                             string
	Required                        bool
}

// Reviewer is who was asked, and what they said last.
type Reviewer struct{ Name, State string }

// Commit is a commit in a list or on its own page.
type Commit struct {
	SHA, Title, Body, Author string
	When                     time.Time
}

// File is a changed file.
type File struct {
	Path, OldPath, Status string
	Additions, Deletions  int
	Lines                 []Line
}

// CommitPage shows one commit.
type CommitPage struct {
	Frame
	Commit  Commit
	Parents []string
	Files   []File
}

// Tree shows a folder or a file at a ref.
type Tree struct {
	Frame
	Ref, Path string
	Branches  []string
	Crumbs    []Crumb
	Entries   []Entry
	IsFile    bool
	Text      []string      // lines of a file
	Readme    template.HTML // of a folder
	Last      Commit
}

// Crumb is a step of the path.
type Crumb struct{ Name, Path string }

// Entry is a line of a folder.
type Entry struct {
	Name, Path string
	Folder     bool
}

// History lists the commits of a path.
type History struct {
	Frame
	Ref, Path string
	Commits   []Commit
}

// Renderer renders the pages.
type Renderer struct{ set map[string]*template.Template }

// New reads the templates. Now is the time that ages are counted from.
func New(now func() time.Time) (*Renderer, error) {
	functions := template.FuncMap{
		"ago":   func(t time.Time) string { return Ago(now().Sub(t)) },
		"short": func(sha string) string { return sha[:min(7, len(sha))] },
		"path":  escapePath,
		"inc":   func(i int) int { return i + 1 },
	}
	r := &Renderer{set: map[string]*template.Template{}}
	for _, name := range []string{"home", "pulls", "pull", "commit", "tree", "history"} {
		t, err := template.New(name).Funcs(functions).ParseFS(templates, "templates/frame.html", "templates/parts.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		r.set[name] = t
	}
	return r, nil
}

// Render writes the page of that name for its view.
func (r *Renderer) Render(w io.Writer, name string, view any) error {
	if err := r.set[name].ExecuteTemplate(w, "frame", view); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	return nil
}

func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// Ago says an age in words.
func Ago(d time.Duration) string {
	for _, step := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / step.size); n == 1 {
			return "1 " + step.name + " ago"
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, step.name)
		}
	}
	return "just now"
}
