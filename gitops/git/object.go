package git

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// object is a new git object that no remote has yet.
type object struct {
	kind plumbing.ObjectType
	hash plumbing.Hash
	data []byte
}

func newObject(kind plumbing.ObjectType, data []byte) object {
	return object{kind: kind, hash: objectHash(kind, data), data: data}
}

// commitData is the text of a commit object.
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

// CommitInfo is a commit as it is read.
type CommitInfo struct {
	Hash      Hash
	Tree      Hash
	Parents   []Hash // the first is the branch that was merged into
	Author    Identity
	Committer Identity
	Message   string // with its trailers, as written
}

// rawCommit is what walking needs of a commit.
type rawCommit struct {
	hash    plumbing.Hash
	tree    plumbing.Hash
	parents []plumbing.Hash
	header  []byte // the lines after the parents
	message []byte
}

func parseCommit(hash plumbing.Hash, data []byte) (*rawCommit, error) {
	c := &rawCommit{hash: hash}
	header, message, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok { // a commit without a message ends with its last header
		header = bytes.TrimSuffix(data, []byte("\n"))
	}
	c.message = message
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
	c.header = rest
	return c, nil
}

// info decodes the rest of the commit.
func (c *rawCommit) info() CommitInfo {
	out := CommitInfo{Hash: c.hash.String(), Tree: c.tree.String(), Message: string(c.message)}
	for _, p := range c.parents {
		out.Parents = append(out.Parents, p.String())
	}
	for line := range bytes.SplitSeq(c.header, []byte("\n")) {
		key, value, _ := bytes.Cut(line, []byte(" "))
		switch string(key) {
		case "author":
			out.Author = parseIdentity(string(value))
		case "committer":
			out.Committer = parseIdentity(string(value))
		}
	}
	return out
}
