package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/gitops/workflow"
)

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

// lists are the forge's lists of commits, as git log has them in the mirror that
// holds all. git makes each once.
type lists struct {
	fields *fields
	made   sync.Map // by "commit path"
}

func (l *lists) git(ctx context.Context, args ...string) ([]byte, error) {
	sh := shell{dir: filepath.Join(l.fields.dir, "whole.git")}
	return sh.git(ctx, nil, args...)
}

// Commits is a page of git log.
func (l *lists) Commits(ctx context.Context, upTo, path string, page int) ([]workflow.PastCommit, error) {
	if made, ok := l.made.Load(upTo + " " + path); ok {
		commits, _ := made.([]workflow.PastCommit)
		return commits[min(50*(page-1), len(commits)):min(50*page, len(commits))], nil
	}
	out, err := l.git(ctx, "log", "--format=%H %ct", upTo, "--", path)
	if err != nil {
		return nil, err
	}
	var commits []workflow.PastCommit
	for line := range strings.Lines(string(out)) {
		sha, at, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, _ := strconv.ParseInt(at, 10, 64)
		commits = append(commits, workflow.PastCommit{SHA: sha, At: time.Unix(seconds, 0)})
	}
	l.made.Store(upTo+" "+path, commits)
	return l.Commits(ctx, upTo, path, page)
}

// FileAt is a file as of a commit.
func (l *lists) FileAt(ctx context.Context, commit, path string) ([]byte, error) {
	return l.git(ctx, "cat-file", "blob", commit+":"+path)
}

// Contains is for workflow.Past.
func (l *lists) Contains(context.Context, string, string) (bool, error) {
	return false, errors.New("not asked in this measurement")
}
