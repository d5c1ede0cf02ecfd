package sentence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A mention is a word that says what shall happen, or that something is asked.
type mention struct {
	kind    gitops.Kind // empty for a word like "show", which only asks
	asks    bool        // a question word, not a verb
	noun    bool        // a verb behind an article: "the last release"
	counted bool        // "versions" behind a number, which only counts in a change
	at      int         // which word it is
}

func (p *parser) hear(m mention) {
	m.at = p.at
	m.noun = !m.asks && determines(p.word(-1))
	p.verbs = append(p.verbs, m)
}

// isVerb takes the words that tell the kind.
func (p *parser) isVerb(lower string) bool {
	kind, ok := verb(lower)
	if ok {
		if lower != "?" || len(p.words) == 1 {
			p.hear(mention{kind: kind})
		}
		return true
	}
	if kind, ok = asks(lower); ok {
		p.hear(mention{kind: kind, asks: true})
	}
	return ok
}

// isManner takes the words that say how something is said rather than what:
// "can you promote" is a wish, "can we promote" a question.
func (p *parser) isManner(lower string) bool {
	next := p.word(1)
	switch lower {
	case "hello", "hi":
		p.greeted = true
	case "can", "could", "would", "will":
		if next == "you" || next == "like" {
			p.polite = true
		} else {
			p.hear(mention{asks: true})
		}
	case "do":
		if next == "we" || next == "you" || next == "i" {
			p.hear(mention{asks: true})
		}
	default:
		return false
	}
	return true
}

// kind settles what the sentence wants. A question never starts a change: where
// it asks and also names a change, the question counts where it is clear
// ("show the release history"), and else clear is false.
func (p *parser) kind() (kind gitops.Kind, clear bool) {
	changes := p.changes()
	if len(changes) == 0 {
		return p.question(), true
	}
	questions := slices.DeleteFunc(slices.Clone(p.verbs), func(m mention) bool { return m.kind.Changes() || m.counted })
	if len(questions) == 0 {
		return changes[0].kind, !several(changes) && (p.polite || !p.marked())
	}
	kind = p.question()
	return kind, kind != "" && (questions[0].at < changes[0].at || compound(changes[0], questions))
}

// changes are the mentions that ask for a change. What a rollback undoes may be
// named beside it: "rollback the last release".
func (p *parser) changes() []mention {
	var changes []mention
	undoes := slices.ContainsFunc(p.verbs, func(m mention) bool { return m.kind == gitops.KindRollback && !m.noun })
	for _, m := range p.verbs {
		undone := undoes && m.noun && m.kind == gitops.KindPromote
		if m.kind.Changes() && !undone {
			changes = append(changes, m)
		}
	}
	return changes
}

func several(changes []mention) bool {
	return slices.ContainsFunc(changes, func(m mention) bool { return m.kind != changes[0].kind })
}

// compound says that a change and a question make one noun: "release history".
func compound(change mention, questions []mention) bool {
	return slices.ContainsFunc(questions, func(m mention) bool { return !m.asks && m.at == change.at+1 })
}

// question is the kind of question: by its verb, the most exact first, or else
// by its question word. Empty where nothing tells.
func (p *parser) question() gitops.Kind {
	for _, kind := range []gitops.Kind{gitops.KindQueue, gitops.KindDiff, gitops.KindHistory, gitops.KindStatus, gitops.KindHelp} {
		if slices.ContainsFunc(p.verbs, func(m mention) bool { return m.kind == kind && !m.asks }) {
			return kind
		}
	}
	asked := false
	for _, m := range p.verbs {
		if asked = asked || m.asks; m.asks && m.kind != "" {
			return m.kind
		}
	}
	switch {
	case len(p.changes()) > 0:
		return ""
	case asked:
		return gitops.KindStatus
	case p.greeted && len(p.applications)+len(p.environments) == 0:
		return gitops.KindHelp
	default:
		return ""
	}
}

// marked says that the sentence ends with a question mark.
func (p *parser) marked() bool {
	n := len(p.words)
	return n > 0 && strings.HasSuffix(strings.TrimRight(p.words[n-1], "\"'`*_”’»)"), "?")
}

// whichKind asks what is meant, with a sentence for each reading.
func (p *parser) whichKind(c gitops.Command) *gitops.Question {
	changes := p.changes()
	text := "That asks for two things at once, such as a promotion and a rollback. Ask for one of them; the other is a change of its own."
	if !several(changes) {
		text = fmt.Sprintf("Do you want to change something or to know something? To change it, say only “%s”; to know how it stands, “%s”.",
			example(changes[0].kind, c), example(gitops.KindStatus, c))
	}
	c.Kind = ""
	return &gitops.Question{Text: text, Missing: []gitops.Slot{gitops.SlotKind}, Draft: c}
}

// example writes a command as a sentence that Parse reads as exactly that.
func example(kind gitops.Kind, c gitops.Command) string {
	parts := []string{string(kind)}
	if c.All {
		parts = append(parts, "all")
	}
	if len(c.Applications) > 0 {
		parts = append(parts, gitops.AndList(c.Applications))
	}
	if c.Version != "" && kind == gitops.KindPromote {
		parts = append(parts, "version "+c.Version)
	}
	if c.From != "" && kind == gitops.KindPromote {
		parts = append(parts, "from "+c.From)
	}
	if c.Environment != "" {
		parts = append(parts, map[bool]string{true: "to ", false: "in "}[kind == gitops.KindPromote]+c.Environment)
	}
	switch {
	case kind != gitops.KindRollback:
	case c.Version != "":
		parts = append(parts, "to version "+c.Version)
	case c.Back > 0:
		parts = append(parts, fmt.Sprintf("by %d", c.Back))
	}
	const short = 60
	if c.Because != "" && len(c.Because) <= short && kind.Changes() {
		parts = append(parts, "because "+c.Because)
	}
	return strings.Join(parts, " ")
}
