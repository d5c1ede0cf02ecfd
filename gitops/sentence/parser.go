package sentence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// A parser reads words from left to right and puts each where it belongs.
type parser struct {
	vocabulary Vocabulary
	words      []string

	kind         gitops.Kind
	applications []string
	to, from     string
	bare         []string // environments without a small word before them
	version      string
	back         int
	unknown      []unknown
}

// An unknown is a word that is no name, with the role it stood in.
type unknown struct {
	word string
	role role
}

func (p *parser) run() error {
	expect := roleNone
	for i := 0; i < len(p.words); i++ {
		word := trim(p.words[i])
		lower := strings.ToLower(word)
		if two, ok := p.twoWordVerb(lower, i); ok {
			p.kind, i = two, i+1
			continue
		}
		if r, ok := preposition(lower); ok {
			expect = r
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

// twoWordVerb understands "roll back", "roll forward" and "release queue".
func (p *parser) twoWordVerb(word string, i int) (gitops.Kind, bool) {
	if i+1 >= len(p.words) {
		return "", false
	}
	next := strings.ToLower(trim(p.words[i+1]))
	switch {
	case word == "roll":
		return verb("roll" + next)
	case word == "release" && next == "queue":
		return verb(next)
	default:
		return "", false
	}
}

// place puts one word where it belongs; used says whether it took the role
// that the small word before it gave.
func (p *parser) place(word, lower string, r role) (used bool, err error) {
	switch {
	case r == roleVersion && canBeVersion(word):
		return true, p.setVersion(word)
	case p.environment(lower) != "":
		p.setEnvironment(p.environment(lower), r)
		return true, nil
	case p.application(lower) != "":
		p.addApplication(p.application(lower))
		return false, nil
	case p.isVerb(lower):
		return false, nil
	case p.isCount(lower):
		return true, nil
	case filler(lower):
		return false, nil
	case looksLikeVersion(word):
		return true, p.setVersion(word)
	case lower == "previous" || lower == "last":
		return false, nil // what a rollback does anyway
	}
	if app, version, ok := p.pinned(word); ok {
		p.addApplication(app)
		return true, p.setVersion(version)
	}
	p.unknown = append(p.unknown, unknown{word, r})
	return true, nil
}

// isVerb takes the first verb; a second, equal or not, is only a word.
func (p *parser) isVerb(lower string) bool {
	kind, ok := verb(lower)
	if ok && p.kind == "" {
		p.kind = kind
	}
	return ok
}

// isCount takes the number of "2 back", "back 2" and "by 2".
func (p *parser) isCount(lower string) bool {
	n, err := strconv.Atoi(lower)
	if err != nil || n < 1 || n > 99 {
		return false
	}
	p.back = n
	return true
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

func (p *parser) setEnvironment(name string, r role) {
	switch {
	case r == roleTo && p.to == "":
		p.to = name
	case r == roleFrom && p.from == "":
		p.from = name
	default:
		p.bare = append(p.bare, name)
	}
}

func (p *parser) addApplication(name string) {
	if !slices.Contains(p.applications, name) {
		p.applications = append(p.applications, name)
	}
}

// command settles the roles of environments that no small word gave one:
// where two stand beside each other, the version moves from the first to the
// second.
func (p *parser) command() gitops.Command {
	for _, e := range p.bare {
		switch {
		case p.from == "" && p.to == "" && len(p.bare) > 1:
			p.from = e
		case p.to == "":
			p.to = e
		case p.from == "" && e != p.to:
			p.from = e
		}
	}
	if p.kind == gitops.KindDiff && p.to != "" && p.from == p.to {
		p.from = ""
	}
	return gitops.Command{
		Kind: p.kind, Applications: p.applications,
		Environment: p.to, From: p.from, Version: p.version, Back: p.back,
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
