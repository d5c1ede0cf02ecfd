package githubtest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// getContent is repos/get-content: a file, or the entries of a folder, at a ref.
func getContent(c *call) (answer, error) {
	ref := c.r.URL.Query().Get("ref")
	if ref == "" {
		ref = c.repo.branch
	}
	sha, err := c.repo.git.Commit(c.ctx, ref)
	if err != nil {
		return answer{}, refuse(http.StatusNotFound, "No commit found for the ref "+ref)
	}
	name := c.contentPath()
	entry, err := c.repo.git.Lookup(c.ctx, sha, name)
	if err != nil {
		return answer{}, notFound()
	}
	if entry.Type == "tree" {
		entries, err := c.repo.git.Tree(c.ctx, entry.SHA, false)
		if err != nil {
			return answer{}, err
		}
		items := []obj{}
		for _, e := range entries {
			e.Path = path.Join(name, e.Path)
			items = append(items, c.s.renderEntry(c.repo, ref, e))
		}
		return ok(items)
	}
	data, err := c.repo.git.Blob(c.ctx, entry.SHA)
	if err != nil {
		return answer{}, err
	}
	if strings.Contains(c.r.Header.Get("Accept"), ".raw") {
		return answer{status: http.StatusOK, text: data, media: "application/vnd.github.raw; charset=utf-8"}, nil
	}
	body := c.s.renderEntry(c.repo, ref, entry)
	body["encoding"], body["content"] = "base64", wrap64(data)
	return ok(body)
}

// contentPath is the path asked for, "" for the root.
func (c *call) contentPath() string {
	p := strings.Trim(c.op.Vars["path"], "/")
	if p == "." {
		return ""
	}
	return p
}

// wrap64 is base64 in lines of 60, as GitHub sends it.
func wrap64(data []byte) string {
	var b strings.Builder
	for all := base64.StdEncoding.EncodeToString(data); all != ""; {
		n := min(60, len(all))
		b.WriteString(all[:n] + "\n")
		all = all[n:]
	}
	return b.String()
}

// gitPerson is an author or committer in a request.
type gitPerson struct {
	Name, Email string
	Date        *time.Time
}

// or fills in what a request left out.
func (g *gitPerson) or(fallback bare.Person) bare.Person {
	if g == nil {
		return fallback
	}
	p := bare.Person{Name: g.Name, Email: g.Email, When: fallback.When}
	if g.Date != nil {
		p.When = *g.Date
	}
	return p
}

// contentChange is the body of writing and deleting a file.
type contentChange struct {
	Message, Content, SHA, Branch string
	Author, Committer             *gitPerson
}

// putContent is repos/create-or-update-file-contents.
func putContent(c *call) (answer, error) { return changeContent(c, false) }

// deleteContent is repos/delete-file.
func deleteContent(c *call) (answer, error) { return changeContent(c, true) }

func changeContent(c *call, remove bool) (answer, error) {
	var u contentChange
	if err := c.decode(&u); err != nil {
		return answer{}, err
	}
	if u.Branch == "" {
		u.Branch = c.repo.branch
	}
	ref, name := "refs/heads/"+u.Branch, c.contentPath()
	old, err := c.repo.git.Commit(c.ctx, ref)
	if err != nil {
		return answer{}, refuse(http.StatusNotFound, "Branch "+u.Branch+" not found")
	}
	before, err := c.repo.git.Lookup(c.ctx, old, name)
	exists := err == nil && before.Type == "blob"
	switch {
	case remove && !exists:
		return answer{}, notFound()
	case exists && u.SHA == "":
		return answer{}, refuse(http.StatusUnprocessableEntity, `Invalid request.\n\n"sha" wasn't supplied.`)
	case exists && u.SHA != before.SHA:
		return answer{}, refuse(http.StatusConflict, fmt.Sprintf("%s does not match %s", name, u.SHA))
	}
	me := c.s.signature(c.s.account(c.actor.login, "", "User"))
	commit := change{branch: u.Branch, message: u.Message, author: u.Author.or(u.Committer.or(me)), committer: u.Committer.or(c.s.github())}
	if remove {
		commit.remove = []string{name}
	} else {
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(u.Content, "\n", ""))
		if err != nil {
			return answer{}, refuse(http.StatusUnprocessableEntity, "content is not valid Base64")
		}
		commit.files = map[string]string{name: string(data)}
	}
	sha, err := c.repo.commit(c.ctx, commit)
	if err != nil {
		return answer{}, err
	}
	if why := c.s.denied(c.repo, ref, old, sha, c.actor); why != "" {
		return answer{}, refuse(http.StatusConflict, "Could not update file: "+why)
	}
	if err := c.s.setRef(c.repo, ref, old, sha, c.actor, "api"); err != nil {
		return answer{}, err
	}
	return c.changed(u.Branch, name, sha, exists, remove)
}

// changed answers a change of a file with its commit, and with the file where
// there still is one.
func (c *call) changed(branch, name, sha string, existed, removed bool) (answer, error) {
	k, err := c.repo.git.Read(c.ctx, sha)
	if err != nil {
		return answer{}, err
	}
	body := obj{"commit": c.s.renderGitCommit(c.repo, k), "content": nil}
	if !removed {
		entry, err := c.repo.git.Lookup(c.ctx, sha, name)
		if err != nil {
			return answer{}, err
		}
		body["content"] = c.s.renderEntry(c.repo, branch, entry)
		if !existed {
			return created(body)
		}
	}
	return ok(body)
}
