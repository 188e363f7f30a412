package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Plan inserts the deliveries whose keys have no row yet, all or none of them.
func (l deliveries) Plan(ctx context.Context, deliveries ...ledger.Delivery) ([]chat.Key, error) {
	var entered []chat.Key
	err := l.update(ctx, func(p *pen) (err error) {
		entered, err = plan(p, deliveries)
		return err
	})
	if err != nil {
		return nil, l.wrap(err)
	}
	return entered, nil
}

func plan(p *pen, deliveries []ledger.Delivery) (entered []chat.Key, err error) {
	for _, d := range deliveries {
		var seq int64
		err := p.row([]any{&seq}, `INSERT INTO deliveries (digest, title, adapter, channel, subscription, style, language, cause, asked_by,
			slot, bundle, planned, ended, since, revised, said, state, reason, next, pause, paused, decisions, version, key)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING seq`,
			append(columns(&d), d.Version, d.Key)...)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it was already planned
		}
		if err != nil {
			return nil, err
		}
		if err := freeze(p, seq, d.Parts, 0); err != nil {
			return nil, err
		}
		entered = append(entered, d.Key)
	}
	return entered, nil
}

// columns returns the values of a delivery's row, except key and version, in the order of
// deliveryNames.
func columns(d *ledger.Delivery) []any {
	return []any{d.Digest, d.Title, d.Channel.Adapter, d.Channel.ID, d.Subscription, d.Style, d.Language, string(d.Cause), d.By,
		moment(d.Slot), string(d.Bundle), moment(d.Planned), moment(d.Ended), moment(d.Since), moment(d.Revised), said(d.Said),
		string(d.State), d.Reason, moment(d.Next), string(d.Refused.Scope), moment(d.Refused.Since), decisions(d.Decisions)}
}

