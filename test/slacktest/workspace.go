package slacktest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors of the Go side. They are mistakes of a script, not answers of Slack.
var (
	ErrClosed   = errors.New("this Slack is closed")
	ErrNotFound = errors.New("not there")
	ErrDenied   = errors.New("this person cannot do that")
)

// User is a person or the app's bot.
type User struct {
	ID         string
	Name       string // the handle; mentions are shown as @Name
	RealName   string
	Title      string // role, shown beside the name on the page
	Email      string
	TZ         string // IANA name; UTC if empty
	TeamID     string // another workspace's, for a person who came by Slack Connect
	Deleted    bool   // deactivated
	Restricted bool   // a guest
	Bot        bool
}

// UserGroup is a group that is mentioned as one: @payments-leads.
type UserGroup struct {
	ID     string
	Handle string
	Name   string
	Users  []string
}

// Channel is a room or a direct message.
type Channel struct {
	ID      string
	Name    string // without #; empty for a direct message
	Private bool
	DM      bool
	Members []string // user ids
}

type channel struct {
	Channel
	messages []*Message // in order of their ts; replies and ephemeral ones too
	byTS     map[string]*Message
	read     map[string]string // user id → ts of the newest message they have seen
}

func (c *channel) has(user string) bool { return slices.Contains(c.Members, user) }

// AddUser adds a person, or replaces the one with the same id. Mail, real name
// and time zone get sensible values where empty.
func (s *Server) AddUser(u User) {
	u.RealName = cmp.Or(u.RealName, u.Name)
	u.TZ = cmp.Or(u.TZ, "UTC")
	u.TeamID = cmp.Or(u.TeamID, s.opts.TeamID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.users[u.ID]; !ok {
		s.userOrder = append(s.userOrder, u.ID)
	}
	s.users[u.ID] = &u
	s.touch()
}

func (s *Server) addBot() {
	s.AddUser(User{ID: s.opts.BotUserID, Name: s.opts.BotName, RealName: s.opts.BotName, Bot: true})
}

// botID is the id of the bot as an author; BotUserID is the same bot as a user.
func (s *Server) botID() string { return "B" + strings.TrimPrefix(s.opts.BotUserID, "U") }

// AddChannel adds a room. The app is in it only if its bot is among the members.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addChannel(c)
	s.touch()
}

func (s *Server) addChannel(c Channel) *channel {
	ch := &channel{Channel: c, byTS: map[string]*Message{}, read: map[string]string{}}
	ch.Members = slices.Clone(c.Members)
	s.channels[c.ID] = ch
	s.chanOrder = append(s.chanOrder, c.ID)
	return ch
}

// AddUserGroup adds a user group.
func (s *Server) AddUserGroup(g UserGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.Users = slices.Clone(g.Users)
	s.groups[g.ID] = &g
	s.groupOrder = append(s.groupOrder, g.ID)
	s.touch()
}

// Join puts a user into a channel; the app hears of it if it is in there.
func (s *Server) Join(user, channelID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, ok := s.channels[channelID]
	if !ok {
		return fmt.Errorf("channel %s: %w", channelID, ErrNotFound)
	}
	s.join(ch, user)
	return nil
}

func (s *Server) join(ch *channel, user string) {
	if ch.has(user) {
		return
	}
	ch.Members = append(ch.Members, user)
	if ch.has(s.opts.BotUserID) {
		s.emit("member_joined_channel", object{
			"type": "member_joined_channel", "user": user, "channel": ch.ID,
			"channel_type": ch.letter(), "team": s.opts.TeamID, "event_ts": s.nextTS(),
		})
	}
	s.touch()
}

// Leave takes a user out of a channel.
func (s *Server) Leave(user, channelID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch, ok := s.channels[channelID]; ok {
		ch.Members = slices.DeleteFunc(ch.Members, func(m string) bool { return m == user })
		s.touch()
	}
}

// User returns a person by id.
func (s *Server) User(id string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users[id]; ok {
		return *u, true
	}
	return User{}, false
}

// Group returns a user group by id.
func (s *Server) Group(id string) (UserGroup, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.groups[id]
	if !ok {
		return UserGroup{}, false
	}
	out := *g
	out.Users = slices.Clone(g.Users)
	return out, true
}

// ChannelID finds a channel by its name, with or without #.
func (s *Server) ChannelID(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channelNamed(strings.TrimPrefix(name, "#"))
	if ch == nil {
		return "", false
	}
	return ch.ID, true
}

func (s *Server) channelNamed(name string) *channel {
	for _, id := range s.chanOrder {
		if ch := s.channels[id]; ch.Name == name && !ch.DM {
			return ch
		}
	}
	return nil
}

// DM is the id of the direct message between a user and the app's bot. It is
// there from the first question on, as it is in Slack.
func (s *Server) DM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dm(user).ID
}

func (s *Server) dm(user string) *channel {
	id := "D" + strings.TrimPrefix(strings.TrimPrefix(user, "U"), "W")
	if ch, ok := s.channels[id]; ok {
		return ch
	}
	return s.addChannel(Channel{ID: id, DM: true, Private: true, Members: []string{user, s.opts.BotUserID}})
}

// letter is the kind of channel in a member event.
func (c *channel) letter() string {
	if c.Private {
		return "G"
	}
	return "C"
}

// kind is the channel_type of a message event.
func (c *channel) kind() string {
	switch {
	case c.DM:
		return "im"
	case c.Private:
		return "group"
	}
	return "channel"
}

// slashName is how a slash command's payload names the channel.
func (c *channel) slashName() string {
	switch {
	case c.DM:
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// other is the person in a direct message with the bot.
func (c *channel) other(bot string) string {
	for _, m := range c.Members {
		if m != bot {
			return m
		}
	}
	return ""
}
