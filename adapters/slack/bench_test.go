package slack

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/bot/chat"
)

// specimen is a message of the suite.
func specimen(t testing.TB, name string) chat.Message {
	for _, s := range adaptertest.Specimens() {
		if s.Name == name {
			return s.Message
		}
	}
	t.Fatalf("there is no specimen %s", name)
	return chat.Message{}
}

// stories is a digest of n stories like those of the morning.
func stories(t testing.TB, n int) chat.Message {
	m := chat.Message{Title: "科技行业动态"}
	for i := range n {
		for _, b := range specimen(t, "morning").Blocks {
			if s, ok := b.(chat.Story); ok && len(m.Blocks) <= i {
				s.Headline = fmt.Sprintf("%d %s", i, s.Headline)
				m.Blocks = append(m.Blocks, s)
			}
		}
	}
	return m
}

// BenchmarkRender lays out and marshals; floor marshals what was laid out, and
// no more. Render takes no more than three times the floor, and 295 stories no
// more than their share of 30.
func BenchmarkRender(b *testing.B) {
	for _, m := range []struct {
		name    string
		message chat.Message
	}{
		{"morning", specimen(b, "morning")},
		{"30 stories", stories(b, 30)},
		{"295 stories", stories(b, 295)},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (&Adapter{}).Render(m.message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(m.name+" floor", func(b *testing.B) {
			bodies, err := layOut(m.message)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, body := range bodies {
					if _, err := json.Marshal(body); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
