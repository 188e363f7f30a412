package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Plan inserts the deliveries whose keys have no row yet, all or none of them.
func (l deliveries) Plan(ctx context.Context, deliveries ...ledger.Delivery) (entered []chat.Key, err error) {
	err = l.planning(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		entered, err = l.plan(ctx, tx, deliveries)
		return err
	})
	if err != nil {
		return nil, l.wrap(err)
	}
	return entered, nil
}

// chunk is the number of deliveries that one statement plans.
const chunk = 1000

// enter inserts rows with their parts, and returns the keys of the inserted ones.
var enter = fmt.Sprintf(`WITH new AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r(place integer, key text, version bigint, %[1]s, parts json)),
	entered AS (INSERT INTO digestbot.deliveries (key, version, %[2]s) SELECT key, version, %[2]s FROM new ORDER BY place
		ON CONFLICT (key) DO NOTHING RETURNING seq, key),
	theirs AS MATERIALIZED (SELECT e.seq, p.* FROM entered AS e JOIN new USING (key), json_to_recordset(new.parts) AS p(%[3]s, payload text)),
	frozen AS (INSERT INTO digestbot.parts (delivery, %[4]s) SELECT seq, %[4]s FROM theirs),
	kept AS (INSERT INTO digestbot.payloads (delivery, number, payload) SELECT seq, number, decode(payload, 'base64') FROM theirs WHERE payload IS NOT NULL)
	SELECT key FROM entered ORDER BY seq`, deliveryColumns, deliveryColumns.of(""), partColumns, partColumns.of(""))

// plan inserts deliveries in a transaction that excludes other planners.
func (l *database) plan(ctx context.Context, tx pgx.Tx, deliveries []ledger.Delivery) (entered []chat.Key, err error) {
	var rows []row
	var wakes []Wake
	named := map[string]bool{}
	for i := range deliveries {
		r, err := wholeRowOf(&deliveries[i])
		if err != nil {
			return nil, err
		}
		if r.Place = i; !named[r.Key] {
			rows, named[r.Key] = append(rows, r), true
		}
	}
	for some := range slices.Chunk(rows, chunk) {
		text, err := json.Marshal(some)
		if err != nil {
			return nil, err
		}
		found, err := tx.Query(ctx, enter, string(text))
		if err != nil {
			return nil, err
		}
		if entered, err = pgx.AppendRows(entered, found, pgx.RowTo[chat.Key]); err != nil {
			return nil, err
		}
	}
	if l.Wake == nil {
		return entered, nil
	}
	fresh := map[chat.Key]bool{}
	for _, key := range entered {
		fresh[key] = true
	}
	for i := range deliveries {
		if d := &deliveries[i]; fresh[d.Key] && d.Ended.IsZero() {
			wakes = append(wakes, wakeOf(d))
			delete(fresh, d.Key)
		}
	}
	return entered, l.wake(ctx, tx, wakes...)
}

func wakeOf(d *ledger.Delivery) Wake { return Wake{d.Key, d.Channel.Adapter, d.Next} }

// wake reports deliveries that wait, if Wake is set.
func (l *database) wake(ctx context.Context, tx pgx.Tx, wakes ...Wake) error {
	if l.Wake == nil || len(wakes) == 0 {
		return nil
	}
	return l.Wake(ctx, tx, wakes)
}

// save updates the row of a delivery, if it has the given version, and those of its parts
// that have changed. It returns the row's seq, whether it was revised, and how many parts
// it had; nothing, if it has another version.
var save = fmt.Sprintf(`WITH new AS (SELECT * FROM json_to_record($1::json) AS r(key text, version bigint, %[1]s, parts json)),
	was AS (SELECT d.seq, d.revised, (SELECT count(*) FROM digestbot.parts WHERE delivery = d.seq) AS frozen
		FROM digestbot.deliveries AS d JOIN new ON d.key = new.key AND d.version = new.version FOR UPDATE OF d),
	changed AS (UPDATE digestbot.deliveries AS d SET version = d.version + 1, (%[2]s) = ROW(%[3]s) FROM new, was WHERE d.seq = was.seq),
	frozen AS (INSERT INTO digestbot.parts AS p (delivery, %[4]s) SELECT was.seq, %[5]s FROM was, new, json_to_recordset(new.parts) AS q(%[6]s)
		ON CONFLICT (delivery, number) DO UPDATE SET (%[4]s) = ROW(%[7]s) WHERE (%[8]s) IS DISTINCT FROM (%[7]s))
	SELECT was.seq, was.revised IS DISTINCT FROM new.revised, was.frozen FROM was, new`,
	deliveryColumns, deliveryColumns.of(""), deliveryColumns.of("new"), partColumns.of(""), partColumns.of("q"), partColumns, partColumns.of("excluded"), partColumns.of("p"))

