package reload

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/httpauth"
)

// Path is where the bot's HTTP server takes requests.
const Path = "/-/reload"

// fileName is the file in the state folder that says where the running bot is asked, and
// with which token.
const fileName = "serve.json"

// Control takes requests of processes that can read the state folder.
//
// # Why
//
// It is a path of the HTTP server that is there anyway, with a random token that the owner
// of the state folder alone can read. A socket in that folder would do without a token, but
// its path may have 100 characters at most, and folders that are shared with a container
// often take no sockets.
type Control struct {
	file  string
	token string
	ask   func(ctx context.Context) (about string, err error)
}

// NewControl makes a control for the bot whose state is in a folder. It has ask reload the
// configuration, which says what was set up.
func NewControl(state string, ask func(ctx context.Context) (about string, err error)) *Control {
	return &Control{file: filepath.Join(state, fileName), token: rand.Text(), ask: ask}
}

// place is what the file says.
type place struct {
	Address string `json:"address"` // host:port
	Token   string `json:"token"`
}

// Open writes where the bot is asked, a host and port. It is called again when that changes.
func (c *Control) Open(address string) error {
	data, err := json.Marshal(place{reachable(address), c.token})
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(c.file), fileName+"-*") // which its owner alone can read
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("reload: %w", err)
	}
	return nil
}

// Close removes the file.
func (c *Control) Close() { _ = os.Remove(c.file) }

// reachable is an address that this machine reaches, of one that is listened on.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip != nil && ip.To4() == nil {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// ServeHTTP takes a request: 200 with what was set up, or 422 with all that is wrong, in
// plain text. To everybody else there is nothing here.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	given, want := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(c.token))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || r.Method != http.MethodPost || !local(r) || httpauth.Proxied(r) {
		http.NotFound(w, r)
		return
	}
	// Reading a large library takes its time.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	// The server may go with its address, so its context does not count.
	about, err := c.ask(context.WithoutCancel(r.Context()))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		about = err.Error()
	}
	_, _ = io.WriteString(w, about)
}

// local reports whether a request comes from this machine.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	at, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if at == nil {
		return from.Addr().Unmap().IsLoopback()
	}
	to, err := netip.ParseAddrPort(at.String())
	return from.Addr().Unmap().IsLoopback() || err == nil && from.Addr().Unmap() == to.Addr().Unmap()
}

// ErrNotServing means that no bot is there to be asked.
var ErrNotServing = errors.New("no digestbot is running there")

// RefusedError means that the bot goes on with the configuration that it has. The rest of
// the error says why.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// Ask has the bot whose state is in a folder reload its configuration, and waits until
// it has. The error is ErrNotServing or a RefusedError, or says what went wrong on the way.
func Ask(ctx context.Context, state string) (about string, err error) {
	data, err := os.ReadFile(filepath.Join(state, fileName))
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrNotServing
	}
	if err != nil {
		return "", fmt.Errorf("reload: %w", err)
	}
	var at place
	if err := json.Unmarshal(data, &at); err != nil {
		return "", fmt.Errorf("reload: %s: %w", fileName, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at.Address+Path, bytes.NewReader(nil))
	if err != nil {
		return "", fmt.Errorf("reload: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+at.Token)
	// A proxy of the environment has no business here.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		if ctx.Err() == nil {
			err = ErrNotServing
		}
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return "", fmt.Errorf("reload: the answer was cut off: %w", err)
	case response.StatusCode == http.StatusOK:
		return string(text), nil
	case response.StatusCode == http.StatusUnprocessableEntity:
		return "", &RefusedError{string(text)}
	}
	return "", ErrNotServing // another program has its port now
}
