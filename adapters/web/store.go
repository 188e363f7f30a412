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

// store is where the room keeps its messages, what changed about them and who has
// signed in: a SQLite file, or the PostgreSQL database that several replicas share.
//
// Statements are written once for both: ?1 is the first argument, and @ stands before
// the name of each table.
type store struct {
	db *sql.DB
	dialect
	// away says that the log tells already that the database is away.
	away atomic.Bool
}

// dialect is what the two databases do not do alike.
type dialect interface {
	// text is a statement as the database takes it.
	text(statement string) string
	// alone has a transaction be the only one that writes, from its first statement on, so
	// that ids and revisions are seen in their order.
	alone(ctx context.Context, tx *sql.Tx) error
	// explain puts in front of an error what an operator can do.
	explain(err error) error
	// check reads all rows for damage.
	check(ctx context.Context, db *sql.DB) error
	// place is where the rows are, in words for an operator.
	place() string
	// mend says how to mend one message.
	mend() string
	close(db *sql.DB) error
}

// callLimit is how long a statement or a transaction may take: a network that is cut
// says nothing.
const callLimit = 30 * time.Second

// errAway is that the database cannot be reached now.
var errAway = errors.New("the database cannot be reached; see that it runs")

// isAway reports whether an error says that there is no connection to a database.
func isAway(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// news reports whether the log is to tell an error of a request, which it does once for as
// long as the database is away: every open page asks.
func (s *store) news(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (!errors.Is(err, errAway) || !s.away.Swap(true))
}

// unwritten is an error of write that left everything as it was.
type unwritten struct{ error }

func (e unwritten) Unwrap() error { return e.error }

// write runs do in a transaction beside which nobody else writes. An error that is not
// unwritten leaves open whether the change was made.
func (s *store) write(ctx context.Context, do func(exec func(statement string, args ...any) (changed int64, err error)) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return unwritten{s.explain(err)}
	}
	defer func() { _ = tx.Rollback() }() // nothing is left of it after Commit
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

// change runs one statement that writes, and counts the rows that it changed.
func (s *store) change(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = s.write(ctx, func(exec func(string, ...any) (int64, error)) (err error) {
		n, err = exec(statement, args...)
		return err
	})
	return n, err
}

// first reads the only row of a query into dest; sql.ErrNoRows when there is none.
func (s *store) first(ctx context.Context, dest []any, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	err := s.db.QueryRowContext(ctx, s.text(query), plain(args)...).Scan(dest...)
	if err == nil {
		s.away.Store(false)
	}
	return s.explain(err)
}

// list reads the rows of a query.
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

// plain makes of arguments what both databases keep: text in UTF-8 without U+0000, which no
// name of a channel has and a request may
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

// numberOf is the number of a message's id; 0, which no message has, if it is none.
func numberOf(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// threadOf is the message in whose thread a channel is, NULL if in none.
func threadOf(c chat.Channel) sql.NullInt64 {
	return sql.NullInt64{Int64: numberOf(c.Thread), Valid: c.Thread != ""}
}

// post adds a message to a channel or to a thread in it, unless the key stands in the
// channel or the thread's message is not there.
func (s *store) post(ctx context.Context, to chat.Channel, key chat.Key, at time.Time, p chat.Payload) error {
	_, err := s.change(ctx, `INSERT INTO @message (channel, thread, key, posted, payload)
		SELECT ?1, CAST(?2 AS BIGINT), ?3, ?4, ?5 WHERE CAST(?2 AS BIGINT) IS NULL
			OR EXISTS (SELECT 1 FROM @message AS head WHERE head.id = CAST(?2 AS BIGINT) AND head.channel = ?1 AND head.thread IS NULL)
		ON CONFLICT (channel, key) DO NOTHING`, to.ID, threadOf(to), string(key), at.UnixMilli(), []byte(p))
	return err
}

// find is the id of the message that has a key in a channel; sql.ErrNoRows if none has.
func (s *store) find(ctx context.Context, in chat.Channel, key chat.Key) (id int64, err error) {
	err = s.first(ctx, []any{&id}, `SELECT id FROM @message WHERE channel = ?1 AND thread IS NOT DISTINCT FROM CAST(?2 AS BIGINT) AND key = ?3`,
		in.ID, threadOf(in), string(key))
	return id, err
}

// replace puts a payload in the place of a message's, and reports whether it is there.
func (s *store) replace(ctx context.Context, r chat.Receipt, p chat.Payload, key chat.Key) (there bool, err error) {
	n, err := s.change(ctx, `UPDATE @message SET payload = ?1, key = ?2 WHERE channel = ?3 AND id = ?4`, []byte(p), string(key), r.Channel.ID, numberOf(r.ID))
	return n > 0, err
}

// remove takes a message away, and its thread with it.
func (s *store) remove(ctx context.Context, r chat.Receipt) error {
	_, err := s.change(ctx, `DELETE FROM @message WHERE channel = ?1 AND (id = ?2 OR thread = ?2)`, r.Channel.ID, numberOf(r.ID))
	return err
}

// kept is a message as it is kept.
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

// change is the newest that happened to a message or to its thread: it was
// posted, edited or removed.
type change struct {
	Revision int64
	ID       int64
	Channel  string
}

// changes gives up to limit changes of every channel after a revision, in
// their order.
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

// newest is the last revision, and the id of the last message of all channels;
// 0 when there is none.
func (s *store) newest(ctx context.Context) (revision, id int64, err error) {
	err = s.first(ctx, []any{&revision, &id}, `SELECT (SELECT coalesce(max(revision), 0) FROM @change), (SELECT coalesce(max(id), 0) FROM @message)`)
	if err != nil {
		return 0, 0, fmt.Errorf("web messages: %w", err)
	}
	return revision, id, nil
}

// used names the channels that have messages.
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
