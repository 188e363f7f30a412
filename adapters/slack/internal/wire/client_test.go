package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// open returns a client of a fake workspace.
func open(t testing.TB) (*Client, *slackfake.Fake) {
	t.Helper()
	fake := slackfake.New()
	server := httptest.NewServer(fake)
	t.Cleanup(func() { fake.Close(); server.Close() })
	base, err := url.Parse(server.URL + "/api/")
	if err != nil {
		t.Fatal(err)
	}
	c := New(base, chat.NewSecret(slackfake.BotToken), chat.Secret{}, 1_000_000)
	c.Posts = NewPostLimiter(1_000_000, time.Now().Add(-StartDelay)) // as if it had been open for a while
	t.Cleanup(c.Close)
	return c, fake
}

// post posts two lines to a channel.
func post(t testing.TB, c *Client) error {
	_, err := c.PostMessage(t.Context(), slackfake.General, []byte(`{"channel":"`+slackfake.General+`","text":"x","blocks":[{"type":"divider"},{"type":"divider"}]}`))
	return err
}

func TestRetryAfterAsDate(t *testing.T) {
	now := time.Date(2026, 2, 12, 8, 30, 0, 0, time.UTC)
	if got := retryAfter("Thu, 12 Feb 2026 08:30:42 GMT", now); got != 42*time.Second {
		t.Errorf("got %v, want 42s", got)
	}
	if got := retryAfter("Thu, 12 Feb 2026 08:00:00 GMT", now); got != 0 {
		t.Errorf("a date that has passed: got %v", got)
	}
}

// TestWhatWasGivenUpIsTakenBack: the machine, too, must discard a cancelled
// request, the rest of which it would otherwise send later.
func TestWhatWasGivenUpIsTakenBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	givenUp, arrived := make(chan struct{}), make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			t.Error(err)
			close(arrived)
			return
		}
		defer func() { _ = conn.Close() }()
		_ = conn.(*net.TCPConn).SetReadBuffer(4096)
		<-givenUp // the network is down until then
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _ := io.Copy(io.Discard, conn)
		arrived <- int(n)
	}()
	c, _ := open(t)
	c.Base = &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/api/"}
	ctx, giveUp := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer giveUp()
	body := bytes.Repeat([]byte("x"), 300_000) // more than the other end buffers, and less than both do
	if err := c.call(ctx, "chat.postMessage", jsonBody, body, &Refusal{}); chat.OutcomeOf(err) != chat.InDoubt {
		t.Errorf("got %v, want it in doubt", err)
	}
	c.HTTP.CloseIdleConnections()
	close(givenUp)
	if n := <-arrived; n >= len(body) {
		t.Errorf("%d bytes arrived of a request of %d that was given up", n, len(body))
	}
}

// TestConnectionsCarryOneRequest at a time, so that cancelling one closes the connection.
func TestConnectionsCarryOneRequest(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("a request came by %s", r.Proto)
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c, _ := open(t)
	transport := newTransport()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	c.HTTP.Transport = transport
	defer transport.CloseIdleConnections()
	base, err := url.Parse(server.URL + "/api/")
	if err != nil {
		t.Fatal(err)
	}
	c.Base = base
	if err := c.call(t.Context(), "auth.test", form, nil, &Refusal{}); err != nil {
		t.Error(err)
	}
}
