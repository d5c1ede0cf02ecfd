package notifier

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// An Outbox posts each message once, although a chat takes no idempotency key.
//
// Before a message is posted it is noted that it is being tried. Who finds such
// a note without a place asks the chat for the message's ref, which it carries
// unseen. The chat's history may lag, so "not found" counts only after a grace;
// and since even that may be wrong, whoever posts a second time notes it, looks
// again, later and later, and deletes the twin that is not known.
type Outbox struct {
	Chat  Chat
	Posts Posts
	Clock func() time.Time
	Grace time.Duration // how long the chat's history may lag; a minute is ample
}

// The notes that a Post's Hash holds while its TS is empty.
const (
	noteTried   = "tried "   // and when, in milliseconds: it may stand or not
	noteRefused = "refused " // and why: it does not stand
)

// keyPost begins the key under which the journal of a Change notes a message.
const keyPost = "post/"

// Put posts a message that belongs to no Change, once for its subject and key,
// where one at a time puts it.
func (o Outbox) Put(ctx context.Context, subject, key string, to To, m Message) error {
	standing, err := o.Posts.Posts(ctx, subject)
	if err != nil {
		return fmt.Errorf("load what stands about %s: %w", subject, err)
	}
	post := find(standing, subject, key)
	if post.TS != "" || post.Gone {
		return nil
	}
	spec := Spec{Key: key, To: to, Message: m}
	place, done, err := o.ask(ctx, post, spec)
	if err != nil {
		return err
	}
	if !done {
		if place, err = o.try(ctx, post, spec); err != nil {
			return err
		}
	}
	return o.keep(ctx, post, place, m)
}

func find(posts []Post, subject, key string) Post {
	for _, p := range posts {
		if p.Key == key {
			return p
		}
	}
	return Post{Subject: subject, Key: key}
}

// ask finds out whether an earlier try came through.
func (o Outbox) ask(ctx context.Context, post Post, spec Spec) (Place, bool, error) {
	tried, was := triedAt(post)
	if !was {
		return Place{}, false, nil // nobody tried, or it was refused
	}
	for _, to := range spec.ways() {
		places, err := o.Chat.Find(ctx, to, spec.ref(post.Subject))
		if err != nil && !refusedBy(err) {
			return Place{}, false, fmt.Errorf("look for %s: %w", post.Key, err)
		}
		if len(places) > 0 {
			return places[0], true, nil
		}
	}
	if wait := tried.Add(o.Grace).Sub(o.Clock()); wait > 0 {
		return Place{}, false, gitops.Again{After: wait, Why: "the chat's history may lag behind " + post.Key}
	}
	return Place{}, false, nil
}

// ways are where a message may stand, in the order they are tried.
func (s Spec) ways() []To {
	var ways []To
	for _, to := range []To{s.To, s.Else} {
		if !to.IsZero() {
			ways = append(ways, to)
		}
	}
	return ways
}

// try posts a message, noting it before.
func (o Outbox) try(ctx context.Context, post Post, spec Spec) (Place, error) {
	if _, again := triedAt(post); again {
		if err := o.suspectTwin(ctx, post, spec); err != nil {
			return Place{}, err
		}
	}
	post.TS, post.Hash = "", noteTried+strconv.FormatInt(o.Clock().UnixMilli(), 10)
	if err := o.Posts.SavePost(ctx, post); err != nil {
		return Place{}, fmt.Errorf("note that %s is tried: %w", post.Key, err)
	}
	err := error(&gitops.Error{Code: gitops.NotFound, Message: "There is nowhere to post " + post.Key + "."})
	for _, to := range spec.ways() {
		var place Place
		if place, err = o.send(ctx, to, spec, post.Subject); err == nil {
			return place, nil
		}
		if !refusedBy(err) {
			break
		}
	}
	if refusedBy(err) || gitops.RetryAfter(err) > 0 {
		post.Hash = noteRefused + err.Error()
		if saveErr := o.Posts.SavePost(ctx, post); saveErr != nil {
			return Place{}, errors.Join(err, fmt.Errorf("note that %s was refused: %w", post.Key, saveErr))
		}
	}
	return Place{}, fmt.Errorf("post %s: %w", post.Key, err)
}

func (o Outbox) send(ctx context.Context, to To, spec Spec, subject string) (Place, error) {
	if spec.File != nil {
		return o.Chat.Attach(ctx, to, spec.Message, *spec.File)
	}
	return o.Chat.Post(ctx, to, spec.Message, spec.ref(subject))
}

// keep notes where a message stands.
func (o Outbox) keep(ctx context.Context, post Post, at Place, m Message) error {
	post.Channel, post.TS, post.Hash = at.Channel, at.TS, m.Hash()
	if err := o.Posts.SavePost(ctx, post); err != nil {
		return fmt.Errorf("keep where %s stands: %w", post.Key, err)
	}
	return nil
}

// triedAt says when a message was last tried whose fate is not known.
func triedAt(p Post) (time.Time, bool) {
	text, ok := strings.CutPrefix(p.Hash, noteTried)
	if p.TS != "" || !ok {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}

// refusedBy says that the chat will not take a message there: trying again
// soon does not help.
func refusedBy(err error) bool {
	switch gitops.CodeOf(err) {
	case gitops.Denied, gitops.NotFound, gitops.Invalid, gitops.Conflict:
		return true
	default:
		return false
	}
}
