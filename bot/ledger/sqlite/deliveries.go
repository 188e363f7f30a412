package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Plan enters the deliveries whose keys have no row yet, all or none of them.
func (l *Ledger) Plan(ctx context.Context, deliveries ...ledger.Delivery) ([]chat.Key, error) {
	var entered []chat.Key
	err := l.update(ctx, func(tx *sql.Tx) (err error) {
		entered, err = plan(ctx, tx, deliveries)
		return err
	})
	if err != nil {
		return nil, l.wrap(err)
	}
	return entered, nil
}

func plan(ctx context.Context, tx *sql.Tx, deliveries []ledger.Delivery) (entered []chat.Key, err error) {
	for _, d := range deliveries {
		var seq int64
		err := tx.QueryRowContext(ctx, `INSERT INTO deliveries (digest, title, adapter, channel, subscription, style, language,
			cause, asked_by, slot, state, reason, planned, next, ended, version, key)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING seq`,
			append(columns(&d), d.Version, d.Key)...).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it was planned before
		}
		if err != nil {
			return nil, err
		}
		if err := freeze(ctx, tx, seq, d.Parts); err != nil {
			return nil, err
		}
		entered = append(entered, d.Key)
	}
	return entered, nil
}

// columns are the values of a delivery's row but for key and version.
func columns(d *ledger.Delivery) []any {
	return []any{d.Digest, d.Title, d.Channel.Adapter, d.Channel.ID, d.Subscription, d.Style, d.Language, d.Cause, d.By,
		moment(d.Slot), d.State, d.Reason, moment(d.Planned), moment(d.Next), moment(d.Ended)}
}

// freeze writes the parts of a delivery, payloads included, for the first time.
func freeze(ctx context.Context, tx *sql.Tx, seq int64, parts []ledger.Part) error {
	for i, p := range parts {
		if _, err := tx.ExecContext(ctx, `INSERT INTO parts (state, attempts, first, last, receipt_adapter, receipt_channel,
			receipt_id, receipt_url, reason, delivery, number, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(partColumns(p), seq, i+1, p.Key)...); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO payloads (delivery, number, payload) VALUES (?, ?, ?)`,
			seq, i+1, p.Payload); err != nil {
			return err
		}
	}
	return nil
}

// partColumns are the values of a part's row that change.
func partColumns(p ledger.Part) []any {
	return []any{p.State, p.Attempts, moment(p.First), moment(p.Last), p.Receipt.Channel.Adapter, p.Receipt.Channel.ID,
		p.Receipt.ID, p.Receipt.URL, p.Reason}
}

