package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Change returns the Change with the id; a gitops.NotFound error where there
// is none.
func (s *Store) Change(ctx context.Context, id string) (gitops.Change, error) {
	change, found, err := s.change(ctx, `SELECT revision, body FROM changes WHERE id = $1`, id)
	if err == nil && !found {
		err = noChange(id)
	}
	return change, err
}

// ByKey returns the Change that a Request's key led to.
func (s *Store) ByKey(ctx context.Context, key string) (gitops.Change, bool, error) {
	return s.change(ctx, `SELECT revision, body FROM changes WHERE request_key = $1`, key)
}

// Holders returns who has claimed each Target of a repository that is claimed.
func (s *Store) Holders(ctx context.Context, repository string) (map[gitops.TargetRef]workflow.Holder, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT h.application, h.environment, c.id, c.state FROM claims h JOIN changes c ON c.id = h.change_id
		WHERE h.repository = $1`, repository)
	if err != nil {
		return nil, fmt.Errorf("read what is claimed in %s: %w", repository, err)
	}
	type claim struct {
		ref    gitops.TargetRef
		holder workflow.Holder
	}
	all, err := collect(rows, func(scan func(...any) error) (claim, error) {
		c := claim{ref: gitops.TargetRef{Repository: repository}}
		err := scan(&c.ref.Application, &c.ref.Environment, &c.holder.ID, &c.holder.State)
		return c, err
	})
	holders := make(map[gitops.TargetRef]workflow.Holder, len(all))
	for _, c := range all {
		holders[c.ref] = c.holder
	}
	return holders, err
}

// Open returns all Changes of a repository whose road is not over, oldest first.
func (s *Store) Open(ctx context.Context, repository string) ([]gitops.Change, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT revision, body FROM changes
		WHERE repository = $1 AND is_open = 1 ORDER BY created, id`, repository)
	if err != nil {
		return nil, fmt.Errorf("read the open changes of %s: %w", repository, err)
	}
	return collect(rows, scanChange)
}

// Revisions returns the revision of each open Change of a repository, by its id.
func (s *Store) Revisions(ctx context.Context, repository string) (map[string]int64, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, revision FROM changes WHERE repository = $1 AND is_open = 1`, repository)
	if err != nil {
		return nil, fmt.Errorf("read which changes of %s are open: %w", repository, err)
	}
	type opened struct {
		id       string
		revision int64
	}
	all, err := collect(rows, func(scan func(...any) error) (o opened, err error) {
		err = scan(&o.id, &o.revision)
		return o, err
	})
	revisions := map[string]int64{}
	for _, o := range all {
		revisions[o.id] = o.revision
	}
	return revisions, err
}

// change reads at most one Change.
func (s *Store) change(ctx context.Context, query string, args ...any) (gitops.Change, bool, error) {
	change, err := scanChange(s.read.QueryRowContext(ctx, query, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return gitops.Change{}, false, nil
	}
	if err != nil {
		return gitops.Change{}, false, fmt.Errorf("read change %v: %w", args, err)
	}
	return change, true, nil
}

func scanChange(scan func(...any) error) (gitops.Change, error) {
	var change gitops.Change
	var revision int64
	var body string
	if err := scan(&revision, &body); err != nil {
		return change, err
	}
	if err := json.Unmarshal([]byte(body), &change); err != nil {
		return change, fmt.Errorf("decode a change: %w", err)
	}
	change.Revision = revision
	return change, nil
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(func(...any) error) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }() // Err below reports what matters
	var all []T
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func noChange(id string) error {
	return &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no change %s.", id)}
}
