package githubtest

import (
	"encoding/base64"
	"errors"
	"net/http"
	"path"
	"strings"

	"github.com/changebot/changebot/test/githubtest/bare"
)

// createBlob is git/create-blob.
func createBlob(c *call) (answer, error) {
	var n struct{ Content, Encoding string }
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	data := []byte(n.Content)
	if n.Encoding == "base64" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(n.Content, "\n", "")); err != nil {
			return answer{}, refuse(http.StatusUnprocessableEntity, "content is not valid Base64")
		}
	}
	sha, err := c.repo.git.WriteBlob(c.ctx, data)
	if err != nil {
		return answer{}, err
	}
	return created(obj{"sha": sha, "url": c.s.apiRepo(c.repo) + "/git/blobs/" + sha})
}

// getBlob is git/get-blob.
func getBlob(c *call) (answer, error) {
	sha := c.op.Vars["file_sha"]
	data, err := c.repo.git.Blob(c.ctx, sha)
	if err != nil {
		return answer{}, notFound()
	}
	if strings.Contains(c.r.Header.Get("Accept"), ".raw") {
		return answer{status: http.StatusOK, text: data, media: "application/vnd.github.raw; charset=utf-8"}, nil
	}
	return ok(obj{
		"sha": sha, "node_id": nodeID("B", sha), "size": len(data), "encoding": "base64", "content": wrap64(data),
		"url": c.s.apiRepo(c.repo) + "/git/blobs/" + sha,
	})
}

// getTree is git/get-tree.
func getTree(c *call) (answer, error) {
	treeish := c.op.Vars["tree_sha"]
	if sha, err := c.repo.git.Commit(c.ctx, treeish); err == nil {
		treeish = sha
	} else if t, err := c.repo.git.Type(c.ctx, treeish); err != nil || t != "tree" {
		return answer{}, notFound()
	}
	root, err := c.repo.git.Lookup(c.ctx, treeish, "")
	if err != nil {
		return answer{}, err
	}
	return c.tree(http.StatusOK, root.SHA, c.r.URL.Query().Get("recursive") != "")
}

// tree answers with a tree.
func (c *call) tree(code int, sha string, recursive bool) (answer, error) {
	entries, err := c.repo.git.Tree(c.ctx, sha, recursive)
	if err != nil {
		return answer{}, err
	}
	items := []obj{}
	for _, e := range entries {
		item := obj{"path": e.Path, "mode": e.Mode, "type": e.Type, "sha": e.SHA, "url": c.s.apiRepo(c.repo) + "/git/" + e.Type + "s/" + e.SHA}
		if e.Type == "blob" {
			item["size"] = e.Size
		}
		items = append(items, item)
	}
	return answer{status: code, body: obj{"sha": sha, "url": c.s.apiRepo(c.repo) + "/git/trees/" + sha, "tree": items, "truncated": false}}, nil
}

// newEntry is one entry of a tree to create. SHA null removes the path.
type newEntry struct {
	Path, Mode, Type string
	SHA, Content     *string
}

// createTree is git/create-tree.
func createTree(c *call) (answer, error) {
	var n struct {
		Base string     `json:"base_tree"`
		Tree []newEntry `json:"tree"`
	}
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	var entries []bare.Entry
	for _, e := range n.Tree {
		if !validPath(e.Path) {
			return answer{}, refuse(http.StatusUnprocessableEntity, "tree.path contains a malformed path component")
		}
		entry := bare.Entry{Path: e.Path, Mode: e.Mode, Type: e.Type}
		switch {
		case e.Content != nil:
			sha, err := c.repo.git.WriteBlob(c.ctx, []byte(*e.Content))
			if err != nil {
				return answer{}, err
			}
			entry.SHA = sha
		case e.SHA != nil:
			if _, err := c.repo.git.Type(c.ctx, *e.SHA); err != nil && e.Type != "commit" {
				return answer{}, refuse(http.StatusUnprocessableEntity, "tree.sha "+*e.SHA+" is not a valid "+e.Type)
			}
			entry.SHA = *e.SHA
		}
		entries = append(entries, entry)
	}
	if n.Base != "" {
		if _, err := c.repo.git.Type(c.ctx, n.Base); err != nil {
			return answer{}, refuse(http.StatusUnprocessableEntity, "base_tree is not a valid tree oid")
		}
	}
	sha, err := c.repo.git.WriteTree(c.ctx, n.Base, entries)
	if err != nil {
		return answer{}, err
	}
	return c.tree(http.StatusCreated, sha, false)
}

// validPath tells whether git would take a path into a tree.
func validPath(p string) bool {
	return p != "" && path.Clean(p) == p && !path.IsAbs(p) && !strings.HasPrefix(p, "..") &&
		p != ".git" && !strings.HasPrefix(p, ".git/") && !strings.ContainsRune(p, 0)
}

