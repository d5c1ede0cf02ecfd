package notifier

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changebot/changebot/gitops"
)

// keyTwin begins the key of a note that a message may stand twice.
const keyTwin = "twin:"

// looks is how often a twin is looked for: after a grace, after two more, after
// four more and so on, for half an hour where the grace is a minute.
const looks = 5

// suspectTwin notes that a message is posted a second time.
func (o Outbox) suspectTwin(ctx context.Context, post Post, spec Spec) error {
	to := spec.ways()
	if len(to) == 0 {
		return nil
	}
	note := Post{Subject: post.Subject, Key: keyTwin + post.Key, Channel: to[0].Channel, Hash: suspicion{since: o.Clock()}.String()}
	if err := o.Posts.SavePost(ctx, note); err != nil {
		return fmt.Errorf("note that %s may stand twice: %w", post.Key, err)
	}
	return nil
}

// A suspicion is what the Hash of such a note says.
type suspicion struct {
	since  time.Time // milliseconds
	looked int       // how often a twin was looked for in vain
}

// String writes the suspicion as parseSuspicion reads it.
func (s suspicion) String() string { return fmt.Sprintf("twin %d %d", s.since.UnixMilli(), s.looked) }

func parseSuspicion(hash string) suspicion {
	var ms int64
	var s suspicion
	_, _ = fmt.Sscanf(hash, "twin %d %d", &ms, &s.looked) // what cannot be read is looked for at once
	s.since = time.UnixMilli(ms)
	return s
}

// next is when the next look is due.
func (s suspicion) next(grace time.Duration) time.Time {
	return s.since.Add(grace * time.Duration(int64(2)<<s.looked-1))
}

// settleTwins looks for the messages that may stand twice, again and again until
// the chat's history must have caught up.
func (o Outbox) settleTwins(ctx context.Context, standing []Post, specs []Spec) error {
	var later []error
	for _, note := range standing {
		key, ok := strings.CutPrefix(note.Key, keyTwin)
		if !ok || note.Gone {
			continue
		}
		s := parseSuspicion(note.Hash)
		if wait := s.next(o.Grace).Sub(o.Clock()); wait > 0 {
			later = append(later, gitops.Again{After: wait, Why: key + " may stand twice"})
			continue
		}
		settled, err := o.settleTwin(ctx, find(standing, note.Subject, key), specs)
		if err != nil {
			return err
		}
		s.looked++
		note.Hash, note.Gone = s.String(), settled || s.looked == looks
		if err := o.Posts.SavePost(ctx, note); err != nil {
			return fmt.Errorf("note how often a twin of %s was looked for: %w", key, err)
		}
		if !note.Gone {
			later = append(later, gitops.Again{After: max(s.next(o.Grace).Sub(o.Clock()), time.Millisecond), Why: key + " may stand twice"})
		}
	}
	return soonest(later)
}

// settleTwin deletes the twins of a message where there are some. The one that
// stays is the one that is known, though a twin may be older: its thread has
// what was told since.
func (o Outbox) settleTwin(ctx context.Context, post Post, specs []Spec) (settled bool, err error) {
	if post.TS == "" || post.Gone {
		return post.Gone, nil
	}
	for _, spec := range specs {
		if spec.Key != post.Key {
			continue
		}
		to := spec.To
		to.Channel, to.Person = post.Channel, gitops.Person{}
		places, err := o.Chat.Find(ctx, to, spec.ref(post.Subject))
		if err != nil && !refusedBy(err) {
			return false, fmt.Errorf("look for a twin of %s: %w", post.Key, err)
		}
		known := slices.IndexFunc(places, func(p Place) bool { return p.TS == post.TS })
		if len(places) < 2 || known < 0 && spec.File == nil {
			return false, nil
		}
		for i, place := range places {
			if i == max(known, 0) { // a file's own message is not known: then the oldest stays
				continue
			}
			if err := o.Chat.Delete(ctx, place); err != nil && !refusedBy(err) {
				return false, fmt.Errorf("delete the twin of %s: %w", post.Key, err)
			}
		}
		return true, nil
	}
	return false, nil
}
