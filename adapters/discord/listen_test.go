package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/rendertest"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var root = chat.Command{
	Name: "digest", Summary: "Read the digests",
	Subs: []chat.Command{
		{Name: "latest", Summary: "Show the newest digest"},
		{Name: "tag", Summary: "List the digests with a tag", Private: true, Args: []chat.Arg{
			{Name: "tag", Summary: "The tag", Required: true, Rest: true, Suggest: true},
		}},
		{Name: "long", Summary: "Say a lot", Private: true},
		{Name: "panic", Summary: "Break"},
		{Name: "find", Summary: "Search", Args: []chat.Arg{{Name: "where", Summary: "Where", Suggest: true}, {Name: "what", Summary: "What", Rest: true, Suggest: true}}},
	},
}

// echo answers with the line.
type echo struct {
	mu       sync.Mutex
	requests []chat.Request
}

func (e *echo) note(r chat.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, r)
}

func (e *echo) heard() []chat.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.requests)
}

func (e *echo) Handle(_ context.Context, r chat.Request) chat.Message {
	e.note(r)
	m := chat.Message{Title: "Answer", Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(r.Line)}}}
	switch {
	case strings.HasSuffix(r.Line, "panic"):
		panic("handler broke")
	case strings.HasSuffix(r.Line, "long"):
		for i := range 25 {
			m.Blocks = append(m.Blocks, chat.Story{Headline: fmt.Sprint("Story ", i), Summary: chat.Plain(strings.Repeat("Summary ", 70))})
		}
	}
	return m
}

func (*echo) Form(context.Context, chat.Request) (chat.Form, bool) { return chat.Form{}, false }

func (e *echo) Suggest(_ context.Context, r chat.Request) []chat.Choice {
	e.note(r)
	choices := []chat.Choice{{Label: strings.Repeat("长", 120), Value: "long label"}, {Label: "too long", Value: strings.Repeat("v", 101)}, {Label: "", Value: "no label"}}
	for i := range 40 {
		choices = append(choices, chat.Choice{Label: fmt.Sprint("Tag ", i), Value: fmt.Sprint("tag-", i)})
	}
	return choices
}

// listening runs Listen until the test ends and returns a channel with the texts passed to
// ready.
func (s *stand) listening(t *testing.T, h chat.Handler) (ready chan string) {
	t.Helper()
	return s.listeningTo(t, root, h)
}

