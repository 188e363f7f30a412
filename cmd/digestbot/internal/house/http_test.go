package house

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

func TestTakenPort(t *testing.T) {
	c := &config.Config{HTTP: config.HTTP{Listen: "127.0.0.1:0"}}
	ln, err := bind(t.Context(), c, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if c.HTTP.Listen != ln.Addr().String() {
		t.Errorf("the address is %s, want %s", c.HTTP.Listen, ln.Addr())
	}
	_, err = bind(t.Context(), c, "")
	if err == nil || !strings.HasPrefix(err.Error(), "http.listen: "+ln.Addr().String()) || !strings.Contains(err.Error(), "another port") {
		t.Errorf("a taken port: %v, want the setting, the address and what to do", err)
	}
}

// cut is an adapter that is on but cannot be reached, because of cause.
type cut struct {
	adapters.Adapter
	cause error
}

func (cut) Capabilities() chat.Capabilities { return chat.Capabilities{} }
func (c cut) Connection() error             { return c.cause }

// outside is a program without environment variables and output.
var outside = Outside{
	Version: "(test)", Getenv: func(string) string { return "" }, Log: slog.New(slog.DiscardHandler),
	While: func(_ func() string, do func() error) error { return do() },
}

// plugged returns a house of the configuration, with its state in a temporary folder.
func plugged(t *testing.T, text string, mux *http.ServeMux) *House {
	t.Helper()
	dir := t.TempDir()
	conf, err := config.Parse(filepath.Join(dir, "config.toml"), []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), conf, outside, mux, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// opened keeps the room of a house open during the test.
func opened(t *testing.T, h *House) {
	t.Helper()
	for _, a := range h.adapters {
		if a.Kind != "web" {
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		ready, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- a.Adapter.(chat.Listener).Listen(ctx, command.Tree(), h.Desk, func(string) { close(ready) })
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

func ask(t *testing.T, h http.Handler, host, path, token string, marks ...string) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, mark := range marks {
		r.Header.Set(mark, "203.0.113.7")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestHealthAndReadiness(t *testing.T) {
	h := plugged(t, quiet, http.NewServeMux())
	check := func(when string, status int, stranger, friend string) {
		t.Helper()
		for tells, want := range map[bool]string{false: stranger, true: friend} {
			mux := http.NewServeMux()
			mountHealth(mux, h.checker(), func(*http.Request) bool { return tells })
			if status, body := ask(t, mux, "127.0.0.1:8080", "/healthz", ""); status != http.StatusOK || body != "ok\n" {
				t.Errorf("healthz, %s: %d %q", when, status, body)
			}
			if got, body := ask(t, mux, "127.0.0.1:8080", "/readyz", ""); got != status || body != want {
				t.Errorf("readyz, %s: %d %q, want %d %q", when, got, body, status, want)
			}
		}
	}
	check("before the room is open", 503, "not ready\n", "discord: off\nslack: off\nweb: not connected\nledger: ok\n")
	opened(t, h)
	check("when it is", 200, "ok\n", "discord: off\nslack: off\nweb: connected\nledger: ok\n")
	h.adapters = append(h.adapters, Adapter{"team", "slack", cut{cause: io.ErrUnexpectedEOF}})
	h.Dispatcher.Platforms.Adapters["team"] = h.adapters[3].Adapter
	check("without a connection", 503, "not ready\n", "discord: off\nslack: off\nweb: connected\nteam: not connected\nledger: ok\n")
	h.adapters = h.adapters[:3]
	file := h.Config.LedgerFile()
	if err := os.Rename(file, file+".moved"); err != nil {
		t.Fatal(err)
	}
	check("without the ledger", 503, "not ready\n", "discord: off\nslack: off\nweb: connected\nledger: "+file+": the file was removed or replaced while it was in use, "+
		"so nothing can be recorded: stop digestbot, put the file or its newest backup in its place and start it again\n")
}

// TestWhoIsToldOfTheBotItself requests the paths that are not the room's, from all kinds of
// clients. With a public URL, a proxy on this machine may look like a person there.
func TestWhoIsToldOfTheBotItself(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("planted-room-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	const metricsToken = "planted-metrics-token"
	mux := func(table, token string) http.Handler {
		mux := http.NewServeMux()
		h := plugged(t, "[http]\n"+table+"\n[adapters.web]\ntoken_file = '"+file+"'\n"+quiet, mux)
		opened(t, h)
		h.mount(mux, h.checker(), h.metrics(h.checker()), chat.NewSecret(token))
		return mux
	}
	const here, public = `listen = "127.0.0.1:8080"`, "listen = \"127.0.0.1:8080\"\nurl = \"https://digest.example.org\""
	for _, c := range []struct {
		table, token string // of the bot
		host, shown  string
		marks        []string
		names        bool // whether /readyz names the adapters
		metrics      int
	}{
		{here, "", "127.0.0.1:8080", "", nil, true, 200},
		{here, "", "localhost:8080", "", nil, true, 200},
		{here, "", "127.0.0.1:8080", "", []string{"X-Forwarded-For"}, false, 403},
		{here, "", "127.0.0.1:8080", "", []string{"Forwarded"}, false, 403},
		{here, "", "127.0.0.1:8080", "", []string{"Via"}, false, 403},
		{here, "", "127.0.0.1:8080", "guess", []string{"Via"}, false, 403},
		{here, "", "digest.example.org", "", nil, false, 403},
		{here, "", "127.0.0.1:8081", "", nil, false, 403},
		{here, metricsToken, "127.0.0.1:8080", "", nil, true, 200},
		{here, metricsToken, "127.0.0.1:8080", "", []string{"Via"}, false, 401},
		{here, metricsToken, "127.0.0.1:8080", metricsToken, []string{"Via"}, true, 200},
		{here + "\nurl = \"http://localhost:9000\"", "", "127.0.0.1:8080", "", nil, true, 200},
		{public, "", "127.0.0.1:8080", "", nil, false, 403},
		{public, "", "digest.example.org", "", []string{"X-Forwarded-For"}, false, 403},
		{public, metricsToken, "127.0.0.1:8080", "", nil, false, 401},
		{public, metricsToken, "digest.example.org", metricsToken, []string{"X-Forwarded-For"}, true, 200},
		{public, metricsToken, "digest.example.org", metricsToken + "s", []string{"X-Forwarded-For"}, false, 401},
		{`listen = "0.0.0.0:8080"`, "", "127.0.0.1:8080", "", nil, false, 403},
		{`listen = "0.0.0.0:8080"`, "", "localhost:8080", "", []string{"Via"}, false, 403},
		{`listen = "0.0.0.0:8080"`, metricsToken, "127.0.0.1:8080", "", nil, false, 401},
		{`listen = "0.0.0.0:8080"`, metricsToken, "127.0.0.1:8080", metricsToken, nil, true, 200},
		{`listen = "127.0.0.1:80"`, "", "localhost", "", nil, true, 200},
		{`listen = "[::1]:8080"`, "", "[::1]:8080", "", nil, true, 200},
	} {
		h := mux(c.table, c.token)
		status, body := ask(t, h, c.host, "/readyz", c.shown, c.marks...)
		if want := map[bool]string{false: "ok\n", true: "discord: off\nslack: off\nweb: connected\nledger: ok\n"}[c.names]; status != 200 || body != want {
			t.Errorf("%+v: readyz %d %q", c, status, body)
		}
		if status, body := ask(t, h, c.host, "/healthz", c.shown, c.marks...); status != 200 || body != "ok\n" {
			t.Errorf("%+v: healthz %d %q", c, status, body)
		}
		status, body = ask(t, h, c.host, "/metrics", c.shown, c.marks...)
		if status != c.metrics || status != 200 && strings.Contains(body, "digestbot_") || strings.Contains(body, "planted") ||
			status == 403 && !strings.Contains(body, "set DIGESTBOT_METRICS_TOKEN or metrics_token_file") {
			t.Errorf("%+v: metrics %d %.200q", c, status, body)
		}
		// If this machine may not read them either, the answer does not say that it may.
		alone := strings.Contains(c.table, "listen = \"0.0.0.0") || strings.Contains(c.table, "example.org")
		if status == 403 && (strings.Contains(body, "available only on this machine") == alone || strings.Contains(body, "can be reached from other machines") != alone) {
			t.Errorf("%+v: metrics say %q", c, body)
		}
	}

	// People who have signed in see names, whichever way they come.
	h := mux(public, "")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://digest.example.org/login", strings.NewReader("token=planted-room-token"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].Secure {
		t.Fatalf("sign in: %d, %v", w.Code, cookies)
	}
	r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://digest.example.org/readyz", nil)
	r.AddCookie(cookies[0])
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.String() != "discord: off\nslack: off\nweb: connected\nledger: ok\n" {
		t.Errorf("who has signed in is told %q", w.Body)
	}
}

func TestWrongMetricsTokensAreLogged(t *testing.T) {
	var log bytes.Buffer
	h := plugged(t, quiet, nil)
	mux := http.NewServeMux()
	mountMetrics(mux, h.metrics(h.checker()), config.HTTP{Listen: "0.0.0.0:8080"}, &bearer{token: chat.NewSecret("planted-metrics-token"), log: slog.New(slog.NewTextHandler(&log, nil))})
	for i := range 30 {
		want := 401
		if i >= 10 {
			want = 429
		}
		if status, _ := ask(t, mux, "digest.example.org", "/metrics", "planted-guess"); status != want {
			t.Errorf("wrong token %d: %d", i+1, status)
		}
		if status, _ := ask(t, mux, "digest.example.org", "/metrics", ""); status != 401 {
			t.Errorf("without a token: %d", status)
		}
	}
	if status, _ := ask(t, mux, "digest.example.org", "/metrics", "planted-metrics-token"); status != 200 {
		t.Errorf("the right token is locked out: %d", status)
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 11 || strings.Count(got, "for=metrics address=192.0.2.1") != 11 || strings.Contains(got, "planted") {
		t.Errorf("the log:\n%s", got)
	}
}

// TestWrongMetricsTokensCountEverywhere: /readyz distinguishes right tokens from wrong
// ones, so guesses there are counted together with those at /metrics.
func TestWrongMetricsTokensCountEverywhere(t *testing.T) {
	var log bytes.Buffer
	h := plugged(t, quiet, http.NewServeMux())
	opened(t, h)
	h.Log = slog.New(slog.NewTextHandler(&log, nil))
	const host, token, names = "digest.example.org", "planted-metrics-token", "discord: off\nslack: off\nweb: connected\nledger: ok\n"
	mux := http.NewServeMux()
	h.mount(mux, h.checker(), h.metrics(h.checker()), chat.NewSecret(token))
	for range 15 {
		if status, body := ask(t, mux, host, "/readyz", "planted-guess"); status != 200 || body != "ok\n" {
			t.Errorf("a wrong token: %d %q, want what strangers get", status, body)
		}
		if status, body := ask(t, mux, host, "/readyz", ""); status != 200 || body != "ok\n" {
			t.Errorf("no token: %d %q", status, body)
		}
	}
	if status, _ := ask(t, mux, host, "/metrics", "planted-guess"); status != 429 {
		t.Errorf("the first wrong token at /metrics after 15 at /readyz: %d, want 429", status)
	}
	if status, body := ask(t, mux, host, "/readyz", token); status != 200 || body != names {
		t.Errorf("the right token: %d %q", status, body)
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 11 || strings.Count(got, "for=readyz address=192.0.2.1") != 11 || strings.Contains(got, "planted") {
		t.Errorf("the log:\n%s", got)
	}

	// Clients that may see names anyway need no token, and without a configured token none
	// is wrong.
	log.Reset()
	if status, body := ask(t, mux, "127.0.0.1:8080", "/readyz", "planted-guess"); status != 200 || body != names {
		t.Errorf("on this machine: %d %q", status, body)
	}
	mux = http.NewServeMux()
	h.mount(mux, h.checker(), h.metrics(h.checker()), chat.Secret{})
	if status, body := ask(t, mux, host, "/readyz", "planted-guess"); status != 200 || body != "ok\n" || log.Len() > 0 {
		t.Errorf("without a token of the metrics: %d %q, and the log\n%s", status, body, &log)
	}
}

// TestBearerIsReadAsTheStandardSays: the scheme is case-insensitive, and several spaces may
// follow it (https://www.rfc-editor.org/rfc/rfc9110#section-11.1).
func TestBearerIsReadAsTheStandardSays(t *testing.T) {
	const token = "planted-metrics-token"
	for header, want := range map[string]bool{
		"Bearer " + token: true, "bearer " + token: true, "BEARER " + token: true, "bEaReR " + token: true, "Bearer  " + token: true,
		token: false, "Bearer": false, "Bearer\t" + token: false, "Bearer" + token: false, "Basic " + token: false, "bearers " + token: false,
		"bearer " + strings.ToUpper(token): false, "bearer " + token + " x": false, " " + token: false, "": false,
	} {
		b := &bearer{token: chat.NewSecret(token), log: slog.New(slog.DiscardHandler)}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://digest.example.org/metrics", nil)
		r.Header.Set("Authorization", header)
		if right, _ := b.check(r, "metrics"); right != want {
			t.Errorf("with %q it is %v", header, right)
		}
	}
}

func TestMetrics(t *testing.T) {
	h := plugged(t, quiet, nil)
	opened(t, h)
	m := h.metrics(h.checker())
	at := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	slot := ledger.Slot{Subscription: "morning", At: at, Outcome: ledger.SlotNothing, Closed: at.Add(2 * time.Hour)}
	if err := h.Ledger.SaveSlot(t.Context(), slot); err != nil {
		t.Fatal(err)
	}
	general := chat.Channel{Adapter: "web", ID: "general"}
	if err := h.Ledger.Store(t.Context(), ledger.Stored{Name: "evening@web", Channel: general, Settings: "{}", At: at}); err != nil {
		t.Fatal(err)
	}
	if err := h.Dispatcher.Subscriptions.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := ledger.NewDelivery("2026-11-23-tech", "Tech", general, at)
	if _, err := h.Ledger.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	m.Delivery(x) // it has not ended
	x.Skip("not wanted", at)
	m.Delivery(x)
	m.Answered("web", "tag", 2*time.Millisecond)
	m.Answered("web", "", time.Millisecond)
	mux := http.NewServeMux()
	mountMetrics(mux, m, config.HTTP{Listen: "127.0.0.1:8080"}, &bearer{token: chat.NewSecret("planted-metrics-token"), log: h.Log})
	status, body := ask(t, mux, "127.0.0.1:8080", "/metrics", "")
	if status != http.StatusOK {
		t.Fatalf("metrics: %d %s", status, body)
	}
	for _, want := range []string{
		`digestbot_deliveries_total{adapter="web",reason="the platform's words",state="skipped"} 1`,
		`digestbot_command_seconds_count{adapter="web",verb="tag"} 1`,
		`digestbot_command_seconds_count{adapter="web",verb="unknown"} 1`,
		`digestbot_connected{adapter="web"} 1`,
		`digestbot_deliveries_waiting 1`,
		`digestbot_deliveries_held 0`,
		`digestbot_library_digests{library=""} 0`,
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
}

// ours returns the lines of our own metrics.
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

// A request whose handler panics is answered with the apology, and logged with the stack;
// the next request is answered.
func TestBugInARequest(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/well", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "well") })
	mux.HandleFunc("/bug", func(http.ResponseWriter, *http.Request) { panic("a bug in a handler") })
	var log bytes.Buffer
	served := make(chan error, 1)
	go func() { served <- serveHTTP(ctx, ln, mux, slog.New(slog.NewTextHandler(&log, nil))) }()
	for _, tt := range []struct {
		path, want string
		status     int
	}{
		{"/bug", "Sorry, that did not work.", http.StatusInternalServerError},
		{"/well", "well", http.StatusOK},
	} {
		resp, err := http.Get("http://" + ln.Addr().String() + tt.path) //nolint:noctx // it ends with the server
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || !strings.HasPrefix(string(body), tt.want) {
			t.Errorf("%s: got %d %q, %v, want %d %q", tt.path, resp.StatusCode, body, err, tt.status, tt.want)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	for _, want := range []string{"level=ERROR", "path=/bug", "a bug in a handler", "TestBugInARequest"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got the log %q, want %q in it", &log, want)
		}
	}
}
