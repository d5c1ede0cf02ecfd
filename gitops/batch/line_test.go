package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A clerk serves when it is told to, and remembers what it served together.
type clerk struct {
	*Line[string]
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
	c.Line = New(c.serve, func(together []*Place[string], next string) bool {
		return !slices.ContainsFunc(together, func(p *Place[string]) bool { return p.What == next })
	})
	t.Cleanup(c.Close)
	return c
}

func (c *clerk) serve(ctx context.Context, together []*Place[string]) error {
	var names []string
	for _, p := range together {
		names = append(names, p.What)
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
		p.Err = err
	}
	return err
}

// bring puts something in the line, and returns when it is served or waits.
func (c *clerk) bring(ctx context.Context, name string) {
	c.t.Helper()
	c.Line.mu.Lock()
	before, busy := len(c.waiting), c.busy
	c.Line.mu.Unlock()
	c.people.Go(func() {
		err := c.Put(ctx, name)[0]
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
		c.Line.mu.Lock()
		defer c.Line.mu.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		return so()
	}
	for end := time.Now().Add(time.Minute); !look(); time.Sleep(time.Millisecond) {
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
	for i := range most + 1 {
		names = append(names, fmt.Sprint(i))
		c.bring(t.Context(), names[i])
	}
	c.ends(nil)
	c.want([]string{"first"}, names[:most], names[most:])
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
	no := fmt.Errorf("too much: %w", ErrTogether)
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
	for name, want := range map[string]error{"served": ErrServed, "waits": ErrWaiting, "patient": nil} {
		if err := c.told[name]; !errors.Is(err, want) || (want != nil && !errors.Is(err, context.Canceled)) {
			t.Errorf("%s was told %v, want %v", name, err, want)
		}
	}
}

func TestABatchGoesOnWhileOneOfItWaits(t *testing.T) {
	c := newClerk(t)
	hurried, leave := context.WithCancel(t.Context())
	c.bring(t.Context(), "first")
	c.bring(hurried, "hurried")
	c.bring(t.Context(), "patient")
	c.finish <- nil
	<-c.begun // both of them
	leave()
	c.until("the hurried one has left", func() bool { return c.told["hurried"] != nil })
	c.finish <- nil
	c.people.Wait()
	c.want([]string{"first"}, []string{"hurried", "patient"})
	if !errors.Is(c.told["hurried"], ErrServed) || c.told["patient"] != nil {
		t.Errorf("told: %v", c.told)
	}
}

func TestEachOfThoseThatOneBringsHasItsOwnOutcome(t *testing.T) {
	no := errors.New("not this one")
	l := New(func(_ context.Context, together []*Place[int]) error {
		for _, p := range together {
			if p.What == 2 {
				p.Err = no
			}
		}
		return nil
	}, nil)
	defer l.Close()
	if got := l.Put(t.Context(), 1, 2, 3); !slices.Equal(got, []error{nil, no, nil}) {
		t.Errorf("told %v", got)
	}
	if got := l.Put(t.Context()); len(got) != 0 {
		t.Errorf("who brings nothing is told %v", got)
	}
}

func TestAClosedLineServesWhoIsInItAndNobodyElse(t *testing.T) {
	c := newClerk(t)
	c.bring(t.Context(), "first")
	c.bring(t.Context(), "second")
	closing := make(chan struct{})
	go func() { c.Close(); close(closing) }()
	c.until("it is closed", func() bool { return c.closed })
	if err := c.Put(t.Context(), "late")[0]; !errors.Is(err, ErrClosed) {
		t.Errorf("who comes late is told %v", err)
	}
	c.ends(nil)
	<-closing
	c.want([]string{"first"}, []string{"second"})
	if c.told["first"] != nil || c.told["second"] != nil {
		t.Errorf("told: %v", c.told)
	}
}
