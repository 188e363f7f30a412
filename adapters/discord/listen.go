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

// Listen keeps the bot on the gateway, or has Discord's requests served,
// registers the command and answers.
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

// listener is what one Listen knows.
type listener struct {
	*Adapter
	root    chat.Command
	handler chat.Handler
	ready   func(where string)
	work    sync.WaitGroup
	seen    cache.Recent[uint64, struct{}]

	gate  sync.Mutex
	ended bool // no more work

	// The rest belongs to the gateway, which calls once at a time.
	registered chan struct{} // closed once the commands are registered; nil before all stands for the first time
}

// An id is remembered for rememberedFor, which is longer than a signature is good,
// unless so many newer ones come.
const (
	rememberedFor = 2*wire.SignatureAge + time.Minute
	remembered    = 50_000
)

// isNew reports whether an interaction arrives for the first time. A resumed session
// may deliver one again, and so may anybody who has overheard a signed request.
func (l *listener) isNew(ctx context.Context, id uint64) bool {
	_, added := l.seen.Add(id, struct{}{})
	return added && l.first(ctx, strconv.FormatUint(id, 10))
}

// begin registers a task that Listen waits for. It is false once Listen has ended.
func (l *listener) begin() bool {
	l.gate.Lock()
	defer l.gate.Unlock()
	if !l.ended {
		l.work.Add(1)
	}
	return !l.ended
}

// finish waits for all work.
func (l *listener) finish() {
	l.gate.Lock()
	l.ended = true
	l.gate.Unlock()
	l.work.Wait()
}

// handleEvent handles an event of the gateway. It returns at once: the connection
// waits for it.
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

// handleInteraction answers an interaction of the gateway, if it is a new one.
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

// guard keeps a panic to the task, and reports whether there was one.
func (l *listener) guard(task string, do func()) (panicked bool) {
	return panics.Contained(panics.Contain(l.log, task, func() error { do(); return nil }, "adapter", l.name))
}

// connected is called when all sessions have started or are resumed. The first time
// it registers the commands and looks at the channels, before it says that people
// can come. Of several processes one does that, and the others do when they take its place.
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
			l.guard("say that people can come", func() { l.ready(who.String()) })
		case <-ctx.Done():
		}
	})
}

// prepare looks at the channels and registers the commands, until that works or ctx is done.
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
	// checkedFirst is how many channels are looked at before people can come.
	checkedFirst = 10
	// checkPause is how long to wait before it is asked again whether nothing
	// is being posted.
	checkPause = time.Second
)

// await waits until something is so, and reports whether it is.
func await(ctx context.Context, so func() bool) bool {
	for !so() {
		if retry.Sleep(ctx, checkPause) != nil {
			return false
		}
	}
	return true
}

// checkChannels learns the servers of the channels that the bot posts to, and warns
// an operator about those that it cannot see. A bot of many channels looks at most
// of them later, whenever nothing else wants to ask Discord for anything: a look
// costs as much of the limit as a post.
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

// channel is a channel of the adapter, as the log names it.
func (a *Adapter) channel(id string) string { return chat.Channel{Adapter: a.name, ID: id}.String() }

// checkChannel looks at a channel.
func (l *listener) checkChannel(ctx context.Context, id string) {
	err := panics.Contain(l.log, "look at a channel", func() error {
		_, err := l.dir.place(ctx, id)
		return err
	}, "adapter", l.name, "channel", l.channel(id))
	if err != nil && ctx.Err() == nil {
		l.log.Warn("discord: a channel cannot be seen", "adapter", l.name, "channel", l.channel(id), "error", err)
	}
}
