package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/changebot/changebot/notifier"
)

// Posts returns what was ever posted about a subject, in order of keys.
func (s *Store) Posts(ctx context.Context, subject string) ([]notifier.Post, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT subject, post_key, channel, ts, hash, gone FROM posts WHERE subject = $1`, subject)
	if err != nil {
		return nil, fmt.Errorf("read the posts about %s: %w", subject, err)
	}
	posts, err := collect(rows, func(scan func(...any) error) (notifier.Post, error) {
		var p notifier.Post
		var gone int
		err := scan(&p.Subject, &p.Key, &p.Channel, &p.TS, &p.Hash, &gone)
		p.Gone = gone == 1
		return p, err
	})
	// Databases differ in how they order text.
	slices.SortFunc(posts, func(a, b notifier.Post) int { return strings.Compare(a.Key, b.Key) })
	return posts, err
}

// SavePost keeps a Post; one with its Subject and Key gives way.
func (s *Store) SavePost(ctx context.Context, p notifier.Post) error {
	gone := 0
	if p.Gone {
		gone = 1
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO posts (subject, post_key, channel, ts, hash, gone) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (subject, post_key) DO UPDATE
		SET channel = excluded.channel, ts = excluded.ts, hash = excluded.hash, gone = excluded.gone`,
		p.Subject, p.Key, p.Channel, p.TS, p.Hash, gone)
	if err != nil {
		return fmt.Errorf("keep post %s of %s: %w", p.Key, p.Subject, err)
	}
	return nil
}
