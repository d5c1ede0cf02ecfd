package slack

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// A Decoder works on what the inbox holds: it is the handler of
// gitops.JobDelivery for deliveries from Slack.
type Decoder struct {
	app    *App
	desk   notifier.Desk
	outbox notifier.Outbox
	people *people
}

// Decoder returns the way from the inbox to the desk. Answers that others see
// go through the outbox, which posts them once.
func (a *App) Decoder(desk notifier.Desk, outbox notifier.Outbox) *Decoder {
	return &Decoder{app: a, desk: desk, outbox: outbox, people: &people{app: a, known: map[string]verdict{}}}
}

// Handle decodes one delivery and acts on it. A gitops.ErrUndecodable says that
// it cannot be understood and is kept for a person to look at; any other error
// is worth another try, which does nothing twice.
func (d *Decoder) Handle(ctx context.Context, delivery gitops.Delivery) error {
	var err error
	switch delivery.Kind {
	case kindCommand:
		err = d.command(ctx, delivery)
	case kindInteraction:
		err = d.interaction(ctx, delivery)
	case kindEvent:
		err = d.event(ctx, delivery)
	default:
		err = odd("Slack sent something of the unknown kind %q.", delivery.Kind)
	}
	if err != nil {
		return fmt.Errorf("handle %s: %w", delivery.ID, err)
	}
	return nil
}

// odd is the error for what cannot be understood.
func odd(format string, args ...any) error {
	return &gitops.Error{Code: gitops.Invalid, Message: fmt.Sprintf(format, args...), Next: "It is kept in the inbox.", Err: gitops.ErrUndecodable}
}

func undecodable(err error) error {
	return &gitops.Error{
		Code: gitops.Invalid, Message: "Slack sent something that cannot be decoded.", Next: "It is kept in the inbox.",
		Err: fmt.Errorf("%w: %w", gitops.ErrUndecodable, err),
	}
}

func (d *Decoder) command(ctx context.Context, delivery gitops.Delivery) error {
	c, err := parseCommand(delivery.Payload)
	if err != nil {
		return undecodable(err)
	}
	return d.hear(ctx, notifier.Utterance{
		Key: delivery.ID, Text: unescape(c.Text), Team: c.TeamID, User: c.UserID,
		Room: gitops.Room{Team: c.TeamID, Channel: c.ChannelID, Name: roomName(c.ChannelName), Direct: direct(c.ChannelID)},
	}, back{delivery: delivery, user: c.UserID, channel: c.ChannelID, responseURL: c.ResponseURL})
}

// direct says whether a channel is the direct messages of one person.
func direct(channel string) bool { return strings.HasPrefix(channel, "D") }

// roomName leaves out what Slack says where there is no name.
func roomName(name string) string {
	if name == "directmessage" || name == "privategroup" {
		return ""
	}
	return name
}

func (d *Decoder) event(ctx context.Context, delivery gitops.Delivery) error {
	e, err := parseEvent(delivery.Payload)
	if err != nil {
		return undecodable(err)
	}
	m := e.Event
	text, heard := m.Text, false
	switch m.Type {
	case "app_mention":
		text, heard = addressed(m.Text, d.app.bot)
	case "message":
		heard = true
		if t, ok := addressed(m.Text, d.app.bot); ok {
			text = t
		}
	case "app_home_opened":
		if m.Tab == "messages" {
			return nil
		}
		return d.home(ctx, m.User)
	case "member_joined_channel", "reaction_added", "reaction_removed", "tokens_revoked", "app_uninstalled":
		return nil
	default:
		return odd("Slack sent an event of the unknown type %q.", m.Type)
	}
	if e.overheard() || !heard {
		return nil // not to us, or we are only quoted
	}
	b := back{delivery: delivery, user: m.User, channel: m.Channel, thread: m.ThreadTS, open: true}
	if m.Type == "app_mention" {
		b.thread = cmp.Or(m.ThreadTS, m.TS)
	}
	return d.hear(ctx, notifier.Utterance{
		Key: delivery.ID, Text: strings.TrimSpace(unescape(text)), Team: e.TeamID, User: m.User,
		Room: gitops.Room{Team: e.TeamID, Channel: m.Channel, Thread: m.ThreadTS, Direct: direct(m.Channel)},
	}, b)
}

func (d *Decoder) interaction(ctx context.Context, delivery gitops.Delivery) error {
	i, err := parseInteraction(delivery.Payload)
	if err != nil {
		return undecodable(err)
	}
	switch i.Type {
	case typeActions:
		return d.pressed(ctx, delivery, i)
	case typeSubmission:
		return d.submitted(ctx, delivery, i)
	case "view_closed", "shortcut", "message_action":
		return nil // its dialog was opened when it arrived
	default:
		return odd("Slack sent an interaction of the unknown type %q.", i.Type)
	}
}

func (d *Decoder) pressed(ctx context.Context, delivery gitops.Delivery, i interaction) error {
	id, value := i.action()
	action := notifier.Action(id)
	switch action {
	case notifier.ActionReject, notifier.ActionForm, notifier.ActionOpen:
		return nil // its dialog was opened when it arrived
	case notifier.ActionApprove, notifier.ActionCancel, notifier.ActionConfirm, notifier.ActionRollback:
	default:
		return odd("Somebody pressed the unknown button %q.", id)
	}
	change, token, ok := notifier.ParseButtonValue(value)
	if !ok {
		return odd("The button %q came without a change.", id)
	}
	channel := cmp.Or(i.Channel.ID, i.Container.ChannelID)
	return d.press(ctx, notifier.Press{
		Key: delivery.ID, At: delivery.Received, Action: action, Change: change, Token: token, Team: cmp.Or(i.User.TeamID, i.Team.ID), User: i.User.ID,
		Room: gitops.Room{Team: d.app.config.Team, Channel: channel, Name: roomName(i.Channel.Name), Thread: i.Container.ThreadTS, Direct: direct(channel)},
	}, back{delivery: delivery, user: i.User.ID, channel: channel, thread: i.Container.ThreadTS, responseURL: i.ResponseURL})
}

func (d *Decoder) submitted(ctx context.Context, delivery gitops.Delivery, i interaction) error {
	n := i.View.note()
	b := back{delivery: delivery, user: i.User.ID, channel: n.Channel, thread: n.Thread}
	team := cmp.Or(i.User.TeamID, i.Team.ID)
	room := gitops.Room{Team: d.app.config.Team, Channel: n.Channel, Thread: n.Thread, Direct: direct(n.Channel)}
	switch i.View.CallbackID {
	case dialogReject:
		change, token, ok := notifier.ParseButtonValue(notifier.ButtonValue(n.Change, n.Token))
		if !ok {
			return odd("A dialog came back without what it was about.")
		}
		return d.press(ctx, notifier.Press{
			Key: delivery.ID, At: delivery.Received, Action: notifier.ActionReject, Change: change, Token: token, Reason: i.View.text(blockReason),
			Team: team, User: i.User.ID, Room: room,
		}, b)
	case dialogRequest:
		command, text := i.View.command()
		return d.hear(ctx, notifier.Utterance{
			Key: delivery.ID, Text: text, Command: &command, Team: team, User: i.User.ID, Room: room,
		}, b)
	default:
		return odd("Somebody submitted the unknown dialog %q.", i.View.CallbackID)
	}
}
