package postgres

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/ledger"
)

// table is a table with rows of the ledger.
type table struct {
	name string
	// sequence is the column that the database numbers.
	sequence string
}

// tables are the tables of the ledger; a table comes before those that refer to it.
var tables = []table{
	{"deliveries", "seq"}, {"parts", ""}, {"payloads", ""}, {"beginnings", ""}, {"slots", ""}, {"subscriptions", ""}, {"follows", ""},
	{"halts", ""}, {"revision", ""}, {"acts", "seq"}, {"seen", ""}, {"outages", ""}, {"leases", ""}, {"claims", ""}, {"sessions", ""},
}

// booleans are columns that other ledgers store as numbers.
var booleans = []string{"thread", "surplus"}

// Fill copies the rows of another ledger into this one: all or none. This one must be
// empty. The rows come table by table, a table before those that refer to it.
func (l *database) Fill(ctx context.Context, rows iter.Seq2[ledger.Row, error]) error {
	return l.wrap(pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{BeginQuery: beginPlanning}, func(tx pgx.Tx) error {
		// Pulling may take long, and no other process may write in between.
		if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
		if err := empty(ctx, tx); err != nil {
			return err
		}
		if err := fill(ctx, tx, rows); err != nil {
			return err
		}
		for _, t := range tables {
			if t.sequence == "" {
				continue
			}
			if _, err := tx.Exec(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('digestbot.%[1]s', '%[2]s'), max(%[2]s)) FROM digestbot.%[1]s`, t.name, t.sequence)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// empty blocks all other writers, and checks that there are no rows.
func empty(ctx context.Context, tx pgx.Tx) error {
	for _, t := range tables {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`LOCK TABLE digestbot.%s IN SHARE ROW EXCLUSIVE MODE`, t.name)); err != nil {
			return err
		}
	}
	for _, t := range tables {
		var some bool
		query := fmt.Sprintf(`SELECT EXISTS (SELECT FROM digestbot.%s)`, t.name)
		if t.name == "revision" {
			query = `SELECT settings > 0 FROM digestbot.revision` // there is always a row
		}
		if err := tx.QueryRow(ctx, query).Scan(&some); err != nil {
			return err
		}
		if some {
			return fmt.Errorf("the database has rows already, in digestbot.%s; name one that is empty", t.name)
		}
	}
	_, err := tx.Exec(ctx, `DELETE FROM digestbot.revision`)
	return err
}

// fill writes the rows, batching consecutive rows of a table.
func fill(ctx context.Context, tx pgx.Tx, rows iter.Seq2[ledger.Row, error]) error {
	next, stop := iter.Pull2(rows)
	defer stop()
	row, err, more := next()
	for more && err == nil {
		of := row
		if !slices.ContainsFunc(tables, func(t table) bool { return t.name == of.Table }) {
			return fmt.Errorf("the other ledger has a table %s, and this one has none", of.Table)
		}
		_, copyErr := tx.CopyFrom(ctx, pgx.Identifier{"digestbot", of.Table}, of.Columns, pgx.CopyFromFunc(func() ([]any, error) {
			if !more || err != nil || row.Table != of.Table {
				return nil, err
			}
			values, convertErr := converted(row)
			row, err, more = next()
			return values, convertErr
		}))
		if copyErr != nil {
			return copyErr
		}
	}
	return err
}

// converted returns the values of a row as this ledger stores them.
func converted(row ledger.Row) ([]any, error) {
	values, err := plain(row.Values)
	for i, column := range row.Columns {
		if n, ok := values[i].(int64); ok && slices.Contains(booleans, column) {
			values[i] = n != 0
		}
	}
	return values, err
}
