package slack

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/render"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

var tree = chat.Command{Name: "digest", Subs: []chat.Command{
	{Name: "latest"},
	{Name: "details", Private: true, OnPost: "Details", Args: []chat.Arg{{Name: "digest", Rest: true}, chat.Post}},
	{Name: "tag", Private: true, Args: []chat.Arg{{Name: "tag", Required: true, Rest: true}, chat.Page, chat.Share}},
	{Name: "resend", AdminOnly: true},
	{Name: "set", AdminOnly: true, Private: true, Form: true, Args: []chat.Arg{
		{Name: "name"}, {Name: "schedule", Named: true}, {Name: "style", Named: true}, {Name: "zone", Named: true},
	}},
	{Name: "home", Private: true, Hidden: true},
}}

// handler answers with reply and records what it heard.
type handler struct {
	mu    sync.Mutex
	heard []chat.Request
	reply func(chat.Request) chat.Message

	form    func(chat.Request) (chat.Form, bool)
	suggest func(context.Context, chat.Request) []chat.Choice
}

func (h *handler) Handle(_ context.Context, r chat.Request) chat.Message {
	h.mu.Lock()
	h.heard = append(h.heard, r)
	h.mu.Unlock()
	return h.reply(r)
}

func (h *handler) Form(_ context.Context, r chat.Request) (chat.Form, bool) {
	if h.form == nil {
		return chat.Form{}, false
	}
	return h.form(r)
}

func (h *handler) Suggest(ctx context.Context, r chat.Request) []chat.Choice {
	if h.suggest == nil {
		return nil
	}
	return h.suggest(ctx, r)
}

func (h *handler) requests() []chat.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]chat.Request(nil), h.heard...)
}

// echo answers with the line, and with a button that gives it.
func echo(r chat.Request) chat.Message {
	return chat.Message{Title: r.Line, Blocks: []chat.Block{chat.Buttons{
		{Label: "Again", Line: r.Line}, {Label: "Next", Line: chat.With(r.Line, chat.Page, "2")}, {Label: "Share", Line: chat.With(r.Line, chat.Share, "here")},
	}}}
}

// log is a log that can be read while it is being written.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// listen runs Listen until the test ends and returns once it is ready. The
// channel receives the texts passed to ready.
func (s *stage) listen(t *testing.T, h chat.Handler) <-chan string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan string, 100), make(chan error, 1)
	go func() { done <- s.Listen(ctx, tree, h, func(where string) { ready <- where }) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	want := "tech-digest (Fake Team)"
	if s.byHTTP {
		want += ", at /slack/"
	}
	if where := <-ready; where != want {
		t.Errorf("ready: got %q", where)
	}
	return ready
}

// say gives a command and returns the first reply.
func (s *stage) say(t *testing.T, user, line string) (*slackfake.Act, slackfake.Message) {
	t.Helper()
	act, err := s.fake.Say(t.Context(), user, slackfake.General, line)
	if err != nil {
		t.Fatal(err)
	}
	return act, reply(t, act)
}

func reply(t *testing.T, act *slackfake.Act) slackfake.Message {
	t.Helper()
	replies, err := act.Replies(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return replies[0]
}

func TestReplies(t *testing.T) {
	s := open(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	for _, tt := range []struct {
		line string
		to   string
	}{
		{"/digest tag R&D <b>", slackfake.Reader},
		{"/digest latest", ""},
		{"/digest nonsense", slackfake.Reader},
		{"/renamed tag AI", slackfake.Reader},
	} {
		_, m := s.say(t, slackfake.Reader, tt.line)
		if m.To != tt.to {
			t.Errorf("%s: answered to %q, want %q", tt.line, m.To, tt.to)
		}
		if want := strings.Replace(tt.line, "/renamed", "/digest", 1); payloadtest.Texts(m.JSON())[0] != want {
			t.Errorf("%s: answered %q, want %q", tt.line, payloadtest.Texts(m.JSON()), want)
		}
	}
	act, err := s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Again")
	if err != nil {
		t.Fatal(err)
	}
	m := reply(t, act)
	if got := h.requests(); got[len(got)-1].Line != "/digest tag AI" || m.To != slackfake.Reader {
		t.Errorf("a button said %q to %q", got[len(got)-1].Line, m.To)
	}
}

// TestWhoReadsTheReplyToAButton: the command decides who can read the reply,
// even if only one person saw the button.
func TestWhoReadsTheReplyToAButton(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		s.listen(t, &handler{reply: echo})
		s.say(t, slackfake.Reader, "/digest latest")
		act, err := s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Again")
		if err != nil {
			t.Fatal(err)
		}
		if m := reply(t, act); m.To != "" {
			t.Errorf("answered to %q, want everybody", m.To)
		}
		s.say(t, slackfake.Reader, "/digest tag AI")
		if act, err = s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Share"); err != nil {
			t.Fatal(err)
		}
		if m := reply(t, act); m.To != "" || m.Edited {
			t.Errorf("shared with %q, edited: %v, want a new message to everybody", m.To, m.Edited)
		}
	})
}

