package wire

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
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/digestbot/digestbot/adapters/socket"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// The opcodes of the gateway, in both directions.
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

// CloseCodes are the close codes after which a reconnect cannot help.
var CloseCodes = map[int]error{
	4004: ErrToken,
	4011: errors.New("the bot is in more servers than one connection may hear of: use listen = \"http\""),
	4012: errors.New("the version of the gateway is gone"),
	4013: errors.New("the intents are not valid"),
	4014: errors.New("the bot asks for intents that it may not have"),
}

// ErrToken refuses whatever the bot does.
var ErrToken = &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("the token is not accepted: set a new one")}

// fatalError ends the connection for good.
type fatalError struct{ error }

func (e *fatalError) Unwrap() error { return e.error }

// Gateway keeps the bot connected. It remembers its session, so that a lost
// connection is resumed and nothing that people said meanwhile is lost. One
// connection hears of up to 2,500 servers.
// https://docs.discord.com/developers/events/Gateway#sharding
type Gateway struct {
	Log    *slog.Logger
	Client *Client
	Token  func() string
	// Dial opens the wire of a connection.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Patience is how long a connection may take, its first words, and the
	// answer to ours.
	Patience time.Duration
	// Pause is the least time between two connections, Gap between two sessions
	// that start.
	Pause, Gap time.Duration
	// Ready is called each time that a session has started or is resumed.
	Ready func(Account)
	// Event is called with every other dispatch.
	Event func(kind string, data json.RawMessage)
	// Lost is called with the reason when a connection has ended.
	Lost func(err error, pause time.Duration)

	account Account
	session string
	resume  string // address to resume at
	seq     atomic.Int64
	started time.Time // when Discord was last asked for a new session
}

// Account is who the bot is, and how many servers it is in.
type Account struct {
	Name, App string
	Servers   int
	Path      string // where interactions are posted; empty on the gateway
}

// String is the account for an operator.
func (a Account) String() string {
	where := fmt.Sprintf("%s in 1 server", a.Name)
	if a.Servers != 1 {
		where = fmt.Sprintf("%s in %d servers", a.Name, a.Servers)
	}
	if a.Path != "" {
		where = fmt.Sprintf("%s, at %s", where, a.Path)
	}
	return where
}

// StartGap is the least time between two sessions that start.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const StartGap = 5 * time.Second

// The backoff between two attempts: FirstPause after one that made progress, at most
// LastPause.
const (
	FirstPause = time.Second
	LastPause  = 2 * time.Minute
)

// The bounds of the heartbeat interval. Discord asks for 41.25 s. Beats that are
// closer together would break its limit of 120 messages a minute, and with beats
// that are further apart a dead connection would pass for a living one.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const (
	LeastBeat = time.Second
	mostBeat  = 5 * time.Minute
)

// isFatal reports whether a reconnect cannot help.
func isFatal(err error) bool {
	_, ok := errors.AsType[*fatalError](err)
	return ok
}

