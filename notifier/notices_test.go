package notifier

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/changebot/changebot/gitops"
)

// A board is a world in which looking at what stands takes a moment, with one
// lease.
type board struct {
	*world
	mu   sync.Mutex
	held bool
}

func (b *board) SavePost(ctx context.Context, p Post) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.world.SavePost(ctx, p)
}

func (b *board) Post(ctx context.Context, to To, m Message, ref string) (Place, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.world.Post(ctx, to, m, ref)
}

func (b *board) Posts(ctx context.Context, subject string) ([]Post, error) {
	b.mu.Lock()
	posts, err := b.world.Posts(ctx, subject)
	b.mu.Unlock()
	time.Sleep(time.Millisecond)
	return posts, err
}

func (b *board) Acquire(_ context.Context, name string, _ time.Duration) (gitops.Lease, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held || name != "notice:broken/4be1" {
		return gitops.Lease{}, false, nil
	}
	b.held = true
	return gitops.Lease{Name: name}, true, nil
}

func (b *board) Release(context.Context, gitops.Lease) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = false
	return nil
}

func (b *board) notices() Notices {
	return Notices{Outbox: Outbox{Chat: b, Posts: b, Clock: func() time.Time { return b.now }, Grace: time.Minute}, Leases: b}
}

func (b *board) notice(ctx context.Context) error {
	return b.notices().Notice(ctx, "broken/4be1", "C9", "the catalogue is broken")
}

func TestANoticeIsPostedOncePerKey(t *testing.T) {
	b := &board{world: newWorld(asked())}
	for range 2 {
		if err := b.notice(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.said) != 1 {
		t.Errorf("posted %d times", len(b.said))
	}
}

func TestANoticeForWhichThereAreTwoReasonsAtOnceIsPostedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{world: newWorld(asked())}
		ended := make(chan error)
		for range 2 {
			go func() { ended <- b.notice(t.Context()) }()
		}
		if err := errors.Join(<-ended, <-ended); err != nil || len(b.said) != 1 {
			t.Errorf("posted %d times: %v", len(b.said), err)
		}
	})
}

func TestWhoWaitsToPostANoticeGivesUpWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{world: newWorld(asked()), held: true}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.notice(ctx); !errors.Is(err, context.DeadlineExceeded) || len(b.said) != 0 {
			t.Errorf("%v, posted %d times", err, len(b.said))
		}
	})
}
