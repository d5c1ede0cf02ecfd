package slacktest

import (
	"sync"

	"github.com/changebot/changebot/test/slacktest/page"
)

// Emoji maps the common shortcodes, without colons, to characters. The caller
// must not change it.
func Emoji() map[string]string { return emoji() }

var emoji = sync.OnceValue(func() map[string]string {
	table, err := page.Emoji()
	if err != nil {
		panic("slacktest: the embedded emoji are broken: " + err.Error())
	}
	return table
})
