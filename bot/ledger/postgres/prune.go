package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/ledger"
)

// batch is the number of rows that are removed in one transaction.
const batch = 100

// Prune removes the deliveries and the slots that ended before the given time, and what was
// recorded and seen before it, a few per transaction, so that other writers get their turn.
// It returns how many posts it removed; deliveries that were posted with them are removed,
// too. These stay, whenever they ended:
//
//   - held deliveries, because an admin may release them;
//   - deliveries of a digest that has no day, or a later one, or for which nothing
//     was recorded: the digest may still be due, and would be posted again;
//   - what is posted with a delivery that stays;
//   - the last slot of each subscription.
//
// It also removes claims that have ended, and leases without a holder for a day: each
// process leaves some under its own name. Several replicas may prune at once.
func (l *database) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	for last := int64(0); ; {
		found, err := l.ended(ctx, before, last)
		if err != nil {
			return removed, err
		}
		if len(found) > 0 {
			last = found[len(found)-1].seq
		}
		n, err := l.pruneDeliveries(ctx, slices.DeleteFunc(slices.Clone(found), func(e ended) bool { return !e.over(before) }))
		removed += n
		if err != nil {
			return removed, l.wrap(err)
		}
		if len(found) < batch {
			break
		}
	}
	for _, rest := range []struct {
		statement string
		args      []any
	}{
		{`DELETE FROM digestbot.slots WHERE (subscription, at) IN (SELECT subscription, at FROM digestbot.slots AS old
			WHERE closed < $2 AND outcome NOT IN ('', 'posting')
			AND at < (SELECT max(at) FROM digestbot.slots WHERE subscription = old.subscription) LIMIT $1 FOR UPDATE SKIP LOCKED)`, []any{batch, moment(before)}},
		{`DELETE FROM digestbot.acts WHERE seq IN (SELECT seq FROM digestbot.acts WHERE at < $2 ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED)`, []any{batch, moment(before)}},
		{`DELETE FROM digestbot.seen WHERE digest IN (SELECT digest FROM digestbot.seen WHERE at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED)`, []any{batch, moment(before)}},
		{`DELETE FROM digestbot.claims WHERE key IN (SELECT key FROM digestbot.claims WHERE until <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)`, []any{batch}},
		{`DELETE FROM digestbot.leases WHERE name IN (SELECT name FROM digestbot.leases WHERE until < clock_timestamp() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED)`, []any{batch}},
	} {
		for more := true; more; {
			if more, err = l.change(ctx, rest.statement, rest.args...); err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}

// ended is a delivery that has ended.
type ended struct {
	seq, version int64
	cause, said  string
}

// ended returns a batch of deliveries with seqs after last that ended before the given time
// and may be removed.
func (l *database) ended(ctx context.Context, before time.Time, last int64) ([]ended, error) {
	return all(ctx, l, func(row pgx.CollectableRow, e *ended) error { return row.Scan(&e.seq, &e.version, &e.cause, &e.said) },
		`SELECT seq, version, cause, said FROM digestbot.deliveries
		WHERE seq > $1 AND ended < $2 AND bundle = '' AND state IN ('sent', 'failed', 'skipped') ORDER BY seq LIMIT $3`, last, moment(before), batch)
}

// over reports whether none of its digests can be due any more. If what it said cannot be
// read, or was not recorded, it may have been of any digest.
func (e ended) over(before time.Time) bool {
	switch ledger.Cause(e.cause) {
	case ledger.ForNotice, ledger.ForFollow:
		return true
	}
	var said []ledger.Said
	if json.Unmarshal([]byte(e.said), &said) != nil || len(said) == 0 {
		return false
	}
	today := before.UTC().Format(time.DateOnly)
	for _, s := range said {
		if s.Day == "" || s.Day >= today {
			return false
		}
	}
	return true
}

// pruneDeliveries removes deliveries, and those that were posted with them. A delivery that
// was changed since it was found is left for the next time.
func (l *database) pruneDeliveries(ctx context.Context, old []ended) (removed int, err error) {
	if len(old) == 0 {
		return 0, nil
	}
	found, versions := make([]int64, len(old)), make([]int64, len(old))
	for i, e := range old {
		found[i], versions[i] = e.seq, e.version
	}
	err = l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT seq, key FROM digestbot.deliveries WHERE (seq, version) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))
			ORDER BY seq FOR UPDATE SKIP LOCKED`, found, versions)
		if err != nil {
			return err
		}
		var seqs []int64
		var keys []string
		var seq int64
		var key string
		if _, err := pgx.ForEachRow(rows, []any{&seq, &key}, func() error {
			seqs, keys = append(seqs, seq), append(keys, key)
			return nil
		}); err != nil {
			return err
		}
		removed = len(seqs)
		work := &pgx.Batch{}
		work.Queue(`DELETE FROM digestbot.payloads WHERE delivery = ANY($1)`, seqs)
		work.Queue(`DELETE FROM digestbot.parts WHERE delivery = ANY($1)`, seqs)
		work.Queue(`DELETE FROM digestbot.deliveries WHERE seq = ANY($1)`, seqs)
		work.Queue(`DELETE FROM digestbot.deliveries WHERE bundle = ANY($1) AND bundle <> ''`, keys) // the second condition is the index's
		return tx.SendBatch(ctx, work).Close()
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
