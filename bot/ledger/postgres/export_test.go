package postgres

import (
	"context"
	"fmt"
)

// Format is the newest format.
var Format = len(steps)

// Tables returns the names of the tables that are filled.
func Tables() (names []string) {
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names
}

// OpenAs opens a database like a program that knows further formats, one for each
// statement, and that requires programs to know least.
func OpenAs(ctx context.Context, address string, least int, statements ...string) (*Ledger, error) {
	l, err := open(ctx, address, append(steps[:len(steps):len(steps)], later(least, statements)...))
	if err != nil {
		return nil, fmt.Errorf("as a newer one: %w", err)
	}
	return l, nil
}

func later(least int, statements []string) (all []step) {
	for _, s := range statements {
		all = append(all, step{s, least})
	}
	return all
}
