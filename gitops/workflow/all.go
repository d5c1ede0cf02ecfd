package workflow

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// all settles what "promote all" means: the applications that live in the
// environment and in the one that their version is taken from, in the one
// repository that has any.
func (k knowledge) all(c gitops.Command) (place, gitops.Command, error) {
	var in []place
	for _, p := range k {
		names := takers(p.catalog, c)
		if len(names) > 0 {
			in = append(in, p)
			c.Applications = names
		}
	}
	switch len(in) {
	case 0:
		return place{}, c, nothingThere(c)
	case 1:
		return in[0], c, nil
	}
	var repositories []string
	for _, p := range in {
		repositories = append(repositories, p.repo.Name)
	}
	return place{}, c, &gitops.Error{
		Code:    gitops.Invalid,
		Message: fmt.Sprintf("The applications of %s lie in %s, and one change is one commit in one repository.", c.Environment, gitops.AndList(repositories)),
		Next:    fmt.Sprintf("Name those of one of them: promote cart, search to %s", c.Environment),
	}
}

// takers are the applications of a catalogue that have a version to take.
func takers(catalog *gitops.Catalog, c gitops.Command) []string {
	if _, to := catalog.Environment(c.Environment); to < 0 {
		return nil
	}
	var names []string
	for _, t := range catalog.Targets {
		if t.Environment != c.Environment {
			continue
		}
		a := aim{tip: Tip{Catalog: catalog}, target: t, command: c}
		source, err := a.source()
		if err != nil {
			continue // it has nothing before it
		}
		if _, there := catalog.Target(t.Application, source); there || source == "" {
			names = append(names, t.Application)
		}
	}
	return names
}

func nothingThere(c gitops.Command) error {
	return &gitops.Error{
		Code:    gitops.NotFound,
		Message: fmt.Sprintf("No application in %s has an environment before it that a version could be taken from.", c.Environment),
		Next:    "See what there is with: status",
	}
}

// mostNamed is how many items a sentence lists.
const mostNamed = 10

// few keeps the first of many items, and says how many more there are.
func few(items []string) []string {
	if len(items) <= mostNamed {
		return items
	}
	return append(slices.Clone(items[:mostNamed]), fmt.Sprintf("%d more", len(items)-mostNamed))
}
