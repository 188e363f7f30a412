package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/search"
	"github.com/digestbot/digestbot/digest/source"
)

// TestSearchCatchesUp: an index that could not be opened or written for a while, as
// on a full disk, is brought up to date by itself when it can be.
func TestSearchCatchesUp(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(config, []byte("[library]\npath = \".\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p := &program{kinds: adapters.Kinds, out: io.Discard, err: &log, getenv: func(string) string { return "" }}
	h, err := p.open(t.Context(), &cli{Config: config, State: filepath.Join(dir, "state")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if err := os.Mkdir(h.config.searchFile(), 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := &handmade{now: digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{{Card: digest.Card{ID: "a"}, Stories: []digest.Story{{Headline: "漏洞"}}}}))}
		h.library, h.desk.Library = s, s.Library
		f := newFinder()
		var full atomic.Bool
		update := f.update
		f.update = func(ctx context.Context, index *search.Index, l *digest.Library) error {
			if full.Load() {
				return errors.New("database or disk is full")
			}
			return update(ctx, index, l)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { f.run(ctx, h); close(ended) }()
		defer func() { stop(); <-ended }()
		finds := func(words string, want int) {
			t.Helper()
			synctest.Wait()
			if hits, err := f.find(ctx, words, 9); err != nil || len(hits) != want {
				t.Errorf("%s is found %d times, %v, want %d", words, len(hits), err, want)
			}
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if _, err := f.find(t.Context(), "漏洞", 9); !errors.Is(err, command.ErrNotReady) {
			t.Errorf("without an index: %v, want that it is not ready", err)
		}
		if err := os.Remove(h.config.searchFile()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * retried)
		finds("漏洞", 1)
		full.Store(true)
		s.now = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{{Card: digest.Card{ID: "a"}, Stories: []digest.Story{{Headline: "芯片"}}}}))
		f.refresh()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if _, err := f.find(t.Context(), "芯片", 9); !errors.Is(err, command.ErrNotReady) {
			t.Errorf("what the index lacks: %v, want that it is not ready", err)
		}
		finds("漏洞", 1) // what was there before
		full.Store(false)
		time.Sleep(2 * retried)
		finds("芯片", 1)
	})
	for text, want := range map[string]int{"it is not a file": 1, "database or disk is full": 1, "follows the library again": 2} {
		if got := strings.Count(log.String(), text); got != want {
			t.Errorf("%q is logged %d times, want %d:\n%s", text, got, want, log.String())
		}
	}
}

// handmade is a library that somebody changes by hand.
type handmade struct {
	library
	now *digest.Library
}

func (s *handmade) Library() *digest.Library { return s.now }

func (*handmade) Problems() []source.Problem { return nil }

// The index of serve follows the library, and until there is one a search says
// so.
func TestSearchFollowsTheLibrary(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(config, []byte("[library]\npath = \".\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &program{kinds: adapters.Kinds, out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
	h, err := p.open(t.Context(), &cli{Config: config, State: filepath.Join(dir, "state")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	of := func(headline string) *digest.Library {
		return digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{{Card: digest.Card{ID: "a"}, Stories: []digest.Story{{Headline: headline}}}}))
	}
	synctest.Test(t, func(t *testing.T) {
		s := &handmade{now: of("Chainlit 漏洞")}
		h.library, h.desk.Library = s, s.Library
		f := newFinder()
		if _, err := f.find(t.Context(), "漏洞", 9); !errors.Is(err, command.ErrNotReady) {
			t.Errorf("before there is an index: %v, want that it is not ready", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { f.run(ctx, h); close(ended) }()
		finds := func(words string, want int) {
			t.Helper()
			synctest.Wait()
			if hits, err := f.find(ctx, words, 9); err != nil || len(hits) != want {
				t.Errorf("%s is found %d times, %v, want %d", words, len(hits), err, want)
			}
		}
		finds("漏洞", 1)
		s.now = of("芯片")
		finds("芯片", 0)
		f.refresh()
		f.refresh() // the second finds the first still waiting
		finds("芯片", 0)
		time.Sleep(followed)
		finds("芯片", 1)
		finds("漏洞", 0)
		time.Sleep(time.Hour)
		s.now = of("量子")
		f.refresh()
		finds("量子", 1) // at once, after a rest
		s.now = nil    // a bug: nothing can be made of it
		time.Sleep(followed)
		f.refresh()
		finds("量子", 1)
		s.now = of("量子计算")
		time.Sleep(followed)
		f.refresh()
		finds("计算", 1)
		stop()
		<-ended
		if _, err := f.find(t.Context(), "量子", 9); !errors.Is(err, command.ErrNotReady) {
			t.Errorf("when it has ended: %v, want that it is not ready", err)
		}
	})
	if hits, err := h.findNow(t.Context(), "量子", 9); err != nil || len(hits) != 1 {
		t.Errorf("in the terminal it is found %d times, %v, want once", len(hits), err)
	}
}
