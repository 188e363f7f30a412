package discord

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// wires are connections without sockets, so that time can pass on them inside
// a synctest bubble.
type wires struct {
	opened  chan net.Conn
	closed  chan struct{}
	blocked atomic.Bool // dialing blocks for ever
}

func (w *wires) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if w.blocked.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	here, there := net.Pipe()
	select {
	case w.opened <- there:
		return here, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wires) Accept() (net.Conn, error) {
	select {
	case c := <-w.opened:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wires) Close() error { close(w.closed); return nil }

func (w *wires) Addr() net.Addr { return &net.TCPAddr{} }

// bridge is a bot on the gateway of its own Discord, inside a bubble, with
// realistic delays.
type bridge struct {
	*Adapter
	fake  *discordfake.Fake
	wires *wires
	log   logText
	ended chan error
	stop  func()
}

func newBridge(t *testing.T, before func(*discordfake.Fake)) *bridge {
	t.Helper()
	a, fake := bubble(t, atOnce)
	before(fake)
	b := &bridge{Adapter: a, fake: fake, wires: &wires{opened: make(chan net.Conn), closed: make(chan struct{})}, ended: make(chan error, 1)}
	a.dial, a.log = b.wires.dial, slog.New(slog.NewTextHandler(&b.log, nil))
	server := &http.Server{Handler: fake}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(b.wires) }()
	ctx, cancel := context.WithCancel(t.Context())
	b.stop = cancel
	t.Cleanup(func() {
		cancel()
		if err := <-b.ended; err != nil {
			t.Errorf("Listen: %v", err)
		}
		fake.Drop()
		_ = server.Close()
		<-served
	})
	go func() { b.ended <- a.Listen(ctx, root, &echo{}, func(string) {}) }()
	return b
}

func usual(*discordfake.Fake) {}

// deaf returns the time until the bot hears people again.
func (b *bridge) deaf(t *testing.T) time.Duration {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(50 * time.Millisecond) {
		if b.Connection() == nil && b.fake.Connected() {
			return time.Since(began)
		}
	}
	t.Fatalf("the bot is deaf for an hour:\n%s", b.log.String())
	return 0
}

// drop cuts the connection and waits until the bot has noticed.
func (b *bridge) drop() {
	b.fake.Drop()
	for b.Connection() == nil {
		time.Sleep(time.Millisecond)
	}
}

// While RESUME fails, however Discord reacts to it, the bot is soon reachable
// in a new session.
func TestResumeWithoutEnd(t *testing.T) {
	for name, test := range map[string]struct {
		fault      func(b *bridge)
		most       time.Duration
		identified int // sessions, including the first
	}{
		"RESUME is never answered": {func(b *bridge) { b.fake.MuteResume() }, 20 * time.Second, 2},
		"RESUME is never answered, and the address is slow": {func(b *bridge) {
			b.fake.MuteResume()
			b.fake.FailGateway(discordfake.NoHandshake)
		}, 40 * time.Second, 2},
		"the place to resume at is silent":      {func(b *bridge) { b.fake.FailGateway(discordfake.NoHello) }, 20 * time.Second, 2},
		"it answers no handshake":               {func(b *bridge) { b.fake.FailGateway(discordfake.NoHandshake) }, 20 * time.Second, 1},
		"it only acknowledges beats":            {func(b *bridge) { b.fake.FailGateway(discordfake.NoReady) }, 20 * time.Second, 2},
		"it brings what was missed and no more": {func(b *bridge) { b.fake.FailGateway(discordfake.MissedAlone) }, 20 * time.Second, 2},
		"it refuses the session":                {func(b *bridge) { b.fake.FailGateway(discordfake.InvalidSession) }, 5 * time.Second, 2},
		"it refuses the session for now":        {func(b *bridge) { b.fake.FailGateway(discordfake.SessionMayResume) }, 5 * time.Second, 2},
		"it asks to reconnect":                  {func(b *bridge) { b.fake.FailGateway(discordfake.ReconnectFirst) }, 5 * time.Second, 2},
		"it says hello twice":                   {func(b *bridge) { b.fake.FailGateway(discordfake.HelloTwice) }, 5 * time.Second, 2},
		"it closes":                             {func(b *bridge) { b.fake.FailGateway(4000) }, 5 * time.Second, 2},
		"it resumes":                            {func(*bridge) {}, 2 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBridge(t, usual)
				b.deaf(t)
				time.Sleep(time.Hour)
				test.fault(b)
				b.drop()
				took := b.deaf(t)
				t.Logf("deaf for %v", took)
				if took > test.most {
					t.Errorf("deaf for %v, want at most %v:\n%s", took, test.most, b.log.String())
				}
				if log := b.log.String(); strings.Contains(log, "i/o timeout") && !strings.Contains(name, "handshake") && !strings.Contains(name, "slow") {
					t.Errorf("the log does not say what did not come:\n%s", log)
				}
				if got := b.fake.Count("IDENTIFY"); got != test.identified {
					t.Errorf("%d sessions were started, want %d", got, test.identified)
				}
			})
		})
	}
}

