package bare

import (
	"context"
	"fmt"
	"strings"
)

// Zero is the object name that stands for "no object" in ref updates.
const Zero = "0000000000000000000000000000000000000000"

// Ref is a full ref name and what it points to.
type Ref struct {
	Name string // refs/heads/main
	SHA  string
	Type string // commit, tag, …
}

// Refs returns all refs whose name starts with prefix, sorted by name. The
// prefix need not end at a slash.
func (r *Repo) Refs(ctx context.Context, prefix string) ([]Ref, error) {
	out, err := r.git(ctx, nil, "for-each-ref", "--format=%(objectname) %(objecttype) %(refname)")
	if err != nil {
		return nil, err
	}
	var refs []Ref
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(f) == 3 && strings.HasPrefix(f[2], prefix) {
			refs = append(refs, Ref{SHA: f[0], Type: f[1], Name: f[2]})
		}
	}
	return refs, nil
}

// Ref returns what the full ref name points to, or ErrNotFound.
func (r *Repo) Ref(ctx context.Context, name string) (string, error) {
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
	if err != nil || !strings.HasPrefix(name, "refs/") {
		return "", fmt.Errorf("ref %s: %w", name, ErrNotFound)
	}
	return strings.TrimSpace(out), nil
}

// Commit resolves a branch, tag, full ref or (abbreviated) SHA to the SHA of
// its commit, or ErrNotFound. Branches win over tags, and nothing else of
// git's revision syntax is understood, as on a forge.
func (r *Repo) Commit(ctx context.Context, rev string) (string, error) {
	candidates := []string{"refs/heads/" + rev, "refs/tags/" + rev}
	if rev == "HEAD" || strings.HasPrefix(rev, "refs/") {
		candidates = []string{rev}
	} else if isHex(rev) {
		candidates = append(candidates, rev)
	} else if strings.HasPrefix(rev, "heads/") || strings.HasPrefix(rev, "tags/") {
		candidates = append(candidates, "refs/"+rev)
	}
	for _, c := range candidates {
		out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", c+"^{commit}")
		if err == nil {
			return strings.TrimSpace(out), nil
		}
	}
	return "", fmt.Errorf("revision %q: %w", rev, ErrNotFound)
}

func isHex(s string) bool {
	return len(s) >= 4 && len(s) <= 40 && strings.Trim(s, "0123456789abcdef") == ""
}

// Type returns the type of an object: blob, tree, commit or tag, or ErrNotFound.
func (r *Repo) Type(ctx context.Context, sha string) (string, error) {
	if !isHex(sha) {
		return "", fmt.Errorf("object %q: %w", sha, ErrNotFound)
	}
	out, err := r.git(ctx, nil, "cat-file", "-t", sha)
	if err != nil {
		return "", fmt.Errorf("object %s: %w", sha, ErrNotFound)
	}
	return strings.TrimSpace(out), nil
}

// ValidRef tells whether name is a well-formed full ref name.
func (r *Repo) ValidRef(ctx context.Context, name string) bool {
	_, err := r.git(ctx, nil, "check-ref-format", name)
	return err == nil && strings.HasPrefix(name, "refs/")
}

// SetRef moves a ref from old to sha by compare and swap. Old is Zero for a
// ref that must not exist yet.
func (r *Repo) SetRef(ctx context.Context, name, sha, old string) error {
	_, err := r.git(ctx, nil, "update-ref", name, sha, old)
	return err
}

// DeleteRef deletes a ref that points to old.
func (r *Repo) DeleteRef(ctx context.Context, name, old string) error {
	_, err := r.git(ctx, nil, "update-ref", "-d", name, old)
	return err
}
