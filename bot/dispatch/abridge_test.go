package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// narrow is a platform with room for one story, one item of a list or one
// paragraph in a message.
type narrow struct{ platform }

func (n *narrow) Render(m chat.Message) (out []chat.Payload, err error) {
	add := func(text string) { out = append(out, chat.Payload(text)) }
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Heading:
			add("+" + b.Title)
		case chat.Story:
			add(b.Headline)
		case chat.Paragraph:
			add("§" + b.Title + b.Text.String())
		case chat.Notice:
			add("!" + b.Text.String())
		case chat.List:
			for _, item := range b.Items {
				add("+" + item.String())
			}
		case chat.Select:
			for _, c := range b.Choices {
				out[len(out)-1] = append(out[len(out)-1], "["+c.Label+"]"...)
			}
		case chat.Buttons:
			for _, button := range b {
				out[len(out)-1] = append(out[len(out)-1], "["+button.Label+"]"...)
			}
		}
	}
	return out, nil
}

func newNarrow(t *testing.T, digests ...*digest.Digest) (*bench, *platform) {
	n := &narrow{}
	return benchOf(t, n, &n.platform, digests...), &n.platform
}

func TestMaxParts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	withSections := func(d *digest.Digest) *digest.Digest {
		d.Sections = []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: "long"}}}}
		return d
	}
	hostile := paper("x", 1, 3)
	hostile.Stories[0].Headline = "@everyone <!channel> " + strings.Repeat("very ", 60) + "👩‍👩‍👧‍👦 مرحبا"
	for _, c := range []struct {
		name   string
		digest *digest.Digest
		most   int
		place  compose.Place
		want   []string
	}{
		{"as many as allowed", paper("a", 1, 10), 0, compose.Button, []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"}},
		{"one more than allowed", paper("a", 1, 4), 3, compose.Button, []string{"+a1", "+a2", "§… and 2 more stories[All 4 stories]"}},
		{"the default is ten", paper("a", 1, 99), 0, compose.Button,
			[]string{"+a1", "+a2", "+a3", "+a4", "+a5", "+a6", "+a7", "+a8", "+a9", "§… and 90 more stories[All 99 stories]"}},
		{"a thread counts", withSections(paper("a", 1, 3)), 3, compose.Thread, []string{"+a1", "+a2", "+a3[All 3 stories][Analysis]"}},
		{"sections go behind the button", withSections(paper("a", 1, 3)), 3, compose.Inline, []string{"+a1", "+a2", "+a3[All 3 stories][Analysis]"}},
		{"one headline is the least", paper("a", 1, 9), 1, compose.Button, []string{"+a1", "§… and 8 more stories[All 9 stories]"}},
		{"hostile words stay whole", hostile, 2, compose.Button, []string{"+" + hostile.Stories[0].Headline, "§… and 2 more stories[All 3 stories]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, p := newNarrow(t, c.digest)
				p.caps.Threads = true
				b.Subscriptions.Configured[0].MaxParts, b.Subscriptions.Configured[0].Details = c.most, c.place
				b.until(at(1, 1, 0))
				var got []string
				for _, x := range p.posts {
					got = append(got, x.text)
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("posted %q, want %q", got, c.want)
				}
			})
		})
	}
}

// A digest without stories that is too long shows its beginning.
func TestMaxPartsOfALead(t *testing.T) {
	d := paper("a", 1, 0)
	d.Stories = nil
	d.Lead = digest.Text{{Text: strings.Repeat("All is calm here. ", 100)}, {Text: "the end", URL: "https://example.org"}}
	long := func(m chat.Message) (out []chat.Payload, err error) {
		for _, b := range m.Blocks {
			if p, ok := b.(chat.Paragraph); ok {
				for range 1 + len(p.Text.String())/1500 {
					out = append(out, chat.Payload("part"))
				}
			}
		}
		return out, nil
	}
	m, whole, err := post.Fit(renderer{render: long}, d, compose.Post{}, 1)
	if err != nil || whole != 2 {
		t.Fatalf("whole %d, %v, want 2 messages", whole, err)
	}
	text := m.Blocks[0].(chat.Paragraph).Text.String()
	if n := len(text); n > 1010 || n < 900 || !strings.HasSuffix(text, "calm here. …") && !strings.HasSuffix(text, " …") {
		t.Errorf("the lead is shortened to %d characters: %q", n, text[max(0, n-40):])
	}
}

type renderer struct {
	chat.Adapter
	render func(chat.Message) ([]chat.Payload, error)
}

func (r renderer) Render(m chat.Message) ([]chat.Payload, error) { return r.render(m) }

// A bundle that is too long shows some headlines of each of its digests.
func TestMaxPartsOfABundle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newNarrow(t)
		b.Subscriptions.Configured[0].MaxParts, b.Subscriptions.Configured[0].Bundle = 10, true
		b.add(paper("first", 1, 1))
		b.until(at(1, 12, 0))
		p.posts = nil
		b.add(paper("a", 2, 9), paper("b", 2, 2))
		b.until(at(2, 12, 0))
		var got []string
		for _, x := range p.posts {
			got = append(got, x.text)
		}
		want := []string{"+b", "+b1", "+b2", "+a", "+a1", "+a2", "+a3", "+a4", "+a5", "§… and 4 more stories[b][a]"}
		if !slices.Equal(got, want) {
			t.Errorf("posted %q, want %q", got, want)
		}
	})
}

// The admins get one notice about a digest that is too long, whatever channels get it and
// however often it changes.
func TestMaxPartsIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, p := newNarrow(t, paper("a", 1, 12))
		b.Notices.Admin = chat.Channel{Adapter: "p", ID: "admins"}
		b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, chat.Channel{Adapter: "p", ID: "other"})
		b.Subscriptions.Configured[0].Corrections = 48 * time.Hour
		b.until(at(1, 1, 0))
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("a", 1, 14)}))
		b.until(at(1, 2, 0))
		var told []string
		for _, x := range p.posts {
			if x.to == b.Notices.Admin {
				told = append(told, x.text)
			}
		}
		want := "!“a” needs 12 messages on p, more than the subscription's max_parts. The bot posted its headlines; a button opens the rest."
		if len(told) != 1 || told[0] != want {
			t.Errorf("admins were told %q, want once %q", told, want)
		}
	})
}

// A post that grows beyond the limit when it is corrected becomes headlines.
func TestCorrectionKeepsMaxParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &narrowEditor{}
		b := benchOf(t, n, &n.platform, paper("a", 1, 3))
		b.Subscriptions.Configured[0].MaxParts, b.Subscriptions.Configured[0].Corrections = 4, 48*time.Hour
		b.until(at(1, 1, 0))
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("a", 1, 30)}))
		b.until(at(1, 2, 0))
		x, err := b.Ledger.Get(context.Background(), b.only().Key)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, part := range x.Parts {
			if part.State == ledger.Sent {
				got = append(got, string(part.Payload))
			}
		}
		if want := []string{"+a1", "+a2", "+a3", "§… and 27 more stories[All 30 stories]"}; !slices.Equal(got, want) {
			t.Errorf("the post is %q, want %q", got, want)
		}
	})
}

type narrowEditor struct{ narrow }

func (*narrowEditor) Remove(context.Context, chat.Receipt) error { return nil }

func (*narrowEditor) Edit(context.Context, chat.Receipt, chat.Payload, chat.Key) error { return nil }
