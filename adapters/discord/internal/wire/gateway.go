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

// The gateway's opcodes, in both directions.
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

// CloseCodes are the close codes after which reconnecting is useless.
var CloseCodes = map[int]error{
	4004: ErrToken,
	4011: errors.New("the bot is in more servers than one connection supports: use listen = \"http\""),
	4012: errors.New("the version of the gateway is gone"),
	4013: errors.New("the intents are not valid"),
	4014: errors.New("the bot asks for intents that it may not have"),
}

// ErrToken means that Discord rejects the token, and with it every request.
var ErrToken = &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("the token is not accepted: set a new one")}

// fatalError ends Run: reconnecting is useless.
type fatalError struct{ error }

func (e *fatalError) Unwrap() error { return e.error }

// Gateway keeps the bot connected. It remembers its session so that a lost
// connection can be resumed and no interaction in between is lost. One
// connection covers up to 2,500 servers.
// https://docs.discord.com/developers/events/Gateway#sharding
type Gateway struct {
	Log    *slog.Logger
	Client *Client
	Token  func() string
	// Dial opens the network connection.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Patience is the timeout for connecting, for Discord's first message, and
	// for its answer to ours.
	Patience time.Duration
	// Pause is the minimum time between two connections, and Gap between the
	// starts of two sessions.
	Pause, Gap time.Duration
	// Ready is called whenever a session has started or was resumed.
	Ready func(Account)
	// Event is called for every other dispatch.
	Event func(kind string, data json.RawMessage)
	// Lost is called with the reason when a connection ends.
	Lost func(err error, pause time.Duration)

	account Account
	session string
	resume  string // address to resume at
	seq     atomic.Int64
	started time.Time // when a new session was last requested
}

// Account is the bot's identity, and the number of servers it is in.
type Account struct {
	Name, App string
	Servers   int
	Path      string // where interactions are posted; empty on the gateway
}

// String returns the account as shown to operators.
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

// StartGap is the minimum time between the starts of two sessions.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const StartGap = 5 * time.Second

// The backoff between two attempts: FirstPause after one that made progress, and at
// most LastPause.
const (
	FirstPause = time.Second
	LastPause  = 2 * time.Minute
)

// The bounds of the heartbeat interval. Discord asks for 41.25 s. More frequent
// heartbeats would exceed its limit of 120 messages a minute; with less frequent
// ones, a dead connection would go unnoticed.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const (
	LeastBeat = time.Second
	mostBeat  = 5 * time.Minute
)

// isFatal reports whether reconnecting is useless.
func isFatal(err error) bool {
	_, ok := errors.AsType[*fatalError](err)
	return ok
}

// Run connects and reconnects until ctx is done (it then returns nil) or
// reconnecting is useless. The delay does not grow after an attempt that made
// progress: the bot was connected, or the next attempt uses another address or a
// new session.
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

// tooManyStarts means that no session may be started now. If the bot
// started one anyway, Discord would reset its token.
// https://docs.discord.com/developers/events/gateway#session-start-limit-object
type tooManyStarts struct{ wait time.Duration }

func (e *tooManyStarts) Error() string {
	return fmt.Sprintf("Discord lets the bot start no more sessions for %v", e.wait.Round(time.Second))
}

// Connect is where to connect, and how many sessions may be started.
// https://docs.discord.com/developers/events/gateway#get-gateway-bot
type Connect struct {
	URL   string `json:"url"`
	Limit struct {
		Total      int     `json:"total"`
		Remaining  int     `json:"remaining"`
		ResetAfter float64 `json:"reset_after"` // milliseconds
	} `json:"session_start_limit"`
}

// connectInfo requests where to connect, and how many sessions may be started.
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

// address returns where to connect: the address for resuming the session, or else
// the one from the API. A session is started only if Discord allows another one,
// and not too soon after the previous one.
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

// connect maintains one connection until it ends, and returns the reason. It made
// progress if the session was established, or if the connection can no longer be
// resumed: a gateway that does not let the bot resume may still let it start a new
// session.
func (g *Gateway) connect(ctx context.Context) (progress bool, err error) {
	address, err := g.address(ctx)
	if err != nil {
		return false, err
	}
	conn, err := socket.Dial(ctx, address+"?v=10&encoding=json", g.Patience, g.Dial)
	if err != nil {
		progress = g.resume != ""
		g.resume = "" // the address for resuming may no longer exist
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
			g.started = time.Now() // the request for a session may have arrived just now
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

// forget drops the session, so that the next connection starts a new one at the
// address from the API. This loses no interactions that arrive in the meantime:
// Discord waits three seconds for an answer, whether or not the session is resumed.
func (g *Gateway) forget() { g.session, g.resume = "", "" }

// read identifies the bot and passes on Discord's dispatches until the connection
// ends. It returns true if READY or RESUMED arrived.
func (g *Gateway) read(conn *socket.Conn, beat func(interval time.Duration, acked *atomic.Bool)) (stood bool, err error) {
	var acked atomic.Bool
	// An unacknowledged heartbeat ends the connection. The read deadline is for
	// networks that also swallow the close frame. Before READY or RESUMED, only
	// replayed events extend the deadline, because a gateway may acknowledge
	// heartbeats and send nothing else.
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
				err = fmt.Errorf("Discord sent no hello within %v", g.Patience)
			case !stood:
				err = fmt.Errorf("Discord answers neither READY nor RESUMED within %v", g.Patience)
			default:
				err = fmt.Errorf("Discord has been silent for %v", silence)
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
			return stood, errors.New("the session is no longer valid")
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

// readHello parses the heartbeat interval in HELLO.
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

// ready records the session that Discord announces with READY.
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

// identify resumes the session or starts a new one. Interactions need no
// intents.
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

// keepAlive runs beat. If it panics, the connection is closed, and Run opens another.
func (g *Gateway) keepAlive(ctx context.Context, conn *socket.Conn, interval time.Duration, acked *atomic.Bool) {
	err := panics.Contain(g.Log, "keep a connection to Discord alive", func() error {
		g.beat(ctx, conn, interval, acked)
		return nil
	})
	if err != nil {
		_ = conn.Close()
	}
}

// beat sends heartbeats, and closes the connection if Discord does not
// acknowledge one before the next.
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
