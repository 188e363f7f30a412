package render_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest/growth"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/bot/chat"
)

var linkTargets = regexp.MustCompile(`\]\(<([^>]*)>\)`)

// The length of an address is measured as sent. A link whose address is too long
// becomes text; its words stay whole, and so does the host name.
func TestAddressesAreMeasuredAsTheyAreSent(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const host = "my-own-site.example-host.org"
	for _, sign := range []string{"(", "|", `"`, "`", "\\", "漢", "é", "a"} {
		for _, n := range []int{100, 200, 400, 500, 700, 1000, 1500, 2000, 5000} {
			address := "https://" + host + "/" + strings.Repeat(sign, n)
			link := chat.Span{Text: host, URL: address}
			for place, m := range map[string]chat.Message{
				"title":            {Title: "The title", URL: address, Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("Text.")}}},
				"note":             {Title: "The title", Note: chat.Text{{Text: "The title", URL: address}}},
				"picture":          {Title: "The title", Picture: chat.Picture{URL: address, Alt: "An image"}},
				"source":           {Title: "The title", Blocks: []chat.Block{chat.Story{Headline: "Headline", Summary: chat.Plain("Text."), Sources: []chat.Link{{Title: "Page", URL: address}}}}},
				"long story":       {Title: "The title", Blocks: []chat.Block{chat.Story{Headline: strings.Repeat("字", 300), Summary: chat.Plain(strings.Repeat("文", 2390)), Sources: []chat.Link{{Title: "Page", URL: address}}}}},
				"paragraph":        {Title: "The title", Blocks: []chat.Block{chat.Paragraph{Text: chat.Text{{Text: "See "}, link, {Text: "."}}}}},
				"paragraph behind": {Title: "The title", Blocks: []chat.Block{chat.Paragraph{Title: "Section", Text: chat.Text{{Text: strings.Repeat("Long text. ", 200)}, link, {Text: "."}}}}},
				"site of compact":  {Title: "The title", Blocks: []chat.Block{chat.List{Items: []chat.Text{{{Text: "Headline", Style: chat.Bold}, {Text: "\n"}, link}}}}},
				"headline":         {Title: "The title", Blocks: []chat.Block{chat.List{Items: []chat.Text{{{Text: "Headline [1] of it", URL: address}}}}}},
				"itself":           {Title: "The title", Blocks: []chat.Block{chat.Paragraph{Text: chat.Text{{Text: address, URL: address}}}}},
				"button":           {Title: "The title", Blocks: []chat.Block{chat.Buttons{{Label: "Read on the site", URL: address}}}},
			} {
				name := fmt.Sprintf("%d %s in %s", n, sign, place)
				pages := laidOut(t, m) // within the limits
				if most := 3 + n/1000; len(pages) > most {
					t.Errorf("%s: %d messages, want at most %d", name, len(pages), most)
				}
				for _, page := range pages {
					texts := []string{page.Content}
					for _, e := range page.Embeds {
						texts = append(texts, e.Description)
						if e.Image != nil && len(render.Encode(e.Image.URL)) > render.LinkLimit {
							t.Errorf("%s: the address of the image has %d characters", name, len(render.Encode(e.Image.URL)))
						}
					}
					for _, s := range texts {
						whole := strings.Count(s, host)
						if first, last := strings.Count(s, "my-"), strings.Count(s, "host.org"); first != whole || last != whole {
							t.Errorf("%s: the name of the host is cut: %.300q", name, s)
						}
						for _, target := range linkTargets.FindAllStringSubmatch(s, -1) {
							if len(target[1]) > render.LinkLimit {
								t.Errorf("%s: the address of a link has %d characters, want at most %d", name, len(target[1]), render.LinkLimit)
							}
						}
					}
					for _, r := range page.Components {
						for _, b := range r.Components {
							if u, err := url.Parse(b.URL); err != nil || len(u.String()) > render.ButtonURLLimit {
								t.Errorf("%s: the address of a button is longer than %d when it is percent-encoded: %v", name, render.ButtonURLLimit, err)
							}
						}
					}
				}
			}
		}
	}
}

// Eight times the text takes about eight times as long.
func TestLongTextIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, text := range map[string]func(n int) chat.Text{
		"styles": func(n int) chat.Text {
			return repeated(chat.Text{{Text: "a", Style: chat.Bold}, {Text: "b", Style: chat.Italic}}, n/4)
		},
		"ends of an address":       func(n int) chat.Text { return chat.Plain("https://a.example/" + strings.Repeat(").", n/2)) },
		"addresses that are none":  func(n int) chat.Text { return chat.Plain(strings.Repeat("https://a/%zz", n/13)) },
		"addresses without a host": func(n int) chat.Text { return chat.Plain(strings.Repeat("https://:", n/9)) },
		"direction marks":          func(n int) chat.Text { return chat.Plain(strings.Repeat("\u2067a\u2069\u200f", n/10)) },
		"isolates without an end":  func(n int) chat.Text { return chat.Plain(strings.Repeat("\u2067a", n/4)) },
		"the label of a link": func(n int) chat.Text {
			return chat.Text{{Text: strings.Repeat("a label ", n/8), URL: "https://a.example/" + strings.Repeat("a", 1900)}}
		},
		"brackets behind a full stop":     func(n int) chat.Text { return chat.Plain("The end." + strings.Repeat(")", n)) },
		"backticks":                       func(n int) chat.Text { return chat.Text{{Text: strings.Repeat("`", n), Style: chat.Code}} },
		"spaces and marks at line starts": func(n int) chat.Text { return chat.Plain(strings.Repeat("\n   - 1", n/7)) },
	} {
		t.Run(name, func(t *testing.T) {
			render := func(n int) func() {
				m := chat.Message{Title: "T", Blocks: []chat.Block{chat.Paragraph{Text: text(n)}}}
				return func() {
					if _, err := render.Payloads(m); err != nil {
						t.Fatal(err)
					}
				}
			}
			if x := growth.Of(render(16<<10), render(128<<10)); x > growth.Linear {
				t.Errorf("eight times the text takes %.0f times as long, want at most %d", x, growth.Linear)
			}
		})
	}
}

func repeated(t chat.Text, n int) (all chat.Text) {
	for range n {
		all = append(all, t...)
	}
	return all
}