// However often a connection is lost, the bot returns as quickly as the first
// time, because it was connected in between.
func TestDropsDoNotAddUp(t *testing.T) {
	for name, fault := range map[string]func(b *bridge){
		"resumed":                  func(*bridge) {},
		"the session is forgotten": func(b *bridge) { b.fake.ForgetSessions() },
		"RESUME is never answered": func(b *bridge) { b.fake.MuteResume() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBridge(t, usual)
				b.deaf(t)
				for drop := range 8 {
					fault(b)
					b.drop()
					took := b.deaf(t)
					t.Logf("drop %d: deaf for %v", drop+1, took)
					if took > 20*time.Second {
						t.Errorf("drop %d: deaf for %v:\n%s", drop+1, took, b.log.String())
					}
				}
			})
		})
	}
}

// The delay between failed attempts doubles each time, and is short again once
// the bot was connected.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, usual)
		b.deaf(t)
		for range 2 {
			b.fake.ForgetSessions()
			b.fake.FailGateway(discordfake.InvalidSession, discordfake.InvalidSession, discordfake.InvalidSession, discordfake.InvalidSession)
			b.drop()
			// The drop and the lost session: 1 s each; then 1, 2 and 4 s, all with up
			// to 50 % more, and at least 5 s between two sessions.
			if took := b.deaf(t); took < 12*time.Second || took > 25*time.Second {
				t.Errorf("deaf for %v:\n%s", took, b.log.String())
			}
		}
	})
}

// A heartbeat interval or a number of sessions that is out of bounds ends the
// connection, with an explanation, but never the process. The recommended
// number of shards does not matter.
func TestGatewayOutOfBounds(t *testing.T) {
	limits := func(members map[string]any) map[string]any {
		return map[string]any{"shards": 1, "session_start_limit": members}
	}
	for name, test := range map[string]struct {
		hello  string
		advice map[string]any
		want   string // in the log; empty if the bot connects anyway
	}{
		"no beats":                    {hello: `{}`, want: "the heartbeat interval is 0 ms"},
		"no interval at all":          {hello: `null`, want: "the heartbeat interval is 0 ms"},
		"beats of 0":                  {hello: `{"heartbeat_interval":0}`, want: "the heartbeat interval is 0 ms"},
		"beats of less":               {hello: `{"heartbeat_interval":-41250}`, want: "the heartbeat interval is -41250 ms"},
		"beats of 1 ms":               {hello: `{"heartbeat_interval":1}`, want: "the heartbeat interval is 1 ms, and the bot keeps one of 1s to 5m0s"},
		"beats for ever":              {hello: `{"heartbeat_interval":9223372036854775807}`, want: "the heartbeat interval is 9223372036854775807 ms"},
		"beats that overflow to none": {hello: `{"heartbeat_interval":18446744073710}`, want: "the heartbeat interval is 18446744073710 ms"},
		"beats beyond numbers":        {hello: `{"heartbeat_interval":1e400}`, want: "hello: "},
		"beats in words":              {hello: `{"heartbeat_interval":"@everyone"}`, want: "hello: "},
		"the least beats":             {hello: `{"heartbeat_interval":1000}`},
		"the most beats":              {hello: `{"heartbeat_interval":300000}`},

		"no shards":          {advice: map[string]any{"shards": 0}},
		"shards of less":     {advice: map[string]any{"shards": -1}},
		"a billion shards":   {advice: map[string]any{"shards": 1_000_000_000}},
		"shards in words":    {advice: map[string]any{"shards": "many"}},
		"shards not spoken":  {advice: map[string]any{}},
		"limits not spoken":  {advice: map[string]any{"shards": 1}},
		"a billion at once":  {advice: limits(map[string]any{"total": 1000, "remaining": 1000, "max_concurrency": 1_000_000_000})},
		"fewer than none":    {advice: limits(map[string]any{"total": 1000, "remaining": 1000, "max_concurrency": -1})},
		"less than none":     {advice: limits(map[string]any{"total": 1000, "remaining": -1, "reset_after": -1}), want: "no more sessions for 1s"},
		"none for ever":      {advice: limits(map[string]any{"total": 1000, "remaining": 0, "reset_after": 1e300}), want: "no more sessions for 24h0m0s"},
		"a total below none": {advice: limits(map[string]any{"total": -1, "remaining": -1})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBridge(t, func(fake *discordfake.Fake) {
					if test.hello != "" {
						fake.SetHello(json.RawMessage(test.hello))
					}
					fake.SetAdvice(test.advice)
				})
				time.Sleep(10 * time.Minute)
				if test.want == "" {
					if err := b.Connection(); err != nil {
						t.Errorf("not connected: %v", err)
					}
					return
				}
				if err := b.Connection(); err == nil || !strings.Contains(b.log.String(), test.want) {
					t.Errorf("got %v, want %q in the log:\n%s", err, test.want, b.log.String())
				}
				if n := b.fake.Count("CONNECT"); n > 20 {
					t.Errorf("%d connections in ten minutes", n)
				}
				b.fake.SetHello(nil)
				b.fake.SetAdvice(nil)
				if strings.Contains(test.want, "24h") {
					time.Sleep(24 * time.Hour)
				}
				if took := b.deaf(t); took > wire.LastPause*3/2 {
					t.Errorf("deaf for %v afterwards", took)
				}
			})
		})
	}
}

