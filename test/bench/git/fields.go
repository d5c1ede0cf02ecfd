package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	rows, last, _ := cutLast(strings.TrimRight(string(out), "\n"))
	fmt.Println(rows)
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

func cutLast(text string) (before, last string, ok bool) {
	i := strings.LastIndexByte(text, '\n')
	return text[:max(0, i)], text[i+1:], i >= 0
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

func (f *fields) index(name string) *history.Index {
	return history.Open(history.Options{
		Repository: f.size.Name, File: filepath.Join(f.dir, name+".history"),
		Source: f.mirror, Past: lists{f.repo}, Manifests: manifest.Files{},
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

// history builds the index from all history and measures it.
func (f *fields) history(ctx context.Context) error {
	if err := f.open(ctx, "whole", true); err != nil {
		return err
	}
	defer f.mirror.Mirror.Close()
	tip, err := f.mirror.Fetch(ctx)
	if err != nil {
		return err
	}
	x := f.index("whole")
	defer x.Close()
	begin := time.Now()
	if err := x.Follow(ctx, tip, f.places("prod")); err != nil {
		return err
	}
	built := time.Since(begin)
	info, err := os.Stat(filepath.Join(f.dir, "whole.history"))
	if err != nil {
		return err
	}
	fmt.Printf("  index of the whole history   %8.1f s to build, %d MB on disk, process at most %d MB\n", built.Seconds(), info.Size()>>20, ownPeak()>>20)
	for _, c := range []struct {
		name string
		app  int
	}{{"busy", f.size.Busy()}, {"middling", f.size.Middling()}, {"quiet", f.size.Quiet()}} {
		if err := f.lastValues(ctx, x, tip, c.name, c.app); err != nil {
			return err
		}
	}
	if tip, err = f.increment(ctx, x, tip); err != nil {
		return err
	}
	if err := f.compare(ctx, x, tip, "from the whole history"); err != nil {
		return err
	}
	return f.fromLists(ctx)
}

// lastValues measures the last 20 values of a field.
func (f *fields) lastValues(ctx context.Context, x *history.Index, tip, name string, app int) error {
	place := f.place(app, "prod")
	var ours, theirs []time.Duration
	for range f.rounds + 1 {
		begin := time.Now()
		n := 0
		for held, err := range x.Log(ctx, tip, place) {
			if err != nil || !held.Found {
				return fmt.Errorf("the history of %s has no version at %s: %w", place.File, held.SHA, err)
			}
			if n++; n == 20 {
				break
			}
		}
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		if _, err := f.cli.git(ctx, nil, "log", "-20", "-p", "--format=%H %ct", tip, "--", place.File); err != nil {
			return err
		}
		theirs = append(theirs, time.Since(begin))
	}
	a, b := median(ours[1:]), median(theirs[1:])
	fmt.Printf("  last 20 values, %-12s %8.3f ms from the index, %9.1f ms by git log with Bloom filters\n", name, ms(a), ms(b))
	f.promise("last 20 values of a "+name+" field, times faster than git log", ms(b)/ms(a), 50)
	return nil
}

// increment measures what ten new commits cost.
func (f *fields) increment(ctx context.Context, x *history.Index, tip string) (string, error) {
	var ours, theirs []time.Duration
	for range f.rounds + 1 {
		if err := f.repo.Advance(ctx, 10); err != nil {
			return "", err
		}
		next, err := f.mirror.Fetch(ctx)
		if err != nil {
			return "", err
		}
		begin := time.Now()
		if err := x.Follow(ctx, next, f.places("prod")); err != nil {
			return "", err
		}
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		if _, err := f.cli.git(ctx, nil, "log", "--raw", "--format=%H %ct", tip+".."+next); err != nil {
			return "", err
		}
		theirs = append(theirs, time.Since(begin))
		tip = next
	}
	fmt.Printf("  increment of 10 commits      %8.1f ms with the versions read, %5.1f ms by git log --raw of those 10\n", ms(median(ours[1:])), ms(median(theirs[1:])))
	return tip, nil
}

// sample is how many random fields are compared with git log.
const sample = 1000

// compare holds the history of random fields against git log.
func (f *fields) compare(ctx context.Context, x *history.Index, tip, how string) error {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var paths []string
	for range sample {
		environment := []string{"dev", "staging", "prod", "prod", "prod"}[random.IntN(5)]
		paths = append(paths, f.size.Path(random.IntN(f.size.Apps), environment))
	}
	paths[0], paths[1] = f.size.Path(f.size.Busy(), "prod"), "clusters/main/values.yaml"
	begin := time.Now()
	var wait sync.WaitGroup
	faults := make([]error, 4)
	for i := range faults {
		wait.Go(func() {
			faults[i] = x.Check(ctx, tip, paths[i*sample/len(faults):(i+1)*sample/len(faults)], f.log)
		})
	}
	wait.Wait()
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("seed %d, %s: %w", seed, how, err)
	}
	fmt.Printf("  %d random fields, %-24s equal to git log's (seed %d, %.0f s)\n", sample, how, seed, time.Since(begin).Seconds())
	return nil
}

func (f *fields) log(ctx context.Context, upTo, path string) ([]string, error) {
	sh := shell{dir: filepath.Join(f.dir, "whole.git")}
	out, err := sh.git(ctx, nil, "log", "--format=%H", upTo, "--", path)
	return strings.Fields(string(out)), err
}

// fromLists compares an index whose mirror begins shortly before the tip.
func (f *fields) fromLists(ctx context.Context) error {
	whole := f.mirror.Mirror
	if err := f.open(ctx, "shallow", false); err != nil {
		return err
	}
	defer func() { f.mirror = git.Repository{Mirror: whole} }()
	defer f.mirror.Mirror.Close()
	if err := f.repo.Advance(ctx, 50); err != nil {
		return err
	}
	tip, err := f.mirror.Fetch(ctx)
	if err != nil {
		return err
	}
	if _, err := whole.Fetch(ctx); err != nil {
		return err
	}
	x := f.index("shallow")
	defer x.Close()
	return f.compare(ctx, x, tip, "from the forge's lists")
}

// lists are the forge's lists of commits, as git log has them on the server.
type lists struct{ repo *gitrepo.Repo }

func (l lists) Commits(ctx context.Context, upTo, path string, page int) ([]workflow.PastCommit, error) {
	out, err := l.repo.Git(ctx, nil, "log", "--max-count=50", "--skip="+strconv.Itoa(50*(page-1)), "--format=%H %ct", upTo, "--", path)
	var commits []workflow.PastCommit
	for line := range strings.Lines(out) {
		sha, at, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, _ := strconv.ParseInt(at, 10, 64)
		commits = append(commits, workflow.PastCommit{SHA: sha, At: time.Unix(seconds, 0)})
	}
	return commits, err
}

func (l lists) FileAt(ctx context.Context, commit, path string) ([]byte, error) {
	out, err := l.repo.Git(ctx, nil, "cat-file", "blob", commit+":"+path)
	return []byte(out + "\n"), err
}

func (l lists) Contains(context.Context, string, string) (bool, error) {
	return false, errors.New("not asked in this measurement")
}

// diff measures which versions differ between staging and prod.
func (f *fields) diff(ctx context.Context) error {
	if err := f.open(ctx, "mirror", false); err != nil {
		return err
	}
	defer f.mirror.Mirror.Close()
	x := f.index("mirror")
	defer x.Close()
	tip, err := f.mirror.Fetch(ctx)
	if err != nil {
		return err
	}
	places := f.places("staging", "prod")
	begin := time.Now()
	if _, err := f.differing(ctx, x, tip, places); err != nil {
		return err
	}
	first := time.Since(begin)
	var ours, moved, theirs []time.Duration
	for range f.rounds + 1 {
		if err := f.repo.Advance(ctx, 10); err != nil {
			return err
		}
		if tip, err = f.mirror.Fetch(ctx); err != nil {
			return err
		}
		begin = time.Now()
		if _, err := f.differing(ctx, x, tip, places); err != nil {
			return err
		}
		moved = append(moved, time.Since(begin))
		begin = time.Now()
		a, err := f.differing(ctx, x, tip, places)
		if err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		b, err := f.differingByCLI(ctx, tip)
		if err != nil {
			return err
		}
		theirs = append(theirs, time.Since(begin))
		if !slices.Equal(a, b) {
			return fmt.Errorf("%d applications differ by the index and %d by git, or other ones", len(a), len(b))
		}
	}
	a, b := median(ours[1:]), median(theirs[1:])
	fmt.Printf("  staging against prod         %8.2f ms from the index, %.2f ms after 10 commits, %.0f ms the first time; %.0f ms by ls-tree and cat-file\n",
		ms(a), ms(median(moved[1:])), ms(first), ms(b))
	f.promise("staging against prod, times faster than ls-tree and cat-file", ms(b)/ms(a), 20)
	return nil
}

// differing returns the applications whose versions differ, by the index.
func (f *fields) differing(ctx context.Context, x *history.Index, tip string, places []gitops.Place) (apps []int, err error) {
	all, err := x.Now(ctx, tip, places)
	if err != nil {
		return nil, err
	}
	for app := range f.size.Apps {
		if all[app] != all[f.size.Apps+app] {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// differingByCLI is the same by git ls-tree and git cat-file on the mirror.
func (f *fields) differingByCLI(ctx context.Context, tip string) (apps []int, err error) {
	listing, err := f.cli.git(ctx, nil, "ls-tree", "-r", tip)
	if err != nil {
		return nil, err
	}
	blobs := map[string]string{}
	for line := range strings.Lines(string(listing)) {
		meta, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		blobs[path] = meta[strings.LastIndexByte(meta, ' ')+1:]
	}
	var asked bytes.Buffer
	for app := range f.size.Apps {
		for _, e := range []string{"staging", "prod"} {
			fmt.Fprintln(&asked, blobs[f.size.Path(app, e)])
		}
	}
	contents, err := f.cli.git(ctx, asked.Bytes(), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	tags := tagLine.FindAll(contents, -1)
	if len(tags) != 2*f.size.Apps {
		return nil, fmt.Errorf("%d tags of %d applications", len(tags), f.size.Apps)
	}
	for app := range f.size.Apps {
		if !bytes.Equal(tags[2*app], tags[2*app+1]) {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
