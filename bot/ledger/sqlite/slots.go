package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Begun returns the channels that a subscription already serves.
func (l slots) Begun(ctx context.Context, subscription string) (map[chat.Channel]bool, error) {
	channels, err := all(ctx, l.database, func(rows *sql.Rows, c *chat.Channel) error {
		return rows.Scan(&c.Adapter, &c.ID)
	}, `SELECT adapter, channel FROM beginnings WHERE subscription = ?`, subscription)
	begun := map[chat.Channel]bool{}
	for _, c := range channels {
		begun[c] = true
	}
	return begun, err
}

// Begin records that a subscription serves channels from now on and plans its first
// deliveries there.
func (l slots) Begin(ctx context.Context, subscription string, now time.Time, channels []chat.Channel, deliveries ...ledger.Delivery) error {
	return l.wrap(l.update(ctx, func(p *pen) error {
		fresh := map[chat.Channel]bool{}
		for _, c := range channels {
			result, err := p.exec(`INSERT INTO beginnings (subscription, adapter, channel, since) VALUES (?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, subscription, c.Adapter, c.ID, moment(now))
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			fresh[c] = n > 0
		}
		begun := func(d ledger.Delivery) bool { return !fresh[d.Channel] }
		_, err := plan(p, slices.DeleteFunc(slices.Clone(deliveries), begun))
		return err
	}))
}

// SaveSlot writes a slot, replacing the one of the same subscription and time.
func (l slots) SaveSlot(ctx context.Context, s ledger.Slot) error {
	return l.wrap(l.update(ctx, func(p *pen) error {
		_, err := p.exec(`INSERT OR REPLACE INTO slots (subscription, at, until, outcome, reason, closed)
			VALUES (?, ?, ?, ?, ?, ?)`, s.Subscription, moment(s.At), moment(s.Until), s.Outcome, s.Reason, moment(s.Closed))
		return err
	}))
}

// Slots returns the slots of a subscription, the latest first.
func (l slots) Slots(ctx context.Context, subscription string, limit int) ([]ledger.Slot, error) {
	return l.query(ctx, `WHERE subscription = ? ORDER BY at DESC LIMIT ?`, subscription, limit)
}

// Running returns the slots of a subscription, or of all, that have not ended, the latest
// first.
func (l slots) Running(ctx context.Context, subscription string) ([]ledger.Slot, error) {
	if subscription == "" {
		return l.query(ctx, `WHERE outcome IN ('', 'posting') ORDER BY at DESC, subscription`)
	}
	return l.query(ctx, `WHERE subscription = ? AND outcome IN ('', 'posting') ORDER BY at DESC`, subscription)
}

func (l slots) query(ctx context.Context, clauses string, args ...any) ([]ledger.Slot, error) {
	return all(ctx, l.database, func(rows *sql.Rows, s *ledger.Slot) error {
		return rows.Scan(&s.Subscription, (*moment)(&s.At), (*moment)(&s.Until), &s.Outcome, &s.Reason, (*moment)(&s.Closed))
	}, `SELECT subscription, at, until, outcome, reason, closed FROM slots `+clauses, args...)
}

// See records when digests were seen that were not seen before.
func (l slots) See(ctx context.Context, at time.Time, digests ...string) error {
	if len(digests) == 0 {
		return nil
	}
	ids, err := json.Marshal(digests)
	if err != nil {
		return err
	}
	_, err = l.change(ctx, `INSERT INTO seen (digest, at) SELECT value, ? FROM json_each(?) WHERE TRUE ON CONFLICT DO NOTHING`, moment(at), string(ids))
	return err
}

// Seen returns when digests were first seen.
func (l slots) Seen(ctx context.Context, digests ...string) (map[string]time.Time, error) {
	ids, err := json.Marshal(digests)
	if err != nil {
		return nil, err
	}
	type sight struct {
		digest string
		at     time.Time
	}
	sights, err := all(ctx, l.database, func(rows *sql.Rows, s *sight) error { return rows.Scan(&s.digest, (*moment)(&s.at)) },
		`SELECT digest, at FROM seen WHERE digest IN (SELECT value FROM json_each(?))`, string(ids))
	seen := map[string]time.Time{}
	for _, s := range sights {
		seen[s.digest] = s.at
	}
	return seen, err
}
