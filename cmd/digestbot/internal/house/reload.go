package house

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
)

// serving is a running serve: the house that answers and posts now, and what survives when
// another house replaces it.
//
// # Why
//
// A house is made of one configuration and never changes. To apply a new configuration,
// serve opens a complete second house beside the running one. If anything is wrong with it,
// it is discarded. Otherwise the new house takes over the HTTP requests, the old one
// disconnects from the platforms and finishes what it is posting, and the new one continues
// from the ledger, as after a restart. Only one of them posts at a time. The lock of the
// state, the ledger, the shelf and the HTTP server stay.
type serving struct {
	Outside
	path   string                         // of the configuration file
	read   func() (*config.Config, error) // reads it
	say    *announcer
	front  *reload.Front
	listen string // the configured address
	server *reload.Tasks
	now    *tenant
	asks   chan request
	failed chan error      // an error ends serve
	done   <-chan struct{} // closed when serve ends

	control  *reload.Control
	sessions admin.Sessions // on the operator page
	leaving  sync.WaitGroup // of houses that were replaced, and of servers
	watched  atomic.Pointer[watched]
}

// watched lists the files that the configuration is read from, and their contents when they
// were last read.
type watched struct {
	files    []string
	contents map[string]string
}

// request asks for the configuration to be read again.
type request struct{ answer chan<- told }

type told struct {
	about string
	err   error
}

// tenant is a house that serves or is about to.
type tenant struct {
	*House
	engine           engine
	beat             *health.Heartbeat // nil for none
	door             *reload.Door
	hearing, working *reload.Tasks

	mu    sync.Mutex
	taken bool    // whether it has taken over
	wrong []error // errors that kept it from taking over
	deaf  string  // why adapters no longer receive commands, a line for each
}

// early records that an adapter cannot listen, if the house has not taken over yet.
func (t *tenant) early(name string, err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		t.wrong = append(t.wrong, t.Config.Explain(fmt.Errorf("adapters.%s: %w", name, err)))
	}
	return !t.taken
}

// ends records that an adapter no longer receives commands.
func (t *tenant) ends(name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deaf += fmt.Sprintf("\nBut %s receives no commands: %v", name, err)
}

// problems returns what is wrong with a house that has taken over, a line for each problem.
func (t *tenant) problems() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.deaf
}

// take makes the house take over, unless an error was recorded.
func (t *tenant) take() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = len(t.wrong) == 0
	return errors.Join(t.wrong...)
}

// some returns the adapters that receive requests over HTTP, or those that do not.
func (t *tenant) some(byHTTP bool) []Adapter {
	return slices.DeleteFunc(slices.Clone(t.adapters), func(a Adapter) bool { return t.mounted[a.Name] != byHTTP })
}

// run serves until ctx is done. contents are the contents of the configuration's files.
func (s *serving) run(ctx context.Context, conf *config.Config, contents map[string]string) (err error) {
	hangup := make(chan os.Signal, 1)
	attended := inTerminal() && !signal.Ignored(syscall.SIGHUP) // not with nohup
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.done = ctx.Done()
	ln, err := bind(ctx, conf, "")
	if err != nil {
		return err
	}
	s.note(conf, contents)
	if s.now, err = s.prepare(ctx, conf); err != nil {
		_ = ln.Close()
		return err
	}
	defer func() { err = errors.Join(err, s.now.Close()) }()
	if err := s.now.take(); err != nil {
		return err
	}
	s.front.Door.Store(s.now.door)
	s.server = s.serveOn(ctx, ln)
	sharing := reload.NewTasks(context.WithoutCancel(ctx)) // leases are released when the work has ended
	if r := s.now.replica; r != nil {
		sharing.Go(func() { r.run(sharing.Context) })
	}
	others := reload.NewTasks(ctx)
	defer func() {
		cancel()
		s.now.hearing.End()
		s.now.working.End()
		sharing.End()
		s.server.End()
		others.End()
		s.leaving.Wait()
		s.now.door.Close(0)
	}()
	if ready, err := s.begin(ctx); err != nil || !ready {
		return err
	}
	s.work(s.now)
	s.control = reload.NewControl(conf.State, config.Absolute(s.path), s.ask)
	if err := s.control.Open(conf.HTTP.Listen); err != nil {
		return err
	}
	defer s.control.Close()
	s.front.Control.Store(s.control)
	others.Go(func() { reload.Watch(others.Context, s.Log, s.files, func() { s.look(others.Context) }) })
	if err := s.wait(ctx, hangup, attended); err != nil {
		return err
	}
	s.Log.Info("digestbot: stopped")
	return nil
}

// inTerminal reports whether the process belongs to a terminal that is still open.
func inTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

// wait applies changed configurations until ctx is done, an error ends serve, or its
// terminal is closed, if it is attended there. SIGHUP means both: the terminal is closed,
// or please reload.
func (s *serving) wait(ctx context.Context, hangup <-chan os.Signal, attended bool) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.failed:
			return err
		case <-hangup:
			if attended && !inTerminal() {
				s.Log.Info("digestbot: stops, because its terminal was closed")
				return nil
			}
			_, _ = s.reload(ctx)
		case a := <-s.asks:
			about, err := s.reload(ctx)
			a.answer <- told{about, err}
		}
	}
}

