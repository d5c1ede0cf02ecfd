package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/changebot/changebot/gitops"
)

// remote speaks with one repository, by smart HTTP or by SSH.
type remote struct {
	url   string
	name  string // of the server
	auth  func(context.Context) (user, password string, err error)
	trip  http.RoundTripper
	close func() // of what trip keeps open

	ssh *sshWay // nil: by HTTP

	silence time.Duration // the server may keep in the middle of an answer

	refused func() // hears that the credentials were not accepted

	mu    sync.Mutex
	takes *capability.List // of pushes, as the server said when it was last asked; nil: ask it
}

// newRemote checks the URL. Credentials in it are refused: they would end up in
// logs and on disk.
func newRemote(opts *Options) (*remote, error) {
	if endpoint, err := transport.NewEndpoint(opts.URL); err == nil && endpoint.Protocol == "ssh" {
		return newSSHRemote(opts, endpoint)
	}
	u, err := url.Parse(opts.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, refuse(gitops.Invalid, nil, "Write it as https://host/owner/name.git or ssh://git@host/owner/name.git.",
			"The repository's URL is not an http, https or ssh URL.")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, refuse(gitops.Invalid, nil, "Give the credentials in their own settings.",
			"The repository's URL carries more than host and path.")
	}
	r := &remote{
		url: u.String(), name: cmp.Or(opts.System, "the git server"),
		auth: opts.Auth, refused: opts.Refused, trip: opts.Transport, close: func() {}, silence: cmp.Or(opts.Answer, time.Minute),
	}
	if r.refused == nil {
		r.refused = func() {}
	}
	if r.trip == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = r.silence
		t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
		r.trip, r.close = t, t.CloseIdleConnections
	}
	return r, nil
}

// exchange runs one network operation with fresh credentials. Where the server
// does not know them, it asks for others and tries once more: a token may
// have expired between the request for it and its use, and nothing has
// happened yet when a server answers 401.
func (r *remote) exchange(ctx context.Context, fn func(transport.Transport, *transport.Endpoint, transport.AuthMethod) error) error {
	err := r.exchangeOnce(ctx, fn)
	if errors.Is(err, transport.ErrAuthenticationRequired) && r.auth != nil {
		r.refused()
		err = r.exchangeOnce(ctx, fn)
	}
	return r.explain(err)
}

func (r *remote) exchangeOnce(ctx context.Context, fn func(transport.Transport, *transport.Endpoint, transport.AuthMethod) error) error {
	if r.ssh != nil {
		return r.ssh.exchange(ctx, fn)
	}
	endpoint, err := transport.NewEndpoint(r.url)
	if err != nil {
		return err
	}
	var auth transport.AuthMethod
	if r.auth != nil {
		user, password, err := r.auth(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", errAuth, err)
		}
		auth = &githttp.BasicAuth{Username: user, Password: password}
	}
	x := &exchange{trip: r.trip, silence: r.silence}
	defer x.done()
	if err = fn(githttp.NewClient(&http.Client{Transport: x}), endpoint, auth); err != nil {
		return x.why(ctx, err)
	}
	return nil
}

// fetch runs fn in a session for reading, with the refs that the server has.
func (r *remote) fetch(ctx context.Context, fn func(transport.UploadPackSession, *packp.AdvRefs) error) error {
	return r.exchange(ctx, func(t transport.Transport, e *transport.Endpoint, a transport.AuthMethod) error {
		s, err := t.NewUploadPackSession(e, a)
		if err != nil {
			return err
		}
		defer s.Close()
		refs, err := s.AdvertisedReferencesContext(ctx)
		if errors.Is(err, transport.ErrEmptyRemoteRepository) {
			refs, err = packp.NewAdvRefs(), nil
		}
		if err != nil {
			return fmt.Errorf("list refs: %w", err)
		}
		return fn(s, refs)
	})
}
