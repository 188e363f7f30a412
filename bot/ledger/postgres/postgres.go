// Package postgres keeps the ledger in PostgreSQL, for several replicas of the bot over one
// database, and has the means by which they coordinate: leases, claims and the database's
// clock. It knows nothing of the content of payloads, nor of the meaning of states beyond
// which of them wait.
//
// # Why
//
// Any replica may die, or sleep for minutes, between any two statements. So nothing depends
// on a connection: a delivery is saved only if its row has the version that was read,
// whoever holds a lease, and a replica that comes too late gets ledger.ErrFenced. A lease
// says whose turn it is and saves the others work; the version is what keeps them apart. A
// promise to post is saved only while the lease is held (Guard).
//
// Replicas have their own clocks, which differ. Leases and claims begin and end by the
// clock of the database alone.
//
// Sessions have no state: no prepared statement, no SET, no LISTEN, no lock beyond a
// transaction. So a pool like PgBouncer may give each transaction another connection, and
// when a connection breaks, only the current transaction is lost. The database ends a
// transaction that is idle for idleLimit, so that a process that is frozen in the middle of
// one does not hold up the others.
//
// Planning is serialised by a lock, everything else runs concurrently. Sequence numbers are
// assigned at once and become visible at the commit: without the lock, a delivery could
// appear before one that is already being posted, and parts of the two would mix. A caller
// whose connection breaks at the commit does not know whether the change was made: the
// error says so, and reading the row again tells.
//
// Every statement that changes something waits until the change is on the disk of the
// database, even if the database is configured to be faster (synchronous_commit = off). The
// remaining risk is a standby that takes over without the newest rows: it has forgotten
// posts, and the bot posts them again. Synchronous replication prevents that.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Ledger is a ledger in a PostgreSQL database: its connections, and for each interface of a
// ledger the part that implements it.
type Ledger struct {
	*database
	deliveries // ledger.Deliveries
	slots      // ledger.Slots
	settings   // ledger.Settings, ledger.Outages and ledger.Record
	agreement  // leases and claims
	sessions   // of the operator page
}

// The parts of a Ledger.
type (
	deliveries struct{ *database }
	slots      struct{ *database }
	settings   struct{ *database }
	agreement  struct{ *database }
	sessions   struct{ *database }
)

// database has the connections to the database.
type database struct {
	pool  *pgxpool.Pool
	place string
	guard atomic.Pointer[guard]
	// Wake, if not nil, is called with deliveries that have not ended, in the transaction
	// that plans them, or that saves one that waits. An error rolls the transaction back.
	// It must be set before the ledger is used.
	Wake func(ctx context.Context, tx pgx.Tx, wakes []Wake) error
}

// Wake is a delivery to be woken.
type Wake struct {
	Key     chat.Key
	Adapter string
	At      time.Time
}

var _ ledger.Ledger = (*Ledger)(nil)

const (
	// connections is the default maximum number of connections.
	connections = 8
	// connectLimit is the default time limit for making a connection.
	connectLimit = 5 * time.Second
	// callLimit is the time limit for a statement or a transaction: if the network is cut,
	// there is no error.
	callLimit = 30 * time.Second
	// idleLimit is how long a transaction may wait for its next statement.
	idleLimit = 10 * time.Second
)

// Open opens the ledger in the database at a URL such as
// postgres://user:password@host:5432/database, in the schema digestbot. It creates the
// ledger if it is missing, and migrates an older format.
func Open(ctx context.Context, address string) (*Ledger, error) {
	return open(ctx, address, steps)
}

// open opens the ledger like a program that knows these steps.
func open(ctx context.Context, address string, steps []step) (*Ledger, error) {
	l, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	if err := l.migrate(ctx, steps); err != nil {
		l.pool.Close()
		return nil, l.wrap(err)
	}
	return l.ledger(), nil
}

// connect creates the pool, which makes no connection yet.
func connect(ctx context.Context, address string) (*database, error) {
	config, err := configure(address)
	if err != nil {
		return nil, err
	}
	l := &database{place: placeOf(config.ConnConfig)}
	if l.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, l.wrap(err)
	}
	return l, nil
}

func (l *database) ledger() *Ledger {
	return &Ledger{l, deliveries{l}, slots{l}, settings{l}, agreement{l}, sessions{l}}
}

