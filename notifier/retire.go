package notifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// retire deletes what stands and should not.
func (r *round) retire(ctx context.Context, specs []Spec) error {
	wanted := map[string]bool{}
	for _, s := range specs {
		wanted[s.Key] = true
	}
	var failed []error
	for _, p := range r.standing {
		if wanted[p.Key] || p.Gone || strings.HasPrefix(p.Key, keyFile) {
			continue
		}
		if err := r.remove(ctx, p, specs[0].To); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// remove deletes one message; room is where the live message was wanted.
func (r *round) remove(ctx context.Context, p Post, room To) error {
	if p.TS == "" && !strings.HasPrefix(p.Key, keyReminder) {
		return nil // it was refused, or is a note
	}
	if p.TS == "" { // its turn passed while nobody knew whether it stands
		place, err := r.tried(ctx, p, room)
		if err != nil {
			return err
		}
		p.Channel, p.TS = place.Channel, place.TS
	}
	if p.TS != "" {
		if err := r.Chat.Delete(ctx, Place{Channel: p.Channel, TS: p.TS}); err != nil && !refusedBy(err) {
			return fmt.Errorf("delete %s: %w", p.Key, err)
		}
	}
	p.Gone = true
	if err := r.Posts.SavePost(ctx, p); err != nil {
		return fmt.Errorf("note that %s is gone: %w", p.Key, err)
	}
	return nil
}

// tried finds where a reminder stands that was tried; the zero Place says that
// it does not.
func (r *round) tried(ctx context.Context, p Post, room To) (Place, error) {
	spec, ok := r.locate(Spec{Key: p.Key, To: room, Under: keyLive})
	if _, id, direct := strings.Cut(strings.TrimPrefix(p.Key, keyReminder), ":"); direct {
		person := r.change.Person(id)
		spec, ok = Spec{Key: p.Key, To: To{Person: person}}, person.Slack != ""
	}
	if !ok {
		return Place{}, nil
	}
	place, _, err := r.ask(ctx, p, spec)
	return place, err
}
