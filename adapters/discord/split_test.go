package discord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/bot/chat"
)

// What is laid out smaller is smaller, keeps to all limits, can be stamped and
// says the same words in the same order.
func TestSplit(t *testing.T) {
	a := &Adapter{}
	split := 0
	for _, s := range adaptertest.Specimens() {
		name, m := s.Name, s.Message
		payloads, err := a.Render(m)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range payloads {
			pieces := a.Split(p)
			if pieces == nil {
				continue
			}
			split++
			var said []string
			for _, piece := range pieces {
				if err := check(piece); err != nil || len(piece) >= len(p) {
					t.Errorf("%s, part %d: a piece of %d bytes out of %d: %v", name, i+1, len(piece), len(p), err)
				}
				if _, err := stamp(piece, "abcdefghijklmnopqrst-1"); err != nil {
					t.Errorf("%s, part %d: %v", name, i+1, err)
				}
				said = append(said, texts(piece)...)
			}
			if got, want := wordsOf(said), wordsOf(texts(p)); got != want {
				t.Errorf("%s, part %d says\n%s\nwant\n%s", name, i+1, got, want)
			}
		}
	}
	if split < 10 {
		t.Errorf("%d payloads could be split: the test does not bite", split)
	}
	if got := a.Split(chat.Payload(`{"content":"one line","components":[],"allowed_mentions":{"parse":[]}}`)); got != nil {
		t.Errorf("one line was split into %s", got)
	}
}

// wordsOf are words without what only the layout needs.
func wordsOf(texts []string) string {
	var words []string
	for _, s := range texts {
		words = append(words, strings.Fields(strings.ReplaceAll(s, "…", " "))...)
	}
	slices.Sort(words) // links stand behind the text that they are in
	return strings.Join(words, " ")
}

// A server that fails on each message above a size takes what Split makes of it.
func TestWall(t *testing.T) {
	s := newStand(t)
	payloads, err := s.Render(chat.Message{Title: "Long", Blocks: stories(12)})
	if err != nil {
		t.Fatal(err)
	}
	p := payloads[0]
	s.fake.Wall = len(p) * 2 / 3
	for range 2 {
		if _, err := s.Send(t.Context(), channelOf, p, "abcdefghijklmnopqrst-1"); chat.OutcomeOf(err) != chat.InDoubt || !strings.Contains(err.Error(), "500") {
			t.Fatalf("%d bytes: %v", len(p), err)
		}
	}
	if _, err := s.Find(t.Context(), channelOf, "abcdefghijklmnopqrst-1", time.Now().Add(-time.Minute)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("found: %v", err)
	}
	pieces := s.Split(p)
	for i, piece := range pieces {
		if _, err := s.Send(t.Context(), channelOf, piece, chat.Key(fmt.Sprintf("abcdefghijklmnopqrst-%d", i+2))); err != nil {
			t.Errorf("%d bytes: %v", len(piece), err)
		}
	}
	if n := len(s.fake.Messages(testChannel)); n != len(pieces) || n < 2 {
		t.Errorf("%d messages stand, want %d", n, len(pieces))
	}
}