// configure parses the URL of a database.
func configure(address string) (*pgxpool.Config, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" {
		// pgx's error may quote a piece of the password.
		return nil, fmt.Errorf("%w: want postgres://user:password@host:5432/database, with / @ : %% ? # in the password as %%2F %%40 %%3A %%25 %%3F %%23", ErrAddress)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrAddress, chat.Mask(err.Error()))
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.StatementCacheCapacity, config.ConnConfig.DescriptionCacheCapacity = 0, 0
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "digestbot"
	}
	if !at.Query().Has("connect_timeout") {
		config.ConnConfig.ConnectTimeout = connectLimit
	}
	if !at.Query().Has("pool_max_conns") {
		config.MaxConns = connections
	}
	return config, nil
}

// placeOf returns host, port and name of a database.
func placeOf(c *pgx.ConnConfig) string {
	return net.JoinHostPort(c.Host, fmt.Sprint(c.Port)) + "/" + c.Database
}

// Place returns host, port and name of the database, without the password.
func (l *database) Place() string { return l.place }

// Schema is the schema of all our tables in the database.
const Schema = "digestbot"

// Exclusively runs do, which uses other connections, while no other replica runs it or
// migrates the ledger.
func (l agreement) Exclusively(ctx context.Context, do func(ctx context.Context) error) error {
	return l.wrap(l.transact(ctx, beginMigrating, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
		return do(ctx)
	}))
}

// Pool returns the ledger's connections, for code that stores other rows in the database.
// They are closed with the ledger.
func (l *database) Pool() *pgxpool.Pool { return l.pool }

// Close closes the connections once they are no longer in use.
func (l *database) Close() error {
	l.pool.Close()
	return nil
}

