package postgres

import (
	"context"
	"errors"
)

// The errors on which callers of Open and Look base decisions.
var (
	// ErrAddress means that the URL of the database is unusable, whatever is at its
	// address.
	ErrAddress = errors.New("the URL of the database cannot be used")
	// ErrNone means that the database has no ledger yet.
	ErrNone = errors.New("there is no ledger in the database yet")
	// ErrOlder means that the ledger has an older format than this program reads.
	ErrOlder = errors.New("the ledger in the database has an older format")
)

// Look opens the ledger in a database as it is: it creates and changes no tables. The error
// is ErrNone or ErrOlder if there is no ledger that can be read like this.
func Look(ctx context.Context, address string) (*Ledger, error) {
	l, err := connect(ctx, address)
	if err != nil {
		return nil, err
	}
	has, err := l.format(ctx, l.pool, len(steps))
	switch {
	case err != nil:
	case has == 0:
		err = ErrNone
	case has < len(steps):
		err = ErrOlder
	}
	if err != nil {
		l.pool.Close()
		return nil, l.wrap(err)
	}
	return l.ledger(), nil
}
