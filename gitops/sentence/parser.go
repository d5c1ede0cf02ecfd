package sentence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A parser reads words from left to right and puts each where it belongs. What
// a word means can depend on words that come later, so it decides nothing
// before all are read.
type parser struct {
	vocabulary Vocabulary
	words      []string
	at         int // the word that is read now

	verbs        []mention
	greeted      bool
	polite       bool // "can you …"
	applications []string
	environments []spot
	listing      bool // only words that list stand since the last environment
	joined       bool // one of them says so: a comma, "and"
	all          bool // "all": every application that is there
	version      string
	back         int
	loose        []string // numbers that could be a version or a count
	unknown      []unknown
}

// An unknown is a word that is no name, with the role it stood in.
type unknown struct {
	word string
	role role
}

func (p *parser) run() error {
	expect := roleNone
	for p.at = 0; p.at < len(p.words); p.at++ {
		word := trim(p.words[p.at])
		lower := strings.ToLower(word)
		if two, ok := p.twoWordVerb(lower); ok {
			p.hear(mention{kind: two})
			p.at++
			continue
		}
		if r, ok := preposition(lower); ok {
			expect, p.listing = r, false
			continue
		}
		used, err := p.place(word, lower, expect)
		if err != nil {
			return err
		}
		if used {
			expect = roleNone
		}
	}
	return p.explainUnknown()
}

// twoWordVerb understands "roll back" and "roll forward".
func (p *parser) twoWordVerb(word string) (gitops.Kind, bool) {
	if word != "roll" {
		return "", false
	}
	return verb("roll" + p.word(1))
}

// word is the word so many places further on, in lower case.
func (p *parser) word(further int) string {
	if i := p.at + further; i >= 0 && i < len(p.words) {
		return strings.ToLower(trim(p.words[i]))
	}
	return ""
}

// place puts one word where it belongs; used says whether it took the role
// that the small word before it gave.
func (p *parser) place(word, lower string, r role) (used bool, err error) {
	if name := p.environment(lower); name != "" && (r != roleVersion || !canBeVersion(word)) {
		p.addEnvironment(name, r)
		p.listing, p.joined = true, strings.HasSuffix(p.words[p.at], ",")
		return true, nil
	}
	if joins(lower) {
		p.joined = true
		return false, nil
	}
	p.listing = false
	switch {
	case r == roleVersion && canBeVersion(word):
		return true, p.setVersion(word)
	case p.application(lower) != "":
		p.addApplication(p.application(lower))
		return r == roleIn, nil // "for checkout": the small word was its own
	case p.isVerb(lower), p.isManner(lower):
		return false, nil
	case isHold(lower):
		p.hold(word, lower, r)
		return r == roleIn, nil // "on hold"
	case isNumber(lower):
		return true, p.placeNumber(word, lower, r)
	case lower == "all" || lower == "everything" || lower == "every":
		p.all = true
		return r == roleIn, nil
	case filler(lower):
		return false, nil
	case looksLikeVersion(word):
		return true, p.setVersion(word)
	}
	if app, version, ok := p.pinned(word); ok {
		p.addApplication(app)
		return true, p.setVersion(version)
	}
	p.unknown = append(p.unknown, unknown{word, r})
	return true, nil
}

// pinned understands checkout@1.42.3, checkout:1.42.3 and checkout=1.42.3.
func (p *parser) pinned(word string) (app, version string, ok bool) {
	i := strings.IndexAny(word, "@:=")
	if i < 0 {
		return "", "", false
	}
	app, version = p.application(strings.ToLower(word[:i])), word[i+1:]
	return app, version, app != "" && canBeVersion(version)
}

func (p *parser) setVersion(version string) error {
	if p.version != "" && p.version != version {
		return &gitops.Error{
			Code:    gitops.Invalid,
			Message: fmt.Sprintf("I read two versions, %q and %q.", p.version, version),
			Next:    "Name one; several applications with different versions take one request each.",
		}
	}
	p.version = version
	return nil
}

func (p *parser) addApplication(name string) {
	if !slices.Contains(p.applications, name) {
		p.applications = append(p.applications, name)
	}
}

func (p *parser) application(lower string) string {
	return lookup(lower, p.vocabulary.Applications)
}

func (p *parser) environment(lower string) string {
	if name := lookup(lower, p.vocabulary.Environments); name != "" {
		return name
	}
	return lookup(alias(lower), p.vocabulary.Environments)
}

func lookup(lower string, names []string) string {
	for _, n := range names {
		if lower != "" && strings.ToLower(n) == lower {
			return n
		}
	}
	return ""
}

// trim takes off the punctuation that people put around words.
func trim(word string) string {
	const quotes = "\"'`*_“”‘’«»(),;"
	if bare := strings.TrimRight(strings.Trim(word, quotes), ".!?"); bare != "" {
		return strings.TrimRight(bare, quotes)
	}
	return word
}
