package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// A Teller makes chat say what a Change is.
type Teller struct {
	Outbox
	Changes Changes
	Journal effect.Journal
	Links   func(gitops.Change) []gitops.Link // pages about a Change besides its pull request; may be nil

	// Overlaps looks for other open Changes that touch what one touches; may be nil.
	Overlaps func(context.Context, gitops.Change) []gitops.Overlap

	Log *slog.Logger
}

// Tell compares what stands in chat about a Change with what should, and posts,
// updates and deletes the difference. It is the handler of gitops.JobTell and
// looks at the Change as it is now, whatever revision the job speaks of.
//
// One post that fails does not keep back the others. What is worth another try
// comes back as an error, with RetryAfter() time.Duration where it is known
// when; what the chat refuses for good is logged, and looked at again with the
// next Tell.
func (t Teller) Tell(ctx context.Context, lease gitops.Lease, change string) error {
	v, err := t.view(ctx, change)
	if err != nil {
		return err
	}
	r := round{Teller: t, lease: lease, blocked: map[string]bool{}}
	specs := Desired(v)
	late := t.settleTwins(ctx, v.Standing, allLocated(v.Standing, specs))
	if v.Standing, err = t.Posts.Posts(ctx, change); err != nil {
		return fmt.Errorf("load what stands about %s: %w", change, err)
	}
	r.subject, r.change, r.standing = change, v.Change, v.Standing
	if err := r.retire(ctx, specs); err != nil { // first, so that no two reminders stand
		r.failed = append(r.failed, err)
	}
	for _, spec := range specs {
		if err := r.reconcile(ctx, spec); err != nil {
			r.failed = append(r.failed, err)
		}
	}
	return soonest(append(r.failed, late))
}

func (t Teller) view(ctx context.Context, change string) (View, error) {
	c, err := t.Changes.Change(ctx, change)
	if err != nil {
		return View{}, fmt.Errorf("load %s to tell about it: %w", change, err)
	}
	entries, err := t.Changes.Entries(ctx, change)
	if err != nil {
		return View{}, fmt.Errorf("load the journal of %s: %w", change, err)
	}
	standing, err := t.Posts.Posts(ctx, change)
	if err != nil {
		return View{}, fmt.Errorf("load what stands about %s: %w", change, err)
	}
	v := View{Change: c, Entries: entries, Standing: standing}
	if t.Links != nil {
		v.Links = t.Links(c)
	}
	if t.Overlaps != nil {
		v.Overlaps = t.Overlaps(ctx, c)
	}
	return v, nil
}

// A round is one run of a Teller.
type round struct {
	Teller
	lease    gitops.Lease
	subject  string
	change   gitops.Change
	standing []Post
	blocked  map[string]bool // destinations that are to be left alone until later
	failed   []error
}

// reconcile makes one message say what it should.
func (r *round) reconcile(ctx context.Context, spec Spec) error {
	post := find(r.standing, r.subject, spec.Key)
	spec, ok := r.locate(spec)
	where := spec.To.Channel + spec.To.Person.Slack
	hash := spec.Message.Hash()
	switch {
	case post.Gone, spec.Keep, post.TS != "" && (post.Hash == hash || spec.File != nil):
		return nil
	case !ok, r.blocked[where]: // the order of a thread is kept: what comes later waits too
		return nil
	case spec.To.IsZero() && spec.Else.IsZero():
		return nil // asked outside of chat by somebody whom the chat does not know
	}
	var err error
	if post.TS != "" {
		err = r.update(ctx, post, spec)
	} else {
		err = r.post(ctx, post, spec)
	}
	switch {
	case err == nil:
		return nil
	case refusedBy(err) && !leaseOver(err):
		r.Log.Warn("chat refused", "change", r.subject, "message", spec.Key, "error", err)
		return nil
	case spec.File != nil:
		return err // a file that is late keeps nothing else back
	default:
		r.blocked[where] = true
		return err
	}
}

// leaseOver says that it is not the chat that refuses: another worker has
// taken over, or the store is ahead.
func leaseOver(err error) bool { return gitops.CodeOf(err) == gitops.Conflict }

// post posts a message once, with its intent and outcome in the journal. What an
// earlier try has posted may say what was so then.
func (r *round) post(ctx context.Context, post Post, spec Spec) error {
	posted := false
	place, err := effect.Once(ctx, r.Journal, r.lease, effect.Act[Place]{
		Intent: effect.Intent{Change: r.subject, Key: keyPost + spec.Key, Text: "post: " + spec.Message.Summary()},
		Ask:    func(ctx context.Context) (Place, bool, error) { return r.ask(ctx, post, spec) },
		Do: func(ctx context.Context) (Place, error) {
			posted = true
			return r.try(ctx, post, spec)
		},
	})
	if err != nil {
		return err
	}
	post.Channel, post.TS, post.Hash = place.Channel, place.TS, ""
	r.standing = append(r.standing, post)
	if posted || spec.File != nil {
		return r.keep(ctx, post, place, spec.Message)
	}
	if err := r.Posts.SavePost(ctx, post); err != nil {
		return fmt.Errorf("keep where %s stands: %w", spec.Key, err)
	}
	return r.update(ctx, post, spec)
}

func (r *round) update(ctx context.Context, post Post, spec Spec) error {
	at := Place{Channel: post.Channel, TS: post.TS}
	switch err := r.Chat.Update(ctx, at, spec.Message); {
	case gitops.CodeOf(err) == gitops.NotFound:
		post.Gone = true // somebody deleted it, on purpose
		r.Log.Info("a message is gone", "change", r.subject, "message", spec.Key)
	case err != nil:
		return fmt.Errorf("update %s: %w", spec.Key, err)
	}
	return r.keep(ctx, post, at, spec.Message)
}

// locate puts a message into the thread of the one that it stands under; not
// while that one does not stand.
func (r *round) locate(spec Spec) (Spec, bool) { return located(r.standing, spec) }

// allLocated are those of the messages that can stand, where they do.
func allLocated(standing []Post, specs []Spec) []Spec {
	var out []Spec
	for _, s := range specs {
		if s, ok := located(standing, s); ok {
			out = append(out, s)
		}
	}
	return out
}

func located(standing []Post, spec Spec) (Spec, bool) {
	if spec.Under == "" {
		return spec, true
	}
	var root Post
	for _, p := range standing {
		if p.Key == spec.Under && p.TS != "" && !p.Gone {
			root = p // a later one was posted in this round
		}
	}
	if root.TS == "" {
		return spec, false
	}
	thread := root.TS
	if spec.To.Thread != "" && spec.To.Channel == root.Channel {
		thread = spec.To.Thread // the live message is itself a reply
	}
	spec.To = To{Channel: root.Channel, Thread: thread}
	return spec, true
}

// soonest joins errors into one that knows the first moment to come back.
func soonest(errs []error) error {
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	after := gitops.Again{Why: all.Error()}
	for _, err := range errs {
		wait := gitops.RetryAfter(err)
		switch {
		case err == nil:
		case wait == 0:
			return all // the job queue's own pace
		case after.After == 0 || wait < after.After:
			after.After = wait
		}
	}
	return after
}
