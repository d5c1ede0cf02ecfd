package git

import (
	"context"
	"errors"

	"github.com/changebot/changebot/gitops"
)

// read runs fn over the store. If the store turns out to be damaged, it is
// cloned again and fn runs once more, on what is there then.
func (m *Mirror) read(ctx context.Context, fn func(*store) error) error {
	bad, err := m.readOnce(fn)
	if !errors.Is(err, errDamaged) {
		return err
	}
	m.log.Warn("the mirror is damaged", "reason", err)
	if err := put(ctx, m.heals, bad)[0]; err != nil {
		return err
	}
	now, err := m.readOnce(fn)
	if errors.Is(err, errDamaged) {
		m.spoil(now)
		err = m.damagedAgain(err)
	}
	return err
}

func (m *Mirror) readOnce(fn func(*store) error) (*store, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.store == nil {
		return nil, m.absent()
	}
	return m.store, fn(m.store)
}

// write runs fn as the only writer. Only a writer replaces m.store, so fn may
// use it without holding m.mu.
func (m *Mirror) write(ctx context.Context, fn func(*store) error) error {
	if _, err := m.present(); err != nil {
		return err // nobody waits here for a clone
	}
	select {
	case <-ctx.Done():
		return refuse(gitops.Unavailable, context.Cause(ctx), "", "The mirror of %s is busy.", m.remote.url)
	case <-m.writer:
	}
	defer func() { m.writer <- struct{}{} }()
	st, err := m.present()
	if err != nil {
		return err
	}
	return fn(st)
}

// present returns the store, or why there is none.
func (m *Mirror) present() (*store, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.store == nil {
		return nil, m.absent()
	}
	return m.store, nil
}
