package server

import (
	"context"
	"time"

	"github.com/changebot/changebot/gitops"
)

// insist does what a start needs of another system, again and again while that
// does not answer, for as long as a Change would wait before people are told.
// Then the error stands, for whoever installs changebot or starts it again.
func (s *Server) insist(ctx context.Context, do func(context.Context) error) error {
	until := time.Now().Add(s.config.Timing.Patience)
	for pause := time.Second; ; pause = min(2*pause, 15*time.Second) {
		err := do(ctx)
		wait := max(pause, gitops.RetryAfter(err))
		if gitops.CodeOf(err) != gitops.Unavailable || time.Now().Add(wait).After(until) {
			return err
		}
		s.log.Warn("start again", "in", wait, "error", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
