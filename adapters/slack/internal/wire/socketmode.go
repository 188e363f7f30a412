package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/socket"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Times of Socket Mode
// (https://docs.slack.dev/apis/events-api/using-socket-mode).
const (
	// silence is how long a connection is considered alive without any message.
	// Slack pings about every 10 to 30 seconds.
	silence = 45 * time.Second
	// helloWithin limits the handshake, and the time until hello.
	helloWithin = 10 * time.Second
	// drainTime is how long a connection is read after Slack has announced its
	// end, or after the next one is open. Slack allows about ten seconds.
	drainTime = 30 * time.Second
	// moveAfter is how long a connection is used before the next one replaces it. Slack
	// says the number of connections only in its hello, and keeps a connection for hours.
	moveAfter = 15 * time.Minute
	// ackWithin is the timeout for writing an acknowledgement; Slack waits
	// three seconds for it.
	ackWithin = 2 * time.Second
	// MaxAck is the maximum payload of an acknowledgement in bytes; Slack
	// silently drops one of 20 KB
	// (https://pkg.go.dev/github.com/slack-go/slack/socketmode#Client.Ack).
	MaxAck = 18_000
	// The backoff between two connections. It starts over after a connection on
	// which Slack said hello.
	firstPause = time.Second
	lastPause  = time.Minute
)

// Times are the delays of Socket Mode that tests shorten: the timeout for hello,
// how long a connection is considered alive without any message, the first delay
// between two connections, how long a connection is used, and how long it is still
// read beside the next one.
type Times struct{ Hello, Silence, Pause, Move, Drain time.Duration }

// DefaultTimes returns the delays that suit Slack's own.
func DefaultTimes() Times {
	return Times{Hello: helloWithin, Silence: silence, Pause: firstPause, Move: moveAfter, Drain: drainTime}
}

// Envelope is a message from Slack on a connection.
type Envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"` // for type disconnect
	Payload json.RawMessage `json:"payload"`
	Open    int             `json:"num_connections"` // for type hello: connections with this app token
}

// Socket receives requests over Socket Mode for one workspace.
type Socket struct {
	Client *Client
	Log    *slog.Logger
	Times  Times
	// Ready is called whenever Slack says hello on a connection, with the number of
	// connections that do not belong to this Socket. Broken is called with the reason
	// whenever there is no connection any more.
	Ready  func(others int)
	Broken func(why error)
	// Take is called with each request. It acknowledges the request, or else Slack
	// delivers it again. An error ends the connection.
	Take func(e Envelope, acknowledge func(with []byte) error) error
}

// errMoving means that a new connection is wanted before this one ends: by Slack, or by the
// Socket, to learn whether others listen with the same token.
var errMoving = errors.New("it moves to another connection")

