package health_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

// inMemory passes requests to a handler without a network, so that tests can use fake time.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// The heartbeat starts after a minute and repeats at its interval. It stops while something
// is wrong, and the log says once why.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var beats []time.Duration
		var log bytes.Buffer
		begin, status, trouble := time.Now(), http.StatusOK, ""
		h := &health.Heartbeat{
			URL: chat.NewSecret("https://monitor.example/ping/planted"), Every: 2 * time.Minute, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Unwell: func(context.Context) string { mu.Lock(); defer mu.Unlock(); return trouble },
			Client: &http.Client{Transport: inMemory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if r.Method != http.MethodGet || r.URL.String() != "https://monitor.example/ping/planted" {
					t.Errorf("got %s %s", r.Method, r.URL)
				}
				beats = append(beats, time.Since(begin))
				w.WriteHeader(status)
			})}},
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { h.Run(ctx); close(done) }()
		after := func(d time.Duration, is string, answers, want int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(beats) != want {
				t.Errorf("after %v there were %d beats, want %d", time.Since(begin), len(beats), want)
			}
			trouble, status = is, answers
		}
		after(6*time.Minute, "discord:1: takes no posts", 200, 3) // at 1, 3 and 5 minutes
		after(6*time.Minute, "", 200, 3)
		after(2*time.Minute, "", 404, 4)
		after(4*time.Minute, "", 200, 6)
		after(2*time.Minute, "", 200, 7)
		stop()
		<-done
		got := log.String()
		for _, want := range []string{
			`level=WARN msg="heartbeat: held back, because not all is well" reason="discord:1: takes no posts"`,
			`level=WARN msg="heartbeat: it did not arrive, trying again" error="it answers 404"`, `level=INFO msg="heartbeat: sent again"`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the log does not say %s:\n%s", want, got)
			}
		}
		if strings.Count(got, "WARN") != 2 || strings.Contains(got, "planted") {
			t.Errorf("the log says too much:\n%s", got)
		}
	})
}

// Over real sockets: redirects are not followed, and no error reveals the URL.
func TestHeartbeatOverTheNetwork(t *testing.T) {
	asked := make(chan string, 9)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if strings.HasSuffix(r.URL.Path, "/moved") {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	}))
	defer server.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for address, want := range map[string]string{
		server.URL + "/planted":       "",
		server.URL + "/planted/moved": "it answers 302: use the URL that it redirects to",
		cut.URL + "/planted":          "EOF",
		closed.URL + "/planted":       "connect: connection refused",
	} {
		var log bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		looks := 0
		h := &health.Heartbeat{URL: chat.NewSecret(address), Every: time.Millisecond, Client: http.DefaultClient, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Unwell: func(context.Context) string {
				if looks++; looks == 3 {
					stop()
				}
				return ""
			}}
		h.Run(ctx)
		got := log.String()
		if want == "" && got != "" || !strings.Contains(got, want) || strings.Count(got, "WARN") > 1 || strings.Contains(got, "planted") {
			t.Errorf("%s: the log says %q, want %q", address, got, want)
		}
	}
	close(asked)
	for path := range asked {
		if !strings.HasPrefix(path, "/planted") {
			t.Errorf("somebody else was asked: %s", path)
		}
	}
}

// An invalid URL is refused without being revealed.
func TestParseURL(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://hc-ping.example/planted": true, "http://127.0.0.1:3001/api/push/planted?status=up": true,
		"hc-ping.example/planted": false, "ftp://planted": false, "https:///planted": false, "https://planted%zz": false, "planted": false,
	} {
		err := health.ParseURL(chat.NewSecret(text))
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
