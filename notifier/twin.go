package notifier

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/changebot/changebot/gitops"
)

// keyTwin begins the key of a note that a message may stand twice.
const keyTwin = "twin:"

// suspectTwin notes that a message is posted a second time.
func (o Outbox) suspectTwin(ctx context.Context, post Post, spec Spec) error {
	to := spec.ways()
	if len(to) == 0 {
		return nil
	}
	note := Post{
		Subject: post.Subject, Key: keyTwin + post.Key, Channel: to[0].Channel,
		Hash: noteTried + strconv.FormatInt(o.Clock().UnixMilli(), 10),
	}
	if err := o.Posts.SavePost(ctx, note); err != nil {
		return fmt.Errorf("note that %s may stand twice: %w", post.Key, err)
	}
	return nil
}

// settleTwins looks for the messages that may stand twice once the chat's
// history has caught up. The oldest stays.
func (o Outbox) settleTwins(ctx context.Context, standing []Post, specs []Spec) error {
	for _, note := range standing {
		key, ok := strings.CutPrefix(note.Key, keyTwin)
		if !ok || note.Gone {
			continue
		}
		tried, _ := triedAt(note)
		if wait := tried.Add(o.Grace).Sub(o.Clock()); wait > 0 {
			return Later{After: wait, Why: key + " may stand twice"}
		}
		if err := o.settleTwin(ctx, find(standing, note.Subject, key), specs); err != nil {
			return err
		}
		note.Gone = true
		if err := o.Posts.SavePost(ctx, note); err != nil {
			return fmt.Errorf("note that %s stands once: %w", key, err)
		}
	}
	return nil
}

func (o Outbox) settleTwin(ctx context.Context, post Post, specs []Spec) error {
	if post.TS == "" || post.Gone {
		return nil
	}
	for _, spec := range specs {
		if spec.Key != post.Key {
			continue
		}
		to := spec.To
		to.Channel, to.Person = post.Channel, gitops.Person{}
		places, err := o.Chat.Find(ctx, to, spec.ref(post.Subject))
		if err != nil && !refusedBy(err) {
			return fmt.Errorf("look for a twin of %s: %w", post.Key, err)
		}
		for i, place := range places {
			if i == 0 {
				post.Channel, post.TS, post.Hash = place.Channel, place.TS, ""
				continue
			}
			if err := o.Chat.Delete(ctx, place); err != nil && !refusedBy(err) {
				return fmt.Errorf("delete the twin of %s: %w", post.Key, err)
			}
		}
		if len(places) > 1 {
			return o.Posts.SavePost(ctx, post) // its content is brought up to date by the next Tell
		}
	}
	return nil
}
