package web

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// store keeps the room's messages, their changes and the sessions, in a SQLite file
// or in the PostgreSQL database that several replicas share.
//
// Statements are written once for both: ?1 is the first argument, and each table name
// has the prefix @.
type store struct {
	db *sql.DB
	dialect
	// away is true if it has been logged that the database is unreachable.
	away atomic.Bool
}

// dialect has the differences between the two databases.
type dialect interface {
	// text converts a statement to the database's syntax.
	text(statement string) string
	// alone makes a transaction the only writing one, from its first statement on, so that
	// ids and revisions become visible in order.
	alone(ctx context.Context, tx *sql.Tx) error
	// explain adds advice for the operator to an error.
	explain(err error) error
	// check reads all rows for damage.
	check(ctx context.Context, db *sql.DB) error
	// place describes where the rows are, for operators.
	place() string
	// mend says how to repair a message.
	mend() string
	close(db *sql.DB) error
}

// callLimit is the timeout of a statement or a transaction, because a broken network
// connection reports no error.
const callLimit = 30 * time.Second

// errAway means that the database is currently unreachable.
var errAway = errors.New("the database cannot be reached; see that it runs")

// isAway reports whether an error means that there is no connection to a database.
func isAway(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// news reports whether the error of a request should be logged. While the database is
// unreachable, this is so only once, because every open page keeps asking.
func (s *store) news(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (!errors.Is(err, errAway) || !s.away.Swap(true))
}

// unwritten is an error of write after which nothing has changed.
type unwritten struct{ error }

func (e unwritten) Unwrap() error { return e.error }

// write runs do in a transaction that is the only writing one. An error that is not
// unwritten leaves open whether the change was made.
func (s *store) write(ctx context.Context, do func(exec func(statement string, args ...any) (changed int64, err error)) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return unwritten{s.explain(err)}
	}
	defer func() { _ = tx.Rollback() }() // has no effect after Commit
	err = s.alone(ctx, tx)
	if err == nil {
		err = do(func(statement string, args ...any) (int64, error) {
			res, err := tx.ExecContext(ctx, s.text(statement), plain(args)...)
			if err != nil {
				return 0, err
			}
			return res.RowsAffected()
		})
	}
	if err != nil {
		return unwritten{s.explain(err)}
	}
	if err := tx.Commit(); err != nil {
		return s.explain(err)
	}
	s.away.Store(false)
	return nil
}

// change executes one writing statement, and returns the number of rows changed.
func (s *store) change(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.write(ctx, func(exec func(string, ...any) (int64, error)) (err error) {
		n, err = exec(statement, args...)
		return err
	})
	return n, err
}

// first reads the single row of a query into dest; it returns sql.ErrNoRows if there is
// none.
func (s *store) first(ctx context.Context, dest []any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	err := s.db.QueryRowContext(ctx, s.text(query), plain(args)...).Scan(dest...)
	if err == nil {
		s.away.Store(false)
	}
	return s.explain(err)
}

// list returns the rows of a query.
func list[T any](ctx context.Context, s *store, read func(scan func(...any) error) (T, error), query string, args ...any) (all []T, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, s.text(query), plain(args)...)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		x, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain(err)
	}
	s.away.Store(false)
	return all, nil
}

// plain converts arguments to what both databases accept: text in UTF-8 without U+0000,
// which no channel name contains but a request may
// (https://www.postgresql.org/docs/current/datatype-character.html).
func plain(args []any) []any {
	made := make([]any, len(args))
	for i, x := range args {
		if text, ok := x.(string); ok {
			x = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		}
		made[i] = x
	}
	return made
}

