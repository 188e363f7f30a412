// Package socket opens WebSockets to platforms, writes to them and closes them.
// It never knows what is said on them, nor when one is tried again.
package socket

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Conn is a connection that several may write to. Its opener closes it.
type Conn struct {
	*websocket.Conn
	writing sync.Mutex // gorilla takes one writer at a time
}

// Dial opens a connection over the wire that dial opens. The library does not see
// that ctx is done while it waits for the answer to its handshake, so the wire is
// cut under it.
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

// EndWith closes the connection when ctx is done, with a normal close: the platform
// learns that the bot is gone. After stop it does not.
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
