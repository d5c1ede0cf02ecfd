package bare

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Change is what happened to one file between two trees.
type Change struct {
	Path, OldPath        string // OldPath only for renames
	Status               string // added, removed, modified, renamed, copied, changed
	SHA                  string // blob after the change; before it for a removed file
	Additions, Deletions int    // lines; 0 for binary files
	Patch                string // from the first @@ on; empty for binary files and pure renames
}

// Diff compares two commits or trees, with rename detection.
func (r *Repo) Diff(ctx context.Context, from, to string) ([]Change, error) {
	out, err := r.git(ctx, nil, "diff-tree", "-r", "-M", "-z", "--full-index", "--raw", "--numstat", from, to)
	if err != nil {
		return nil, err
	}
	changes, err := parseRaw(strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"))
	if err != nil || len(changes) == 0 {
		return changes, err
	}
	patch, err := r.Patch(ctx, from, to)
	if err != nil {
		return nil, err
	}
	// The patch lists the files in the same order. Only headers start a line
	// with this word: every line of content has a mark before it.
	parts := strings.Split("\n"+patch, "\ndiff --git ")[1:]
	if len(parts) != len(changes) {
		return nil, fmt.Errorf("diff %s %s: %d files but %d patches", from, to, len(changes), len(parts))
	}
	for i, p := range parts {
		if _, hunks, ok := strings.Cut(p, "\n@@"); ok {
			changes[i].Patch = "@@" + strings.TrimSuffix(hunks, "\n")
		}
	}
	return changes, nil
}

// Patch returns the difference as git prints it.
func (r *Repo) Patch(ctx context.Context, from, to string) (string, error) {
	return r.git(ctx, nil, "diff-tree", "-r", "-M", "-p", from, to)
}

// parseRaw reads --raw records (":modes shas status", path, new path for
// renames), then --numstat records.
func parseRaw(f []string) ([]Change, error) {
	var changes []Change
	for len(f) > 0 && strings.HasPrefix(f[0], ":") {
		meta := strings.Fields(f[0])
		if len(meta) != 5 || len(f) < 2 {
			return nil, fmt.Errorf("diff: unexpected record %q", f[0])
		}
		c := Change{Path: f[1], SHA: meta[3]}
		f = f[2:]
		switch meta[4][0] {
		case 'A':
			c.Status = "added"
		case 'D':
			c.Status, c.SHA = "removed", meta[2]
		case 'R', 'C':
			c.Status = map[byte]string{'R': "renamed", 'C': "copied"}[meta[4][0]]
			c.OldPath, c.Path, f = c.Path, f[0], f[1:]
		case 'T':
			c.Status = "changed"
		default:
			c.Status = "modified"
		}
		changes = append(changes, c)
	}
	for i := 0; i < len(changes) && len(f) > 0; i++ {
		n := strings.SplitN(f[0], "\t", 3)
		if len(n) != 3 {
			return nil, fmt.Errorf("diff: unexpected count %q", f[0])
		}
		changes[i].Additions, _ = strconv.Atoi(n[0]) // "-" for binary files
		changes[i].Deletions, _ = strconv.Atoi(n[1])
		if f = f[1:]; n[2] == "" { // a rename: both names follow
			f = f[2:]
		}
	}
	return changes, nil
}
