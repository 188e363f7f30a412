package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
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
func (l *database) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	for {
		n, err := l.pruneDeliveries(ctx, before)
		removed += n
		if err != nil {
			return removed, l.wrap(err)
		}
		if n < batch {
			break
		}
	}
	for _, statement := range []string{
		`DELETE FROM slots WHERE (subscription, at) IN (SELECT subscription, at FROM slots AS old
			WHERE closed < ? AND outcome NOT IN ('', 'posting')
			AND at < (SELECT max(at) FROM slots WHERE subscription = old.subscription) LIMIT ?)`,
		`DELETE FROM acts WHERE seq IN (SELECT seq FROM acts WHERE at < ? ORDER BY seq LIMIT ?)`,
		`DELETE FROM seen WHERE digest IN (SELECT digest FROM seen WHERE at < ? LIMIT ?)`,
	} {
		for {
			n, err := l.remove(ctx, statement, before)
			if err != nil {
				return removed, l.wrap(err)
			}
			if n < batch {
				break
			}
		}
	}
	return removed, nil
}

// pruneDeliveries removes a batch. A delivery that was changed since it was found is left
// for the next time.
func (l *database) pruneDeliveries(ctx context.Context, before time.Time) (removed int, err error) {
	type row struct{ seq, version int64 }
	var old []row
	// A reader finds them, so that the long search does not block writers.
	rows, err := l.read.QueryContext(ctx, `SELECT seq, version FROM deliveries
		WHERE ended < ? AND bundle = '' AND state IN ('sent', 'failed', 'skipped')
		AND (cause IN ('notice', 'follow') OR json_valid(said) AND NOT EXISTS (SELECT 1 FROM json_each(iif(json_valid(said), said, '[]'))
			WHERE type <> 'object' OR iif(type = 'object', coalesce(value ->> 'day', '') = '' OR value ->> 'day' >= ?, FALSE)))
		ORDER BY seq LIMIT ?`, moment(before), before.UTC().Format(time.DateOnly), batch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.version); err != nil {
			return 0, err
		}
		old = append(old, r)
	}
	if err := rows.Err(); err != nil || len(old) == 0 {
		return 0, err
	}
	err = l.update(ctx, func(p *pen) error {
		removed = 0
		for _, r := range old {
			var key string
			err := p.row([]any{&key}, `SELECT key FROM deliveries WHERE seq = ? AND version = ?`, r.seq, r.version)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			for _, statement := range []struct {
				text string
				arg  any
			}{
				{`DELETE FROM payloads WHERE delivery = ?`, r.seq},
				{`DELETE FROM parts WHERE delivery = ?`, r.seq},
				{`DELETE FROM deliveries WHERE seq = ?`, r.seq},
				{`DELETE FROM deliveries WHERE bundle = ? AND bundle <> ''`, key}, // the second condition is the index's
			} {
				if _, err := p.exec(statement.text, statement.arg); err != nil {
					return err
				}
			}
			removed++
		}
		return nil
	})
	return removed, err
}

// remove removes a batch.
func (l *database) remove(ctx context.Context, statement string, before time.Time) (removed int64, err error) {
	err = l.update(ctx, func(p *pen) error {
		result, err := p.exec(statement, moment(before), batch)
		if err == nil {
			removed, err = result.RowsAffected()
		}
		return err
	})
	return removed, err
}
