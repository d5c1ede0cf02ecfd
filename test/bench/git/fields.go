package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/manifest"
	"github.com/changebot/changebot/gitops/workflow"
	"github.com/changebot/changebot/test/bench/gitrepo"
)

// historyOfFields measures the index beside git log, and holds what it says
// against it.
func historyOfFields(ctx context.Context, s *site) ([]promise, error) {
	return s.inOwn(ctx, "history")
}

// environmentDiff measures which versions differ between two environments.
func environmentDiff(ctx context.Context, s *site) ([]promise, error) {
	return s.inOwn(ctx, "diff")
}

// inOwn makes a measurement in a process with a memory of its own, which prints
// its rows and ends with its promises.
func (s *site) inOwn(ctx context.Context, what string) ([]promise, error) {
	dir := filepath.Join(s.dir, what)
	defer os.RemoveAll(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	cmd := startOwn(ctx, "fields", what, s.url, s.repo.Dir, dir, s.repo.Name, strconv.Itoa(s.rounds))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	last := ""
	for lines := bufio.NewScanner(out); lines.Scan(); last = lines.Text() {
		if last != "" {
			fmt.Println(last)
		}
	}
	if err := cmd.Wait(); err != nil {
		return nil, err
	}
	var told []toldPromise
	if err := json.Unmarshal([]byte(last), &told); err != nil {
		return nil, fmt.Errorf("read the promises of %s: %w", what, err)
	}
	var all []promise
	for _, p := range told {
		all = append(all, promise{text: p.Text, got: p.Got, bound: p.Bound, most: p.Most})
	}
	return all, nil
}

// A toldPromise is a promise on its way out of a process.
type toldPromise struct {
	Text       string
	Got, Bound float64
	Most       bool
}

// fields is that process: a mirror with an index beside it.
type fields struct {
	size   gitrepo.Size
	repo   *gitrepo.Repo
	url    string
	dir    string
	rounds int
	mirror git.Repository
	cli    shell // in the mirror
	told   []toldPromise
}

func measureFields(ctx context.Context, args []string) error {
	if len(args) != 6 {
		return errors.New("usage: git fields WHAT URL BARE FOLDER SIZE ROUNDS")
	}
	f := &fields{url: args[1], dir: args[3], told: []toldPromise{}}
	i := slices.IndexFunc(sizes(), func(s gitrepo.Size) bool { return s.Name == args[4] })
	if i < 0 {
		return fmt.Errorf("no size %q", args[4])
	}
	f.size = sizes()[i]
	var err error
	if f.rounds, err = strconv.Atoi(args[5]); err != nil {
		return err
	}
	if f.repo, err = gitrepo.Open(ctx, args[2], f.size); err != nil {
		return err
	}
	if args[0] == "diff" {
		err = f.diff(ctx)
	} else {
		err = f.history(ctx)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f.told)
}

// promise is of the large size: where git has little to read, starting it is most
// of its time.
func (f *fields) promise(text string, got, bound float64) {
	if f.size.Name != "L" {
		return
	}
	f.told = append(f.told, toldPromise{Text: text, Got: got, Bound: bound})
}

// open opens the mirror of a name; whole gives it all history.
func (f *fields) open(ctx context.Context, name string, whole bool) error {
	dir := filepath.Join(f.dir, name+".git")
	f.cli = shell{dir: dir}
	open := func() error {
		m, err := git.Open(ctx, git.Options{URL: f.url, Dir: dir, Branch: "main"})
		f.mirror = git.Repository{Mirror: m}
		return err
	}
	if err := open(); err != nil || !whole {
		return err
	}
	if err := f.mirror.Mirror.Close(); err != nil {
		return err
	}
	if _, err := f.cli.git(ctx, nil, "fetch", "--quiet", "--unshallow", f.repo.Dir, "main"); err != nil {
		return err
	}
	if _, err := f.cli.git(ctx, nil, "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"); err != nil {
		return err
	}
	return open()
}

// index opens the index of a mirror; past is what lies before that one's start.
func (f *fields) index(name string, past workflow.Past) *history.Index {
	return history.Open(history.Options{
		Repository: f.size.Name, File: filepath.Join(f.dir, name+".history"),
		Source: f.mirror, Past: past, Manifests: manifest.Files{},
	})
}

func (f *fields) place(app int, environment string) gitops.Place {
	return gitops.Place{Shape: gitops.ShapeKustomize, File: f.size.Path(app, environment), Image: f.size.App(app)}
}

func (f *fields) places(environments ...string) (all []gitops.Place) {
	for _, e := range environments {
		for app := range f.size.Apps {
			all = append(all, f.place(app, e))
		}
	}
	return all
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
