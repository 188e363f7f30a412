package deliver

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// probeLimit is the maximum time between two probes of a platform that refuses.
const probeLimit = time.Hour

// breakers are the circuit breakers: one for each adapter whose account is refused, and one
// for each channel that is refused. While the breaker of an adapter is open, one delivery
// at a time probes whether the platform accepts posts again, so that a refused account
// makes an occasional request and not one for each channel. A channel needs no probes of
// its own: its first delivery holds up those behind it.
type breakers struct {
	mu       sync.Mutex
	adapters map[string]*breaker
	channels map[chat.Channel]breaker // probe is not used
	// began is when this process first attempted anything.
	began time.Time
}

// breaker is an open circuit breaker.
type breaker struct {
	since, probe time.Time // when it opened, and when the next probe is due
	refused      time.Time // when the account was last refused
	reason       string
}

// allows reports whether an adapter may be asked to post. If its breaker is open and a
// probe is due, the first caller makes it; all others wait. A probe is also due if someone
// has asked for one since the account was last refused.
func (b *breakers) allows(adapter string, wanted, now time.Time) (open breaker, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.began = now
	}
	found := b.adapters[adapter]
	if found == nil {
		return breaker{}, true
	}
	if now.Before(found.probe) && !wanted.After(found.refused) {
		return *found, false
	}
	found.probe = now.Add(SendTimeout + time.Second)
	return *found, true
}

// tried returns how long this process has been trying since an attempt made at last: time
// while the process was down does not count.
func (b *breakers) tried(last, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return min(now.Sub(last), now.Sub(b.began))
}

// openAdapter records that an account is refused, and reports whether that is new.
func (b *breakers) openAdapter(adapter, reason string, since, now time.Time) (open breaker, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.adapters[adapter]
	if news = found == nil; news {
		found = &breaker{since: since}
		if b.adapters == nil {
			b.adapters = map[string]*breaker{}
		}
		b.adapters[adapter] = found
	}
	found.reason, found.refused, found.probe = reason, now, now.Add(probeDelay(now.Sub(found.since)))
	return *found, news
}

// openChannel records that a channel is refused, and returns since when.
func (b *breakers) openChannel(c chat.Channel, reason string, since time.Time) (_ time.Time, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok := b.channels[c]; ok {
		since = before.since
	} else {
		news = true
	}
	if b.channels == nil {
		b.channels = map[chat.Channel]breaker{}
	}
	b.channels[c] = breaker{since: since, reason: reason}
	return since, news
}

// close records that a post to a channel was accepted. It closes the breakers of the
// adapter and the channel, and returns since when they were open: the zero time if they
// were not.
func (b *breakers) close(c chat.Channel) (adapter, channel time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if found := b.adapters[c.Adapter]; found != nil {
		adapter = found.since
	}
	channel = b.channels[c].since
	delete(b.adapters, c.Adapter)
	delete(b.channels, c)
	return adapter, channel
}

// forget closes the breakers of an adapter, without notices.
func (b *breakers) forget(adapter string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.adapters, func(name string, _ *breaker) bool { return name == adapter })
	maps.DeleteFunc(b.channels, func(c chat.Channel, _ breaker) bool { return c.Adapter == adapter })
}

// Refused says that a platform refuses a channel, or all of an adapter if the channel has
// no ID.
type Refused struct {
	Channel chat.Channel
	Since   time.Time
	Reason  string
}

// open returns the open breakers, by channel.
func (b *breakers) open() (all []Refused) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, x := range b.adapters {
		all = append(all, Refused{chat.Channel{Adapter: name}, x.since, x.reason})
	}
	for c, x := range b.channels {
		all = append(all, Refused{c, x.since, x.reason})
	}
	slices.SortFunc(all, func(x, y Refused) int { return strings.Compare(x.Channel.String(), y.Channel.String()) })
	return all
}

// probeDelay returns how long to wait for the next probe of a breaker that has been open
// for the given time: half of it, from 1 min to probeLimit.
func probeDelay(open time.Duration) time.Duration {
	return max(time.Minute, min(open/2, probeLimit))
}
