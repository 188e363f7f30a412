package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/ledger"
)

func TestHome(t *testing.T) {
	site, err := url.Parse("https://digest.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		http httpConfig
		want string
	}{
		{httpConfig{Listen: "127.0.0.1:8080"}, "http://127.0.0.1:8080"},
		{httpConfig{Listen: "localhost:80"}, "http://localhost"},
		{httpConfig{Listen: "[::1]:8080"}, "http://[::1]:8080"},
		{httpConfig{Listen: "0.0.0.0:8080"}, "http://localhost:8080"},
		{httpConfig{Listen: ":8080"}, "http://localhost:8080"},
		{httpConfig{Listen: "127.0.0.1:0", URL: site}, "https://digest.example.org"},
	} {
		if got := c.http.home(); got == nil || got.String() != c.want {
			t.Errorf("%+v: %v, want %s", c.http, got, c.want)
		}
	}
	if got := (httpConfig{Listen: "127.0.0.1:0"}).home(); got != nil {
		t.Errorf("an unknown port has the home %v", got)
	}
}

func TestTakenPort(t *testing.T) {
	c := &config{HTTP: httpConfig{Listen: "127.0.0.1:0"}, explain: func(err error) error { return err }}
	ln, err := c.bind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if c.HTTP.Listen != ln.Addr().String() {
		t.Errorf("the address is %s, want %s", c.HTTP.Listen, ln.Addr())
	}
	_, err = c.bind(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "http.listen: "+ln.Addr().String()) || !strings.Contains(err.Error(), "another port") {
		t.Errorf("a taken port: %v, want the setting, the address and what to do", err)
	}
}

// cut is an adapter that is on and cannot be reached, because of cause.
type cut struct {
	adapters.Adapter
	cause error
}

func (cut) Capabilities() chat.Capabilities { return chat.Capabilities{} }
func (c cut) Connection() error             { return c.cause }

