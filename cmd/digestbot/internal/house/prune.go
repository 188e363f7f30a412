package house

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

const (
	// firstPrune is the delay from the start to the first pruning, and pruneEvery the
	// interval after it.
	firstPrune = 5 * time.Minute
	pruneEvery = 24 * time.Hour
)

// prune removes rows that the ledger no longer needs, until ctx is done.
func (h *House) prune(ctx context.Context) {
	for wait := firstPrune; ; wait = pruneEvery {
		if retry.Sleep(ctx, wait) != nil {
			return
		}
		var n int
		err := panics.Contain(h.Log, "remove old deliveries", func() (err error) {
			n, err = h.Ledger.Prune(ctx, time.Now().Add(-h.Config.Keep))
			return err
		})
		switch {
		case err != nil && ctx.Err() == nil:
			h.Log.Warn("ledger: old deliveries cannot be removed, trying again tomorrow", "error", err)
		case n > 0:
			h.Log.Info("ledger: old deliveries were removed", "deliveries", n)
		}
	}
}
