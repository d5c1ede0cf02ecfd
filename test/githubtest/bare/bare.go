// Package bare is a bare git repository on disk, driven by the git command
// line (2.38 or newer).
//
// A forge in tests is only worth as much as its git: SHAs, diffs, conflicts
// and histories here are git's own answers, never imitations. Everything goes
// through plumbing commands on the bare repository; there is no work tree and
// no index but a throw-away one while a tree is written.
//
// Children run in a clean environment (Env), so that neither the machine's nor
// the person's git configuration changes an outcome, and they die with the
// context they were started with.
package bare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotFound is what a lookup of a ref, commit, tree or path answers with
// when the repository has no such thing.
var ErrNotFound = errors.New("not found in the repository")

// Repo is one bare repository. Its methods are safe for concurrent use as far
// as git is: refs change only by compare and swap.
type Repo struct {
	Dir  string // absolute path, ends with .git
	home string // HOME of the children
}

// Prepare writes the git configuration all children share into home. It is
// called once per directory of repositories.
func Prepare(home string) error {
	const config = `[safe]
	directory = *
[user]
	name = GitHub
	email = noreply@github.com
[gc]
	auto = 0
[init]
	defaultBranch = main
[core]
	quotePath = false
`
	if err := os.MkdirAll(home, 0o755); err != nil {
		return fmt.Errorf("prepare home of git: %w", err)
	}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o644); err != nil {
		return fmt.Errorf("prepare home of git: %w", err)
	}
	return nil
}

// Env returns the whole environment of git children whose home is home.
func Env(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_CONFIG_HOME=" + home,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"LC_ALL=C",
		"TZ=UTC",
	}
}

// updateHook refuses the refs that the server lists in the variable
// DeniedRefs, each followed by its reason, one per line.
const updateHook = `#!/bin/sh
printf '%s\n' "$` + DeniedRefs + `" | while IFS=' ' read -r ref why; do
	if [ "$ref" = "$1" ]; then
		echo "error: $why" >&2
		exit 1
	fi
done
`

// DeniedRefs is the environment variable that makes receive-pack refuse refs:
// lines of "refs/heads/main reason".
const DeniedRefs = "GITHUBTEST_DENIED_REFS"

// Create makes an empty bare repository at dir whose HEAD is branch.
func Create(ctx context.Context, dir, home, branch string) (*Repo, error) {
	r := &Repo{Dir: dir, home: home}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	if _, err := r.git(ctx, nil, "init", "--quiet", "--bare", "--initial-branch="+branch, "."); err != nil {
		return nil, err
	}
	settings := [][2]string{
		{"http.receivepack", "true"},
		{"uploadpack.allowFilter", "true"},
		{"uploadpack.allowAnySHA1InWant", "true"},
		{"receive.autogc", "false"},
		{"receive.denyDeleteCurrent", "refuse"},
		{"core.logAllRefUpdates", "false"},
	}
	for _, s := range settings {
		if _, err := r.git(ctx, nil, "config", s[0], s[1]); err != nil {
			return nil, err
		}
	}
	hooks := filepath.Join(dir, "hooks")
	if err := os.RemoveAll(hooks); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	if err := os.Mkdir(hooks, 0o755); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	if err := os.WriteFile(filepath.Join(hooks, "update"), []byte(updateHook), 0o755); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	return r, nil
}

// Failure is a git command that ended with an error.
type Failure struct {
	Args   []string
	Stderr string
	Err    error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("git %s: %v: %s", strings.Join(f.Args, " "), f.Err, strings.TrimSpace(f.Stderr))
}

// Unwrap returns the error of the process, mostly an *exec.ExitError.
func (f *Failure) Unwrap() error { return f.Err }

// exitCode returns the exit code of a failed command, -1 where it did not run.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	return -1
}

// lastWords is how long reading what git said may take once it has ended: on a
// busy machine more than a moment.
const lastWords = 30 * time.Second

// git runs one command in the repository and returns what it wrote.
func (r *Repo) git(ctx context.Context, stdin []byte, args ...string) (string, error) {
	return r.gitEnv(ctx, nil, stdin, args...)
}

func (r *Repo) gitEnv(ctx context.Context, env []string, stdin []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.Dir
	cmd.Env = append(Env(r.home), env...)
	cmd.WaitDelay = lastWords
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	if err := cmd.Run(); err != nil {
		return out.String(), &Failure{Args: args, Stderr: errs.String(), Err: err}
	}
	return out.String(), nil
}
