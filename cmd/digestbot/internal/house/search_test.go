package house

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
)

// While serve is still indexing, a search without hits says that it is not ready; in the
// terminal, the index is updated first.
func TestSearchFollowsTheLibrary(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte("[library]\npath = \"posts\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(headline string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "posts"), 0o700); err != nil {
			t.Fatal(err)
		}
		text := "---\ntitle: News\n---\n\n### " + headline + "\n\nIt is so.\n\n**Source:** <https://example.org/a>\n"
		if err := os.WriteFile(filepath.Join(dir, "posts", "2026-11-29-news.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Chainlit 漏洞")
	conf, err := config.Read(file, adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	conf.State = filepath.Join(dir, "state")
	h, err := Open(t.Context(), conf, outside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	finds := func(search func(context.Context, string, int) ([]vocabulary.Place, error), words string, want int) {
		t.Helper()
		if hits, err := search(t.Context(), words, 9); err != nil || len(hits) != want {
			t.Errorf("%s is found %d times, %v, want %d", words, len(hits), err, want)
		}
	}
	if _, err := h.search(t.Context(), "漏洞", 9); !errors.Is(err, command.ErrNotReady) {
		t.Errorf("before there is an index: %v, want that it is not ready", err)
	}
	finds(h.searchNow, "漏洞", 1)
	finds(h.search, "漏洞", 1)
	finds(h.search, "芯片", 0)
	write("芯片 news, longer than before")
	if h.library, h.parts, err = outside.Libraries(h.Config).Open(t.Context(), h.shelf); err != nil {
		t.Fatal(err)
	}
	finds(h.searchNow, "芯片", 1)
	finds(h.search, "漏洞", 0)
}

// The desk learns the library at once, after a change when some time has passed, and also
// after a panic.
func TestLearn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var learnt atomic.Int64 // atomic, because Wait does not order later writes after a read
		bug := false
		var log strings.Builder
		h := &House{Log: slog.New(slog.NewTextHandler(&log, nil)), Desk: &command.Desk{Library: func() *digest.Library {
			if learnt.Add(1); bug {
				panic("a bug")
			}
			return digest.Rules{}.NewLibrary(nil)
		}}}
		changed := make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { h.learn(ctx, changed); close(ended) }()
		defer func() { stop(); <-ended }()
		step := func(what string, sleep time.Duration, want int64) {
			t.Helper()
			time.Sleep(sleep)
			synctest.Wait()
			if got := learnt.Load(); got != want {
				t.Errorf("%s: learnt %d times, want %d", what, got, want)
			}
		}
		step("at once", 0, 1)
		step("without a change", time.Hour, 1)
		bug = true
		changed <- struct{}{}
		step("after a change", 0, 2)
		bug = false
		changed <- struct{}{}
		step("another at once", 0, 2)
		step("when it has rested", learned, 3)
		if got := strings.Count(log.String(), "digestbot has a bug"); got != 1 {
			t.Errorf("the log says %s", log.String())
		}
	})
}
