package workflow

import (
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
)

// all are the applications that "promote all" means, as a sentence spells
// them: those that live in the environment and in the one that their version is
// taken from.
func (k knowledge) all(c gitops.Command) []string {
	var names []string
	for _, p := range k {
		_, to := p.catalog.Environment(c.Environment)
		if to < 0 {
			continue
		}
		for _, application := range p.catalog.Applications() {
			a := aim{tip: Tip{Catalog: p.catalog}, command: c}
			var here bool
			a.target, here = p.catalog.Target(application, c.Environment)
			if !here {
				continue
			}
			source, err := a.source()
			if err != nil {
				continue // it has nothing before it
			}
			if _, there := p.catalog.Target(application, source); there || source == "" {
				names = append(names, k.name(p, application))
			}
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

// withoutIdle leaves out of a plan for all applications those that run already
// what they shall: they are neither claimed nor synced. Where nothing is left
// the plan stays, to say so.
func withoutIdle(p gitops.Plan) gitops.Plan {
	var idle []string
	left := slices.DeleteFunc(slices.Clone(p.Targets), func(s gitops.Step) bool {
		stays := s.Old == s.New && s.Copied.IsZero()
		if stays {
			idle = append(idle, s.Target.Application)
		}
		return stays
	})
	if len(left) == 0 || len(idle) == 0 {
		return p
	}
	p.Targets = left
	p.Evidence = append([]string{"already there: " + gitops.AndList(few(idle))}, p.Evidence...)
	return p
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
