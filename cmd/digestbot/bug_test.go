package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
)

// spoken collects the output of a program, with concurrent writers.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{} // has room for one
}

func newSpoken() *spoken { return &spoken{news: make(chan struct{}, 1)} }

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// until waits for words in the output.
func (s *spoken) until(t *testing.T, words string) {
	t.Helper()
	patience := time.After(time.Minute)
	for !strings.Contains(s.String(), words) {
		select {
		case <-s.news:
		case <-patience:
			t.Fatalf("nobody says %q:\n%s", words, s)
		}
	}
}

// deaf is an adapter that panics in Listen.
type deaf struct{ adapters.Adapter }

func (deaf) Listen(context.Context, chat.Command, chat.Handler, func(string)) error {
	panic("a bug in Listen")
}

// withBug returns a program with an additional kind of adapter, and a library folder.
func withBug(t *testing.T, open func(chat.Env, any) (adapters.Adapter, error)) (p *program, args []string, log *spoken) {
	t.Helper()
	kind := adapters.Kinds[0] // the web room
	for _, k := range adapters.Kinds {
		if k.Name == "web" {
			kind = k
		}
	}
	broken := kind
	broken.Name, broken.Open = "broken", func(env chat.Env, config any) (adapters.Adapter, error) {
		env.Mount = nil
		if open != nil {
			return open(env, config)
		}
		a, err := kind.Open(env, config)
		return deaf{a}, err
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config.toml": "[http]\nlisten = \"127.0.0.1:0\"\n[library]\npath = \"posts\"\n[adapters.web]\n[adapters.broken]\n",
		"posts/a.md":  "---\ntitle: A\ndate: 2026-01-02\n---\n### One\n\nText.\n\n**Source:** https://example.org/\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	log = newSpoken()
	return &program{kinds: []adapters.Kind{kind, broken}, out: io.Discard, err: log, getenv: func(string) string { return "" }},
		[]string{"--config", filepath.Join(dir, "config.toml"), "--state-dir", filepath.Join(dir, "state")}, log
}

// An adapter that panics while it listens receives no commands; the others listen, and the
// bot keeps running.
func TestBugInAListener(t *testing.T) {
	p, args, log := withBug(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- run(ctx, p, append(args, "serve")) }()
	log.until(t, `"msg":"adapter: receives no commands until the configuration is reloaded or digestbot is restarted","adapter":"broken","error":"digestbot has a bug`)
	log.until(t, `"msg":"adapter: reached","adapter":"web","where":"http://127.0.0.1:`)
	stop()
	if code := <-code; code != 0 {
		t.Errorf("it ended with %d:\n%s", code, log)
	}
	if !strings.Contains(log.String(), `"level":"ERROR"`) || !strings.Contains(log.String(), "deaf.Listen") {
		t.Errorf("got the log %q, want the stack in it", log)
	}
}

// A command that panics fails with a message, and closes what it had opened.
func TestBugInACommand(t *testing.T) {
	p, args, log := withBug(t, func(chat.Env, any) (adapters.Adapter, error) { panic("a bug in Open") })
	if code := run(t.Context(), p, append(args, "ask", "help")); code != 1 {
		t.Errorf("it ended with %d, want 1", code)
	}
	for _, want := range []string{" ERROR panics: digestbot has a bug ", "a bug in Open", "stack=", "\ndigestbot: digestbot has a bug: it could not finish this command; the log has the stack\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got the log %q, want %q in it", log, want)
		}
	}
}
