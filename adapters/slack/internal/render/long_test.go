package render

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/adaptertest/growth"
	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/bot/chat"
)

// The length of an address is measured as sent. A link whose address is too long
// becomes text; its words stay whole, and so does the host name.
func TestAddressesAreMeasuredAsTheyAreSent(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const host = "my-own-site.example-host.org"
	for _, sign := range []string{"&", "|", "^", "<", "漢", "a"} {
		for _, n := range []int{100, 500, 700, 1000, 1500, 2000, 2400, 2900, 5000} {
			address := "https://" + host + "/" + strings.Repeat(sign, n)
			link := chat.Span{Text: host, URL: address}
			for channelOf, m := range map[string]chat.Message{
				"title":     {Title: "The title", URL: address},
				"note":      {Title: "The title", Note: chat.Text{{Text: "The title of it", URL: address}}},
				"picture":   {Title: "The title", Picture: chat.Picture{URL: address, Alt: "An image"}},
				"source":    {Title: "The title", Blocks: []chat.Block{chat.Story{Headline: "Headline", Sources: []chat.Link{{Title: "Page | a", URL: address}}}}},
				"paragraph": {Title: "The title", Blocks: []chat.Block{chat.Paragraph{Text: chat.Text{{Text: strings.Repeat("Long text. ", 200)}, link, {Text: "."}}}}},
				"site":      {Title: "The title", Blocks: []chat.Block{chat.List{Items: []chat.Text{{{Text: "Headline", Style: chat.Bold}, {Text: "\n"}, link}}}}},
				"button":    {Title: "The title", Blocks: []chat.Block{chat.Buttons{{Label: "Read on the site", URL: address}}}},
			} {
				name := fmt.Sprintf("%d %s in %s", n, sign, channelOf)
				payloads := render(t, m)
				if most := 2 + n/1000; len(payloads) > most {
					t.Errorf("%s: %d messages, want at most %d", name, len(payloads), most)
				}
				for _, p := range payloads {
					if err := payloadtest.Check(p); err != nil {
						t.Errorf("%s: %v", name, err)
					}
					_, blocks := payloadtest.Decode(p)
					if len(blocks) > 12 {
						t.Errorf("%s: %d blocks in a message", name, len(blocks))
					}
					for _, s := range payloadtest.SmallPrints(p) {
						if n := utf8.RuneCountInString(s); n > maxObject {
							t.Errorf("%s: small print of %d characters", name, n)
						}
					}
				}
			}
		}
	}
}

// Eight times the text takes about eight times as long, and about eight times
// as many bytes to send.
func TestLongTextIsLinear(t *testing.T) {
	address := "https://a.example/" + strings.Repeat("a", 2000)
	for name, message := range map[string]func(n int) chat.Message{
		"brackets behind a full stop": func(n int) chat.Message {
			return chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("The end." + strings.Repeat(")", n))}}}
		},
		"a title": func(n int) chat.Message { return chat.Message{Title: "The end." + strings.Repeat(" ’", n/4)} },
		"bars in the title of a source": func(n int) chat.Message {
			return chat.Message{Blocks: []chat.Block{chat.Story{Headline: "H", Sources: []chat.Link{{Title: strings.Repeat("|a", n/2), URL: address}}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sent := 0
			render := func(n int) func() {
				m := message(n)
				return func() {
					sent = 0
					for _, p := range render(t, m) {
						sent += len(p)
					}
				}
			}
			if x := growth.Of(render(16<<10), render(128<<10)); x > growth.Linear {
				t.Errorf("eight times the text takes %.0f times as long, want at most %d", x, growth.Linear)
			}
			if sent > 10*128<<10 {
				t.Errorf("%d bytes are sent for %d bytes of text", sent, 128<<10)
			}
		})
	}
}
