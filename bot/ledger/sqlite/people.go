package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Store writes a subscription over the one of its name.
func (l *Ledger) Store(ctx context.Context, s ledger.Stored) error {
	_, err := l.change(ctx, `INSERT OR REPLACE INTO subscriptions (name, adapter, channel, home, settings, by_id, by_name, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, s.Name, s.Channel.Adapter, s.Channel.ID, s.Home, s.Settings, s.By.ID, s.By.Name, moment(s.At))
	return err
}

// Drop removes a stored subscription.
func (l *Ledger) Drop(ctx context.Context, name string) (dropped bool, err error) {
	err = l.update(ctx, func(p *pen) error {
		result, err := p.exec(`DELETE FROM subscriptions WHERE name = ?`, name)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if dropped = n > 0; err != nil || !dropped {
			return err
		}
		_, err = p.exec(`DELETE FROM beginnings WHERE subscription = ?`, name)
		return err
	})
	return dropped && err == nil, l.wrap(err)
}

// Stored reads the stored subscriptions by their names.
func (l *Ledger) Stored(ctx context.Context) ([]ledger.Stored, error) {
	return all(ctx, l, func(rows *sql.Rows, s *ledger.Stored) error {
		return rows.Scan(&s.Name, &s.Channel.Adapter, &s.Channel.ID, &s.Home, &s.Settings, &s.By.ID, &s.By.Name, (*moment)(&s.At))
	}, `SELECT name, adapter, channel, home, settings, by_id, by_name, at FROM subscriptions ORDER BY name`)
}

// Follow notes that somebody follows a tag in a channel.
func (l *Ledger) Follow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.change(ctx, `INSERT INTO follows (adapter, channel, user, tag, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag, moment(f.At))
}

// Unfollow notes that somebody follows a tag in a channel no more.
func (l *Ledger) Unfollow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.change(ctx, `DELETE FROM follows WHERE adapter = ? AND channel = ? AND user = ? AND tag = ?`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag)
}

// Follows reads what is followed in a channel.
func (l *Ledger) Follows(ctx context.Context, c chat.Channel, user string) ([]ledger.Follow, error) {
	return all(ctx, l, func(rows *sql.Rows, f *ledger.Follow) error {
		return rows.Scan(&f.Channel.Adapter, &f.Channel.ID, &f.User, &f.Tag, (*moment)(&f.At))
	}, `SELECT adapter, channel, user, tag, at FROM follows WHERE adapter = ? AND channel = ? AND (? = '' OR user = ?) ORDER BY user, at, tag`,
		c.Adapter, c.ID, user, user)
}

// Halt notes that nothing new is posted to a channel.
func (l *Ledger) Halt(ctx context.Context, h ledger.Halt) (bool, error) {
	return l.change(ctx, `INSERT INTO halts (adapter, channel, by_id, by_name, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		h.Channel.Adapter, h.Channel.ID, h.By.ID, h.By.Name, moment(h.At))
}

// Resume notes that a channel is posted to again.
func (l *Ledger) Resume(ctx context.Context, c chat.Channel) (bool, error) {
	return l.change(ctx, `DELETE FROM halts WHERE adapter = ? AND channel = ?`, c.Adapter, c.ID)
}

// Halts reads which channels are halted, the first one first.
func (l *Ledger) Halts(ctx context.Context) ([]ledger.Halt, error) {
	return all(ctx, l, func(rows *sql.Rows, h *ledger.Halt) error {
		return rows.Scan(&h.Channel.Adapter, &h.Channel.ID, &h.By.ID, &h.By.Name, (*moment)(&h.At))
	}, `SELECT adapter, channel, by_id, by_name, at FROM halts ORDER BY at, adapter, channel`)
}

// Lose notes that an adapter hears no commands.
func (l *Ledger) Lose(ctx context.Context, o ledger.Outage) error {
	_, err := l.change(ctx, `INSERT OR REPLACE INTO outages (adapter, scope, since, reason) VALUES (?, ?, ?, ?)`,
		o.Adapter, string(o.Scope), moment(o.Since), o.Reason)
	return err
}

// Regain notes that an adapter hears commands again.
func (l *Ledger) Regain(ctx context.Context, adapter string) (bool, error) {
	return l.change(ctx, `DELETE FROM outages WHERE adapter = ?`, adapter)
}

// Outages reads which adapters hear no commands.
func (l *Ledger) Outages(ctx context.Context) ([]ledger.Outage, error) {
	return all(ctx, l, func(rows *sql.Rows, o *ledger.Outage) error {
		return rows.Scan(&o.Adapter, &o.Scope, (*moment)(&o.Since), &o.Reason)
	}, `SELECT adapter, scope, since, reason FROM outages ORDER BY adapter`)
}

// Record enters what an admin did.
func (l *Ledger) Record(ctx context.Context, a ledger.Act) error {
	_, err := l.change(ctx, `INSERT INTO acts (at, by_id, by_name, adapter, channel, home, line, what) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		moment(a.At), a.By.ID, a.By.Name, a.Channel.Adapter, a.Channel.ID, a.Home, a.Line, a.What)
	return err
}

// Acts reads the record of a home, the latest first.
func (l *Ledger) Acts(ctx context.Context, adapter, home string, limit int) ([]ledger.Act, error) {
	of, args := ``, []any{limit}
	if adapter != "" {
		of, args = `WHERE adapter = ? AND home = ?`, []any{adapter, home, limit}
	}
	return all(ctx, l, func(rows *sql.Rows, a *ledger.Act) error {
		return rows.Scan((*moment)(&a.At), &a.By.ID, &a.By.Name, &a.Channel.Adapter, &a.Channel.ID, &a.Home, &a.Line, &a.What)
	}, `SELECT at, by_id, by_name, adapter, channel, home, line, what FROM acts `+of+` ORDER BY seq DESC LIMIT ?`, args...)
}

// See notes when digests were seen that were not seen before.
func (l *Ledger) See(ctx context.Context, at time.Time, digests ...string) error {
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

// Seen reads when digests were first seen.
func (l *Ledger) Seen(ctx context.Context, digests ...string) (map[string]time.Time, error) {
	ids, err := json.Marshal(digests)
	if err != nil {
		return nil, err
	}
	type sight struct {
		digest string
		at     time.Time
	}
	sights, err := all(ctx, l, func(rows *sql.Rows, s *sight) error { return rows.Scan(&s.digest, (*moment)(&s.at)) },
		`SELECT digest, at FROM seen WHERE digest IN (SELECT value FROM json_each(?))`, string(ids))
	seen := map[string]time.Time{}
	for _, s := range sights {
		seen[s.digest] = s.at
	}
	return seen, err
}

// change runs one statement, and reports whether it changed a row.
func (l *Ledger) change(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	if err := plain(args); err != nil {
		return false, l.wrap(err)
	}
	err = l.update(ctx, func(p *pen) error {
		result, err := p.exec(statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed = n > 0
		return err
	})
	return changed && err == nil, l.wrap(err)
}

// all reads the rows of a query, each with scan.
func all[T any](ctx context.Context, l *Ledger, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	rows, err := l.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, l.wrap(err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		var x T
		if err := scan(rows, &x); err != nil {
			return nil, l.wrap(err)
		}
		found = append(found, x)
	}
	return found, l.wrap(rows.Err())
}
