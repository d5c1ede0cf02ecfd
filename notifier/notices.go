package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
)

// Leases keep apart those who would do the same. gitops/store implements it.
type Leases interface {
	// Acquire takes the lease for a time, unless somebody else holds it.
	Acquire(ctx context.Context, name string, ttl time.Duration) (lease gitops.Lease, ok bool, err error)

	// Release gives it back.
	Release(ctx context.Context, lease gitops.Lease) error
}

// Notices are texts to a channel about no Change. An Outbox alone posts a
// message once where one at a time puts it, and two events that happen together
// may be reason for the same notice.
type Notices struct {
	Outbox Outbox
	Leases Leases
}

const (
	noticeTime = 30 * time.Second // posting one may take, and its lease lasts
	noticeRest = 100 * time.Millisecond
)

// Notice posts a text to a channel, once for each key, and returns when it
// stands there.
func (n Notices) Notice(ctx context.Context, key, channel, text string) error {
	subject := "notice:" + key
	for {
		posting, cancel := context.WithTimeout(ctx, noticeTime) // begun before the lease, so over before it
		lease, ok, err := n.Leases.Acquire(posting, subject, noticeTime)
		if err == nil && ok {
			err = n.Outbox.Put(posting, subject, "notice", To{Channel: channel}, Message{paragraph(say(text))})
			err = errors.Join(err, n.Leases.Release(context.WithoutCancel(ctx), lease))
		}
		cancel()
		switch {
		case err != nil:
			return fmt.Errorf("post the notice %s: %w", key, err)
		case ok:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(noticeRest):
		}
	}
}