func (s *stand) listeningTo(t testing.TB, root chat.Command, h chat.Handler) (ready chan string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready = make(chan string, 10)
	done := make(chan error, 1)
	go func() { done <- s.Listen(ctx, root, h, func(where string) { ready <- where }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	want := "tech-digest in 1 server"
	if s.endpoint != nil {
		want += ", at " + s.endpoint.path
	}
	if got := expect(t, ready); got != want {
		t.Errorf("ready: got %q, want %q", got, want)
	}
	return ready
}

// expect waits for the next text.
func expect(t testing.TB, ready chan string) string {
	t.Helper()
	select {
	case where := <-ready:
		return where
	case <-time.After(20 * time.Second):
		t.Fatal("the bot is not ready")
		return ""
	}
}

var reader = discordfake.Person{ID: "300000000000000001", Name: "reader", Locale: "zh-CN"}

func say(t *testing.T, s *stand, p discordfake.Person, line string) *discordfake.Interaction {
	t.Helper()
	i, err := s.fake.Say(p, testChannel, line)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestListenRegisters(t *testing.T) {
	const get, put = "GET /applications/{app}/commands", "PUT /applications/{app}/commands"
	s := newStand(t)
	first, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	listen := func(ctx context.Context) { done <- s.Listen(ctx, root, &echo{}, func(w string) { ready <- w }) }
	go listen(first)
	if got := expect(t, ready); got != "tech-digest in 1 server" {
		t.Errorf("got ready %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	second, cancel := context.WithCancel(t.Context())
	go listen(second)
	expect(t, ready)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s.fake.Count(get) != 2 || s.fake.Count(put) != 1 {
		t.Errorf("commands were read %d times and written %d times, want 2 and 1", s.fake.Count(get), s.fake.Count(put))
	}
	if got, want := s.dir.link(channelOf, "5"), "https://discord.com/channels/"+testGuild+"/"+testChannel+"/5"; got != want {
		t.Errorf("after listening a message leads to %q, want %q", got, want)
	}
}

func TestListenAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	s := newStand(t)
	h := &echo{}
	s.listening(t, h)

	t.Run("many parts", func(t *testing.T) {
		a := wait(t, say(t, s, reader, "/digest long"), 3)
		if !a.Private || len(a.Replies) != 3 {
			t.Fatalf("got %d replies, private %v; want 3 private ones", len(a.Replies), a.Private)
		}
		for i, r := range a.Replies {
			if err := rendertest.Check(chat.Payload(r)); err != nil {
				t.Error(err)
			}
			var m render.Message
			if err := json.Unmarshal(r, &m); err != nil {
				t.Fatal(err)
			}
			if len(m.Components) > 0 || strings.HasPrefix(m.Content, fmt.Sprintf("-# Answer · %d/3", i+1)) != (i > 0) || m.Flags&64 == 0 {
				t.Errorf("part %d is %s", i+1, r)
			}
		}
	})
	t.Run("what is known of the person", func(t *testing.T) {
		for bits, admin := range map[uint64]bool{0: false, discordfake.Admin: true, 1 << 5: true, 1 << 11: false} {
			p := reader
			p.Permissions = bits
			i := say(t, s, p, "/digest latest")
			if a := wait(t, i, 1); a.Private {
				t.Error("the reply is private, want it public as the command is")
			}
			got := last(h.heard())
			want := chat.Request{ID: i.ID, Channel: channelOf, Home: testGuild, User: chat.User{ID: p.ID, Name: "reader", Admin: admin}, Line: "/digest latest", Locale: "zh-CN"}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		}
	})
	t.Run("a button", func(t *testing.T) {
		p := payload(t, s.Adapter, chat.Message{Title: "T", Blocks: []chat.Block{chat.Buttons{{Label: "AI", Line: "/digest tag AI | x"}}}})
		if _, err := s.Send(t.Context(), channelOf, p, testKey); err != nil {
			t.Fatal(err)
		}
		i, err := s.fake.Press(reader, testChannel, "AI")
		if err != nil {
			t.Fatal(err)
		}
		if a := wait(t, i, 1); !a.Private {
			t.Error("the reply to a button is public, want it private")
		}
		if got := last(h.heard()).Line; got != "/digest tag AI | x" {
			t.Errorf("got line %q", got)
		}
	})
	t.Run("suggestions", func(t *testing.T) {
		for typed, want := range map[string]string{
			"/digest tag ":          "/digest tag ",
			"/digest tag A":         "/digest tag A",
			"/digest tag open so":   `/digest tag "open so"`,
			"/digest find here wha": "/digest find here wha",
		} {
			i, err := s.fake.Type(reader, testChannel, typed)
			if err != nil {
				t.Fatal(err)
			}
			a := wait(t, i, 0)
			if got := last(h.heard()).Line; got != want {
				t.Errorf("%q: got line %q, want %q", typed, got, want)
			}
			if len(a.Choices) != 25 || a.Choices[0].Value != "long label" || a.Choices[1] != (discordfake.Choice{Name: "no label", Value: "no label"}) {
				t.Errorf("got %d choices: %v", len(a.Choices), a.Choices)
			}
		}
	})
	t.Run("delivered twice", func(t *testing.T) {
		i := say(t, s, reader, "/digest latest")
		wait(t, i, 1)
		before := len(h.heard())
		if err := s.fake.Redeliver(i); err != nil {
			t.Fatal(err)
		}
		wait(t, say(t, s, reader, "/digest latest"), 1) // handled after it
		if got := len(h.heard()) - before; got != 1 {
			t.Errorf("%d more requests were heard, want only the other one", got)
		}
	})
	t.Run("panic", func(t *testing.T) {
		a := wait(t, say(t, s, reader, "/digest panic"), 1)
		if !strings.Contains(string(a.Replies[0]), "Sorry, that did not work") {
			t.Errorf("got %s", a.Replies)
		}
		wait(t, say(t, s, reader, "/digest latest"), 1)
	})
	t.Run("while posts are limited and hang", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := payload(t, s.Adapter, small)
		s.fake.Fail(discordfake.Hang)
		hung := make(chan error, 1)
		go func() { _, err := s.Send(ctx, channelOf, p, "hung"); hung <- err }()
		for range wire.GlobalLimit - 1 { // the hanging post has the remaining permit
			if _, err := s.rest.Limiter.Permits.Take(ctx); err != nil {
				t.Fatal(err)
			}
		}
		s.rest.Limiter.Forbid(time.Now().Add(time.Hour))
		wait(t, say(t, s, reader, "/digest latest"), 1)
		cancel()
		if err := <-hung; err == nil {
			t.Error("the hanging post gave no error")
		}
	})
}

func last(r []chat.Request) chat.Request { return r[len(r)-1] }

func TestListenReconnects(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, test := range map[string]struct {
		fault   func(s *stand) error
		resumes int
	}{
		"the connection is cut":              {func(s *stand) error { s.fake.Drop(); return nil }, 1},
		"Discord asks to reconnect":          {func(s *stand) error { return s.fake.AskToReconnect() }, 1},
		"the session is forgotten meanwhile": {func(s *stand) error { s.fake.ForgetSessions(); s.fake.Drop(); return nil }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			ready := s.listening(t, &echo{})
			if err := test.fault(s); err != nil {
				t.Fatal(err)
			}
			expect(t, ready)
			wait(t, say(t, s, reader, "/digest latest"), 1)
			if got := s.fake.Count("RESUME"); got != test.resumes {
				t.Errorf("%d sessions were resumed, want %d", got, test.resumes)
			}
			if got := s.fake.Count("PUT /applications/{app}/commands"); got != 1 {
				t.Errorf("commands were written %d times, want once", got)
			}
		})
	}
}

// TestListenTooLate checks that a request that cannot be acknowledged is
// not acted upon, and that its address, which contains a token, is not
// logged.
func TestListenTooLate(t *testing.T) {
	s := newStand(t)
	s.fake.Lag = 10 * time.Second
	h := &echo{}
	s.listening(t, h)
	i := say(t, s, reader, "/digest latest")
	say(t, s, reader, "/digest latest")
	for deadline := time.Now().Add(10 * time.Second); strings.Count(s.log.String(), "10062") < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log does not say that the requests came too late: %s", s.log.String())
		}
	}
	if got := h.heard(); len(got) > 0 {
		t.Errorf("the handler heard %v", got)
	}
	if log := s.log.String(); strings.Contains(log, i.Token()) || strings.Contains(log, testToken) || !strings.Contains(log, i.ID) {
		t.Errorf("the log holds a token, or no id of the request: %s", log)
	}
}

