package git

import (
	"context"
	"errors"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/batch"
)

// mostTries bounds how often a batch of intents is applied anew because the
// branch has moved meanwhile. Each time it has, somebody else has come on.
const mostTries = 30

// An Intent is what shall become of the base branch, whatever it holds: not a
// commit, but how to make one.
type Intent struct {
	// Apply returns the files that change on a draft of the branch; none where
	// everything is as it shall be. It is called again for each tip on which
	// the intent is tried, so it has no effects, and looks at nothing else: an
	// intent that was carried out finds nothing left to do.
	Apply func(ctx context.Context, on *Draft) ([]FileChange, error)

	Message   string // of the commit, with its trailers
	Author    Identity
	Committer Identity
}

// A Draft is the base branch with the commits that wait to be pushed to it.
type Draft struct {
	Commit Hash // its tip, which may be on no remote yet

	mirror *Mirror
	ahead  map[plumbing.Hash]object
}

// Advance commits an intent to the base branch itself, without a pull request,
// and returns the commit. Who is first does not matter: where the branch moved
// meanwhile, the intent is applied again to what is there now. Intents that come
// at the same time are chained, each on the draft that the one before it left,
// and pushed as one; one that does not apply does not keep the others back.
//
// Codes: what Apply and Commit return (Invalid with ErrNoChange where there is
// nothing to do), and those of Push; Conflict only where the branch kept moving
// away. After Unavailable the commit may have landed: asked again, an intent
// that finds its work done does nothing.
func (m *Mirror) Advance(ctx context.Context, in Intent) (Hash, error) {
	a := &advance{Intent: in}
	err := put(ctx, m.intents, a)[0]
	if err != nil {
		return Zero, err
	}
	return a.commit.Hash, nil
}

// advance is one intent on its way.
type advance struct {
	Intent
	commit *Commit // as it was last tried; nil before, and where there was nothing to do
	over   bool    // it has its outcome
}

// chain carries out the intents of those whose turn it is.
func (m *Mirror) chain(ctx context.Context, together []*batch.Place[*advance]) error {
	var err error
	for range mostTries {
		var again bool
		if again, err = m.chainOnce(ctx, together); !again {
			break
		}
	}
	if err != nil {
		settleAll(together, err)
	}
	return err
}

// chainOnce tries it on the present tip. again says that this is not the tip
// any more.
func (m *Mirror) chainOnce(ctx context.Context, together []*batch.Place[*advance]) (again bool, err error) {
	tip, err := m.Fetch(ctx)
	if err != nil {
		return false, err
	}
	if err := m.landed(together); err != nil {
		return false, err
	}
	commits, err := m.draft(ctx, tip, together)
	if err != nil || len(commits) == 0 {
		return errors.Is(err, ErrUnknownCommit), err
	}
	u := &update{ref: "refs/heads/" + m.opts.Branch, commits: commits}
	u.set(tip, commits[len(commits)-1].Hash)
	switch err = m.push(ctx, []*update{u})[0]; gitops.CodeOf(err) {
	case "":
		settleAll(together, nil)
		return false, nil
	case gitops.Conflict:
		return true, err
	case gitops.Denied: // whose fault that is, nobody says
		return false, errors.Join(batch.ErrTogether, err)
	}
	if _, lost := m.Fetch(ctx); lost == nil {
		_ = m.landed(together) // those that it does not find have no outcome, as before
	}
	return false, err
}

// landed gives those their outcome whose commit has reached the branch, although
// an answer was lost or somebody has come on since: nothing but the base branch
// is ever fetched, so the mirror has the commit if the branch had it.
func (m *Mirror) landed(together []*batch.Place[*advance]) error {
	_, err := m.readOnce(func(st *store) error {
		for _, p := range together {
			if a := p.What; !a.over && a.commit != nil && st.has(plumbing.NewHash(a.commit.Hash)) {
				a.over, p.Err = true, nil
			}
		}
		return nil
	})
	return err
}

// draft chains the commits of those that have no outcome yet upon a tip. An
// intent that does not apply has its outcome by that.
func (m *Mirror) draft(ctx context.Context, tip Hash, together []*batch.Place[*advance]) ([]*Commit, error) {
	d := Draft{Commit: tip, mirror: m, ahead: map[plumbing.Hash]object{}}
	var commits []*Commit
	for _, p := range together {
		a := p.What
		if a.over {
			continue
		}
		c, err := d.apply(ctx, a.Intent)
		switch {
		case ctx.Err() != nil:
			return nil, refuse(gitops.Unavailable, context.Cause(ctx), "", "It was given up before it was pushed.")
		case errors.Is(err, ErrUnknownCommit): // the mirror was cloned again meanwhile
			return nil, err
		}
		if a.commit = c; err != nil {
			a.over, p.Err = true, err
			continue
		}
		commits = append(commits, c)
		d.Commit = c.Hash
		for _, o := range c.objects {
			d.ahead[o.hash] = o
		}
	}
	return commits, nil
}

func (d *Draft) apply(ctx context.Context, in Intent) (*Commit, error) {
	changes, err := in.Apply(ctx, d)
	if err != nil {
		return nil, err
	}
	return d.mirror.commitAhead(ctx, CommitRequest{
		Base: d.Commit, Changes: changes, Message: in.Message, Author: in.Author, Committer: in.Committer,
	}, d.ahead)
}

// settleAll gives those an outcome that have none yet.
func settleAll(together []*batch.Place[*advance], err error) {
	if said, ok := errors.AsType[*gitops.Error](err); ok {
		err = said
	}
	for _, p := range together {
		if !p.What.over {
			p.What.over, p.Err = err == nil, err
		}
	}
}
