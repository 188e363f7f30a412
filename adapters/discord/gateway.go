package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
)

// What the gateway says and hears.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// fatal are the close codes after which trying again is wrong.
var fatal = map[int]error{
	4004: errToken,
	4010: errors.New("the shard is not valid"),
	4012: errors.New("the version of the gateway is gone"),
	4013: errors.New("the intents are not valid"),
	4014: errors.New("the bot asks for intents that it may not have"),
}

// errToken refuses whatever the bot does.
var errToken = &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("the token is not accepted: set a new one")}

// tooFewShards is the close code of a bot that is in more servers than its shards
// may have.
const tooFewShards = 4011

// errTooFewShards ends all shards, so that more of them begin.
var errTooFewShards = errors.New("the bot is in so many servers that it must have more shards")

// gatewayError ends the connections for good.
type gatewayError struct{ error }

func (e *gatewayError) Unwrap() error { return e.error }

// gateway keeps the bot connected, with as many shards as Discord recommends: one
// up to some thousand servers. Each is a connection of its own that hears of some
// of the servers and is lost and resumed by itself.
// https://docs.discord.com/developers/events/gateway#sharding
type gateway struct {
	log   *slog.Logger
	rest  *rest
	token func() string
	// patience is how long a connection may take, its first words, and the
	// answer to ours.
	patience time.Duration
	// pause is the least time between two connections, gap between two sessions
	// that start in the same turn.
	pause, gap time.Duration
	// stands is called when every shard has come to stand, the first time and
	// each time that one was lost before.
	stands func(account)
	// event is called with every other dispatch. Neither is called twice at a time.
	event func(kind string, data json.RawMessage)
	// lost is called with the reason when a connection has ended.
	lost func(err error, pause time.Duration)

	shards []*shard
	turns  []*turn

	mu      sync.Mutex
	account account

	asking sync.Mutex // whether a session may start
	// starting is how many sessions are about to start, and may not be counted yet.
	starting atomic.Int64
}

// account is who the bot is, and how many servers it is in.
type account struct {
	Name, App string
	Servers   int
	Path      string // where interactions are posted; empty on the gateway
}

// String is the account for an operator.
func (a account) String() string {
	where := a.Name + " in 1 server"
	if a.Servers != 1 {
		where = fmt.Sprintf("%s in %d servers", a.Name, a.Servers)
	}
	if a.Path != "" {
		where += ", at " + a.Path
	}
	return where
}

// shard is one of the connections. It remembers its session, so that a lost
// connection is resumed and nothing that people said meanwhile is lost.
type shard struct {
	*gateway
	number, of int
	session    string
	resume     string // address to resume at
	seq        atomic.Int64
	// These two belong to the lock of the gateway.
	up      bool
	servers int
}

// turn keeps apart the sessions that may not start together.
type turn struct {
	taken chan struct{} // holds one
	last  time.Time     // when a session was last started
}

// take waits for the turn, and until gap has gone by since a session was started.
func (t *turn) take(ctx context.Context, gap time.Duration) error {
	select {
	case t.taken <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-time.After(time.Until(t.last.Add(gap))):
		return nil
	case <-ctx.Done():
		t.leave()
		return ctx.Err()
	}
}

func (t *turn) leave() { <-t.taken }

// startGap is the least time between two sessions of one turn.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const startGap = 5 * time.Second

// The pauses between two attempts: doubled after each failure, and the first
// again once a connection has held for steady.
const (
	firstPause = time.Second
	lastPause  = 2 * time.Minute
	steady     = time.Minute
)

// run holds the shards, again and again, until ctx is done (nil) or trying again
// is wrong.
func (g *gateway) run(ctx context.Context) error {
	return g.insist(ctx, g.hold, final, g.lost)
}

// final reports whether trying again is wrong.
func final(err error) bool {
	_, ok := errors.AsType[*gatewayError](err)
	return ok
}

