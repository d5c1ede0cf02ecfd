package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// TestWhoHangsUpIsKeptAllTheSame: a sender that does not wait for the answer may
// never deliver again.
func TestWhoHangsUpIsKeptAllTheSame(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	var kept []string
	var stopped error
	g := newGroup(func(ctx context.Context, all []*arrival) error {
		begun <- struct{}{}
		<-finish
		for _, a := range all {
			kept = append(kept, a.delivery.ID)
		}
		stopped = errors.Join(stopped, ctx.Err())
		return nil
	})
	ctx, hangUp := context.WithCancel(t.Context())
	told := make(chan error)
	go func() { told <- g.Put(ctx, &arrival{delivery: gitops.Delivery{ID: "a"}})[0] }()
	<-begun
	hangUp()
	if err := <-told; !errors.Is(err, context.Canceled) {
		t.Errorf("told %v", err)
	}
	close(finish)
	g.Close()
	if !slices.Equal(kept, []string{"a"}) || stopped != nil {
		t.Errorf("kept %q, %v", kept, stopped)
	}
}

func TestATransactionThatFailsIsEverybodysOutcome(t *testing.T) {
	full := errors.New("the disk is full")
	begun, finish := make(chan struct{}), make(chan error)
	g := newGroup(func(context.Context, []*arrival) error {
		begun <- struct{}{}
		return <-finish
	})
	var people sync.WaitGroup
	told := make([]error, 3)
	people.Go(func() { told[0] = g.Put(t.Context(), &arrival{})[0] })
	<-begun
	people.Go(func() { copy(told[1:], g.Put(t.Context(), &arrival{}, &arrival{})) })
	for end := time.Now().Add(time.Minute); g.Waiting() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the two never waited")
		}
	}
	finish <- nil
	<-begun
	finish <- full
	people.Wait()
	g.Close()
	if want := []error{nil, full, full}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}
