package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/changebot/changebot/gitops"
	"github.com/changebot/changebot/gitops/effect"
)

// self is the actor of what changebot does on its own.
const self = "changebot"

// Intend records that an act is about to be done, unless that stands there
// already, and returns what stands. It is refused with gitops.Conflict where
// the lease has run out or passed on.
func (s *Store) Intend(ctx context.Context, lease gitops.Lease, intent effect.Intent) (effect.Record, error) {
	var record effect.Record
	err := s.effect(ctx, lease, intent, func(tx *sql.Tx, standing effect.Record) error {
		record = standing
		if !standing.New {
			return nil
		}
		return s.journal(ctx, tx, intent.Change, gitops.Entry{
			Kind: gitops.EntryIntent, Key: intent.Key, Text: intent.Text,
		})
	})
	return record, err
}

// Holds returns until when the lease is held, renewals counted; a
// gitops.Conflict error where it has run out or passed on.
func (s *Store) Holds(ctx context.Context, lease gitops.Lease) (until time.Time, err error) {
	var expires int64
	err = s.read.QueryRowContext(ctx, `SELECT expires FROM leases WHERE name = $1 AND fence = $2 AND expires > $3`,
		lease.Name, lease.Fence, millis(s.now())).Scan(&expires)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, lost(lease)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("check lease %s: %w", lease.Name, err)
	}
	return moment(expires), nil
}

// Conclude records the outcome of an intent. A second outcome for the same key
// is ignored; one without an intent is refused, as is a lease that has run out
// or passed on.
func (s *Store) Conclude(ctx context.Context, lease gitops.Lease, intent effect.Intent, outcome json.RawMessage) error {
	if outcome == nil {
		outcome = json.RawMessage("null")
	}
	return s.effect(ctx, lease, intent, func(tx *sql.Tx, standing effect.Record) error {
		if standing.New {
			return &gitops.Error{Code: gitops.Internal, Message: fmt.Sprintf("%s has an outcome but was never intended.", intent.Key)}
		}
		if standing.Outcome != nil {
			return nil
		}
		return s.journal(ctx, tx, intent.Change, gitops.Entry{
			Kind: gitops.EntryOutcome, Key: intent.Key, Text: intent.Text, Data: outcome,
		})
	})
}

// effect runs do in a transaction in which the lease is good and nobody else
// writes to the Change's journal, with what stands there of the act.
func (s *Store) effect(ctx context.Context, lease gitops.Lease, intent effect.Intent, do func(*sql.Tx, effect.Record) error) error {
	if err := storable("effect's key", intent.Key); err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := s.fence(ctx, tx, lease); err != nil {
			return err
		}
		if err := s.lock(ctx, tx, journalOf(intent.Change)); err != nil {
			return err
		}
		standing, err := s.standing(ctx, tx, intent)
		if err != nil {
			return fmt.Errorf("read what stands of %s: %w", intent.Key, err)
		}
		return do(tx, standing)
	})
}

// standing reads what the journal holds of an act.
func (s *Store) standing(ctx context.Context, tx *sql.Tx, intent effect.Intent) (effect.Record, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT kind, at, data FROM journal
		WHERE change_id = $1 AND effect_key = $2 AND kind IN ('intent', 'outcome')`, intent.Change, intent.Key)
	if err != nil {
		return effect.Record{}, err
	}
	type half struct {
		kind, data string
		at         int64
	}
	halves, err := collect(rows, func(scan func(...any) error) (half, error) {
		var h half
		return h, scan(&h.kind, &h.at, &h.data)
	})
	record := effect.Record{New: len(halves) == 0}
	for _, h := range halves {
		if h.kind == string(gitops.EntryOutcome) {
			record.Outcome = json.RawMessage(h.data)
		} else {
			record.Age = s.now().Sub(moment(h.at))
		}
	}
	return record, err
}

// Entries returns the journal of a Change, in order.
func (s *Store) Entries(ctx context.Context, change string) ([]gitops.Entry, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT change_id, seq, at, kind, actor, effect_key, sentence, data, prev, hash
		FROM journal WHERE change_id = $1 ORDER BY seq`, change)
	if err != nil {
		return nil, fmt.Errorf("read the journal of %s: %w", change, err)
	}
	return collect(rows, scanEntry)
}

func scanEntry(scan func(...any) error) (gitops.Entry, error) {
	var e gitops.Entry
	var at int64
	var data string
	err := scan(&e.Change, &e.Seq, &at, &e.Kind, &e.Actor, &e.Key, &e.Text, &data, &e.Prev, &e.Hash)
	e.At = moment(at)
	if data != "" {
		e.Data = json.RawMessage(data)
	}
	return e, err
}

// journal appends entries to a Change's journal. It numbers and chains them;
// what they do not say is now and changebot itself.
func (s *Store) journal(ctx context.Context, tx *sql.Tx, change string, entries ...gitops.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := storable("journal's name", change); err != nil {
		return err
	}
	if err := s.lock(ctx, tx, journalOf(change)); err != nil {
		return err
	}
	var seq int64
	var prev string
	err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM journal WHERE change_id = $1 ORDER BY seq DESC LIMIT 1`, change).Scan(&seq, &prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the end of the journal: %w", err)
	}
	for _, e := range entries {
		seq++
		e.Change, e.Seq, e.Prev = change, seq, prev
		if e, err = s.appendEntry(ctx, tx, e); err != nil {
			return fmt.Errorf("journal entry %d: %w", seq, err)
		}
		prev = e.Hash
	}
	return nil
}

// appendEntry makes one entry fit, hashes it as it will be read, and stores it.
func (s *Store) appendEntry(ctx context.Context, tx *sql.Tx, e gitops.Entry) (gitops.Entry, error) {
	if len(e.Data) > 0 && !json.Valid(e.Data) {
		return e, errors.New("its data is not JSON")
	}
	if e.At.IsZero() {
		e.At = s.now()
	}
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Actor = clean(cmp.Or(e.Actor, self))
	e.Text = clean(e.Text)
	e.Key = clean(e.Key)
	e.Data = json.RawMessage(clean(string(e.Data)))
	e.Hash = e.Chain()
	_, err := tx.ExecContext(ctx, `
		INSERT INTO journal (change_id, seq, at, kind, actor, effect_key, sentence, data, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.Change, e.Seq, millis(e.At), string(e.Kind), e.Actor, e.Key, e.Text, string(e.Data), e.Prev, e.Hash)
	return e, err
}

func journalOf(change string) string { return "journal/" + change }
