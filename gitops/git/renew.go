package git

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// maxPacks is how many packs a mirror may have. Every fetch leaves one, and
	// whatever is looked for may have to be looked for in each.
	maxPacks = 300

	// maxGrowth is how many bytes a mirror may have beyond twice its largest
	// pack, which is what the clone brought.
	maxGrowth = 64 << 20

	// renewPause is the time between two attempts to renew a mirror.
	renewPause = 10 * time.Minute
)

// outgrown says what of a store has become too much; nil while nothing has.
func (s *store) outgrown(packs int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all, largest int64
	for _, p := range s.packs {
		all += p.bytes
		largest = max(largest, p.bytes)
	}
	switch {
	case len(s.packs) > packs:
		return fmt.Errorf("it has %d packs", len(s.packs))
	case all > 2*largest+maxGrowth:
		return fmt.Errorf("it has %d MiB, of which %d in one pack", all>>20, largest>>20)
	}
	return nil
}

// A renewal is the one goroutine that may clone a mirror in the background.
type renewal struct {
	packs int             // how many are too many
	life  context.Context // until it is closed
	end   context.CancelFunc

	mu   sync.Mutex
	busy bool
	last time.Time
	work sync.WaitGroup
}

func newRenewal(life context.Context) *renewal {
	life, end := context.WithCancel(life)
	return &renewal{packs: maxPacks, life: life, end: end}
}

// begin does something in the background, unless that is going on already, was
// tried a little while ago, or has come to its end.
func (r *renewal) begin(do func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy || r.life.Err() != nil || !r.last.IsZero() && time.Since(r.last) < renewPause {
		return
	}
	r.busy, r.last = true, time.Now()
	r.work.Go(func() {
		do(r.life)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy = false
	})
}

// close stops what goes on and lets nothing begin any more.
func (r *renewal) close() {
	r.mu.Lock()
	r.end()
	r.mu.Unlock()
	r.work.Wait()
}

// renewLater begins to renew the mirror if that is due. The caller is the
// writer, and need not wait.
func (m *Mirror) renewLater() {
	old := m.store
	reason := old.outgrown(m.renewal.packs)
	if reason == nil {
		return
	}
	m.renewal.begin(func(ctx context.Context) {
		m.log.Info("the mirror has outgrown its bound and is cloned again in the background", "reason", reason)
		if err := m.renew(ctx, old); err != nil && ctx.Err() == nil {
			m.log.Warn("the mirror was not renewed", "error", err)
		}
	})
}

// renew makes a new mirror and lets it take the old one's place. Others read,
// and fetch, meanwhile.
func (m *Mirror) renew(ctx context.Context, old *store) error {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, cloneTimes*m.opts.Timeout)
	defer cancel()
	dir := m.opts.Dir + renewedDir
	st, tip, err := m.cloneTo(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = discard(dir) }() // in place by now, or in the next renewal's way
	err = m.write(ctx, func(now *store) error {
		if now != old {
			return errors.New("it was cloned again meanwhile")
		}
		// What came since is fetched, so that nobody finds the branch set back.
		tip, reason, err := m.bring(ctx, st, tip)
		if err = errors.Join(reason, err); err != nil {
			return err
		}
		return m.replace(st, tip)
	})
	if err != nil {
		st.close()
		return err
	}
	m.log.Info("the mirror was renewed", "objects", st.objects(), "took", time.Since(start))
	return nil
}
