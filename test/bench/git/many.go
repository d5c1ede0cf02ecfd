package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// manyPromotions compares promotions that come at the same time with the same
// ones by one after the other.
func manyPromotions(ctx context.Context, s *site) (_ []promise, err error) {
	dir, err := os.MkdirTemp(s.dir, "many-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	warm, err := s.startWarm(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, warm.stop()) }()
	before, err := s.repo.Tip(ctx)
	if err != nil {
		return nil, err
	}
	all := []*contestant{
		{name: fmt.Sprintf("%d branches, one by one", atOnce)},
		{name: fmt.Sprintf("%d branches at once", atOnce)},
		{name: fmt.Sprintf("%d commits to main at once", racing)},
	}
	for round := range min(s.rounds, enoughOfMany) + 1 {
		for i, how := range []string{"", "together", "main"} {
			if err := s.many(ctx, warm, all[i], how, round); err != nil {
				return nil, fmt.Errorf("%s: %w", all[i].name, err)
			}
		}
	}
	printContest(all)
	if _, err := s.repo.Git(ctx, nil, "update-ref", "refs/heads/main", before); err != nil {
		return nil, err
	}
	if s.repo.Name != "L" {
		return nil, nil
	}
	faster := float64(all[0].took()) / float64(all[1].took())
	return []promise{{text: "at once, times faster than one by one", got: faster, bound: 3}}, nil
}

// many gives one order and sees on the server that everything of it landed, once.
func (s *site) many(ctx context.Context, warm *ours, c *contestant, how string, round int) error {
	if err := s.repo.Advance(ctx, movedBy); err != nil {
		return err
	}
	from, err := s.repo.Tip(ctx)
	if err != nil {
		return err
	}
	w := order{How: how}
	n := atOnce
	if how == "main" {
		n = racing
	}
	for i := range n {
		app := (i*31 + 5) % s.repo.Apps
		w.Jobs = append(w.Jobs, job{
			App: s.repo.App(app), Path: s.repo.Path(app, "prod"),
			Tag: fmt.Sprintf("8.%d.%d", round, len(how)), Branch: fmt.Sprintf("changebot/c-%d", i),
		})
	}
	s.server.take()
	spent, err := warm.order(w)
	seen := s.server.take()
	if err != nil {
		return err
	}
	if round > 0 {
		c.costs, c.traffic = append(c.costs, spent), append(c.traffic, seen)
	}
	if how == "main" {
		return s.checkMain(ctx, from, n)
	}
	for _, j := range w.Jobs {
		if err := s.check(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// checkMain sees that main has a commit for each of n files.
func (s *site) checkMain(ctx context.Context, from string, n int) error {
	count, err := s.repo.Git(ctx, nil, "rev-list", "--count", from+"..main")
	if err != nil {
		return err
	}
	files, err := s.repo.Git(ctx, nil, "diff", "--name-only", from, "main")
	if err != nil {
		return err
	}
	if got := strings.Count(files, "\n") + 1; count != strconv.Itoa(n) || got != n {
		return fmt.Errorf("main has %s new commits and %d new files, not %d", count, got, n)
	}
	return nil
}
