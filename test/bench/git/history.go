package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/git"
	"github.com/changebot/changebot/gitops/history"
	"github.com/changebot/changebot/test/githubtest"
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
	x := f.index("whole", nil) // nothing lies before this mirror's start
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

// lastValues measures the last 20 values of a field, and holds each against
// the one that git log shows.
func (f *fields) lastValues(ctx context.Context, x *history.Index, tip, name string, app int) error {
	place := f.place(app, "prod")
	var ours, theirs []time.Duration
	for range f.rounds + 1 {
		begin := time.Now()
		values := make([]string, 0, 20)
		for held, err := range x.Log(ctx, tip, place) {
			if err != nil || !held.Found {
				return fmt.Errorf("the history of %s has no version at %s: %w", place.File, held.SHA, err)
			}
			if values = append(values, held.SHA+" "+held.Version.Tag); len(values) == cap(values) {
				break
			}
		}
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		log, err := f.cli.git(ctx, nil, "log", "-20", "-p", "--format=%H", tip, "--", place.File)
		if err != nil {
			return err
		}
		theirs = append(theirs, time.Since(begin))
		if want := loggedValues(log); !slices.Equal(values, want) {
			return fmt.Errorf("the last values of %s are %q by the index and %q by git log", place.File, values, want)
		}
	}
	a, b := median(ours[1:]), median(theirs[1:])
	fmt.Printf("  last 20 values, %-12s %8.3f ms from the index, %9.1f ms by git log with Bloom filters\n", name, ms(a), ms(b))
	f.promise("last 20 values of a "+name+" field, times faster than git log", ms(b)/ms(a), 50)
	return nil
}

var logged = regexp.MustCompile(`(?m)^([0-9a-f]{40})$|^\+ *newTag: (.*)$`)

// loggedValues are the commits of git log -p, each with the tag that it brought.
func loggedValues(log []byte) []string {
	var values []string
	for _, m := range logged.FindAllStringSubmatch(string(log), -1) {
		if m[1] != "" {
			values = append(values, m[1])
		} else if n := len(values); n > 0 {
			values[n-1] += " " + m[2]
		}
	}
	return values
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

// sample is how many random fields are compared with git log: fewer where git
// starts for longer than it reads.
func (f *fields) sample() int {
	if f.size.Name == "L" {
		return 1000
	}
	return 250
}

// compare holds the history of random fields, with each of their values, against
// git log.
func (f *fields) compare(ctx context.Context, x *history.Index, tip, how string) error {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var places []gitops.Place
	sample := f.sample()
	for range sample {
		environment := []string{"dev", "staging", "prod", "prod", "prod"}[random.IntN(5)]
		places = append(places, f.place(random.IntN(f.size.Apps), environment))
	}
	begin := time.Now()
	var values atomic.Int64
	var wait sync.WaitGroup
	faults := make([]error, 4)
	for i := range faults {
		wait.Go(func() {
			for _, place := range places[i*sample/len(faults) : (i+1)*sample/len(faults)] {
				n, err := f.sameValues(ctx, x, tip, place)
				if values.Add(int64(n)); err != nil {
					faults[i] = err
					return
				}
			}
		})
	}
	wait.Wait()
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("seed %d, %s: %w", seed, how, err)
	}
	if err := x.Check(ctx, tip, []string{f.size.Path(f.size.Busy(), "prod"), "clusters/main/values.yaml"}, f.log); err != nil {
		return fmt.Errorf("%s: %w", how, err)
	}
	fmt.Printf("  %d random fields, %-24s all %d values as in git log's (seed %d, %.0f s)\n", sample, how, values.Load(), seed, time.Since(begin).Seconds())
	return nil
}

// sameValues holds all values that a field ever had against those that git log
// shows, and says how many they are.
func (f *fields) sameValues(ctx context.Context, x *history.Index, tip string, place gitops.Place) (int, error) {
	var values []string
	for held, err := range x.Log(ctx, tip, place) {
		if err != nil || !held.Found {
			return 0, fmt.Errorf("the history of %s has no version at %s: %w", place.File, held.SHA, err)
		}
		values = append(values, held.SHA+" "+held.Version.Tag)
	}
	log, err := (&shell{dir: filepath.Join(f.dir, "whole.git")}).git(ctx, nil, "log", "-p", "--format=%H", tip, "--", place.File)
	if err != nil {
		return 0, err
	}
	if want := loggedValues(log); !slices.Equal(values, want) {
		return 0, fmt.Errorf("the values of %s are %q by the index and %q by git log", place.File, values, want)
	}
	return len(values), nil
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
	github, err := openForge(ctx, f.repo.Dir, filepath.Join(f.dir, "forge"))
	if err != nil {
		return err
	}
	defer github.Close()
	x := f.index("shallow", github)
	defer x.Close()
	if err := f.compare(ctx, x, tip, "from GitHub's lists"); err != nil {
		return err
	}
	fmt.Printf("  for those GitHub was asked %d times\n", len(github.server.Requests(githubtest.Filter{})))
	return nil
}