// ask has the configuration read again, and waits until it is in force or refused.
func (s *serving) ask(ctx context.Context) (about string, err error) {
	done := make(chan told, 1)
	select {
	case s.asks <- request{done}:
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.done:
		return "", errors.New("digestbot is stopping")
	}
	a := <-done
	return a.about, a.err
}

// files returns the files that the configuration is read from.
func (s *serving) files() []string { return s.watched.Load().files }

// look has the configuration read again if one of its files has changed since the last
// time.
func (s *serving) look(ctx context.Context) {
	if w := s.watched.Load(); !maps.Equal(reload.Contents(w.files...), w.contents) {
		_, _ = s.ask(ctx) // the log has the result
	}
}

// note records which files a configuration was read from. before has the contents of the
// files watched so far, and takes precedence for those: they may have changed since. The
// files of the serving house stay watched.
func (s *serving) note(conf *config.Config, before map[string]string) {
	files := []string{config.Absolute(s.path)}
	if conf != nil {
		files = append(files, conf.Files...)
	}
	if s.now != nil {
		files = append(files, s.now.Config.Files...)
	}
	contents := reload.Contents(files...)
	for name := range contents {
		if was, ok := before[name]; ok {
			contents[name] = was
		}
	}
	s.watched.Store(&watched{slices.Sorted(maps.Keys(contents)), contents})
}

