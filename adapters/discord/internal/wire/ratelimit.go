package wire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/retry"
)

// Limits of requests.
// https://docs.discord.com/developers/topics/rate-limits
const (
	// GlobalLimit is how many requests a second Discord takes from a bot.
	GlobalLimit = 50
	// RefusalLimit is how many refused requests there may be in refusalWindow.
	// After 10000 Discord bans the machine.
	RefusalLimit  = 1000
	refusalWindow = 10 * time.Minute
	// ReadPatience is how long a request that only reads waits for a limit. A post
	// does not wait here: its error says when to retry, so it holds nobody up.
	ReadPatience = 5 * time.Second
	// globalBackoff is how long a permit rests that has met the global limit: that
	// limit is lower now than the documentation says.
	globalBackoff = 30 * time.Second
)

// Limiter says when requests may go out, so that Discord never has to refuse one:
// by the global limit, by what the answers said of the limit of each channel,
// and by how much was refused lately. Answers to interactions are outside
// those limits and do not ask.
type Limiter struct {
	Permits *Permits

	mu        sync.Mutex
	forbidden time.Time           // until then a limit forbids all requests
	names     map[string]string   // by kind of request: the bucket that Discord counts it in
	buckets   map[routeKey]bucket // by bucket and channel
	sweepAt   int                 // the number of buckets at which old ones go
	refused   [RefusalLimit]time.Time
	oldest    int // the oldest of them
}

// bucket is what a channel still takes of one kind of request.
type bucket struct {
	left  int
	reset time.Time
}

// leastSweep is how many buckets are kept without looking for old ones.
const leastSweep = 1024

// NewLimiter is a limiter that lets nothing through for a second: what a process
// before this one has sent in the last one is not known.
func NewLimiter() *Limiter {
	return &Limiter{
		Permits: NewPermits(GlobalLimit, time.Now().Add(RateWindow), Spacing),
		names:   map[string]string{}, buckets: map[routeKey]bucket{}, sweepAt: leastSweep,
	}
}

// ErrBusy is the cause when a request has not left because other requests had the limits.
var ErrBusy = errors.New("its turn did not come")

// notSent is an error of a request that has not left: Discord cannot have
// carried it out.
type notSent struct {
	wait time.Duration // how long to wait, if that is known
	err  error
}

func (e *notSent) Error() string { return e.err.Error() }
func (e *notSent) Unwrap() error { return e.err }

// routeKey is what Discord counts requests by: the method and the path without
// ids, and the channel or the server that it concerns.
type routeKey struct{ route, place string }

// routeOf reads the key off a path below the API.
func routeOf(method, path string) routeKey {
	path, _, _ = strings.Cut(path, "?")
	var place string
	var route strings.Builder
	route.WriteString(method)
	for n := 0; path != ""; n++ {
		var s string
		s, path, _ = strings.Cut(path, "/")
		if s != "" && s[0] >= '0' && s[0] <= '9' {
			if n == 1 {
				place = s
			}
			s = "*"
		}
		route.WriteByte('/')
		route.WriteString(s)
	}
	return routeKey{route.String(), place}
}

// acquire returns when a request may go out. It then has a permit, which release
// brings back. The error is a *notSent.
func (l *Limiter) acquire(ctx context.Context, k routeKey, patient bool) error {
	if err := ctx.Err(); err != nil {
		return &notSent{err: err}
	}
	for {
		permit, err := l.Permits.Take(ctx)
		if err != nil {
			return &notSent{err: fmt.Errorf("%w: %w", ErrBusy, err)}
		}
		if err := chat.Ended(ctx); err != nil {
			l.Permits.Restore(permit)
			return &notSent{err: err}
		}
		early := l.admit(k, time.Now())
		if early == nil {
			return nil
		}
		l.Permits.Restore(permit)
		if !patient || early.wait > ReadPatience || retry.Sleep(ctx, early.wait) != nil {
			return early
		}
	}
}

// admit counts a request, or says how long it has to wait and why.
func (l *Limiter) admit(k routeKey, now time.Time) *notSent {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.forbidden.Sub(now); wait > 0 {
		return &notSent{wait, errors.New("the bot's limit for all channels is reached")}
	}
	if wait := l.refused[l.oldest].Add(refusalWindow).Sub(now); wait > 0 {
		return &notSent{wait, fmt.Errorf("all requests wait for %v: Discord has refused %d within %v, and after 10000 it blocks this machine", wait.Round(time.Second), RefusalLimit, refusalWindow)}
	}
	name := l.bucket(k)
	b, ok := l.buckets[name]
	switch {
	case !ok:
	case !b.reset.After(now):
		delete(l.buckets, name)
	case b.left <= 0:
		return &notSent{b.reset.Sub(now), errors.New("the channel's limit is reached")}
	default:
		b.left--
		l.buckets[name] = b
	}
	return nil
}

// Forbid lets no request through until then.
func (l *Limiter) Forbid(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forbid(until)
}

func (l *Limiter) forbid(until time.Time) {
	if until.After(l.forbidden) {
		l.forbidden = until
	}
}

// bucket is what a kind of request is counted as.
func (l *Limiter) bucket(k routeKey) routeKey {
	if name, ok := l.names[k.route]; ok {
		k.route = name
	}
	return k
}

// release learns from the answer to a request, and brings its permit back. The
// headers are nil when there was no answer.
func (l *Limiter) release(k routeKey, h http.Header, refusal *APIError) {
	rest := time.Duration(0)
	if refusal != nil && refusal.Global {
		rest = globalBackoff
	}
	l.Permits.release(rest)
	if h == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if name := h.Get("X-Ratelimit-Bucket"); name != "" {
		l.names[k.route] = name
	}
	left, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	after, err2 := strconv.ParseFloat(h.Get("X-Ratelimit-Reset-After"), 64)
	if err == nil && err2 == nil {
		l.buckets[l.bucket(k)] = bucket{left, now.Add(seconds(after))}
	}
	if refusal != nil && refusal.Status == http.StatusTooManyRequests {
		if until := now.Add(refusal.RetryAfter); !refusal.Global {
			l.buckets[l.bucket(k)] = bucket{0, until}
		} else {
			l.forbid(now.Add(max(refusal.RetryAfter, time.Second)))
		}
	}
	if len(l.buckets) > l.sweepAt {
		maps.DeleteFunc(l.buckets, func(_ routeKey, b bucket) bool { return !b.reset.After(now) })
		l.sweepAt = max(leastSweep, 2*len(l.buckets))
	}
}

// countRefusal notes a refusal that Discord counts, whatever was asked.
// https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
func (l *Limiter) countRefusal(e *APIError) {
	switch {
	case e.Status == http.StatusTooManyRequests && e.Shared:
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden, e.Status == http.StatusTooManyRequests:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.refused[l.oldest] = time.Now()
		l.oldest = (l.oldest + 1) % RefusalLimit
	}
}
