package wire

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/socket"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestBugInAHeartbeat checks that a connection whose heartbeat has panicked
// is closed, so that another one is opened.
func TestBugInAHeartbeat(t *testing.T) {
	const token = "MTIzNDU2Nzg5.planted.secret"
	server := httptest.NewServer(discordfake.New(token))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/api/v10")
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient(base, chat.NewSecret(token))
	client.Limiter.Permits = NewPermits(GlobalLimit, time.Now(), Spacing) // no previous process
	t.Cleanup(client.Close)
	events, losses := make(chan string, 10), make(chan error, 10)
	g := &Gateway{
		Log: slog.New(slog.DiscardHandler), Client: client, Token: func() string { return token }, Dial: (&net.Dialer{}).DialContext,
		Patience: 100 * time.Millisecond, Pause: time.Millisecond, Gap: time.Millisecond,
		Ready: func(who Account) { events <- who.String() },
		Event: func(kind string, _ json.RawMessage) { events <- kind },
		Lost:  func(err error, _ time.Duration) { losses <- err },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	select {
	case <-events:
	case <-time.After(20 * time.Second):
		t.Fatal("no connection stands")
	}
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+base.Host+"/gateway-socket?v=10&encoding=json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	g.keepAlive(ctx, &socket.Conn{Conn: conn}, time.Nanosecond, nil) // acknowledgements are not recorded
	if err := conn.WriteMessage(websocket.TextMessage, nil); err == nil {
		t.Error("the connection stays")
	}
	cancel()
	if err := <-done; err != nil || len(losses) > 0 {
		t.Errorf("run: %v, with %d losses", err, len(losses))
	}
}