// savePayloads upserts the payloads of a delivery that have changed.
const savePayloads = `INSERT INTO digestbot.payloads AS p (delivery, number, payload)
	SELECT $1, number, decode(payload, 'base64') FROM json_to_recordset($2::json) AS q(number integer, payload text) WHERE payload IS NOT NULL
	ON CONFLICT (delivery, number) DO UPDATE SET payload = excluded.payload WHERE p.payload <> excluded.payload`

// Save updates d's row, if the row's version is still d's, and if d is not a promise that
// Guard forbids.
func (l deliveries) Save(ctx context.Context, d *ledger.Delivery) error {
	row, err := rowOf(d)
	if err != nil {
		return l.wrap(err)
	}
	text, err := json.Marshal(row)
	if err != nil {
		return l.wrap(err)
	}
	err = l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var seq int64
		var frozen int
		var revised bool
		held := true
		batch := &pgx.Batch{}
		if guard := l.guard.Load(); guard != nil && d.State == ledger.Sending {
			guard.check(batch, d.Channel.Adapter, &held)
		}
		batch.Queue(save, string(text)).QueryRow(func(row pgx.Row) error { return row.Scan(&seq, &revised, &frozen) })
		err := tx.SendBatch(ctx, batch).Close()
		if errors.Is(err, pgx.ErrNoRows) || !held && err == nil {
			return ledger.ErrFenced
		}
		if err != nil {
			return err
		}
		if len(d.Parts) < frozen || len(d.Parts) > frozen && frozen > 0 && !revised {
			return fmt.Errorf("delivery %s: it has %d parts, but %d were frozen", d.Key, len(d.Parts), frozen)
		}
		if revised || frozen < len(d.Parts) {
			if err := keep(ctx, tx, seq, d); err != nil {
				return err
			}
		}
		if d.State == ledger.Planned || d.State == ledger.InDoubt {
			return l.wake(ctx, tx, wakeOf(d))
		}
		return nil
	})
	if err != nil {
		return l.wrap(err)
	}
	d.Version++
	return nil
}

// keep writes the payloads of d.
func keep(ctx context.Context, tx pgx.Tx, seq int64, d *ledger.Delivery) error {
	row, err := wholeRowOf(d)
	if err != nil {
		return err
	}
	text, err := json.Marshal(row.Parts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, savePayloads, seq, string(text))
	return err
}

// Get returns one delivery.
func (l deliveries) Get(ctx context.Context, key chat.Key) (ledger.Delivery, error) {
	found, err := l.query(ctx, selectWhole, `WHERE d.key = $1`, string(key))
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
	return all(ctx, l.database, func(row pgx.CollectableRow, t *ledger.Turn) error {
		return row.Scan(&t.Key, &t.Channel.Adapter, &t.Channel.ID, &t.Round)
	}, `SELECT key, adapter, channel,
		(SELECT coalesce(min(number) FILTER (WHERE state NOT IN ('sent', 'gone')) - 1, count(*)) FROM digestbot.parts WHERE delivery = seq)
		FROM (SELECT DISTINCT ON (adapter, channel) seq, key, adapter, channel, next FROM digestbot.deliveries
			WHERE ended IS NULL ORDER BY adapter, channel, (since IS NOT NULL), seq) AS first
		WHERE next IS NULL OR next <= $1 ORDER BY seq`, moment(now))
}

// defaultLimit is the default limit of List and Acts.
const defaultLimit = 100

// limit returns the LIMIT of a query; nil is all.
func limit(n int) any {
	switch {
	case n == 0:
		return defaultLimit
	case n < 0:
		return nil
	}
	return n
}

