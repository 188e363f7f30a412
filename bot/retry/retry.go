// Package retry determines how long to wait before something is tried again, and waits. It
// knows nothing of what is tried, nor whether trying again makes sense.
//
// # Why
//
// The loops stay where they are, because they differ in everything but this: an error may
// be final, ask for a longer wait, or follow an hour of success. Deliveries wait in the
// ledger instead, which survives a restart.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff computes the waits between attempts: First, doubled after each attempt up to
// Last, plus up to half of that at random, so that many clients that lost the same server
// do not come back together.
type Backoff struct {
	First, Last time.Duration

	next time.Duration
}

// Next returns the wait before the next attempt. After an attempt that made progress it
// starts with First again.
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
