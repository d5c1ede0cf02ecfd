package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A job is one promotion: another tag in one file, on a branch of its own.
type job struct{ App, Path, Tag, Branch string }

// cost is what a promotion took of the machine of whoever promotes.
type cost struct {
	took time.Duration
	cpu  time.Duration // user and system, of all processes
	peak int64         // bytes, of the largest process

	refused int64 // commits, because main had moved meanwhile
}

// A way is one of several to promote.
type way interface {
	promote(context.Context, job) (cost, error)
}

// A contestant is a way with what it cost in each round.
type contestant struct {
	name    string
	way     way
	costs   []cost
	traffic []traffic
}

// movedBy is by how many commits main moves between two promotions.
const movedBy = 10

// promoteOne compares ways to change one scalar in one file, from a tip that
// moved on, to a new branch on the server.
func (s *site) promoteOne(ctx context.Context, dir string, warm *ours) ([]promise, error) {
	mirror, err := s.newCLIMirror(ctx, filepath.Join(dir, "git.git"))
	if err != nil {
		return nil, err
	}
	all := []*contestant{
		{name: "changebot, warm", way: warm},
		{name: "git mirror, fast-import", way: mirror},
		{name: "git clone --depth 1", way: cliClone{s}},
		{name: "git blobless clone, fast-import", way: cliBlobless{s}},
		{name: "changebot, cold", way: oursCold{s}},
	}
	for round := range s.rounds + 1 {
		if err := s.repo.Advance(ctx, movedBy); err != nil {
			return nil, err
		}
		for i := range all {
			if err := s.contest(ctx, all[(i+round)%len(all)], round); err != nil {
				return nil, err
			}
		}
	}
	printContest(all)
	return promisesOfOne(s.repo.Name, all), nil
}

// contest lets one way promote and sees on the server that it did.
func (s *site) contest(ctx context.Context, c *contestant, round int) error {
	app := s.repo.Apps / 2
	j := job{
		App: s.repo.App(app), Path: s.repo.Path(app, "prod"),
		Tag: fmt.Sprintf("9.%d.%d", round, len(c.name)), Branch: fmt.Sprintf("changebot/c-%d", round),
	}
	s.server.take()
	spent, err := c.way.promote(ctx, j)
	seen := s.server.take()
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if err := s.check(ctx, j); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if round > 0 {
		c.costs, c.traffic = append(c.costs, spent), append(c.traffic, seen)
	}
	return nil
}

// check sees that the branch is one commit with one edit on the tip of main,
// and deletes it, so that everybody meets the same server.
func (s *site) check(ctx context.Context, j job) error {
	changed, err := s.repo.Git(ctx, nil, "diff", "--name-only", "main", j.Branch)
	if err != nil {
		return err
	}
	commits, err := s.repo.Git(ctx, nil, "rev-list", "--count", "--left-right", "main..."+j.Branch)
	if err != nil {
		return err
	}
	data, err := s.repo.Git(ctx, nil, "cat-file", "blob", j.Branch+":"+j.Path)
	if err != nil {
		return err
	}
	if changed != j.Path || commits != "0\t1" || !strings.Contains(data, "newTag: "+j.Tag) {
		return fmt.Errorf("the branch is %s commits away and changes %q, or not to %s", commits, changed, j.Tag)
	}
	_, err = s.repo.Git(ctx, nil, "update-ref", "-d", "refs/heads/"+j.Branch)
	return err
}

func printContest(all []*contestant) {
	fmt.Printf("  %-34s %9s %9s %9s %8s %10s %10s %8s\n", "", "took", "of it", "own CPU", "peak", "down", "up", "requests")
	fmt.Printf("  %-34s %9s %9s\n", "", "", "server")
	for _, c := range all {
		fmt.Printf("  %-34s %9s %9s %9s %8s %10s %10s %8d\n", c.name, millis(c.took()), millis(c.server()), millis(c.cpu()),
			fmt.Sprintf("%d MB", c.peak()/1e6), kilos(middle(c.traffic, func(t traffic) int64 { return t.down })),
			kilos(middle(c.traffic, func(t traffic) int64 { return t.up })), middle(c.traffic, func(t traffic) int { return t.requests }))
	}
}

func (c *contestant) took() time.Duration {
	return middle(c.costs, func(c cost) time.Duration { return c.took })
}

func (c *contestant) cpu() time.Duration {
	return middle(c.costs, func(c cost) time.Duration { return c.cpu })
}

func (c *contestant) server() time.Duration {
	return middle(c.traffic, func(t traffic) time.Duration { return t.busy })
}

// peak is the largest of all rounds.
func (c *contestant) peak() int64 {
	return slices.MaxFunc(c.costs, func(a, b cost) int { return cmp.Compare(a.peak, b.peak) }).peak
}

// middle is the median of one number of each round.
func middle[E any, T cmp.Ordered](rounds []E, number func(E) T) T {
	values := make([]T, len(rounds))
	for i, r := range rounds {
		values[i] = number(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

func kilos(n int64) string { return fmt.Sprintf("%.1f kB", float64(n)/1e3) }

// promisesOfOne are the promises about one promotion at a size.
func promisesOfOne(size string, all []*contestant) []promise {
	warm, mirror, clone, cold := all[0], all[1], all[2], all[4]
	ratio := func(a, b time.Duration) float64 { return float64(a) / float64(b) }
	faster := promise{text: "warm, times faster than git clone --depth 1", got: ratio(clone.took(), warm.took())}
	switch size {
	case "S":
		faster.bound = 2.5
		return []promise{faster}
	case "M":
		faster.bound = 8
		return []promise{faster}
	}
	faster.bound = 12
	return []promise{
		faster,
		{text: "warm, times faster than git's mirror", got: ratio(mirror.took(), warm.took()), bound: 1},
		{text: "warm, times the server's share", got: ratio(warm.took(), warm.server()), bound: 1.4, most: true},
		{text: "git's mirror, times the CPU of warm", got: ratio(mirror.cpu(), warm.cpu()), bound: 10},
		{text: "warm, MB of memory", got: float64(warm.peak()) / 1e6, bound: 100, most: true},
		{text: "warm, kB down", got: float64(middle(warm.traffic, func(t traffic) int64 { return t.down })) / 1e3, bound: 300, most: true},
		{text: "cold, times faster than git clone --depth 1", got: ratio(clone.took(), cold.took()), bound: 1},
	}
}
