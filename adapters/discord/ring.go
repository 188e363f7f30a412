package discord

import (
	"context"
	"math"
	"sync"
	"time"
)

// ring is a ring of permits to make a request.
//
// A permit can be used again a second after the answer to the request that had
// it. A request arrives before its answer does, so two uses of one permit
// arrive at least a second apart, and within no second do more requests arrive
// than there are permits: however the server counts its seconds, and however
// long the way to it is. Buckets of tokens, which count when requests leave,
// promise nothing of the kind.
//
// That costs the time of the way. Most of it is won back: between two arrivals
// lie the way back of the first answer and the way there of the second
// request, so the permit may leave earlier by what both take at the least.
type ring struct {
	permits chan time.Time // from when each permit may be used

	mu      sync.Mutex
	samples int           // round trips in the set that is being taken
	total   time.Duration // all of them
	least   time.Duration // the shortest of them
	floor   time.Duration // the shortest of the sets before; 0 while there is none
	spread  time.Duration // by how much those of the last set were longer on average
}

const (
	// second is what the server counts in, and a little for clocks and timers.
	second = time.Second + time.Millisecond
	// sampleSize is how many round trips make a set. The first set is only
	// measured: fewer say too little of the shortest one.
	sampleSize = globalLimit
)

// newRing is a ring of n permits that can be used from then on.
func newRing(n int, from time.Time) *ring {
	r := &ring{permits: make(chan time.Time, n), least: math.MaxInt64}
	for range n {
		r.permits <- from
	}
	return r
}

// take waits for a permit. It goes back by restore, if nothing was sent, or by
// give.
func (r *ring) take(ctx context.Context) (permit time.Time, err error) {
	select {
	case permit = <-r.permits:
	case <-ctx.Done():
		return permit, ctx.Err()
	}
	if err := sleep(ctx, time.Until(permit)); err != nil {
		r.restore(permit)
		return permit, err
	}
	return permit, nil
}

// restore brings back a permit that was not used.
func (r *ring) restore(permit time.Time) { r.permits <- permit }

// give brings back a permit now that the answer is in, or that there will be
// none. trip is the time from a standing connection to the answer; 0 if there
// was none.
func (r *ring) give(trip, rest time.Duration) {
	r.permits <- time.Now().Add(second + rest - r.lead(trip))
}

// rests reports whether nobody has a permit or waits for one.
func (r *ring) rests() bool { return len(r.permits) == cap(r.permits) }

// lead is by how much earlier a permit may leave after such a round trip. The
// floor falls at once and rises slowly; the more the trips differ, the further
// below the shortest that was seen may the shortest of all be.
func (r *ring) lead(trip time.Duration) time.Duration {
	if trip <= 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.least, r.total = min(r.least, trip), r.total+trip
	shortest := min(r.floor, r.least)
	if r.samples++; r.samples == sampleSize {
		if r.floor == 0 {
			r.floor = r.least
		}
		r.floor += min(r.least-r.floor, (r.least-r.floor)/4)
		r.spread = r.total/sampleSize - r.floor
		r.samples, r.total, r.least = 0, 0, math.MaxInt64
	}
	return max(shortest-r.spread/6, 0) * 99 / 100
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
