package command

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

// offers returns the lines of the buttons and menus of a message.
func offers(m chat.Message) (all []string) {
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Buttons:
			for _, x := range b {
				if x.Line != "" {
					all = append(all, x.Line)
				}
			}
		case chat.Select:
			for _, x := range b.Choices {
				all = append(all, x.Line)
			}
		}
	}
	return all
}

// A brief post omits most of a digest. A reader who presses its buttons, and those of the
// answers, finds every word and every address of it, and so does a reader of the thread.
func TestButtonsHaveWhatAPostLeavesOut(t *testing.T) {
	for _, c := range []struct {
		name           string
		digests, size  int
		words          string
		thread, abrupt bool
	}{
		{"one", 1, 3, "It is out. More of it.", false, false},
		{"nineteen", 1, 19, "It is out. More of it.", false, false},
		{"nineteen, in a thread", 1, 19, "It is out. More of it.", true, false},
		{"longer than an answer", 1, 60, strings.Repeat("It goes on. ", 60), false, false},
		{"four", 4, 9, "新版发布。更多内容。", false, false},
		{"too long for a post", 1, 19, "It is out. More of it.", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t)
			var ds []*digest.Digest
			var posts []compose.Post
			var want []string
			for i := range c.digests {
				d := &digest.Digest{Card: digest.Card{ID: fmt.Sprint("2026-01-2", i, "-tech"), Title: fmt.Sprint("Digest ", i), Date: time.Date(2026, 1, 20+i, 0, 0, 0, 0, time.UTC), URL: fmt.Sprintf("https://site.example/%d", i), Tags: []string{"a", "b", "c", "d"}}}
				d.Lead = digest.Text{{Text: fmt.Sprint("The lead of ", i, ".")}}
				for j := range c.size {
					d.Stories = append(d.Stories, digest.Story{
						Headline: fmt.Sprintf("Story %d-%d", i, j), Group: []string{"", "Models", "@everyone"}[j%9/3],
						Summary: digest.Text{{Text: fmt.Sprintf("%s No. %d-%d.", c.words, i, j)}, {Text: "link", URL: fmt.Sprintf("https://l.example/%d-%d", i, j)}},
						Sources: []digest.Source{{Title: fmt.Sprintf("Source %d-%d", i, j), URL: fmt.Sprintf("https://a.example/%d-%d", i, j)}, {URL: fmt.Sprintf("https://b.example/%d-%d", i, j)}},
					})
					s := d.Stories[j]
					want = append(want, s.Headline, s.Summary[0].Text, s.Summary[1].URL, s.Sources[0].Title, s.Sources[0].URL, s.Sources[1].URL)
				}
				d.Sections = []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: fmt.Sprint("Why of ", i)}}}}
				want = append(want, d.Title, d.URL, d.Sections[0].Text[0].Text)
				if c.size < 60 { // the longest is answered with a list of stories
					want = append(want, d.Lead[0].Text)
				}
				ds = append(ds, d)
				p := compose.Post{Look: compose.Look{Style: compose.Brief, Details: compose.Button, Language: "en"}}
				if c.thread {
					p.Details = compose.Thread
				}
				if c.abrupt {
					p = p.Abridge(2)
				}
				posts = append(posts, p)
			}
			library := digest.Rules{}.NewLibrary(digest.KeepAll(ds))
			r.Library = func() *digest.Library { return library }

			var read strings.Builder
			see := func(m chat.Message) {
				m.Blocks = append([]chat.Block(nil), m.Blocks...)
				for i, b := range m.Blocks {
					if _, ok := b.(chat.Fold); ok {
						m.Blocks[i] = chat.Paragraph{} // not every platform shows it
					}
				}
				text, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				read.Write(text)
			}
			post := compose.Bundle(ds, posts)
			see(post)
			if c.thread {
				for _, m := range compose.Replies(ds[0], posts[0]) {
					see(m)
				}
			}
			pressed := map[string]bool{}
			for next := offers(post); len(next) > 0; {
				line := next[0]
				if next = next[1:]; pressed[line] || strings.HasPrefix(line, "/digest tag") || strings.Contains(line, "share=") {
					continue
				}
				pressed[line] = true
				r.limiter = rateLimiter{}
				m := r.Handle(t.Context(), chat.Request{ID: line, Channel: general, User: reader, Line: line})
				see(m)
				next = append(next, offers(m)...)
			}
			for _, x := range want {
				quoted, err := json.Marshal(x)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(read.String(), strings.Trim(string(quoted), `"`)) {
					t.Errorf("%q is lost; pressed were %d lines", x, len(pressed))
				}
			}
		})
	}
}
