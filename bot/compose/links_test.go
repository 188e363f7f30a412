package compose

import (
	"fmt"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// linksOf counts the links of a message: a link in several styles once. The small print of
// a story is not counted, because it links to an earlier post.
func linksOf(m chat.Message) map[string]int {
	n := map[string]int{m.URL: 1}
	text := func(t chat.Text) {
		for i, s := range t {
			if i == 0 || t[i-1].URL != s.URL {
				n[s.URL]++
			}
		}
	}
	text(m.Note)
	var walk func([]chat.Block)
	walk = func(blocks []chat.Block) {
		for _, b := range blocks {
			switch x := b.(type) {
			case chat.Heading:
				n[x.URL]++
				text(x.Note)
			case chat.Paragraph:
				text(x.Text)
			case chat.Notice:
				text(x.Text)
			case chat.Story:
				text(x.Summary)
				for _, s := range x.Sources {
					n[s.URL]++
				}
			case chat.List:
				for _, item := range x.Items {
					text(item)
				}
			case chat.Buttons:
				for _, b := range x {
					n[b.URL]++
				}
			case chat.Fold:
				walk(x.Blocks)
			}
		}
	}
	walk(m.Blocks)
	delete(n, "")
	return n
}

// No message links to the same address twice, whether the digest has it as its page, as a
// source, in a summary or in its other texts.
func TestEachAddressIsLinkedOnce(t *testing.T) {
	const page, post = "https://site.example/page.html", "https://chat.example/post"
	story := func(n int, summary digest.Text, sources ...string) digest.Story {
		s := digest.Story{Headline: fmt.Sprintf("@everyone headline %d", n), Summary: append(digest.Text{{Text: "A sentence of it. And more of it. "}}, summary...)}
		for _, url := range sources {
			s.Sources = append(s.Sources, digest.Source{Title: "Page", URL: url})
		}
		return s
	}
	link := func(url string) digest.Text { return digest.Text{{Text: "a link", URL: url}, {Text: "."}} }
	for name, change := range map[string]func(d *digest.Digest){
		"nothing":   func(*digest.Digest) {},
		"a source":  func(d *digest.Digest) { d.Stories[0].Sources[0].URL = page },
		"a summary": func(d *digest.Digest) { d.Stories[0].Summary = append(d.Stories[0].Summary, link(page)...) },
		"a summary of its own source": func(d *digest.Digest) {
			d.Stories[0].Summary = append(d.Stories[0].Summary, link(d.Stories[0].Sources[0].URL)...)
		},
		"the lead":      func(d *digest.Digest) { d.Lead = link(page) },
		"the analysis":  func(d *digest.Digest) { d.Sections[0].Text = link(page) },
		"its own page":  func(d *digest.Digest) { d.URL, d.Source = "", page },
		"one source":    func(d *digest.Digest) { d.Stories[1].Sources = d.Stories[0].Sources },
		"nothing known": func(d *digest.Digest) { d.URL = "" },
	} {
		d := &digest.Digest{
			Card:     digest.Card{ID: "d", Title: "The digest", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), URL: page, Tags: []string{"AI"}},
			Sections: []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: "Because."}}}},
		}
		for i := range 12 {
			d.Stories = append(d.Stories, story(i, nil, fmt.Sprintf("https://source.example/%d", i), fmt.Sprintf("https://other.example/%d", i)))
		}
		change(d)
		kept := digest.Keep(d)
		other := &digest.Digest{Card: digest.Card{ID: "o", Title: "Another", URL: "https://site.example/other.html"}, Stories: []digest.Story{story(99, nil, "https://source.example/99")}}
		messages := map[string]chat.Message{
			"details": Details(d, Look{Language: "en"}), "followed": Followed(d, []string{"AI"}, post, "en"), "followed at its page": Followed(d, []string{"AI"}, page, "en"),
		}
		for _, style := range Styles {
			for _, place := range Places {
				for _, most := range []int{0, 3} {
					p := Post{Look: Look{Style: style, Details: place, Language: "en"}, Most: most}
					key := fmt.Sprint(style, " ", place, " ", most)
					messages[key] = Digest(d, p)
					messages["shared "+key] = Shareable(Digest(d, p), Asked{SharedBy: "Ada"})
					messages["bundle "+key] = Bundle([]*digest.Digest{d, other}, []Post{p, p})
					for i, m := range Replies(d, p) {
						messages[fmt.Sprint("reply ", i, " ", key)] = m
					}
				}
			}
		}
		for _, at := range []string{"", post} {
			asked := Asked{Page: 1, Line: "/digest x"}
			var found []Found
			for i := range 8 {
				found = append(found, Found{Digest: d, Story: i, Post: at, Words: []string{"sentence"}})
			}
			messages["story "+at] = OneStory(found[0], nil, asked)
			messages["stories "+at] = StoriesOf(d, found, true, asked)
			messages["no story "+at] = NoStory(d, found, asked)
			messages["day "+at] = OfDay(d.Date, []*digest.Card{kept}, found, 12, asked)
			messages["tag "+at] = Tagged(digest.Tagged{Name: "AI", Digests: []*digest.Card{kept}}, found, 12, asked)
			messages["search "+at] = Searched("sentence", found, 12, false, asked)
			messages["host "+at] = FromHost("source.example", found, 12, asked)
			messages["resend "+at] = Resend(kept, chat.Channel{Adapter: "web", ID: "x"}, Posted{At: d.Date, URL: at}, "", "", nil, nil, "en")
		}
		messages["no news"] = NoNews(kept, "en")
		if len(messages) < 70 {
			t.Fatalf("%d messages, which are not all", len(messages))
		}
		for key, m := range messages {
			for url, n := range linksOf(m) {
				if n > 1 {
					t.Errorf("the page stands in %s: %s leads to %s %d times", name, key, url, n)
				}
			}
		}
	}
}
