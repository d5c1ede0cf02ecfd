package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/crash"
)

// Put stores a delivery, raw, and in the same transaction the job that decodes
// it. Once it has returned, the delivery may be acknowledged. New is false
// where the same delivery came before. What GitHub tells waits for what people
// say: nobody sits before it.
func (s *Store) Put(ctx context.Context, d gitops.Delivery) (isNew bool, err error) {
	if err := storable("delivery id", d.ID); err != nil {
		return false, err
	}
	if d.Received.IsZero() {
		d.Received = s.now()
	}
	a := &arrival{delivery: d}
	if s.together != nil {
		err = s.together.Put(ctx, a)[0]
	} else {
		err = s.keep(ctx, []*arrival{a})
	}
	if err != nil {
		return false, fmt.Errorf("store delivery %s: %w", d.ID, err)
	}
	if a.isNew {
		crash.Point("delivery kept")
	}
	return a.isNew, nil
}

// keep stores deliveries and their jobs in one transaction, and says which of
// them are new.
func (s *Store) keep(ctx context.Context, all []*arrival) error {
	var jobs []gitops.Job
	err := s.transact(ctx, func(tx *sql.Tx) error {
		jobs = nil
		for _, a := range all {
			d := a.delivery
			n, err := changed(ctx, tx, `
				INSERT INTO deliveries (id, source, kind, payload, received) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (id) DO NOTHING`,
				d.ID, clean(d.Source), clean(d.Kind), append([]byte{}, d.Payload...), millis(d.Received))
			if err != nil {
				return err
			}
			if a.isNew = n == 1; a.isNew {
				jobs = append(jobs, gitops.Job{Kind: gitops.JobDelivery, Subject: d.ID, Patient: d.Source == "github"})
			}
		}
		return s.enqueue(ctx, tx, jobs)
	})
	if err != nil {
		return err
	}
	s.nudge(jobs)
	return nil
}

// Delivery returns what was put; a gitops.NotFound error where nothing was.
func (s *Store) Delivery(ctx context.Context, id string) (gitops.Delivery, error) {
	d, err := scanUndecoded(s.read.QueryRowContext(ctx, selectDeliveries+` WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return gitops.Delivery{}, noDelivery(id)
	}
	if err != nil {
		return gitops.Delivery{}, fmt.Errorf("read delivery %s: %w", id, err)
	}
	return d.Delivery, nil
}

// Done marks a delivery as processed, and so no longer as undecoded. It comes
// after the processing, never before: a crash in between repeats it.
func (s *Store) Done(ctx context.Context, id string) error {
	return s.mark(ctx, id, `UPDATE deliveries SET done = $1, failed = 0, reason = $2 WHERE id = $3`, "")
}

// Failed marks a delivery as one that could not be decoded, and why. It is
// kept, and listed by Undecoded.
func (s *Store) Failed(ctx context.Context, id, reason string) error {
	return s.mark(ctx, id, `UPDATE deliveries SET failed = $1, reason = $2 WHERE id = $3`, clean(reason))
}

func (s *Store) mark(ctx context.Context, id, query, reason string) error {
	result, err := s.db.ExecContext(ctx, query, millis(s.now()), reason, id)
	if err != nil {
		return fmt.Errorf("mark delivery %s: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, noDelivery(id))
	}
	return nil
}

// Answer keeps what came of a delivery, for a sender that comes back to ask. A
// first answer stays: whoever asked may have read it.
func (s *Store) Answer(ctx context.Context, id, answer string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE deliveries SET answer = $1 WHERE id = $2 AND answer = ''`, clean(answer), id)
	if err != nil {
		return fmt.Errorf("answer delivery %s: %w", id, err)
	}
	crash.Point("delivery answered")
	return nil
}

// Answered returns what Answer kept, empty where there is nothing yet; a
// gitops.NotFound error where no such delivery was put.
func (s *Store) Answered(ctx context.Context, id string) (answer string, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT answer FROM deliveries WHERE id = $1`, id).Scan(&answer)
	if errors.Is(err, sql.ErrNoRows) {
		return "", noDelivery(id)
	}
	if err != nil {
		return "", fmt.Errorf("read the answer to %s: %w", id, err)
	}
	return answer, nil
}

// An Undecoded is a delivery that could not be decoded.
type Undecoded struct {
	gitops.Delivery
	Reason string
	Failed time.Time
}

// Undecoded lists what could not be decoded, newest first.
func (s *Store) Undecoded(ctx context.Context) ([]Undecoded, error) {
	rows, err := s.read.QueryContext(ctx, selectDeliveries+` WHERE failed > 0 ORDER BY failed DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("read what could not be decoded: %w", err)
	}
	return collect(rows, scanUndecoded)
}

const selectDeliveries = `SELECT id, source, kind, payload, received, failed, reason FROM deliveries`

func scanUndecoded(scan func(...any) error) (Undecoded, error) {
	var u Undecoded
	var received, failed int64
	err := scan(&u.ID, &u.Source, &u.Kind, &u.Payload, &received, &failed, &u.Reason)
	u.Received, u.Failed = moment(received), moment(failed)
	return u, err
}

func noDelivery(id string) error {
	return &gitops.Error{Code: gitops.NotFound, Message: fmt.Sprintf("There is no delivery %s.", id)}
}
