package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"slices"
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
	// dial opens the wire of a connection.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
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
	stood      bool // was connected at least once
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

// The pauses between two attempts: doubled after each attempt that gets nowhere,
// and the first again after every other.
const (
	firstPause = time.Second
	lastPause  = 2 * time.Minute
)

// The bounds of the heartbeat interval. Discord asks for 41.25 s. Beats that are
// closer together would break its limit of 120 messages a minute, and with beats
// that are further apart a dead connection would pass for a living one.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const (
	leastBeat = time.Second
	mostBeat  = 5 * time.Minute
)

// maxShards is the most connections that one process opens. Discord recommends
// one for every thousand servers or so.
const maxShards = 1000

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

// insist tries again and again, until ctx is done (nil) or an error ends it. An
// attempt made progress if the bot was connected, or if the next attempt takes
// another way: then the pause does not grow.
func (g *gateway) insist(ctx context.Context, try func(context.Context) (progress bool, err error), ends func(error) bool, lost func(error, time.Duration)) error {
	for pause := g.pause; ; {
		progress := false
		err := panics.Contain(g.log, "hold a connection to Discord", func() (err error) {
			progress, err = try(ctx)
			return err
		})
		if ctx.Err() != nil {
			return nil
		}
		if ends(err) {
			return err
		}
		if progress {
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
		if !progress {
			pause = min(pause*2, lastPause)
		}
	}
}

// hold runs as many shards as Discord recommends now, until one of them says why
// they all have to end. It made progress if one of them was connected.
func (g *gateway) hold(ctx context.Context) (progress bool, err error) {
	advice, err := g.ask(ctx)
	if err != nil {
		return false, err
	}
	if advice.Shards < 1 || advice.Shards > maxShards {
		return false, fmt.Errorf("shards: Discord recommends %d, and the bot opens 1 to %d", advice.Shards, maxShards)
	}
	shards := make([]*shard, advice.Shards)
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
	return slices.ContainsFunc(shards, func(s *shard) bool { return s.stood }), context.Cause(ctx)
}

// run connects, again and again, until ctx is done (nil) or something ends all
// shards.
func (s *shard) run(ctx context.Context) error {
	try := func(ctx context.Context) (bool, error) {
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
	in.Shards = 1 // if Discord does not say
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

// connect holds one connection until it ends and says why. It made progress if
// the session stood, or if the bot has to forget how to resume one: a gateway that
// answers nothing else may well start a new session.
func (s *shard) connect(ctx context.Context) (progress bool, err error) {
	address, first, err := s.address(ctx)
	if err != nil {
		return false, err
	}
	defer first.end()
	conn, err := s.open(ctx, address+"?v=10&encoding=json")
	if err != nil {
		progress = s.resume != ""
		s.resume = "" // the place to resume at may be gone for good
		return progress, fmt.Errorf("connection: %w", err)
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

	resumes := s.session != ""
	stood, err := s.converse(l, first, func(interval time.Duration, acked *atomic.Bool) {
		beats.Go(func() { s.live(beating, l, interval, acked) })
	})
	if stood {
		s.stood = true
	} else {
		s.forget()
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		if closed.Code == tooFewShards {
			err = errTooFewShards
		}
		if why, ok := fatal[closed.Code]; ok {
			err = &gatewayError{why}
		}
		if closed.Code == 4007 || closed.Code == 4009 { // invalid seq, session timed out
			s.forget()
		}
	}
	return stood || resumes, err
}

// forget lets go of the session, so that the next connection starts a new one, at
// the address that the API gives. What people ask meanwhile is not lost by that:
// Discord waits three seconds for the answer to it, resumed or not.
func (s *shard) forget() { s.session, s.resume = "", "" }

// open opens a connection. The library does not see that ctx is done while it
// waits for the answer to its handshake, so the wire is cut under it.
func (s *shard) open(ctx context.Context, address string) (*websocket.Conn, error) {
	keep := func() bool { return true }
	defer func() { keep() }()
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: s.patience,
		NetDialContext: func(dialing context.Context, network, address string) (net.Conn, error) {
			wire, err := s.dial(dialing, network, address)
			if err == nil {
				keep = context.AfterFunc(ctx, func() { _ = wire.Close() })
			}
			return wire, err
		},
	}
	conn, _, err := dialer.DialContext(ctx, address, nil) //nolint:bodyclose // the body of a WebSocket handshake needs no closing
	return conn, err
}

// converse says hello and hands on what Discord dispatches, until the connection
// ends. It stood if READY or RESUMED came.
func (s *shard) converse(l *link, first *start, beat func(interval time.Duration, acked *atomic.Bool)) (stood bool, err error) {
	var acked atomic.Bool
	// A beat that stays without an answer ends the connection; the silence that
	// is too long here is for a network that swallows the closing, too. Before
	// READY or RESUMED only the events that were missed, which come before it, are
	// worth more patience: a gateway can acknowledge beats and say nothing else.
	var silence time.Duration // zero before HELLO
	deadline := time.Now().Add(s.patience)
	for {
		if stood {
			deadline = time.Now().Add(silence)
		}
		if err := l.conn.SetReadDeadline(deadline); err != nil {
			return stood, fmt.Errorf("connection: %w", err)
		}
		var e discordgo.Event
		if err := l.conn.ReadJSON(&e); err != nil {
			late, ok := errors.AsType[net.Error](err)
			switch {
			case !ok || !late.Timeout():
			case silence == 0:
				err = fmt.Errorf("Discord says no hello within %v", s.patience)
			case !stood:
				err = fmt.Errorf("Discord answers neither READY nor RESUMED within %v", s.patience)
			default:
				err = fmt.Errorf("Discord is silent for %v", silence)
			}
			return stood, fmt.Errorf("connection: %w", err)
		}
		switch e.Operation {
		case opHello:
			interval, err := readHello(e.RawData)
			if err == nil && silence > 0 {
				err = errors.New("it came twice")
			}
			if err != nil {
				return stood, fmt.Errorf("hello: %w", err)
			}
			if err := s.introduce(l, first); err != nil {
				return stood, fmt.Errorf("introduction: %w", err)
			}
			acked.Store(true)
			beat(interval, &acked)
			silence, deadline = max(2*interval, s.patience), time.Now().Add(s.patience)
		case opHeartbeat:
			if err := l.send(opHeartbeat, s.seq.Load()); err != nil {
				return stood, fmt.Errorf("heartbeat: %w", err)
			}
		case opHeartbeatAck:
			acked.Store(true)
		case opReconnect:
			return stood, errors.New("reconnect: Discord asks for it")
		case opInvalidSession:
			if string(e.RawData) != "true" {
				s.forget()
			}
			return stood, errors.New("the session is not valid any more")
		case opDispatch:
			s.seq.Store(e.Sequence)
			first.end()
			deadline = time.Now().Add(s.patience)
			switch e.Type {
			case "READY":
				if err := s.ready(e.RawData); err != nil {
					return stood, fmt.Errorf("ready: %w", err)
				}
				stood = true
				s.arrive()
			case "RESUMED":
				stood = true
				s.arrive()
			default:
				s.hear(e.Type, e.RawData)
			}
		}
	}
}

// readHello reads the heartbeat interval out of HELLO.
func readHello(data json.RawMessage) (time.Duration, error) {
	var hello struct {
		Interval int64 `json:"heartbeat_interval"` // milliseconds
	}
	if err := json.Unmarshal(data, &hello); err != nil {
		return 0, err
	}
	if hello.Interval < leastBeat.Milliseconds() || hello.Interval > mostBeat.Milliseconds() {
		return 0, fmt.Errorf("the heartbeat interval is %d ms, and the bot keeps one of %v to %v", hello.Interval, leastBeat, mostBeat)
	}
	return time.Duration(hello.Interval) * time.Millisecond, nil
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
