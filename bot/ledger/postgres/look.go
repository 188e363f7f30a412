package postgres

import (
	"context"
	"errors"
)

// The errors that callers of Open and Look decide by.
var (
	// ErrAddress is that the URL of the database cannot be used, whatever stands there.
	ErrAddress = errors.New("the URL of the database cannot be used")
	// ErrNone is that the database has no ledger yet.
	ErrNone = errors.New("there is no ledger in the database yet")
	// ErrOlder is that the ledger has an older format than this program reads.
	ErrOlder = errors.New("the ledger in the database has an older format")
)

// Look opens the ledger in a database as it is: it makes no tables and changes none. The
// error is ErrNone or ErrOlder where there is nothing to be looked at in that way.
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
