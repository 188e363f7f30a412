package wire

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/retry"
)

// Permits limits the number of requests per second.
//
// A permit can be reused one second after the answer to its last request. A
// request arrives before it is answered, so two uses of the same permit arrive
// at least a second apart, and no second sees more requests arrive than there
// are permits, however the server counts its seconds and whatever the latency.
// Token buckets, which count when requests leave, cannot guarantee this.
//
// If permits returned together, their requests would leave in a burst each
// second and wait for one another. Requests are therefore spaced slightly
// apart.
type Permits struct {
	free    chan time.Time // when each permit may be used
	spacing *rate.Limiter
}

const (
	// RateWindow is the server's counting period, plus a margin for clocks and timers.
	RateWindow = time.Second + time.Millisecond/2
	// Spacing is the minimum time between two requests.
	Spacing = 250 * time.Microsecond
)

// NewPermits returns n permits that can be used from the given time on, with
// the given time between requests.
func NewPermits(n int, from time.Time, apart time.Duration) *Permits {
	p := &Permits{free: make(chan time.Time, n), spacing: rate.NewLimiter(rate.Every(apart), 1)}
	for range n {
		p.free <- from
	}
	return p
}

// Take waits for a permit. The caller returns it with Restore if nothing
// was sent, and otherwise with release.
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

// Restore returns an unused permit.
func (p *Permits) Restore(permit time.Time) { p.free <- permit }

// release returns a permit once the answer has arrived or none will. The permit
// rests for an additional time.
func (p *Permits) release(rest time.Duration) { p.free <- time.Now().Add(RateWindow + rest) }

// Idle reports whether no permit is in use or waited for.
func (p *Permits) Idle() bool { return len(p.free) == cap(p.free) }
