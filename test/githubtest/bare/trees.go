package bare

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// EmptyTree is the name of the tree without entries.
const EmptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// Entry is one line of a tree.
type Entry struct {
	Mode string // 100644, 100755, 120000, 040000, 160000
	Type string // blob, tree, commit
	SHA  string
	Path string // from the root of the tree that was listed
	Size int    // bytes of a blob, 0 otherwise
}

// Tree lists a tree: the whole of it, or only its own level.
func (r *Repo) Tree(ctx context.Context, treeish string, recursive bool) ([]Entry, error) {
	args := []string{"ls-tree", "-z", "--long", "--full-tree"}
	if recursive {
		args = append(args, "-r", "-t")
	}
	return r.list(ctx, append(args, treeish))
}

// Lookup returns the entry at path in a commit's tree, or ErrNotFound. The
// empty path is the root.
func (r *Repo) Lookup(ctx context.Context, commit, path string) (Entry, error) {
	path = strings.Trim(path, "/")
	if path == "" {
		out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", commit+"^{tree}")
		if err != nil {
			return Entry{}, fmt.Errorf("tree of %s: %w", commit, ErrNotFound)
		}
		return Entry{Mode: "040000", Type: "tree", SHA: strings.TrimSpace(out)}, nil
	}
	es, err := r.list(ctx, []string{"ls-tree", "-z", "--long", "--full-tree", commit, "--", path})
	if err != nil || len(es) != 1 {
		return Entry{}, fmt.Errorf("path %s at %s: %w", path, commit, ErrNotFound)
	}
	return es[0], nil
}

func (r *Repo) list(ctx context.Context, args []string) ([]Entry, error) {
	out, err := r.git(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	var es []Entry
	for _, line := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		meta, path, ok := strings.Cut(line, "\t")
		f := strings.Fields(meta)
		if !ok || len(f) != 4 {
			continue
		}
		size, _ := strconv.Atoi(f[3]) // "-" for what is not a blob
		es = append(es, Entry{Mode: f[0], Type: f[1], SHA: f[2], Path: path, Size: size})
	}
	return es, nil
}

// Blob returns the bytes of a blob, or ErrNotFound.
func (r *Repo) Blob(ctx context.Context, sha string) ([]byte, error) {
	if t, err := r.Type(ctx, sha); err != nil || t != "blob" {
		return nil, fmt.Errorf("blob %s: %w", sha, ErrNotFound)
	}
	out, err := r.git(ctx, nil, "cat-file", "blob", sha)
	return []byte(out), err
}

// WriteBlob stores a blob and returns its SHA.
func (r *Repo) WriteBlob(ctx context.Context, data []byte) (string, error) {
	if data == nil {
		data = []byte{}
	}
	out, err := r.git(ctx, data, "hash-object", "-w", "--stdin")
	return strings.TrimSpace(out), err
}

// WriteTree stores the tree that base becomes once every entry is put in its
// place, and returns its SHA. An entry without SHA removes its path. An empty
// base is the empty tree.
func (r *Repo) WriteTree(ctx context.Context, base string, entries []Entry) (string, error) {
	tmp, err := os.MkdirTemp("", "githubtest-index-")
	if err != nil {
		return "", fmt.Errorf("write tree: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // a left-over temporary folder harms nobody
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(tmp, "index")}
	if base != "" {
		if _, err := r.gitEnv(ctx, env, nil, "read-tree", base); err != nil {
			return "", fmt.Errorf("write tree on %s: %w", base, err)
		}
	}
	var lines bytes.Buffer
	for _, e := range entries {
		switch {
		case e.SHA == "":
			fmt.Fprintf(&lines, "0 %s\t%s\x00", Zero, e.Path)
		case e.Type == "tree":
			if _, err := r.gitEnv(ctx, env, nil, "read-tree", "--prefix="+e.Path+"/", e.SHA); err != nil {
				return "", fmt.Errorf("write tree at %s: %w", e.Path, err)
			}
		default:
			fmt.Fprintf(&lines, "%s %s\t%s\x00", e.Mode, e.SHA, e.Path)
		}
	}
	if lines.Len() > 0 {
		if _, err := r.gitEnv(ctx, env, lines.Bytes(), "update-index", "-z", "--index-info"); err != nil {
			return "", fmt.Errorf("write tree: %w", err)
		}
	}
	out, err := r.gitEnv(ctx, env, nil, "write-tree")
	return strings.TrimSpace(out), err
}
