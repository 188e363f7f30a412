package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	// overlap is how long a connection is listened to after Slack has said that
	// it ends. Slack gives about ten seconds.
	overlap = 30 * time.Second
	// ackWithin is how long an acknowledgement may take to be written; Slack
	// waits three seconds for it.
	ackWithin = 2 * time.Second
	// maxAck is the most that an acknowledgement carries; Slack drops one of
	// 20 KB without a word
	// (https://pkg.go.dev/github.com/slack-go/slack/socketmode#Client.Ack).
	maxAck = 18_000
	// The pauses between two connections: the first again after a connection on
	// which Slack said hello.
	firstPause = time.Second
	lastPause  = time.Minute
)

// times are those that tests have no patience for.
type times struct {
	hello, silence, pause, grace, inTime, locale time.Duration
}

// envelope is what Slack says on a connection.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Reason  string          `json:"reason"` // of the type disconnect
	Payload json.RawMessage `json:"payload"`
}

// errMoves is Slack's wish for another connection, before it ends this one.
var errMoves = errors.New("Slack moves it to another connection")

// keep holds a connection until ctx is done (nil) or trying again is no use.
//
// # Why
//
// The SDK's client closes a connection before it opens the next, so that what
// people say meanwhile is late; it tries for ever what can never work, such as
// a token that has expired; and its acknowledgements wait in one queue for
// whichever connection there is. Here the next connection stands before the
// last one is dropped, and each request is acknowledged where it came from.
func (l *listener) keep(ctx context.Context) error {
	var links sync.WaitGroup
	defer links.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pauses := retry.Backoff{First: l.times.pause, Last: lastPause}
	for {
		var stood atomic.Bool
		next := make(chan error, 1)
		links.Go(func() {
			succeed := func(why error) {
				select {
				case next <- why:
				default: // the next connection is under way already
				}
			}
			stands := func() { stood.Store(true); l.ready() }
			succeed(panics.Contain(l.log, "hold a connection to Slack", func() error { return l.hold(ctx, stands, succeed) }))
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
		case hopeless(why):
			return why
		}
		wait := pauses.Next(stood.Load())
		if limited, ok := errors.AsType[*slack.RateLimitedError](why); ok {
			wait = max(wait, limited.RetryAfter)
		}
		if errors.Is(why, errMoves) {
			l.log.Debug("Socket Mode moves to another connection")
		} else {
			l.broken.Store(&why)
			l.log.Warn("Socket Mode ended and begins anew", "error", why, "wait", wait)
		}
		if retry.Sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// hold opens a connection and listens to it until it ends. It calls ready when
// Slack says hello, and leaving when Slack says that the connection will end.
func (l *listener) hold(ctx context.Context, ready func(), leaving func(error)) error {
	_, address, err := l.api.StartSocketModeContext(ctx)
	if err != nil {
		return fmt.Errorf("apps.connections.open: %w", worded(err))
	}
	if address == "" {
		return errors.New("apps.connections.open: Slack said ok and no address")
	}
	conn, err := socket.Dial(ctx, address, helloWithin, (&net.Dialer{}).DialContext)
	if err != nil {
		return fmt.Errorf("no connection: %w", cause(err))
	}
	defer func() { _ = conn.Close() }()
	defer conn.EndWith(ctx)()
	conn.SetReadLimit(maxAnswer)
	until := time.Now().Add(l.times.hello) // when it is taken for dead
	greeted, left := false, false
	alive := func() {
		if greeted && !left { // before hello Slack pings, and brings nothing
			until = time.Now().Add(l.times.silence)
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
				return fmt.Errorf("connection: Slack says no hello within %v", l.times.hello)
			}
			return errors.New("connection: Slack has fallen silent")
		}
		if err != nil {
			return fmt.Errorf("the connection was lost: %w", err)
		}
		var e envelope
		if err := json.Unmarshal(data, &e); err != nil {
			l.log.Warn("Socket Mode brought something that cannot be read", "error", err)
			continue
		}
		greeted = greeted || e.Type == "hello"
		alive()
		switch {
		case e.Type == "hello" && !left:
			ready()
		case e.Type == "disconnect" && e.Reason == "link_disabled":
			return refusal{Code: e.Reason}
		case e.Type == "disconnect" && !left:
			until, left = time.Now().Add(overlap), true
			leaving(errMoves)
		case e.ID != "":
			if err := l.take(conn, e); err != nil {
				return fmt.Errorf("the connection was lost: acknowledgement: %w", err)
			}
		}
	}
}

// acknowledgeOn acknowledges a request with what the acknowledgement carries.
func acknowledgeOn(conn *socket.Conn, id string, with []byte) error {
	said := map[string]any{"envelope_id": id}
	if len(with) > 0 {
		said["payload"] = json.RawMessage(with)
	}
	return conn.Say(said, ackWithin)
}

// take acknowledges a request and has it answered. Anything its acknowledgement
// carries nothing for is acknowledged at once: nothing that take does then waits
// for anything but the connection. Where too much is being answered it is left
// unacknowledged, so that Slack brings it again.
func (l *listener) take(conn *socket.Conn, e envelope) error {
	if !l.slot() {
		l.log.Warn("too many requests at once: Slack will bring this one again", "request", e.ID)
		return nil
	}
	var in incoming
	err := panics.Contain(l.log, "read a request", func() (err error) {
		in, err = l.readEnvelope(e)
		return err
	}, "request", e.ID)
	if err != nil {
		l.log.Warn("a request cannot be read", "type", e.Type, "request", e.ID, "error", err)
		in.kind = nothing
	}
	in.at = time.Now()
	in.ids = append(in.ids, e.ID)
	if in.request.ID == "" {
		in.request.ID = e.ID
	}
	in.ids = append(in.ids, in.request.ID)
	switch in.kind {
	case typing, submission:
		send := func(with []byte, _ bool) {
			if err := acknowledgeOn(conn, e.ID, with); err != nil {
				l.log.Warn("Slack did not hear an acknowledgement", "request", e.ID, "error", err)
			}
		}
		l.work.Go(func() {
			switch {
			case in.kind == typing:
				l.suggest(in, send)
			case l.first(in.ids):
				l.submit(in, maxAck, send)
			default:
				<-l.slots
				send(nil, false)
			}
		})
		return nil
	}
	if err := acknowledgeOn(conn, e.ID, nil); err != nil || in.kind == nothing {
		<-l.slots
		return err
	}
	l.begin(func() {
		switch {
		case !l.first(in.ids):
		case in.kind == visit:
			l.welcome(in)
		default:
			l.answer(in, nil)
		}
	})
	return nil
}
