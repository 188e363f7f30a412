package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Decide applies a person's decision, such as Delivery.Release, to a delivery. If the
// delivery is changed in the meantime, it is read again. An error that is not a
// *RefusedError comes from the ledger.
func Decide(ctx context.Context, l Deliveries, key chat.Key, by string, now time.Time, decision func(*Delivery, string, time.Time) error) (Delivery, error) {
	for {
		x, err := l.Get(ctx, key)
		if err != nil {
			return x, err
		}
		if err := decision(&x, by, now); err != nil {
			return x, &RefusedError{err}
		}
		if err := l.Save(ctx, &x); !errors.Is(err, ErrFenced) {
			return x, err
		}
	}
}

// RefusedError says why something cannot be done with a delivery in its present state.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }
