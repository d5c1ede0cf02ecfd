package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/bench/gitrepo"
)

// A shell runs git commands and adds up what they cost.
type shell struct {
	dir   string // where they run
	spent cost
}

func (s *shell) git(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = s.dir, gitrepo.Env()
	cmd.Stdin = bytes.NewReader(stdin)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	begin := time.Now()
	out, err := cmd.Output()
	s.spent.took += time.Since(begin)
	if state := cmd.ProcessState; state != nil {
		s.spent.cpu += state.UserTime() + state.SystemTime() // its children included
		if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
			s.spent.peak = max(s.spent.peak, usage.Maxrss<<10)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(errs.Bytes()))
	}
	return out, nil
}

var tagLine = regexp.MustCompile(`(?m)newTag: .*$`)

func (j job) edit(data []byte) []byte { return tagLine.ReplaceAll(data, []byte("newTag: "+j.Tag)) }

// cliClone is what most tools do each time: a clone of depth 1 with a work tree.
type cliClone struct{ s *site }

func (c cliClone) promote(ctx context.Context, j job) (cost, error) {
	sh := &shell{dir: filepath.Join(c.s.dir, "work")}
	defer os.RemoveAll(sh.dir)
	if err := os.MkdirAll(sh.dir, 0o755); err != nil {
		return cost{}, err
	}
	if _, err := sh.git(ctx, nil, "clone", "--quiet", "--depth", "1", c.s.url, "."); err != nil {
		return cost{}, err
	}
	file := filepath.Join(sh.dir, j.Path)
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, j.edit(data), 0o644)
	}
	if err != nil {
		return cost{}, err
	}
	for _, args := range [][]string{
		{"add", "--", j.Path},
		{"commit", "--quiet", "-m", j.message()},
		{"push", "--quiet", "origin", "HEAD:refs/heads/" + j.Branch},
	} {
		if _, err := sh.git(ctx, nil, args...); err != nil {
			return cost{}, err
		}
	}
	return sh.spent, nil
}

// cliBlobless clones without blobs and a work tree, and lets fast-import make
// the commit.
type cliBlobless struct{ s *site }

func (c cliBlobless) promote(ctx context.Context, j job) (cost, error) {
	sh := &shell{dir: filepath.Join(c.s.dir, "blobless.git")}
	defer os.RemoveAll(sh.dir)
	if err := os.MkdirAll(sh.dir, 0o755); err != nil {
		return cost{}, err
	}
	if _, err := sh.git(ctx, nil, "clone", "--quiet", "--bare", "--depth", "1", "--filter=blob:none", c.s.url, "."); err != nil {
		return cost{}, err
	}
	err := sh.importAndPush(ctx, j)
	return sh.spent, err
}

// cliMirror fetches into a bare mirror that is there, and lets fast-import make
// the commit.
type cliMirror struct{ sh shell }

func (s *site) newCLIMirror(ctx context.Context, dir string) (*cliMirror, error) {
	m := &cliMirror{shell{dir: dir}}
	if err := os.MkdirAll(m.sh.dir, 0o755); err != nil {
		return nil, err
	}
	_, err := m.sh.git(ctx, nil, "clone", "--quiet", "--bare", "--depth", "1", s.url, ".")
	return m, err
}

func (m *cliMirror) promote(ctx context.Context, j job) (cost, error) {
	m.sh.spent = cost{}
	if _, err := m.sh.git(ctx, nil, "fetch", "--quiet", "origin", "+refs/heads/main:refs/heads/main"); err != nil {
		return cost{}, err
	}
	err := m.sh.importAndPush(ctx, j)
	return m.sh.spent, err
}

func (s *shell) importAndPush(ctx context.Context, j job) error {
	data, err := s.git(ctx, nil, "cat-file", "blob", "refs/heads/main:"+j.Path)
	if err != nil {
		return err
	}
	data = j.edit(data)
	var stream bytes.Buffer
	fmt.Fprintf(&stream, "commit refs/heads/%s\ncommitter %s\ndata %d\n%s\nfrom refs/heads/main^0\nM 100644 inline %s\ndata %d\n%s\n",
		j.Branch, "Ada <ada@example.com> 1700000000 +0000", len(j.message()), j.message(), j.Path, len(data), data)
	if _, err := s.git(ctx, stream.Bytes(), "fast-import", "--quiet"); err != nil {
		return err
	}
	_, err = s.git(ctx, nil, "push", "--quiet", "origin", "refs/heads/"+j.Branch)
	return err
}
