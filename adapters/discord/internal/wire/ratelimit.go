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

// Rate limits.
// https://docs.discord.com/developers/topics/rate-limits
const (
	// GlobalLimit is the number of requests per second that Discord accepts from a bot.
	GlobalLimit = 50
	// RefusalLimit is the maximum number of refused requests in refusalWindow.
	// After 10000 Discord bans the machine.
	RefusalLimit  = 1000
	refusalWindow = 10 * time.Minute
	// ReadPatience is how long a read request waits for a rate limit. A post does
	// not wait here: its error says when to retry, so it delays no other posts.
	ReadPatience = 5 * time.Second
	// globalBackoff is how long a permit rests after it has hit the global limit,
	// because that limit is then lower than documented.
	globalBackoff = 30 * time.Second
)

// Limiter decides when requests may be sent, so that Discord never has to refuse
// one. It considers the global limit, the limits of each channel that Discord has
// reported, and the number of recent refusals. Answers to interactions are not
// subject to these limits.
type Limiter struct {
	Permits *Permits

	mu        sync.Mutex
	forbidden time.Time           // no requests before this time
	names     map[string]string   // by kind of request: Discord's name of the bucket
	buckets   map[routeKey]bucket // by bucket and channel
	sweepAt   int                 // number of buckets at which expired ones are removed
	refused   [RefusalLimit]time.Time
	oldest    int // index of the oldest of them
}

// bucket is a channel's remaining allowance for one kind of request.
type bucket struct {
	left  int
	reset time.Time
}

// leastSweep is the number of buckets below which expired ones are not removed.
const leastSweep = 1024

// NewLimiter returns a limiter that holds back all requests for a second,
// because it is not known what a previous process sent during the last one.
func NewLimiter() *Limiter {
	return &Limiter{
		Permits: NewPermits(GlobalLimit, time.Now().Add(RateWindow), Spacing),
		names:   map[string]string{}, buckets: map[routeKey]bucket{}, sweepAt: leastSweep,
	}
}

// ErrBusy means that a request was not sent because other requests used up the rate limits.
var ErrBusy = errors.New("other requests used up the rate limits")

// notSent is the error of a request that was not sent, so that Discord
// cannot have executed it.
type notSent struct {
	wait time.Duration // how long to wait, if known
	err  error
}

func (e *notSent) Error() string { return e.err.Error() }
func (e *notSent) Unwrap() error { return e.err }

// routeKey identifies what Discord counts requests by: the method and the path
// without ids, and the channel or server concerned.
type routeKey struct{ route, place string }

// routeOf derives the key from a path below the API.
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

// acquire waits until a request may be sent. The request then has a permit,
// which release returns. The error is a *notSent.
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

// admit counts a request, or says how long it must wait and why.
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

// Forbid blocks all requests until the given time.
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

// bucket returns the key under which a request is counted.
func (l *Limiter) bucket(k routeKey) routeKey {
	if name, ok := l.names[k.route]; ok {
		k.route = name
	}
	return k
}

// release learns from the answer to a request and returns the request's
// permit. The headers are nil if there was no answer.
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

// countRefusal records a refusal that Discord counts towards its limit of invalid requests.
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
