// Package socket opens, writes to and closes WebSockets to platforms. It never
// knows what is sent on them, or when a connection is retried.
package socket

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Conn is a connection that supports concurrent writers. The caller of Dial closes it.
type Conn struct {
	*websocket.Conn
	writing sync.Mutex // gorilla allows one writer at a time
}

// Dial opens a WebSocket over a network connection from dial. The library ignores
// ctx while it waits for the answer to its handshake, so Dial closes the network
// connection when ctx is done.
func Dial(ctx context.Context, address string, within time.Duration, dial func(ctx context.Context, network, address string) (net.Conn, error)) (*Conn, error) {
	keep := func() bool { return true }
	defer func() { keep() }()
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: within,
		NetDialContext: func(dialing context.Context, network, address string) (net.Conn, error) {
			wire, err := dial(dialing, network, address)
			if err == nil {
				keep = context.AfterFunc(ctx, func() { _ = wire.Close() })
			}
			return wire, err
		},
	}
	conn, _, err := dialer.DialContext(ctx, address, nil) //nolint:bodyclose // the body of a WebSocket handshake needs no closing
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: conn}, nil
}

// EndWith closes the connection when ctx is done, with a normal close, which tells
// the platform that the bot is gone. Calling stop prevents this.
func (c *Conn) EndWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
		_ = c.Close()
	})
}

// Say writes v as JSON.
func (c *Conn) Say(v any, within time.Duration) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	return c.WriteJSON(v)
}
