package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Outcome is what a person sees when an act of theirs has been acknowledged.
// What comes later (through a response URL, say) is in the record; see WaitFor.
type Outcome struct {
	ID       string            // of the delivery; see Delivery.ID and Message.Act
	Notice   string            // Slack's own words when the app failed, empty otherwise
	Code     string            // operation_timeout or dispatch_failed, with Notice
	Messages []Message         // that came with the acknowledgement
	View     *View             // the modal that is before the person now, if this act opened or changed it
	Errors   map[string]string // by block_id: why a submission was not taken
	Took     time.Duration     // until the acknowledgement
}

// actor is who acts, or why they cannot. The caller holds mu.
func (s *Server) actor(id string) (*User, error) {
	u, ok := s.users[id]
	if !ok {
		return nil, fmt.Errorf("user %s: %w", id, ErrNotFound)
	}
	if u.Deleted || u.Bot {
		return nil, fmt.Errorf("%s is deactivated or a bot: %w", u.Name, ErrDenied)
	}
	return u, nil
}

func (s *Server) place(user, channelID string) (*User, *channel, error) {
	u, err := s.actor(user)
	if err != nil {
		return nil, nil, err
	}
	ch, ok := s.channels[channelID]
	if !ok {
		return nil, nil, fmt.Errorf("channel %s: %w", channelID, ErrNotFound)
	}
	if !ch.has(user) {
		return nil, nil, fmt.Errorf("%s is not in %s: %w", u.Name, ch.Name, ErrDenied)
	}
	return u, ch, nil
}

// Slash types a slash command: Slash("U1", "C1", "/change", "status"). Slack
// sends commands typed in a thread without the thread.
func (s *Server) Slash(user, channelID, command, text string) (Outcome, error) {
	s.mu.Lock()
	u, ch, err := s.place(user, channelID)
	if err == nil && !s.registered(command) {
		err = fmt.Errorf("%s is not a command of the app: %w", command, ErrNotFound)
	}
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	trigger := s.newTrigger(user, "")
	h := hook{user: user, channel: ch.ID, act: trigger}
	url := s.newHook(h)
	p := parcel{kind: "slash_commands", envelope: "slash_commands", id: trigger, payload: object{
		"token": "legacy", "team_id": u.TeamID, "team_domain": s.opts.TeamDomain,
		"channel_id": ch.ID, "channel_name": ch.slashName(), "user_id": u.ID, "user_name": u.Name,
		"command": command, "text": strings.TrimSpace(text), "api_app_id": s.opts.AppID,
		"is_enterprise_install": "false", "response_url": url, "trigger_id": trigger,
	}}
	own := s.hooks[url[strings.LastIndex(url, "/")+1:]]
	s.mu.Unlock()
	out := s.act(p, user, trigger, own)
	if out.Code != "" {
		out.Notice = command + " failed with the error \"" + out.Code + "\""
		if out.Code == "operation_timeout" {
			out.Notice = command + " failed because the app did not respond"
		}
		s.mu.Lock()
		s.whisper(ch, user, out.Notice)
		s.mu.Unlock()
	}
	return out, nil
}

func (s *Server) registered(command string) bool {
	for _, c := range s.opts.Commands {
		if c.Name == command {
			return true
		}
	}
	return len(s.opts.Commands) == 0
}

// whisper is Slackbot telling one person something.
func (s *Server) whisper(ch *channel, user, text string) {
	s.post(ch, Message{User: "USLACKBOT", EphemeralTo: user, Content: Content{Text: text}})
}