// begin begins a transaction that is as durable as the ledger promises and cannot block
// others for long.
var begin = fmt.Sprintf(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = %d;
	SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`, idleLimit.Milliseconds())

// beginPlanning begins a transaction that excludes other planners. The numbers identify the
// lock: digestbot's class ("dbot" in ASCII) and the lock in it.
var beginPlanning = begin + `; SELECT pg_advisory_xact_lock(1684172660, 1)`

// update runs do in a write transaction, and returns when the change would survive a power
// cut. An error comes from do, or says that the transaction failed. If the commit fails, it
// is unknown whether the change was made.
func (l *database) update(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	return l.limited(ctx, begin, do)
}

// planning is update, excluding other planners.
func (l *database) planning(ctx context.Context, do func(ctx context.Context, tx pgx.Tx) error) error {
	return l.limited(ctx, beginPlanning, do)
}

func (l *database) limited(ctx context.Context, begin string, do func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return l.transact(ctx, begin, do)
}

// tries is how often a transaction is attempted if the database ends it because of a
// conflict.
const tries = 5

// transact is update with the statements that begin the transaction, and without a time
// limit.
func (l *database) transact(ctx context.Context, begin string, do func(ctx context.Context, tx pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := l.attempt(ctx, begin, do)
		if !collided(err) || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try) * time.Duration(1+rand.IntN(20)) * time.Millisecond):
		}
	}
}

func (l *database) attempt(ctx context.Context, begin string, do func(ctx context.Context, tx pgx.Tx) error) error {
	tx, err := l.begin(ctx, begin)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := ending(ctx)
		defer cancel()
		_ = tx.Rollback(ctx) // even after a panic; it has no effect after Commit
	}()
	if err := do(ctx, tx); err != nil {
		return err
	}
	ctx, cancel := ending(ctx)
	defer cancel()
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("it is not known whether the change was made: %w", err)
	}
	return nil
}

// ending returns a context for the end of a transaction: if the caller interrupted that,
// the outcome would be unknown for no reason.
func ending(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), callLimit)
}

// begin begins a transaction. If the connection turns out to be broken, it tries another
// one, because nothing was done yet.
func (l *database) begin(ctx context.Context, statements string) (pgx.Tx, error) {
	tx, err := l.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: statements})
	if broken(err) && ctx.Err() == nil {
		l.pool.Reset() // the others are broken, too
		tx, err = l.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: statements})
	}
	return tx, err
}

// change runs one statement, and reports whether it changed a row.
func (l *database) change(ctx context.Context, statement string, args ...any) (changed bool, err error) {
	args, err = plain(args)
	if err != nil {
		return false, l.wrap(err)
	}
	err = l.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, statement, args...)
		changed = tag.RowsAffected() > 0
		return err
	})
	return changed && err == nil, l.wrap(err)
}

// all returns the rows of a query, each read with scan, from one snapshot.
func all[T any](ctx context.Context, l *database, scan func(pgx.CollectableRow, *T) error, query string, args ...any) ([]T, error) {
	found, err := read(ctx, l, scan, query, args...)
	if broken(err) && ctx.Err() == nil {
		l.pool.Reset() // the others are broken, too
		found, err = read(ctx, l, scan, query, args...)
	}
	return found, l.wrap(err)
}

// first returns the first row of a query; pgx.ErrNoRows if there is none.
func first[T any](ctx context.Context, l *database, scan func(pgx.CollectableRow, *T) error, query string, args ...any) (x T, err error) {
	found, err := all(ctx, l, scan, query, args...)
	if err != nil {
		return x, err
	}
	if len(found) == 0 {
		return x, l.wrap(pgx.ErrNoRows)
	}
	return found[0], nil
}

func read[T any](ctx context.Context, l *database, scan func(pgx.CollectableRow, *T) error, query string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	args, err := plain(args)
	if err != nil {
		return nil, err
	}
	rows, err := l.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.AppendRows([]T(nil), rows, func(row pgx.CollectableRow) (x T, err error) { return x, scan(row, &x) })
	if err != nil {
		return nil, err
	}
	return found, nil
}

// plain converts values to what the driver accepts and the database can store.
func plain(values []any) ([]any, error) {
	made := make([]any, len(values))
	for i, v := range values {
		var err error
		switch v := v.(type) {
		case string:
			made[i] = clean(v)
		case []string:
			list := make([]string, len(v))
			for i := range v {
				list[i] = clean(v[i])
			}
			made[i] = list
		case moment:
			made[i], err = v.value()
		default:
			made[i] = v
		}
		if err != nil {
			return nil, err
		}
	}
	return made, nil
}

// clean returns text as the database can store it: in UTF-8 and without U+0000, which
// people do not write but platforms may send
// (https://www.postgresql.org/docs/current/datatype-character.html).
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// list encodes a column with a JSON array, or an empty text if there are no elements.
func list[T any](things []T) (string, error) {
	if len(things) == 0 {
		return "", nil
	}
	text, err := json.Marshal(things)
	return string(text), err
}

// listed decodes a list. Invalid JSON, as after damage, is an empty list: a delivery that
// says nothing is neither corrected nor posted again, and the other deliveries can be read.
func listed[T any](text string) (things []T) {
	if text == "" || json.Unmarshal([]byte(text), &things) != nil {
		return nil
	}
	return things
}

// collided reports whether the database ended a transaction because of a conflict: a
// serialization failure or a deadlock
// (https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html).
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// broken reports whether a connection broke unintentionally.
func broken(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false // there was no connection
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return goes(e.Code)
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// goes reports whether a code says that the server ends the connection
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func goes(code string) bool {
	return strings.HasPrefix(code, "08") || code == "57P01" || code == "57P02" || code == "25P03"
}

// wrap explains an error of the database in words, without the password.
func (l *database) wrap(err error) error {
	if err == nil || errors.Is(err, ledger.ErrFenced) || errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	text := fmt.Sprintf("ledger %s: ", l.place)
	if words := explain(err); words != "" {
		text += words + ": "
	}
	return &databaseError{chat.Mask(text + err.Error()), err}
}

// databaseError is an explained error.
type databaseError struct {
	words string
	cause error
}

func (e *databaseError) Error() string { return e.words }

func (e *databaseError) Unwrap() error { return e.cause }

// damaged is the text for a database that is not reliable.
const damaged = "the database is damaged; stop digestbot and put its newest backup in its place (without it, the bot cannot know what it has posted)"

// explain says in words what an operator can do about an error of PostgreSQL; it is empty
// if there is nothing to add.
func explain(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
			return "the database cannot be reached; see that it runs, and that host and port are right"
		}
		if broken(err) {
			return "the connection to the database broke"
		}
		return ""
	}
	switch e.Code {
	case "28P01", "28000":
		return "the database refuses the user or the password"
	case "3D000":
		return "there is no such database; make it first"
	case "42501":
		return "the user may not do this; it needs the right to create a schema in the database, or the schema digestbot must be its own"
	case "25006":
		return "the database takes no changes; it may be a standby"
	case "3F000", "42P01", "42703":
		return "the tables are not as this digestbot knows them; a newer one may have changed them, or somebody else"
	case "53100":
		return "the disk of the database is full; make room"
	case "53300":
		return "the database has no connection left; raise max_connections, or have PgBouncer share them"
	case "57P03":
		return "the database is starting or stopping"
	case "XX001", "XX002":
		return damaged
	}
	if goes(e.Code) {
		return "the connection to the database broke"
	}
	return ""
}
