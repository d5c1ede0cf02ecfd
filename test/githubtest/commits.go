package githubtest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// listCommits is repos/list-commits: git log, newest first, of a path and a
// start, within dates, by author.
func listCommits(c *call) (answer, error) {
	q := c.r.URL.Query()
	from := q.Get("sha")
	if from == "" {
		from = c.repo.branch
	}
	sha, err := c.repo.git.Commit(c.ctx, from)
	if err != nil {
		if refs, err := c.repo.git.Refs(c.ctx, "refs/heads/"); err == nil && len(refs) == 0 {
			return answer{}, refuse(http.StatusConflict, "Git Repository is empty.")
		}
		return answer{}, notFound()
	}
	w := c.window()
	query := bare.Query{From: sha, Path: strings.Trim(q.Get("path"), "/"), Skip: w.skip(), Max: w.size + 1}
	query.Since, _ = time.Parse(time.RFC3339, q.Get("since")) // the description has checked the form
	query.Until, _ = time.Parse(time.RFC3339, q.Get("until"))
	author := q.Get("author")
	if author != "" { // git matches patterns over names, GitHub whole logins and addresses
		query.Skip, query.Max = 0, 0
	}
	commits, err := c.repo.git.Log(c.ctx, query)
	if err != nil {
		return answer{}, err
	}
	if author != "" {
		commits = slices.DeleteFunc(commits, func(k bare.Commit) bool {
			a := c.s.byEmail(k.Author.Email)
			return !strings.EqualFold(k.Author.Email, author) && (a == nil || !strings.EqualFold(a.login, author))
		})
		return listing(c, commits, func(k bare.Commit) obj { return c.s.renderCommit(c.repo, k) })
	}
	items := []obj{}
	for _, k := range commits[:min(len(commits), w.size)] {
		items = append(items, c.s.renderCommit(c.repo, k))
	}
	return answer{status: http.StatusOK, body: items, header: c.links(w, len(commits) > w.size, 0)}, nil
}

// getCommit is repos/get-commit, with its files; or only the SHA, the diff or
// the patch, as the Accept header asks.
func getCommit(c *call) (answer, error) {
	sha, err := c.repo.git.Commit(c.ctx, c.op.Vars["ref"])
	if err != nil {
		if isSHA(c.op.Vars["ref"]) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.op.Vars["ref"])
		}
		return answer{}, notFound()
	}
	k, err := c.repo.git.Read(c.ctx, sha)
	if err != nil {
		return answer{}, err
	}
	parent := bare.EmptyTree
	if len(k.Parents) > 0 {
		parent = k.Parents[0]
	}
	accept := c.r.Header.Get("Accept")
	switch {
	case strings.Contains(accept, ".sha"):
		return answer{status: http.StatusOK, text: []byte(sha), media: "application/vnd.github.sha; charset=utf-8"}, nil
	case strings.Contains(accept, ".diff"), strings.Contains(accept, ".patch"):
		text, err := c.repo.git.Patch(c.ctx, parent, sha)
		return answer{status: http.StatusOK, text: []byte(text), media: "application/vnd.github.diff; charset=utf-8"}, err
	}
	changes, err := c.repo.git.Diff(c.ctx, parent, sha)
	if err != nil {
		return answer{}, err
	}
	body := c.s.renderCommit(c.repo, k)
	if body["commit"].(obj)["verification"], err = c.s.verification(c.repo, sha); err != nil {
		return answer{}, err
	}
	files, added, deleted := c.files(c.window(), sha, changes)
	body["files"], body["stats"] = files, obj{"additions": added, "deletions": deleted, "total": added + deleted}
	return ok(body)
}

func isSHA(s string) bool { return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == "" }

// files renders a window of changes and counts the lines of all.
func (c *call) files(w window, sha string, changes []bare.Change) (files []obj, added, deleted int) {
	files = []obj{}
	for _, f := range cut(w, changes) {
		files = append(files, c.s.renderChange(c.repo, sha, f))
	}
	for _, f := range changes {
		added += f.Additions
		deleted += f.Deletions
	}
	return files, added, deleted
}

// compare is repos/compare-commits-with-basehead: "base...head", commits
// oldest first, files since the merge base.
func compare(c *call) (answer, error) {
	from, to, whole := strings.Cut(c.op.Vars["basehead"], "...")
	git := c.repo.git
	base, err1 := git.Commit(c.ctx, unqualified(c.repo, from))
	head, err2 := git.Commit(c.ctx, unqualified(c.repo, to))
	if !whole || err1 != nil || err2 != nil {
		return answer{}, notFound()
	}
	root, err := git.MergeBase(c.ctx, base, head)
	if errors.Is(err, bare.ErrNotFound) {
		return answer{}, refuse(http.StatusNotFound, fmt.Sprintf("No common ancestor between %s and %s.", from, to))
	} else if err != nil {
		return answer{}, err
	}
	commits, err := git.Log(c.ctx, bare.Query{From: head, Not: base, OldestFirst: true})
	if err != nil {
		return answer{}, err
	}
	behind, err := git.Count(c.ctx, base, head)
	if err != nil {
		return answer{}, err
	}
	changes, err := git.Diff(c.ctx, root, head)
	if err != nil {
		return answer{}, err
	}
	w := c.window()
	files := []obj{}
	if w.page == 1 { // GitHub lists up to 300 files, on the first page only
		files, _, _ = c.files(window{page: 1, size: 300}, head, changes)
	}
	items := []obj{}
	for _, k := range cut(w, commits) {
		items = append(items, c.s.renderCommit(c.repo, k))
	}
	state := map[[2]bool]string{{false, false}: "identical", {true, false}: "ahead", {false, true}: "behind", {true, true}: "diverged"}[[2]bool{len(commits) > 0, behind > 0}]
	baseCommit, err := c.s.commitByID(c.ctx, c.repo, base)
	if err != nil {
		return answer{}, err
	}
	rootCommit, err := c.s.commitByID(c.ctx, c.repo, root)
	if err != nil {
		return answer{}, err
	}
	html := c.s.htmlRepo(c.repo) + "/compare/" + escape(c.op.Vars["basehead"])
	return answer{status: http.StatusOK, header: c.links(w, w.skip()+len(items) < len(commits), 0), body: obj{
		"url": c.self(), "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit": baseCommit, "merge_base_commit": rootCommit, "status": state,
		"ahead_by": len(commits), "behind_by": behind, "total_commits": len(commits), "commits": items, "files": files,
	}}, nil
}

// unqualified takes "owner:" off a ref of the repository's own network.
func unqualified(r *repo, ref string) string {
	if owner, rest, found := strings.Cut(ref, ":"); found && strings.EqualFold(owner, r.owner) {
		return rest
	}
	return ref
}