// Acknowledged heartbeats do not prove that the bot can hear people, and an
// unacknowledged one ends the connection.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, func(fake *discordfake.Fake) {
			fake.Heartbeat = wire.LeastBeat
			fake.FailGateway(discordfake.NoReady)
		})
		if took := b.deaf(t); took > 25*time.Second || b.fake.Count("HEARTBEAT") < 10 {
			t.Errorf("deaf for %v and %d heartbeats:\n%s", took, b.fake.Count("HEARTBEAT"), b.log.String())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, func(fake *discordfake.Fake) { fake.FailGateway(discordfake.NoAck) })
		b.deaf(t)
		began := time.Now()
		for b.Connection() == nil {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > 2*b.fake.Heartbeat+time.Second {
			t.Errorf("the connection was taken for a living one for %v", took)
		}
		if b.deaf(t); b.fake.Count("RESUME") != 1 {
			t.Errorf("%d sessions were resumed, want one", b.fake.Count("RESUME"))
		}
	})
}

// A server that accepts no connection is tried again, and a bot that is waiting
// for one stops at once.
func TestGatewayThatTakesNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBridge(t, usual)
		b.deaf(t)
		b.wires.blocked.Store(true)
		b.drop()
		time.Sleep(2 * time.Minute)
		b.wires.blocked.Store(false)
		if took := b.deaf(t); took > time.Minute {
			t.Errorf("deaf for %v:\n%s", took, b.log.String())
		}
		if got := b.fake.Count("IDENTIFY"); got != 1 {
			t.Errorf("%d sessions were started, want the first to be resumed", got)
		}
		b.fake.FailGateway(discordfake.NoHandshake)
		b.drop()
		for b.fake.Count("CONNECT") < 3 {
			time.Sleep(time.Millisecond)
		}
		began := time.Now()
		b.stop()
		err := <-b.ended
		b.ended <- err
		if took := time.Since(began); err != nil || took > time.Second {
			t.Errorf("it stopped after %v: %v", took, err)
		}
	})
}

// Sessions that are repeatedly lost do not start closer together than Discord
// allows.
func TestSessionsStartApart(t *testing.T) {
	s := newStand(t)
	s.fake.IdentifyGap = 40 * time.Millisecond
	g, events, losses := s.short(t)
	g.Patience, g.Gap = 5*time.Second, s.fake.IdentifyGap
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	s.fake.FailGateway(discordfake.Fine, discordfake.InvalidSession, discordfake.ReconnectFirst)
	for range 3 {
		expect(t, events)
		s.fake.ForgetSessions()
		s.fake.Drop()
		if err := <-losses; err == nil {
			t.Error("the connection was lost without a reason")
		}
	}
	expect(t, events)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	if started, hasty := s.fake.Count("IDENTIFY"), s.fake.Count("HASTY"); started < 4 || hasty != 0 {
		t.Errorf("%d sessions were started, %d too early", started, hasty)
	}
}

// A bot that has outgrown one connection says what to configure, and stops trying.
func TestGatewayIsTooSmall(t *testing.T) {
	s := newStand(t)
	s.fake.FailGateway(4011)
	g, _, _ := s.short(t)
	if err := g.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `use listen = "http"`) {
		t.Errorf("got %v", err)
	}
	if n := s.fake.Count("CONNECT"); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// If Discord rejects the token when the bot returns, the bot ends, whatever the
// state of the session.
func TestGatewayEndsWhileItResumes(t *testing.T) {
	s := newStand(t)
	g, events, _ := s.short(t)
	g.Patience = 5 * time.Second
	done := make(chan error, 1)
	go func() { done <- g.Run(t.Context()) }()
	expect(t, events)
	s.fake.FailGateway(4004)
	s.fake.Drop()
	if err := <-done; !errors.Is(err, wire.ErrToken) || chat.OutcomeOf(err) != chat.RejectedAccount {
		t.Errorf("got %v", err)
	}
}
