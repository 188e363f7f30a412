package discord

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

	"github.com/digestbot/digestbot/bot/retry"
)

// Limits of requests.
// https://docs.discord.com/developers/topics/rate-limits
const (
	// globalLimit is how many requests a second Discord takes from a bot.
	globalLimit = 50
	// refusalLimit is how many refused requests there may be in refusalWindow.
	// After 10000 Discord bans the machine.
	refusalLimit  = 1000
	refusalWindow = 10 * time.Minute
	// patience is how long a request that only reads waits for a limit. What
	// posts is told at once when to come again, and holds nobody up.
	patience = 5 * time.Second
	// chill is how long a permit rests that has met the global limit: that
	// limit is lower now than the documentation says.
	chill = 30 * time.Second
)

// pace says when requests may go out, so that Discord never has to refuse one:
// by the global limit, by what the answers said of the limit of each channel,
// and by how much was refused lately. Answers to interactions are outside
// those limits and do not ask.
type pace struct {
	ring *ring

	mu      sync.Mutex
	quiet   time.Time         // until then a limit forbids all requests
	names   map[string]string // by kind of request: the bucket that Discord counts it in
	buckets map[kind]bucket   // by bucket and channel
	sweep   int               // the number of buckets at which old ones go
	refused [refusalLimit]time.Time
	oldest  int // the oldest of them
}

// bucket is what a channel still takes of one kind of request.
type bucket struct {
	left  int
	reset time.Time
}

// sweepAt is how many buckets are kept without looking for old ones.
const sweepAt = 1024

// newPace is a pace that lets nothing through for a second: what a process
// before this one has sent in the last one is not known.
func newPace() *pace {
	return &pace{
		ring:  newRing(globalLimit, time.Now().Add(second)),
		names: map[string]string{}, buckets: map[kind]bucket{}, sweep: sweepAt,
	}
}

// unsent is an error of a request that has not left: Discord cannot have
// carried it out.
type unsent struct {
	wait time.Duration // how long to wait, if that is known
	err  error
}

func (e *unsent) Error() string { return e.err.Error() }
func (e *unsent) Unwrap() error { return e.err }

// kind is what Discord counts requests by: the method and the path without
// ids, and the channel or the server that it concerns.
type kind struct{ route, place string }

// kindOf reads the kind off a path below the API.
func kindOf(method, path string) kind {
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
	return kind{route.String(), place}
}

// enter returns when a request may go out. It then has a permit that leave
// brings back. The error is an *unsent.
func (p *pace) enter(ctx context.Context, k kind, patient bool) error {
	for {
		permit, err := p.ring.take(ctx)
		if err != nil {
			return &unsent{err: fmt.Errorf("its turn did not come: %w", err)}
		}
		early := p.admit(k, time.Now())
		if early == nil {
			return nil
		}
		p.ring.restore(permit)
		if !patient || early.wait > patience || retry.Sleep(ctx, early.wait) != nil {
			return early
		}
	}
}

// admit counts a request, or says how long it has to wait and why.
func (p *pace) admit(k kind, now time.Time) *unsent {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.quiet.Sub(now); wait > 0 {
		return &unsent{wait, errors.New("the bot's limit for all channels is reached")}
	}
	if wait := p.refused[p.oldest].Add(refusalWindow).Sub(now); wait > 0 {
		return &unsent{wait, fmt.Errorf("all requests wait for %v: Discord has refused %d within %v, and after 10000 it blocks this machine", wait.Round(time.Second), refusalLimit, refusalWindow)}
	}
	name := p.bucket(k)
	b, ok := p.buckets[name]
	switch {
	case !ok:
	case !b.reset.After(now):
		delete(p.buckets, name)
	case b.left <= 0:
		return &unsent{b.reset.Sub(now), errors.New("the channel's limit is reached")}
	default:
		b.left--
		p.buckets[name] = b
	}
	return nil
}

// bucket is what a kind of request is counted as.
func (p *pace) bucket(k kind) kind {
	if name, ok := p.names[k.route]; ok {
		k.route = name
	}
	return k
}

// leave learns from the answer to a request, and brings its permit back. The
// headers are nil when there was no answer.
func (p *pace) leave(k kind, h http.Header, refusal *apiError) {
	rest := time.Duration(0)
	if refusal != nil && refusal.Global {
		rest = chill
	}
	p.ring.give(rest)
	if h == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if name := h.Get("X-Ratelimit-Bucket"); name != "" {
		p.names[k.route] = name
	}
	left, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	after, err2 := strconv.ParseFloat(h.Get("X-Ratelimit-Reset-After"), 64)
	if err == nil && err2 == nil {
		p.buckets[p.bucket(k)] = bucket{left, now.Add(seconds(after))}
	}
	if refusal != nil && refusal.Status == http.StatusTooManyRequests {
		if until := now.Add(refusal.RetryAfter); !refusal.Global {
			p.buckets[p.bucket(k)] = bucket{0, until}
		} else if until = now.Add(max(refusal.RetryAfter, time.Second)); until.After(p.quiet) {
			p.quiet = until
		}
	}
	if len(p.buckets) > p.sweep {
		maps.DeleteFunc(p.buckets, func(_ kind, b bucket) bool { return !b.reset.After(now) })
		p.sweep = max(sweepAt, 2*len(p.buckets))
	}
}

// count notes a refusal that Discord counts, whatever was asked.
// https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
func (p *pace) count(e *apiError) {
	switch {
	case e.Status == http.StatusTooManyRequests && e.Shared:
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden, e.Status == http.StatusTooManyRequests:
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refused[p.oldest] = time.Now()
		p.oldest = (p.oldest + 1) % refusalLimit
	}
}
