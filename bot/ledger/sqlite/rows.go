package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/digestbot/digestbot/bot/ledger"
)

// tables are the tables with rows of the ledger itself, not of the file; a table comes
// before those that refer to it.
var tables = []string{"deliveries", "parts", "payloads", "beginnings", "slots", "subscriptions", "follows", "halts", "revision", "acts", "seen", "outages"}

// errEnough ends a read transaction when the caller wants no more rows.
var errEnough = errors.New("nobody wants more rows")

// Rows yields all rows of the ledger, table by table, from one snapshot. It ends with the
// first error.
func (l *database) Rows(ctx context.Context) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		err := l.view(ctx, func(tx *sql.Tx) error {
			for _, table := range tables {
				if err := rowsOfTable(ctx, tx, table, func(r ledger.Row) bool { return yield(r, nil) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(ledger.Row{}, l.wrap(err))
		}
	}
}

func rowsOfTable(ctx context.Context, tx *sql.Tx, table string, yield func(ledger.Row) bool) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT * FROM %s ORDER BY 1`, table))
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		row := ledger.Row{Table: table, Columns: columns, Values: make([]any, len(columns))}
		places := make([]any, len(columns))
		for i := range places {
			places[i] = &row.Values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i, v := range row.Values {
			if bytes, ok := v.([]byte); ok && bytes == nil {
				row.Values[i] = []byte{} // the driver returns nil for an empty one
			}
		}
		if !yield(row) {
			return errEnough
		}
	}
	return rows.Err()
}
