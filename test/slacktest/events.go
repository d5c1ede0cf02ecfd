package slacktest

import (
	"slices"
	"strings"
)

// eventQueue holds what waits for the app. Events go out one after the other,
// so that an app which keeps up sees them in order; retries go beside it.
type eventQueue struct {
	pending []parcel
	held    []parcel // by a Reorder fault
	wake    chan struct{}
}

// emit queues an event if the app subscribed to it. The caller holds mu.
func (s *Server) emit(subscription string, event object) {
	if !slices.Contains(s.opts.Events, subscription) {
		return
	}
	id := s.newID("Ev")
	s.events.pending = append(s.events.pending, parcel{
		kind: str(event, "type"), envelope: "events_api", id: id,
		payload: object{
			"token": "legacy", "team_id": s.opts.TeamID, "api_app_id": s.opts.AppID, "event": event,
			"type": "event_callback", "event_id": id, "event_time": s.now().Unix(),
			"event_context": "4-" + id, "is_ext_shared_channel": false,
			"authorizations": []any{object{
				"enterprise_id": nil, "team_id": s.opts.TeamID, "user_id": s.opts.BotUserID,
				"is_bot": true, "is_enterprise_install": false,
			}},
		},
	})
	select {
	case s.events.wake <- struct{}{}:
	default: // it is awake already
	}
}

// emitMessage tells of a new, changed or deleted message in a channel that the
// bot is in; and of a mention, once, when a person writes one.
func (s *Server) emitMessage(ch *channel, m *Message, event object) {
	if !ch.has(s.opts.BotUserID) {
		return
	}
	event["channel"], event["channel_type"], event["event_ts"] = ch.ID, ch.kind(), str(event, "ts")
	subscription := map[string]string{"channel": "message.channels", "group": "message.groups", "im": "message.im"}[ch.kind()]
	s.emit(subscription, event)
	sub := str(event, "subtype")
	mentioned := strings.Contains(m.Text, "<@"+s.opts.BotUserID+">") || strings.Contains(m.Text, "<@"+s.opts.BotUserID+"|")
	if mentioned && m.User != s.opts.BotUserID && sub == "" && !ch.DM {
		mention := clone(event)
		mention["type"] = "app_mention"
		delete(mention, "channel_type")
		s.emit("app_mention", mention)
	}
}

func (s *Server) emitReaction(ch *channel, m *Message, user, name string, add bool) {
	if !ch.has(s.opts.BotUserID) {
		return
	}
	kind := "reaction_removed"
	if add {
		kind = "reaction_added"
	}
	s.emit(kind, object{
		"type": kind, "user": user, "reaction": name, "item_user": m.User,
		"item": object{"type": "message", "channel": ch.ID, "ts": m.TS}, "event_ts": s.nextTS(),
	})
}

// dispatchEvents brings queued events to the app until the workspace closes.
func (s *Server) dispatchEvents() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.events.wake:
		}
		for {
			p, ok := s.nextEvent()
			if !ok {
				break
			}
			s.deliverEvent(p)
		}
	}
}

func (s *Server) nextEvent() (parcel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events.pending) == 0 || s.ctx.Err() != nil {
		return parcel{}, false
	}
	p := s.events.pending[0]
	s.events.pending = s.events.pending[1:]
	return p, true
}

// deliverEvent tries once, and if need be again after each of RetryDelays.
func (s *Server) deliverEvent(p parcel) {
	a := s.deliver(p)
	if a.failure == "" || a.noRetry || a.failure == "dropped" {
		return
	}
	s.work.Go(func() {
		for i, delay := range s.opts.RetryDelays {
			if !s.pause(delay) {
				return
			}
			p.attempt, p.reason = i+1, a.failure
			if a = s.deliver(p); a.failure == "" || a.noRetry {
				return
			}
		}
	})
}
