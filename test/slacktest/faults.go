package slacktest

import (
	"net/http"
	"time"

	"github.com/changebot/changebot/test/hold"
)

// FaultKind is a way to misbehave.
type FaultKind string

// The ways to misbehave. The first group is for calls of the Web API and of
// response URLs, the second for what Slack brings to the app.
const (
	RateLimit FaultKind = "rate limit" // 429 with RetryAfter, nothing done
	Fail      FaultKind = "fail"       // 500, nothing done
	FailAfter FaultKind = "fail after" // 502, but done
	Expired   FaultKind = "expired"    // token_expired, nothing done
	Hang      FaultKind = "hang"       // no answer until the caller hangs up, nothing done
	Slow      FaultKind = "slow"       // the right answer after Delay
	Late      FaultKind = "late"       // takes effect only Delay later, or when it is let go, whoever still waits for it

	Drop      FaultKind = "drop"      // never arrives
	Duplicate FaultKind = "duplicate" // arrives twice
	Delay     FaultKind = "delay"     // arrives after Delay
	Reorder   FaultKind = "reorder"   // arrives after the next one of its kind
)

// Fault misbehaves on purpose.
type Fault struct {
	Match      string // a method ("chat.postMessage", "response_url") or a delivery's kind ("block_actions"); "" is any
	Kind       FaultKind
	Times      int           // how often; 0 is once, negative for ever
	Chance     float64       // of hitting a matching call, drawn from the seed; 0 is always
	RetryAfter time.Duration // of RateLimit; a second if 0
	Delay      time.Duration // of Slow, Late and Delay

	left int
}

func (k FaultKind) ofDelivery() bool {
	return k == Drop || k == Duplicate || k == Delay || k == Reorder
}

// Inject adds a fault. Faults are used up in the order they were injected.
func (s *Server) Inject(f Fault) {
	f.left = f.Times
	if f.left == 0 {
		f.left = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Late is where calls wait that a fault Late struck.
func (s *Server) Late() *hold.Gate { return &s.late }

// ClearFaults makes the workspace behave again.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFault(method string) *Fault       { return s.pickFault(method, false) }
func (s *Server) takeDeliveryFault(kind string) *Fault { return s.pickFault(kind, true) }

func (s *Server) pickFault(name string, delivery bool) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.left == 0 || f.Kind.ofDelivery() != delivery || f.Match != "" && f.Match != name {
			continue
		}
		if f.Chance > 0 && s.rng.Float64() >= f.Chance {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		return f
	}
	return nil
}

// failBefore answers a call in place of its method and reports whether it did.
func (s *Server) failBefore(w http.ResponseWriter, r *http.Request, name string, a args, f *Fault) bool {
	c := Call{Method: name, At: s.now(), Act: a.act, Args: a.logged(), Error: string(f.Kind)}
	switch f.Kind {
	case RateLimit:
		c.Status = http.StatusTooManyRequests
		writeLimited(w, max(f.RetryAfter, time.Second))
	case Expired:
		c.Status = http.StatusOK
		writeJSON(w, c.Status, failure(refuse("token_expired")))
	case Fail:
		c.Status = http.StatusInternalServerError
		http.Error(w, "internal error", c.Status)
	case Hang:
		s.mu.Lock()
		s.record(c) // now: whoever waits for it may hang up
		s.mu.Unlock()
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		return true
	case Slow:
		s.pause(f.Delay)
		return false
	case Late:
		s.late.Wait(s.ctx, f.Delay)
		return false
	default:
		return false
	}
	s.mu.Lock()
	s.record(c)
	s.mu.Unlock()
	return true
}

// failsAfter says whether a call fails although it was done. One that was
// refused has done nothing: the fault is for the next.
func (s *Server) failsAfter(f *Fault, done bool) bool {
	if f == nil || f.Kind != FailAfter {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !done && f.left >= 0 {
		f.left++
	}
	return done
}

// pause waits, or until the workspace closes, and reports whether time passed.
func (s *Server) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
