package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// back is the way back to who spoke.
type back struct {
	delivery    gitops.Delivery
	user        string
	channel     string // empty where it was said in no room
	thread      string
	responseURL string // empty where there is none
	open        bool   // everybody may read the answer, since everybody read the question
}

// responseLife is how long a response URL is good for; Slack says 30 minutes.
const responseLife = 29 * time.Minute

// hear hands a sentence to the desk, if the person may speak.
func (d *Decoder) hear(ctx context.Context, u notifier.Utterance, b back) error {
	if heard, err := d.admit(ctx, b); !heard {
		return err
	}
	if u.Command == nil && asksForHelp(u.Text) {
		return d.answer(ctx, b, notifier.Help(d.app.vocabulary(ctx)))
	}
	reply, err := d.desk.Hear(ctx, u)
	return d.replied(ctx, b, reply, err)
}

func (d *Decoder) press(ctx context.Context, p notifier.Press, b back) error {
	if heard, err := d.admit(ctx, b); !heard {
		return err
	}
	reply, err := d.desk.Press(ctx, p)
	return d.replied(ctx, b, reply, err)
}

// admit refuses guests and strangers, in words; bots without.
func (d *Decoder) admit(ctx context.Context, b back) (bool, error) {
	bot, err := d.people.check(ctx, b.user)
	refusal, denied := errors.AsType[*gitops.Error](err)
	switch {
	case err == nil:
		return true, nil
	case !denied || refusal.Code != gitops.Denied:
		return false, err
	}
	d.app.config.Refused("no_member")
	d.app.config.Log.Warn("refused from Slack", "why", refusal.Message, "user", b.user, "delivery", b.delivery.ID)
	if bot {
		return false, nil
	}
	b.open = false
	return false, d.answer(ctx, b, notifier.Answer(gitops.Reply{Refusal: refusal}))
}

func (d *Decoder) replied(ctx context.Context, b back, reply gitops.Reply, err error) error {
	if err != nil {
		return d.keepWaiting(ctx, b, err)
	}
	return d.answer(ctx, b, notifier.Answer(reply))
}

// startPatience is how long who spoke waits for changebot to start before they
// are told: it may be over in a moment, and it may take minutes.
const startPatience = 3 * time.Second

// keepWaiting tells who spoke, once, that another system has kept them waiting
// for long, or that changebot only starts. What they said is kept and tried
// again.
func (d *Decoder) keepWaiting(ctx context.Context, b back, err error) error {
	e, ok := errors.AsType[*gitops.Error](err)
	if !ok || e.System == "" {
		return err
	}
	patience := d.app.config.Patience
	if errors.Is(err, gitops.ErrStarting) {
		patience = min(patience, startPatience)
	}
	if left := b.delivery.Received.Add(patience).Sub(d.app.config.Clock()); left > 0 {
		if gitops.RetryAfter(err) > left {
			return gitops.Again{After: left, Why: err.Error()}
		}
		return err
	}
	to := notifier.To{Person: gitops.Person{ID: b.user, Slack: b.user}}
	words := notifier.Answer(gitops.Reply{Refusal: &gitops.Error{
		Code: gitops.Unavailable, Message: e.Message,
		Next: strings.TrimSpace(e.Next + " What you asked for is kept, and goes on by itself when " + e.System + " answers."),
	}})
	return errors.Join(err, d.outbox.Put(ctx, b.delivery.ID, "wait", to, words))
}

// asksForHelp is answered here, with examples.
func asksForHelp(text string) bool {
	switch strings.ToLower(strings.Trim(text, " ?!.\n")) {
	case "", "help", "hello", "hi":
		return true
	default:
		return false
	}
}

// answer says something back. Where Slack refuses it for good nobody can be
// told, and trying for a day would not change that.
func (d *Decoder) answer(ctx context.Context, b back, m notifier.Message) error {
	if len(m) == 0 {
		return nil
	}
	err := d.say(ctx, b, m)
	switch gitops.CodeOf(err) {
	case gitops.Denied, gitops.NotFound, gitops.Invalid:
		d.app.config.Log.Warn("nobody can be answered", "delivery", b.delivery.ID, "user", b.user, "error", err)
		return nil
	default:
		return err
	}
}

// say speaks to everybody in the thread where the question was asked there,
// else to the person alone; in a direct message where Slack takes nothing else.
func (d *Decoder) say(ctx context.Context, b back, m notifier.Message) error {
	private := notifier.To{Person: gitops.Person{ID: b.user, Slack: b.user}}
	if b.open {
		err := d.outbox.Put(ctx, b.delivery.ID, "reply", notifier.To{Channel: b.channel, Thread: b.thread}, m)
		if code := gitops.CodeOf(err); code != gitops.Denied && code != gitops.NotFound {
			return err
		}
		return d.outbox.Put(ctx, b.delivery.ID, "reply", private, m)
	}
	if b.responseURL != "" && d.app.config.Clock().Sub(b.delivery.Received) < responseLife {
		if err := d.respond(ctx, b, m); err == nil {
			return nil
		}
	}
	if b.channel != "" {
		options := content(m)
		if b.thread != "" {
			options = append(options, api.MsgOptionTS(b.thread))
		}
		if _, err := d.app.api.PostEphemeralContext(ctx, b.channel, b.user, options...); err == nil {
			return nil
		}
	}
	return d.outbox.Put(ctx, b.delivery.ID, "reply", private, m)
}

// respond uses the response URL, which works also in rooms that we are not in.
func (d *Decoder) respond(ctx context.Context, b back, m notifier.Message) error {
	message := &api.WebhookMessage{
		Text: summary(m), Blocks: &api.Blocks{BlockSet: blocks(m)}, ResponseType: api.ResponseTypeEphemeral, ThreadTimestamp: b.thread,
	}
	if err := api.PostWebhookCustomHTTPContext(ctx, b.responseURL, d.app.http, message); err != nil {
		err = withoutAddress(err)
		d.app.config.Log.Info("the response URL did not take an answer", "delivery", b.delivery.ID, "error", err)
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// home shows what one can ask, and a button for those who do not type.
func (d *Decoder) home(ctx context.Context, user string) error {
	if bot, err := d.people.check(ctx, user); bot || gitops.CodeOf(err) == gitops.Denied {
		return nil
	} else if err != nil {
		return err
	}
	view := api.HomeTabViewRequest{Type: api.VTHomeTab, Blocks: api.Blocks{BlockSet: blocks(notifier.Help(d.app.vocabulary(ctx)))}}
	err := d.app.call("views.publish", "", func() error {
		_, err := d.app.api.PublishViewContext(ctx, api.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
	if err != nil {
		return fmt.Errorf("views.publish: %w", err)
	}
	return nil
}
