package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/workflow"
)

// Commit applies a Write as one transaction and returns the Change as written.
// A gitops.Conflict error says that the Change was written by somebody else,
// that its Request has a Change already, or that the lease has passed on; it
// wraps workflow.ErrIDTaken where a new Change's id belongs to another
// Request. A *workflow.HeldError names who has claimed a Target.
//
// Every transaction takes its locks in the order below, so that no two wait
// for each other.
func (s *Store) Commit(ctx context.Context, w workflow.Write) (gitops.Change, error) {
	change := w.Change
	change.Revision++
	err := s.transact(ctx, func(tx *sql.Tx) error {
		if w.Lease != (gitops.Lease{}) {
			if err := s.fence(ctx, tx, w.Lease); err != nil {
				return err
			}
		}
		if err := s.put(ctx, tx, change); err != nil {
			return err
		}
		if err := settle(ctx, tx, change, w); err != nil {
			return err
		}
		if err := s.journal(ctx, tx, change.ID, w.Entries...); err != nil {
			return err
		}
		return s.enqueue(ctx, tx, w.Jobs)
	})
	if err != nil {
		return gitops.Change{}, fmt.Errorf("store change %s: %w", w.Change.ID, err)
	}
	s.nudge(w.Jobs)
	return change, nil
}

// put writes the Change's row where it still is as the writer has read it.
func (s *Store) put(ctx context.Context, tx *sql.Tx, c gitops.Change) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode it: %w", err)
	}
	if c.Revision == 1 {
		return s.insertChange(ctx, tx, c, string(body))
	}
	n, err := changed(ctx, tx, `
		UPDATE changes SET state = $1, is_open = $2, revision = $3, updated = $4, body = $5
		WHERE id = $6 AND request_key = $7 AND revision = $8`,
		string(c.State), isOpen(c), c.Revision, millis(s.now()), string(body), c.ID, c.Request.Key, c.Revision-1)
	if err != nil || n == 1 {
		return err
	}
	var there int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE id = $1`, c.ID).Scan(&there); err != nil {
		return err
	}
	if there == 0 {
		return noChange(c.ID)
	}
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("Change %s was written by somebody else in the meantime.", c.ID),
	}
}

// insertChange stores a new Change and tells a taken key from a taken id.
func (s *Store) insertChange(ctx context.Context, tx *sql.Tx, c gitops.Change, body string) error {
	if err := cmp.Or(storable("change id", c.ID), storable("request key", c.Request.Key)); err != nil {
		return err
	}
	now := millis(s.now())
	n, err := changed(ctx, tx, `
		INSERT INTO changes (id, request_key, repository, state, is_open, revision, created, updated, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT DO NOTHING`,
		c.ID, c.Request.Key, c.Request.Repository, string(c.State), isOpen(c), c.Revision, now, now, body)
	if err != nil || n == 1 {
		return err
	}
	var keys int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE request_key = $1`, c.Request.Key).Scan(&keys); err != nil {
		return err
	}
	if keys > 0 {
		return &gitops.Error{Code: gitops.Conflict, Message: fmt.Sprintf("Request %s has a change already.", c.Request.Key)}
	}
	return &gitops.Error{
		Code:    gitops.Conflict,
		Message: fmt.Sprintf("The id %s belongs to the change of another request.", c.ID),
		Err:     workflow.ErrIDTaken,
	}
}

// settle claims Targets for an open Change, over the claims of those that give
// way, after it has let go of those that it claims no longer; and lets go of all
// that one which has ended had claimed.
func settle(ctx context.Context, tx *sql.Tx, c gitops.Change, w workflow.Write) error {
	if c.State.Ended() {
		_, err := tx.ExecContext(ctx, `DELETE FROM claims WHERE change_id = $1`, c.ID)
		return err
	}
	for _, ref := range slices.SortedFunc(slices.Values(w.Release), compareRefs) {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM claims WHERE repository = $1 AND application = $2 AND environment = $3 AND change_id = $4`,
			ref.Repository, ref.Application, ref.Environment, c.ID)
		if err != nil {
			return fmt.Errorf("let go of %s: %w", ref, err)
		}
	}
	for _, ref := range slices.SortedFunc(slices.Values(w.Claim), compareRefs) {
		var holder string
		// The update changes nothing; without it a conflict returns no row.
		err := tx.QueryRowContext(ctx, `
			INSERT INTO claims (repository, application, environment, change_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (repository, application, environment) DO UPDATE SET change_id = claims.change_id
			RETURNING change_id`,
			ref.Repository, ref.Application, ref.Environment, c.ID).Scan(&holder)
		if err != nil {
			return fmt.Errorf("claim %s: %w", ref, err)
		}
		if slices.Contains(w.Over, holder) {
			_, err := tx.ExecContext(ctx, `
				UPDATE claims SET change_id = $4 WHERE repository = $1 AND application = $2 AND environment = $3`,
				ref.Repository, ref.Application, ref.Environment, c.ID)
			if err != nil {
				return fmt.Errorf("take %s from %s: %w", ref, holder, err)
			}
		} else if holder != c.ID {
			return &workflow.HeldError{Target: ref, Change: holder}
		}
	}
	return nil
}

func compareRefs(a, b gitops.TargetRef) int {
	return cmp.Or(
		cmp.Compare(a.Repository, b.Repository),
		cmp.Compare(a.Application, b.Application),
		cmp.Compare(a.Environment, b.Environment),
	)
}

// isOpen is 1 while the Change's road leads on.
func isOpen(c gitops.Change) int {
	if c.State.Ended() {
		return 0
	}
	return 1
}
