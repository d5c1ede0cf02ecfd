package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
	"github.com/changebot/changebot/gitops/crash"
)

// fewObjects is what a fetch may bring without a second thought.
const fewObjects = 10_000

// cloneTimes is how much longer than other operations a clone may take: a large
// repository over a slow line comes for as long as it comes.
const cloneTimes = 6

// What the directories of mirrors in the making have behind the mirror's name.
const (
	cloneDir   = ".clone"
	renewedDir = ".renewed"
)

// clone makes the mirror anew and then takes its place. Readers keep the old one
// until the new one is whole. The caller is the writer.
func (m *Mirror) clone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cloneTimes*m.opts.Timeout)
	defer cancel()
	start := time.Now()
	fresh := m.opts.Dir + cloneDir
	st, tip, err := m.cloneTo(ctx, fresh)
	if err != nil {
		return err
	}
	defer func() { _ = discard(fresh) }() // in place by now, or in the next clone's way
	if err := m.replace(st, tip); err != nil {
		st.close()
		return m.remote.explain(fmt.Errorf("clone %s: %w", m.opts.Branch, err))
	}
	m.log.Info("cloned", "tip", tip.String(), "objects", st.objects(), "took", time.Since(start))
	return nil
}

// cloneTo makes a mirror beside the one that is in use. It leaves nothing where
// it does not succeed.
func (m *Mirror) cloneTo(ctx context.Context, dir string) (_ *store, tip plumbing.Hash, err error) {
	if !replaceable(dir) {
		return nil, tip, refuse(gitops.Invalid, nil, "Give the mirror another directory.", "%s is in the way.", dir)
	}
	if err := discard(dir); err != nil {
		return nil, tip, err
	}
	st, err := createStore(dir, m.config, m.opts.Branch)
	if err != nil {
		return nil, tip, errors.Join(err, discard(dir))
	}
	crash.Point("mirror laid out")
	err = m.remote.fetch(ctx, func(s transport.UploadPackSession, refs *packp.AdvRefs) error {
		if tip, err = m.remoteTip(refs); err != nil {
			return err
		}
		return m.download(ctx, st, s, refs, wanted{want: tip, depth: 1})
	})
	if err == nil {
		err = st.writeRef(m.opts.Branch, tip)
	}
	crash.Point("tip written")
	if err == nil {
		err = st.checkStart(tip)
	}
	if err != nil {
		st.close()
		_ = discard(dir) // the next clone would
		return nil, tip, m.remote.explain(fmt.Errorf("clone %s: %w", m.opts.Branch, err))
	}
	return st, tip, nil
}

// replace puts the new store where the old one is. A crash in between leaves no
// mirror, which the next Open clones.
func (m *Mirror) replace(st *store, tip plumbing.Hash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.store != nil {
		m.store.close()
	}
	if err := discard(m.opts.Dir); err != nil {
		return err
	}
	crash.Point("old mirror gone")
	if err := os.Rename(st.dir, m.opts.Dir); err != nil {
		return err
	}
	crash.Point("mirror in place")
	st.moved(m.opts.Dir)
	m.store = st
	m.tip.Store(&tip)
	return nil
}

func (m *Mirror) remoteTip(refs *packp.AdvRefs) (plumbing.Hash, error) {
	tip, ok := refs.References["refs/heads/"+m.opts.Branch]
	if !ok {
		return tip, m.noBranch(defaultBranch(refs))
	}
	return tip, nil
}

// defaultBranch is where the server's HEAD points; empty where it does not say.
func defaultBranch(refs *packp.AdvRefs) string {
	for _, ref := range refs.Capabilities.Get(capability.SymRef) {
		if name, ok := strings.CutPrefix(ref, "HEAD:refs/heads/"); ok {
			return name
		}
	}
	return ""
}

// noBranch says that the base branch is not there: never was, or is not any
// more, as when the default branch was renamed. That waits for a person.
func (m *Mirror) noBranch(now string) error {
	e := &gitops.Error{
		Code: gitops.NotFound, System: m.remote.name,
		Message: fmt.Sprintf("%s has no branch %q.", m.remote.url, m.opts.Branch),
		Next:    "Check the name, or push a first commit to it.",
	}
	if now != "" {
		e.Message = fmt.Sprintf("%s has no branch %q; its default branch is %q.", m.remote.url, m.opts.Branch, now)
		e.Next = fmt.Sprintf("If it was renamed, write `branch: %s` beside the repository in changebot.yaml, and start changebot again.", now)
	}
	return e
}

// Fetch brings the mirror up to date with the base branch and returns its tip.
// If the branch has not moved that is one request. If it was rewound (somebody
// force-pushed it), or if the server wants to send more than a clone would
// bring, the mirror is cloned again, the log says so, and older commits are
// unknown from then on (ErrShallow). A mirror that has outgrown its bound is
// cloned again in the background, with the same consequence.
//
// Who asks while a fetch goes on gets what the next one brings, together with
// everybody else who does.
func (m *Mirror) Fetch(ctx context.Context) (Hash, error) {
	f := &fetching{}
	if err := put(ctx, m.fetches, f)[0]; err != nil {
		return Zero, asError(err, gitops.Internal, "The branch %q could not be fetched.", m.opts.Branch)
	}
	return f.tip.String(), nil
}

// fetching is somebody who asked for the tip before the fetch began.
type fetching struct{ tip plumbing.Hash }

// fetch fetches once for all whose turn it is.
func (m *Mirror) fetch(ctx context.Context, together []*batch.Place[*fetching]) error {
	err := m.write(ctx, func(st *store) error {
		reason, err := m.follow(ctx, st)
		if reason != nil {
			m.log.Warn("the mirror is cloned again", "reason", reason)
			err = m.cloneAgain()
		}
		for _, p := range together {
			p.What.tip = m.head()
		}
		if err == nil {
			m.renewLater()
		}
		return err
	})
	for _, p := range together {
		p.Err = err
	}
	return nil // fewer at once would be no easier
}

// follow fetches what is new. It returns the reason why that cannot be done to this
// mirror and a clone is needed.
func (m *Mirror) follow(ctx context.Context, st *store) (reason, err error) {
	tip, reason, err := m.bring(ctx, st, m.head())
	if reason != nil || err != nil || tip == m.head() {
		return reason, err
	}
	crash.Point("tip moved")
	m.tip.Store(&tip)
	return nil, nil
}

// bring brings a store whose tip is old up to date with the base branch.
func (m *Mirror) bring(ctx context.Context, st *store, old plumbing.Hash) (tip plumbing.Hash, reason, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.opts.Timeout)
	defer cancel()
	err = m.remote.fetch(ctx, func(s transport.UploadPackSession, refs *packp.AdvRefs) error {
		if tip, err = m.remoteTip(refs); err != nil || st.has(tip) {
			return err
		}
		w := wanted{want: tip, haves: []plumbing.Hash{old}, maxObjects: max(fewObjects, st.objects())}
		return m.download(ctx, st, s, refs, w)
	})
	switch {
	case isLocal(err):
		return tip, err, nil
	case err != nil:
		return tip, nil, err
	case tip == old:
		return tip, nil, nil
	}
	switch contained, err := st.contains(ctx, tip, old); {
	case errors.Is(err, errDamaged):
		return tip, err, nil
	case err != nil && !errors.Is(err, ErrShallow):
		return tip, nil, err
	case !contained:
		return tip, fmt.Errorf("%s was rewound from %s to %s", m.opts.Branch, old, tip), nil
	}
	return tip, nil, st.writeRef(m.opts.Branch, tip)
}
