package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Begun returns the channels that a subscription already serves.
func (l slots) Begun(ctx context.Context, subscription string) (map[chat.Channel]bool, error) {
	channels, err := all(ctx, l.database, scanChannel, `SELECT adapter, channel FROM digestbot.beginnings WHERE subscription = $1`, subscription)
	begun := map[chat.Channel]bool{}
	for _, c := range channels {
		begun[c] = true
	}
	return begun, err
}

func scanChannel(row pgx.CollectableRow, c *chat.Channel) error { return row.Scan(&c.Adapter, &c.ID) }

// Begin records that a subscription serves channels from now on and plans its first
// deliveries there.
func (l slots) Begin(ctx context.Context, subscription string, now time.Time, channels []chat.Channel, deliveries ...ledger.Delivery) error {
	adapters, ids := columnsOf(channels)
	args, err := plain([]any{subscription, moment(now), adapters, ids})
	if err != nil {
		return l.wrap(err)
	}
	return l.wrap(l.planning(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := l.guard.Load().plans(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `INSERT INTO digestbot.beginnings (subscription, since, adapter, channel)
			SELECT $1, $2, adapter, channel FROM unnest($3::text[], $4::text[]) AS c(adapter, channel)
			ON CONFLICT DO NOTHING RETURNING adapter, channel`, args...)
		if err != nil {
			return err
		}
		fresh := map[chat.Channel]bool{}
		var c chat.Channel
		if _, err := pgx.ForEachRow(rows, []any{&c.Adapter, &c.ID}, func() error { fresh[c] = true; return nil }); err != nil {
			return err
		}
		var begins []ledger.Delivery
		for _, d := range deliveries {
			if fresh[chat.Channel{Adapter: clean(d.Channel.Adapter), ID: clean(d.Channel.ID)}] {
				begins = append(begins, d)
			}
		}
		_, err = l.plan(ctx, tx, begins)
		return err
	}))
}

// SaveSlot writes a slot, replacing the one of the same subscription and time.
func (l slots) SaveSlot(ctx context.Context, s ledger.Slot) error {
	args, err := plain([]any{s.Subscription, moment(s.At), moment(s.Until), string(s.Outcome), s.Reason, moment(s.Closed)})
	if err != nil {
		return l.wrap(err)
	}
	return l.wrap(l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := l.guard.Load().plans(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO digestbot.slots (subscription, at, until, outcome, reason, closed) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (subscription, at) DO UPDATE SET until = excluded.until, outcome = excluded.outcome, reason = excluded.reason, closed = excluded.closed`, args...)
		return err
	}))
}

// Slots returns the slots of a subscription, the latest first.
func (l slots) Slots(ctx context.Context, subscription string, limit int) ([]ledger.Slot, error) {
	var most any // all
	if limit >= 0 {
		most = limit
	}
	return l.query(ctx, `WHERE subscription = $1 ORDER BY at DESC LIMIT $2`, subscription, most)
}

// Running returns the slots of a subscription, or of all, that have not ended, the latest
// first.
func (l slots) Running(ctx context.Context, subscription string) ([]ledger.Slot, error) {
	if subscription == "" {
		return l.query(ctx, `WHERE outcome IN ('', 'posting') ORDER BY at DESC, subscription`)
	}
	return l.query(ctx, `WHERE subscription = $1 AND outcome IN ('', 'posting') ORDER BY at DESC`, subscription)
}

func (l slots) query(ctx context.Context, clauses string, args ...any) ([]ledger.Slot, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, s *ledger.Slot) error {
		return row.Scan(&s.Subscription, (*moment)(&s.At), (*moment)(&s.Until), &s.Outcome, &s.Reason, (*moment)(&s.Closed))
	}, `SELECT subscription, at, until, outcome, reason, closed FROM digestbot.slots `+clauses, args...)
}

// See records when digests were seen that were not seen before.
func (l slots) See(ctx context.Context, at time.Time, digests ...string) error {
	if len(digests) == 0 {
		return nil
	}
	_, err := l.change(ctx, `INSERT INTO digestbot.seen (digest, at) SELECT id, $1 FROM (SELECT DISTINCT unnest($2::text[]) AS id) AS digests ORDER BY id
		ON CONFLICT DO NOTHING`, moment(at), digests)
	return err
}

// Seen returns when digests were first seen.
func (l slots) Seen(ctx context.Context, digests ...string) (map[string]time.Time, error) {
	type sight struct {
		digest string
		at     time.Time
	}
	sights, err := all(ctx, l.database, func(row pgx.CollectableRow, s *sight) error { return row.Scan(&s.digest, (*moment)(&s.at)) },
		`SELECT digest, at FROM digestbot.seen WHERE digest = ANY($1)`, digests)
	seen := map[string]time.Time{}
	for _, s := range sights {
		seen[s.digest] = s.at
	}
	return seen, err
}
