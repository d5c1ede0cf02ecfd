package store

import (
	"context"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
)

// keepTime bounds a transaction that takes in what several have brought, whether
// they have hung up meanwhile or not: GitHub does not deliver a second time of
// itself. Slack waits three seconds, GitHub ten.
const keepTime = 10 * time.Second

// An arrival is a delivery on its way into the inbox.
type arrival struct {
	delivery gitops.Delivery
	isNew    bool // the outcome of its transaction, once that is over
}

// newGroup makes one transaction of what is brought at the same time: each would
// wait for the disk by itself otherwise, and for its turn at SQLite's one
// writer, which database/sql gives to anybody who waits, so that some would wait
// for long. keep is the transaction.
func newGroup(keep func(context.Context, []*arrival) error) *batch.Line[*arrival] {
	return batch.New(func(ctx context.Context, together []*batch.Place[*arrival]) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		defer cancel()
		all := make([]*arrival, len(together))
		for i, p := range together {
			all[i] = p.What
		}
		err := keep(ctx, all)
		for _, p := range together {
			p.Err = err
		}
		return nil // fewer at once would be no easier
	}, nil)
}