// List returns deliveries without their payloads, the newest first.
func (l deliveries) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	where, args := `WHERE TRUE`, []any{}
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprint("$", len(args)), 1)
		}
		where += ` AND ` + condition
	}
	if q.Adapter != "" {
		and(`d.adapter = ?`, q.Adapter)
	}
	if q.Channel != (chat.Channel{}) {
		and(`d.adapter = ? AND d.channel = ?`, q.Channel.Adapter, q.Channel.ID)
	}
	if q.Digest != "" {
		and(`d.digest = ?`, q.Digest)
	}
	if len(q.Of) > 0 {
		and(`(d.digest = ANY(?) OR d.key IN (SELECT bundle FROM digestbot.deliveries WHERE bundle <> '' AND digest = ANY(?)))`, q.Of, q.Of)
	}
	if q.State != "" {
		and(`d.state = ?`, string(q.State))
	}
	if q.Except != "" {
		and(`d.state <> ?`, string(q.Except))
	}
	if !q.From.IsZero() {
		and(`d.planned >= ?`, moment(q.From))
	}
	if !q.To.IsZero() {
		and(`d.planned < ?`, moment(q.To))
	}
	if q.Subscription != "" {
		and(`d.subscription = ?`, q.Subscription)
	}
	if !q.Slot.IsZero() {
		and(`d.slot = ?`, moment(q.Slot))
	}
	if q.Bundle != "" {
		and(`d.bundle = ? AND d.bundle <> ''`, string(q.Bundle)) // the second condition is the index's
	}
	if q.Waiting || q.Refused {
		and(`d.ended IS NULL`)
	}
	if q.Refused {
		and(`d.pause <> ''`)
	}
	if !q.Since.IsZero() {
		and(`d.since >= ?`, moment(q.Since))
	}
	if q.Before != "" {
		and(`d.seq < (SELECT seq FROM digestbot.deliveries WHERE key = ?)`, string(q.Before))
	}
	args = append(args, limit(q.Limit))
	return l.query(ctx, selectState, fmt.Sprintf(`%s ORDER BY d.seq DESC LIMIT $%d`, where, len(args)), args...)
}

// query returns the deliveries that the clauses select, with their parts, from one
// snapshot.
func (l deliveries) query(ctx context.Context, query, clauses string, args ...any) ([]ledger.Delivery, error) {
	return all(ctx, l.database, func(found pgx.CollectableRow, d *ledger.Delivery) error {
		var r row
		err := found.Scan(&r)
		*d = r.delivery()
		return err
	}, fmt.Sprintf(query, clauses), args...)
}

// Known returns what was posted of the digests in the channels. The text of a delivery that
// was posted with another is in that one.
func (l deliveries) Known(ctx context.Context, channels []chat.Channel, digests ...string) ([]map[string]ledger.Known, error) {
	known := make([]map[string]ledger.Known, len(channels))
	for i := range channels {
		known[i] = map[string]ledger.Known{}
	}
	type told struct {
		channel int
		digest  string
		said    string
		waiting bool
	}
	adapters, ids := columnsOf(channels)
	found, err := all(ctx, l.database, func(row pgx.CollectableRow, t *told) error {
		return row.Scan(&t.channel, &t.digest, &t.said, &t.waiting)
	}, `SELECT c.place - 1, d.digest, lead.said, lead.ended IS NULL
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS c(adapter, channel, place)
		JOIN digestbot.deliveries AS d ON d.adapter = c.adapter AND d.channel = c.channel AND d.digest = ANY($3)
		JOIN digestbot.deliveries AS lead ON lead.key = CASE d.bundle WHEN '' THEN d.key ELSE d.bundle END ORDER BY d.seq DESC`, adapters, ids, digests)
	if err != nil {
		return nil, err
	}
	for _, t := range found {
		said, k := listed[ledger.Said](t.said), known[t.channel][t.digest]
		k.Open = k.Open || t.waiting && len(said) == 0
		for _, s := range said {
			if s.Digest == t.digest {
				k.Said = append(k.Said, s)
			}
		}
		known[t.channel][t.digest] = k
	}
	return known, nil
}

// columnsOf returns the adapters of channels and their ids.
func columnsOf(channels []chat.Channel) (adapters, ids []string) {
	adapters, ids = make([]string, len(channels)), make([]string, len(channels))
	for i, c := range channels {
		adapters[i], ids[i] = c.Adapter, c.ID
	}
	return adapters, ids
}
