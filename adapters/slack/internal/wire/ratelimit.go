package wire

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/retry"
)

// Slack's limits (https://docs.slack.dev/apis/web-api/rate-limits).
const (
	// Period is how long Slack counts a post: in a workspace, chat.postMessage allows
	// several hundred a minute.
	Period = time.Minute
	// leastBudget is well below several hundred: a 429 with fewer posts has
	// another reason than the workspace's limit.
	leastBudget = 60
	// relapse is the time within which two limited channels count as one limit,
	// and learned is how long a limit is assumed without confirmation by Slack.
	relapse = 2 * Period
	learned = time.Hour
	// maxWait is how long a post waits for a permit. It is shorter than the
	// timeout of any attempt, to leave time for the request.
	maxWait = 5 * time.Second
	// StartDelay is how long no posts are made after a start, because something may have been
	// posted to a channel right before it.
	StartDelay = time.Second
	// chat.update allows 50 calls a minute and tolerates a burst.
	editGap   = time.Minute / 50
	editBurst = 20
)

// PostLimiter limits posts to what the workspace accepts in a minute.
//
// # Why
//
// Slack does not say how it counts a minute. Each post therefore holds a
// permit that becomes free a minute after its answer. Two uses of a permit
// arrive at least a minute apart, so no minute sees more posts than there are
// permits, wherever it begins and whatever the latency. A token bucket that
// allows as many posts in its first minute allows up to twice as many in some
// other minute.
//
// The number of permits is a guess that Slack corrects. A 429 concerns only its
// channel until another channel gets one as well. Then it concerns the workspace:
// all posts wait, and for an hour there are no more permits than were in use at
// that time.
type PostLimiter struct {
	most int // configured number of permits

	mu        sync.Mutex
	size      int         // current number of permits
	forget    time.Time   // when size returns to most
	inFlight  int         // permits whose posts have no answer yet
	returning []time.Time // when the other permits in use become free, soonest first
	closed    time.Time   // no posts before this time
	channel   string      // the last limited channel, and when
	limited   time.Time
}

// NewPostLimiter returns a limiter that allows this many posts in any minute, the first of
// them after StartDelay.
func NewPostLimiter(most int, now time.Time) *PostLimiter {
	return &PostLimiter{most: most, size: most, closed: now.Add(StartDelay)}
}

// Count assigns permits to posts that were answered at these times or earlier, instead of
// to the posts that it knew of.
func (b *PostLimiter) Count(answered []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.returning = nil
	for _, at := range answered {
		b.returning = append(b.returning, at.Add(Period))
	}
	slices.SortFunc(b.returning, time.Time.Compare)
}

// errNoPermit ends the wait for a permit; nothing was posted.
var errNoPermit = errors.New("the workspace accepts no more posts in this minute")

// Take waits up to maxWait for a permit. With an error, it returns how much
// longer it would take.
func (b *PostLimiter) Take(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxWait, errNoPermit)
	defer cancel()
	for {
		if err := chat.Ended(ctx); err != nil {
			return 0, err
		}
		wait := b.try(time.Now())
		if wait <= 0 {
			return 0, nil
		}
		if retry.Sleep(ctx, wait) != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.wait(time.Now()), context.Cause(ctx)
		}
	}
}

// try takes a permit, or returns how long to wait for one.
func (b *PostLimiter) try(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := b.wait(now)
	if wait <= 0 {
		b.inFlight++
	}
	return wait
}

// wait returns how long there will be no permit. The mutex must be held.
func (b *PostLimiter) wait(now time.Time) time.Duration {
	if now.After(b.forget) {
		b.size = b.most
	}
	if wait := b.closed.Sub(now); wait > 0 {
		return wait
	}
	switch over := b.used(now) - b.size; {
	case over < 0:
		return 0
	case over < len(b.returning):
		return b.returning[over].Sub(now)
	default:
		return Period // after the next answer
	}
}

// used returns the number of permits in use. The mutex must be held.
func (b *PostLimiter) used(now time.Time) int {
	home := 0
	for home < len(b.returning) && !now.Before(b.returning[home]) {
		home++
	}
	b.returning = b.returning[home:]
	return b.inFlight + len(b.returning)
}

// Done records how a post to a channel ended. Every permit that was taken must
// be passed to Done. The permit of a rate-limited post is free at once,
// because that post does not count.
func (b *PostLimiter) Done(channel string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	now := time.Now()
	if !limited(err) {
		b.returning = append(b.returning, now.Add(Period))
		return
	}
	before, when := b.channel, b.limited
	b.channel, b.limited = channel, now
	if before == "" || before == channel || now.Sub(when) > relapse {
		return
	}
	if used := b.used(now); used >= leastBudget {
		b.size = min(b.size, used)
	}
	if until := now.Add(retryAfterOf(err)); until.After(b.closed) {
		b.closed = until
	}
	b.forget = now.Add(learned)
}

// limited reports whether an error means that a call was made too often.
func limited(err error) bool {
	r, _ := errors.AsType[Refusal](err)
	return errors.Is(err, ErrLimited) || r.Code == "ratelimited" || r.Code == "rate_limited"
}

// retryAfterOf returns how long Slack asked to wait in err, or a second if it did not
// say.
func retryAfterOf(err error) time.Duration {
	pause := time.Second
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		pause = max(pause, e.RetryAfter)
	}
	return pause
}

// Cooldown holds back calls after Slack has asked one of them to wait.
type Cooldown struct {
	mu    sync.Mutex
	until time.Time
}

// Wait returns how long to wait before the next call.
func (h *Cooldown) Wait(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, h.until.Sub(now))
}

// Done records how a call ended.
func (h *Cooldown) Done(err error) {
	if !limited(err) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(retryAfterOf(err)); until.After(h.until) {
		h.until = until
	}
}

// newEdits returns a rate limiter for edits that allows a burst after a pause.
func newEdits() *rate.Limiter { return rate.NewLimiter(rate.Every(editGap), editBurst) }

// takeEdit takes a token for an edit, or returns how long to wait for one.
func takeEdit(edits *rate.Limiter, now time.Time) time.Duration {
	r := edits.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
