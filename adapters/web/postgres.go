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

// sharedSchema creates the tables of the first format.
//
//go:embed postgres.sql
var sharedSchema string

// sharedStep upgrades the tables to the next format.
type sharedStep struct {
	statements string
	// least is the oldest format whose programs can use the result of the step: while
	// replicas are restarted one by one, old and new ones share the tables.
	least int
}

// sharedSteps upgrade the tables, each from one format to the next.
var sharedSteps = []sharedStep{
	{sharedSchema, 1},
}

// replicated is the dialect of PostgreSQL. It keeps no session state, so a pool such as
// PgBouncer may use another connection for each transaction.
type replicated struct{}

// openShared opens the room in a database. It creates the tables, exactly once even if
// many replicas start at the same time.
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
		// The right to create a schema is not needed if it exists.
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

// sharedFormat returns the format of the tables, or 0 if there are none. It returns an error
// if a program with format ours cannot use them.
func sharedFormat(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, ours int) (has int, err error) {
	var there bool
	// to_regclass might not see a table that another replica has just created.
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

// idleLimit is how long a transaction may wait for its next statement, so that a process
// that freezes in the middle of one does not block the others.
const idleLimit = 10 * time.Second

// soleWriter limits how long a transaction can block others, and makes it durable even if the
// database is configured for speed, because the ledger relies on a receipt for ever. Sequence
// numbers are assigned at once but visible only after the commit, so writers serialise on an
// advisory lock. Its numbers are digestbot's class ("dbot" in ASCII) and the lock in that
// class, after those of the ledger.
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

// check reads all rows, which makes the server notice damage.
func (d replicated) check(ctx context.Context, db *sql.DB) error {
	for _, table := range []string{"message", "change", "session"} {
		// Converting a row to text reads all of it, including long values stored separately.
		var length sql.NullInt64
		if err := db.QueryRowContext(ctx, `SELECT sum(length(t::text)) FROM digestbot.web_`+table+` AS t`).Scan(&length); err != nil {
			return d.explain(err)
		}
	}
	return nil
}

func (replicated) place() string { return "the database, digestbot.web_message" }

func (replicated) mend() string { return "post the digest again with /digest resend" }

// close leaves the database to its owner.
func (replicated) close(*sql.DB) error { return nil }