// Run connects and reconnects until ctx is done (nil) or a reconnect cannot help.
// An attempt made progress if the bot was connected, or if the next attempt takes
// another way: then the pause does not grow.
func (g *Gateway) Run(ctx context.Context) error {
	pauses := retry.Backoff{First: g.Pause, Last: LastPause}
	for {
		progress := false
		err := panics.Contain(g.Log, "hold a connection to Discord", func() (err error) {
			progress, err = g.connect(ctx)
			return err
		})
		if ctx.Err() != nil {
			return nil
		}
		if isFatal(err) {
			return err
		}
		wait := pauses.Next(progress)
		if late, ok := errors.AsType[*tooManyStarts](err); ok {
			wait = late.wait
		}
		g.Lost(err, wait)
		if retry.Sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// tooManyStarts says that no session may be started now. Starting one
// nevertheless makes Discord reset the token.
// https://docs.discord.com/developers/events/gateway#session-start-limit-object
type tooManyStarts struct{ wait time.Duration }

func (e *tooManyStarts) Error() string {
	return fmt.Sprintf("Discord lets the bot start no more sessions for %v", e.wait.Round(time.Second))
}

// Connect is where to connect, and how many sessions may start.
// https://docs.discord.com/developers/events/gateway#get-gateway-bot
type Connect struct {
	URL   string `json:"url"`
	Limit struct {
		Total      int     `json:"total"`
		Remaining  int     `json:"remaining"`
		ResetAfter float64 `json:"reset_after"` // milliseconds
	} `json:"session_start_limit"`
}

// connectInfo asks where to connect, and how.
func (g *Gateway) connectInfo(ctx context.Context) (in Connect, err error) {
	ctx, cancel := context.WithTimeout(ctx, g.Patience)
	defer cancel()
	err = g.Client.Call(ctx, http.MethodGet, discordgo.EndpointGatewayBot, nil, &in)
	if refusal, ok := errors.AsType[*APIError](err); ok && refusal.Status == http.StatusUnauthorized {
		return in, &fatalError{ErrToken}
	}
	if err != nil {
		return in, fmt.Errorf("address: %w", err)
	}
	return in, nil
}

// address is where to connect: where the session can be resumed, else where the
// API says. A session is started only if one more may be, and some time after the
// one before.
func (g *Gateway) address(ctx context.Context) (string, error) {
	if g.session != "" && g.resume != "" {
		return g.resume, nil
	}
	if g.session == "" {
		if err := retry.Sleep(ctx, time.Until(g.started.Add(g.Gap))); err != nil {
			return "", err
		}
	}
	in, err := g.connectInfo(ctx)
	if err == nil && g.session == "" && in.Limit.Total > 0 && in.Limit.Remaining <= 0 {
		err = &tooManyStarts{max(seconds(in.Limit.ResetAfter/1000), g.Pause)}
	}
	return in.URL, err
}

// sendOp sends a payload to the gateway.
func sendOp(conn *socket.Conn, op int, data any) error {
	return conn.Say(map[string]any{"op": op, "d": data}, 10*time.Second)
}

// connect holds one connection until it ends and says why. It made progress if
// the session stood, or if the bot has to forget how to resume one: a gateway that
// answers nothing else may well start a new session.
func (g *Gateway) connect(ctx context.Context) (progress bool, err error) {
	address, err := g.address(ctx)
	if err != nil {
		return false, err
	}
	conn, err := socket.Dial(ctx, address+"?v=10&encoding=json", g.Patience, g.Dial)
	if err != nil {
		progress = g.resume != ""
		g.resume = "" // the place to resume at may be gone for good
		return progress, fmt.Errorf("no connection: %w", err)
	}
	conn.SetReadLimit(answerLimit)
	stop := conn.EndWith(ctx)
	var beats sync.WaitGroup
	beating, silence := context.WithCancel(ctx)
	defer beats.Wait()
	defer silence()
	defer conn.Close()
	defer stop()

	resumes := g.session != ""
	stood, err := g.read(conn, func(interval time.Duration, acked *atomic.Bool) {
		beats.Go(func() { g.keepAlive(beating, conn, interval, acked) })
	})
	if !stood {
		g.forget()
		if !resumes {
			g.started = time.Now() // the words that ask for it may have arrived just now
		}
	}
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		if why, ok := CloseCodes[closed.Code]; ok {
			err = &fatalError{why}
		}
		if closed.Code == 4007 || closed.Code == 4009 { // invalid seq, session timed out
			g.forget()
		}
	}
	return stood || resumes, err
}

// forget lets go of the session, so that the next connection starts a new one, at
// the address that the API gives. Anything people ask meanwhile is not lost by that:
// Discord waits three seconds for the answer to it, resumed or not.
func (g *Gateway) forget() { g.session, g.resume = "", "" }

// read identifies the bot and hands on what Discord dispatches, until the connection
// ends. It stood if READY or RESUMED came.
func (g *Gateway) read(conn *socket.Conn, beat func(interval time.Duration, acked *atomic.Bool)) (stood bool, err error) {
	var acked atomic.Bool
	// A beat that stays without an answer ends the connection; the silence that
	// is too long here is for a network that swallows the closing, too. Before
	// READY or RESUMED only the events that were missed, which come before it, are
	// worth more patience: a gateway can acknowledge beats and say nothing else.
	var silence time.Duration // zero before HELLO
	deadline := time.Now().Add(g.Patience)
	for {
		if stood {
			deadline = time.Now().Add(silence)
		}
		if err := conn.SetReadDeadline(deadline); err != nil {
			return stood, fmt.Errorf("the connection was lost: %w", err)
		}
		var e discordgo.Event
		if err := conn.ReadJSON(&e); err != nil {
			late, ok := errors.AsType[net.Error](err)
			switch {
			case !ok || !late.Timeout():
			case silence == 0:
				err = fmt.Errorf("Discord says no hello within %v", g.Patience)
			case !stood:
				err = fmt.Errorf("Discord answers neither READY nor RESUMED within %v", g.Patience)
			default:
				err = fmt.Errorf("Discord is silent for %v", silence)
			}
			return stood, fmt.Errorf("the connection was lost: %w", err)
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
			if err := g.identify(conn); err != nil {
				return stood, fmt.Errorf("the connection was lost: introduction: %w", err)
			}
			acked.Store(true)
			beat(interval, &acked)
			silence, deadline = max(2*interval, g.Patience), time.Now().Add(g.Patience)
		case opHeartbeat:
			if err := sendOp(conn, opHeartbeat, g.seq.Load()); err != nil {
				return stood, fmt.Errorf("the connection was lost: heartbeat: %w", err)
			}
		case opHeartbeatAck:
			acked.Store(true)
		case opReconnect:
			return stood, errors.New("reconnect: Discord asks for it")
		case opInvalidSession:
			if string(e.RawData) != "true" {
				g.forget()
			}
			return stood, errors.New("the session is not valid any more")
		case opDispatch:
			g.seq.Store(e.Sequence)
			deadline = time.Now().Add(g.Patience)
			switch e.Type {
			case "READY":
				if err := g.ready(e.RawData); err != nil {
					return stood, fmt.Errorf("ready: %w", err)
				}
				stood = true
				g.Ready(g.account)
			case "RESUMED":
				stood = true
				g.Ready(g.account)
			default:
				g.Event(e.Type, e.RawData)
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
	if hello.Interval < LeastBeat.Milliseconds() || hello.Interval > mostBeat.Milliseconds() {
		return 0, fmt.Errorf("the heartbeat interval is %d ms, and the bot keeps one of %v to %v", hello.Interval, LeastBeat, mostBeat)
	}
	return time.Duration(hello.Interval) * time.Millisecond, nil
}

// ready takes what Discord says when a session has started.
func (g *Gateway) ready(data json.RawMessage) error {
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
	g.session, g.resume, g.started = in.Session, in.Resume, time.Now()
	g.account.Name, g.account.App, g.account.Servers = in.User.Username, in.Application.ID, len(in.Guilds)
	return nil
}

// identify resumes the session, or starts one. Interactions come without any
// intent.
func (g *Gateway) identify(conn *socket.Conn) error {
	if g.session != "" {
		return sendOp(conn, opResume, map[string]any{"token": g.Token(), "session_id": g.session, "seq": g.seq.Load()})
	}
	g.seq.Store(0)
	g.started = time.Now()
	return sendOp(conn, opIdentify, map[string]any{
		"token":      g.Token(),
		"intents":    0,
		"properties": map[string]string{"os": runtime.GOOS, "browser": "digestbot", "device": "digestbot"},
	})
}

// keepAlive is beat; where that panics the connection ends, and another is opened.
func (g *Gateway) keepAlive(ctx context.Context, conn *socket.Conn, interval time.Duration, acked *atomic.Bool) {
	err := panics.Contain(g.Log, "keep a connection to Discord alive", func() error {
		g.beat(ctx, conn, interval, acked)
		return nil
	})
	if err != nil {
		_ = conn.Close()
	}
}

// beat keeps the connection alive, and closes it when Discord does not answer
// between two beats.
// https://docs.discord.com/developers/events/gateway#sending-heartbeats
func (g *Gateway) beat(ctx context.Context, conn *socket.Conn, interval time.Duration, acked *atomic.Bool) {
	for wait := rand.N(interval); ; wait = interval {
		if retry.Sleep(ctx, wait) != nil {
			return
		}
		if !acked.Swap(false) || sendOp(conn, opHeartbeat, g.seq.Load()) != nil {
			_ = conn.Close()
			return
		}
	}
}