// TestListenOutlivesTheServer restarts Discord.
func TestListenOutlivesTheServer(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	t.Parallel()
	s := &stand{fake: discordfake.New(testToken)}
	s.fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild})
	server := httptest.NewServer(s.fake)
	addr := server.Listener.Addr().String()
	s.open(t, server.URL+"/api/v10")
	ready := s.listening(t, &echo{})
	s.fake.Drop() // a hijacked connection outlives its server
	server.Close()

	server = httptest.NewUnstartedServer(s.fake)
	_ = server.Listener.Close()
	server.Listener = listenAt(t, addr)
	server.Start()
	t.Cleanup(server.Close)
	expect(t, ready)
	wait(t, say(t, s, reader, "/digest latest"), 1)
}

func TestListenEnds(t *testing.T) {
	for code, why := range wire.CloseCodes {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			s := newStand(t)
			s.fake.FailGateway(discordfake.GatewayFault(code))
			err := s.Listen(t.Context(), root, &echo{}, func(string) {})
			if !errors.Is(err, why) || (chat.OutcomeOf(err) == chat.RejectedAccount) != (code == 4004) {
				t.Errorf("got %s: %v, want %q", chat.OutcomeOf(err), err, why)
			}
		})
	}
	t.Run("a token that is not accepted", func(t *testing.T) {
		s := newStand(t)
		s.fake.Token = "another"
		err := s.Listen(t.Context(), root, &echo{}, func(string) {})
		if chat.OutcomeOf(err) != chat.RejectedAccount || !strings.Contains(err.Error(), "the token is not accepted") || strings.Contains(err.Error()+s.log.String(), testToken) {
			t.Errorf("got %v", err)
		}
	})
}

