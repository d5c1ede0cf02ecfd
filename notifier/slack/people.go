package slack

import (
	"context"
	"fmt"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
)

// remembered is how long an answer about a person counts. A guest's rights end
// within it.
const remembered = 5 * time.Minute

// people tells members of the workspace from guests, bots and strangers.
type people struct {
	app *App

	mu    sync.Mutex
	known map[string]verdict // a cache
}

type verdict struct {
	err error // why the person is refused; nil for a member
	bot bool
	at  time.Time
}

// check returns a gitops.Denied error for whoever is no full member of the
// workspace, and whether it is a bot, which is not even answered. Who is nobody
// cannot be heard at all.
func (p *people) check(ctx context.Context, user string) (bot bool, err error) {
	if user == "" {
		return false, odd("Slack did not say who it was.")
	}
	if user == "USLACKBOT" || user == p.app.bot {
		return true, &gitops.Error{Code: gitops.Denied, Message: "Bots are not heard."}
	}
	now := p.app.config.Clock()
	p.mu.Lock()
	v, ok := p.known[user]
	p.mu.Unlock()
	if ok && now.Sub(v.at) < remembered {
		return v.bot, v.err
	}
	if v, err = p.ask(ctx, user); err != nil {
		return false, err
	}
	v.at = now
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) > 10_000 {
		clear(p.known)
	}
	p.known[user] = v
	return v.bot, v.err
}

func (p *people) ask(ctx context.Context, user string) (verdict, error) {
	var u *api.User
	err := p.app.call("users.info", "", func() (err error) { u, err = p.app.api.GetUserInfoContext(ctx, user); return err })
	if err != nil {
		if gitops.CodeOf(err) == gitops.NotFound {
			return verdict{err: denied("Slack does not know you in this workspace.")}, nil
		}
		return verdict{}, fmt.Errorf("users.info: %w", err)
	}
	switch {
	case u.IsBot:
		return verdict{bot: true, err: denied("Bots are not heard.")}, nil
	case u.Deleted:
		return verdict{err: denied("This account is deactivated.")}, nil
	case u.TeamID != p.app.config.Team || u.IsStranger:
		return verdict{err: denied("You are of another workspace, and changes are asked for and decided by members of this one.")}, nil
	case u.IsRestricted || u.IsUltraRestricted:
		return verdict{err: denied("You are a guest here, and changes are asked for and decided by members.")}, nil
	default:
		return verdict{}, nil
	}
}

func denied(message string) error {
	return &gitops.Error{Code: gitops.Denied, Message: message, Next: "Ask a member of the workspace to do it."}
}
