// Package sentence understands what people type: "promote checkout to prod
// because INC-4211" becomes a gitops.Command. It is one grammar for chat,
// command line and API, and it is pure.
//
// The grammar is forgiving on purpose. Words come in any order; verbs have
// synonyms; what is a known application, a known environment or looks like a
// version is recognised wherever it stands; small words only tell which role a
// name plays. What is missing becomes a question with all that was understood,
// and what is misspelt is answered with the nearest names, never guessed.
package sentence

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/changebot/changebot/gitops"
)

// maxLength is the longest sentence that is read, in bytes. Slack's own
// limit for a command is lower; this bounds every other way in.
const maxLength = 2000

// A Vocabulary is the names that a sentence may use.
type Vocabulary struct {
	Applications []string
	Environments []string
}

// Parse reads a sentence. It returns a Command that is complete; or a Question
// about what is missing; or a *gitops.Error (Invalid or NotFound) for what
// cannot be understood.
func Parse(text string, v Vocabulary) (gitops.Command, *gitops.Question, error) {
	if err := wellFormed(text); err != nil {
		return gitops.Command{}, nil, err
	}
	words, because := splitBecause(strings.Fields(text))
	p := parser{vocabulary: v, words: words}
	if err := p.run(); err != nil {
		return gitops.Command{}, nil, err
	}
	return p.command(because)
}

// command puts together what was read.
func (p *parser) command(because string) (gitops.Command, *gitops.Question, error) {
	kind, clear := p.kind()
	c := gitops.Command{Kind: kind, Applications: p.applications, Version: p.version, Because: because}
	if !clear {
		c.Kind = p.changes()[0].kind
	}
	c.All = p.all && len(c.Applications) == 0 && c.Kind == gitops.KindPromote
	if err := p.settleNumbers(c.Kind); err != nil {
		return gitops.Command{}, nil, err
	}
	if c.Kind == gitops.KindRollback {
		c.Back = p.back
	}
	c.Version = p.version // a number may have become it
	tooMany := p.settleEnvironments(&c)
	switch {
	case !clear:
		return gitops.Command{}, p.whichKind(c), nil
	case len(tooMany) > 0 && kind != "":
		return gitops.Command{}, whichEnvironment(c, tooMany), nil
	default:
		return c, Missing(c), nil
	}
}

func wellFormed(text string) error {
	if len(text) > maxLength {
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("That is %d characters long; I read sentences of up to %d.", utf8.RuneCountInString(text), maxLength),
			Next:    "Say it shorter, for example: promote checkout to prod because INC-4211",
		}
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: "That sentence holds control characters, so I did not read it.",
			Next:    "Type it anew instead of pasting it.",
		}
	}
	return nil
}

// splitBecause cuts off the justification: all that follows "because", its
// synonyms, or a leading "reason:".
func splitBecause(words []string) (rest []string, because string) {
	for i, w := range words {
		lower := strings.ToLower(strings.Trim(w, ",;:"))
		after := i + 1
		switch {
		case lower == "because" || lower == "reason" || lower == "since":
		case lower == "due" && after < len(words) && strings.EqualFold(words[after], "to"):
			after++
		default:
			continue
		}
		because = strings.Join(words[after:], " ")
		return words[:i], strings.TrimPrefix(because, "of ")
	}
	return words, ""
}

// Missing asks for what a command of its kind cannot do without; nil where
// nothing is missing.
func Missing(c gitops.Command) *gitops.Question {
	var slots []gitops.Slot
	var ask string
	need := func(absent bool, slot gitops.Slot, question string) {
		if !absent {
			return
		}
		slots = append(slots, slot)
		if ask == "" {
			ask = question
		}
	}
	switch {
	case c.Kind == "":
		need(true, gitops.SlotKind, "What shall happen: "+gitops.OrList(gitops.Offers())+", or do you want the status, the history, a diff or the queue?")
		need(len(c.Applications) == 0, gitops.SlotApplication, "")
		need(c.Environment == "", gitops.SlotEnvironment, "")
	case c.Kind.Changes():
		words := c.Kind.Words()
		need(len(c.Applications) == 0 && !c.All, gitops.SlotApplication, words.Which)
		need(c.Environment == "", gitops.SlotEnvironment, gitops.Capital(words.Toward)+" which environment?")
	case c.Kind == gitops.KindHistory:
		need(len(c.Applications) == 0, gitops.SlotApplication, "The history of which application?")
	case c.Kind == gitops.KindDiff:
		need(c.Environment == "" || c.From == "", gitops.SlotEnvironment, "Between which two environments? For example: diff staging prod")
	}
	if len(slots) == 0 {
		return nil
	}
	return &gitops.Question{Text: ask, Missing: slots, Draft: c}
}
