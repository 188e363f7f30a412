package replicas

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/ledger/postgres"
)

// InLedger is the Table in the database of a ledger.
type InLedger struct{ *postgres.Ledger }

// Lease takes a lease.
func (t InLedger) Lease(ctx context.Context, name, holder string, term time.Duration) (bool, error) {
	x, err := t.Ledger.Lease(ctx, name, holder, term)
	return x.Held, err
}
