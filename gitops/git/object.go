package git

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git/indexpack"
)

// object is a new git object that no remote has yet.
type object struct {
	kind  plumbing.ObjectType
	hash  plumbing.Hash
	data  []byte
	delta delta // the same content, shorter, for whoever has the base
}

func newObject(kind plumbing.ObjectType, data []byte) object {
	return object{kind: kind, hash: indexpack.ObjectHash(kind, data), data: data}
}

// commitData is the text of a commit object without a signature.
func commitData(tree, parent plumbing.Hash, req *CommitRequest) ([]byte, error) {
	author, err := req.Author.line("author")
	if err != nil {
		return nil, err
	}
	committer, err := req.Committer.line("committer")
	if err != nil {
		return nil, err
	}
	message := strings.TrimRight(req.Message, "\n")
	if strings.TrimSpace(message) == "" || strings.ContainsRune(message, 0) || !utf8.ValidString(message) {
		return nil, refuse(gitops.Invalid, nil, "", "The commit message is empty or not plain text.")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s\n", tree, parent, author, committer, message)
	return b.Bytes(), nil
}

// rawCommit is what walking needs of a commit.
type rawCommit struct {
	hash    plumbing.Hash
	tree    plumbing.Hash
	parents []plumbing.Hash
}

func parseCommit(hash plumbing.Hash, data []byte) (*rawCommit, error) {
	c := &rawCommit{hash: hash}
	header, _, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok { // a commit without a message ends with its last header
		header = bytes.TrimSuffix(data, []byte("\n"))
	}
	rest := header
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		key, value, _ := strings.Cut(string(line), " ")
		if key != "tree" && key != "parent" {
			break
		}
		h, err := parseHash(key, value)
		if err != nil {
			return nil, fmt.Errorf("commit %s: malformed %s", hash, key)
		}
		if key == "tree" {
			c.tree = h
		} else {
			c.parents = append(c.parents, h)
		}
		rest = after
	}
	if c.tree.IsZero() {
		return nil, errors.New("commit without a tree")
	}
	return c, nil
}