// A shortcut on a message includes the message that it was used on; one that is
// not a verb for posts does nothing.
func TestShortcutsOfMessages(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		h := &handler{reply: echo}
		s.listen(t, h)
		for _, callback := range []string{"latest", "resend", "@everyone", ""} {
			act, err := s.fake.Point(t.Context(), slackfake.Reader, slackfake.General, callback, "1764400000.000100")
			if err != nil {
				t.Fatal(err)
			}
			if err := act.Acknowledged(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		act, err := s.fake.Point(t.Context(), slackfake.Reader, slackfake.General, "details", "1764400000.000100")
		if err != nil {
			t.Fatal(err)
		}
		if m := reply(t, act); m.To != slackfake.Reader {
			t.Errorf("answered to %q, want the one who asked", m.To)
		}
		if got := h.requests(); len(got) != 1 || got[0].Line != "/digest details post=1764400000.000100" || got[0].Channel.ID != slackfake.General {
			t.Errorf("heard %+v", got)
		}
	})
}

func TestFollowedLinkIsAcknowledged(t *testing.T) {
	s := open(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	p := chat.Payload(`{"text":"x","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"a","url":"https://go.dev/","text":{"type":"plain_text","text":"Go"}}]}]}`)
	if _, err := s.Send(t.Context(), s.channel, p, "k"); err != nil {
		t.Fatal(err)
	}
	act, err := s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Go")
	if err != nil {
		t.Fatal(err)
	}
	if err := act.Acknowledged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if heard := h.requests(); len(heard) != 0 {
		t.Errorf("the handler heard %v", heard)
	}
}

// TestReplyWithAPictureThatIsGone: the reply arrives with a link instead.
func TestReplyWithAPictureThatIsGone(t *testing.T) {
	s := open(t, env(quiet))
	s.listen(t, &handler{reply: func(chat.Request) chat.Message {
		return chat.Message{Title: "T", Picture: chat.Picture{URL: "https://gone.example/a.png", Alt: "A"}}
	}})
	s.fake.Fail("response_url", slackfake.Fault{Status: 404, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] downloading image failed"]}}`})
	if _, m := s.say(t, slackfake.Reader, "/digest latest"); payloadtest.Kinds(m.JSON()) != "header context" {
		t.Errorf("got %s", m.JSON())
	}
}

func TestRedeliveredRequestIsAnsweredOnce(t *testing.T) {
	s := open(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	first, _ := s.say(t, slackfake.Reader, "/digest latest")
	s.fake.Redeliver()
	s.fake.Redeliver()
	s.say(t, slackfake.Reader, "/digest tag AI") // handled after them on the same connection
	if got := h.requests(); len(got) != 2 {
		t.Errorf("%d requests were heard, want 2", len(got))
	}
	if replies, err := first.Replies(t.Context(), 1); err != nil || len(replies) != 1 {
		t.Errorf("%d replies %v, want 1", len(replies), err)
	}
}

func TestSlowHandlerIsAcknowledgedAtOnce(t *testing.T) {
	s := open(t, env(quiet))
	release := make(chan struct{})
	s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
		if strings.Contains(r.Line, "slow") {
			<-release
		}
		return echo(r)
	}})
	slow, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest tag slow")
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.Acknowledged(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.say(t, slackfake.Reader, "/digest tag quick")
	close(release)
	reply(t, slow)
	if n := slow.Deliveries(); n != 1 {
		t.Errorf("delivered %d times", n)
	}
}

// TestMoreThanCanBeAnswered: the request above the maximum is left to
// Slack, which redelivers it.
func TestMoreThanCanBeAnswered(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	release := make(chan struct{})
	s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
		if strings.Contains(r.Line, "slow") {
			<-release
		}
		return echo(r)
	}})
	for i := range maxConcurrent {
		act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, fmt.Sprint("/digest tag slow", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := act.Acknowledged(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	late, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest tag late")
	if err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(l.String(), "too many requests at once") {
		time.Sleep(time.Millisecond)
	}
	close(release)
	for acknowledged := false; !acknowledged; {
		s.fake.Redeliver()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		acknowledged = late.Acknowledged(ctx) == nil
		cancel()
	}
	reply(t, late)
}

func TestPanicIsSurvived(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
		if strings.Contains(r.Line, "panic") {
			panic("in a handler")
		}
		return echo(r)
	}})
	act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest tag panic")
	if err != nil {
		t.Fatal(err)
	}
	if m := reply(t, act); m.To != slackfake.Reader {
		t.Errorf("told %q, want the reader", m.To)
	}
	s.say(t, slackfake.Reader, "/digest tag AI")
	if !strings.Contains(l.String(), "in a handler") {
		t.Errorf("the log does not say it: %s", &l)
	}
}

