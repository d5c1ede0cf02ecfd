package workflow

import (
	"slices"

	"github.com/changebot/changebot/gitops"
)

// A view is what a question is about in one repository: the Targets that the
// person may ask about. A diff is about others as well, in the environment From.
type view struct {
	place
	targets []gitops.Target
	others  []gitops.Target
}

// views finds what a question is about. A repository without it, or in which
// the person may not ask, is left out; where that leaves nothing, the refusal
// is returned.
func (r *Road) views(u Utterance, known knowledge, c gitops.Command) ([]view, error) {
	var views []view
	var refusal error
	for _, p := range known {
		local, concerned := known.local(p, c)
		if !concerned {
			continue
		}
		v, err := r.view(u, p, local)
		switch {
		case err == nil:
			views = append(views, v)
		case refusal == nil || gitops.CodeOf(err) == gitops.Denied: // it is there, which says more
			refusal = err
		}
	}
	if len(views) > 0 {
		return views, nil
	}
	return nil, refusal
}

// seen returns the Targets of one repository that a question is about and that
// the person may ask about.
func (r *Road) seen(u Utterance, p place, c gitops.Command) ([]gitops.Target, error) {
	person, err := u.speaker(p)
	if err != nil {
		return nil, err
	}
	if c.Kind == gitops.KindHistory && c.Environment == "" {
		c.Environment = p.catalog.Environments[len(p.catalog.Environments)-1].Name
	}
	targets, err := asked(p.catalog, c)
	if err != nil {
		return nil, err
	}
	targets, verdict := r.visible(p.catalog, targets, c, person, u.Room)
	if len(targets) == 0 {
		return nil, &gitops.Error{Code: gitops.Denied, Message: gitops.Sentence(verdict.Reason), Next: verdict.Next}
	}
	return targets, nil
}

// view is what a question is about in one repository. A diff is also about what
// lives in one of the two environments alone.
func (r *Road) view(u Utterance, p place, c gitops.Command) (view, error) {
	v := view{place: p}
	var err error
	v.targets, err = r.seen(u, p, c)
	none := gitops.CodeOf(err) == gitops.NotFound
	if c.Kind != gitops.KindDiff || err != nil && !none {
		return v, err
	}
	c.Environment = c.From
	others, errOther := r.seen(u, p, c)
	switch {
	case errOther == nil:
		v.others = others
		return v, nil
	case gitops.CodeOf(errOther) == gitops.NotFound:
		return v, err
	default:
		return v, errOther
	}
}

// local is a question with the applications as one repository spells them;
// false where it is about none of that repository's.
func (k knowledge) local(p place, c gitops.Command) (gitops.Command, bool) {
	if len(c.Applications) == 0 {
		return c, true
	}
	var own []string
	name := k.namer(p)
	for _, a := range p.catalog.Applications() {
		if slices.Contains(c.Applications, name(a)) {
			own = append(own, a)
		}
	}
	c.Applications = own
	return c, len(own) > 0
}

// unread are the repositories that nothing is known of.
func (r *Road) unread(known knowledge) []string {
	var names []string
	for _, repo := range r.repositories {
		if !slices.ContainsFunc(known, func(p place) bool { return p.repo == repo }) {
			names = append(names, repo.Name)
		}
	}
	slices.Sort(names)
	return names
}

// asked returns the Targets that a question is about.
func asked(c *gitops.Catalog, q gitops.Command) ([]gitops.Target, error) {
	var targets []gitops.Target
	for _, t := range c.Targets {
		application := len(q.Applications) == 0 || slices.Contains(q.Applications, t.Application)
		environment := q.Environment == "" || t.Environment == q.Environment
		if application && environment {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil, noTarget(c, gitops.AndList(q.Applications), q.Environment)
	}
	return targets, nil
}

// visible keeps the Targets that the person may ask about there, and returns
// the last refusal.
func (r *Road) visible(c *gitops.Catalog, targets []gitops.Target, q gitops.Command, person gitops.Person, room gitops.Room) ([]gitops.Target, gitops.Verdict) {
	var refusal gitops.Verdict
	may := slices.DeleteFunc(slices.Clone(targets), func(t gitops.Target) bool {
		v := r.Policy.Authorise(c, gitops.Access{Person: person, Room: room, Action: string(q.Kind), Application: t.Application, Environment: t.Environment})
		if !v.Allows() {
			refusal = v.First(v.Outcome)
		}
		return !v.Allows()
	})
	return may, refusal
}