// createGitCommit is git/create-commit.
func createGitCommit(c *call) (answer, error) {
	var n struct {
		Message, Tree, Signature string
		Parents                  []string
		Author, Committer        *gitPerson
	}
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	if t, err := c.repo.git.Type(c.ctx, n.Tree); err != nil || t != "tree" {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Tree SHA does not exist")
	}
	for _, parent := range n.Parents {
		if t, err := c.repo.git.Type(c.ctx, parent); err != nil || t != "commit" {
			return answer{}, refuse(http.StatusUnprocessableEntity, "Parent SHA does not exist or is not a commit object")
		}
	}
	me := c.s.signature(c.s.account(c.actor.login, "", "User"))
	author := n.Author.or(me)
	sha, err := c.repo.git.WriteCommit(c.ctx, bare.Commit{
		Tree: n.Tree, Parents: n.Parents, Message: n.Message, Author: author, Committer: n.Committer.or(author),
	})
	if err != nil {
		return answer{}, err
	}
	if n.Signature != "" {
		if sha, err = c.repo.git.Sign(c.ctx, sha, n.Signature); err != nil {
			return answer{}, err
		}
	}
	return c.gitCommit(http.StatusCreated, sha)
}

// getGitCommit is git/get-commit.
func getGitCommit(c *call) (answer, error) {
	sha := c.op.Vars["commit_sha"]
	if t, err := c.repo.git.Type(c.ctx, sha); err != nil || t != "commit" {
		return answer{}, notFound()
	}
	return c.gitCommit(http.StatusOK, sha)
}

func (c *call) gitCommit(code int, sha string) (answer, error) {
	k, err := c.repo.git.Read(c.ctx, sha)
	if err != nil {
		return answer{}, err
	}
	body := c.s.renderGitCommit(c.repo, k)
	body["verification"], err = c.s.verification(c.repo, sha)
	return answer{status: code, body: body}, err
}

// getRef is git/get-ref: exactly this ref.
func getRef(c *call) (answer, error) {
	name := "refs/" + c.op.Vars["ref"]
	refs, err := c.repo.git.Refs(c.ctx, name)
	if err != nil {
		return answer{}, err
	}
	for _, ref := range refs {
		if ref.Name == name {
			return ok(c.s.renderRef(c.repo, ref))
		}
	}
	return answer{}, notFound()
}

// listMatchingRefs is git/list-matching-refs: all refs with a prefix.
func listMatchingRefs(c *call) (answer, error) {
	refs, err := c.repo.git.Refs(c.ctx, "refs/"+c.op.Vars["ref"])
	if err != nil {
		return answer{}, err
	}
	items := []obj{}
	for _, ref := range refs {
		items = append(items, c.s.renderRef(c.repo, ref))
	}
	return ok(items)
}

// refChange is the body of creating and updating a ref.
type refChange struct {
	Ref, SHA string
	Force    bool
}

// createRef is git/create-ref.
func createRef(c *call) (answer, error) {
	var n refChange
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	if strings.Count(n.Ref, "/") < 2 || !c.repo.git.ValidRef(c.ctx, n.Ref) {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Reference name is not valid")
	}
	if _, err := c.repo.git.Ref(c.ctx, n.Ref); err == nil {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Reference already exists")
	}
	return moveRef(c, n, bare.Zero, http.StatusCreated)
}

// updateRef is git/update-ref; without force only forwards.
func updateRef(c *call) (answer, error) {
	var n refChange
	if err := c.decode(&n); err != nil {
		return answer{}, err
	}
	n.Ref = "refs/" + c.op.Vars["ref"]
	old, err := c.repo.git.Ref(c.ctx, n.Ref)
	if err != nil {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	if !n.Force {
		if forward, err := c.repo.git.Contains(c.ctx, n.SHA, old); err == nil && !forward {
			return answer{}, refuse(http.StatusUnprocessableEntity, "Update is not a fast forward")
		}
	}
	return moveRef(c, n, old, http.StatusOK)
}

func moveRef(c *call, n refChange, old string, code int) (answer, error) {
	t, err := c.repo.git.Type(c.ctx, n.SHA)
	if err != nil || len(n.SHA) != 40 || strings.HasPrefix(n.Ref, "refs/heads/") && t != "commit" {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Object does not exist")
	}
	if why := c.s.denied(c.repo, n.Ref, old, n.SHA, c.actor); why != "" {
		return answer{}, refuse(http.StatusUnprocessableEntity, why)
	}
	if err := c.s.setRef(c.repo, n.Ref, old, n.SHA, c.actor, "api"); err != nil {
		if _, isGit := errors.AsType[*bare.Failure](err); isGit { // a folder where a ref should go
			return answer{}, refuse(http.StatusUnprocessableEntity, "Reference cannot be updated")
		}
		return answer{}, err
	}
	return answer{status: code, body: c.s.renderRef(c.repo, bare.Ref{Name: n.Ref, SHA: n.SHA, Type: t})}, nil
}

// deleteRef is git/delete-ref.
func deleteRef(c *call) (answer, error) {
	name := "refs/" + c.op.Vars["ref"]
	old, err := c.repo.git.Ref(c.ctx, name)
	if err != nil {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	if name == "refs/heads/"+c.repo.branch {
		return answer{}, refuse(http.StatusUnprocessableEntity, "Cannot delete the default branch")
	}
	if why := c.s.denied(c.repo, name, old, bare.Zero, c.actor); why != "" {
		return answer{}, refuse(http.StatusUnprocessableEntity, why)
	}
	if err := c.s.setRef(c.repo, name, old, bare.Zero, c.actor, "api"); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}