func TestListenReconnects(t *testing.T) {
	s := open(t, env(quiet))
	ready := s.listen(t, &handler{reply: echo})
	for range 2 {
		s.fake.Disconnect("refresh_requested")
		<-ready
		s.say(t, slackfake.Reader, "/digest latest")
	}
}

// TestNextConnectionOpensBeforeTheLastCloses: requests in between are
// answered on the last connection.
func TestNextConnectionOpensBeforeTheLastCloses(t *testing.T) {
	s := open(t, env(quiet))
	ready := s.listen(t, &handler{reply: echo})
	s.fake.Fail("socket", slackfake.Fault{Hang: true})
	s.fake.Disconnect("warning")
	if err := s.fake.WaitCalls(t.Context(), "socket", 2); err != nil {
		t.Fatal(err)
	}
	act, _ := s.say(t, slackfake.Reader, "/digest latest")
	if n := act.Deliveries(); n != 1 {
		t.Errorf("delivered %d times, want once", n)
	}
	select {
	case <-ready:
		t.Error("it is ready a second time, though the next connection does not stand")
	default:
	}
}

// TestNothingIsLostWhileItMoves: requests are answered while the socket moves to other
// connections, some of which Slack refuses.
func TestNothingIsLostWhileItMoves(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.times.Move, s.times.Drain = 20*time.Millisecond, 20*time.Millisecond
	s.times.Pause = 5 * time.Millisecond
	h := &handler{reply: echo}
	s.listen(t, h)
	for i := range 30 {
		if i%10 == 5 {
			s.fake.Fail("apps.connections.open", slackfake.Fault{Status: http.StatusInternalServerError})
		}
		s.say(t, slackfake.Reader, fmt.Sprintf("/digest tag %d @everyone", i))
		if err := s.Connection(); err != nil {
			t.Errorf("it is not connected while it moves: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if got := h.requests(); len(got) != 30 {
		t.Errorf("%d requests were heard, want 30", len(got))
	}
	if n := s.fake.Calls("apps.connections.open"); n < 4 {
		t.Errorf("it opened %d connections, so it hardly moved", n)
	}
	if !strings.Contains(l.String(), "cannot move to another connection yet") {
		t.Errorf("the log does not say that it could not move: %s", &l)
	}
}

// TestBothConnectionsAnswerOnce: a request delivered on both connections is answered once.
func TestBothConnectionsAnswerOnce(t *testing.T) {
	s := open(t, env(quiet))
	h := &handler{reply: echo}
	ready := s.listen(t, h)
	s.fake.Disconnect("refresh_requested")
	<-ready
	act, _ := s.say(t, slackfake.Reader, "/digest latest")
	s.fake.Redeliver() // to the other one
	s.fake.Redeliver()
	s.fake.Redeliver()
	s.say(t, slackfake.Reader, "/digest tag one")
	s.say(t, slackfake.Reader, "/digest tag other")
	if got := h.requests(); len(got) != 3 {
		t.Errorf("%d requests were heard, want 3", len(got))
	}
	if replies, err := act.Replies(t.Context(), 1); err != nil || len(replies) != 1 {
		t.Errorf("%d replies %v, want 1", len(replies), err)
	}
}

// TestDeadConnections are detected, whether or not they were ever alive.
func TestDeadConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	var l log
	s := open(t, env(l.logger()))
	s.fake.PingEvery = 20 * time.Millisecond
	s.times.Silence = 500 * time.Millisecond
	ready := s.listen(t, &handler{reply: echo})
	for name, kill := range map[string]func(){
		"silent": s.fake.Freeze,
		"cut":    s.fake.Cut,
		"silent while it ends": func() {
			s.fake.Disconnect("warning")
			<-ready
			s.fake.Freeze()
		},
	} {
		kill()
		<-ready
		if _, m := s.say(t, slackfake.Reader, "/digest latest"); m.To != "" {
			t.Errorf("%s: answered to %q", name, m.To)
		}
	}
	if !strings.Contains(l.String(), "fallen silent") {
		t.Errorf("the log does not say it: %s", &l)
	}
}

// TestPingsAreNoHello: a connection that only receives pings is detected as dead.
func TestPingsAreNoHello(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.fake.PingEvery = 20 * time.Millisecond
	s.times.Hello = 300 * time.Millisecond
	s.fake.Unwelcome(1)
	s.listen(t, &handler{reply: echo})
	s.say(t, slackfake.Reader, "/digest latest")
	if !strings.Contains(l.String(), "Slack sent no hello within 300ms") {
		t.Errorf("the log does not say it: %s", &l)
	}
}

// TestCutsDoNotAddUp: however often a connection is lost, the bot waits no longer
// than the first time, because it was connected in between.
func TestCutsDoNotAddUp(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.times.Pause = 10 * time.Millisecond
	ready := s.listen(t, &handler{reply: echo})
	for range 8 {
		s.fake.Cut()
		<-ready
	}
	waits := regexp.MustCompile(`time=(\S+) .* next_attempt=(\S+)`).FindAllStringSubmatch(l.String(), -1)
	if len(waits) != 8 {
		t.Fatalf("%d waits, want 8: %s", len(waits), &l)
	}
	for i, wait := range waits {
		said, err := time.Parse(time.RFC3339Nano, wait[1])
		next, err2 := time.Parse(time.RFC3339Nano, wait[2])
		if d := next.Sub(said); err != nil || err2 != nil || d > 16*time.Millisecond { // timestamps are truncated to milliseconds
			t.Errorf("after loss %d it waits for %s, want 10 to 15 ms", i+1, d)
		}
	}
}

// TestSocketModeIsTurnedOff: Listen ends with an explanation.
func TestSocketModeIsTurnedOff(t *testing.T) {
	s := open(t, env(quiet))
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- s.Listen(t.Context(), tree, &handler{reply: echo}, func(where string) { ready <- where })
	}()
	<-ready
	s.fake.Disconnect("link_disabled")
	if err := <-done; err == nil || !strings.Contains(err.Error(), "link_disabled: Socket Mode is turned off: turn it on") {
		t.Errorf("got %v", err)
	}
	if n := s.fake.Calls("apps.connections.open"); n != 1 {
		t.Errorf("it connected %d times", n)
	}
}

