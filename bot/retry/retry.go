// Package retry says how long to wait before something is tried again, and
// waits. It never knows what is tried, nor whether that is of use.
//
// # Why
//
// The loops stay where they are, because they differ in all but this: an error may
// be final, ask for a longer wait, or follow an hour of success. Deliveries wait in
// the ledger instead, which survives a restart.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is the waits between attempts: First, doubled after each attempt up to
// Last, and up to a half longer, so that many who lost the same server do not come
// back together.
type Backoff struct {
	First, Last time.Duration

	next time.Duration
}

// Next is how long to wait before the next attempt. After one that got somewhere it
// is First again.
func (b *Backoff) Next(progress bool) time.Duration {
	if progress {
		b.next = 0
	}
	wait := max(b.First, b.next)
	if !progress {
		b.next = min(2*wait, b.Last)
	}
	return wait + rand.N(wait/2+1)
}

// Sleep waits for d, or until ctx is done.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
