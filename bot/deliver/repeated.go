package deliver

import (
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

const (
	// A part is held if repeatedTimes attempts on it have ended with the same error, over
	// at least repeatedFor and with the part found absent, and one of them failed although
	// the platform had accepted another post since the first.
	repeatedTimes = 10
	repeatedFor   = time.Minute
)

// repeated remembers on which parts the platform fails in the same way each time, and when
// it accepted anything. A new process counts from zero, which costs some attempts.
type repeated struct {
	mu    sync.Mutex
	parts map[chat.Key]*failure
	takes map[string]time.Time // by adapter: when it last accepted a post
}

// failure is the error with which consecutive attempts on a part ended, and their number.
type failure struct {
	err         string
	times       int
	first, last time.Time
	despite     bool // one came after the platform had accepted something else
}

// failed records how an attempt ended. Only errors in doubt count; any other error resets
// the count.
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

// took records that an adapter accepted a part.
func (s *repeated) took(adapter string, k chat.Key, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
	if s.takes == nil {
		s.takes = map[string]time.Time{}
	}
	s.takes[adapter] = now
}

func (s *repeated) forget(k chat.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.parts, k)
}

// is reports whether the platform fails on a part each time, even after it accepted
// something else. Until then it may be failing on everything: at the end of an outage, one
// part gets through before the others are tried again.
func (s *repeated) is(k chat.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.parts[k]
	return f != nil && f.times >= repeatedTimes && f.last.Sub(f.first) >= repeatedFor && f.despite
}
