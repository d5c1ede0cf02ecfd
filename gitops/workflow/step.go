package workflow

import (
	"context"
	"fmt"

	"github.com/changebot/changebot/gitops"
)

// stepExpire is the name of the timer job that ends a proposal nobody answers.
const stepExpire = "expire"

// Step takes a Change one step on. It is the handler of JobStep. A job whose
// Change has been written since is done: that write asked for its own.
func (r *Road) Step(ctx context.Context, job gitops.Job) error {
	if job.Name == stepRemind {
		return r.remind(ctx, job.Subject)
	}
	return r.withChange(ctx, job.Subject, func(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
		if job.Name == stepExpire {
			return r.expire(ctx, lease, c)
		}
		if c.Revision != job.Revision {
			return nil
		}
		if job.Name == stepTellWait {
			return r.tellWait(ctx, lease, c)
		}
		return r.persevere(ctx, lease, c)
	})
}

// advance does what the Change's state calls for.
func (r *Road) advance(ctx context.Context, lease gitops.Lease, c gitops.Change) error {
	repo, err := r.repository(c.Request.Repository)
	if err != nil {
		return err
	}
	w := walk{Road: r, repo: repo, lease: lease}
	name, step := w.step(c)
	if err := r.timed(ctx, name, c, step); err != nil {
		return fmt.Errorf("change %s, %s: %w", c.ID, c.State, err)
	}
	return nil
}

// step is what a Change's state calls for, and its name for the log and the
// meter.
func (w walk) step(c gitops.Change) (string, func(context.Context, gitops.Change) error) {
	switch c.State {
	case gitops.StateRequested:
		switch {
		case c.Plan.Digest == "":
			return "plan", w.plan
		case c.Question == "":
			return "propose", w.propose
		default:
			return "ask", func(context.Context, gitops.Change) error { return nil } // the requester answers
		}
	case gitops.StateProposed:
		if c.Proposal.Moving && c.Proposal.ForeignHead == "" {
			return "move", w.move
		}
		return "judge", w.judge
	case gitops.StateApproved:
		return "merge", w.merge
	case gitops.StateMerged:
		if !c.Request.Command.Kind.Syncs() {
			return "lift", w.lifted
		}
		return "sync", w.sync
	case gitops.StateSyncing:
		return "watch", w.watch
	default:
		return "close", w.finish
	}
}

// A walk is one worker's step on one Change: the road, the repository it is
// in, and the right to work on it.
type walk struct {
	*Road
	repo  *Repository
	lease gitops.Lease
}

// end leads a Change to one of its ends, with the reason.
func (w walk) end(ctx context.Context, c gitops.Change, s gitops.State, why gitops.Error, actor string) error {
	return w.endBy(ctx, gitops.Person{ID: actor}, c, s, why)
}

// endBy does so for a person, by name.
func (w walk) endBy(ctx context.Context, p gitops.Person, c gitops.Change, s gitops.State, why gitops.Error) error {
	neighbours := w.neighbours(ctx, c)
	c.Reason, c.Next, c.Rooms = why.Message, why.Next, why.Rooms
	text := why.Message
	if p.ID != Self {
		text = string(s) + " it" // whose doing it was stands before it
	}
	entry, err := w.enter(&c, s, p.ID, text)
	if err != nil {
		return err
	}
	_, err = w.commit(ctx, Write{Change: c, Entries: []gitops.Entry{entry.By(p)}, Jobs: neighbours, Lease: w.lease})
	return err
}
