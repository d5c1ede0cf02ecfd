package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// How many promotions come at the same time: to branches of their own, and
// those that race for main.
const (
	atOnce = 50
	racing = 16
)

// enoughOfMany is how many rounds of many promotions are enough: each is the
// sum of fifty.
const enoughOfMany = 3

// A crowd is many promotions in one way.
type crowd struct {
	contestant
	how how
	n   int
}

func crowds() []*crowd {
	return []*crowd{
		{contestant{name: fmt.Sprintf("%d branches, one by one", atOnce)}, oneByOne, atOnce},
		{contestant{name: fmt.Sprintf("%d branches at once", atOnce)}, together, atOnce},
		{contestant{name: fmt.Sprintf("%d commits to main, chained", racing)}, chained, racing},
		{contestant{name: fmt.Sprintf("%d the same, compare-and-swap", racing)}, swapping, racing},
	}
}

// promoteMany compares promotions that come at the same time with the same
// ones by one after the other, and those that race for main with the same ones
// by compare-and-swap alone. Each lands, once, and git finds no damage afterwards.
func (s *site) promoteMany(ctx context.Context, dir string, warm *ours) (_ []promise, err error) {
	before, err := s.repo.Tip(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { // whoever opens the repository next counts what Advance did
		_, undone := s.repo.Git(context.WithoutCancel(ctx), nil, "update-ref", "refs/heads/main", before)
		err = errors.Join(err, undone)
	}()
	all := crowds()
	for round := range min(s.rounds, enoughOfMany) + 1 {
		for i := range all {
			next := (i + round) % len(all)
			if all[next].how == swapping && round != 1 {
				continue // once is enough of what takes so long
			}
			if err := s.crowd(ctx, warm, all[next], fmt.Sprintf("8.%d.%d", round, next), round > 0); err != nil {
				return nil, fmt.Errorf("%s: %w", all[next].name, err)
			}
		}
	}
	printContest([]*contestant{&all[0].contestant, &all[1].contestant, &all[2].contestant, &all[3].contestant})
	swaps := all[3]
	fmt.Printf("  by compare-and-swap %d commits were refused and made anew\n", middle(swaps.costs, func(c cost) int64 { return c.refused }))
	if err := s.undamaged(ctx, oursIn(dir)); err != nil {
		return nil, err
	}
	return promisesOfMany(s.repo.Name, all[0].contestant, all[1].contestant), nil
}

// undamaged lets git look at every object of the mirror and of the server.
func (s *site) undamaged(ctx context.Context, mirror string) error {
	for _, bare := range []string{mirror, s.repo.Dir} {
		if _, err := (&shell{dir: bare}).git(ctx, nil, "fsck", "--strict"); err != nil {
			return fmt.Errorf("look for damage in %s: %w", bare, err)
		}
	}
	fmt.Println("  git fsck --strict finds nothing wrong in the mirror and on the server")
	return nil
}

// promisesOfMany are the promises about many promotions at a size.
func promisesOfMany(size string, single, batched contestant) []promise {
	if size != "L" {
		return nil
	}
	faster := float64(single.took()) / float64(batched.took())
	return []promise{{text: "at once, times faster than one by one", got: faster, bound: 3}}
}

// crowd gives one order, of promotions to a tag that is not there yet, and sees
// on the server that everything of it landed, once.
func (s *site) crowd(ctx context.Context, warm *ours, c *crowd, tag string, counts bool) error {
	if err := s.repo.Advance(ctx, movedBy); err != nil {
		return err
	}
	from, err := s.repo.Tip(ctx)
	if err != nil {
		return err
	}
	w := order{How: c.how}
	for i := range c.n {
		app := (i*31 + 5) % s.repo.Apps
		w.Jobs = append(w.Jobs, job{
			App: s.repo.App(app), Path: s.repo.Path(app, "prod"), Tag: tag, Branch: fmt.Sprintf("changebot/c-%d", i),
		})
	}
	s.server.take()
	spent, err := warm.order(w)
	seen := s.server.take()
	if err != nil {
		return err
	}
	if counts {
		c.costs, c.traffic = append(c.costs, spent), append(c.traffic, seen)
	}
	if c.how == chained || c.how == swapping {
		return s.checkMain(ctx, from, w.Jobs)
	}
	for _, j := range w.Jobs {
		if err := s.check(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// checkMain sees that main has one commit for each promotion, and what each
// of them is about.
func (s *site) checkMain(ctx context.Context, from string, jobs []job) error {
	count, err := s.repo.Git(ctx, nil, "rev-list", "--count", from+"..main")
	if err != nil {
		return err
	}
	files, err := s.repo.Git(ctx, nil, "diff", "--name-only", from, "main")
	if err != nil {
		return err
	}
	if got := strings.Count(files, "\n") + 1; count != strconv.Itoa(len(jobs)) || got != len(jobs) {
		return fmt.Errorf("main has %s new commits and %d new files, not %d", count, got, len(jobs))
	}
	for _, j := range jobs {
		data, err := s.repo.Git(ctx, nil, "cat-file", "blob", "main:"+j.Path)
		if err != nil {
			return err
		}
		if !strings.Contains(data, "newTag: "+j.Tag) {
			return fmt.Errorf("%s on main is not promoted to %s", j.Path, j.Tag)
		}
	}
	return nil
}
