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
	// Period is how long Slack counts a post: chat.postMessage takes several hundred in a
	// minute in a workspace.
	Period = time.Minute
	// leastBudget is fewer than several hundred: a 429 below it has another
	// reason than the workspace's limit.
	leastBudget = 60
	// relapse is how long two channels count as limited together, and learned
	// how long a limit is believed that Slack has not confirmed since.
	relapse = 2 * Period
	learned = time.Hour
	// maxWait is how long a post waits for its turn. It is less than any
	// attempt may take, so that there is time left for the request.
	maxWait = 5 * time.Second
	// StartDelay is how long nothing is posted after a start: in a channel, something may have
	// been posted right before it.
	StartDelay = time.Second
	// chat.update takes 50 calls a minute and tolerates a burst.
	editGap   = time.Minute / 50
	editBurst = 20
)

// PostLimiter keeps posts to what the workspace takes in a minute.
//
// # Why
//
// Slack does not say how it counts a minute. So each post holds a permit that
// comes back a minute after its answer: two uses of a permit arrive at least a
// minute apart, and no minute sees more posts than there are permits, wherever
// it begins and however long the way is. A token bucket that lets as many
// through in its first minute lets up to twice as many through in a minute
// somewhere else.
//
// How many there are is a guess that Slack corrects. A 429 is the channel's own
// affair until another channel has one too; then it is the workspace's, everybody
// waits, and for an hour there are no more permits than were in use then.
type PostLimiter struct {
	most int // permits as configured

	mu        sync.Mutex
	size      int         // permits that there are
	forget    time.Time   // when there are as many as configured again
	inFlight  int         // permits whose posts have no answer yet
	returning []time.Time // when the others in use come back, soonest first
	closed    time.Time   // nobody posts before
	channel   string      // the last that was limited, and when
	limited   time.Time
}

// NewPostLimiter has so many posts in any minute, the first of them a moment from now.
func NewPostLimiter(most int, now time.Time) *PostLimiter {
	return &PostLimiter{most: most, size: most, closed: now.Add(StartDelay)}
}

// Count gives permits to posts that were answered at these times or earlier, instead of to
// those that it knows of.
func (b *PostLimiter) Count(answered []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.returning = nil
	for _, at := range answered {
		b.returning = append(b.returning, at.Add(Period))
	}
	slices.SortFunc(b.returning, time.Time.Compare)
}

// errNoPermit ends the wait for a permit. Nothing was posted.
var errNoPermit = errors.New("the workspace takes no more posts in this minute")

// Take waits for a permit, a little. An error comes with how long it would take
// on.
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

// try takes a permit, or says how long to wait for one.
func (b *PostLimiter) try(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := b.wait(now)
	if wait <= 0 {
		b.inFlight++
	}
	return wait
}

// wait is how long there is no permit. The mutex is held.
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

// used is how many permits are in use. The mutex is held.
func (b *PostLimiter) used(now time.Time) int {
	home := 0
	for home < len(b.returning) && !now.Before(b.returning[home]) {
		home++
	}
	b.returning = b.returning[home:]
	return b.inFlight + len(b.returning)
}

// Done takes note of how a post to a channel ended. Every permit that was
// taken ends here: that of a post which was limited at once, since it does not
// count.
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

// limited reports whether an error says that something was asked too often.
func limited(err error) bool {
	r, _ := errors.AsType[Refusal](err)
	return errors.Is(err, ErrLimited) || r.Code == "ratelimited" || r.Code == "rate_limited"
}

// retryAfterOf is how long Slack asks to wait that answered err: a second when it does
// not say.
func retryAfterOf(err error) time.Duration {
	pause := time.Second
	if e, ok := errors.AsType[*chat.SendError](err); ok {
		pause = max(pause, e.RetryAfter)
	}
	return pause
}

// Cooldown keeps calls back once Slack has asked to wait with one.
type Cooldown struct {
	mu    sync.Mutex
	until time.Time
}

// Wait is how long no call is to be made.
func (h *Cooldown) Wait(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(0, h.until.Sub(now))
}

// Done takes note of how a call ended.
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

// newEdits keeps changes to a rate, with some at once after a rest.
func newEdits() *rate.Limiter { return rate.NewLimiter(rate.Every(editGap), editBurst) }

// takeEdit takes a change, or says how long to wait for one.
func takeEdit(edits *rate.Limiter, now time.Time) time.Duration {
	r := edits.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
