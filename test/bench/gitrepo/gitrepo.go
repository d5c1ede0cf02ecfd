// Package gitrepo makes large GitOps repositories to measure with: thousands
// of applications with a few manifests each, and a history of promotions in
// which some applications are busy and most are quiet.
//
// The same Size gives the same commits on every machine. Git's own importer
// needs a quarter of an hour for 50,000 commits over a folder of 10,000
// applications, since it writes the folder's tree anew for each; here only what
// changed of a tree is touched, and the pack is written as it will lie on the
// server, in half a minute.
package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Size says how large a repository is.
type Size struct {
	Name    string // "S", "M", "L"
	Apps    int    // ten files each
	Commits int    // the first one brings all applications, each other one changes one field
	Sharded bool   // apps/042/app-00042 instead of apps/app-00042, which makes one large tree
}

// S has 100 applications and 1,000 commits.
func S() Size { return Size{Name: "S", Apps: 100, Commits: 1_000} }

// M has 2,000 applications, 20,000 files and 10,000 commits.
func M() Size { return Size{Name: "M", Apps: 2_000, Commits: 10_000} }

// L has 10,000 applications, 100,000 files and 50,000 commits.
func L() Size { return Size{Name: "L", Apps: 10_000, Commits: 50_000} }

// Repo is a bare repository as a server has it, with the branch main.
type Repo struct {
	Size
	Dir string // absolute

	done  []int // changes so far, by application
	moved int   // commits that Advance made
}

// Build makes the repository in dir, which must not exist.
func Build(ctx context.Context, dir string, size Size) (*Repo, error) {
	r := &Repo{Size: size, Dir: dir, done: make([]int, size.Apps)}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if _, err := r.Git(ctx, nil, "init", "--quiet", "--bare", "--initial-branch=main", "."); err != nil {
		return nil, err
	}
	for _, s := range [][2]string{
		{"http.receivepack", "true"}, {"receive.autogc", "false"}, {"gc.auto", "0"}, {"maintenance.auto", "false"},
		{"uploadpack.allowFilter", "true"}, {"uploadpack.allowAnySHA1InWant", "true"},
	} {
		if _, err := r.Git(ctx, nil, "config", s[0], s[1]); err != nil {
			return nil, err
		}
	}
	tip, err := r.writeHistory(ctx)
	if err != nil {
		return nil, fmt.Errorf("write the history of %s: %w", size.Name, err)
	}
	if _, err := r.Git(ctx, nil, "update-ref", "refs/heads/main", tip); err != nil {
		return nil, err
	}
	_, err = r.Git(ctx, nil, "commit-graph", "write", "--reachable", "--no-progress")
	return r, err
}

// Open opens a repository that Build made in dir, perhaps in another process.
// Nothing but Build and Advance may have moved main.
func Open(ctx context.Context, dir string, size Size) (*Repo, error) {
	r := &Repo{Size: size, Dir: dir, done: make([]int, size.Apps)}
	out, err := r.Git(ctx, nil, "rev-list", "--count", "refs/heads/main")
	if err != nil {
		return nil, err
	}
	commits, err := strconv.Atoi(out)
	if err != nil || commits < size.Commits {
		return nil, fmt.Errorf("%s holds %s commits, which is not what %s has", dir, out, size.Name)
	}
	for app := range r.done {
		r.done[app] = size.Changes(app)
	}
	for range commits - size.Commits {
		r.next()
	}
	return r, nil
}

// Git runs a git command in the repository, apart from the configuration of
// the machine and of the person, and returns what it printed.
func (r *Repo) Git(ctx context.Context, stdin []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = r.Dir, Env()
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(errs.Bytes()))
	}
	return strings.TrimSpace(out.String()), nil
}

// Env is the environment in which git is the same on every machine.
func Env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C", "TZ=UTC", "TMPDIR=" + os.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
	}
}

// Tip is the commit at which main stands.
func (r *Repo) Tip(ctx context.Context) (string, error) {
	return r.Git(ctx, nil, "rev-parse", "refs/heads/main")
}

// Advance moves main on by n commits, each of which promotes one application
// to prod. It is what other people do while a mirror does not look.
func (r *Repo) Advance(ctx context.Context, n int) error {
	var stream bytes.Buffer
	for i := range n {
		c := r.next()
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter %s\ndata %d\n%s\n", r.who(r.Commits+r.moved), len(c.message), c.message)
		if i == 0 {
			stream.WriteString("from refs/heads/main^0\n")
		}
		fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", c.path, len(c.content), c.content)
	}
	_, err := r.Git(ctx, stream.Bytes(), "fast-import", "--quiet")
	return err
}

// next is the next commit after the end of what Build makes.
func (r *Repo) next() change {
	app := (r.moved * 7) % r.Apps
	r.moved++
	r.done[app]++
	return r.promotion(app, r.done[app])
}

// packDir is where the packs of the repository lie.
func (r *Repo) packDir() string { return filepath.Join(r.Dir, "objects/pack") }