// Run keeps a connection open until ctx is done (it then returns nil) or retrying is
// useless.
//
// # Why
//
// The SDK's client closes a connection before it opens the next one, which
// delays requests in between. It forever retries what can never succeed, for
// example with an expired token. And all its acknowledgements wait in one
// queue for whichever connection there is. Here, the next connection is open
// before the last one is closed, and each request is acknowledged on the
// connection it came from.
func (s *Socket) Run(ctx context.Context) error {
	var links sync.WaitGroup
	var own atomic.Int64 // open connections of this Socket
	var last atomic.Pointer[context.CancelFunc]
	defer links.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	backoff := retry.Backoff{First: s.Times.Pause, Last: lastPause}
	for {
		var stood atomic.Bool
		next := make(chan error, 1)
		links.Go(func() {
			link, end := context.WithCancel(ctx)
			defer end()
			succeed := func(why error) {
				select {
				case next <- why:
				default: // the next connection is already being opened
				}
			}
			stands := func(open int) {
				stood.Store(true)
				s.Ready(max(open-int(own.Load()), 0))
				if before := last.Swap(&end); before != nil {
					time.AfterFunc(s.Times.Drain, *before)
				}
				time.AfterFunc(s.Times.Move, func() { succeed(errMoving) })
			}
			succeed(panics.Contain(s.Log, "hold a connection to Slack", func() error { return s.serve(link, &own, stands, succeed) }))
		})
		var why error
		select {
		case <-ctx.Done():
			return nil
		case why = <-next:
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case Permanent(why):
			return why
		}
		wait := backoff.Next(stood.Load())
		if limited, ok := errors.AsType[*slack.RateLimitedError](why); ok {
			wait = max(wait, limited.RetryAfter)
		}
		switch {
		case errors.Is(why, errMoving):
			s.Log.Debug("slack: Socket Mode moves to another connection")
		case own.Load() > 0:
			s.Log.Warn("slack: Socket Mode cannot move to another connection yet, and keeps the one it has", "error", why, "next_attempt", time.Now().Add(wait))
		default:
			s.Broken(why)
			s.Log.Warn("slack: the Socket Mode connection is lost, trying again", "error", why, "next_attempt", time.Now().Add(wait))
		}
		if retry.Sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// serve opens a connection and reads from it until it ends. It calls ready
// when Slack says hello, and leaving when Slack announces the end of the
// connection.
func (s *Socket) serve(ctx context.Context, own *atomic.Int64, ready func(open int), leaving func(error)) error {
	_, address, err := s.Client.api.StartSocketModeContext(ctx)
	if err != nil {
		return fmt.Errorf("apps.connections.open: %w", sdkError(err))
	}
	if address == "" {
		return errors.New("apps.connections.open: Slack answered ok without an address")
	}
	conn, err := socket.Dial(ctx, address, helloWithin, (&net.Dialer{}).DialContext)
	if err != nil {
		return fmt.Errorf("no connection: %w", withoutAddress(err))
	}
	own.Add(1)
	defer own.Add(-1)
	defer func() { _ = conn.Close() }()
	defer conn.EndWith(ctx)()
	conn.SetReadLimit(maxAnswer)
	until := time.Now().Add(s.Times.Hello) // when the connection counts as dead
	greeted, left := false, false
	alive := func() {
		if greeted && !left { // before hello Slack sends pings, but no requests
			until = time.Now().Add(s.Times.Silence)
		}
	}
	conn.SetPingHandler(func(data string) error {
		alive()
		_ = conn.SetReadDeadline(until)
		_ = conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(ackWithin)) // if it fails, so will the next read
		return nil
	})
	for {
		if err := conn.SetReadDeadline(until); err != nil {
			return fmt.Errorf("the connection was lost: %w", err)
		}
		_, data, err := conn.ReadMessage()
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			if !greeted {
				return fmt.Errorf("connection: Slack sent no hello within %v", s.Times.Hello)
			}
			return errors.New("connection: Slack has fallen silent")
		}
		if err != nil {
			return fmt.Errorf("the connection was lost: %w", err)
		}
		var e Envelope
		if err := json.Unmarshal(data, &e); err != nil {
			s.Log.Warn("slack: Socket Mode received something that cannot be read", "error", err)
			continue
		}
		greeted = greeted || e.Type == "hello"
		alive()
		switch {
		case e.Type == "hello" && !left:
			ready(e.Open)
		case e.Type == "disconnect" && e.Reason == "link_disabled":
			return Refusal{Code: e.Reason}
		case e.Type == "disconnect" && !left:
			until, left = time.Now().Add(s.Times.Drain), true
			leaving(errMoving)
		case e.ID != "":
			if err := s.Take(e, func(with []byte) error { return acknowledge(conn, e.ID, with) }); err != nil {
				return fmt.Errorf("the connection was lost: acknowledgement: %w", err)
			}
		}
	}
}

// acknowledge acknowledges a request with a payload, which may be empty.
func acknowledge(conn *socket.Conn, id string, with []byte) error {
	said := map[string]any{"envelope_id": id}
	if len(with) > 0 {
		said["payload"] = json.RawMessage(with)
	}
	return conn.Say(said, ackWithin)
}
