package git

import (
	"context"
	"slices"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
)

// healPause is the time between two clones of a mirror of which the first was
// damaged as soon as it was there.
const healPause = time.Minute

// spoilt is a mirror that was damaged when it was read for the first time after
// it was cloned: so may be the next, and all that would be done is cloning.
type spoilt struct {
	store *store
	found time.Time
}

// heal clones again, unless somebody else has done so since the damage was found.
func (m *Mirror) heal(ctx context.Context, together []*batch.Place[*store]) error {
	err := m.write(ctx, func(now *store) error {
		if !slices.ContainsFunc(together, func(p *batch.Place[*store]) bool { return p.What == now }) {
			return nil
		}
		if s := m.spoilt.Load(); s != nil && s.store == now && time.Since(s.found) < healPause {
			return m.damagedAgain(errDamaged)
		}
		return m.cloneAgain()
	})
	for _, p := range together {
		p.Err = err
	}
	return nil // fewer at once would be no easier
}

// cloneAgain is clone for a mirror that cannot be used any more. It goes on when
// nobody waits for it: a large repository may take longer than anybody waits, and
// if each began anew, it would never be here.
func (m *Mirror) cloneAgain() error { return m.clone(m.life) }

// spoil notes it, once for each.
func (m *Mirror) spoil(now *store) {
	if last := m.spoilt.Load(); last == nil || last.store != now {
		m.spoilt.CompareAndSwap(last, &spoilt{now, time.Now()})
	}
}

func (m *Mirror) damagedAgain(err error) error {
	return refuse(gitops.Unavailable, err, "Look after the disk that it lies on, and the repository with git fsck.",
		"The mirror of %s was damaged, and damaged again as soon as it was cloned.", m.remote.url)
}
