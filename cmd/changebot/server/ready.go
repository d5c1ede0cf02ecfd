package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/catalog"
	"github.com/changebot/changebot/gitops/git"
)

// A lack is one thing without which changebot cannot do its work.
type lack struct {
	What string `json:"what"` // a stable name
	Why  string `json:"why"`  // for people
}

// The names of what can be lacking.
const (
	lackStore    = "store"
	lackSlack    = "slack"
	lackMirror   = "mirror"
	lackPolicy   = "policy"
	lackStopping = "stopping"
)

// readiness is what the process has come to: what is done once at the start,
// and whether it was told to stop. What can fail later is looked at when asked.
type readiness struct {
	mu       sync.Mutex
	lacking  map[string]string // by name, why
	mirrors  []*git.Mirror
	stopping bool
}

func newReadiness() *readiness {
	return &readiness{lacking: map[string]string{
		lackStore:  "it is being opened and brought up to date",
		lackSlack:  "it was not reached yet",
		lackPolicy: "it was not read yet",
	}}
}

// has notes that something is there now.
func (r *readiness) has(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.lacking, what)
}

// watch notes a mirror without which there is no work.
func (r *readiness) watch(m *git.Mirror) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mirrors = append(r.mirrors, m)
}

// stop notes that nothing new is to be sent here, for good.
func (r *readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

// lacks returns what is missing for sure, without looking.
func (r *readiness) lacks() []lack {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []lack
	if r.stopping {
		all = append(all, lack{lackStopping, "it was told to stop and finishes what is under way"})
	}
	for _, what := range []string{lackStore, lackSlack, lackPolicy} {
		if why, missing := r.lacking[what]; missing {
			all = append(all, lack{what, why})
		}
	}
	for _, m := range r.mirrors {
		if why, arriving := m.Arriving(); arriving {
			all = append(all, lack{lackMirror, why})
		}
	}
	return all
}

// probeTime is how long a probe may take.
const probeTime = 2 * time.Second

// lacks says what keeps changebot from its work now; nothing where it is ready.
func (s *Server) lacks(ctx context.Context) []lack {
	all := s.state.lacks()
	if len(all) > 0 {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		all = append(all, lack{lackStore, "it does not answer"})
	}
	if !s.config.Slack.AppToken.IsZero() && !s.slackWay.Connected() {
		all = append(all, lack{lackSlack, "the socket is not connected"})
	}
	return all
}

// policyPause is how long to wait before a policy that could not be read is
// read again.
const policyPause = time.Second

// awaitPolicy reads every repository's policy once, and tries until it can.
func (s *Server) awaitPolicy(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.prepared:
	}
	for {
		err := s.readPolicy(ctx)
		if err == nil {
			s.state.has(lackPolicy)
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(policyPause):
			s.log.Warn("read the policy", "error", err)
		}
	}
}

// readPolicy fails where a policy cannot be read at all. One that is broken or
// missing is answered with what is wrong, so it keeps nobody from asking.
func (s *Server) readPolicy(ctx context.Context) error {
	for _, r := range s.repos {
		tip, err := r.git.Fetch(ctx)
		if err == nil {
			_, err = catalog.New(r.name, r.git).At(ctx, tip)
		}
		if code := gitops.CodeOf(err); err != nil && code != gitops.Invalid && code != gitops.NotFound {
			return fmt.Errorf("read the policy of %s: %w", r.name, err)
		}
	}
	return nil
}
