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
	// maxConcurrent is the maximum number of requests answered at the same time.
	// Further requests are refused, or left unacknowledged so that Slack delivers
	// them again.
	maxConcurrent = 128
	// rememberedFor is how long a request is remembered, which is as long as its
	// signature is valid, unless more than remembered newer ones arrive.
	rememberedFor = 5 * time.Minute
	remembered    = 50_000
)

// admission decides which requests are answered: a limited number at a time, each
// once, and none after Listen ends. It waits for the work on them.
type admission struct {
	log       *slog.Logger
	answering context.Context // for replies, which may outlast Listen for a short time
	work      sync.WaitGroup
	slots     chan struct{} // one for each request being answered

	seen  cache.Recent[string, struct{}]                // ids of requests, for deduplication
	first func(ctx context.Context, ids ...string) bool // whether no other process has begun to answer

	gate   sync.Mutex
	closed bool // no new requests
}

func newAdmission(answering context.Context, first func(context.Context, ...string) bool, log *slog.Logger) *admission {
	return &admission{
		log: log, answering: answering, first: first,
		slots: make(chan struct{}, maxConcurrent),
		seen:  cache.Recent[string, struct{}]{Limit: remembered, Span: rememberedFor},
	}
}

// enter registers a request that begins work. It returns false once Listen ends.
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

// acquire takes one of the slots for concurrent requests, which release
// returns. It does not wait.
func (a *admission) acquire() bool {
	select {
	case a.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// release returns a slot.
func (a *admission) release() { <-a.slots }

// isNew reports whether none of the ids has been seen, and remembers them.
func (a *admission) isNew(ids []string) bool {
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // an envelope id may also be the request's only id
	first := true
	for _, id := range ids {
		_, added := a.seen.Add(strings.Clone(id), struct{}{}) // does not keep the whole request alive
		first = first && added
	}
	return first && a.first(a.answering, ids...)
}

// start answers a request that holds a slot.
func (a *admission) start(answer func()) {
	a.work.Go(func() {
		defer a.release()
		a.contain("answer a request", answer)
	})
}

// contain confines a panic to the task.
func (a *admission) contain(task string, do func()) {
	_ = panics.Contain(a.log, task, func() error { do(); return nil }) // no caller waits for it
}
