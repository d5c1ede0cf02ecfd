// Package page is the chat client that a person uses to try an app by hand:
// HTML, CSS and JavaScript modules without a build step, and the table of emoji
// that it shares with the text rendering of slacktest. It speaks only to the
// endpoints under _ui/ beside it, by relative addresses, so it works under any
// path prefix and in an iframe.
package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed *.html *.css *.js *.json
var files embed.FS

// Files are the page's files, index.html at the root.
func Files() fs.FS { return files }

// Emoji maps shortcodes without colons to characters.
func Emoji() (map[string]string, error) {
	raw, err := files.ReadFile("emoji.json")
	if err != nil {
		return nil, fmt.Errorf("read the emoji: %w", err)
	}
	out := map[string]string{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("decode the emoji: %w", err)
	}
	return out, nil
}
