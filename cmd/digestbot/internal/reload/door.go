package reload

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Tasks is a group of goroutines that end together.
type Tasks struct {
	// Context ends when the goroutines are to end.
	Context context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// NewTasks returns an empty group. Its context ends with ctx.
func NewTasks(ctx context.Context) *Tasks {
	ctx, stop := context.WithCancel(ctx)
	return &Tasks{Context: ctx, stop: stop}
}

// Go starts a goroutine, which must end with the context.
func (t *Tasks) Go(do func()) { t.running.Go(do) }

// End ends the goroutines, and waits for them.
func (t *Tasks) End() {
	t.stop()
	t.running.Wait()
}

// Front passes requests to the handler behind the current door, and reload requests to the
// control. A door must be set before the first request.
type Front struct {
	Door    atomic.Pointer[Door]
	Control atomic.Pointer[Control]
}

// ServeHTTP answers a request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c := f.Control.Load(); c != nil && r.URL.Path == Path {
		c.ServeHTTP(w, r)
		return
	}
	for {
		if d := f.Door.Load(); d.enter() {
			d.serve(w, r)
			return
		}
		// The door was closed after a newer one had been opened.
	}
}

// Door counts the requests that a handler is serving, so that Close can wait for them.
type Door struct {
	handler http.Handler
	inside  *Tasks

	mu     sync.Mutex
	closed bool
}

// NewDoor returns an open door.
func NewDoor(h http.Handler) *Door { return &Door{handler: h, inside: NewTasks(context.Background())} }

// enter begins a request, unless the door is closed.
func (d *Door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.inside.running.Add(1)
	}
	return !d.closed
}

// serve serves a request that has entered. Its context ends with Close.
func (d *Door) serve(w http.ResponseWriter, r *http.Request) {
	defer d.inside.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(d.inside.Context, cancel)()
	d.handler.ServeHTTP(w, r.WithContext(ctx))
}

// Close admits no more requests, and waits for those in flight. After the grace period it
// cancels their contexts.
func (d *Door) Close(grace time.Duration) {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	timer := time.AfterFunc(grace, d.inside.stop)
	defer timer.Stop()
	d.inside.running.Wait()
	d.inside.stop()
}
