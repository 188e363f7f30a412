package sqlite

import (
	"cmp"
	"context"
	"database/sql"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Revision returns how often the settings were changed.
func (l settings) Revision(ctx context.Context) (n int64, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT settings FROM revision`).Scan(&n)
	return n, l.wrap(err)
}

// wish runs a statement that changes the settings, and increments the revision if a row was
// changed.
func (l settings) wish(ctx context.Context, statement string, args ...any) (bool, error) {
	return l.changeAnd(ctx, counted, statement, args...)
}

// counted increments the revision.
func counted(p *pen) error {
	_, err := p.exec(`UPDATE revision SET settings = settings + 1`)
	return err
}

// Store writes a subscription, replacing the one with its name.
func (l settings) Store(ctx context.Context, s ledger.Stored) error {
	_, err := l.wish(ctx, `INSERT OR REPLACE INTO subscriptions (name, adapter, channel, home, settings, by_id, by_name, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, s.Name, s.Channel.Adapter, s.Channel.ID, s.Home, s.Settings, s.By.ID, s.By.Name, moment(s.At))
	return err
}

// Drop removes a stored subscription.
func (l settings) Drop(ctx context.Context, name string) (bool, error) {
	return l.changeAnd(ctx, func(p *pen) error {
		if _, err := p.exec(`DELETE FROM beginnings WHERE subscription = ?`, name); err != nil {
			return err
		}
		return counted(p)
	}, `DELETE FROM subscriptions WHERE name = ?`, name)
}

// Stored returns the stored subscriptions, sorted by name.
func (l settings) Stored(ctx context.Context) ([]ledger.Stored, error) {
	return all(ctx, l.database, func(rows *sql.Rows, s *ledger.Stored) error {
		return rows.Scan(&s.Name, &s.Channel.Adapter, &s.Channel.ID, &s.Home, &s.Settings, &s.By.ID, &s.By.Name, (*moment)(&s.At))
	}, `SELECT name, adapter, channel, home, settings, by_id, by_name, at FROM subscriptions ORDER BY name`)
}

// Follow records that a user follows a tag in a channel.
func (l settings) Follow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.wish(ctx, `INSERT INTO follows (adapter, channel, user, tag, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag, moment(f.At))
}

// Unfollow removes such a record.
func (l settings) Unfollow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.wish(ctx, `DELETE FROM follows WHERE adapter = ? AND channel = ? AND user = ? AND tag = ?`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag)
}

// Follows returns what is followed in a channel.
func (l settings) Follows(ctx context.Context, c chat.Channel, user string) ([]ledger.Follow, error) {
	return all(ctx, l.database, func(rows *sql.Rows, f *ledger.Follow) error {
		return rows.Scan(&f.Channel.Adapter, &f.Channel.ID, &f.User, &f.Tag, (*moment)(&f.At))
	}, `SELECT adapter, channel, user, tag, at FROM follows WHERE adapter = ? AND channel = ? AND (? = '' OR user = ?) ORDER BY user, at, tag`,
		c.Adapter, c.ID, user, user)
}

// Pause records that nothing new is posted to a channel.
func (l settings) Pause(ctx context.Context, h ledger.Pause) (bool, error) {
	return l.wish(ctx, `INSERT INTO halts (adapter, channel, by_id, by_name, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		h.Channel.Adapter, h.Channel.ID, h.By.ID, h.By.Name, moment(h.At))
}

// Resume removes the pause of a channel.
func (l settings) Resume(ctx context.Context, c chat.Channel) (bool, error) {
	return l.wish(ctx, `DELETE FROM halts WHERE adapter = ? AND channel = ?`, c.Adapter, c.ID)
}

// Pauses returns the paused channels, the oldest pause first.
func (l settings) Pauses(ctx context.Context) ([]ledger.Pause, error) {
	return all(ctx, l.database, func(rows *sql.Rows, h *ledger.Pause) error {
		return rows.Scan(&h.Channel.Adapter, &h.Channel.ID, &h.By.ID, &h.By.Name, (*moment)(&h.At))
	}, `SELECT adapter, channel, by_id, by_name, at FROM halts ORDER BY at, adapter, channel`)
}

// Lose records that an adapter receives no commands.
func (l settings) Lose(ctx context.Context, o ledger.Outage) error {
	_, err := l.change(ctx, `INSERT OR REPLACE INTO outages (adapter, scope, since, reason) VALUES (?, ?, ?, ?)`,
		o.Adapter, string(o.Scope), moment(o.Since), o.Reason)
	return err
}

// Regain records that an adapter receives commands again.
func (l settings) Regain(ctx context.Context, adapter string) (bool, error) {
	return l.change(ctx, `DELETE FROM outages WHERE adapter = ?`, adapter)
}

// Outages returns which adapters receive no commands.
func (l settings) Outages(ctx context.Context) ([]ledger.Outage, error) {
	return all(ctx, l.database, func(rows *sql.Rows, o *ledger.Outage) error {
		return rows.Scan(&o.Adapter, &o.Scope, (*moment)(&o.Since), &o.Reason)
	}, `SELECT adapter, scope, since, reason FROM outages ORDER BY adapter`)
}

// Record adds an act of an admin.
func (l settings) Record(ctx context.Context, a ledger.Act) error {
	_, err := l.change(ctx, `INSERT INTO acts (at, by_id, by_name, adapter, channel, home, line, what) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		moment(a.At), a.By.ID, a.By.Name, a.Channel.Adapter, a.Channel.ID, a.Home, a.Line, a.What)
	return err
}

// Acts returns the record, the latest act first.
func (l settings) Acts(ctx context.Context, q ledger.ActQuery) ([]ledger.Act, error) {
	of, args := `WHERE TRUE`, []any{}
	if q.Adapter != "" {
		of, args = of+` AND adapter = ? AND home = ?`, append(args, q.Adapter, q.Home)
	}
	if q.Before != 0 {
		of, args = of+` AND seq < ?`, append(args, q.Before)
	}
	return all(ctx, l.database, func(rows *sql.Rows, a *ledger.Act) error {
		return rows.Scan(&a.Number, (*moment)(&a.At), &a.By.ID, &a.By.Name, &a.Channel.Adapter, &a.Channel.ID, &a.Home, &a.Line, &a.What)
	}, `SELECT seq, at, by_id, by_name, adapter, channel, home, line, what FROM acts `+of+` ORDER BY seq DESC LIMIT ?`, append(args, cmp.Or(q.Limit, defaultLimit))...)
}
