package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
)

// BenchmarkPost measures composing, laying out and writing a digest for each platform,
// against its floor: json.Marshal alone on the same payloads. The time must be within four
// times the floor, and grow with the digest.
func BenchmarkPost(b *testing.B) {
	read, err := (&program{err: io.Discard}).libraries(nil, &cli{}).Digests(b.Context(), []string{"../../digest/example/2026-11-23-cloud-native.md"})
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range adapters.Kinds {
		a, err := kind.Open(chat.Env{Name: kind.Name, Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: b.TempDir(), Listen: config.DefaultListen}, kind.Config())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = a.Close() })
		for _, stories := range []int{len(read[0].Stories), 30, 295} {
			d := longer(read[0], stories)
			b.Run(fmt.Sprintf("%s/%d", kind.Name, stories), func(b *testing.B) {
				for b.Loop() {
					if _, err := a.Render(compose.Digest(d, compose.Post{})); err != nil {
						b.Fatal(err)
					}
				}
			})
			payloads, err := a.Render(compose.Digest(d, compose.Post{}))
			if err != nil {
				b.Fatal(err)
			}
			decoded := make([]any, len(payloads))
			for i, p := range payloads {
				if err := json.Unmarshal(p, &decoded[i]); err != nil {
					b.Fatal(err)
				}
			}
			b.Run(fmt.Sprintf("%s/%d/floor", kind.Name, stories), func(b *testing.B) {
				for b.Loop() {
					for _, p := range decoded {
						if _, err := json.Marshal(p); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// longer returns a digest with the stories of another one, repeated.
func longer(d *digest.Digest, stories int) *digest.Digest {
	out := *d
	out.Stories = nil
	for i := range stories {
		s := d.Stories[i%len(d.Stories)]
		s.Headline = fmt.Sprintf("%d %s", i, s.Headline)
		out.Stories = append(out.Stories, s)
	}
	return &out
}
