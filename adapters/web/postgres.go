package web

import (
	"context"
	"database/sql"
	_ "embed" // the tables
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// sharedSchema makes the tables of the first format.
//
//go:embed postgres.sql
var sharedSchema string

// sharedStep leads the tables to the next format.
type sharedStep struct {
	statements string
	// least is the oldest format whose programs may use what the step leaves: while replicas
	// are restarted one by one, old and new ones share the tables.
	least int
}

// sharedSteps make the tables of the newest format, each from one format to the next.
var sharedSteps = []sharedStep{
	{sharedSchema, 1},
}

// replicated is the dialect of PostgreSQL. No session has any state, so that a pool such
// as PgBouncer may give each transaction another connection.
type replicated struct{}

// openShared opens the room in a database, and makes its tables there, once, however many
// replicas start at a time.
func openShared(db *sql.DB) (*store, error) {
	s := &store{db: db, dialect: replicated{}}
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	if err := s.migrate(ctx, sharedSteps); err != nil {
		return nil, fmt.Errorf("%s: %w", s.place(), s.explain(err))
	}
	return s, nil
}

func (s *store) migrate(ctx context.Context, steps []sharedStep) error {
	has, err := sharedFormat(ctx, s.db, len(steps))
	if err != nil || has >= len(steps) {
		return err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.alone(ctx, tx); err != nil {
		return err
	}
	has, err = sharedFormat(ctx, tx, len(steps)) // another replica may have been faster
	if err != nil || has >= len(steps) {
		return err
	}
	if has == 0 {
		// The right to make a schema is not needed where it is there already.
		if _, err := tx.ExecContext(ctx, `DO $$ BEGIN IF to_regnamespace('digestbot') IS NULL THEN CREATE SCHEMA digestbot; END IF; END $$`); err != nil {
			return err
		}
	}
	for _, step := range steps[has:] {
		if _, err := tx.ExecContext(ctx, step.statements); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM digestbot.web_format`); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO digestbot.web_format (format, least) VALUES ($1, $2)`, len(steps), steps[len(steps)-1].least); err != nil {
		return err
	}
	return tx.Commit()
}

// sharedFormat reads the format of the tables, 0 if there are none. Tables that a program of
// a format cannot use are an error.
func sharedFormat(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, ours int) (has int, err error) {
	var there bool
	// to_regclass may not see yet what another replica has made just now.
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'digestbot' AND tablename = 'web_format')`).Scan(&there); err != nil || !there {
		return 0, err
	}
	var least int
	err = db.QueryRowContext(ctx, `SELECT format, least FROM digestbot.web_format`).Scan(&has, &least)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, errors.New("the database is damaged; stop digestbot and put its newest backup in its place: the format of the web room is lost")
	case err == nil && least > ours:
		return 0, fmt.Errorf("a newer digestbot has changed the tables (for programs that know format %d, and this one knows %d); use that one or a newer one", least, ours)
	}
	return has, err
}

var inPostgres = strings.NewReplacer("?", "$", "@", "digestbot.web_")

func (replicated) text(statement string) string { return inPostgres.Replace(statement) }

// idleLimit is how long a transaction may wait for its next statement: a process that is
// frozen in the middle of one holds up the others no longer.
const idleLimit = 10 * time.Second

// soleWriter has a transaction hold up nobody for long, and be on the disk when it is over, also
// where the database is set up to be faster than that: the ledger believes a receipt for
// ever. Numbers of a sequence are given at once and seen at the commit, so writers wait for
// each other by a lock: its numbers are the class of digestbot's ("dbot" in ASCII), and the
// lock in it, after those of the ledger.
var soleWriter = fmt.Sprintf(`SET LOCAL idle_in_transaction_session_timeout = %d;
	SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
	SELECT pg_advisory_xact_lock(1684172660, 3)`, idleLimit.Milliseconds())

func (replicated) alone(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, soleWriter)
	return err
}

func (replicated) explain(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	words := chat.Mask(err.Error())
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		// https://www.postgresql.org/docs/current/errcodes-appendix.html
		switch code := e.SQLState(); {
		case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), code == "25P03":
			return fmt.Errorf("%w: %s", errAway, words)
		case code == "42501":
			return fmt.Errorf("the user may not do this; it needs the right to create a schema in the database, or the schema digestbot must be its own: %w", err)
		case code == "25006":
			return fmt.Errorf("the database takes no changes; it may be a standby: %w", err)
		case code == "3F000", code == "42P01", code == "42703":
			return fmt.Errorf("the tables are not as this digestbot knows them; a newer one may have changed them, or somebody else: %w", err)
		case code == "53100":
			return fmt.Errorf("the disk of the database is full; make room: %w", err)
		case code == "XX001", code == "XX002":
			return fmt.Errorf("the database is damaged; stop digestbot and put its newest backup in its place: %w", err)
		}
		return err
	}
	if isAway(err) {
		return fmt.Errorf("%w: %s", errAway, words)
	}
	return err
}

// check reads all rows, so that the server notices damage.
func (d replicated) check(ctx context.Context, db *sql.DB) error {
	for _, table := range []string{"message", "change", "session"} {
		// The text of a row takes all of it, also what stands apart because it is long.
		var length sql.NullInt64
		if err := db.QueryRowContext(ctx, `SELECT sum(length(t::text)) FROM digestbot.web_`+table+` AS t`).Scan(&length); err != nil {
			return d.explain(err)
		}
	}
	return nil
}

func (replicated) place() string { return "the database, digestbot.web_message" }

func (replicated) mend() string { return "post the digest again with /digest resend" }

// close leaves the database to whom it belongs.
func (replicated) close(*sql.DB) error { return nil }
