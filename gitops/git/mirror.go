package git

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
)

// Options says which repository a Mirror follows, and where it is kept.
type Options struct {
	URL    string // http or https without credentials, ssh://user@host/path or user@host:path
	Dir    string // of the mirror alone; it is made, and replaced when damaged
	Branch string // the base branch, such as "main"

	// Auth returns the credentials for the next network operation. It is asked
	// each time, because tokens expire. Nil: none are needed.
	Auth func(ctx context.Context) (user, password string, err error)

	// Refused hears that the server did not accept the last credentials. It
	// may be nil.
	Refused func()

	SSH *SSH // for such a URL, where the two above are not asked; nil otherwise

	System    string            // the server's name in errors, such as "GitHub"; empty: the git server
	Transport http.RoundTripper // nil: one of its own over the default settings
	Answer    time.Duration     // the server must have begun to answer by then, without Transport; 0: one minute
	Timeout   time.Duration     // of one network operation; 0: 10 minutes
	Log       *slog.Logger      // nil: nothing is logged
	Progress  func(Progress)    // of long downloads, about every MiB; nil: nobody asks
	LogEvery  time.Duration     // between lines of the log about a long download; 0: 10 seconds
}

// Mirror is the local copy of one remote repository. See the package comment.
type Mirror struct {
	opts   Options
	remote *remote
	log    *slog.Logger
	config string // of the bare repository; also tells whose mirror it is
	unlock func() // lets others have the directory

	packer  packer
	fetches *line[*fetching]
	pushes  *line[*update]
	intents *line[*advance]
	unsure  map[string]bool // refs of which it is not known what became of their last push; only pushes use it
	renewal *renewal
	writer  chan struct{} // holds one token: who has it may change the mirror

	mu     sync.RWMutex // readers hold it, so that no store closes under them
	store  *store       // nil before it is prepared, and when closed
	tip    plumbing.Hash
	closed bool

	far atomic.Pointer[Progress] // of the last download; nil before the first
}

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

// New returns a mirror that is not there yet: until Prepare has made it,
// whoever asks anything of it hears Unavailable, with gitops.ErrStarting in the
// chain and how far it is.
//
// Code: Invalid for options that cannot be.
func New(opts Options) (*Mirror, error) {
	r, err := newRemote(&opts)
	if err != nil {
		return nil, err
	}
	if err := checkRef("refs/heads/" + opts.Branch); err != nil {
		return nil, err
	}
	if opts.Dir == "" {
		return nil, refuse(gitops.Invalid, nil, "", "The mirror of %s needs a directory.", r.url)
	}
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Minute
	}
	if opts.LogEvery == 0 {
		opts.LogEvery = logEvery
	}
	if opts.Progress == nil {
		opts.Progress = func(Progress) {}
	}
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	m := &Mirror{
		opts:   opts,
		remote: r,
		log:    log.With("repository", r.url, "branch", opts.Branch),
		config: mirrorConfig(r.url, opts.Branch),
		unlock: func() {},
		writer: make(chan struct{}, 1),
	}
	m.fetches = newLine(m.fetch, nil)
	m.pushes = newLine(m.exchange, fits)
	m.unsure = map[string]bool{}
	m.intents = newLine(m.chain, nil)
	m.renewal = newRenewal()
	m.writer <- struct{}{}
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

// mirrorMark is how a mirror is recognised: nothing else may be deleted.
const mirrorMark = "# A mirror kept by changebot, which may delete it at any time."

// mirrorConfig is the configuration file of the bare repository. No credentials
// are in it, and git is told never to repack what this process has open.
func mirrorConfig(url, branch string) string {
	return fmt.Sprintf(mirrorMark+`
[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[gc]
	auto = 0
[maintenance]
	auto = false
[remote "origin"]
	url = %q
	fetch = +refs/heads/%s:refs/heads/%s
	tagOpt = --no-tags
`, url, branch, branch)
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
	m.unlock = func() { _ = held.Close() }
	for _, left := range []string{m.opts.Dir + renewedDir, m.opts.Dir + cloneDir} { // by a crash
		if replaceable(left) {
			err = errors.Join(err, os.RemoveAll(left))
		}
	}
	if err != nil {
		return err
	}
	st, tip, err := m.load()
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.store, m.tip = st, tip
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

// Close releases the files and connections. Operations that run finish first.
func (m *Mirror) Close() error {
	m.intents.close()
	m.pushes.close()
	m.fetches.close()
	m.renewal.close()
	<-m.writer
	defer func() { m.writer <- struct{}{} }()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.store != nil {
		m.store.close()
		m.store = nil
	}
	m.closed = true
	m.remote.close()
	m.unlock()
	return nil
}

// Tip is the tip of the base branch as of the last Fetch.
func (m *Mirror) Tip() Hash {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.tip.String()
}

// read runs fn over the store. If the store turns out to be damaged, it is
// cloned again and fn runs once more, on what is there then.
func (m *Mirror) read(ctx context.Context, fn func(*store) error) error {
	bad, err := m.readOnce(fn)
	if !errors.Is(err, errDamaged) {
		return err
	}
	m.log.Warn("the mirror is damaged and is cloned again", "reason", err)
	if err := m.heal(ctx, bad); err != nil {
		return err
	}
	if _, err = m.readOnce(fn); errors.Is(err, errDamaged) {
		err = refuse(gitops.Unavailable, err, "", "The mirror of %s was damaged and had to be cloned again.", m.remote.url)
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

// heal clones again, unless somebody else has done so while we waited.
func (m *Mirror) heal(ctx context.Context, bad *store) error {
	return m.write(ctx, func(now *store) error {
		if now != bad {
			return nil
		}
		return m.clone(ctx)
	})
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

func closedError() error {
	return refuse(gitops.Unavailable, os.ErrClosed, "", "The mirror is closed.")
}
