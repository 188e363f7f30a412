package compose

import (
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// listed are the stories of the sample as an answer finds them.
func listed(post string) []Found {
	d := sample()
	d.URL = "https://site.example/a"
	return []Found{{Digest: d, Story: 0, Post: post}, {Digest: d, Story: 1, Post: post}, {Digest: d, Story: -1, Post: post}}
}

func TestListShowsStories(t *testing.T) {
	m := FromHost("@everyone", listed("https://chat.example/1"), 20, Asked{Language: "en", Line: "/digest source x", Page: 2})
	if got, want := m.Title, "@everyone: 20 stories"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	items := m.Blocks[0].(chat.List).Items
	if got, want := items[0].String(), "第一条\n21 January 2026 · example.org · posted here"; got != want {
		t.Errorf("item %q, want %q", got, want)
	}
	if got := items[0][0]; got.URL != "https://example.org/a" || !got.Style.Has(chat.Bold) {
		t.Errorf("the headline is %+v, want a bold link to its source", got)
	}
	if got := items[0][len(items[0])-1].URL; got != "https://chat.example/1" {
		t.Errorf("the message is linked as %q", got)
	}
	if got, want := items[1].String(), "第二条\n21 January 2026 · @everyone 科技动态 · posted here"; got != want {
		t.Errorf("item without a source %q, want %q", got, want)
	}
	if got, want := items[2].String(), "@everyone 科技动态\n21 January 2026 · posted here"; got != want {
		t.Errorf("a digest itself %q, want %q", got, want)
	}
	choose := m.Blocks[1].(chat.Select)
	if len(choose.Choices) != 3 || choose.Choices[0].Label != "第一条" || choose.Choices[2].Line != "/digest story 2026-01-21-tech" {
		t.Errorf("the menu is %+v", choose)
	}
	if got, want := m.Blocks[2], (chat.Buttons{
		{Label: "← Newer", Line: "/digest source x page=1"}, {Label: "Older →", Line: "/digest source x page=3"},
		{Label: "Share here", Line: "/digest source x page=2 share=here"},
	}); !slices.Equal(got.(chat.Buttons), want) {
		t.Errorf("buttons %+v, want %+v", got, want)
	}
	if got, want := m.Footer, "Page 2 of 3"; got != want {
		t.Errorf("footer %q, want %q", got, want)
	}
	// A digest that was not posted here is on its site.
	items = FromHost("x", listed(""), 3, Asked{Language: "zh", Page: 1}).Blocks[0].(chat.List).Items
	if got, want := items[0].String(), "第一条\n2026年1月21日 · example.org · 摘要原文"; got != want {
		t.Errorf("item %q, want %q", got, want)
	}
}

// A message for everybody says who shows it, and has no buttons of one reader.
func TestSharedAnswers(t *testing.T) {
	for name, m := range map[string]chat.Message{
		"list":    FromHost("x", listed(""), 20, Asked{Language: "en", Line: "/digest source x", Page: 2, SharedBy: "@everyone"}),
		"digest":  Digest(sample(), Post{Asked: Asked{Line: "/digest latest", Page: 1, SharedBy: "@everyone"}, Look: Look{Language: "en"}}),
		"story":   OneStory(listed("")[0], nil, Asked{Language: "en", Line: "/digest story x", SharedBy: "@everyone"}),
		"details": Shareable(Details(sample(), Look{}), Asked{Language: "en", Line: "/digest details x", SharedBy: "@everyone"}),
		"tags":    Tags([]digest.Tag{{Name: "AI"}}, "", Asked{Language: "en", Line: "/digest tags", Page: 1, SharedBy: "@everyone"}),
	} {
		if !strings.HasSuffix(m.Note.String(), "shared by @everyone") {
			t.Errorf("%s: the small print is %q", name, m.Note)
		}
		for _, b := range m.Blocks {
			buttons, _ := b.(chat.Buttons)
			for _, button := range buttons {
				if strings.Contains(button.Line, "page=") || strings.Contains(button.Line, "share=") {
					t.Errorf("%s: it has a button %+v", name, button)
				}
			}
		}
	}
}

// Discord takes no longer line on a button.
func TestLongLinesHaveNoPages(t *testing.T) {
	line := chat.Line("digest", "search", strings.Repeat("长", 20))
	m := Searched("x", listed(""), true, Asked{Language: "en", Line: line, Page: 3})
	for _, b := range m.Blocks {
		if buttons, ok := b.(chat.Buttons); ok {
			t.Errorf("there are buttons %+v", buttons)
		}
	}
	for _, id := range []string{"2026", strings.Repeat("x", 300), `a "b"`, "~x", "c# news", "长" + strings.Repeat("y", 40)} {
		d := sample()
		d.ID = id
		for i := -1; i < len(d.Stories); i++ {
			ref := StoryRef(d, i)
			if line := chat.With(storyLine(ref), chat.Share, "here"); len(line) > lineLimit {
				t.Errorf("%s is %d bytes long", line, len(line))
			}
			if got, ok := StoryOf(d, ref); i >= 0 && (!ok || got != i) {
				t.Errorf("%s is story %d, %v, want %d", ref, got, ok, i)
			}
		}
	}
}

// A button finds its story when others were written above it, and finds nothing
// when the story itself became another.
func TestStoryRefsLast(t *testing.T) {
	d := sample()
	d.Stories = append(d.Stories, d.Stories[0]) // the same headline once more
	first, second, last := StoryRef(d, 0), StoryRef(d, 1), StoryRef(d, 2)
	if first == last {
		t.Error("two stories of one headline have one ref")
	}
	d.Stories = append([]digest.Story{{Headline: "new"}}, d.Stories...)
	for ref, want := range map[string]int{first: 1, second: 2, last: 3} {
		if got, ok := StoryOf(d, ref); !ok || got != want {
			t.Errorf("%s is story %d, %v, want %d", ref, got, ok, want)
		}
	}
	d.Stories[2].Headline = "corrected"
	if got, ok := StoryOf(d, second); ok {
		t.Errorf("a story that is no more is found as %d", got)
	}
}