// insist tries again and again, until ctx is done (nil) or an error ends it.
func (g *gateway) insist(ctx context.Context, try func(context.Context) error, ends func(error) bool, lost func(error, time.Duration)) error {
	for pause := g.pause; ; {
		began := time.Now()
		err := panics.Contain(g.log, "hold a connection to Discord", func() error { return try(ctx) })
		if ctx.Err() != nil {
			return nil
		}
		if ends(err) {
			return err
		}
		if time.Since(began) > steady {
			pause = g.pause
		}
		wait := pause + rand.N(pause/2)
		if late, ok := errors.AsType[*tooManyStarts](err); ok {
			wait = late.wait
		}
		lost(err, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		pause = min(pause*2, lastPause)
	}
}

// hold runs as many shards as Discord recommends now, until one of them says why
// they all have to end.
func (g *gateway) hold(ctx context.Context) error {
	advice, err := g.ask(ctx)
	if err != nil {
		return err
	}
	shards := make([]*shard, max(advice.Shards, 1))
	for n := range shards {
		shards[n] = &shard{gateway: g, number: n, of: len(shards)}
	}
	turns := make([]*turn, min(max(advice.Limit.Concurrency, 1), len(shards)))
	for n := range turns {
		turns[n] = &turn{taken: make(chan struct{}, 1)}
		if n < len(g.turns) {
			turns[n].last = g.turns[n].last
		}
	}
	g.shards, g.turns = shards, turns
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var running sync.WaitGroup
	for _, s := range shards {
		running.Go(func() {
			if err := s.run(ctx); err != nil {
				end(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// run connects, again and again, until ctx is done (nil) or something ends all
// shards.
func (s *shard) run(ctx context.Context) error {
	try := func(ctx context.Context) error {
		defer s.leave()
		return s.connect(ctx)
	}
	ends := func(err error) bool { return final(err) || errors.Is(err, errTooFewShards) }
	return s.insist(ctx, try, ends, func(err error, wait time.Duration) {
		if s.of > 1 {
			err = fmt.Errorf("shard %d of %d: %w", s.number+1, s.of, err)
		}
		s.lost(err, wait)
	})
}

// arrive notes that the shard stands.
func (s *shard) arrive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = true
	s.account.Servers = 0
	for _, other := range s.shards {
		if !other.up {
			return
		}
		s.account.Servers += other.servers
	}
	s.stands(s.account)
}

// leave notes that it does not.
func (s *shard) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up = false
}

// hear hands on what Discord dispatches to the shard.
func (s *shard) hear(kind string, data json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.event(kind, data)
}

// tooManyStarts says that no session may be started now. Starting one
// nevertheless makes Discord reset the token.
// https://docs.discord.com/developers/events/gateway#session-start-limit-object
type tooManyStarts struct{ wait time.Duration }

func (e *tooManyStarts) Error() string {
	return fmt.Sprintf("Discord lets the bot start no more sessions for %v", e.wait.Round(time.Second))
}

// advice is what Discord says of connections.
// https://docs.discord.com/developers/events/gateway#get-gateway-bot
type advice struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total       int     `json:"total"`
		Remaining   int     `json:"remaining"`
		ResetAfter  float64 `json:"reset_after"` // milliseconds
		Concurrency int     `json:"max_concurrency"`
	} `json:"session_start_limit"`
}

// ask asks where to connect, and how.
func (g *gateway) ask(ctx context.Context) (in advice, err error) {
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	err = g.rest.call(ctx, http.MethodGet, discordgo.EndpointGatewayBot, nil, &in)
	if refusal, ok := errors.AsType[*apiError](err); ok && refusal.Status == http.StatusUnauthorized {
		return in, &gatewayError{errToken}
	}
	if err != nil {
		return in, fmt.Errorf("address: %w", err)
	}
	return in, nil
}

// address is where to connect: where the session can be resumed, else where the
// API says. A session is started in turn, and only if one more may be.
func (s *shard) address(ctx context.Context) (string, *start, error) {
	if s.session != "" {
		if s.resume != "" {
			return s.resume, nil, nil
		}
		in, err := s.ask(ctx)
		return in.URL, nil, err
	}
	turn := s.turns[s.number%len(s.turns)]
	if err := turn.take(ctx, s.gap); err != nil {
		return "", nil, err
	}
	var first *start
	defer func() {
		if first == nil { // also after a panic
			turn.leave()
		}
	}()
	// What is about to start now may be counted in the answer or not, and nothing
	// else begins to start meanwhile.
	s.asking.Lock()
	defer s.asking.Unlock()
	uncounted := s.starting.Load()
	in, err := s.ask(ctx)
	if err == nil && in.Limit.Total > 0 && in.Limit.Remaining <= int(uncounted) {
		err = &tooManyStarts{max(seconds(in.Limit.ResetAfter/1000), s.pause)}
	}
	if err != nil {
		return "", nil, err
	}
	s.starting.Add(1)
	first = &start{gateway: s.gateway, turn: turn}
	return in.URL, first, nil
}

// start is a session that is about to start. A nil one is a session that is
// resumed, which needs no leave.
type start struct {
	*gateway
	turn        *turn
	asked, over bool
}

// ask notes that Discord is asked for the session.
func (s *start) ask() {
	if s != nil {
		s.asked = true
	}
}

// end notes that Discord has counted the session, or that nothing comes of it any
// more, so that it is another's turn.
func (s *start) end() {
	if s == nil || s.over {
		return
	}
	s.over = true
	if s.asked {
		s.turn.last = time.Now()
	}
	s.starting.Add(-1)
	s.turn.leave()
}

// link is one connection.
type link struct {
	conn  *websocket.Conn
	write sync.Mutex // gorilla takes one writer at a time
}

func (l *link) send(op int, data any) error {
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	return l.conn.WriteJSON(map[string]any{"op": op, "d": data})
}

// connect holds one connection until it ends and says why.
func (s *shard) connect(ctx context.Context) error {
	address, first, err := s.address(ctx)
	if err != nil {
		return err
	}
	defer first.end()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: s.patience}
	conn, _, err := dialer.DialContext(ctx, address+"?v=10&encoding=json", nil) //nolint:bodyclose // the body of a WebSocket handshake needs no closing
	if err != nil {
		s.resume = "" // the place to resume at may be gone for good
		return fmt.Errorf("connection: %w", err)
	}
	conn.SetReadLimit(answerLimit)
	l := &link{conn: conn}
	stop := context.AfterFunc(ctx, func() {
		// A normal close tells Discord that the bot is gone.
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
		_ = conn.Close()
	})
	var beats sync.WaitGroup
	beating, silence := context.WithCancel(ctx)
	defer beats.Wait()
	defer silence()
	defer conn.Close()
	defer stop()

	err = s.converse(l, first, func(interval time.Duration, acked *atomic.Bool) {
		beats.Go(func() { s.live(beating, l, interval, acked) })
	})
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		if closed.Code == tooFewShards {
			return errTooFewShards
		}
		if why, ok := fatal[closed.Code]; ok {
			return &gatewayError{why}
		}
		if closed.Code == 4007 || closed.Code == 4009 { // invalid seq, session timed out
			s.session = ""
		}
	}
	return err
}

// converse says hello and hands on what Discord dispatches.
func (s *shard) converse(l *link, first *start, beat func(interval time.Duration, acked *atomic.Bool)) error {
	var acked atomic.Bool
	// A beat that stays without an answer ends the connection; the silence that
	// is too long here is for a network that swallows the closing, too. Until
	// the session stands, answers to beats do not break it.
	silence, deadline, stands := s.patience, time.Now().Add(s.patience), false
	for {
		if stands {
			deadline = time.Now().Add(silence)
		}
		if err := l.conn.SetReadDeadline(deadline); err != nil {
			return fmt.Errorf("connection: %w", err)
		}
		var e discordgo.Event
		if err := l.conn.ReadJSON(&e); err != nil {
			return fmt.Errorf("connection: %w", err)
		}
		switch e.Operation {
		case opHello:
			var hello struct {
				Interval int64 `json:"heartbeat_interval"` // milliseconds
			}
			if err := json.Unmarshal(e.RawData, &hello); err != nil || hello.Interval <= 0 {
				return errors.New("hello: it has no heartbeat interval")
			}
			if err := s.introduce(l, first); err != nil {
				return fmt.Errorf("introduction: %w", err)
			}
			interval := time.Duration(hello.Interval) * time.Millisecond
			acked.Store(true)
			beat(interval, &acked)
			silence, deadline = max(2*interval, s.patience), time.Now().Add(s.patience)
		case opHeartbeat:
			if err := l.send(opHeartbeat, s.seq.Load()); err != nil {
				return fmt.Errorf("heartbeat: %w", err)
			}
		case opHeartbeatAck:
			acked.Store(true)
		case opReconnect:
			return errors.New("reconnect: Discord asks for it")
		case opInvalidSession:
			if string(e.RawData) != "true" {
				s.session = ""
			}
			return errors.New("the session is not valid any more")
		case opDispatch:
			s.seq.Store(e.Sequence)
			first.end()
			stands = true // or the events that were missed come before RESUMED
			switch e.Type {
			case "READY":
				if err := s.ready(e.RawData); err != nil {
					return fmt.Errorf("ready: %w", err)
				}
				s.arrive()
			case "RESUMED":
				s.arrive()
			default:
				s.hear(e.Type, e.RawData)
			}
		}
	}
}

// ready takes what Discord says when a session has started.
func (s *shard) ready(data json.RawMessage) error {
	var in struct {
		Session     string                    `json:"session_id"`
		Resume      string                    `json:"resume_gateway_url"`
		User        struct{ Username string } `json:"user"`
		Application struct{ ID string }       `json:"application"`
		Guilds      []struct{}                `json:"guilds"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	s.session, s.resume = in.Session, in.Resume
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.Name, s.account.App, s.servers = in.User.Username, in.Application.ID, len(in.Guilds)
	return nil
}

// introduce resumes the session, or starts one. Interactions come without any
// intent.
func (s *shard) introduce(l *link, first *start) error {
	if s.session != "" {
		return l.send(opResume, map[string]any{"token": s.token(), "session_id": s.session, "seq": s.seq.Load()})
	}
	s.seq.Store(0)
	defer first.ask()
	return l.send(opIdentify, map[string]any{
		"token":      s.token(),
		"intents":    0,
		"shard":      [2]int{s.number, s.of},
		"properties": map[string]string{"os": runtime.GOOS, "browser": "digestbot", "device": "digestbot"},
	})
}

// live is beat; where that panics the connection ends, and another is opened.
func (s *shard) live(ctx context.Context, l *link, interval time.Duration, acked *atomic.Bool) {
	err := panics.Contain(s.log, "keep a connection to Discord alive", func() error {
		s.beat(ctx, l, interval, acked)
		return nil
	})
	if err != nil {
		_ = l.conn.Close()
	}
}

// beat keeps the connection alive, and closes it when Discord does not answer
// between two beats.
// https://docs.discord.com/developers/events/gateway#sending-heartbeats
func (s *shard) beat(ctx context.Context, l *link, interval time.Duration, acked *atomic.Bool) {
	for wait := rand.N(interval); ; wait = interval {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if !acked.Swap(false) || l.send(opHeartbeat, s.seq.Load()) != nil {
			_ = l.conn.Close()
			return
		}
	}
}