// TestAcknowledgementWaitsForNothing: it depends neither on the adapter's
// cache nor on a permit to post.
func TestAcknowledgementWaitsForNothing(t *testing.T) {
	s := open(t, env(quiet))
	s.client.Posts = wire.NewPostLimiter(0, time.Now().Add(-wire.StartDelay))
	s.listen(t, &handler{reply: echo})
	s.account.mu.Lock()
	s.sightings.mu.Lock()
	act, err := s.fake.Say(t.Context(), slackfake.Admin, slackfake.General, "/digest resend")
	if err == nil {
		err = act.Acknowledged(t.Context())
	}
	s.sightings.mu.Unlock()
	s.account.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	reply(t, act)
}

// TestListenEndsAtAnyMoment: Listen leaves nothing behind that it waits for.
func TestListenEndsAtAnyMoment(t *testing.T) {
	hang := slackfake.Fault{Hang: true}
	for name, tt := range map[string]struct {
		method string
		fault  slackfake.Fault
		line   string
	}{
		"who am I":       {"auth.test", hang, ""},
		"address":        {"apps.connections.open", hang, ""},
		"handshake":      {"socket", hang, ""},
		"no hello":       {"socket", slackfake.Hang, ""},
		"pause":          {"apps.connections.open", slackfake.Limited("3600"), ""},
		"user":           {"users.info", hang, "/digest resend"},
		"reply":          {"response_url", hang, "/digest latest"},
		"after a reply":  {"response_url", slackfake.Hang, "/digest latest"},
		"a limited user": {"users.info", slackfake.Limited("3600"), "/digest resend"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			s.fake.Fail(tt.method, tt.fault)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(string) {}) }()
			if tt.line != "" {
				if _, err := s.fake.Say(t.Context(), slackfake.Admin, slackfake.General, tt.line); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.fake.WaitCalls(t.Context(), tt.method, 1); err != nil {
				t.Fatal(err)
			}
			stop()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("got %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Error("it has not ended within five seconds")
			}
		})
	}
}

// TestAReplyMayStillEnd: a reply may finish when Listen is told to end.
func TestAReplyMayStillEnd(t *testing.T) {
	s := open(t, env(quiet))
	s.times.grace = time.Minute
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Listen(ctx, tree, &handler{reply: func(r chat.Request) chat.Message {
			stop()
			return echo(r)
		}}, func(string) {})
	}()
	s.say(t, slackfake.Reader, "/digest latest")
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
}

