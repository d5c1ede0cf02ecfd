package slack

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// The kinds of deliveries in the inbox.
const (
	kindCommand     = "command"
	kindInteraction = "interaction"
	kindEvent       = "event"
	kindUnknown     = "unknown" // what came over a socket as none of them
)

// A command is a slash command, as far as it counts.
type command struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	UserID      string `json:"user_id"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// An interaction is a button, a dialog or a shortcut, as far as it counts.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	CallbackID  string `json:"callback_id"`
	ResponseURL string `json:"response_url"`
	ActionTS    string `json:"action_ts"`
	Team        ids    `json:"team"`
	User        struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Channel   ids `json:"channel"`
	Container struct {
		ChannelID string `json:"channel_id"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Actions []struct {
		ActionID string `json:"action_id"`
		ActionTS string `json:"action_ts"`
		Value    string `json:"value"`
	} `json:"actions"`
	View view `json:"view"`
}

type ids struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A view is a dialog that was submitted.
type view struct {
	ID              string `json:"id"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]input `json:"values"`
	} `json:"state"`
}

// An input is what a person typed or picked.
type input struct {
	Value    string   `json:"value"`
	Option   option   `json:"selected_option"`
	Multiple []option `json:"selected_options"`
}

type option struct {
	Value string `json:"value"`
}

// An event is what the Events API sends, as far as it counts.
type event struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	TeamID    string `json:"team_id"`
	EventID   string `json:"event_id"`
	Event     struct {
		Type        string          `json:"type"`
		Subtype     string          `json:"subtype"`
		User        string          `json:"user"`
		BotID       string          `json:"bot_id"`
		Text        string          `json:"text"`
		Channel     string          `json:"channel"`
		ChannelType string          `json:"channel_type"`
		TS          string          `json:"ts"`
		ThreadTS    string          `json:"thread_ts"`
		Tab         string          `json:"tab"`
		Edited      json.RawMessage `json:"edited"`
	} `json:"event"`
}

// overheard says that the event is a message which is not for us: people's to
// each other, and what a bot said, we ourselves most of all.
func (e event) overheard() bool {
	m := e.Event
	switch m.Type {
	case "message":
		return m.ChannelType != "im" || e.secondHand()
	case "app_mention":
		return e.secondHand()
	default:
		return false
	}
}

// secondHand says that nobody has said it just now: it is a bot's, edited, or
// about a message.
func (e event) secondHand() bool {
	return e.Event.BotID != "" || e.Event.Subtype != "" || len(e.Event.Edited) > 0
}

// isJSON tells Socket Mode's payloads from the forms that HTTP brings.
func isJSON(payload []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(payload), []byte("{")) }

func parseCommand(payload []byte) (command, error) {
	var c command
	if isJSON(payload) {
		if err := json.Unmarshal(payload, &c); err != nil {
			return c, fmt.Errorf("decode a slash command: %w", err)
		}
		return c, nil
	}
	form, err := url.ParseQuery(string(payload))
	if err != nil {
		return c, fmt.Errorf("decode a slash command: %w", err)
	}
	return command{
		TeamID: form.Get("team_id"), ChannelID: form.Get("channel_id"), ChannelName: form.Get("channel_name"),
		UserID: form.Get("user_id"), Text: form.Get("text"), ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
	}, nil
}

func parseInteraction(payload []byte) (interaction, error) {
	var i interaction
	if !isJSON(payload) {
		form, err := url.ParseQuery(string(payload))
		if err != nil {
			return i, fmt.Errorf("decode an interaction: %w", err)
		}
		payload = []byte(form.Get("payload"))
	}
	if err := json.Unmarshal(payload, &i); err != nil {
		return i, fmt.Errorf("decode an interaction: %w", err)
	}
	return i, nil
}

func parseEvent(payload []byte) (event, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, fmt.Errorf("decode an event: %w", err)
	}
	return e, nil
}

// action is the first action of a press; Slack sends one at a time.
func (i interaction) action() (id, value string) {
	if len(i.Actions) == 0 {
		return "", ""
	}
	return i.Actions[0].ActionID, i.Actions[0].Value
}

// An arrival is what must be known of a payload before it is stored.
type arrival struct {
	id          string // unique to the delivery
	team        string
	user        string
	interaction *interaction // for kindInteraction
	broken      error        // it could not be decoded; it is kept all the same
	overheard   bool         // it says nothing to us, and is not kept
}

// peek reads what must be known before a payload is stored.
func peek(kind string, payload []byte) arrival {
	sum := sha256.Sum256(payload)
	a := arrival{id: "slack:" + kind + ":" + hex.EncodeToString(sum[:16])}
	name := func(id string) {
		if wellFormed(id) {
			a.id = "slack:" + kind + ":" + id
		}
	}
	switch kind {
	case kindCommand:
		c, err := parseCommand(payload)
		a.team, a.user, a.broken = c.TeamID, c.UserID, err
		name(c.TriggerID)
	case kindInteraction:
		i, err := parseInteraction(payload)
		a.team, a.user, a.broken, a.interaction = cmp.Or(i.User.TeamID, i.Team.ID), i.User.ID, err, &i
		if id := i.identity(); id != "" {
			name(id)
		}
	case kindEvent:
		e, err := parseEvent(payload)
		a.team, a.user, a.broken, a.overheard = e.TeamID, e.Event.User, err, e.overheard()
		name(e.EventID)
	default:
		a.broken = fmt.Errorf("unknown kind %q", kind)
	}
	return a
}

// wellFormed accepts what Slack sends as ids. Anything else could be no key of
// the inbox, and what arrived under it would be refused for its name.
func wellFormed(id string) bool {
	return id != "" && len(id) <= 200 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// identity hashes what only one interaction has: it comes without an id.
func (i interaction) identity() string {
	if i.TriggerID == "" && i.ActionTS == "" && i.View.ID == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q", i.Type, i.TriggerID, i.ActionTS, i.View.ID, i.User.ID)
	for _, a := range i.Actions {
		fmt.Fprintf(h, " %q %q", a.ActionID, a.ActionTS)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
