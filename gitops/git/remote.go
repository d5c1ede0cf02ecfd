package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

// maxErrorBody is how much of a refusal's text is read; it goes to the log only.
const maxErrorBody = 4 << 10

// remote speaks with one repository, by smart HTTP or by SSH.
type remote struct {
	url   string
	name  string // of the server
	auth  func(context.Context) (user, password string, err error)
	trip  http.RoundTripper
	close func() // of what trip keeps open

	ssh *sshWay // nil: by HTTP

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
		auth: opts.Auth, refused: opts.Refused, trip: opts.Transport, close: func() {},
	}
	if r.refused == nil {
		r.refused = func() {}
	}
	if r.trip == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = cmp.Or(opts.Answer, time.Minute)
		t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
		r.trip, r.close = t, t.CloseIdleConnections
	}
	return r, nil
}

// exchange is one network operation: its own endpoint (go-git's sessions change
// theirs), its own credentials, and the bodies that go-git leaves open.
type exchange struct {
	trip http.RoundTripper

	mu     sync.Mutex
	bodies []io.Closer
	pause  *gitops.Pause // where the server wants to be left alone
	large  bool          // what was sent is more than the server takes at once
	lost   bool          // the server did not take what was sent for what it is
}

// RoundTrip is http.RoundTripper's.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := x.trip.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	crash.Point("answered " + path.Base(req.URL.Path))
	x.mu.Lock()
	x.bodies = append(x.bodies, res.Body)
	x.large = x.large || res.StatusCode == http.StatusRequestEntityTooLarge
	x.lost = x.lost || isLost(res.StatusCode)
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && res.StatusCode >= http.StatusMultipleChoices {
		x.pause = &gitops.Pause{After: time.Duration(seconds) * time.Second}
	}
	x.mu.Unlock()
	if res.StatusCode >= http.StatusMultipleChoices {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxErrorBody), res.Body}
	}
	return res, nil
}

func (x *exchange) done() {
	for _, b := range x.bodies {
		_ = b.Close()
	}
}

// errAuth marks an error of the caller's Auth function.
var errAuth = errors.New("get credentials")

// errTooLarge: the server does not take as much in one request.
var errTooLarge = errors.New("the request is too large")

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
	x := &exchange{trip: r.trip}
	defer x.done()
	err = fn(githttp.NewClient(&http.Client{Transport: x}), endpoint, auth)
	switch {
	case err != nil && x.large:
		return fmt.Errorf("%w: %w", errTooLarge, err)
	case err != nil && x.pause != nil:
		x.pause.Err = err
		return x.pause
	case err != nil && x.lost:
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
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

// explain gives a failed exchange its code. What is not known for certain to be
// a refusal is Unavailable: it may or may not have taken effect.
func (r *remote) explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*gitops.Error](err); ok || isLocal(err) {
		return err
	}
	if isDisk(err) {
		return refuse(gitops.Internal, err, "Check that there is space on changebot's disk.",
			"The mirror of %s could not be written.", r.url)
	}
	e := &gitops.Error{Code: gitops.Unavailable, System: r.name, Err: err}
	var pause *gitops.Pause
	switch {
	case errors.As(err, &pause): // whatever else the answer was
		e.Message = fmt.Sprintf("The git server asked to slow down for %s.", r.url)
	case errors.Is(err, errTooLarge):
		e.Code, e.Message = gitops.Denied, fmt.Sprintf("The git server of %s does not take as much at once as this change has.", r.url)
		e.Next = "Ask for fewer targets at once, or ask who runs the git server to allow larger requests."
	case errors.Is(err, errAuth):
		e.Message = fmt.Sprintf("There are no credentials for %s at the moment.", r.url)
	case errors.Is(err, transport.ErrAuthenticationRequired):
		e.Message = fmt.Sprintf("The git server does not accept the credentials for %s.", r.url)
		e.Next = "Check that changebot's credentials are valid for it."
	case errors.Is(err, transport.ErrAuthorizationFailed):
		e.Code, e.Message = gitops.Denied, fmt.Sprintf("The git server does not let changebot do this in %s.", r.url)
		e.Next = "Grant changebot read and write access to its contents."
	case errors.Is(err, transport.ErrRepositoryNotFound):
		e.Code, e.Message = gitops.NotFound, fmt.Sprintf("The git server knows no repository %s.", r.url)
		e.Next = "Check the URL and that changebot may see the repository."
	default:
		e.Message = fmt.Sprintf("The git server did not answer as expected for %s.", r.url)
	}
	return e
}

// isDisk recognises an error of the file system: errors of the network are none
// of these types.
func isDisk(err error) bool {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return true
	}
	_, ok := errors.AsType[*os.LinkError](err)
	return ok
}

// isLocal tells the mirror's own troubles from the network's.
func isLocal(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, errMissing) || errors.Is(err, errTooMuch)
}
