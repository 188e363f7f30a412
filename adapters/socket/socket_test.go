package socket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

const soon = 10 * time.Second

// open opens a connection. It returns what the server reads on it, and the
// error that ended reading.
func open(t *testing.T) (conn *Conn, read <-chan map[string]int, end <-chan error) {
	t.Helper()
	got, ended := make(chan map[string]int, 100), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{}
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			ended <- err
			return
		}
		defer func() { _ = c.Close() }()
		for {
			var v map[string]int
			if err := c.ReadJSON(&v); err != nil {
				ended <- err
				return
			}
			got <- v
		}
	}))
	t.Cleanup(server.Close)
	conn, err := Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), soon, (&net.Dialer{}).DialContext)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, got, ended
}

func TestManySayAtOnce(t *testing.T) {
	conn, read, _ := open(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if err := conn.Say(map[string]int{"n": i}, soon); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[int]bool{}
	for range 50 {
		seen[(<-read)["n"]] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d different messages came, want 50", len(seen))
	}
}

func TestEndWith(t *testing.T) {
	conn, _, end := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	conn.EndWith(ctx)
	cancel()
	if err := <-end; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the server read %v, want a normal close", err)
	}
	if err := conn.Say(map[string]int{}, soon); err == nil {
		t.Error("something was said on a connection that is closed")
	}
}

// TestDialIsCutShort dials a server that accepts the connection and sends nothing.
func TestDialIsCutShort(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		time.AfterFunc(10*time.Millisecond, cancel)
		return conn, err
	}
	if conn, err := Dial(ctx, "ws://"+l.Addr().String(), time.Hour, dial); err == nil {
		_ = conn.Close()
		t.Error("a connection without a handshake was opened")
	} else if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
