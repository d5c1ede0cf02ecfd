package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/filelock"
)

// Open is New and Prepare: it returns a mirror that can be used.
func Open(ctx context.Context, opts Options) (*Mirror, error) {
	m, err := New(opts)
	if err != nil {
		return nil, err
	}
	if err := m.Prepare(ctx); err != nil {
		_ = m.Close() // what failed says more
		return nil, err
	}
	return m, nil
}

// Prepare opens the mirror in its directory, or clones it there with depth 1. A
// mirror that is damaged, or is one of another URL or branch, is cloned again; the
// log says so. Opening an intact mirror does not use the network. Where it fails
// it may be called again.
//
// Codes: Invalid for a directory that holds something else, NotFound for the
// repository or the branch, Unavailable and Denied from the server; Unavailable
// also where another process has the directory.
func (m *Mirror) Prepare(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return refuse(gitops.Unavailable, context.Cause(ctx), "", "The mirror of %s is busy.", m.remote.url)
	case <-m.writer:
	}
	defer func() { m.writer <- struct{}{} }()
	if _, err := m.present(); !errors.Is(err, gitops.ErrStarting) {
		return err
	}
	err := m.openOrClone(ctx)
	if err != nil {
		m.unlock()
		m.unlock = func() {}
	}
	return asError(err, gitops.Internal, "The mirror of %s could not be opened.", m.remote.url)
}

func (m *Mirror) openOrClone(ctx context.Context) error {
	if !replaceable(m.opts.Dir) {
		return refuse(gitops.Invalid, nil, "Give the mirror a directory of its own.",
			"%s holds something that is not a mirror.", m.opts.Dir)
	}
	if err := os.MkdirAll(filepath.Dir(m.opts.Dir), 0o700); err != nil {
		return err
	}
	held, err := lock(m.opts.Dir)
	if err != nil {
		return err
	}
	m.unlock = func() { _ = filelock.Close(held) }
	for _, left := range []string{m.opts.Dir + renewedDir, m.opts.Dir + cloneDir} { // by a crash
		if replaceable(left) {
			err = errors.Join(err, discard(left))
		}
	}
	if err != nil {
		return err
	}
	st, tip, err := m.load()
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.store = st
		m.tip.Store(&tip)
		return nil
	}
	if errors.Is(err, errDamaged) || !errors.Is(err, os.ErrNotExist) {
		m.log.Warn("the mirror cannot be used and is cloned again", "reason", err)
	}
	return m.clone(ctx)
}

// load opens what is on disk and checks that the tip and its history can be
// read as far as they are here.
func (m *Mirror) load() (*store, plumbing.Hash, error) {
	st, err := loadStore(m.opts.Dir, m.config)
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	tip, err := st.readRef(m.opts.Branch)
	if err == nil {
		err = st.checkStart(tip)
	}
	if err != nil {
		st.close()
		return nil, tip, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return st, tip, nil
}