// A bot that is stopped while it registers its commands logs no errors.
func TestListenStopsQuietly(t *testing.T) {
	s := newStand(t)
	ctx, stop := context.WithCancel(t.Context())
	s.rest.HTTP.Transport = stopper{s.rest.HTTP.Transport, stop}
	if err := s.Listen(ctx, root, &echo{}, func(string) {}); err != nil {
		t.Error(err)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}

// stopper stops the bot when it registers its commands.
type stopper struct {
	http.RoundTripper
	stop func()
}

func (s stopper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut {
		s.stop()
		return nil, r.Context().Err()
	}
	return s.RoundTripper.RoundTrip(r)
}

// short returns a gateway with short timeouts.
func (s *stand) short(t *testing.T) (g *wire.Gateway, events chan string, losses chan error) {
	events, losses = make(chan string, 10), make(chan error, 10)
	return &wire.Gateway{
		Client: s.rest, Token: s.token.Reveal, Dial: s.dial, Patience: 100 * time.Millisecond, Pause: time.Millisecond, Gap: time.Millisecond,
		Ready: func(who wire.Account) { events <- who.String() },
		Event: func(kind string, _ json.RawMessage) { events <- kind },
		Lost: func(err error, _ time.Duration) {
			t.Log("lost:", err)
			losses <- err
		},
	}, events, losses
}

func TestGateway(t *testing.T) {
	run := func(t *testing.T, g *wire.Gateway) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- g.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	for name, fault := range map[string]discordfake.GatewayFault{
		"no hello":                  discordfake.NoHello,
		"reconnect before READY":    discordfake.ReconnectFirst,
		"the session is not valid":  discordfake.InvalidSession,
		"an unknown error (4000)":   4000,
		"the sequence is not valid": 4007,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.fake.FailGateway(fault)
			g, events, losses := s.short(t)
			run(t, g)
			if err := <-losses; err == nil {
				t.Error("the connection was lost without a reason")
			}
			if got := expect(t, events); got != "tech-digest in 1 server" {
				t.Errorf("got %s", got)
			}
		})
	}
	t.Run("no more sessions today", func(t *testing.T) {
		s := newStand(t)
		s.fake.SetStarts(0)
		g, events, losses := s.short(t)
		run(t, g)
		if err := <-losses; !strings.Contains(err.Error(), "no more sessions for 0s") {
			t.Errorf("got %v, want it to say that no session may be started, and for how long", err)
		}
		if got := s.fake.Count("IDENTIFY"); got != 0 {
			t.Errorf("%d sessions were started, want none", got)
		}
		s.fake.SetStarts(1)
		expect(t, events)
	})
}

// TestPauses checks that failures slow the bot down, and that it makes few
// attempts in a day without Discord.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		attempts := 0
		g := &wire.Gateway{
			Client: unreachable(t), Patience: time.Second, Pause: wire.FirstPause, Token: func() string { return "" },
			Lost: func(error, time.Duration) { attempts++ },
		}
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if attempts < 300 || attempts > 1000 {
			t.Errorf("%d attempts in a day, want some hundreds", attempts)
		}
	})
}
