package discord

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/retry"
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
// Permits that come back together would make a crowd each second, in which each
// request waits for the others; so requests leave a little apart.
type ring struct {
	permits chan time.Time // from when each permit may be used
	apart   *rate.Limiter
}

const (
	// second is what the server counts in, and a little for clocks and timers.
	second = time.Second + time.Millisecond/2
	// apart is how far requests leave from each other.
	apart = 250 * time.Microsecond
)

// newRing is a ring of n permits that can be used from then on.
func newRing(n int, from time.Time) *ring {
	r := &ring{permits: make(chan time.Time, n), apart: rate.NewLimiter(rate.Every(apart), 1)}
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
	if err = retry.Sleep(ctx, time.Until(permit)); err == nil {
		err = r.apart.Wait(ctx)
	}
	if err != nil {
		r.restore(permit)
		return permit, err
	}
	return permit, nil
}

// restore brings back a permit that was not used.
func (r *ring) restore(permit time.Time) { r.permits <- permit }

// give brings back a permit now that the answer is in, or that there will be
// none; it rests longer if it has to.
func (r *ring) give(rest time.Duration) { r.permits <- time.Now().Add(second + rest) }

// rests reports whether nobody has a permit or waits for one.
func (r *ring) rests() bool { return len(r.permits) == cap(r.permits) }
