package wire

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/retry"
)

// Permits are permission to make so many requests a second.
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
type Permits struct {
	free    chan time.Time // from when each permit may be used
	spacing *rate.Limiter
}

const (
	// RateWindow is what the server counts in, and a little for clocks and timers.
	RateWindow = time.Second + time.Millisecond/2
	// Spacing is how far requests leave from each other.
	Spacing = 250 * time.Microsecond
)

// NewPermits are n permits that can be used from then on; requests leave so far
// apart.
func NewPermits(n int, from time.Time, apart time.Duration) *Permits {
	p := &Permits{free: make(chan time.Time, n), spacing: rate.NewLimiter(rate.Every(apart), 1)}
	for range n {
		p.free <- from
	}
	return p
}

// Take waits for a permit. Restore brings it back if nothing was sent, else
// release does.
func (p *Permits) Take(ctx context.Context) (permit time.Time, err error) {
	select {
	case permit = <-p.free:
	case <-ctx.Done():
		return permit, ctx.Err()
	}
	if err = retry.Sleep(ctx, time.Until(permit)); err == nil {
		err = p.spacing.Wait(ctx)
	}
	if err != nil {
		p.Restore(permit)
		return permit, err
	}
	return permit, nil
}

// Restore brings back a permit that was not used.
func (p *Permits) Restore(permit time.Time) { p.free <- permit }

// release brings back a permit now that the answer is in, or that there will be
// none; it rests longer if it has to.
func (p *Permits) release(rest time.Duration) { p.free <- time.Now().Add(RateWindow + rest) }

// Idle reports whether nobody has a permit or waits for one.
func (p *Permits) Idle() bool { return len(p.free) == cap(p.free) }
