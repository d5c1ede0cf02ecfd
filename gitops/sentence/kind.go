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

// isHold says whether a word is about what is on hold.
func isHold(lower string) bool { return lower == "hold" || lower == "holds" || lower == "held" }

// hold takes "hold": what is lifted, or what is asked about. To put something
// on hold is a rollback's, and to read "hold" as its contrary would be the worst.
func (p *parser) hold(word, lower string, r role) {
	lifts := slices.ContainsFunc(p.verbs, func(m mention) bool { return m.kind == gitops.KindLift })
	asked := slices.ContainsFunc(p.verbs, func(m mention) bool { return !m.kind.Changes() }) ||
		p.at == 1 && p.word(-1) == "on" // "on hold in prod": who wants it put there says so first
	switch {
	case lifts:
	case asked, lower != "hold":
		p.hear(mention{kind: gitops.KindStatus})
	default:
		p.unknown = append(p.unknown, unknown{word, r})
	}
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
	first := changes[0].kind
	text := fmt.Sprintf("Do you want to change something or to know something? To change it, say only “%s”; to know how it stands, “%s”.",
		example(first, c), example(gitops.KindStatus, c))
	if other := slices.IndexFunc(changes, func(m mention) bool { return m.kind != first }); other > 0 {
		text = fmt.Sprintf("That asks for two things at once: %s and %s. Ask for one of them; the other is a change of its own.",
			first.Words().Noun, changes[other].kind.Words().Noun)
	}
	c.Kind = ""
	return &gitops.Question{Text: text, Missing: []gitops.Slot{gitops.SlotKind}, Draft: c}
}

// example writes a command as a sentence that Parse reads as exactly that, but
// for a reason that would make it long.
func example(kind gitops.Kind, c gitops.Command) string {
	const short = 60
	c.Kind = kind
	if len(c.Because) > short || !kind.Changes() {
		c.Because = ""
	}
	if !kind.Changes() {
		c.Version, c.From = "", ""
	}
	return c.Fitting().Spoken()
}
