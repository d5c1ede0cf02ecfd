package rbac

import (
	"fmt"
	"slices"
	"sync"

	"github.com/changebot/changebot/approvals"
	"github.com/changebot/changebot/gitops"
)

// An Authoriser answers who may do what. It is safe for concurrent use and
// keeps the enforcers of the last few commits; the zero value is ready.
type Authoriser struct {
	mu   sync.Mutex
	kept []kept // newest last
}

var _ approvals.Authoriser = (*Authoriser)(nil)

type kept struct {
	repository, commit string
	enforcer           *enforcer
}

// mostKept is how many enforcers are kept, over all repositories.
const mostKept = 32

// Authorise says whether a person may do that there. The verdict's rule is
// "access/" and the grant that allows it. A refusal names who may and in which
// rooms, or says that nobody may.
func (r *Authoriser) Authorise(c *gitops.Catalog, a gitops.Access) gitops.Verdict {
	if v := approvals.Known(c, a.Person); !v.Allows() {
		return v
	}
	denied := gitops.Verdict{Rule: "access", Outcome: gitops.OutcomeDenied}
	e, err := r.enforcerOf(c)
	if err != nil {
		denied.Reason = "the grants of the catalogue cannot be evaluated"
		denied.Next = "Its owners find the cause with changebot validate."
		return denied
	}
	grant, ok, err := e.allows(a)
	switch {
	case err != nil:
		denied.Reason = "the grants of the catalogue cannot be evaluated"
		return denied
	case !ok:
		denied.Reason, denied.Next, denied.Rooms = explain(c, a)
		return denied
	}
	return gitops.Verdict{
		Rule:    "access/" + grant,
		Outcome: gitops.OutcomeAllowed,
		Reason:  fmt.Sprintf("the grant %s lets %s %s", grant, a.Person.ID, deed(a)),
	}
}

// enforcerOf returns the enforcer of a catalogue. A catalogue without a commit
// is nobody's twin, so nothing is kept of it.
func (r *Authoriser) enforcerOf(c *gitops.Catalog) (*enforcer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	same := func(k kept) bool { return k.repository == c.Repository && k.commit == c.Commit }
	if i := slices.IndexFunc(r.kept, same); i >= 0 && c.Commit != "" {
		k := r.kept[i]
		r.kept = append(slices.Delete(r.kept, i, i+1), k)
		return k.enforcer, nil
	}
	e, err := newEnforcer(c)
	if err != nil || c.Commit == "" {
		return e, err
	}
	if len(r.kept) == mostKept {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	r.kept = append(r.kept, kept{c.Repository, c.Commit, e})
	return e, nil
}