// Save writes d over its row, if the row's version is still d's.
func (l *Ledger) Save(ctx context.Context, d *ledger.Delivery) error {
	err := l.update(ctx, func(tx *sql.Tx) error {
		var seq int64
		err := tx.QueryRowContext(ctx, `UPDATE deliveries SET digest = ?, title = ?, adapter = ?, channel = ?, subscription = ?,
			style = ?, language = ?, cause = ?, asked_by = ?, slot = ?, state = ?, reason = ?, planned = ?, next = ?, ended = ?,
			version = version + 1 WHERE version = ? AND key = ? RETURNING seq`,
			append(columns(d), d.Version, d.Key)...).Scan(&seq)
		if errors.Is(err, sql.ErrNoRows) {
			return ledger.ErrFenced
		}
		if err != nil {
			return err
		}
		var frozen int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM parts WHERE delivery = ?`, seq).Scan(&frozen); err != nil {
			return err
		}
		if frozen == 0 {
			return freeze(ctx, tx, seq, d.Parts)
		}
		if frozen != len(d.Parts) {
			return fmt.Errorf("delivery %s: it has %d parts, but %d were frozen", d.Key, len(d.Parts), frozen)
		}
		for i, p := range d.Parts {
			if _, err := tx.ExecContext(ctx, `UPDATE parts SET state = ?, attempts = ?, first = ?, last = ?, receipt_adapter = ?,
				receipt_channel = ?, receipt_id = ?, receipt_url = ?, reason = ? WHERE delivery = ? AND number = ?`,
				append(partColumns(p), seq, i+1)...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return l.wrap(err)
	}
	d.Version++
	return nil
}

// Get reads one delivery.
func (l *Ledger) Get(ctx context.Context, key chat.Key) (ledger.Delivery, error) {
	found, err := l.deliveries(ctx, true, `WHERE key = ?`, key)
	if err != nil {
		return ledger.Delivery{}, err
	}
	if len(found) == 0 {
		return ledger.Delivery{}, fmt.Errorf("delivery %s: %w", key, ledger.ErrNotFound)
	}
	return found[0], nil
}

// Due reads the first delivery that waits in each channel, if it is to be woken
// by now.
func (l *Ledger) Due(ctx context.Context, now time.Time) ([]ledger.Delivery, error) {
	return l.deliveries(ctx, true, `WHERE seq IN (SELECT min(seq) FROM deliveries
		WHERE state IN ('planned', 'sending', 'in doubt') GROUP BY adapter, channel)
		AND (next IS NULL OR next <= ?) ORDER BY seq`, moment(now))
}

// defaultLimit is how many deliveries List reads at most if nobody says.
const defaultLimit = 100

// List reads deliveries without their payloads, the newest first.
func (l *Ledger) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	where, args := `WHERE TRUE`, []any{}
	if q.Channel != (chat.Channel{}) {
		where, args = where+` AND adapter = ? AND channel = ?`, append(args, q.Channel.Adapter, q.Channel.ID)
	}
	if q.Digest != "" {
		where, args = where+` AND digest = ?`, append(args, q.Digest)
	}
	if q.State != "" {
		where, args = where+` AND state = ?`, append(args, q.State)
	}
	if q.Subscription != "" {
		where, args = where+` AND subscription = ?`, append(args, q.Subscription)
	}
	if !q.Slot.IsZero() {
		where, args = where+` AND slot = ?`, append(args, moment(q.Slot))
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	return l.deliveries(ctx, false, where+` ORDER BY seq DESC LIMIT ?`, append(args, limit)...)
}

// deliveries reads the rows that the clauses choose, with their parts, all of
// one moment.
func (l *Ledger) deliveries(ctx context.Context, payloads bool, clauses string, args ...any) ([]ledger.Delivery, error) {
	var all []ledger.Delivery
	err := l.view(ctx, func(tx *sql.Tx) error {
		var seqs []int64
		rows, err := tx.QueryContext(ctx, `SELECT seq, key, digest, title, adapter, channel, subscription, style, language, cause,
			asked_by, slot, state, reason, planned, next, ended, version FROM deliveries `+clauses, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var seq int64
			var d ledger.Delivery
			if err := rows.Scan(&seq, &d.Key, &d.Digest, &d.Title, &d.Channel.Adapter, &d.Channel.ID, &d.Subscription, &d.Style,
				&d.Language, &d.Cause, &d.By, (*moment)(&d.Slot), &d.State, &d.Reason, (*moment)(&d.Planned), (*moment)(&d.Next),
				(*moment)(&d.Ended), &d.Version); err != nil {
				return err
			}
			all, seqs = append(all, d), append(seqs, seq)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for i, seq := range seqs {
			if all[i].Parts, err = readParts(ctx, tx, seq, payloads); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, l.wrap(err)
	}
	return all, nil
}

func readParts(ctx context.Context, tx *sql.Tx, seq int64, payloads bool) ([]ledger.Part, error) {
	query := `SELECT key, state, attempts, first, last, receipt_adapter, receipt_channel, receipt_id, receipt_url, reason, NULL
		FROM parts WHERE delivery = ? ORDER BY number`
	if payloads {
		query = `SELECT key, state, attempts, first, last, receipt_adapter, receipt_channel, receipt_id, receipt_url, reason, payload
			FROM parts JOIN payloads USING (delivery, number) WHERE delivery = ? ORDER BY number`
	}
	rows, err := tx.QueryContext(ctx, query, seq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var parts []ledger.Part
	for rows.Next() {
		var p ledger.Part
		if err := rows.Scan(&p.Key, &p.State, &p.Attempts, (*moment)(&p.First), (*moment)(&p.Last), &p.Receipt.Channel.Adapter,
			&p.Receipt.Channel.ID, &p.Receipt.ID, &p.Receipt.URL, &p.Reason, (*[]byte)(&p.Payload)); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, rows.Err()
}

// Known reads the IDs of the digests that have a delivery to the channel.
func (l *Ledger) Known(ctx context.Context, channel chat.Channel) (map[string]bool, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT DISTINCT digest FROM deliveries WHERE adapter = ? AND channel = ?`,
		channel.Adapter, channel.ID)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var digest string
		if err := rows.Scan(&digest); err != nil {
			return nil, l.wrap(err)
		}
		known[digest] = true
	}
	return known, l.wrap(rows.Err())
}
