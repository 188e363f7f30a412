package discord

import (
	"context"
	"math"
	"slices"
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
	apart   time.Duration  // how far requests leave from each other

	mu      sync.Mutex
	left    time.Time       // when the last request did, or will leave
	samples int             // round trips in the set that is being taken
	total   time.Duration   // all of them
	least   time.Duration   // the shortest of them
	floors  []time.Duration // the shortest of each of the sets before, the last setLimit ones
	spread  time.Duration   // by how much those of the last set were longer on average than the floor
}

const (
	// second is what the server counts in, and a little for clocks and timers.
	second = time.Second + time.Millisecond/2
	// sampleSize is how many round trips make a set. The first set is only
	// measured: fewer say too little of the shortest one.
	sampleSize = globalLimit
	// setLimit is of how many sets the shortest round trip counts: those of twenty
	// seconds at full pace. A crowd at either end makes all trips of a few seconds
	// longer than the way is.
	setLimit = 20
	// apart is that of a ring. Permits that come back
	// together would make crowds for ever, and in a crowd each waits for the others.
	apart = 250 * time.Microsecond
)

// newRing is a ring of n permits that can be used from then on.
func newRing(n int, from time.Time) *ring {
	r := &ring{permits: make(chan time.Time, n), apart: apart, least: math.MaxInt64}
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
	if err = sleep(ctx, time.Until(permit)); err == nil {
		err = sleep(ctx, r.turn(time.Now()))
	}
	if err != nil {
		r.restore(permit)
		return permit, err
	}
	return permit, nil
}

// turn is how long a request that may leave waits for those before it.
func (r *ring) turn(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = r.left.Add(r.apart)
	if r.left.Before(now) {
		r.left = now
	}
	return r.left.Sub(now)
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

// lead is by how much earlier a permit may leave after such a round trip. What
// was shortest falls at once and rises late; the more the trips differ, the further
// below the shortest that was seen may the shortest of all be. While there are few
// trips and most of one is no way but a crowd, the shortest tells nothing of those
// without one.
func (r *ring) lead(trip time.Duration) time.Duration {
	if trip <= 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.least, r.total = min(r.least, trip), r.total+trip
	var shortest time.Duration // zero while there is no set
	if len(r.floors) > 0 {
		shortest = min(slices.Min(r.floors), r.least)
	}
	if r.samples++; r.samples == sampleSize {
		r.floors = append(r.floors[max(0, len(r.floors)-setLimit+1):], r.least)
		r.spread = r.total/sampleSize - slices.Min(r.floors)
		r.samples, r.total, r.least = 0, 0, math.MaxInt64
	}
	if r.spread > shortest && len(r.floors) < setLimit/4 {
		return 0
	}
	return max(shortest-r.spread/8, 0) * 99 / 100
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
