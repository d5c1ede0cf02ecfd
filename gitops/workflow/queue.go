package workflow

import (
	"context"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/turn"
)

// queue lists the open Changes of all repositories, those that the person may
// ask the status of there.
func (r *Road) queue(ctx context.Context, known knowledge, q gitops.Command, u Utterance) (*gitops.Table, error) {
	list := turn.Queue{Environment: q.Environment, Applications: q.Applications, Now: r.Clock(), Overlaps: map[string][]gitops.Overlap{}}
	var refusal error
	refused := 0
	for _, p := range known {
		person, err := u.speaker(p)
		if err != nil {
			refusal, refused = err, refused+1
			continue
		}
		open, err := r.Store.Open(ctx, p.repo.Name)
		if err != nil {
			return nil, fmt.Errorf("open changes of %s: %w", p.repo.Name, err)
		}
		var touched gitops.Neighbourhood
		for _, c := range open {
			touched.Put(c)
		}
		name := known.namer(p)
		for _, c := range open {
			switch {
			case !about(name, c, q):
			case r.maySee(p.catalog, c, person, u.Room):
				list.Changes = append(list.Changes, c)
				list.Overlaps[c.ID] = touched.Overlaps(c)
			default:
				list.Hidden++
			}
		}
	}
	if refused == len(known) {
		return nil, refusal // nowhere is it known who asks
	}
	slices.SortStableFunc(list.Changes, func(a, b gitops.Change) int { return a.Request.At.Compare(b.Request.At) })
	return list.Table(), nil
}

// about says whether a Change touches what a question names. It may not be
// planned yet, and then it is about what was asked for.
func about(name func(application string) string, c gitops.Change, q gitops.Command) bool {
	return slices.ContainsFunc(touched(c), func(ref gitops.TargetRef) bool {
		return (q.Environment == "" || ref.Environment == q.Environment) &&
			(len(q.Applications) == 0 || slices.Contains(q.Applications, name(ref.Application)))
	})
}

// maySee says whether a person may ask for the status of all that a Change touches.
func (r *Road) maySee(catalog *gitops.Catalog, c gitops.Change, person gitops.Person, room gitops.Room) bool {
	return !slices.ContainsFunc(touched(c), func(ref gitops.TargetRef) bool {
		return !r.Policy.Authorise(catalog, gitops.Access{
			Person: person, Room: room, Action: string(gitops.KindStatus), Application: ref.Application, Environment: ref.Environment,
		}).Allows()
	})
}

// touched are a Change's Targets, or those that were asked for.
func touched(c gitops.Change) []gitops.TargetRef {
	if len(c.Plan.Targets) > 0 {
		return c.Refs()
	}
	var refs []gitops.TargetRef
	for _, application := range c.Request.Command.Applications {
		refs = append(refs, gitops.TargetRef{Repository: c.Request.Repository, Application: application, Environment: c.Request.Command.Environment})
	}
	return refs
}
