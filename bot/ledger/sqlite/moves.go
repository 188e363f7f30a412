package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Digests returns the digests that have deliveries. An index has them.
func (l deliveries) Digests(ctx context.Context) (map[string]bool, error) {
	found, err := all(ctx, l.database, func(rows *sql.Rows, id *string) error { return rows.Scan(id) }, `SELECT DISTINCT digest FROM deliveries WHERE digest <> ''`)
	ids := make(map[string]bool, len(found))
	for _, id := range found {
		ids[id] = true
	}
	return ids, err
}

// Told returns what deliveries say of digests. Rows are in the order of planning, so it
// ends with the first row that is too old, by a margin of an hour, because clocks are set.
func (l deliveries) Told(ctx context.Context, since time.Time) iter.Seq2[ledger.Told, error] {
	return func(yield func(ledger.Told, error) bool) {
		if err := l.told(ctx, since, func(t ledger.Told) bool { return yield(t, nil) }); err != nil {
			yield(ledger.Told{}, l.wrap(err))
		}
	}
}

func (l deliveries) told(ctx context.Context, since time.Time, yield func(ledger.Told) bool) error {
	rows, err := l.read.QueryContext(ctx, `SELECT d.key, d.digest, d.title, d.subscription, d.slot, d.planned,
		iif(lead.key IS NULL, d.ended, lead.ended) IS NULL, iif(lead.key IS NULL, d.said, lead.said)
		FROM deliveries AS d LEFT JOIN deliveries AS lead ON lead.key = nullif(d.bundle, '')
		WHERE d.digest <> '' ORDER BY d.seq DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	// Many channels have the same texts.
	read := map[string]said{}
	for rows.Next() {
		var t ledger.Told
		var planned time.Time
		var text sql.RawBytes
		if err := rows.Scan(&t.Key, &t.Digest, &t.Title, &t.Subscription, (*moment)(&t.Slot), (*moment)(&planned), &t.Open, &text); err != nil {
			return err
		}
		if planned.Before(since.Add(-time.Hour)) {
			return nil
		}
		all, ok := read[string(text)]
		if !ok {
			if err := all.Scan(string(text)); err != nil {
				return err
			}
			if len(read) == recentLimit {
				clear(read)
			}
			read[string(text)] = all
		}
		if i := slices.IndexFunc(all, func(s ledger.Said) bool { return s.Digest == t.Digest }); i >= 0 {
			t.Said = all[i]
		}
		if !yield(t) {
			return nil
		}
	}
	return rows.Err()
}

// Move reassigns deliveries to other digests.
func (l deliveries) Move(ctx context.Context, moves ...ledger.Move) error {
	return l.wrap(l.update(ctx, func(p *pen) error {
		for _, m := range moves {
			if err := move(p, m); err != nil {
				return err
			}
		}
		return nil
	}))
}

func move(p *pen, m ledger.Move) error {
	var bundle string
	err := p.row([]any{&bundle}, `UPDATE deliveries SET digest = ?, version = version + 1 WHERE key = ? AND digest = ? RETURNING bundle`, m.To, string(m.Key), m.From)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	lead := cmp.Or(bundle, string(m.Key))
	var all said
	if err := p.row([]any{&all}, `SELECT said FROM deliveries WHERE key = ?`, lead); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(s ledger.Said) bool { return s.Digest == m.From }) {
		if _, err := p.exec(`UPDATE deliveries SET said = ?, version = version + 1 WHERE key = ?`, said(m.Moved(all)), lead); err != nil {
			return err
		}
	}
	return nil
}

// Taken returns which of the keys already have deliveries, and the digests of those.
func (l deliveries) Taken(ctx context.Context, keys ...chat.Key) (map[chat.Key]string, error) {
	in, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	type row struct {
		key    chat.Key
		digest string
	}
	found, err := all(ctx, l.database, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.key, &r.digest) },
		`SELECT key, digest FROM deliveries WHERE key IN (SELECT value FROM json_each(?))`, string(in))
	taken := map[chat.Key]string{}
	for _, r := range found {
		taken[r.key] = r.digest
	}
	return taken, err
}
