package slack

import (
	"fmt"
	"unicode/utf8"

	api "github.com/slack-go/slack"

	"github.com/changebot/changebot/notifier"
)

// Slack's limits, with a margin where they are not documented.
const (
	maxBlocks  = 50     // blocks of a message
	maxTotal   = 12_500 // characters in all blocks; over about 13,200 Slack refuses
	maxSection = 2_900  // characters of a section or a context element; 3,000
	maxLabel   = 75     // characters of a button
	maxValue   = 2_000  // characters of a button's value
	maxButtons = 25     // in one block
	maxSummary = 300    // characters of the text of notifications; long ones help nobody
)

// blocks writes a message as Block Kit. What is too long is cut and says so.
func blocks(m notifier.Message) []api.Block {
	for room := maxSection; ; room /= 2 {
		all, size := within(m, room)
		if size <= maxTotal || room < 100 {
			return few(all)
		}
	}
}

// few keeps the beginning and the end where there are too many blocks: the end
// has the next action and its buttons.
func few(all []api.Block) []api.Block {
	if len(all) <= maxBlocks {
		return all
	}
	const tail = 8
	head := maxBlocks - tail - 1
	note := api.NewContextBlock("", words(fmt.Sprintf("and %d more", len(all)-head-tail)))
	out := append(append([]api.Block{}, all[:head]...), note)
	return append(out, all[len(all)-tail:]...)
}

// within writes every part within room characters, and counts them all.
func within(m notifier.Message, room int) (all []api.Block, size int) {
	section := func(text string) {
		if text == "" {
			return
		}
		size += utf8.RuneCountInString(text)
		all = append(all, api.NewSectionBlock(markup(text), nil, nil))
	}
	for i, p := range m {
		switch {
		case len(p.Lines) > 0:
			section(linesText(p.Lines, room))
		case p.Code != "":
			section(codeText(p.Code, room))
		case len(p.Small) > 0:
			text := lineText(p.Small, room)
			size += utf8.RuneCountInString(text)
			all = append(all, api.NewContextBlock("", markup(text)))
		case len(p.Buttons) > 0:
			all = append(all, actions(fmt.Sprintf("actions:%d", i), p.Buttons))
			for _, b := range p.Buttons {
				size += utf8.RuneCountInString(b.Label + b.Confirm)
			}
		}
	}
	return all, size
}

func actions(id string, buttons []notifier.Button) *api.ActionBlock {
	var elements []api.BlockElement
	seen := map[notifier.Action]bool{}
	for _, b := range buttons[:min(len(buttons), maxButtons)] {
		if seen[b.Action] || len(b.Value) > maxValue {
			continue // two alike could not be told apart; a value is never cut
		}
		seen[b.Action] = true
		elements = append(elements, button(b))
	}
	return api.NewActionBlock(id, elements...)
}

func button(b notifier.Button) *api.ButtonBlockElement {
	e := api.NewButtonBlockElement(string(b.Action), b.Value, words(short(b.Label, maxLabel)))
	e.URL = b.URL
	switch b.Style {
	case notifier.Primary:
		e.Style = api.StylePrimary
	case notifier.Danger:
		e.Style = api.StyleDanger
	}
	if b.Confirm != "" {
		e.Confirm = api.NewConfirmationBlockObject(words(short(b.Label, 100)), words(short(b.Confirm, 300)), words("Yes"), words("No"))
	}
	return e
}

// summary is what a notification shows.
func summary(m notifier.Message) string { return fit(m.Summary(), maxSummary) }

// words are plain text: nothing in them has a meaning.
func words(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.PlainTextType, text, true, false)
}

// markup is text whose links are those that it marks as such: Slack makes none
// of addresses and rooms that people have typed.
func markup(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, text, false, true)
}

func short(text string, room int) string {
	runes := []rune(text)
	if len(runes) <= room {
		return text
	}
	return string(runes[:room-1]) + "…"
}
