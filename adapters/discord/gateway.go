package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
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
var fatal = map[int]string{
	4004: "the token is not accepted: set a new one",
	4010: "the shard is not valid",
	4011: "the bot is in so many servers that it must be sharded",
	4012: "the version of the gateway is gone",
	4013: "the intents are not valid",
	4014: "the bot asks for intents that it may not have",
}

// gatewayError ends the connection for good.
type gatewayError struct{ words string }

func (e *gatewayError) Error() string { return e.words }

// gateway keeps the bot connected. It remembers the session, so that a lost
// connection is resumed and nothing that people said meanwhile is lost.
type gateway struct {
	rest  *rest
	token func() string
	// patience is how long a connection may take, its first words, and the
	// answer to ours.
	patience time.Duration
	// pause is the least time between two connections.
	pause time.Duration
	// event is called with every dispatch, one after the other.
	event func(kind string, data json.RawMessage)
	// lost is called with the reason when a connection has ended.
	lost func(err error, pause time.Duration)

	session string
	resume  string // address to resume at
	seq     atomic.Int64
}

// The pauses between two attempts: doubled after each failure, and the first
// again once a connection has held for steady.
const (
	firstPause = time.Second
	lastPause  = 2 * time.Minute
	steady     = time.Minute
)

// run connects, again and again, until ctx is done (nil) or trying again is
// wrong.
func (g *gateway) run(ctx context.Context) error {
	for pause := g.pause; ; {
		began := time.Now()
		err := g.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if final, ok := errors.AsType[*gatewayError](err); ok {
			return final
		}
		if time.Since(began) > steady {
			pause = g.pause
		}
		wait := pause + rand.N(pause/2)
		if late, ok := errors.AsType[*tooManyStarts](err); ok {
			wait = late.wait
		}
		g.lost(err, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		pause = min(pause*2, lastPause)
	}
}

// tooManyStarts says that no session may be started now. Starting one
// nevertheless makes Discord reset the token.
// https://docs.discord.com/developers/events/gateway#session-start-limit-object
type tooManyStarts struct{ wait time.Duration }

func (e *tooManyStarts) Error() string {
	return fmt.Sprintf("Discord lets the bot start no more sessions for %v", e.wait.Round(time.Second))
}

// address is where to connect: where the session can be resumed, else where
// the API says.
func (g *gateway) address(ctx context.Context) (string, error) {
	if g.session != "" && g.resume != "" {
		return g.resume, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	var in struct {
		URL   string `json:"url"`
		Limit struct {
			Total      int     `json:"total"`
			Remaining  int     `json:"remaining"`
			ResetAfter float64 `json:"reset_after"` // milliseconds
		} `json:"session_start_limit"`
	}
	err := g.rest.call(ctx, http.MethodGet, discordgo.EndpointGatewayBot, nil, &in)
	if refusal, ok := errors.AsType[*apiError](err); ok && refusal.Status == http.StatusUnauthorized {
		return "", &gatewayError{fatal[4004]}
	}
	if err != nil {
		return "", fmt.Errorf("address: %w", err)
	}
	if in.Limit.Total > 0 && in.Limit.Remaining <= 0 {
		return "", &tooManyStarts{max(seconds(in.Limit.ResetAfter/1000), g.pause)}
	}
	return in.URL, nil
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
func (g *gateway) connect(ctx context.Context) error {
	address, err := g.address(ctx)
	if err != nil {
		return err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: g.patience}
	conn, _, err := dialer.DialContext(ctx, address+"?v=10&encoding=json", nil) //nolint:bodyclose // the body of a WebSocket handshake needs no closing
	if err != nil {
		g.resume = "" // the place to resume at may be gone for good
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

	err = g.converse(l, func(interval time.Duration, acked *atomic.Bool) {
		beats.Go(func() { g.beat(beating, l, interval, acked) })
	})
	if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
		if words, ok := fatal[closed.Code]; ok {
			return &gatewayError{words}
		}
		if closed.Code == 4007 || closed.Code == 4009 { // invalid seq, session timed out
			g.session = ""
		}
	}
	return err
}

// converse says hello and hands on what Discord dispatches.
func (g *gateway) converse(l *link, beat func(interval time.Duration, acked *atomic.Bool)) error {
	var acked atomic.Bool
	// A beat that stays without an answer ends the connection; the silence that
	// is too long here is for a network that swallows the closing, too. Until
	// the session stands, answers to beats do not break it.
	silence, deadline, stands := g.patience, time.Now().Add(g.patience), false
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
			if err := g.introduce(l); err != nil {
				return fmt.Errorf("introduction: %w", err)
			}
			interval := time.Duration(hello.Interval) * time.Millisecond
			acked.Store(true)
			beat(interval, &acked)
			silence, deadline = max(2*interval, g.patience), time.Now().Add(g.patience)
		case opHeartbeat:
			if err := l.send(opHeartbeat, g.seq.Load()); err != nil {
				return fmt.Errorf("heartbeat: %w", err)
			}
		case opHeartbeatAck:
			acked.Store(true)
		case opReconnect:
			return errors.New("reconnect: Discord asks for it")
		case opInvalidSession:
			if string(e.RawData) != "true" {
				g.session = ""
			}
			return errors.New("the session is not valid any more")
		case opDispatch:
			g.seq.Store(e.Sequence)
			stands = true // or the events that were missed come before RESUMED
			if e.Type == "READY" {
				var ready struct {
					Session string `json:"session_id"`
					Resume  string `json:"resume_gateway_url"`
				}
				if err := json.Unmarshal(e.RawData, &ready); err != nil {
					return fmt.Errorf("ready: %w", err)
				}
				g.session, g.resume = ready.Session, ready.Resume
			}
			g.event(e.Type, e.RawData)
		}
	}
}

// introduce resumes the session, or starts one. Interactions come without any
// intent.
func (g *gateway) introduce(l *link) error {
	if g.session != "" {
		return l.send(opResume, map[string]any{"token": g.token(), "session_id": g.session, "seq": g.seq.Load()})
	}
	g.seq.Store(0)
	return l.send(opIdentify, map[string]any{
		"token":      g.token(),
		"intents":    0,
		"properties": map[string]string{"os": runtime.GOOS, "browser": "digestbot", "device": "digestbot"},
	})
}

// beat keeps the connection alive, and closes it when Discord does not answer
// between two beats.
// https://docs.discord.com/developers/events/gateway#sending-heartbeats
func (g *gateway) beat(ctx context.Context, l *link, interval time.Duration, acked *atomic.Bool) {
	for wait := rand.N(interval); ; wait = interval {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if !acked.Swap(false) || l.send(opHeartbeat, g.seq.Load()) != nil {
			_ = l.conn.Close()
			return
		}
	}
}
