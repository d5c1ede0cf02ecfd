package scenarios

import (
	"fmt"
	"strings"

	"github.com/changebot/changebot/test/bot"
)

// settled waits until changebot has watched what runs somewhere for long enough
// to call it healthy: it asks for the history until that says so. On a fast
// machine a story is over before that.
func settled(s *story, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("takes an application and an environment")
	}
	const asks = "mei" // who may ask about anything
	user, err := s.person(asks)
	if err != nil {
		return err
	}
	room, err := s.room("releases")
	if err != nil {
		return err
	}
	title := fmt.Sprintf("History of %s in %s", args[0], args[1])
	ctx, cancel := waiting()
	defer cancel()
	answers := func() (string, error) { return told(s, asks) }
	return bot.Until(ctx, func() (bool, error) {
		before, err := answers()
		if err != nil {
			return false, err
		}
		if _, err := s.Slack.Slash(user, room, "/change", fmt.Sprintf("history of %s in %s", args[0], args[1])); err != nil {
			return false, err
		}
		var now string
		err = bot.Until(ctx, func() (bool, error) {
			now, err = answers()
			return strings.Count(now, title) > strings.Count(before, title), err
		})
		return strings.Contains(now[strings.LastIndex(now, title)+1:], "healthy for"), err
	})
}
