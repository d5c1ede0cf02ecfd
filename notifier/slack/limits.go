package slack

import (
	"errors"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
)

// Limits remember which methods Slack wants to be left alone with, and until
// when. Slack limits each method by itself, and chat.postMessage for each
// channel: a busy room keeps nothing from the others.
type limits struct {
	clock func() time.Time

	mu   sync.Mutex
	held map[string]time.Time // a cache
}

// maxHeld bounds what is remembered; beyond it, what is over is forgotten.
const maxHeld = 1000

// call makes a call of a method unless Slack wants to be left alone with it,
// and gives its error a code. The channel is empty where the limit is the
// method's own.
func (a *App) call(method, channel string, do func() error) error {
	key := method + " " + channel
	if wait := a.limits.wait(key); wait > 0 {
		return slowDown(wait, errors.New(method+" is left alone until then"))
	}
	err := do()
	if limit, ok := errors.AsType[*api.RateLimitedError](err); ok {
		wait := max(limit.RetryAfter, time.Second)
		a.limits.hold(key, wait)
		return slowDown(wait, err)
	}
	return translate(err)
}

func slowDown(wait time.Duration, err error) error {
	return &gitops.Error{Code: gitops.Unavailable, Message: "Slack asked to slow down.", Err: &gitops.Pause{After: wait, Err: err}}
}

func (l *limits) wait(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[key].Sub(l.clock())
}

func (l *limits) hold(key string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if l.held == nil || len(l.held) > maxHeld {
		kept := map[string]time.Time{}
		for k, until := range l.held {
			if now.Before(until) {
				kept[k] = until
			}
		}
		l.held = kept
	}
	l.held[key] = now.Add(wait)
}
