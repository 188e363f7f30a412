package deliver

import (
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// A part is held when repeatedTimes attempts on it have ended with the same error,
	// over at least repeatedFor and with the part found absent, and one of them failed
	// though the platform had taken another post since the first.
	repeatedTimes = 10
	repeatedFor   = time.Minute
)

// repeated remembers which parts the platform fails on in the same way each time,
// and when it took anything. A process that starts anew counts anew, which costs
// some attempts.
type repeated struct {
	mu    sync.Mutex
	parts map[chat.Key]*failure
	takes map[string]time.Time // by adapter: when it last took a post
}

// failure is what the attempts on a part ended with, so many times in a row.
type failure struct {
	err         string
	times       int
	first, last time.Time
	despite     bool // one came after the platform had taken something else
}

// failed notes how an attempt ended. Only errors in doubt count; any other error
// resets the count.
func (s *repeated) failed(adapter string, k chat.Key, err error, now time.Time) {
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
	f.despite = f.despite || s.takes[adapter].After(f.first)
}

// took notes that an adapter took a part.
func (s *repeated) took(adapter string, k chat.Key, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
	if s.takes == nil {
		s.takes = map[string]time.Time{}
	}
	s.takes[adapter] = now
}

// forget forgets a part.
func (s *repeated) forget(k chat.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
}

// is reports whether the platform fails on a part each time, also after it took something
// else. Until then it may fail on everything: when an outage ends, one part gets
// through before the others were tried again.
func (s *repeated) is(k chat.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.parts[k]
	return f != nil && f.times >= repeatedTimes && f.last.Sub(f.first) >= repeatedFor && f.despite
}
