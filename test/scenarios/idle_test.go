package scenarios

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/changebot/changebot/test/bot"
)

// pending is what the metrics say of work that is to be done now: a delivery
// that was not worked on, or a job that is due. A job that is for later, such as
// the one that reminds people, is none.
var pending = regexp.MustCompile(`changebot_inbox_waiting [1-9]` +
	`|changebot_queue_jobs\{[^}]*state="(available|running|retryable)"\}` +
	`|changebot_queue_oldest_seconds\{[^}]*state="scheduled"\} (0\.|[^0\n])`)

// idle waits until changebot has done all that it was given, what GitHub told of
// that included: what has not come by then does not come of it. Whoever says
// that something is not so, or is so once and not twice, says this before.
func idle(s *story, args []string) error {
	if len(args) != 0 {
		return errors.New("takes nothing")
	}
	ctx, cancel := waiting()
	defer cancel()
	var metrics string
	err := bot.Until(ctx, func() (bool, error) {
		told, err := s.arrived(ctx)
		if err != nil {
			return false, err
		}
		if metrics, err = watch(s, "/metrics"); err != nil {
			return false, err
		}
		if !regexp.MustCompile(`changebot_inbox_waiting \d`).MatchString(metrics) || pending.MatchString(metrics) {
			return false, nil
		}
		now, err := s.arrived(ctx)
		return now == told, err // what GitHub told meanwhile may be worked on now
	})
	if err != nil {
		return fmt.Errorf("%w; its metrics are:\n%s", err, metrics)
	}
	return nil
}

// arrived waits until GitHub's webhooks have been sent, and counts them.
func (s *story) arrived(ctx context.Context) (int, error) {
	if err := s.GitHub.Settle(ctx); err != nil {
		return 0, err
	}
	return len(s.GitHub.Deliveries()), nil
}
