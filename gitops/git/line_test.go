package git

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

// A clerk serves when it is told to, and remembers what it served together.
type clerk struct {
	*line[string]
	t      *testing.T
	begun  chan struct{}
	finish chan error
	served [][]string

	people sync.WaitGroup
	mu     sync.Mutex
	told   map[string]error
}

func newClerk(t *testing.T) *clerk {
	c := &clerk{t: t, begun: make(chan struct{}), finish: make(chan error), told: map[string]error{}}
	c.line = newLine(c.serve, func(together []*place[string], next string) bool {
		return !slices.ContainsFunc(together, func(p *place[string]) bool { return p.what == next })
	})
	t.Cleanup(c.close)
	return c
}

func (c *clerk) serve(ctx context.Context, together []*place[string]) error {
	var names []string
	for _, p := range together {
		names = append(names, p.what)
	}
	c.served = append(c.served, names)
	c.begun <- struct{}{}
	var err error
	select {
	case err = <-c.finish:
	case <-ctx.Done():
		err = ctx.Err()
	}
	for _, p := range together {
		p.err = err
	}
	return err
}

// bring puts something in the line, and returns when it is served or waits.
func (c *clerk) bring(ctx context.Context, name string) {
	c.t.Helper()
	c.line.mu.Lock()
	before, busy := len(c.waiting), c.busy
	c.line.mu.Unlock()
	c.people.Go(func() {
		err := c.put(ctx, name)[0]
		c.mu.Lock()
		defer c.mu.Unlock()
		c.told[name] = err
	})
	if !busy {
		<-c.begun
		return
	}
	c.until("it waits", func() bool { return len(c.waiting) > before })
}

func (c *clerk) until(what string, so func() bool) {
	c.t.Helper()
	look := func() bool {
		c.line.mu.Lock()
		defer c.line.mu.Unlock()
		return so()
	}
	for end := time.Now().Add(10 * time.Second); !look(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("never: %s", what)
		}
	}
}

// ends lets what is being served end so, and then everything that follows well.
func (c *clerk) ends(errs ...error) {
	done := make(chan struct{})
	go func() { c.people.Wait(); close(done) }()
	for i := 0; ; i++ {
		if i > 0 {
			select {
			case <-c.begun:
			case <-done:
				return
			}
		}
		var err error
		if i < len(errs) {
			err = errs[i]
		}
		c.finish <- err
	}
}

func (c *clerk) want(served ...[]string) {
	c.t.Helper()
	if !slices.EqualFunc(c.served, served, slices.Equal) {
		c.t.Errorf("served %q, want %q", c.served, served)
	}
}

func TestWhoComesMeanwhileGoesTogetherInOrder(t *testing.T) {
	c := newClerk(t)
	c.bring(t.Context(), "first")
	var names []string
	for i := range mostTogether + 1 {
		names = append(names, fmt.Sprint(i))
		c.bring(t.Context(), names[i])
	}
	c.ends(nil)
	c.want([]string{"first"}, names[:mostTogether], names[mostTogether:])
}

func TestWhatDoesNotFitWaitsForTheNextTurn(t *testing.T) {
	c := newClerk(t)
	for _, name := range []string{"first", "a", "b", "a", "c"} {
		c.bring(t.Context(), name)
	}
	c.ends(nil)
	c.want([]string{"first"}, []string{"a", "b"}, []string{"a", "c"})
}

func TestWhatIsRefusedTogetherIsHalved(t *testing.T) {
	c := newClerk(t)
	for _, name := range []string{"first", "a", "bad", "c"} {
		c.bring(t.Context(), name)
	}
	no := fmt.Errorf("too much: %w", errTogether)
	c.ends(nil, no, nil, no, no, nil)
	c.want([]string{"first"}, []string{"a", "bad", "c"}, []string{"a"}, []string{"bad", "c"}, []string{"bad"}, []string{"c"})
	for name, err := range c.told {
		if (err != nil) != (name == "bad") {
			t.Errorf("%s was told %v", name, err)
		}
	}
}

func TestAfterAnUnknownEndTheNextBatchesAreSmaller(t *testing.T) {
	c := newClerk(t)
	var all []string
	for i := range 12 {
		all = append(all, fmt.Sprint(i))
	}
	cut := errors.New("the connection was cut")
	c.bring(t.Context(), "first")
	for _, name := range all[:4] {
		c.bring(t.Context(), name)
	}
	c.finish <- nil
	<-c.begun // the four
	for _, name := range all[4:] {
		c.bring(t.Context(), name)
	}
	c.ends(cut)
	c.want([]string{"first"}, all[:4], all[4:6], all[6:10], all[10:])
	for i, name := range all {
		if errors.Is(c.told[name], cut) != (i < 4) {
			t.Errorf("%s was told %v", name, c.told[name])
		}
	}
}

func TestWhoGivesUpTakesNobodyAlong(t *testing.T) {
	c := newClerk(t)
	first, hangUp := context.WithCancel(t.Context())
	second, leave := context.WithCancel(t.Context())
	c.bring(first, "served")
	c.bring(second, "waits")
	c.bring(t.Context(), "patient")
	leave()
	c.until("the one that waits has left", func() bool { return len(c.waiting) == 1 })
	hangUp()
	<-c.begun // what nobody waits for any more was stopped
	c.finish <- nil
	c.people.Wait()
	c.want([]string{"served"}, []string{"patient"})
	for name, err := range c.told {
		if given := gitops.CodeOf(err) == gitops.Unavailable && errors.Is(err, context.Canceled); given != (name != "patient") {
			t.Errorf("%s was told %v", name, err)
		}
	}
	c.close()
	if err := c.put(t.Context(), "late")[0]; gitops.CodeOf(err) != gitops.Unavailable {
		t.Errorf("after the end: %v", err)
	}
}
