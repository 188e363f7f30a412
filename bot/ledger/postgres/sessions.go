package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// BeginSession creates a session. It ends after life, and after idle without a visit, by
// the clock of the database. Expired sessions are deleted.
func (l sessions) BeginSession(ctx context.Context, id string, idle, life time.Duration) error {
	_, err := l.change(ctx, `WITH old AS (DELETE FROM digestbot.sessions WHERE until <= clock_timestamp())
		INSERT INTO digestbot.sessions (id, note, until, last) VALUES ($1, '',
			clock_timestamp() + least($2::bigint, $3::bigint) * interval '1 microsecond', clock_timestamp() + $3::bigint * interval '1 microsecond')`,
		id, idle.Microseconds(), life.Microseconds())
	return err
}

// VisitSession visits a session. It reports whether the session exists and has not expired,
// and returns its note.
func (l sessions) VisitSession(ctx context.Context, id string, idle time.Duration) (note string, there bool, err error) {
	err = l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `UPDATE digestbot.sessions SET until = least(last, clock_timestamp() + $2::bigint * interval '1 microsecond')
			WHERE id = $1 AND until > clock_timestamp() RETURNING note`, clean(id), idle.Microseconds()).Scan(&note)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	return note, err == nil, l.wrap(err)
}

// NoteSession sets the note of a session, if the session exists.
func (l sessions) NoteSession(ctx context.Context, id, note string) error {
	_, err := l.change(ctx, `UPDATE digestbot.sessions SET note = $2 WHERE id = $1`, id, note)
	return err
}

// EndSession deletes a session, if it exists.
func (l sessions) EndSession(ctx context.Context, id string) error {
	_, err := l.change(ctx, `DELETE FROM digestbot.sessions WHERE id = $1`, id)
	return err
}
