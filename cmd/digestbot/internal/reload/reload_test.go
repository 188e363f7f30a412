package reload

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAsk: a process that can read the state folder is answered; for others the path does
// not exist.
func TestAsk(t *testing.T) {
	state := t.TempDir()
	if _, err := Ask(t.Context(), state); !errors.Is(err, ErrNotServing) {
		t.Errorf("where no bot is: %v", err)
	}
	asked := 0
	var wrong error
	c := NewControl(state, "/etc/digestbot/config.toml", func(context.Context) (string, error) { asked++; return "1 library", wrong })
	server := httptest.NewServer(c)
	defer server.Close()
	address := server.Listener.Addr().String()
	if err := c.Open(address); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(state, fileName)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file: %v %v", info.Mode(), err)
	}
	if about, err := Ask(t.Context(), state); err != nil || about != "1 library" || asked != 1 {
		t.Errorf("got %q, %v", about, err)
	}
	wrong = errors.New("config.toml:1:1: stat: there is no such key\n@everyone <!channel>")
	if _, err := Ask(t.Context(), state); err == nil || err.Error() != wrong.Error() {
		t.Errorf("a mistake is told as %v", err)
	} else if _, ok := errors.AsType[*RefusedError](err); !ok {
		t.Errorf("a mistake is told as %T", err)
	}

	var at stored
	if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, &at) != nil || at.Token == "" {
		t.Fatalf("the file has %s, %v", data, err)
	}
	asked = 0
	for _, x := range []struct{ about, method, token, header string }{
		{"another token", http.MethodPost, at.Token + "x", ""},
		{"no token", http.MethodPost, "", ""},
		{"a link", http.MethodGet, at.Token, ""},
		{"a proxy", http.MethodPost, at.Token, "X-Forwarded-For"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), x.method, "http://"+address+Path, nil)
		r.RemoteAddr = "127.0.0.1:50000"
		if x.token != "" {
			r.Header.Set("Authorization", "Bearer "+x.token)
		}
		if x.header != "" {
			r.Header.Set(x.header, "127.0.0.1")
		}
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || asked != 0 {
			t.Errorf("%s: %d, asked %d times", x.about, w.Code, asked)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+Path, nil)
	r.Header.Set("Authorization", "Bearer "+at.Token)
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r) // from 192.0.2.1
	if w.Code != http.StatusNotFound || asked != 0 {
		t.Errorf("another machine: %d, asked %d times", w.Code, asked)
	}

	// A leftover file leads to no process, or to another program.
	server.Close()
	if _, err := Ask(t.Context(), state); !errors.Is(err, ErrNotServing) {
		t.Errorf("when the bot was killed: %v", err)
	}
	another := httptest.NewServer(http.NotFoundHandler())
	defer another.Close()
	if err := c.Open(another.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if _, err := Ask(t.Context(), state); !errors.Is(err, ErrNotServing) {
		t.Errorf("when another program has the port: %v", err)
	}
	c.Close()
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file stays: %v", err)
	}
}

func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", ":80": "127.0.0.1:80", "[::]:80": "[::1]:80", "192.0.2.1:80": "192.0.2.1:80", "localhost:80": "localhost:80",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%s is reached at %s, want %s", listen, got, want)
		}
	}
}

// TestWatch: look is called, however a file changes.
func TestWatch(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	folder := t.TempDir()
	file, linked := filepath.Join(folder, "config.toml"), filepath.Join(folder, "token")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	write(file, "1")
	write(filepath.Join(elsewhere, "secret"), "1")
	must(os.Symlink(filepath.Join(elsewhere, "secret"), linked))
	changed := make(chan string, 100)
	last := ""
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	files := []string{file, linked}
	go func() {
		defer close(ended)
		Watch(ctx, slog.New(slog.DiscardHandler), func() []string { return files }, func() {
			now := Contents(files...)
			if text := now[file] + now[linked]; text != last {
				last = text
				changed <- text
			}
		})
	}()
	next := func(what string) {
		t.Helper()
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatalf("nobody looks when %s", what)
		}
	}
	next("it begins")
	write(file, "2")
	next("a file is written")
	write(file+".new", "3")
	must(os.Rename(file+".new", file))
	next("an editor puts another file in its place")
	write(filepath.Join(elsewhere, "secret"), "2")
	next("what a link leads to is written")
	must(os.Remove(file))
	next("it is removed")
	write(file, "4")
	next("it is back")
	stop()
	<-ended
	if len(changed) > 0 {
		t.Errorf("somebody looked %d times more", len(changed))
	}
	if got := Contents(filepath.Join(folder, "none")); !strings.HasSuffix(got[filepath.Join(folder, "none")], " true") {
		t.Errorf("a file that is not there is %q", got)
	}
}
