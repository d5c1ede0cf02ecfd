package git

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
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

	Signer *Signer // of every commit that is made here; nil: they are not signed

	SSH *SSH // for such a URL, where the two above are not asked; nil otherwise

	System    string            // the server's name in errors, such as "GitHub"; empty: the git server
	Transport http.RoundTripper // nil: one of its own over the default settings
	Answer    time.Duration     // the server must have begun to answer by then (without Transport), and never be silent for longer; 0: one minute
	Timeout   time.Duration     // of one network operation, and a sixth of a clone's; 0: 10 minutes
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
	fetches *batch.Line[*fetching]
	pushes  *batch.Line[*update]
	intents *batch.Line[*advance]
	unsure  map[string]bool     // refs of which it is not known what became of their last push; only pushes use it
	heals   *batch.Line[*store] // of stores that were found damaged
	renewal *renewal
	writer  chan struct{} // holds one token: who has it may change the mirror

	life context.Context // until the mirror is closed: of clones, which nobody who asks need wait for
	end  context.CancelFunc

	mu     sync.RWMutex // readers hold it, so that no store closes under them
	store  *store       // nil before it is prepared, and when closed
	closed bool

	tip atomic.Pointer[plumbing.Hash] // of the base branch; only a writer sets it, and waits for no reader

	far    atomic.Pointer[Progress] // of the last download; nil before the first
	spoilt atomic.Pointer[spoilt]   // the last one; nil before
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
	m.fetches = batch.New(m.fetch, nil)
	m.pushes = batch.New(m.exchange, fits)
	m.unsure = map[string]bool{}
	m.intents = batch.New(m.chain, nil)
	m.heals = batch.New(m.heal, nil)
	m.life, m.end = context.WithCancel(context.Background())
	m.renewal = newRenewal(m.life)
	m.writer <- struct{}{}
	return m, nil
}

// Close releases the files and connections. Operations that run finish first,
// but for cloning again: the next Prepare does that.
func (m *Mirror) Close() error {
	m.end()
	m.intents.Close()
	m.pushes.Close()
	m.fetches.Close()
	m.heals.Close()
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
func (m *Mirror) Tip() Hash { return m.head().String() }

// head is Tip, zero before the mirror is prepared.
func (m *Mirror) head() plumbing.Hash {
	if tip := m.tip.Load(); tip != nil {
		return *tip
	}
	return plumbing.ZeroHash
}