func TestListenEndsWhereThereIsNoHope(t *testing.T) {
	for _, code := range []string{"invalid_auth", "token_expired", "missing_scope", "app_disabled", "not_allowed_token_type", "token_revoked"} {
		for _, method := range []string{"auth.test", "apps.connections.open"} {
			t.Run(method+" "+code, func(t *testing.T) {
				var l log
				s := open(t, env(l.logger()))
				s.fake.Fail(method, slackfake.Refused(code))
				err := s.Listen(t.Context(), tree, &handler{reply: echo}, func(string) { t.Error("it was ready") })
				if err == nil || !strings.Contains(err.Error(), code) || !strings.HasPrefix(err.Error(), "slack: ") {
					t.Errorf("got %v, want an error about %s", err, code)
				}
				if got, want := chat.OutcomeOf(err) == chat.RejectedAccount, method == "auth.test"; got != want {
					t.Errorf("that posts are refused is %v, want %v: %v", got, want, err)
				}
				if n := s.fake.Calls(method); n != 1 {
					t.Errorf("%s was called %d times", method, n)
				}
				leaksNothing(t, fmt.Sprint(err), l.String())
			})
		}
	}
}

func TestListenOutlastsTrouble(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.fake.Fail("auth.test", slackfake.ServerError)
	s.fake.Fail("apps.connections.open", slackfake.ServerError)
	s.fake.Fail("apps.connections.open", slackfake.AnswerLost)
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(where string) { ready <- where }) }()
	<-ready
	stop()
	if err := <-done; err != nil {
		t.Errorf("got %v", err)
	}
	leaksNothing(t, l.String())
}

func TestListenEndsQuietlyWhileItConnects(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.fake.Fail("apps.connections.open", slackfake.Hang)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(string) {}) }()
	if err := s.fake.WaitCalls(t.Context(), "apps.connections.open", 1); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil || l.String() != "" {
		t.Errorf("got %v and the log %q", err, &l)
	}
}

func TestListenWithoutTokens(t *testing.T) {
	for name, tt := range map[string]struct {
		bot, words string
	}{
		"no app token": {slackfake.BotToken, "for posts only"},
		"no bot token": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			e := env(l.logger())
			e.Getenv = func(v string) string { return map[string]string{"SLACK_BOT_TOKEN": tt.bot}[v] }
			s := open(t, e)
			ctx, stop := context.WithCancel(t.Context())
			ready, done := make(chan string, 1), make(chan error, 1)
			go func() { done <- s.Listen(ctx, tree, &handler{reply: echo}, func(where string) { ready <- where }) }()
			if tt.words != "" {
				if where := <-ready; !strings.Contains(where, tt.words) {
					t.Errorf("got %q", where)
				}
			}
			stop()
			if err := <-done; err != nil {
				t.Errorf("got %v", err)
			}
			if n := s.fake.Calls("apps.connections.open"); n != 0 {
				t.Errorf("it tried to connect %d times", n)
			}
		})
	}
}

func TestReplyGoesNowhereElse(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	p := []render.Post{{Text: "x"}}
	for _, to := range []string{"http://other.example/hooks/secret", "ftp://" + s.client.Base.Host + "/hooks/secret", "://", ""} {
		if err := s.reply(t.Context(), to, p, replyMode{private: true}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", to, err)
		}
	}
	err := s.reply(t.Context(), "https://"+closedPort(t)+"/hooks/secret", p, replyMode{private: true})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error without the address", err)
	}
}

func TestLongReply(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.listen(t, &handler{reply: func(chat.Request) chat.Message {
		var m chat.Message
		for range 6 {
			m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal-1))})
		}
		return m
	}})
	act, err := s.fake.Say(t.Context(), slackfake.Reader, slackfake.General, "/digest latest")
	if err != nil {
		t.Fatal(err)
	}
	replies, err := act.Replies(t.Context(), maxReplies)
	if err != nil || len(replies) != maxReplies {
		t.Fatalf("%d replies %v", len(replies), err)
	}
	s.say(t, slackfake.Reader, "/digest tag next") // the first request's log line is written by then, or soon after
	for !strings.Contains(l.String(), "more were left") {
		time.Sleep(time.Millisecond)
	}
}

// leaksNothing looks for the tokens in visible text.
func leaksNothing(t *testing.T, said ...string) {
	t.Helper()
	for _, s := range said {
		for _, secret := range []string{slackfake.BotToken, slackfake.AppToken} {
			if strings.Contains(s, secret) {
				t.Errorf("a token is in %q", s)
			}
		}
	}
}
