package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Digests returns the digests that have deliveries. An index has them.
func (l deliveries) Digests(ctx context.Context) (map[string]bool, error) {
	found, err := all(ctx, l.database, func(row pgx.CollectableRow, id *string) error { return row.Scan(id) },
		`SELECT DISTINCT digest FROM digestbot.deliveries WHERE digest <> ''`)
	ids := make(map[string]bool, len(found))
	for _, id := range found {
		ids[id] = true
	}
	return ids, err
}

// toldPage is the number of rows per query: a slow consumer must not occupy a connection.
const toldPage = 500

// Told returns what deliveries say of digests. Rows are in the order of planning, so it
// ends with the first row that is too old, by a margin of an hour, because clocks are set
// and differ.
func (l deliveries) Told(ctx context.Context, since time.Time) iter.Seq2[ledger.Told, error] {
	type row struct {
		ledger.Told
		seq     int64
		planned moment
		said    string
	}
	return func(yield func(ledger.Told, error) bool) {
		before := int64(math.MaxInt64)
		// Many channels have the same texts.
		read := map[string][]ledger.Said{}
		for {
			page, err := all(ctx, l.database, func(found pgx.CollectableRow, r *row) error {
				return found.Scan(&r.seq, &r.Key, &r.Digest, &r.Title, &r.Subscription, (*moment)(&r.Slot), &r.planned, &r.Open, &r.said)
			}, `SELECT d.seq, d.key, d.digest, d.title, d.subscription, d.slot, d.planned,
				CASE WHEN lead.key IS NULL THEN d.ended ELSE lead.ended END IS NULL, CASE WHEN lead.key IS NULL THEN d.said ELSE lead.said END
				FROM digestbot.deliveries AS d LEFT JOIN digestbot.deliveries AS lead ON lead.key = nullif(d.bundle, '')
				WHERE d.digest <> '' AND d.seq < $1 ORDER BY d.seq DESC LIMIT $2`, before, toldPage)
			if err != nil {
				yield(ledger.Told{}, err)
				return
			}
			clear(read)
			for _, r := range page {
				if time.Time(r.planned).Before(since.Add(-time.Hour)) {
					return
				}
				said, ok := read[r.said]
				if !ok {
					said = listed[ledger.Said](r.said)
					read[r.said] = said
				}
				if i := slices.IndexFunc(said, func(s ledger.Said) bool { return s.Digest == r.Digest }); i >= 0 {
					r.Said = said[i]
				}
				if !yield(r.Told, nil) {
					return
				}
			}
			if len(page) < toldPage {
				return
			}
			before = page[len(page)-1].seq
		}
	}
}

// moving has the columns of a delivery that a move may change.
type moving struct {
	Key     string `json:"key"`
	Digest  string `json:"digest"`
	Said    string `json:"said"`
	bundle  string
	changed bool
}

// Move reassigns deliveries to other digests.
func (l deliveries) Move(ctx context.Context, moves ...ledger.Move) error {
	keys := make([]string, len(moves))
	for i, m := range moves {
		keys[i] = clean(string(m.Key))
	}
	return l.wrap(l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := l.guard.Load().plans(ctx, tx); err != nil {
			return err
		}
		// All rows are locked at once and in one order, so that concurrent moves do not
		// deadlock.
		rows, err := tx.Query(ctx, `SELECT key, digest, said, bundle FROM digestbot.deliveries WHERE key = ANY($1)
			OR key IN (SELECT bundle FROM digestbot.deliveries WHERE key = ANY($1) AND bundle <> '') ORDER BY seq FOR UPDATE`, keys)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*moving, error) {
			m := &moving{}
			return m, row.Scan(&m.Key, &m.Digest, &m.Said, &m.bundle)
		})
		if err != nil {
			return err
		}
		byKey := make(map[string]*moving, len(found))
		for _, m := range found {
			byKey[m.Key] = m
		}
		for i, m := range moves {
			m.From, m.To = clean(m.From), clean(m.To)
			if err := move(byKey, keys[i], m); err != nil {
				return err
			}
		}
		text, err := json.Marshal(slices.DeleteFunc(found, func(m *moving) bool { return !m.changed }))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE digestbot.deliveries AS d SET digest = m.digest, said = m.said, version = version + 1
			FROM json_to_recordset($1::json) AS m(key text, digest text, said text) WHERE d.key = m.key`, string(text))
		return err
	}))
}

// move makes one move among the deliveries by their keys.
func move(byKey map[string]*moving, key string, m ledger.Move) error {
	d := byKey[key]
	if d == nil || d.Digest != m.From {
		return nil
	}
	d.Digest, d.changed = m.To, true
	lead := byKey[cmp.Or(d.bundle, key)]
	if lead == nil {
		return nil // as in a damaged ledger
	}
	said := listed[ledger.Said](lead.Said)
	if !slices.ContainsFunc(said, func(s ledger.Said) bool { return s.Digest == m.From }) {
		return nil
	}
	text, err := list(m.Moved(said))
	lead.Said, lead.changed = text, true
	return err
}

// Taken returns which of the keys already have deliveries, and the digests of those.
func (l deliveries) Taken(ctx context.Context, keys ...chat.Key) (map[chat.Key]string, error) {
	in := make([]string, len(keys))
	for i, key := range keys {
		in[i] = string(key)
	}
	type row struct {
		key    chat.Key
		digest string
	}
	found, err := all(ctx, l.database, func(found pgx.CollectableRow, r *row) error { return found.Scan(&r.key, &r.digest) },
		`SELECT key, digest FROM digestbot.deliveries WHERE key = ANY($1)`, in)
	taken := map[chat.Key]string{}
	for _, r := range found {
		taken[r.key] = r.digest
	}
	return taken, err
}
