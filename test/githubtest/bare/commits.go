package bare

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Person is the author or committer line of a commit.
type Person struct {
	Name, Email string
	When        time.Time
}

// Commit is what git says of one commit.
type Commit struct {
	SHA, Tree         string
	Parents           []string
	Author, Committer Person
	Message           string // without the final line break
}

// commitFields is the number of NUL-terminated fields of commitFormat.
const (
	commitFormat = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
	commitFields = 10
)

// Query selects commits for Log.
type Query struct {
	From  string // SHA to start at
	Not   string // leave out what is reachable from here; "" leaves out nothing
	Path  string // only commits that touch this file or folder
	Since time.Time
	Until time.Time
	Skip  int
	Max   int // 0 = all
	// OldestFirst gives the order of a pull request's commit list.
	OldestFirst bool
}

// Log returns the commits the query selects, newest first unless it says
// otherwise.
func (r *Repo) Log(ctx context.Context, q Query) ([]Commit, error) {
	args := []string{"log", "-z", "--no-show-signature", "--format=tformat:" + commitFormat}
	if q.Max > 0 {
		args = append(args, "--max-count="+strconv.Itoa(q.Max))
	}
	if q.Skip > 0 {
		args = append(args, "--skip="+strconv.Itoa(q.Skip))
	}
	if !q.Since.IsZero() {
		args = append(args, "--since="+q.Since.UTC().Format(time.RFC3339))
	}
	if !q.Until.IsZero() {
		args = append(args, "--until="+q.Until.UTC().Format(time.RFC3339))
	}
	if q.OldestFirst {
		args = append(args, "--reverse", "--topo-order")
	}
	args = append(args, q.From)
	if q.Not != "" {
		args = append(args, "^"+q.Not)
	}
	args = append(args, "--")
	if q.Path != "" {
		args = append(args, ":(literal)"+q.Path)
	}
	out, err := r.git(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	return parseCommits(out)
}

// Read returns one commit by its SHA.
func (r *Repo) Read(ctx context.Context, sha string) (Commit, error) {
	if t, err := r.Type(ctx, sha); err != nil || t != "commit" {
		return Commit{}, fmt.Errorf("commit %s: %w", sha, ErrNotFound)
	}
	cs, err := r.Log(ctx, Query{From: sha, Max: 1})
	if err != nil {
		return Commit{}, err
	}
	if len(cs) != 1 {
		return Commit{}, fmt.Errorf("commit %s: %w", sha, ErrNotFound)
	}
	return cs[0], nil
}

func parseCommits(out string) ([]Commit, error) {
	f := strings.Split(out, "\x00")
	var cs []Commit
	for ; len(f) >= commitFields; f = f[commitFields:] {
		author, err := time.Parse(time.RFC3339, f[5])
		if err != nil {
			return nil, fmt.Errorf("author date of commit %s: %w", f[0], err)
		}
		committer, err := time.Parse(time.RFC3339, f[8])
		if err != nil {
			return nil, fmt.Errorf("committer date of commit %s: %w", f[0], err)
		}
		cs = append(cs, Commit{
			SHA: f[0], Tree: f[1], Parents: strings.Fields(f[2]),
			Author:    Person{f[3], f[4], author},
			Committer: Person{f[6], f[7], committer},
			Message:   strings.TrimRight(f[9], "\n"),
		})
	}
	return cs, nil
}

// Count returns how many commits are reachable from tip but not from not.
func (r *Repo) Count(ctx context.Context, tip, not string) (int, error) {
	args := []string{"rev-list", "--count", tip}
	if not != "" {
		args = append(args, "^"+not)
	}
	out, err := r.git(ctx, nil, args...)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(out))
}

// MergeBase returns the best common ancestor, or ErrNotFound where histories
// are unrelated.
func (r *Repo) MergeBase(ctx context.Context, a, b string) (string, error) {
	out, err := r.git(ctx, nil, "merge-base", a, b)
	if err != nil {
		if exitCode(err) == 1 {
			return "", fmt.Errorf("merge base of %s and %s: %w", a, b, ErrNotFound)
		}
		return "", err
	}
	return strings.TrimSpace(out), nil
}

// Contains tells whether ancestor is reachable from tip.
func (r *Repo) Contains(ctx context.Context, tip, ancestor string) (bool, error) {
	_, err := r.git(ctx, nil, "merge-base", "--is-ancestor", ancestor, tip)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// WriteCommit stores a commit and returns its SHA. Its SHA and dates in c are
// taken as they are, so the same c always gives the same SHA.
func (r *Repo) WriteCommit(ctx context.Context, c Commit) (string, error) {
	args := []string{"commit-tree", c.Tree}
	for _, p := range c.Parents {
		args = append(args, "-p", p)
	}
	env := []string{
		"GIT_AUTHOR_NAME=" + c.Author.Name, "GIT_AUTHOR_EMAIL=" + c.Author.Email, "GIT_AUTHOR_DATE=" + gitDate(c.Author.When),
		"GIT_COMMITTER_NAME=" + c.Committer.Name, "GIT_COMMITTER_EMAIL=" + c.Committer.Email, "GIT_COMMITTER_DATE=" + gitDate(c.Committer.When),
	}
	out, err := r.gitEnv(ctx, env, []byte(c.Message), args...)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(out), nil
}

func gitDate(t time.Time) string {
	return strconv.FormatInt(t.Unix(), 10) + " " + t.Format("-0700")
}

// Sign stores a commit again with a signature, and returns its new SHA.
func (r *Repo) Sign(ctx context.Context, sha, signature string) (string, error) {
	raw, err := r.git(ctx, nil, "cat-file", "commit", sha)
	if err != nil {
		return "", err
	}
	head, message, _ := strings.Cut(raw, "\n\n")
	lines := strings.ReplaceAll(strings.TrimRight(signature, "\n"), "\n", "\n ")
	signed := head + "\ngpgsig " + lines + "\n\n" + message
	out, err := r.git(ctx, []byte(signed), "hash-object", "-t", "commit", "-w", "--stdin")
	return strings.TrimSpace(out), err
}

// Signature returns the signature of a commit and the bytes it covers, both
// empty for an unsigned one.
func (r *Repo) Signature(ctx context.Context, sha string) (signature, payload string, err error) {
	raw, err := r.git(ctx, nil, "cat-file", "commit", sha)
	if err != nil {
		return "", "", errors.Join(ErrNotFound, err)
	}
	head, message, _ := strings.Cut(raw, "\n\n")
	var kept, sig []string
	inside := false
	for _, line := range strings.Split(head, "\n") {
		rest, starts := strings.CutPrefix(line, "gpgsig ")
		switch {
		case starts:
			inside, sig = true, append(sig, rest)
		case inside && strings.HasPrefix(line, " "):
			sig = append(sig, line[1:])
		default:
			inside, kept = false, append(kept, line)
		}
	}
	if len(sig) == 0 {
		return "", "", nil
	}
	return strings.Join(sig, "\n"), strings.Join(kept, "\n") + "\n\n" + message, nil
}
