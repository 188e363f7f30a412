package panics_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/panics"
)

func TestContain(t *testing.T) {
	refused := errors.New("refused")
	var nothing []int
	for _, tt := range []struct {
		name   string
		do     func() error
		want   string // the error
		logged string // among others; empty for nothing
	}{
		{"well", func() error { return nil }, "", ""},
		{"an error", func() error { return refused }, "refused", ""},
		{"the end of a context", func() error { return context.Canceled }, "context canceled", ""},
		{"words", func() error { panic("@everyone \u202e<!channel>") }, "digestbot has a bug: it could not post it; the log has the stack", "panic=\"@everyone \\u202e<!channel>\""},
		{"a runtime error", func() error { _ = nothing[3]; return nil }, "digestbot has a bug: it could not post it; the log has the stack", "index out of range [3]"},
		{"an error that is thrown", func() error { panic(refused) }, "digestbot has a bug: it could not post it; the log has the stack", "panic=refused"},
		{"nil", func() error { panic(nil) }, "digestbot has a bug: it could not post it; the log has the stack", "panic called with nil argument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			err := panics.Contain(slog.New(slog.NewTextHandler(&log, nil)), "post it", tt.do, "channel", "a:1")
			if got := text(err); got != tt.want {
				t.Errorf("got the error %q, want %q", got, tt.want)
			}
			if tt.logged == "" {
				if log.Len() > 0 {
					t.Errorf("got the log %q, want none", log.String())
				}
				return
			}
			for _, want := range []string{"level=ERROR", `task="post it"`, "channel=a:1", tt.logged, "stack=", "TestContain"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("got the log %q, want one with %q", log.String(), want)
				}
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A goroutine that exits, as in a failing test, does not have a bug.
func TestContainLetsAGoroutineEnd(t *testing.T) {
	var log bytes.Buffer
	var running sync.WaitGroup
	went := false
	running.Go(func() {
		_ = panics.Contain(slog.New(slog.NewTextHandler(&log, nil)), "end", func() error { runtime.Goexit(); return nil })
		went = true
	})
	running.Wait()
	if went || log.Len() > 0 {
		t.Errorf("it went on: %t, with the log %q", went, log.String())
	}
}

func TestHandler(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/well", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "well") })
	mux.HandleFunc("/before", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "7")
		panic("before")
	})
	mux.HandleFunc("/between", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half of it")
		_ = http.NewResponseController(w).Flush()
		panic("between")
	})
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	var log book
	sorry := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) }
	s := httptest.NewUnstartedServer(panics.Handler(slog.New(slog.NewTextHandler(&log, nil)), mux, sorry))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.Start()
	defer s.Close()
	client := &http.Client{Timeout: time.Minute}
	for _, tt := range []struct {
		path   string
		status int // 0 for an incomplete response
		body   string
		logged string // empty for nothing
	}{
		{"/well", 200, "well", ""},
		{"/before", 500, "sorry\n", "panic=before"},
		{"/between", 0, "", "panic=between"},
		{"/abort", 0, "", ""},
		{"/well", 200, "well", ""},
	} {
		log.take()
		status, body := get(t, client, s.URL+tt.path)
		if status != tt.status || body != tt.body {
			t.Errorf("%s: got %d %q, want %d %q", tt.path, status, body, tt.status, tt.body)
		}
		if logged := log.take(); (tt.logged == "") != (logged == "") || !strings.Contains(logged, tt.logged) {
			t.Errorf("%s: got the log %q, want %q in it", tt.path, logged, tt.logged)
		} else if logged != "" && (!strings.Contains(logged, "level=ERROR") || !strings.Contains(logged, "path="+tt.path)) {
			t.Errorf("%s: got the log %q, want the path in it, at ERROR", tt.path, logged)
		}
	}
}

// book is a log for concurrent writers.
type book struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since the last time.
func (b *book) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

// get returns a complete response; 0 if there is none.
func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(data)
}