// freeze appends new parts of a delivery to those that it has, including payloads.
func freeze(p *pen, seq int64, parts []ledger.Part, has int) error {
	for i, x := range parts[has:] {
		if _, err := p.exec(`INSERT INTO parts (thread, surplus, state, attempts, first, last, looks, receipt_adapter,
			receipt_channel, receipt_thread, receipt_id, receipt_url, publish, reason, delivery, number, key)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(partColumns(x), seq, has+i+1, x.Key)...); err != nil {
			return err
		}
		if _, err := p.exec(`INSERT INTO payloads (delivery, number, payload) VALUES (?, ?, ?)`,
			seq, has+i+1, x.Payload); err != nil {
			return err
		}
	}
	return nil
}

// partColumns returns the values of a part's row, except its keys, in the order of
// partNames, with spare capacity for the keys.
func partColumns(p ledger.Part) []any {
	return append(make([]any, 0, len(partNames)+3), p.Thread, p.Surplus, string(p.State), p.Attempts, moment(p.First), moment(p.Last), p.Looks, p.Receipt.Channel.Adapter,
		p.Receipt.Channel.ID, p.Receipt.Channel.Thread, p.Receipt.ID, p.Receipt.URL, string(p.Publish), p.Reason)
}

const (
	// save updates a delivery's row if it has the given version and its revised time is
	// unchanged, or may change.
	save = `UPDATE deliveries SET digest = ?1, title = ?2, adapter = ?3, channel = ?4, subscription = ?5, style = ?6, language = ?7,
		cause = ?8, asked_by = ?9, slot = ?10, bundle = ?11, planned = ?12, ended = ?13, since = ?14, revised = ?15, said = ?16,
		state = ?17, reason = ?18, next = ?19, pause = ?20, paused = ?21, decisions = ?22, version = version + 1
		WHERE key = ?23 AND version = ?24 AND (?25 OR revised IS ?15) RETURNING seq, (SELECT count(*) FROM parts WHERE delivery = seq)`

	savePart = `UPDATE parts SET thread = ?, surplus = ?, state = ?, attempts = ?, first = ?, last = ?, looks = ?,
		receipt_adapter = ?, receipt_channel = ?, receipt_thread = ?, receipt_id = ?, receipt_url = ?, publish = ?, reason = ?, key = ?
		WHERE delivery = ? AND number = ?`
)

// Save updates d's row, if the row's version is still d's.
func (l deliveries) Save(ctx context.Context, d *ledger.Delivery) error {
	now, err := rowsOf(d)
	if err != nil {
		return l.wrap(err)
	}
	changes, known := l.recent.changes(&now)
	err = l.update(ctx, func(p *pen) (err error) {
		if !known {
			now.seq, err = rewrite(p, d, now.delivery, now.parts)
			return err
		}
		for i, c := range changes {
			result, err := p.exec(c.query, c.args...)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 && i == 0 {
				return cmp.Or(err, ledger.ErrFenced)
			}
		}
		return nil
	})
	if err != nil {
		return l.wrap(err)
	}
	d.Version++
	l.recent.note(&now, d.State.Ended())
	return nil
}

// rewrite updates all columns of a delivery.
func rewrite(p *pen, d *ledger.Delivery, row []any, parts [][]any) (seq int64, err error) {
	var frozen int
	revised := false
	err = p.row([]any{&seq, &frozen}, save, append(row, d.Key, d.Version, revised)...)
	if errors.Is(err, sql.ErrNoRows) {
		revised = true
		err = p.row([]any{&seq, &frozen}, save, append(row, d.Key, d.Version, revised)...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ledger.ErrFenced
	}
	if err != nil {
		return 0, err
	}
	if len(d.Parts) < frozen || len(d.Parts) > frozen && frozen > 0 && !revised {
		return 0, fmt.Errorf("delivery %s: it has %d parts, but %d were frozen", d.Key, len(d.Parts), frozen)
	}
	for i, values := range parts[:frozen] {
		if _, err := p.exec(savePart, append(values, seq, i+1)...); err != nil {
			return 0, err
		}
	}
	for i, x := range d.Parts[:frozen] {
		if !revised {
			break
		}
		if _, err := p.exec(`UPDATE payloads SET payload = ?1 WHERE delivery = ?2 AND number = ?3 AND payload <> ?1`, x.Payload, seq, i+1); err != nil {
			return 0, err
		}
	}
	return seq, freeze(p, seq, d.Parts, frozen)
}

// Get returns one delivery.
func (l deliveries) Get(ctx context.Context, key chat.Key) (ledger.Delivery, error) {
	found, err := l.query(ctx, true, `WHERE key = ?`, key)
	if err != nil {
		return ledger.Delivery{}, err
	}
	if len(found) == 0 {
		return ledger.Delivery{}, fmt.Errorf("delivery %s: %w", key, ledger.ErrNotFound)
	}
	return found[0], nil
}

// Due returns the turn of the first waiting delivery of each channel, if it is due.
func (l deliveries) Due(ctx context.Context, now time.Time) ([]ledger.Turn, error) {
	return all(ctx, l.database, func(rows *sql.Rows, t *ledger.Turn) error {
		return rows.Scan(&t.Key, &t.Channel.Adapter, &t.Channel.ID, &t.Round)
	}, `SELECT key, adapter, channel,
		(SELECT coalesce(min(number) FILTER (WHERE state NOT IN ('sent', 'gone', 'split')) - 1, count(*)) FROM parts WHERE delivery = seq)
		FROM deliveries WHERE seq IN (SELECT coalesce(min(seq) FILTER (WHERE since IS NULL), min(seq)) FROM deliveries
		WHERE ended IS NULL GROUP BY adapter, channel)
		AND (next IS NULL OR next <= ?) ORDER BY seq`, moment(now))
}

// defaultLimit is the default limit of List and Acts.
const defaultLimit = 100

// List returns deliveries without their payloads, the newest first.
func (l deliveries) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	where, args := `WHERE TRUE`, []any{}
	if q.Adapter != "" {
		where, args = where+` AND adapter = ?`, append(args, q.Adapter)
	}
	if q.Channel != (chat.Channel{}) {
		where, args = where+` AND adapter = ? AND channel = ?`, append(args, q.Channel.Adapter, q.Channel.ID)
	}
	if q.Digest != "" {
		where, args = where+` AND digest = ?`, append(args, q.Digest)
	}
	if len(q.Of) > 0 {
		of, err := json.Marshal(q.Of)
		if err != nil {
			return nil, err
		}
		where, args = where+` AND (digest IN (SELECT value FROM json_each(?)) OR key IN (SELECT bundle FROM deliveries
			WHERE bundle <> '' AND digest IN (SELECT value FROM json_each(?))))`, append(args, string(of), string(of))
	}
	if q.State != "" {
		where, args = where+` AND state = ?`, append(args, q.State)
	}
	if q.Except != "" {
		where, args = where+` AND state <> ?`, append(args, q.Except)
	}
	if !q.From.IsZero() {
		where, args = where+` AND planned >= ?`, append(args, moment(q.From))
	}
	if !q.To.IsZero() {
		where, args = where+` AND planned < ?`, append(args, moment(q.To))
	}
	if q.Subscription != "" {
		where, args = where+` AND subscription = ?`, append(args, q.Subscription)
	}
	if !q.Slot.IsZero() {
		where, args = where+` AND slot = ?`, append(args, moment(q.Slot))
	}
	if q.Bundle != "" {
		where, args = where+` AND bundle = ? AND bundle <> ''`, append(args, q.Bundle) // the second condition is the index's
	}
	if q.Waiting || q.Refused {
		where += ` AND ended IS NULL`
	}
	if q.Refused {
		where += ` AND pause <> ''`
	}
	if !q.Since.IsZero() {
		where, args = where+` AND since >= ?`, append(args, moment(q.Since))
	}
	if q.Before != "" {
		where, args = where+` AND seq < (SELECT seq FROM deliveries WHERE key = ?)`, append(args, q.Before)
	}
	limit := q.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	return l.query(ctx, false, where+` ORDER BY seq DESC LIMIT ?`, append(args, limit)...)
}

// query returns the deliveries that the clauses select, with their parts, from one
// snapshot.
func (l deliveries) query(ctx context.Context, payloads bool, clauses string, args ...any) ([]ledger.Delivery, error) {
	var all []ledger.Delivery
	err := l.view(ctx, func(tx *sql.Tx) error {
		var seqs []int64
		rows, err := tx.QueryContext(ctx, `SELECT seq, key, digest, title, adapter, channel, subscription, style, language, cause,
			asked_by, slot, bundle, state, reason, planned, next, ended, since, revised, said, pause, paused, decisions, version FROM deliveries `+clauses, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var seq int64
			var d ledger.Delivery
			if err := rows.Scan(&seq, &d.Key, &d.Digest, &d.Title, &d.Channel.Adapter, &d.Channel.ID, &d.Subscription, &d.Style,
				&d.Language, &d.Cause, &d.By, (*moment)(&d.Slot), &d.Bundle, &d.State, &d.Reason, (*moment)(&d.Planned),
				(*moment)(&d.Next), (*moment)(&d.Ended), (*moment)(&d.Since), (*moment)(&d.Revised), (*said)(&d.Said),
				&d.Refused.Scope, (*moment)(&d.Refused.Since), (*decisions)(&d.Decisions), &d.Version); err != nil {
				return err
			}
			all, seqs = append(all, d), append(seqs, seq)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return readParts(ctx, tx, payloads, seqs, all)
	})
	if err != nil {
		return nil, l.wrap(err)
	}
	return all, nil
}

// readParts reads the parts of the deliveries with these seqs.
func readParts(ctx context.Context, tx *sql.Tx, payloads bool, seqs []int64, all []ledger.Delivery) error {
	payload, from := `NULL, FALSE`, `parts`
	if payloads {
		payload, from = `payload, payload IS NOT NULL`, `parts LEFT JOIN payloads USING (delivery, number)`
	}
	parts, err := tx.PrepareContext(ctx, `SELECT key, thread, surplus, state, attempts, first, last, looks, receipt_adapter, receipt_channel,
		receipt_thread, receipt_id, receipt_url, publish, reason, `+payload+` FROM `+from+` WHERE delivery = ? ORDER BY number`)
	if err != nil {
		return err
	}
	defer func() { _ = parts.Close() }() // its rows have been read
	for i, seq := range seqs {
		if all[i].Parts, err = partsOf(ctx, parts, seq); err != nil {
			return err
		}
	}
	return nil
}

func partsOf(ctx context.Context, query *sql.Stmt, seq int64) (parts []ledger.Part, err error) {
	rows, err := query.QueryContext(ctx, seq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p ledger.Part
		var has bool
		if err := rows.Scan(&p.Key, &p.Thread, &p.Surplus, &p.State, &p.Attempts, (*moment)(&p.First), (*moment)(&p.Last), &p.Looks,
			&p.Receipt.Channel.Adapter, &p.Receipt.Channel.ID, &p.Receipt.Channel.Thread, &p.Receipt.ID, &p.Receipt.URL, &p.Publish,
			&p.Reason, (*[]byte)(&p.Payload), &has); err != nil {
			return nil, err
		}
		if has && p.Payload == nil {
			p.Payload = chat.Payload{} // an empty payload is not a missing one
		}
		parts = append(parts, p)
	}
	return parts, rows.Err()
}

// Known returns what was posted of the digests in the channels. The text of a delivery that
// was posted with another is in that one.
func (l deliveries) Known(ctx context.Context, channels []chat.Channel, digests ...string) ([]map[string]ledger.Known, error) {
	known, places := make([]map[string]ledger.Known, len(channels)), make([][2]string, len(channels))
	for i, c := range channels {
		known[i], places[i] = map[string]ledger.Known{}, [2]string{c.Adapter, c.ID}
	}
	in, err := json.Marshal(places)
	if err != nil {
		return nil, err
	}
	ids, err := json.Marshal(digests)
	if err != nil {
		return nil, err
	}
	rows, err := l.read.QueryContext(ctx, `SELECT c.key, d.digest, lead.said, lead.ended IS NULL
		FROM json_each(?) AS c CROSS JOIN deliveries AS d ON d.adapter = c.value ->> 0 AND d.channel = c.value ->> 1
		JOIN deliveries AS lead ON lead.key = iif(d.bundle = '', d.key, d.bundle)
		WHERE d.digest IN (SELECT value FROM json_each(?)) ORDER BY d.seq DESC`, string(in), string(ids))
	if err != nil {
		return nil, l.wrap(err)
	}
	defer rows.Close()
	for rows.Next() {
		var channel int
		var id string
		var all said
		var waiting bool
		if err := rows.Scan(&channel, &id, &all, &waiting); err != nil {
			return nil, l.wrap(err)
		}
		k := known[channel][id]
		k.Open = k.Open || waiting && len(all) == 0
		for _, s := range all {
			if s.Digest == id {
				k.Said = append(k.Said, s)
			}
		}
		known[channel][id] = k
	}
	return known, l.wrap(rows.Err())
}
