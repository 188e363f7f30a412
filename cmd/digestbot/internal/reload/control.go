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
	"github.com/digestbot/digestbot/digest/owner"
)

// Path is the path of the reload request on the bot's HTTP server.
const Path = "/-/reload"

// fileName is the file in the state folder with the address of the running bot and its
// reload token.
const fileName = "serve.json"

// Control handles reload requests from processes that can read the state folder.
//
// # Why
//
// It is a path of the existing HTTP server, protected by a random token that only the owner
// of the state folder can read. A socket in that folder would need no token, but its path
// is limited to about 100 characters, and folders shared with a container often do not
// support sockets.
type Control struct {
	file   string
	config string // absolute path of the configuration
	token  string
	ask    func(ctx context.Context) (about string, err error)
}

// NewControl returns the control of the bot that runs with the configuration in a file and
// has its state in a folder. ask reloads the configuration and returns a summary of it.
func NewControl(state, config string, ask func(ctx context.Context) (about string, err error)) *Control {
	return &Control{file: filepath.Join(state, fileName), config: config, token: rand.Text(), ask: ask}
}

// Place says where a bot answers, and which configuration it reads.
type Place struct {
	Address string `json:"address"` // host and port on this machine
	Config  string `json:"config"`  // absolute path of the file
}

// stored is the content of the file.
type stored struct {
	Place
	Token string `json:"token"`
}

// Find returns the place of the bot whose state is in a folder. The error is ErrNotServing
// if no bot runs there; one that was killed leaves its place behind.
func Find(state string) (Place, error) {
	at, err := find(state)
	return at.Place, err
}

func find(state string) (at stored, err error) {
	data, err := os.ReadFile(filepath.Join(state, fileName))
	if errors.Is(err, os.ErrNotExist) {
		return at, ErrNotServing
	}
	if err != nil {
		return at, fmt.Errorf("reload: %w", err)
	}
	if err := json.Unmarshal(data, &at); err != nil {
		return at, fmt.Errorf("reload: %s: %w", fileName, err)
	}
	return at, nil
}

// Open writes the address of the bot, a host and port. It is called again when that
// changes.
func (c *Control) Open(address string) error {
	data, err := json.Marshal(stored{Place{reachable(address), c.config}, c.token})
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(c.file), fileName+"-*") // with access for the owner only
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	_, err = f.Write(data)
	owner.Give(f, filepath.Dir(c.file))
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

// reachable returns an address on this machine for a listen address.
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

// ServeHTTP answers 200 with a summary of the configuration, or 422 with all mistakes, in
// plain text. Without the token it answers 404.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	given, want := sha256.Sum256([]byte(shown)), sha256.Sum256([]byte(c.token))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || r.Method != http.MethodPost || !local(r) || httpauth.Proxied(r) {
		http.NotFound(w, r)
		return
	}
	// Reading a large library takes time.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	// The server may be stopped if its address changes, so the request's context must not
	// cancel the reload.
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

// ErrNotServing means that no bot answers there.
var ErrNotServing = errors.New("no digestbot is running there")

// RefusedError means that the bot keeps its current configuration. Why has the reasons.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// Ask makes the bot whose state is in a folder reload its configuration, and waits for the
// result. The error is ErrNotServing or a RefusedError, or says why the request failed.
func Ask(ctx context.Context, state string) (about string, err error) {
	at, err := find(state)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+at.Address+Path, bytes.NewReader(nil))
	if err != nil {
		return "", fmt.Errorf("reload: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+at.Token)
	// Ignore proxies from the environment.
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
	return "", ErrNotServing // another program now has its port
}
