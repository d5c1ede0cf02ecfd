// Package storm is bad weather over a whole company: two hundred people ask
// for two thousand things about fifty applications, while GitHub, Slack and
// Argo CD lose, double, reorder, refuse and forget at random, and changebot is
// killed and started again in the middle of it. Then the sky clears. Each
// request that was acknowledged must have one end and one message, and git,
// GitHub and Argo CD must agree with what the messages say.
//
// changebot is a process of its own, and whatever is asserted is read from the
// servers. The seed decides what is asked and what is struck; how that falls
// together is up to the scheduler, so a seed repeats a storm in kind only.
//
// CHANGEBOT_STORM is the number of requests, CHANGEBOT_STORM_SEED the seed.
package storm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/changebot/changebot/test/argocdtest"
	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/world"
)

const (
	usual     = 50               // requests in a run of all tests
	restarts  = 6                // in a storm, at most
	crowdSize = 20               // people who type at the same moment
	busy      = 60               // requests that may be without an end before others hold back
	calm      = 4 * time.Minute  // after the storm, until nothing may be open any more
	longest   = 30 * time.Minute // what a storm may take that does not move on
)

// An outage is when changebot was not there, and nothing that it had told was
// on its way any more.
type outage struct{ from, to time.Time }

// A storm is the world while it lasts.
type storm struct {
	*world.World
	t     *testing.T
	seed  uint64
	bot   *bot.Bot
	asks  []*ask
	sight sight // of the room, shared

	outages []outage
	presses presses
	retried int // starts that a server's misbehaviour made fail
}

func TestAStormLeavesOneEndAndOneMessageForEachRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute")
	}
	s := open(t, number("CHANGEBOT_STORM_SEED", rand.Uint64N(1e6)))
	began, n := time.Now(), int(number("CHANGEBOT_STORM", usual))
	s.asks = sentences(s.seed, n)
	t.Logf("%d requests over %d applications by %d people, seed %d", n, applications, people, s.seed)
	if err := s.rage(t.Context()); err != nil {
		t.Fatal(s.trouble(err))
	}
	stormed := time.Since(began)
	s.clear()
	if err := s.settle(t.Context()); err != nil {
		t.Error(s.trouble(err))
	}
	s.afterwards()
	s.report(stormed, time.Since(began))
}

// number is an environment variable, or what holds without.
func number(name string, without uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return without
}

func open(t *testing.T, seed uint64) *storm {
	t.Helper()
	dir := t.TempDir()
	binary, err := bot.Build(t.Context(), dir, false) // the race detector is the scenarios'
	if err != nil {
		t.Fatal(err)
	}
	pace := argocdtest.Quick()
	pace.Poll, pace.Deadline = 3*time.Second, 5*time.Second // changebot asks it to look at git
	w, err := world.Start(world.Options{
		Dir: filepath.Join(dir, "world"), Seed: seed, Pace: pace, Repository: company(),
		CallsHour: 1_000_000, // what is asked in these minutes would be asked in a day
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{World: w, t: t, seed: seed}
	t.Cleanup(func() {
		if s.bot != nil {
			err = errors.Join(err, s.bot.Stop(syscall.SIGKILL))
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Error(err)
		}
	})
	if s.bot, err = bot.New(w, binary, dir); err != nil {
		t.Fatal(err)
	}
	if err := s.bot.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// rage lets everybody ask while everything goes wrong.
func (s *storm) rage(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if err := s.strike(); err != nil {
		return err
	}
	c := newCrowd(s)
	return c.ask(ctx)
}

// revive starts changebot again after it was killed. Whoever runs it would try
// more than once where a server's answer made it give up.
func (s *storm) revive() error {
	const most = 10
	var all error
	for range most {
		err := s.bot.Start()
		if err == nil {
			return nil
		}
		s.retried++
		all = errors.Join(all, err)
	}
	return fmt.Errorf("start changebot again: %w", all)
}

// trouble adds to an error what helps to find its cause.
func (s *storm) trouble(err error) string {
	return fmt.Sprintf("seed %d: %v\n%s", s.seed, err, s.bot.Log.Tail())
}
