package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/changebot/changebot/test/bot"
	"github.com/changebot/changebot/test/slacktest"
)

// pressOld presses a button that a message had before it was edited: the
// person's screen was behind, so Slack sends what it used to say.
func pressOld(s *story, args []string) error {
	user, room, err := s.who(args)
	if err != nil {
		return err
	}
	words := strings.Join(args[2:], " ")
	ctx, cancel := waiting()
	defer cancel()
	var payload map[string]any
	err = bot.Until(ctx, func() (bool, error) {
		payload = s.oldClick(user, room, words)
		return payload != nil, nil
	})
	if err != nil {
		return fmt.Errorf("no message had another button of these words: %w", err)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	body, now := url.Values{"payload": {string(text)}}.Encode(), time.Now()
	return s.post("/slack/interactions", body, http.StatusOK, map[string]string{
		"Content-Type":              "application/x-www-form-urlencoded",
		"X-Slack-Signature":         slacktest.Sign(s.Slack.SigningSecret(), now, []byte(body)),
		"X-Slack-Request-Timestamp": strconv.FormatInt(now.Unix(), 10),
	})
}

// oldClick is what Slack sends for a button that has gone or whose value has
// changed since, nil where there is none.
func (s *story) oldClick(user, room, words string) map[string]any {
	for _, m := range s.Slack.Messages(room) {
		now := button(m.Blocks, words)
		for _, before := range m.History {
			old := button(before.Blocks, words)
			if old == nil || now != nil && old["value"] == now["value"] {
				continue
			}
			return map[string]any{
				"type": "block_actions", "trigger_id": "old." + m.TS,
				"team": map[string]any{"id": s.Slack.TeamID()}, "user": map[string]any{"id": user, "team_id": s.Slack.TeamID()},
				"channel": map[string]any{"id": room}, "container": map[string]any{"channel_id": room, "message_ts": m.TS},
				"actions": []any{old},
			}
		}
	}
	return nil
}

// button finds a button by its words.
func button(blocks []map[string]any, words string) map[string]any {
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		for _, e := range elements {
			if e, ok := e.(map[string]any); ok && e["type"] == "button" && fmt.Sprint(e["text"].(map[string]any)["text"]) == words {
				return e
			}
		}
	}
	return nil
}
