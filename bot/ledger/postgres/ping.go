package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Ping reports whether the ledger can be read and written: the database answers, accepts
// changes, and has a format that this program may use. It changes nothing.
func (l *database) Ping(ctx context.Context) error {
	type answer struct {
		standby, readOnly bool
		least             int
	}
	a, err := first(ctx, l, func(row pgx.CollectableRow, a *answer) error { return row.Scan(&a.standby, &a.readOnly, &a.least) },
		`SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean, least FROM digestbot.format`)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return l.wrap(errFormatLost)
	case err != nil:
		return err
	case a.standby || a.readOnly:
		return l.wrap(errors.New("the database takes no changes; it may be a standby"))
	case a.least > len(steps):
		return l.wrap(newer(a.least, len(steps)))
	}
	return nil
}

// Pooled reports whether there is a pool like PgBouncer in between, which may give each
// transaction another connection: it reports a process number of its own.
func (l *database) Pooled(ctx context.Context) (pooled bool, err error) {
	err = l.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		var process uint32
		err := c.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&process)
		pooled = process != c.Conn().PgConn().PID()
		return err
	})
	return pooled, l.wrap(err)
}

// Check reads all rows, so that the server detects damage, and reports what is missing.
func (l *database) Check(ctx context.Context) error {
	return l.wrap(l.view(ctx, func(tx pgx.Tx) error {
		for _, table := range tables {
			// The text of a row requires all of it, including long values that are stored
			// separately.
			if _, err := tx.Exec(ctx, fmt.Sprintf(`SELECT sum(length(t::text)) FROM digestbot.%s AS t`, table.name)); err != nil {
				return err
			}
		}
		var key string
		err := tx.QueryRow(ctx, `SELECT d.key FROM digestbot.deliveries AS d JOIN digestbot.parts AS p ON p.delivery = d.seq
			GROUP BY d.seq HAVING count(*) <> max(p.number) OR min(p.number) <> 1 LIMIT 1`).Scan(&key)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%s: delivery %s lacks parts", damaged, key)
		}
		return err
	}))
}

// view runs f in a read transaction: f sees one snapshot.
func (l *database) view(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}
