package dispatch

import (
	"context"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// fewTimes are how many attempts on a part have to end with the same error, over
	// at least stubbornFor and with the part found absent, before it is planned
	// smaller, if the platform takes other posts meanwhile. After manyTimes what was
	// or cannot be planned smaller is held.
	fewTimes    = 3
	manyTimes   = 10
	stubbornFor = time.Minute
	// outage is for how long a part is planned smaller only if the platform takes
	// other posts; one that takes nothing for so long may do so because of the part.
	outage = 30 * time.Minute
)

// stubborn remembers which parts the platform fails on in the same way each time,
// and when it took anything. A process that starts anew counts anew, which costs
// some attempts.
type stubborn struct {
	mu    sync.Mutex
	parts map[chat.Key]*failure
	takes map[string]time.Time // by adapter: when it last took a post
}

// failure is what the attempts on a part ended with, so many times in a row.
type failure struct {
	err         string
	times       int
	first, last time.Time
}

// failed notes how an attempt ended; an error that says more than that nobody
// knows is none of these.
func (s *stubborn) failed(k chat.Key, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if chat.OutcomeOf(err) != chat.InDoubt {
		delete(s.parts, k)
		return
	}
	f := s.parts[k]
	if f == nil || f.err != err.Error() {
		if s.parts == nil {
			s.parts = map[chat.Key]*failure{}
		}
		f = &failure{err: err.Error(), first: now}
		s.parts[k] = f
	}
	f.times++
	f.last = now
}

// took notes that an adapter took a part.
func (s *stubborn) took(adapter string, k chat.Key, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
	if s.takes == nil {
		s.takes = map[string]time.Time{}
	}
	s.takes[adapter] = now
}

// forget forgets a part.
func (s *stubborn) forget(k chat.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
}

// fails is how often, and for how long, the platform has failed on a part in the same way. alone
// says that it took something else meanwhile; else it may fail on everything.
func (s *stubborn) fails(adapter string, k chat.Key) (times int, since time.Duration, alone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.parts[k]
	if f == nil {
		return 0, 0, false
	}
	return f.times, f.last.Sub(f.first), s.takes[adapter].After(f.first)
}

// overcome has a part that is certainly absent, and that the platform fails on
// in the same way each time, planned smaller, once; what was or cannot be is
// held. It reports whether it did either.
func (d *Dispatcher) overcome(ctx context.Context, a chat.Adapter, x *ledger.Delivery, now time.Time) (bool, error) {
	p := x.Current()
	times, since, alone := d.stubborn.fails(x.Channel.Adapter, p.Key)
	if times < fewTimes || since < stubbornFor || since < outage && !alone {
		return false, nil
	}
	key, reason := p.Key, p.Reason
	if x.Halve("it was laid out smaller: "+reason, d.split(a, x), now) {
		d.Log.Warn("part is laid out smaller", "digest", x.Digest, "channel", x.Channel.String(), "part", string(key), "error", reason)
	} else if times >= manyTimes && alone {
		x.Hold("the platform fails on it each time: "+reason, now)
	} else {
		return false, nil
	}
	d.stubborn.forget(key)
	return true, d.save(ctx, x)
}

// split is the current part in smaller ones; nil if the adapter has none.
func (d *Dispatcher) split(a chat.Adapter, x *ledger.Delivery) (smaller []chat.Payload) {
	splitter, ok := a.(chat.Splitter)
	if !ok {
		return nil
	}
	_ = panics.Contain(d.Log, "lay out this part smaller", func() error { // which is tried, and not owed
		smaller = splitter.Split(x.Current().Payload)
		return nil
	}, "channel", x.Channel.String(), "part", string(x.Current().Key))
	return smaller
}
