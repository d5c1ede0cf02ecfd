package git

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// errLost: the server did not know what to do with a request, and did nothing.
var errLost = errors.New("the request was not understood")

// isLost recognises that from a status: the request was at fault, other than
// for who sent it, how large it is, or how many there are.
func isLost(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return false
	}
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}

// push runs fn in a session for writing. Its refs are those that the server
// has, or nil: a server that has said what it takes need not be asked each time,
// which saves a request and, with 10,000 branches, the list of them. The old
// values that a push carries say all that it depends on, so the server alone can
// judge it. Where it does not take a push without having been asked, fn runs once
// more, with refs. After any other failure the next push asks: the refs say
// whether this one took effect. ask lets the server be asked in any case.
func (r *remote) push(ctx context.Context, ask bool, fn func(transport.ReceivePackSession, *packp.AdvRefs) error) error {
	if known := r.known(); known != nil && !ask {
		err := r.exchange(ctx, func(t transport.Transport, e *transport.Endpoint, a transport.AuthMethod) error {
			s, err := t.NewReceivePackSession(e, a)
			if err != nil {
				return err
			}
			defer s.Close()
			return fn(s, &packp.AdvRefs{Capabilities: known})
		})
		if err == nil {
			return nil
		}
		r.learn(nil)
		if !errors.Is(err, errLost) {
			return err
		}
	}
	var takes *capability.List
	err := r.exchange(ctx, func(t transport.Transport, e *transport.Endpoint, a transport.AuthMethod) error {
		s, err := t.NewReceivePackSession(e, a)
		if err != nil {
			return err
		}
		defer s.Close()
		asked := e.String()
		refs, err := s.AdvertisedReferencesContext(ctx)
		if err != nil {
			return fmt.Errorf("list refs: %w", err)
		}
		if r.ssh == nil && e.String() == asked { // SSH lists them anyway, and a push is not redirected
			takes = refs.Capabilities
		}
		return fn(s, refs)
	})
	if err != nil {
		takes = nil // what became of it shows in the refs, before it is sent again
	}
	r.learn(takes)
	return err
}

// known is what the server takes of a push, nil if it is to be asked.
func (r *remote) known() *capability.List {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.takes
}

func (r *remote) learn(takes *capability.List) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takes = takes
}
