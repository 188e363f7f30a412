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
	// silence is how long a connection is believed to live without a word.
	// Slack pings about every 10 to 30 seconds.
	silence = 45 * time.Second
	// helloWithin bounds the handshake, and the first words after it.
	helloWithin = 10 * time.Second
	// drainTime is how long a connection is listened to after Slack has said that
	// it ends, or after the next one stands. Slack gives about ten seconds.
	drainTime = 30 * time.Second
	// moveAfter is how long a connection is used before it is exchanged for another.
	// Slack tells the number of connections in its hello alone, and keeps one for hours.
	moveAfter = 15 * time.Minute
	// ackWithin is how long an acknowledgement may take to be written; Slack
	// waits three seconds for it.
	ackWithin = 2 * time.Second
	// MaxAck is the most that an acknowledgement carries; Slack drops one of
	// 20 KB without a word
	// (https://pkg.go.dev/github.com/slack-go/slack/socketmode#Client.Ack).
	MaxAck = 18_000
	// The pauses between two connections: the first again after a connection on
	// which Slack said hello.
	firstPause = time.Second
	lastPause  = time.Minute
)

// Times are those of Socket Mode that tests have no patience for: how long Slack
// may take to say hello, how long a connection is believed to live without a word,
// the first pause between two connections, how long a connection is used, and how long
// the last one is listened to beside the next.
type Times struct{ Hello, Silence, Pause, Move, Drain time.Duration }

// DefaultTimes are those that Slack's own times ask for.
func DefaultTimes() Times {
	return Times{Hello: helloWithin, Silence: silence, Pause: firstPause, Move: moveAfter, Drain: drainTime}
}

// Envelope is what Slack says on a connection.
type Envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"` // of the type disconnect
	Payload json.RawMessage `json:"payload"`
	Open    int             `json:"num_connections"` // of the type hello: of this app token
}

// Socket is the way in over Socket Mode, for one workspace.
type Socket struct {
	Client *Client
	Log    *slog.Logger
	Times  Times
	// Ready is called whenever Slack says hello on a connection, with how many others
	// have then that are not of this Socket; Broken with the reason whenever there is
	// none any more.
	Ready  func(others int)
	Broken func(why error)
	// Take is called with each request. It acknowledges the request or leaves that
	// to Slack, which brings it again; its error ends the connection.
	Take func(e Envelope, acknowledge func(with []byte) error) error
}

// errMoving is the wish for another connection before this one ends: Slack's, or ours, to learn
// whether others listen with the same token.
var errMoving = errors.New("it moves to another connection")

// Run holds a connection until ctx is done (nil) or trying again is no use.
//
// # Why
//
// The SDK's client closes a connection before it opens the next, so that what
// people say meanwhile is late; it tries for ever what can never work, such as
// a token that has expired; and its acknowledgements wait in one queue for
// whichever connection there is. Here the next connection stands before the
// last one is dropped, and each request is acknowledged where it came from.
func (s *Socket) Run(ctx context.Context) error {
	var links sync.WaitGroup
	var own atomic.Int64 // connections of this Socket that stand
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
				default: // the next connection is under way already
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
			s.Log.Warn("slack: Socket Mode ended and begins anew", "error", why, "next_attempt", time.Now().Add(wait))
		}
		if retry.Sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// hold opens a connection and listens to it until it ends. It calls ready when
// Slack says hello, and leaving when Slack says that the connection will end.
func (s *Socket) serve(ctx context.Context, own *atomic.Int64, ready func(open int), leaving func(error)) error {
	_, address, err := s.Client.api.StartSocketModeContext(ctx)
	if err != nil {
		return fmt.Errorf("apps.connections.open: %w", sdkError(err))
	}
	if address == "" {
		return errors.New("apps.connections.open: Slack said ok and no address")
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
	until := time.Now().Add(s.Times.Hello) // when it is taken for dead
	greeted, left := false, false
	alive := func() {
		if greeted && !left { // before hello Slack pings, and brings nothing
			until = time.Now().Add(s.Times.Silence)
		}
	}
	conn.SetPingHandler(func(data string) error {
		alive()
		_ = conn.SetReadDeadline(until)
		_ = conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(ackWithin)) // if it is broken, reading will tell
		return nil
	})
	for {
		if err := conn.SetReadDeadline(until); err != nil {
			return fmt.Errorf("the connection was lost: %w", err)
		}
		_, data, err := conn.ReadMessage()
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			if !greeted {
				return fmt.Errorf("connection: Slack says no hello within %v", s.Times.Hello)
			}
			return errors.New("connection: Slack has fallen silent")
		}
		if err != nil {
			return fmt.Errorf("the connection was lost: %w", err)
		}
		var e Envelope
		if err := json.Unmarshal(data, &e); err != nil {
			s.Log.Warn("slack: Socket Mode brought something that cannot be read", "error", err)
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

// acknowledge acknowledges a request with what the acknowledgement carries.
func acknowledge(conn *socket.Conn, id string, with []byte) error {
	said := map[string]any{"envelope_id": id}
	if len(with) > 0 {
		said["payload"] = json.RawMessage(with)
	}
	return conn.Say(said, ackWithin)
}
