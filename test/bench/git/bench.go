package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/changebot/changebot/test/bench/gitrepo"
)

// A measurement compares ways to do one thing at one size and prints a table.
type measurement struct {
	name string
	run  func(context.Context, *site) ([]promise, error)
}

func measurements() []measurement {
	return []measurement{
		{"one promotion", besideWarm((*site).promoteOne)},
		{"many promotions", besideWarm((*site).promoteMany)},
		{"history of fields", historyOfFields},
		{"environment diff", environmentDiff},
	}
}

// A promise is a bound that a measured number has to keep.
type promise struct {
	text  string // what the number is, such as "times faster than the clone"
	got   float64
	bound float64
	most  bool // got must be at most bound, not at least
}

func (p promise) kept() bool {
	if p.most {
		return p.got <= p.bound
	}
	return p.got >= p.bound
}

func (p promise) String() string {
	word := "at least"
	if p.most {
		word = "at most"
	}
	return fmt.Sprintf("%s: %.1f, promised %s %g", p.text, p.got, word, p.bound)
}

// A bench is where everything is measured.
type bench struct {
	dir, keep, only string
	rounds          int
}

// A site is a repository of one size behind its server.
type site struct {
	dir    string // to work in
	repo   *gitrepo.Repo
	server *server
	url    string // of the repository
	rounds int
}

// size makes all measurements at one size and returns the promises that were
// broken. What is broken once is measured again: the machine may have been busy.
func (b *bench) size(ctx context.Context, size gitrepo.Size) ([]string, error) {
	s, err := b.open(ctx, size)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var missed []string
	for _, m := range measurements() {
		if b.only != "" && b.only != m.name {
			continue
		}
		fmt.Printf("\n%s, %s: %d applications, %d files, %d commits\n", size.Name, m.name, size.Apps, 10*size.Apps, size.Commits)
		broken, err := s.measure(ctx, m)
		if err == nil && len(broken) > 0 {
			fmt.Println("once more:")
			var again []promise
			again, err = s.measure(ctx, m)
			broken = both(broken, again)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		for _, p := range broken {
			missed = append(missed, size.Name+", "+p.String())
		}
	}
	return missed, nil
}

// both returns the promises that were broken again.
func both(broken, again []promise) []promise {
	return slices.DeleteFunc(again, func(p promise) bool {
		return !slices.ContainsFunc(broken, func(b promise) bool { return b.text == p.text })
	})
}

// measure makes one measurement and returns the promises that were broken.
func (s *site) measure(ctx context.Context, m measurement) ([]promise, error) {
	promises, err := m.run(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, p := range promises {
		mark := "kept  "
		if !p.kept() {
			mark = "BROKEN"
		}
		fmt.Printf("  %s %s\n", mark, p)
	}
	return slices.DeleteFunc(promises, promise.kept), nil
}

func (b *bench) open(ctx context.Context, size gitrepo.Size) (*site, error) {
	s := &site{dir: filepath.Join(b.dir, size.Name), rounds: b.rounds}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	root := s.dir
	if b.keep != "" {
		root = b.keep
	}
	// A process of its own makes it: children begin with their parent's peak
	// memory, so this one stays small.
	bare := filepath.Join(root, size.Name+".git")
	if _, err := os.Stat(bare); errors.Is(err, os.ErrNotExist) {
		begin := time.Now()
		if err := startOwn(ctx, "build", bare, size.Name).Run(); err != nil {
			return nil, fmt.Errorf("make the repository: %w", err)
		}
		fmt.Printf("\n%s was made in %.1f s\n", size.Name, time.Since(begin).Seconds())
	}
	var err error
	if s.repo, err = gitrepo.Open(ctx, bare, size); err != nil {
		return nil, err
	}
	if s.server, err = serve(ctx, root); err != nil {
		return nil, err
	}
	s.url = s.server.url + "/" + size.Name + ".git"
	return s, nil
}

func (s *site) close() {
	s.server.close()
	_ = os.RemoveAll(s.dir)
}

// startOwn prepares this program with other arguments.
func startOwn(ctx context.Context, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

// buildRepo is the process that makes a repository.
func buildRepo(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: git build FOLDER SIZE")
	}
	i := slices.IndexFunc(sizes(), func(s gitrepo.Size) bool { return s.Name == args[1] })
	if i < 0 {
		return fmt.Errorf("there is no size %q", args[1])
	}
	made := args[0] + ".tmp"
	if err := os.RemoveAll(made); err != nil {
		return err
	}
	if _, err := gitrepo.Build(ctx, made, sizes()[i]); err != nil {
		return err
	}
	return os.Rename(made, args[0])
}
