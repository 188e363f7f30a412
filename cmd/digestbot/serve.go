package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/adapters/web"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
)

// readyLimit is how long serve waits for its listeners before it begins to
// post: one that cannot listen at all should end the program before that.
const readyLimit = 2 * time.Second

type serveCmd struct{}

// Run serves until it is told to stop.
func (serveCmd) Run(ctx context.Context, p *program, c *cli) (err error) {
	c.LogLevel, c.LogFormat = cmp.Or(c.LogLevel, "info"), cmp.Or(c.LogFormat, output.FormatFor(p.bareErr()))
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if err := makeState(conf); err != nil {
		return err
	}
	warnState(conf, p.log(c))
	release, err := sqlite.Lock(conf.LockFile())
	if errors.Is(err, sqlite.ErrLocked) {
		return fmt.Errorf("another digestbot serves the state in %s: stop it first, or use another --state", conf.State)
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	ln, err := bind(ctx, conf)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	mux := http.NewServeMux()
	h, err := p.plug(ctx, c, conf, mux)
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	if err := p.while(words("checking the ledger"), func() error { return h.ledger.Check(ctx) }); err != nil {
		return err
	}
	for _, a := range h.adapters {
		if room, ok := a.Adapter.(*web.Adapter); ok {
			if err := room.Check(ctx); err != nil {
				return err
			}
		}
	}
	token, err := p.metricsToken(conf)
	if err != nil {
		return err
	}
	check := h.checker()
	beat, err := p.heartbeat(h, check)
	if err != nil {
		return err
	}
	measured := h.metrics(check)
	h.mount(mux, check, measured, token)

	say := &announcer{log: h.log, where: map[string]string{}}
	h.dispatcher.Deliverer.Watch, h.dispatcher.Deliverer.Attempted = measured.Delivery, measured.Attempted
	h.desk.Answered = measured.Answered
	h.desk.Connected = func() []compose.Connection { return say.connections(h) }
	if err := h.mountAdmin(mux, p.getenv, h.desk.Connected, token); err != nil {
		return conf.Explain(err)
	}
	h.desk.Search = h.search
	engine := local.New(h.dispatcher, h.log)
	h.dispatcher.Subscriptions.Changed = engine.Replan
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveHTTP(ctx, ln, mux, h.log) })
	say.begin(h)
	if h.ledger.Behind() {
		passed, err := h.catchUp(ctx, time.Now())
		if err != nil {
			return err
		}
		h.log.Warn("ledger: it is an older one than stood here, so what may have been posted since is not posted: see digestbot deliveries", "digests", passed)
	}
	if err := h.dispatcher.Outages.PruneOutages(ctx); err != nil && ctx.Err() == nil { // an interrupt is no error
		return err
	}
	if !say.listen(ctx, group, h) {
		return group.Wait()
	}
	changed := make(chan struct{}, 1)
	group.Go(func() error {
		return h.library.Run(ctx, func() {
			engine.Replan()
			select {
			case changed <- struct{}{}:
			default: // somebody has said so already
			}
		})
	})
	group.Go(func() error { h.learn(ctx, changed); return nil })
	group.Go(func() error {
		h.shelf.Check(ctx)
		_ = h.shelf.Index(ctx) // the shelf's log says why not
		return nil
	})
	for _, x := range h.dispatcher.Lost() {
		h.log.Warn("subscription: one of chat does not fit the configuration any more, so its slots fail: mend the configuration, or remove the subscription with /digest unsubscribe in admin_channel",
			"subscription", x.Subscription.Name, "channel", x.Channel.String(), "error", x.Err)
	}
	say.slots(h, time.Now())
	group.Go(func() error { engine.Run(ctx); return nil })
	if beat != nil {
		group.Go(func() error { beat.Run(ctx); return nil })
	}
	group.Go(func() error { h.prune(ctx); return nil })
	if err := group.Wait(); err != nil {
		return err
	}
	h.log.Info("digestbot: stopped")
	return nil
}

// learned is the least time between two looks at the library: answers must not wait for
// a processor that follows a library which changes every second.
const learned = 5 * time.Second

// learn works out what the desk needs of the library, now and after changes, until the
// context is done.
func (h *house) learn(ctx context.Context, changed <-chan struct{}) {
	for {
		_ = panics.Contain(h.log, "learn the library", func() error { h.desk.Learn(); return nil })
		select {
		case <-ctx.Done():
			return
		case <-time.After(learned):
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
