package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	atOnce   = 50  // people who type at the same time
	commands = 500 // in one round
)

// An ack is how one round of slash commands was acknowledged.
type ack struct {
	p50, p99  time.Duration
	perSecond float64
}

// acknowledgements compares changebot, whose workers are at work on what was
// said before, with the floor. Both are reached from the same Slack.
func (b *bench) acknowledgements() (err error) {
	s, err := b.open("ack", "", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	floor, stop, err := b.floor(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var ours, theirs []ack
	for range b.rounds {
		s.Connect(floor)
		a, err := s.typed(commands)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		theirs = append(theirs, a)
		s.Connect(s.bots[0].URL())
		if a, err = s.typed(commands); err != nil {
			return err
		}
		ours = append(ours, a)
	}
	fmt.Printf("\nAcknowledgement of slash commands, %d at once\n", atOnce)
	fmt.Printf("  %-42s %10s %10s %8s\n", "", "p50", "p99", "per s")
	show := func(name string, all []ack) ack {
		m := middle(all)
		fmt.Printf("  %-42s %10s %10s %8.0f\n", name, ms(m.p50), ms(m.p99), m.perSecond)
		return m
	}
	f := show("floor: signature, one row, SQLite FULL", theirs)
	c := show("changebot, its workers at work", ours)
	fmt.Printf("  p99 against the floor's: %.2f\n", float64(c.p99)/float64(f.p99))
	return nil
}

func middle(all []ack) ack {
	var p50, p99 []time.Duration
	var rate []float64
	for _, a := range all {
		p50, p99, rate = append(p50, a.p50), append(p99, a.p99), append(rate, a.perSecond)
	}
	return ack{median(p50), median(p99), median(rate)}
}

// typed lets many people type at once, and measures until Slack has its
// acknowledgement.
func (s *site) typed(n int) (ack, error) {
	took := make([]time.Duration, n)
	failed := make([]error, n)
	turns := make(chan int)
	var people sync.WaitGroup
	begin := time.Now()
	for range atOnce {
		people.Go(func() {
			for i := range turns {
				out, err := s.Slack.Slash("U0ADA", s.room(), "/change", "status checkout")
				if err == nil && out.Code != "" {
					err = errors.New(out.Code)
				}
				took[i], failed[i] = out.Took, err
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	people.Wait()
	a := ack{quantile(took, 0.5), quantile(took, 0.99), float64(n) / time.Since(begin).Seconds()}
	return a, errors.Join(failed...)
}

// floor starts the floor as a process of its own, as changebot is one.
func (b *bench) floor(s *site) (url string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(b.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return "", nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	process := exec.CommandContext(b.ctx, self, "floor", address)
	process.Env = append(os.Environ(), floorFile+"="+filepath.Join(b.dir, "floor.db"), floorSecret+"="+s.Slack.SigningSecret())
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		if err := process.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		return process.Wait()
	}
	err = b.until("the floor listens", func() bool {
		c, err := (&net.Dialer{}).DialContext(b.ctx, "tcp", address)
		return err == nil && c.Close() == nil
	})
	return "http://" + address, stop, err
}
