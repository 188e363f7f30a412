package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/cache"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Listen connects to the gateway, or serves Discord's requests, registers
// the commands and answers.
func (a *Adapter) Listen(ctx context.Context, root chat.Command, h chat.Handler, ready func(where string)) (err error) {
	defer func() {
		if err != nil {
			a.disconnected.Store(&err)
		}
	}()
	if a.off != "" {
		return fmt.Errorf("discord: %s", a.off)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &listener{Adapter: a, root: root, handler: h, ready: ready, seen: cache.Recent[uint64, struct{}]{Limit: remembered, Span: rememberedFor}}
	defer l.finish()
	defer cancel()
	if a.endpoint != nil {
		return l.listenHTTP(ctx)
	}
	g := &wire.Gateway{
		Log: a.log, Client: a.rest, Token: a.token.Reveal, Dial: a.dial, Patience: 15 * time.Second, Pause: wire.FirstPause, Gap: wire.StartGap,
		Ready: func(who wire.Account) {
			a.disconnected.Store(nil)
			l.connected(ctx, who)
		},
		Event: func(kind string, data json.RawMessage) {
			l.guard("read an event", func() { l.handleEvent(ctx, kind, data) })
		},
		Lost: func(err error, pause time.Duration) {
			a.disconnected.Store(&err)
			a.log.Warn("discord: the connection is lost, trying again", "adapter", a.name, "error", err, "next_attempt", time.Now().Add(pause))
		},
	}
	if err := g.Run(ctx); err != nil {
		return fmt.Errorf("discord: gateway: %w", err)
	}
	return nil
}

// listener is the state of one call of Listen.
type listener struct {
	*Adapter
	root    chat.Command
	handler chat.Handler
	ready   func(where string)
	work    sync.WaitGroup
	seen    cache.Recent[uint64, struct{}]

	gate  sync.Mutex
	ended bool // no new tasks

	// Used only by the gateway's callbacks, which run one at a time.
	registered chan struct{} // closed once the commands are registered; nil before the first connection
}

// An id is remembered for rememberedFor, which is longer than a signature is
// valid, unless more than remembered newer ones arrive.
const (
	rememberedFor = 2*wire.SignatureAge + time.Minute
	remembered    = 50_000
)

// isNew reports whether an interaction arrives for the first time. It may be
// delivered again by a resumed session, or by an attacker who has intercepted a
// signed request.
func (l *listener) isNew(ctx context.Context, id uint64) bool {
	_, added := l.seen.Add(id, struct{}{})
	return added && l.first(ctx, strconv.FormatUint(id, 10))
}

// begin registers a task that Listen waits for. It returns false once Listen has ended.
func (l *listener) begin() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !l.ended {
		l.work.Add(1)
	}
	return !l.ended
}

// finish waits for all tasks.
func (l *listener) finish() {
	l.gate.Lock()
	l.ended = true
	l.gate.Unlock()
	l.work.Wait()
}

// handleEvent handles a gateway event. It returns at once, because it blocks the
// connection.
func (l *listener) handleEvent(ctx context.Context, kind string, data json.RawMessage) {
	if kind != "INTERACTION_CREATE" {
		return
	}
	i := &interaction{}
	if err := json.Unmarshal(data, i); err != nil {
		l.log.Error("discord: an interaction cannot be read", "adapter", l.name, "error", err)
		return
	}
	l.handleInteraction(ctx, i)
}

// handleInteraction answers an interaction from the gateway if it is new.
func (l *listener) handleInteraction(ctx context.Context, i *interaction) {
	id, err := strconv.ParseUint(i.ID, 10, 64)
	if err != nil || !i.known() {
		return
	}
	l.work.Go(func() {
		l.guard("answer an interaction", func() {
			if !l.isNew(ctx, id) {
				return
			}
			l.respond(ctx, i, id, func(answer response, _ bool) error {
				ctx, cancel := context.WithTimeout(ctx, ackTimeout)
				defer cancel()
				return l.rest.Call(ctx, http.MethodPost, discordgo.EndpointInteractionResponse(i.ID, i.Token), answer, nil)
			})
		})
	})
}

// guard confines a panic to the task, and reports whether there was one.
func (l *listener) guard(task string, do func()) (panicked bool) {
	return panics.Contained(panics.Contain(l.log, task, func() error { do(); return nil }, "adapter", l.name))
}

// connected is called whenever a session has started or was resumed. The first time, it
// registers the commands and checks the channels before it reports that people can use the
// bot. Of several processes, only one does so, and another one does when it takes over.
func (l *listener) connected(ctx context.Context, who wire.Account) {
	first := l.registered == nil
	if first {
		l.registered = make(chan struct{})
	}
	registered := l.registered
	l.work.Go(func() {
		switch {
		case first && l.mayAsk():
			if !l.prepare(ctx, who) {
				return
			}
			close(registered)
		case first:
			close(registered)
			l.work.Go(func() {
				if await(ctx, l.mayAsk) {
					l.prepare(ctx, who)
				}
			})
		}
		select {
		case <-registered:
			l.guard("report that the bot is ready", func() { l.ready(who.String()) })
		case <-ctx.Done():
		}
	})
}

// prepare checks the channels and registers the commands, retrying until that succeeds or
// ctx is done.
func (l *listener) prepare(ctx context.Context, who wire.Account) (done bool) {
	l.checkChannels(ctx)
	pauses := retry.Backoff{First: wire.FirstPause, Last: wire.LastPause}
	for {
		err := panics.Contain(l.log, "register the commands", func() error { return l.register(ctx, who.App) }, "adapter", l.name)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		pause := pauses.Next(false)
		l.log.Error("discord: the commands cannot be registered, trying again", "adapter", l.name, "error", err, "next_attempt", time.Now().Add(pause))
		if retry.Sleep(ctx, pause) != nil {
			return false
		}
	}
}

const (
	// checkedFirst is the number of channels checked before the bot reports that it is ready.
	checkedFirst = 10
	// checkPause is the interval at which await polls its condition.
	checkPause = time.Second
)

// await polls until a condition is true, and reports whether it is.
func await(ctx context.Context, so func() bool) bool {
	for !so() {
		if retry.Sleep(ctx, checkPause) != nil {
			return false
		}
	}
	return true
}

// checkChannels learns the servers of the channels that the bot posts to, and warns
// the operator about channels that it cannot see. If there are many channels, most
// are checked later, when no other request is waiting, because a check uses as much
// of the rate limit as a post.
func (l *listener) checkChannels(ctx context.Context) {
	few := min(len(l.channels), checkedFirst)
	for _, id := range l.channels[:few] {
		l.checkChannel(ctx, id)
	}
	l.work.Go(func() {
		for _, id := range l.channels[few:] {
			if !await(ctx, func() bool { return l.mayAsk() && l.rest.Limiter.Permits.Idle() }) {
				return
			}
			l.checkChannel(ctx, id)
		}
	})
}

// channel names a channel of the adapter in the log.
func (a *Adapter) channel(id string) string { return chat.Channel{Adapter: a.name, ID: id}.String() }

func (l *listener) checkChannel(ctx context.Context, id string) {
	err := panics.Contain(l.log, "look at a channel", func() error {
		_, err := l.dir.place(ctx, id)
		return err
	}, "adapter", l.name, "channel", l.channel(id))
	if err != nil && ctx.Err() == nil {
		l.log.Warn("discord: a channel cannot be seen", "adapter", l.name, "channel", l.channel(id), "error", err)
	}
}
