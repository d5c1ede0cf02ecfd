package git

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/changebot/changebot/gitops"
)

// logEvery is how often the log tells how far a long download is.
const logEvery = 10 * time.Second

// Progress tells how far the download of a pack is.
type Progress struct {
	Objects int   // in the pack; 0 while the server has not said
	Bytes   int64 // received so far; the total is not known
	Done    bool  // all of it is here, and is being indexed
}

// String says it to people: "34 MB so far".
func (p Progress) String() string {
	switch {
	case p.Done:
		return fmt.Sprintf("all %s are here and are being indexed", megabytes(p.Bytes))
	case p.Objects == 0:
		return "the server prepares it"
	default:
		return megabytes(p.Bytes) + " so far"
	}
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// download is store.download, with what it takes to see how far it is.
func (m *Mirror) download(ctx context.Context, st *store, s transport.UploadPackSession, refs *packp.AdvRefs, w wanted) error {
	m.far.Store(&Progress{})
	ctx, cancel := context.WithCancel(ctx)
	var telling sync.WaitGroup
	telling.Go(func() { m.tell(ctx) })
	err := st.download(ctx, s, refs, w, func(p Progress) {
		m.far.Store(&p)
		m.opts.Progress(p)
	})
	cancel()
	telling.Wait()
	return err
}

// tell writes to the log how far the download is, until the context ends. One
// that stalls is told of, too.
func (m *Mirror) tell(ctx context.Context) {
	begun := time.Now()
	ticker := time.NewTicker(m.opts.LogEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p := m.progress()
			m.log.Info("downloading", "objects", p.Objects, "bytes", p.Bytes, "indexing", p.Done, "took", time.Since(begun))
		}
	}
}

func (m *Mirror) progress() Progress {
	if p := m.far.Load(); p != nil {
		return *p
	}
	return Progress{}
}

// Arriving says why the mirror cannot be used yet, for people; false where it
// can be.
func (m *Mirror) Arriving() (why string, arriving bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.store != nil || m.closed {
		return "", false
	}
	return m.arriving(), true
}

func (m *Mirror) arriving() string {
	return fmt.Sprintf("%s is being cloned: %s", m.remote.url, m.progress())
}

// absent is the error of everything that wants to use a mirror which is not
// there yet, or not any more. The caller holds mu.
func (m *Mirror) absent() error {
	if m.closed {
		return closedError()
	}
	return &gitops.Error{
		Code: gitops.Unavailable, System: m.remote.name, Err: gitops.ErrStarting,
		Message: "I have only just started: " + m.arriving() + ".",
	}
}