// numberOf converts a message id to a number, or to 0, which no message has, if it is
// invalid.
func numberOf(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// threadOf returns the message whose thread the channel is, or NULL if it is not a thread.
func threadOf(c chat.Channel) sql.NullInt64 {
	return sql.NullInt64{Int64: numberOf(c.Thread), Valid: c.Thread != ""}
}

// post adds a message to a channel or to a thread in it, unless the channel already
// has the key or the thread's message does not exist.
func (s *store) post(ctx context.Context, to chat.Channel, key chat.Key, at time.Time, p chat.Payload) error {
	_, err := s.change(ctx, `INSERT INTO @message (channel, thread, key, posted, payload)
		SELECT ?1, CAST(?2 AS BIGINT), ?3, ?4, ?5 WHERE CAST(?2 AS BIGINT) IS NULL
			OR EXISTS (SELECT 1 FROM @message AS head WHERE head.id = CAST(?2 AS BIGINT) AND head.channel = ?1 AND head.thread IS NULL)
		ON CONFLICT (channel, key) DO NOTHING`, to.ID, threadOf(to), string(key), at.UnixMilli(), []byte(p))
	return err
}

// find returns the id of the message with a key in a channel, or sql.ErrNoRows.
func (s *store) find(ctx context.Context, in chat.Channel, key chat.Key) (id int64, err error) {
	err = s.first(ctx, []any{&id}, `SELECT id FROM @message WHERE channel = ?1 AND thread IS NOT DISTINCT FROM CAST(?2 AS BIGINT) AND key = ?3`,
		in.ID, threadOf(in), string(key))
	return id, err
}

// replace replaces the payload of a message, and reports whether the message exists.
func (s *store) replace(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) (there bool, err error) {
	n, err := s.change(ctx, `UPDATE @message SET payload = ?1, key = ?2 WHERE channel = ?3 AND id = ?4`, []byte(p), string(key), r.Channel.ID, numberOf(r.ID))
	return n > 0, err
}

// remove removes a message with its thread.
func (s *store) remove(ctx context.Context, r chat.Receipt) error {
	_, err := s.change(ctx, `DELETE FROM @message WHERE channel = ?1 AND (id = ?2 OR thread = ?2)`, r.Channel.ID, numberOf(r.ID))
	return err
}

// kept is a message as stored.
type kept struct {
	ID      int64
	Channel string
	At      time.Time
	Payload chat.Payload
}

func (s *store) messages(ctx context.Context, where string, args ...any) ([]kept, error) {
	all, err := list(ctx, s, func(scan func(...any) error) (m kept, err error) {
		var ms int64
		err = scan(&m.ID, &m.Channel, &ms, (*[]byte)(&m.Payload))
		m.At = time.UnixMilli(ms).UTC()
		return m, err
	}, `SELECT id, channel, posted, payload FROM @message WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("web messages: %w", err)
	}
	return all, nil
}

// change is the latest change to a message or its thread: it was posted,
// edited or removed.
type change struct {
	Revision int64
	ID       int64
	Channel  string
}

// changes returns up to limit changes in all channels after a revision, in
// order.
func (s *store) changes(ctx context.Context, after int64, limit int) ([]change, error) {
	all, err := list(ctx, s, func(scan func(...any) error) (c change, err error) {
		err = scan(&c.Revision, &c.ID, &c.Channel)
		return c, err
	}, `SELECT revision, message, channel FROM @change WHERE revision > ?1 ORDER BY revision LIMIT ?2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("web changes: %w", err)
	}
	return all, nil
}

// newest returns the last revision and the id of the last message in all
// channels, or 0 if there are none.
func (s *store) newest(ctx context.Context) (revision, id int64, err error) {
	err = s.first(ctx, []any{&revision, &id}, `SELECT (SELECT coalesce(max(revision), 0) FROM @change), (SELECT coalesce(max(id), 0) FROM @message)`)
	if err != nil {
		return 0, 0, fmt.Errorf("web messages: %w", err)
	}
	return revision, id, nil
}

// used returns the names of the channels with messages.
func (s *store) used(ctx context.Context) ([]string, error) {
	all, err := list(ctx, s, func(scan func(...any) error) (name string, err error) {
		err = scan(&name)
		return name, err
	}, `SELECT DISTINCT channel FROM @message ORDER BY channel`)
	if err != nil {
		return nil, fmt.Errorf("web channels: %w", err)
	}
	return all, nil
}
