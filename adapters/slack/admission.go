package slack

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/panics"
)

const (
	// maxConcurrent is how many requests are answered at the same time. One more is
	// refused, or left unacknowledged, so that Slack delivers it again.
	maxConcurrent = 128
	// rememberedFor is how long a request is known again at least: as long as
	// its signature is good. remembered is how many are, if they are that many.
	rememberedFor = 5 * time.Minute
	remembered    = 50_000
)

// admission decides which requests are answered: so many at a time, each once, and
// none when Listen ends. It waits for the work on them.
type admission struct {
	log       *slog.Logger
	answering context.Context // of replies, which may take a little longer than Listen
	work      sync.WaitGroup
	slots     chan struct{} // one for each request that is being answered

	seen  cache.Recent[string, struct{}]                // the ids of requests, for deduplication
	first func(ctx context.Context, ids ...string) bool // whether no other process has begun to answer

	gate   sync.Mutex
	closed bool // nothing more is taken
}

func newAdmission(answering context.Context, first func(context.Context, ...string) bool, log *slog.Logger) *admission {
	return &admission{
		log: log, answering: answering, first: first,
		slots: make(chan struct{}, maxConcurrent),
		seen:  cache.Recent[string, struct{}]{Limit: remembered, Span: rememberedFor},
	}
}

// enter counts one that may begin work; false when Listen ends.
func (a *admission) enter() bool {
	a.gate.Lock()
	defer a.gate.Unlock()
	if !a.closed {
		a.work.Add(1)
	}
	return !a.closed
}

func (a *admission) close() {
	a.gate.Lock()
	defer a.gate.Unlock()
	a.closed = true
}

// acquire takes a place among the requests that are answered, which release
// gives back. It does not wait for one.
func (a *admission) acquire() bool {
	select {
	case a.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// release gives a place back.
func (a *admission) release() { <-a.slots }

// isNew reports whether none of the ids has been seen, and remembers them.
func (a *admission) isNew(ids []string) bool {
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // an envelope may be all that names its request
	first := true
	for _, id := range ids {
		_, added := a.seen.Add(strings.Clone(id), struct{}{}) // without the request that it stands in
		first = first && added
	}
	return first && a.first(a.answering, ids...)
}

// start has a request answered that holds a slot.
func (a *admission) start(answer func()) {
	a.work.Go(func() {
		defer a.release()
		a.contain("answer a request", answer)
	})
}

// contain keeps a panic to the task.
func (a *admission) contain(task string, do func()) {
	_ = panics.Contain(a.log, task, func() error { do(); return nil }) // nobody waits for it
}
