package sentence

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// A spot is an environment that was named, with the role that the words before
// it gave, in the order of the sentence.
type spot struct {
	name   string
	role   role
	joined bool // listed with the one before: "prod and dev"
}

// addEnvironment notes an environment. One that is listed behind another has
// the same role: "to prod and dev" names two to change.
func (p *parser) addEnvironment(name string, r role) {
	s := spot{name: name, role: r}
	if n := len(p.environments); n > 0 && p.listing && r == roleNone {
		before := p.environments[n-1]
		s.role, s.joined = before.role, p.joined || before.role != roleNone
	}
	p.environments = append(p.environments, s)
}

// settleEnvironments gives the environments their roles. Where there are more
// than the kind has roles for, it returns them instead: which of them is meant
// is never guessed.
func (p *parser) settleEnvironments(c *gitops.Command) (tooMany []string) {
	named := names(p.environments, func(spot) bool { return true })
	switch {
	case c.Kind == gitops.KindHelp:
		return nil
	case c.Kind == gitops.KindPromote:
		return p.settlePromotion(c)
	case c.Kind == gitops.KindDiff && len(named) == 2:
		c.From, c.Environment = named[0], named[1]
		if to := names(p.environments, func(s spot) bool { return s.role == roleTo }); len(to) == 1 && to[0] == c.From {
			c.From, c.Environment = c.Environment, c.From
		}
		return nil
	case len(named) > 1:
		return named
	case len(named) == 1:
		c.Environment = named[0]
	}
	return nil
}

// settlePromotion settles the one kind that takes from an environment what it
// brings to another. Without a word that says which is which, the version moves
// from the first to the second.
func (p *parser) settlePromotion(c *gitops.Command) (tooMany []string) {
	to := names(p.environments, func(s spot) bool { return s.role == roleTo })
	from := names(p.environments, func(s spot) bool { return s.role == roleFrom })
	rest := names(p.environments, func(s spot) bool {
		return s.role != roleTo && s.role != roleFrom && !slices.Contains(to, s.name)
	})
	all := names(p.environments, func(spot) bool { return true })
	listed := slices.ContainsFunc(p.environments, func(s spot) bool { return s.joined && slices.Contains(rest, s.name) })
	if len(from) == 1 {
		c.From = from[0]
	}
	switch {
	case len(to) > 1:
		return to
	case len(from) > 1, listed && len(rest) > 1, len(to)+len(from)+len(rest) > 2:
		c.From = ""
		return all
	case len(to) == 0 && len(rest) == 2:
		if p.environments[0].role == roleIn || p.environments[len(p.environments)-1].role == roleIn {
			return all
		}
		c.From, c.Environment = rest[0], rest[1]
	case len(to) == 0 && len(rest) == 1:
		c.Environment = rest[0]
	case len(to) == 1 && len(rest) == 1:
		if p.environments[0].name != rest[0] {
			return all // "to prod … dev": what dev is for is not said
		}
		c.From, c.Environment = rest[0], to[0]
	case len(to) == 1:
		c.Environment = to[0]
	}
	return nil
}

// names are the names of some spots, each once.
func names(spots []spot, which func(spot) bool) []string {
	var all []string
	for _, s := range spots {
		if which(s) && !slices.Contains(all, s.name) {
			all = append(all, s.name)
		}
	}
	return all
}

// whichEnvironment asks which of several environments is meant, with a sentence
// for each.
func whichEnvironment(c gitops.Command, among []string) *gitops.Question {
	c.Environment = ""
	q := &gitops.Question{Missing: []gitops.Slot{gitops.SlotEnvironment}, Draft: c}
	if c.Kind == gitops.KindDiff {
		q.Text = "A diff is between two environments. Between which? For example: " + fmt.Sprintf("diff %s %s", among[0], among[1])
		return q
	}
	var each []string
	for _, e := range among {
		one := c
		one.Environment = e
		each = append(each, "“"+example(c.Kind, one)+"”")
	}
	q.Text = fmt.Sprintf("One environment at a time, please. Say %s.", gitops.OrList(each))
	if c.Kind.Changes() {
		q.Text = fmt.Sprintf("One environment at a time, please: each is a change of its own. Say %s, then the next.", gitops.OrList(each))
	}
	return q
}
