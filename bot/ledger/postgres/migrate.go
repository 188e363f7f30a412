package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// schema makes the tables of the first format.
//
//go:embed schema.sql
var schema string

// sessionsTable makes the table of format 2.
//
//go:embed sessions.sql
var sessionsTable string

// step migrates a database to the next format.
type step struct {
	statements string
	// least is the oldest format whose programs may use the result of the step. While
	// replicas are restarted one by one, old and new ones share the database: so a step
	// only adds. A later step, when no old program runs any more, removes things and raises
	// least.
	least int
}

// steps create the tables of the newest format, each from one format to the next; the first
// is for a database without tables.
var steps = []step{
	{schema, 1},
	{sessionsTable, 1},
}

// beginMigrating begins a transaction that excludes other migrations.
var beginMigrating = begin + `; SELECT pg_advisory_xact_lock(1684172660, 2)`

// migrate migrates the database to the newest format: completely and once, however many
// replicas start at once. It changes nothing in a database that is not ours, or is newer.
func (l *database) migrate(ctx context.Context, steps []step) error {
	has, err := l.format(ctx, l.pool, len(steps))
	if err != nil || has >= len(steps) {
		return err
	}
	return l.transact(ctx, beginMigrating, func(ctx context.Context, tx pgx.Tx) error {
		has, err := l.format(ctx, tx, len(steps)) // another replica may have been faster
		if err != nil || has >= len(steps) {
			return err
		}
		if has == 0 {
			// If the schema exists, the right to create one is not needed.
			if _, err := tx.Exec(ctx, `DO $$ BEGIN IF to_regnamespace('digestbot') IS NULL THEN CREATE SCHEMA digestbot; END IF; END $$`); err != nil {
				return err
			}
		}
		for _, step := range steps[has:] {
			if _, err := tx.Exec(ctx, step.statements); err != nil {
				return err
			}
		}
		if has == 0 {
			_, err = tx.Exec(ctx, `INSERT INTO digestbot.format (format, least) VALUES ($1, $2)`, len(steps), steps[len(steps)-1].least)
		} else {
			_, err = tx.Exec(ctx, `UPDATE digestbot.format SET format = $1, least = $2`, len(steps), steps[len(steps)-1].least)
		}
		return err
	})
}

// format returns the format of the database, 0 for one without our tables. It returns an
// error if a program that knows the format ours cannot use the database.
func (l *database) format(ctx context.Context, db interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}, ours int) (has int, err error) {
	var encoding string
	var tables int
	var known bool
	err = db.QueryRow(ctx, `SELECT current_setting('server_encoding'), to_regclass('digestbot.format') IS NOT NULL,
		(SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'digestbot')`).Scan(&encoding, &known, &tables)
	switch {
	case err != nil:
		return 0, err
	case encoding != "UTF8":
		return 0, fmt.Errorf("the database keeps text as %s, and digestbot needs UTF8: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding)
	case !known && tables > 0:
		return 0, errors.New("the schema digestbot of the database has tables of another program; name another database")
	case !known:
		return 0, nil
	}
	var least int
	err = db.QueryRow(ctx, `SELECT format, least FROM digestbot.format`).Scan(&has, &least)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, errFormatLost
	case err != nil:
		return 0, err
	case least > ours:
		return 0, newer(least, ours)
	}
	return has, nil
}

// newer is the error if a newer program has removed what this one needs.
func newer(least, ours int) error {
	return fmt.Errorf("a newer digestbot has changed the database (for programs that know format %d, and this one knows %d); use that one or a newer one", least, ours)
}

// errFormatLost says that the format of the tables is unknown.
var errFormatLost = errors.New(damaged + ": its format is lost")
