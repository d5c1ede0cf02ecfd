package slacktest

import "time"

// Limits are Slack's rate limits. They are off unless On: scenarios want speed,
// tests of back-off want limits.
type Limits struct {
	On    bool
	Burst int // messages that a channel takes at once; drawn from the seed, 2 to 5, if 0
}

// Lag keeps new messages out of conversations.history and conversations.replies
// for a while, as happens on a busy day. The zero value shows them at once.
type Lag struct {
	Calls int           // this many calls do not show it yet
	For   time.Duration // nor does any call before this time has passed
}

// bucket counts what is left of a limit.
type bucket struct {
	left float64
	at   time.Time
}

// perMinute is what each tier allows; chat.postMessage has its own rule.
func perMinute(tier int) float64 {
	return []float64{0, 1, 20, 50, 100}[tier]
}

// overLimit takes one call from its bucket and returns how long to wait if
// there is none left. The caller holds mu.
func (s *Server) overLimit(a args, tier int) time.Duration {
	if !s.opts.Limits.On {
		return 0
	}
	key, perSecond, burst := a.method, 0.0, 0.0
	if tier == 5 {
		if s.opts.Limits.Burst == 0 {
			s.opts.Limits.Burst = 2 + s.rng.IntN(4)
		}
		key, perSecond, burst = a.method+" "+a.str("channel"), 1, float64(s.opts.Limits.Burst)
	} else {
		perSecond, burst = perMinute(tier)/60, perMinute(tier)
	}
	now := s.now()
	b, ok := s.buckets[key]
	if !ok {
		b = &bucket{left: burst, at: now}
		s.buckets[key] = b
	}
	b.left = min(burst, b.left+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / perSecond * float64(time.Second))
	}
	b.left--
	return 0
}

// hide returns the test of whether a message posted now is shown yet, nil if at once.
func (l Lag) hide(s *Server) func() bool {
	if l.Calls == 0 && l.For == 0 {
		return nil
	}
	seen, until := s.historyCalls+l.Calls, s.now().Add(l.For)
	return func() bool { return s.historyCalls > seen && !s.now().Before(until) }
}

// SetLag changes the lag for messages posted from now on.
func (s *Server) SetLag(l Lag) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Lag = l
}

// SetLimits switches the rate limits.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Limits = l
	clear(s.buckets)
}
