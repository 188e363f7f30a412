package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Revision returns how often the settings were changed.
func (l settings) Revision(ctx context.Context) (int64, error) {
	return first(ctx, l.database, func(row pgx.CollectableRow, n *int64) error { return row.Scan(n) }, `SELECT settings FROM digestbot.revision`)
}

// wish runs a statement that changes the settings, and increments the revision if a row was
// changed.
func (l settings) wish(ctx context.Context, statement string, args ...any) (bool, error) {
	return l.change(ctx, fmt.Sprintf(`WITH changed AS (%s RETURNING TRUE) %s`, statement, counted), args...)
}

// counted increments the revision.
const counted = `UPDATE digestbot.revision SET settings = settings + 1 WHERE EXISTS (SELECT FROM changed)`

// Store writes a subscription, replacing the one with its name.
func (l settings) Store(ctx context.Context, s ledger.Stored) error {
	_, err := l.wish(ctx, `INSERT INTO digestbot.subscriptions (name, adapter, channel, home, settings, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (name) DO UPDATE SET adapter = excluded.adapter, channel = excluded.channel, home = excluded.home, settings = excluded.settings,
		by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at`,
		s.Name, s.Channel.Adapter, s.Channel.ID, s.Home, s.Settings, s.By.ID, s.By.Name, moment(s.At))
	return err
}

// Drop removes a stored subscription.
func (l settings) Drop(ctx context.Context, name string) (bool, error) {
	return l.change(ctx, `WITH changed AS (DELETE FROM digestbot.subscriptions WHERE name = $1 RETURNING name),
		begun AS (DELETE FROM digestbot.beginnings WHERE subscription IN (SELECT name FROM changed)) `+counted, name)
}

// Stored returns the stored subscriptions, sorted by name.
func (l settings) Stored(ctx context.Context) ([]ledger.Stored, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, s *ledger.Stored) error {
		return row.Scan(&s.Name, &s.Channel.Adapter, &s.Channel.ID, &s.Home, &s.Settings, &s.By.ID, &s.By.Name, (*moment)(&s.At))
	}, `SELECT name, adapter, channel, home, settings, by_id, by_name, at FROM digestbot.subscriptions ORDER BY name`)
}

// Follow records that a user follows a tag in a channel.
func (l settings) Follow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.wish(ctx, `INSERT INTO digestbot.follows (adapter, channel, "user", tag, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag, moment(f.At))
}

// Unfollow removes such a record.
func (l settings) Unfollow(ctx context.Context, f ledger.Follow) (bool, error) {
	return l.wish(ctx, `DELETE FROM digestbot.follows WHERE adapter = $1 AND channel = $2 AND "user" = $3 AND tag = $4`,
		f.Channel.Adapter, f.Channel.ID, f.User, f.Tag)
}

// Follows returns what is followed in a channel.
func (l settings) Follows(ctx context.Context, c chat.Channel, user string) ([]ledger.Follow, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, f *ledger.Follow) error {
		return row.Scan(&f.Channel.Adapter, &f.Channel.ID, &f.User, &f.Tag, (*moment)(&f.At))
	}, `SELECT adapter, channel, "user", tag, at FROM digestbot.follows WHERE adapter = $1 AND channel = $2 AND ($3 = '' OR "user" = $3)
		ORDER BY "user", at NULLS FIRST, tag`, c.Adapter, c.ID, user)
}

// Pause records that nothing new is posted to a channel.
func (l settings) Pause(ctx context.Context, h ledger.Pause) (bool, error) {
	return l.wish(ctx, `INSERT INTO digestbot.halts (adapter, channel, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		h.Channel.Adapter, h.Channel.ID, h.By.ID, h.By.Name, moment(h.At))
}

// Resume removes the pause of a channel.
func (l settings) Resume(ctx context.Context, c chat.Channel) (bool, error) {
	return l.wish(ctx, `DELETE FROM digestbot.halts WHERE adapter = $1 AND channel = $2`, c.Adapter, c.ID)
}

// Pauses returns the paused channels, the oldest pause first.
func (l settings) Pauses(ctx context.Context) ([]ledger.Pause, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, h *ledger.Pause) error {
		return row.Scan(&h.Channel.Adapter, &h.Channel.ID, &h.By.ID, &h.By.Name, (*moment)(&h.At))
	}, `SELECT adapter, channel, by_id, by_name, at FROM digestbot.halts ORDER BY at NULLS FIRST, adapter, channel`)
}

// Lose records that an adapter receives no commands.
func (l settings) Lose(ctx context.Context, o ledger.Outage) error {
	_, err := l.change(ctx, `INSERT INTO digestbot.outages (adapter, scope, since, reason) VALUES ($1, $2, $3, $4)
		ON CONFLICT (adapter) DO UPDATE SET scope = excluded.scope, since = excluded.since, reason = excluded.reason`,
		o.Adapter, string(o.Scope), moment(o.Since), o.Reason)
	return err
}

// Regain records that an adapter receives commands again.
func (l settings) Regain(ctx context.Context, adapter string) (bool, error) {
	return l.change(ctx, `DELETE FROM digestbot.outages WHERE adapter = $1`, adapter)
}

// Outages returns which adapters receive no commands.
func (l settings) Outages(ctx context.Context) ([]ledger.Outage, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, o *ledger.Outage) error {
		return row.Scan(&o.Adapter, &o.Scope, (*moment)(&o.Since), &o.Reason)
	}, `SELECT adapter, scope, since, reason FROM digestbot.outages ORDER BY adapter`)
}

// Record adds an act of an admin.
func (l settings) Record(ctx context.Context, a ledger.Act) error {
	_, err := l.change(ctx, `INSERT INTO digestbot.acts (at, by_id, by_name, adapter, channel, home, line, what) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		moment(a.At), a.By.ID, a.By.Name, a.Channel.Adapter, a.Channel.ID, a.Home, a.Line, a.What)
	return err
}

// Acts returns the record, the latest act first.
func (l settings) Acts(ctx context.Context, q ledger.ActQuery) ([]ledger.Act, error) {
	return all(ctx, l.database, func(row pgx.CollectableRow, a *ledger.Act) error {
		return row.Scan(&a.Number, (*moment)(&a.At), &a.By.ID, &a.By.Name, &a.Channel.Adapter, &a.Channel.ID, &a.Home, &a.Line, &a.What)
	}, `SELECT seq, at, by_id, by_name, adapter, channel, home, line, what FROM digestbot.acts
		WHERE ($1 = '' OR adapter = $1 AND home = $2) AND ($3 = 0 OR seq < $3) ORDER BY seq DESC LIMIT $4`, q.Adapter, q.Home, q.Before, limit(q.Limit))
}
