package argocdtest

import (
	"context"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apiclient/application"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/changebot/changebot/test/hold"
)

// Misbehaviour is what a Fault does to a call.
type Misbehaviour int

const (
	// Refuse answers Code instead of doing anything.
	Refuse Misbehaviour = iota
	// LoseAnswer does what was asked and then answers Code.
	LoseAnswer
	// Hang never answers; the caller has to give up.
	Hang
	// Slow answers after Delay.
	Slow
	// Late takes effect only after Delay, or when it is let go, whoever still
	// waits for it; a watch is not delayed.
	Late
	// Drop breaks a watch after its first event.
	Drop
)

// Fault makes calls go wrong.
type Fault struct {
	Method string // "Get", "Refresh", "List", "Sync", "Watch", "ResourceTree", "GetManifests"; empty: any
	App    string // name; empty: any
	Times  int    // how many calls it meets; 0 is one, below zero all
	Do     Misbehaviour
	Code   codes.Code // Unavailable by default
	Delay  time.Duration
	Chance float64 // of meeting a call that matches, drawn from Options.Seed; 0 is always
}

// Call is one call that was made.
type Call struct {
	At       time.Time
	User     string
	Method   string // as in Fault
	App      string // name
	Revision string // of a Sync, as it was asked for
	ChangeID string // of a Sync
	Code     codes.Code
	Struck   bool // by a Fault
}

// Fail makes the server misbehave from now on.
func (s *Server) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	if f.Code == codes.OK {
		f.Code = codes.Unavailable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Late is where calls wait that a fault Late struck.
func (s *Server) Late() *hold.Gate { return &s.late }

// Heal ends all misbehaviour.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Struck returns how many calls faults have met so far.
func (s *Server) Struck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struck
}

// Calls returns the calls of one method so far ("" for all), oldest first.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// maxCalls bounds the log in a playground that runs for days.
const maxCalls = 10_000

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) >= maxCalls {
		s.calls = append([]Call(nil), s.calls[maxCalls/2:]...)
	}
	s.calls = append(s.calls, c)
	close(s.changed)
	s.changed = make(chan struct{})
}

// fault takes the first fault that a call meets.
func (s *Server) fault(c Call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		matches := f.Times != 0 && (f.Method == "" || f.Method == c.Method) && (f.App == "" || f.App == c.App)
		if !matches || f.Chance > 0 && s.random.Float64() >= f.Chance {
			continue
		}
		f.Times--
		s.struck++
		return f
	}
	return nil
}

func (f *Fault) err() error { return status.Errorf(f.Code, "argocdtest: told to fail") }

// before does what a fault does to a call before it takes effect.
func (f *Fault) before(ctx context.Context) error {
	switch f.Do {
	case Refuse:
		return f.err()
	case Hang:
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	case Slow:
		if !pause(ctx, f.Delay) {
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	return nil
}

// describe reads from a request what the log says of it.
func describe(method string, req any) Call {
	c := Call{At: time.Now(), Method: method}
	switch r := req.(type) {
	case *application.ApplicationQuery:
		c.App = r.GetName()
		if r.Refresh != nil {
			c.Method = "Refresh"
		}
	case *application.ApplicationSyncRequest:
		c.App, c.Revision = r.GetName(), r.GetRevision()
		for _, i := range r.Infos {
			if i.Name == "Change-Id" {
				c.ChangeID = i.Value
			}
		}
	case *application.ResourcesQuery:
		c.App = r.GetApplicationName()
	case *application.ApplicationCreateRequest:
		c.App = r.GetApplication().GetName()
	case *application.ApplicationDeleteRequest:
		c.App = r.GetName()
	}
	return c
}
