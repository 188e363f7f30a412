package replicas

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
)

const (
	// callTimeout limits a job, which only pokes a loop. rescueAfter is when River
	// considers it lost, and callAttempts is how often it is tried.
	callTimeout  = 10 * time.Second
	rescueAfter  = time.Minute
	callAttempts = 3
	// keepCalls is how long River keeps finished jobs.
	keepCalls = time.Hour
	// hearers is the number of concurrent calls of a queue: a call only pokes.
	hearers = 100
	// pollInterval is how often a queue is polled, in case a notification is lost.
	pollInterval = 2 * time.Second
	// stopLimit is the grace period of calls when the bot stops.
	stopLimit = 2 * time.Second
)

// planQueue has the calls to the replica that plans. A River client needs a queue, so each
// replica works idleQueue, which gets no calls.
const (
	planQueue = "digestbot-plan"
	idleQueue = "digestbot-idle"
)

// deliveryCall says that a delivery may be due.
type deliveryCall struct {
	Key chat.Key `json:"key"`
}

// Kind returns the job's name (https://pkg.go.dev/github.com/riverqueue/river#JobArgs).
func (deliveryCall) Kind() string { return "digestbot_delivery" }

// planCall says that there may be something to plan.
type planCall struct{}

// Kind returns the job's name.
func (planCall) Kind() string { return "digestbot_plan" }

// plainQueue matches the names that River accepts for a queue.
var plainQueue = regexp.MustCompile(`^[a-z0-9]+(?:[_-][a-z0-9]+)*$`)

// queueOf returns the queue of the calls for an adapter.
func queueOf(adapter string) string {
	if !plainQueue.MatchString(adapter) || len(adapter) > 64 {
		sum := sha256.Sum256([]byte(adapter))
		adapter = hex.EncodeToString(sum[:8])
	}
	return "digestbot-post-" + adapter
}

// River carries calls between replicas. It implements Calls.
type River struct {
	client *river.Client[pgx.Tx]
	log    *slog.Logger

	mu     sync.Mutex
	called map[string]func() // by queue
}

// NewRiver returns a River over the database of a ledger. From now on, each delivery that
// is inserted or has to wait becomes a call. It receives calls while Run runs; a process
// that only calls need not run it.
func NewRiver(l *postgres.Ledger, holder string, log *slog.Logger) (*River, error) {
	r := &River{log: log, called: map[string]func(){}}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(_ context.Context, j *river.Job[deliveryCall]) error { return r.hear(j.Queue) }))
	river.AddWorker(workers, river.WorkFunc(func(_ context.Context, j *river.Job[planCall]) error { return r.hear(j.Queue) }))
	var err error
	r.client, err = river.NewClient(riverpgxv5.New(l.Pool()), &river.Config{
		ID: holder, Schema: postgres.Schema, Logger: slog.New(aside{log.Handler()}),
		Workers: workers, FetchOnlyKnownKinds: true,
		Queues:      map[string]river.QueueConfig{idleQueue: {MaxWorkers: 1, FetchPollInterval: time.Minute}},
		JobTimeout:  callTimeout,
		MaxAttempts: callAttempts, RescueStuckJobsAfter: rescueAfter,
		CompletedJobRetentionPeriod: keepCalls, CancelledJobRetentionPeriod: keepCalls, DiscardedJobRetentionPeriod: keepCalls,
	})
	if err != nil {
		return nil, fmt.Errorf("engine: River: %w", err)
	}
	l.Wake = r.enter
	return r, nil
}

// MigrateRiver migrates River's tables to the newest format. Many replicas may safely call
// it at once.
func MigrateRiver(ctx context.Context, l *postgres.Ledger) error {
	return l.Exclusively(ctx, func(ctx context.Context) error {
		m, err := rivermigrate.New(riverpgxv5.New(l.Pool()), &rivermigrate.Config{Schema: postgres.Schema, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		// Each step needs its own transaction: a value that a step adds to an enum cannot
		// be used before its commit.
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
}

// enter inserts the calls of deliveries in the transaction that changes the deliveries.
func (r *River) enter(ctx context.Context, tx pgx.Tx, wakes []postgres.Wake) error {
	calls := make([]river.InsertManyParams, 0, len(wakes))
	for _, w := range wakes {
		calls = append(calls, river.InsertManyParams{Args: deliveryCall{w.Key}, InsertOpts: &river.InsertOpts{Queue: queueOf(w.Adapter), ScheduledAt: w.At}})
	}
	_, err := r.client.InsertManyFastTx(ctx, tx, calls)
	return err
}

// Plan calls the replica that plans.
func (r *River) Plan(ctx context.Context) error {
	_, err := r.client.Insert(ctx, planCall{}, &river.InsertOpts{Queue: planQueue})
	return err
}

// Hear receives calls at this replica until ctx is done.
func (r *River) Hear(ctx context.Context, adapter string, called func()) {
	queue := planQueue
	if adapter != "" {
		queue = queueOf(adapter)
	}
	r.mu.Lock()
	r.called[queue] = called
	r.mu.Unlock()
	if err := r.client.Queues().Add(queue, river.QueueConfig{MaxWorkers: hearers, FetchPollInterval: pollInterval}); err != nil {
		r.log.Warn("engine: calls cannot be received, so what is due is found by polling", "queue", queue, "error", err)
	}
	<-ctx.Done()
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := r.client.Queues().Remove(leaving, queue); err != nil {
		r.log.Warn("engine: a queue of calls cannot be removed", "queue", queue, "error", err)
	}
	r.mu.Lock()
	delete(r.called, queue)
	r.mu.Unlock()
}

// hear forwards a call.
func (r *River) hear(queue string) error {
	r.mu.Lock()
	called := r.called[queue]
	r.mu.Unlock()
	if called != nil { // else the lease was just lost, and its next holder looks for itself
		called()
	}
	return nil
}

// Run receives calls until ctx is done. While the database is unreachable, it retries.
func (r *River) Run(ctx context.Context) {
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		r.log.Warn("engine: River does not start, so what is due is found by polling", "error", err)
		<-ctx.Done()
		return
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if r.client.Stop(stopping) == nil {
		return
	}
	stopping, cancel = context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := r.client.StopAndCancel(stopping); err != nil {
		r.log.Warn("engine: River does not stop", "error", err)
	}
}

// aside is a log handler that turns River's warnings and errors into debug messages:
// nothing depends on River's work, and other code reports that a database is unreachable.
type aside struct{ slog.Handler }

// Enabled leaves out messages that parts of River begin or do something.
func (a aside) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && a.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle logs a record at debug level.
func (a aside) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return a.Handler.Handle(ctx, r)
}

func (a aside) WithAttrs(attrs []slog.Attr) slog.Handler { return aside{a.Handler.WithAttrs(attrs)} }

func (a aside) WithGroup(name string) slog.Handler { return aside{a.Handler.WithGroup(name)} }
