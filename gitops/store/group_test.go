package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A clerk writes when it is told to, and remembers what it wrote together.
type clerk struct {
	begun  chan struct{}
	finish chan error
	wrote  [][]string
}

func (c *clerk) keep(ctx context.Context, all []*arrival) error {
	var ids []string
	for _, a := range all {
		ids = append(ids, a.delivery.ID)
		a.isNew = true
	}
	c.wrote = append(c.wrote, ids)
	c.begun <- struct{}{}
	return errors.Join(ctx.Err(), <-c.finish)
}

// A counter is a group, its clerk, and those who wait.
type counter struct {
	*group
	*clerk
	t      *testing.T
	people sync.WaitGroup
	mu     sync.Mutex
	got    map[string]error
}

func newCounter(t *testing.T) *counter {
	c := &counter{t: t, clerk: &clerk{begun: make(chan struct{}), finish: make(chan error)}, got: map[string]error{}}
	c.group = newGroup(c.clerk.keep)
	return c
}

// bring puts a delivery, and returns when it waits or is being written.
func (c *counter) bring(ctx context.Context, id string) {
	c.t.Helper()
	before := c.line()
	c.people.Go(func() {
		_, err := c.put(ctx, gitops.Delivery{ID: id})
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got[id] = err
	})
	if len(c.turn) == 0 {
		<-c.begun
		return
	}
	c.until("it waits", func() bool { return c.line() > before })
}

func (c *counter) line() int {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	return len(c.waiting)
}

func (c *counter) until(what string, so func() bool) {
	c.t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("never: %s", what)
		}
	}
}

func TestWhoComesWhileOneIsWrittenIsWrittenTogether(t *testing.T) {
	c := newCounter(t)
	c.bring(t.Context(), "first")
	var want []string
	for i := range mostTogether + 1 {
		id := fmt.Sprint(i)
		c.bring(t.Context(), id)
		want = append(want, id)
	}
	c.finish <- nil
	full := errors.New("the disk is full")
	<-c.begun
	c.finish <- full
	<-c.begun
	c.finish <- nil
	c.people.Wait()
	if len(c.wrote) != 3 || !slices.Equal(c.wrote[1], want[:mostTogether]) || !slices.Equal(c.wrote[2], want[mostTogether:]) {
		t.Errorf("written together: %q", c.wrote)
	}
	for id, err := range c.got {
		if lost := slices.Contains(want[:mostTogether], id); lost != errors.Is(err, full) {
			t.Errorf("%s was told %v", id, err)
		}
	}
}

func TestWhoHangsUpTakesNobodyAlong(t *testing.T) {
	c := newCounter(t)
	writer, hangUp := context.WithCancel(t.Context())
	c.bring(writer, "writer")
	waiter, leave := context.WithCancel(t.Context())
	c.bring(waiter, "waiter")
	c.bring(t.Context(), "patient")
	leave()
	c.until("the waiter has left", func() bool { return c.line() == 1 })
	hangUp()
	c.finish <- nil
	<-c.begun
	c.finish <- nil
	c.people.Wait()
	if want := [][]string{{"writer"}, {"patient"}}; !slices.EqualFunc(c.wrote, want, slices.Equal) {
		t.Errorf("written: %q, want %q", c.wrote, want)
	}
	if c.got["writer"] != nil || c.got["patient"] != nil || !errors.Is(c.got["waiter"], context.Canceled) {
		t.Errorf("told: %v", c.got)
	}
}
