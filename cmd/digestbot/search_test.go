package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
)

// shelf is a library that somebody changes by hand.
type shelf struct {
	library
	now *digest.Library
}

func (s *shelf) Library() *digest.Library { return s.now }

func (*shelf) Problems() []source.Problem { return nil }

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
		return digest.Rules{}.NewLibrary([]*digest.Digest{{ID: "a", Stories: []digest.Story{{Headline: headline}}}})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{now: of("Chainlit 漏洞")}
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
