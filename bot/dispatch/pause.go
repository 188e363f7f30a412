package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

// pauseLimit is the longest time between two looks whether a platform takes
// posts again.
const pauseLimit = time.Hour

// pauses remembers what takes nothing. While an adapter is paused one delivery
// at a time looks whether that is over, so that an account that the platform
// refuses makes a request now and then and not one for each channel. A paused
// channel needs no such care: what is behind its first delivery waits anyway.
type pauses struct {
	mu       sync.Mutex
	adapters map[string]*closure
	channels map[chat.Channel]time.Time // since when
	// began is when this process first worked on anything.
	began time.Time
}

// closure is the pause of an adapter.
type closure struct {
	since, until time.Time
	reason       string
}

// enter asks whether an adapter takes posts. If it is paused and it is time to
// look again, the first who asks looks; whoever else asks waits meanwhile.
func (p *pauses) enter(adapter string, now time.Time) (c closure, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.began.IsZero() {
		p.began = now
	}
	closed := p.adapters[adapter]
	if closed == nil {
		return closure{}, true
	}
	if now.Before(closed.until) {
		return *closed, false
	}
	closed.until = now.Add(SendTimeout + time.Second)
	return *closed, true
}

// tried is for how long this process has tried what was last done at a time: one
// that was down has not tried.
func (p *pauses) tried(last, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(now.Sub(last), now.Sub(p.began))
}

// closeAdapter notes that an account is refused, and reports whether that is
// news.
func (p *pauses) closeAdapter(adapter, reason string, since, now time.Time) (c closure, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	closed := p.adapters[adapter]
	if news = closed == nil; news {
		closed = &closure{since: since}
		if p.adapters == nil {
			p.adapters = map[string]*closure{}
		}
		p.adapters[adapter] = closed
	}
	closed.reason, closed.until = reason, now.Add(patience(now.Sub(closed.since)))
	return *closed, news
}

// closeChannel notes that a channel is refused, and says since when.
func (p *pauses) closeChannel(c chat.Channel, since time.Time) (_ time.Time, news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before, ok := p.channels[c]; ok {
		return before, false
	}
	if p.channels == nil {
		p.channels = map[chat.Channel]time.Time{}
	}
	p.channels[c] = since
	return since, true
}

// open notes that something got through, and says which pauses that ends: the
// zero time for none.
func (p *pauses) open(c chat.Channel) (adapter, channel time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if closed := p.adapters[c.Adapter]; closed != nil {
		adapter = closed.since
	}
	channel = p.channels[c]
	delete(p.adapters, c.Adapter)
	delete(p.channels, c)
	return adapter, channel
}

// patience is how long to wait with what is paused for so long.
func patience(paused time.Duration) time.Duration {
	return max(time.Minute, min(paused/2, pauseLimit))
}

// refuse has x wait because the platform takes nothing from the account or for
// the channel. Anything somebody asked for by hand fails instead, so that they hear
// of it.
func (d *Dispatcher) refuse(ctx context.Context, x *ledger.Delivery, err error, now time.Time) error {
	pause, at, news := ledger.Pause{Scope: ledger.OfChannel}, time.Time{}, false
	if chat.OutcomeOf(err) == chat.RejectedAccount {
		pause.Scope = ledger.OfAdapter
		var c closure
		c, news = d.pauses.closeAdapter(x.Channel.Adapter, chat.Reason(err), now, now)
		pause.Since, at = c.since, c.until
	} else if x.Cause != ledger.ForResend {
		pause.Since, news = d.pauses.closeChannel(x.Channel, now)
		at = now.Add(patience(now.Sub(pause.Since)))
	}
	d.pause(x, pause, chat.Reason(err), at, now)
	if err := d.save(ctx, x); err != nil || !news {
		return err
	}
	return d.tellPause(ctx, x.Channel, pause, chat.Reason(err), now)
}

// pause has x wait, unless it has waited too long or somebody waits for it.
func (d *Dispatcher) pause(x *ledger.Delivery, p ledger.Pause, reason string, at, now time.Time) {
	d.wait(x, reason, at, now)
	switch {
	case x.State == ledger.Planned && x.Cause == ledger.ForResend:
		x.Fail(reason, now)
	case !x.State.Ended():
		x.Paused = p
	}
}

// wait has x wait with a reason until a time, unless it has waited too long.
// Anything in doubt stays so.
func (d *Dispatcher) wait(x *ledger.Delivery, reason string, at, now time.Time) {
	doubt := x.State == ledger.InDoubt
	switch late := now.Sub(x.Tried()) > retryLimit; {
	case late && doubt:
		x.Hold(ledger.Because(ledger.CannotTellForDays, days(retryLimit), reason), now)
	case late:
		x.Fail(ledger.Because(ledger.GivenUpAfterDays, days(retryLimit), reason), now)
	case doubt:
		x.Doubt(reason, at)
	default:
		x.Retry(reason, at)
	}
}

// days is a number of whole days.
func days(d time.Duration) int { return int(d.Hours() / 24) }

// through notes that something got through to a channel.
func (d *Dispatcher) through(ctx context.Context, c chat.Channel, now time.Time) error {
	adapter, channel := d.pauses.open(c)
	var errs []error
	if !adapter.IsZero() {
		errs = append(errs, d.tell(ctx, compose.AdapterTakes(c.Adapter, d.speaks(d.Admin)), now, "adapter takes", c.Adapter, stamp(adapter)))
	}
	if !channel.IsZero() {
		errs = append(errs, d.tell(ctx, compose.ChannelTakes(c, d.speaks(d.Admin)), now, "channel takes", c.String(), stamp(channel)))
	}
	return errors.Join(errs...)
}

// resume takes up what an earlier process has left: what is paused is looked
// into at once, because a restart is what an operator does who has mended it;
// and what the admins should know is told, in case that process did not come to
// it.
func (d *Dispatcher) resume(ctx context.Context, now time.Time) error {
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{Waiting: true}) {
		if err != nil {
			return err
		}
		switch x.Paused.Scope {
		case ledger.OfAdapter:
			d.pauses.closeAdapter(x.Channel.Adapter, x.Reason, x.Paused.Since, x.Paused.Since.Add(-time.Minute))
		case ledger.OfChannel:
			d.pauses.closeChannel(x.Channel, x.Paused.Since)
		default:
			if !fromTheFuture(&x, now) && x.Next.Sub(now) < farAhead {
				continue
			}
		}
		if x.Paused != (ledger.Pause{}) {
			if err := d.tellPause(ctx, x.Channel, x.Paused, x.Reason, now); err != nil {
				return err
			}
		}
		if x.Next.After(now) {
			x.Wake(now)
			if err := d.save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return err
			}
		}
	}
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{State: ledger.Held}) {
		if err != nil {
			return err
		}
		if err := d.tellHeld(ctx, &x, now); err != nil {
			return err
		}
	}
	return d.holdEnded(ctx, now)
}

// farAhead is longer than anything waits for its next attempt.
const farAhead = 30 * 24 * time.Hour

// holdEnded holds what waits by its state but has ended by its time, as after
// damage to the ledger: nobody would take it up.
func (d *Dispatcher) holdEnded(ctx context.Context, now time.Time) error {
	for _, s := range []ledger.State{ledger.Planned, ledger.Sending, ledger.InDoubt} {
		for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{State: s}) {
			if err != nil {
				return err
			}
			if x.Ended.IsZero() {
				continue
			}
			x.Hold(flawed(&x, ledger.Because(ledger.EndedAlready, x.State)), now)
			if err := d.save(ctx, &x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return err
			}
		}
	}
	return nil
}