// reload applies the configuration in the file, completely or not at all. about summarizes
// it.
func (s *serving) reload(ctx context.Context) (about string, err error) {
	err = panics.Contain(s.Log, "take over the configuration", func() (err error) {
		about, err = s.replace(ctx)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return "", errors.New("digestbot is stopping")
	case err != nil:
		s.now.outdated.Store(true)
		for line := range strings.Lines(err.Error()) {
			s.Log.Error("config: it has mistakes, so the previous one stays in force", "problem", strings.TrimSpace(line))
		}
		return "", err
	}
	s.Log.Info("config: a new one is in force", "setting", about)
	return about + s.now.problems(), nil
}

// replace replaces the serving house with one of the new configuration.
func (s *serving) replace(ctx context.Context) (about string, err error) {
	before := reload.Contents(s.files()...)
	conf, err := s.read()
	s.note(conf, before)
	if err != nil {
		return "", err
	}
	old := s.now
	if conf.Database != old.Config.Database {
		return "", conf.Explain(fmt.Errorf("%s: the database cannot change while digestbot runs: restart digestbot for that", conf.Database.Key()))
	}
	if config.Absolute(conf.State) != config.Absolute(old.Config.State) {
		return "", conf.Explain(fmt.Errorf("state: it cannot change while digestbot runs: restart digestbot for that, or write %q", old.Config.State))
	}
	if err := conf.CheckLibraries(); err != nil {
		return "", allMistakes(conf, s.Outside, err)
	}
	listen := conf.HTTP.Listen
	var ln net.Listener
	var taken error
	if listen == s.listen {
		conf.HTTP.Listen = old.Config.HTTP.Listen // with the port in use
	} else {
		ln, taken = bind(ctx, conf, old.Config.HTTP.Listen)
	}
	next, err := s.prepare(ctx, conf)
	if err == nil && taken != nil {
		err = next.Close()
	}
	if err = errors.Join(taken, err); err == nil {
		// HTTP requests go to only one of the houses, so both may be ready for them.
		s.say.listen(next, next.some(true))
		if err = errors.Join(ctx.Err(), next.take()); err != nil {
			next.hearing.End()
			_ = next.Close()
		}
	}
	if err != nil {
		if ln != nil {
			_ = ln.Close()
		}
		return "", err
	}
	// From here on, nothing can fail.
	s.front.Door.Store(next.door)
	server := s.server
	if ln != nil {
		s.move(ctx, ln, next.Config.HTTP.Listen, listen)
	}
	old.hearing.End() // a platform would send events to both
	s.say.listen(next, next.some(false))
	old.working.End()
	s.work(next)
	next.lodger, old.lodger = false, true
	s.now = next
	if err := next.Dispatcher.Outages.PruneOutages(ctx); err != nil && ctx.Err() == nil {
		s.Log.Warn("ledger: outages of adapters that are gone cannot be removed", "error", err)
	}
	if ln != nil {
		s.leaving.Go(server.End) // it may be serving the reload request itself
	}
	s.leaving.Go(func() {
		old.door.Close(httpGrace)
		if err := old.Close(); err != nil {
			s.Log.Warn("config: resources of the previous one cannot be closed", "error", err)
		}
	})
	return next.about(), nil
}

// move makes the HTTP server listen on another address.
func (s *serving) move(ctx context.Context, ln net.Listener, at, listen string) {
	s.server, s.listen = s.serveOn(ctx, ln), listen
	if err := s.control.Open(at); err != nil {
		s.Log.Error("config: digestbot reload can no longer find this digestbot: restart it", "error", err)
	}
}

// serveOn serves HTTP on a listener.
func (s *serving) serveOn(ctx context.Context, ln net.Listener) *reload.Tasks {
	server := reload.NewTasks(ctx)
	server.Go(func() {
		if err := serveHTTP(server.Context, ln, s.front, s.Log); err != nil {
			s.fail(err)
		}
	})
	return server
}

// fail ends serve.
func (s *serving) fail(err error) {
	select {
	case s.failed <- err:
	default: // another error has already ended it
	}
}

// prepare opens a house that is ready to take over.
func (s *serving) prepare(ctx context.Context, conf *config.Config) (_ *tenant, err error) {
	var other *House
	if s.now != nil {
		other = s.now.House
	}
	mux := http.NewServeMux()
	h, err := open(ctx, conf, s.Outside, mux, other)
	if err != nil {
		return nil, allMistakes(conf, s.Outside, err)
	}
	defer func() {
		if err != nil {
			_ = h.Close()
		}
	}()
	if other == nil {
		if err := s.While(func() string { return "checking the ledger" }, func() error { return h.Ledger.Check(ctx) }); err != nil {
			return nil, err
		}
	}
	for _, a := range h.adapters {
		if checker, ok := a.Adapter.(chat.Checker); ok {
			if err := checker.Check(ctx); err != nil {
				return nil, err
			}
		}
	}
	token, err := MetricsToken(conf, s.Getenv)
	if err != nil {
		return nil, err
	}
	check := h.checker()
	beat, err := heartbeat(conf, check, s.Outside)
	if err != nil {
		return nil, err
	}
	measured := h.metrics(check)
	h.mount(mux, check, measured, token)
	h.Dispatcher.Deliverer.Watch, h.Dispatcher.Deliverer.Attempted = measured.Delivery, measured.Attempted
	h.Desk.Answered = measured.Answered
	h.Desk.Connected = func() []compose.Connection { return s.say.connections(h) }
	if err := h.mountAdmin(mux, s.Getenv, h.Desk.Connected, token, s.sessions); err != nil {
		return nil, conf.Explain(err)
	}
	h.Desk.Search = h.search
	engine := h.newEngine()
	h.Dispatcher.Subscriptions.Changed = engine.Replan
	return &tenant{House: h, engine: engine, beat: beat, door: reload.NewDoor(mux), hearing: reload.NewTasks(ctx), working: reload.NewTasks(ctx)}, nil
}

// begin does what the first house must do before it posts. It reports whether serve
// continues.
func (s *serving) begin(ctx context.Context) (bool, error) {
	h := s.now
	s.say.begin(h.House)
	if h.Ledger.Behind() {
		passed, err := h.catchUp(ctx, time.Now())
		if err != nil {
			return false, err
		}
		h.Log.Warn("ledger: it is older than the one used last, so digests that may have been posted since are skipped: see digestbot deliveries --skipped", "digests", passed)
	}
	if err := h.Dispatcher.Outages.PruneOutages(ctx); err != nil && ctx.Err() == nil { // an interrupt is not an error
		return false, err
	}
	s.say.listen(h, h.adapters)
	return ctx.Err() == nil, nil
}

// work makes a house follow its libraries and post.
func (s *serving) work(h *tenant) {
	engine, ctx := h.engine, h.working.Context
	changed := make(chan struct{}, 1)
	h.working.Go(func() {
		err := h.library.Run(ctx, func() {
			engine.Replan()
			select {
			case changed <- struct{}{}:
			default: // a change is already signalled
			}
		})
		if err != nil {
			s.fail(err)
		}
	})
	h.working.Go(func() { h.learn(ctx, changed) })
	h.working.Go(func() {
		h.shelf.Check(ctx)
		_ = h.shelf.Index(ctx) // the shelf logs errors
	})
	for _, x := range h.Dispatcher.Lost() {
		h.Log.Warn("subscription: one made in chat no longer fits the configuration, so its slots fail: correct the configuration, or remove the subscription with /digest unsubscribe in admin_channel",
			"subscription", x.Subscription.Name, "channel", x.Channel.String(), "error", x.Err)
	}
	s.say.slots(h.House, time.Now())
	h.working.Go(func() { engine.Run(ctx) })
	if h.beat != nil {
		h.working.Go(func() { h.beat.Run(ctx) })
	}
	h.working.Go(func() { h.prune(ctx) })
	h.working.Go(func() { h.watchLibrary(ctx) })
	h.working.Go(func() { h.examine(ctx, s.path, h.checker().Ready) })
}

// about summarizes the configuration in one line.
func (h *House) about() string {
	var on, off []string
	for _, a := range h.adapters {
		if a.Capabilities().Off == "" {
			on = append(on, a.Name)
		} else {
			off = append(off, a.Name)
		}
	}
	return h.Config.About(on, off)
}
