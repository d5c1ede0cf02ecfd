package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/world"
)

// A bench is where everything is measured.
type bench struct {
	ctx    context.Context
	dir    string
	binary string // changebot
	rounds int
}

func (b *bench) build() error {
	var err error
	b.binary, err = bot.Build(b.ctx, b.dir, false)
	return err
}

// A site is a world and the replicas of changebot that serve it.
type site struct {
	*world.World
	name    string
	bots    []*bot.Bot
	balance *bot.Balancer
}

// open starts a site; store is a database address, empty for SQLite.
func (b *bench) open(name, store string, replicas int) (*site, error) {
	dir := filepath.Join(b.dir, name)
	w, err := world.Start(world.Options{Dir: filepath.Join(dir, "world")})
	if err != nil {
		return nil, err
	}
	s := &site{World: w, name: name}
	for i := range replicas {
		r, err := bot.NewReplica(w, b.binary, filepath.Join(dir, fmt.Sprint("replica", i)), store)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.bots = append(s.bots, r)
		if err := r.Start(); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if replicas == 1 {
		w.Connect(s.bots[0].URL())
		return s, nil
	}
	s.balance = bot.Balance(s.bots...)
	w.Connect(s.balance.URL())
	return s, nil
}

func (s *site) close() error {
	var all error
	for _, b := range s.bots {
		all = errors.Join(all, b.Stop(syscall.SIGTERM))
	}
	if s.balance != nil {
		s.balance.Close()
	}
	return errors.Join(all, s.World.Close())
}

// room is where everything is asked for.
func (s *site) room() string {
	id, _ := s.Slack.ChannelID("releases")
	return id
}

// until waits for something that takes seconds at most.
func (b *bench) until(what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(b.ctx, bot.Patience())
	defer cancel()
	if err := bot.Until(ctx, func() (bool, error) { return holds(), nil }); err != nil {
		return fmt.Errorf("wait until %s: %w", what, err)
	}
	return nil
}

// quantile returns the value below which a share of the sorted values lies.
func quantile(values []time.Duration, share float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// median is the middle one of some values.
func median[T cmp.Ordered](values []T) T {
	var none T
	if len(values) == 0 {
		return none
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// ms prints a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

// postgres is the address of a server on which databases may be created.
func postgres() string { return os.Getenv("CHANGEBOT_TEST_POSTGRES") }
