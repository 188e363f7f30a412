package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Begun reads the channels that a subscription serves already.
func (l *Ledger) Begun(ctx context.Context, subscription string) (map[chat.Channel]bool, error) {
	channels, err := all(ctx, l, func(rows *sql.Rows, c *chat.Channel) error {
		return rows.Scan(&c.Adapter, &c.ID)
	}, `SELECT adapter, channel FROM beginnings WHERE subscription = ?`, subscription)
	begun := map[chat.Channel]bool{}
	for _, c := range channels {
		begun[c] = true
	}
	return begun, err
}

// Begin notes that a subscription serves channels from now on and plans what it
// begins with there.
func (l *Ledger) Begin(ctx context.Context, subscription string, now time.Time, channels []chat.Channel, deliveries ...ledger.Delivery) error {
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

// SaveSlot writes a slot over the one of the same subscription and time.
func (l *Ledger) SaveSlot(ctx context.Context, s ledger.Slot) error {
	return l.wrap(l.update(ctx, func(p *pen) error {
		_, err := p.exec(`INSERT OR REPLACE INTO slots (subscription, at, until, outcome, reason, closed)
			VALUES (?, ?, ?, ?, ?, ?)`, s.Subscription, moment(s.At), moment(s.Until), s.Outcome, s.Reason, moment(s.Closed))
		return err
	}))
}

// Slots reads the slots of a subscription, the latest first.
func (l *Ledger) Slots(ctx context.Context, subscription string, limit int) ([]ledger.Slot, error) {
	return l.slots(ctx, `WHERE subscription = ? ORDER BY at DESC LIMIT ?`, subscription, limit)
}

// Running reads the slots of a subscription, or of all, that have not ended, the
// latest first.
func (l *Ledger) Running(ctx context.Context, subscription string) ([]ledger.Slot, error) {
	if subscription == "" {
		return l.slots(ctx, `WHERE outcome IN ('', 'posting') ORDER BY at DESC, subscription`)
	}
	return l.slots(ctx, `WHERE subscription = ? AND outcome IN ('', 'posting') ORDER BY at DESC`, subscription)
}

func (l *Ledger) slots(ctx context.Context, clauses string, args ...any) ([]ledger.Slot, error) {
	return all(ctx, l, func(rows *sql.Rows, s *ledger.Slot) error {
		return rows.Scan(&s.Subscription, (*moment)(&s.At), (*moment)(&s.Until), &s.Outcome, &s.Reason, (*moment)(&s.Closed))
	}, `SELECT subscription, at, until, outcome, reason, closed FROM slots `+clauses, args...)
}