// act delivers a parcel and turns its acknowledgement into what the person sees.
func (s *Server) act(p parcel, user, trigger string, h *hook) Outcome {
	start := time.Now()
	a := s.deliver(p)
	out := Outcome{ID: p.id, Took: time.Since(start)}
	switch a.failure {
	case "", "delayed":
	case "http_timeout", "dropped":
		out.Code = "operation_timeout"
	default:
		out.Code = "dispatch_failed"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if out.Code == "" && h != nil {
		s.answerMessage(p, a, h, &out)
	}
	if trigger != "" {
		for _, id := range s.opened {
			if v := s.views[id]; v.trigger == trigger {
				shown := *v
				out.View = &shown
			}
		}
	}
	s.touch()
	return out
}

// answerMessage shows the message that an acknowledgement carries, if any.
func (s *Server) answerMessage(p parcel, a answer, h *hook, out *Outcome) {
	text := strings.TrimSpace(string(a.body))
	if text == "" || text == "null" || text == `""` || p.envelope == "interactive" {
		return // Block Kit's buttons take no message in the acknowledgement
	}
	call := args{method: p.kind}
	if json.Unmarshal([]byte(text), &call.body) != nil {
		if strings.HasPrefix(a.contentType, "application/json") {
			s.violate(p.kind, "the acknowledgement is no JSON object: %.80s", text)
			return
		}
		raw, _ := json.Marshal(text) // a string is always JSON
		call.body = map[string]json.RawMessage{"text": raw}
	}
	if len(call.body) == 0 {
		return
	}
	m, err := s.speak(h, call)
	if err != nil {
		s.violate(p.kind, "the message in the acknowledgement: %v", err)
		return
	}
	if m != nil {
		out.Messages = append(out.Messages, m.copy())
	}
}

// Say writes a message, in a thread if threadTS is not empty. "<@U0BOT> hello"
// and "@changebot hello" both mention the bot. It returns the message's ts.
func (s *Server) Say(user, channelID, text, threadTS string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ch, err := s.place(user, channelID)
	if err != nil {
		return "", err
	}
	m := s.post(ch, Message{User: user, ThreadTS: threadTS, Content: Content{Text: s.mentions(text)}})
	return m.TS, nil
}

// mentions turns @name and #room into Slack's markup, as the composer does,
// unless the text has such markup already.
func (s *Server) mentions(text string) string {
	return atName.ReplaceAllStringFunc(text, func(found string) string {
		before, name := found[:strings.IndexAny(found, "@#")], found[strings.IndexAny(found, "@#"):]
		for _, u := range s.users {
			if name == "@"+u.Name {
				return before + "<@" + u.ID + ">"
			}
		}
		for _, g := range s.groups {
			if name == "@"+g.Handle {
				return before + "<!subteam^" + g.ID + ">"
			}
		}
		if ch := s.channelNamed(name[1:]); ch != nil && name[0] == '#' {
			return before + "<#" + ch.ID + "|" + ch.Name + ">"
		}
		return found
	})
}

// EditMessage changes what a person wrote.
func (s *Server) EditMessage(user, channelID, ts, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, m, err := s.ownOf(user, channelID, ts)
	if err != nil {
		return err
	}
	s.edit(ch, m, Content{Text: s.mentions(text)})
	return nil
}

// DeleteMessage deletes what a person wrote.
func (s *Server) DeleteMessage(user, channelID, ts string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, m, err := s.ownOf(user, channelID, ts)
	if err != nil {
		return err
	}
	s.remove(ch, m)
	return nil
}

func (s *Server) ownOf(user, channelID, ts string) (*channel, *Message, error) {
	_, ch, err := s.place(user, channelID)
	if err != nil {
		return nil, nil, err
	}
	m := ch.byTS[ts]
	if m == nil || m.Deleted {
		return nil, nil, fmt.Errorf("message %s: %w", ts, ErrNotFound)
	}
	if m.User != user {
		return nil, nil, fmt.Errorf("message %s is someone else's: %w", ts, ErrDenied)
	}
	return ch, m, nil
}

// React puts an emoji (its name without colons) under a message, or takes it away.
func (s *Server) React(user, channelID, ts, name string, add bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ch, err := s.place(user, channelID)
	if err != nil {
		return err
	}
	m := ch.byTS[ts]
	if m == nil || m.Deleted {
		return fmt.Errorf("message %s: %w", ts, ErrNotFound)
	}
	return s.react(ch, m, user, name, add)
}

// OpenHome opens the app's Home tab: the app hears app_home_opened, with the
// view it published before, if any.
func (s *Server) OpenHome(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.actor(user); err != nil {
		return err
	}
	event := object{"type": "app_home_opened", "user": user, "channel": s.dm(user).ID, "tab": "home", "event_ts": s.nextTS()}
	if v := s.homes[user]; v != nil {
		event["view"] = s.wireView(v)
	}
	s.emit("app_home_opened", event)
	s.touch()
	return nil
}
