package discordfake

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Count is how a Fake counts the requests per second. The documentation does
// not say how Discord does.
type Count uint8

// The ways to count a second.
const (
	FromFirst Count = iota // windows that begin with their first request
	WallClock              // windows of the clock
	Sliding                // the second before each request (the strictest)
)

// seconds counts the requests in each second.
type seconds struct {
	opened time.Time
	count  int
	log    []time.Time // requests admitted within the last second
	over   int         // requests that were refused
}

// Over returns the number of requests in excess of GlobalLimit.
func (f *Fake) Over() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seconds.over
}

// SetGlobalLimit changes the limit while the Fake is serving.
func (f *Fake) SetGlobalLimit(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.GlobalLimit = n
}

// Refused returns the number of requests answered with 401, 403 or 429.
// After more than 10000 in ten minutes, Discord treats the machine as an
// attacker.
func (f *Fake) Refused() int {
	return int(f.refusals.Load())
}

// arrive counts a request, or returns how long it must wait.
// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
func (f *Fake) arrive(now time.Time) (wait time.Duration) {
	s := &f.seconds
	if f.GlobalLimit == 0 {
		return 0
	}
	if f.GlobalCount == Sliding {
		s.log = slices.DeleteFunc(s.log, func(at time.Time) bool { return now.Sub(at) >= time.Second })
		if len(s.log) >= f.GlobalLimit {
			s.over++
			return s.log[0].Add(time.Second).Sub(now)
		}
		s.log = append(s.log, now)
		return 0
	}
	if now.Sub(s.opened) >= time.Second {
		s.opened, s.count = now, 0
		if f.GlobalCount == WallClock {
			s.opened = now.Truncate(time.Second)
		}
	}
	if s.count >= f.GlobalLimit {
		s.over++
		return s.opened.Add(time.Second).Sub(now)
	}
	s.count++
	return 0
}

// tooMany answers a request that exceeds the limit per second.
func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	w.Header().Set("X-RateLimit-Global", "true")
	w.Header().Set("X-RateLimit-Scope", "global")
	reply(w, http.StatusTooManyRequests, map[string]any{"message": "You are being rate limited.", "retry_after": wait.Seconds(), "global": true})
}

// counted records the status of an answer.
type counted struct {
	http.ResponseWriter
	f *Fake
}

// WriteHeader counts refusals, except for those of a shared limit.
func (w counted) WriteHeader(status int) {
	switch {
	case status == http.StatusTooManyRequests && w.Header().Get("X-RateLimit-Scope") == "shared":
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusTooManyRequests:
		w.f.refusals.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w counted) Unwrap() http.ResponseWriter { return w.ResponseWriter }