// plugged is a house of the configuration, whose state is in a folder of its own.
func plugged(t *testing.T, text string, mux *http.ServeMux) *house {
	t.Helper()
	dir := t.TempDir()
	conf, err := parseConfig(filepath.Join(dir, "config.toml"), []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{kinds: adapters.Kinds, out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
	h, err := p.plug(t.Context(), &cli{}, conf, mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// opened has the room of a house open while the test runs.
func opened(t *testing.T, h *house) {
	t.Helper()
	for _, a := range h.adapters {
		if a.kind != "web" {
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- a.Adapter.(chat.Listener).Listen(ctx, command.Tree(), h.desk, func(string) { close(ready) })
		}()
		<-ready
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

const quiet = `[library]
path = "."
[[subscription]]
name = "morning"
channels = ["web:general"]
`

func ask(t *testing.T, h http.Handler, host, path, token string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestHealthAndReadiness(t *testing.T) {
	mux := http.NewServeMux()
	h := plugged(t, quiet, mux)
	mountHealth(mux, h.adapters)
	if status, body := ask(t, mux, "127.0.0.1:8080", "/healthz", ""); status != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
	if status, body := ask(t, mux, "127.0.0.1:8080", "/readyz", ""); status != http.StatusServiceUnavailable || body != "discord: off\nslack: off\nweb: not connected\n" {
		t.Errorf("readyz before the room is open: %d %q", status, body)
	}
	opened(t, h)
	if status, body := ask(t, mux, "127.0.0.1:8080", "/readyz", ""); status != http.StatusOK || body != "discord: off\nslack: off\nweb: connected\n" {
		t.Errorf("readyz: %d %q", status, body)
	}
	mux = http.NewServeMux()
	mountHealth(mux, append(h.adapters, namedAdapter{"team", "slack", cut{cause: io.ErrUnexpectedEOF}}))
	if status, body := ask(t, mux, "127.0.0.1:8080", "/readyz", ""); status != http.StatusServiceUnavailable || !strings.HasSuffix(body, "team: not connected\n") {
		t.Errorf("readyz without a connection: %d %q", status, body)
	}
	if status, body := ask(t, mux, "127.0.0.1:8080", "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz without a connection: %d %q", status, body)
	}
}

func TestMetrics(t *testing.T) {
	h := plugged(t, quiet, nil)
	opened(t, h)
	m := newMetrics(h)
	at := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	slot := ledger.Slot{Subscription: "morning", At: at, Outcome: ledger.SlotNothing, Closed: at.Add(2 * time.Hour)}
	if err := h.ledger.SaveSlot(t.Context(), slot); err != nil {
		t.Fatal(err)
	}
	general := chat.Channel{Adapter: "web", ID: "general"}
	if err := h.ledger.Store(t.Context(), ledger.Stored{Name: "evening@web", Channel: general, Settings: "{}", At: at}); err != nil {
		t.Fatal(err)
	}
	if err := h.dispatcher.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := ledger.NewDelivery("2026-11-23-tech", "Tech", general, at)
	if _, err := h.ledger.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	m.delivery(x) // it has not ended
	x.Skip("not wanted", at)
	m.delivery(x)
	m.answered("web", "tag", 2*time.Millisecond)
	m.answered("web", "", time.Millisecond)
	mux := http.NewServeMux()
	m.mount(mux, "127.0.0.1:8080", chat.NewSecret("planted-metrics-token"))
	status, body := ask(t, mux, "127.0.0.1:8080", "/metrics", "")
	if status != http.StatusOK {
		t.Fatalf("metrics: %d %s", status, body)
	}
	for _, want := range []string{
		`digestbot_deliveries_total{adapter="web",state="skipped"} 1`,
		`digestbot_command_seconds_count{adapter="web",verb="tag"} 1`,
		`digestbot_command_seconds_count{adapter="web",verb="unknown"} 1`,
		`digestbot_connected{adapter="web"} 1`,
		`digestbot_deliveries_waiting 1`,
		`digestbot_deliveries_held 0`,
		`digestbot_library_digests 0`,
		`digestbot_slot_closed_timestamp_seconds{outcome="nothing to post",subscription="morning"} 1.795401e+09`,
		`digestbot_slot_next_timestamp_seconds{subscription="morning"}`,
		`digestbot_slot_next_timestamp_seconds{subscription="evening@web"}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s in\n%s", want, ours(body))
		}
	}
	if strings.Contains(body, `state="planned"`) || strings.Contains(body, `adapter="discord"`) || strings.Contains(body, "planted") {
		t.Errorf("metrics tell too much:\n%s", ours(body))
	}

	for _, c := range []struct {
		host, listen, token, shown string
		want                       int
	}{
		{"localhost:8080", "127.0.0.1:8080", "", "", 200},
		{"[::1]:8080", "[::1]:8080", "", "", 200},
		{"digest.example.org", "127.0.0.1:8080", "", "", 404},
		{"127.0.0.1", "127.0.0.1:8080", "", "", 404},
		{"127.0.0.1:8080", "0.0.0.0:8080", "", "", 404},
		{"127.0.0.1:8080", "0.0.0.0:8080", "", "x", 404},
		{"digest.example.org", "0.0.0.0:8080", "secret", "secret", 200},
		{"digest.example.org", "0.0.0.0:8080", "secret", "secrets", 404},
	} {
		mux := http.NewServeMux()
		m.mount(mux, c.listen, chat.NewSecret(c.token))
		if got, _ := ask(t, mux, c.host, "/metrics", c.shown); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// ours are the lines of our own metrics.
func ours(body string) (lines string) {
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "digestbot_") {
			lines += line
		}
	}
	return lines
}

func TestServerEndsStreamsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streaming := make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- serveHTTP(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			close(streaming)
			<-r.Context().Done()
		}), slog.New(slog.DiscardHandler))
	}()
	res, err := http.Get("http://" + ln.Addr().String()) //nolint:noctx // it ends with the server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	<-streaming
	cancel()
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
