package slack

import (
	"context"
	"fmt"
	"slices"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/notifier"
)

// A Chat posts messages; it implements notifier.Chat.
type Chat struct {
	app *App
}

var _ notifier.Chat = Chat{}

// Chat returns the workspace as a place for messages.
func (a *App) Chat() Chat { return Chat{app: a} }

// The metadata that a message carries, unseen.
const (
	metadataType = "changebot_message"
	metadataRef  = "ref"
)

// Post posts a message.
func (c Chat) Post(ctx context.Context, to notifier.To, m notifier.Message, ref string) (notifier.Place, error) {
	channel, err := c.app.channel(ctx, to)
	if err != nil {
		return notifier.Place{}, err
	}
	options := append(content(m),
		api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl(),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{metadataRef: ref}}),
	)
	if to.Thread != "" {
		options = append(options, api.MsgOptionTS(to.Thread))
	}
	var at notifier.Place
	err = c.app.call("chat.postMessage", channel, func() (err error) {
		at.Channel, at.TS, err = c.app.api.PostMessageContext(ctx, channel, options...)
		return err
	})
	if err != nil {
		return notifier.Place{}, fmt.Errorf("chat.postMessage: %w", err)
	}
	return at, nil
}

func content(m notifier.Message) []api.MsgOption {
	return []api.MsgOption{api.MsgOptionText(summary(m), false), api.MsgOptionBlocks(blocks(m)...)}
}

// recent is how many of the newest messages are looked at, and pages how many
// times that of a thread, which Slack lists from its beginning.
const (
	recent = 200
	pages  = 5
)

// Find looks for our messages with the ref among the newest of a channel, or
// in a thread.
func (c Chat) Find(ctx context.Context, to notifier.To, ref string) ([]notifier.Place, error) {
	channel, err := c.app.channel(ctx, to)
	if err != nil {
		return nil, err
	}
	messages, err := c.history(ctx, channel, to.Thread)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", ref, err)
	}
	var found []notifier.Place
	for _, m := range messages {
		if m.User == c.app.bot && carries(m, ref) {
			found = append(found, notifier.Place{Channel: channel, TS: m.Timestamp})
		}
	}
	return found, nil
}

// carries says whether a message has the ref: in its metadata, or as the name
// of its file, since a message that shares a file has no metadata.
func carries(m api.Message, ref string) bool {
	if m.Metadata.EventType == metadataType && m.Metadata.EventPayload[metadataRef] == ref {
		return true
	}
	return slices.ContainsFunc(m.Files, func(f api.File) bool { return f.Name == ref })
}

// history returns messages, oldest first.
func (c Chat) history(ctx context.Context, channel, thread string) ([]api.Message, error) {
	if thread == "" {
		var h *api.GetConversationHistoryResponse
		err := c.app.call("conversations.history", "", func() (err error) {
			h, err = c.app.api.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{
				ChannelID: channel, Limit: recent, IncludeAllMetadata: true,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		slices.Reverse(h.Messages)
		return h.Messages, nil
	}
	var all []api.Message
	cursor := ""
	for range pages {
		var messages []api.Message
		var more bool
		err := c.app.call("conversations.replies", "", func() (err error) {
			messages, more, cursor, err = c.app.api.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{
				ChannelID: channel, Timestamp: thread, Cursor: cursor, Limit: recent, IncludeAllMetadata: true,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, messages...)
		if !more || cursor == "" {
			break
		}
	}
	return all, nil
}

// Update replaces what a message says; its metadata stays.
func (c Chat) Update(ctx context.Context, at notifier.Place, m notifier.Message) error {
	err := c.app.call("chat.update", "", func() error {
		_, _, _, err := c.app.api.UpdateMessageContext(ctx, at.Channel, at.TS, content(m)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("chat.update: %w", err)
	}
	return nil
}

// Delete removes a message.
func (c Chat) Delete(ctx context.Context, at notifier.Place) error {
	err := c.app.call("chat.delete", "", func() error {
		_, _, err := c.app.api.DeleteMessageContext(ctx, at.Channel, at.TS)
		return err
	})
	if err != nil {
		return fmt.Errorf("chat.delete: %w", err)
	}
	return nil
}

// channel is where a message goes; a person's is opened at need.
func (a *App) channel(ctx context.Context, to notifier.To) (string, error) {
	if to.Channel != "" {
		return to.Channel, nil
	}
	user := to.Person.Slack
	if !userID.MatchString(user) {
		return "", &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("Slack does not know %s.", to.Person.ID)}
	}
	a.mu.Lock()
	dm := a.dms[user]
	a.mu.Unlock()
	if dm != "" {
		return dm, nil
	}
	var opened *api.Channel
	err := a.call("conversations.open", "", func() (err error) {
		opened, _, _, err = a.api.OpenConversationContext(ctx, &api.OpenConversationParameters{Users: []string{user}, ReturnIM: true})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("conversations.open: %w", err)
	}
	a.mu.Lock()
	a.dms[user] = opened.ID
	a.mu.Unlock()
	return opened.ID, nil
}
