package slacktest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// object is a JSON object whose shape is Slack's.
type object = map[string]any

// state is what the workspace knows. Server.mu guards it.
type state struct {
	rng     *rand.Rand
	lastTS  int64 // of the newest message, in microseconds
	changed chan struct{}
	version int // counts changes

	users      map[string]*User
	userOrder  []string
	channels   map[string]*channel
	chanOrder  []string
	groups     map[string]*UserGroup
	groupOrder []string

	views    map[string]*View
	stacks   map[string][]string // user id → ids of their open modals, the top last
	homes    map[string]*View    // user id → what the app published for them
	opened   []string            // ids of all modals ever, in order
	triggers map[string]*trigger
	hooks    map[string]*hook // response URLs by id
	files    map[string]*File

	connected    int    // connections to the Web API, besides Socket Mode
	tokenError   string // what every call answers while the tokens are dead
	calls        []Call
	violations   []Violation
	deliveries   []Delivery
	faults       []*Fault
	buckets      map[string]*bucket
	historyCalls int
}

func newState(seed uint64) state {
	return state{
		rng:      rand.New(rand.NewPCG(seed, 0)),
		changed:  make(chan struct{}),
		users:    map[string]*User{},
		channels: map[string]*channel{},
		groups:   map[string]*UserGroup{},
		views:    map[string]*View{},
		stacks:   map[string][]string{},
		homes:    map[string]*View{},
		triggers: map[string]*trigger{},
		hooks:    map[string]*hook{},
		files:    map[string]*File{},
		buckets:  map[string]*bucket{},
	}
}

// touch tells every waiter that something changed. The caller holds mu.
func (s *Server) touch() {
	s.version++
	close(s.changed)
	s.changed = make(chan struct{})
}

// WaitFor returns when cond holds. It asks again after every change of the
// workspace, without polling; cond may call any method of the Server. The error
// is the context's, or ErrClosed.
func (s *Server) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for Slack to change: %w", ctx.Err())
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

func (s *Server) now() time.Time { return s.opts.Clock() }

// nextTS makes a message's timestamp, which is also its id: seconds and
// microseconds, strictly increasing.
func (s *Server) nextTS() string {
	s.lastTS = max(s.lastTS+1, s.now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// newID makes an id as Slack's look: a letter for the kind, then capitals and digits.
func (s *Server) newID(kind string) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	id := []byte(kind)
	for range 10 {
		id = append(id, letters[s.rng.IntN(len(letters))])
	}
	return string(id)
}
