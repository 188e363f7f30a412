package compose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// listed returns the stories of the sample as search results.
func listed(post string) []Found {
	d := sample()
	d.URL = "https://site.example/a"
	return []Found{{Digest: d, Story: 0, Post: post}, {Digest: d, Story: 1, Post: post}, {Digest: d, Story: -1, Post: post}}
}

// An answer has the stories of each digest under its name, which also opens the digest.
func TestListShowsStories(t *testing.T) {
	m := FromHost("@everyone", listed("https://chat.example/1"), 20, Asked{Language: "en", Line: "/digest source x", Page: 2})
	if got, want := m.Title, "@everyone: 20 stories"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	heading := m.Blocks[0].(chat.Paragraph)
	if got, want := heading.Title+"|"+heading.Text.String(), "@everyone 科技动态|21 January 2026 · 2 stories · posted here"; got != want {
		t.Errorf("heading %q, want %q", got, want)
	}
	if got := heading.Text[len(heading.Text)-1].URL; got != "https://chat.example/1" {
		t.Errorf("the message is linked as %q", got)
	}
	items := m.Blocks[1].(chat.List).Items
	if got, want := items[0].String(), "第一条（example.org）"; got != want {
		t.Errorf("item %q, want %q", got, want)
	}
	if got := items[0][0]; got.URL != "https://example.org/a" || !got.Style.Has(chat.Bold) {
		t.Errorf("the headline is %+v, want a bold link to its source", got)
	}
	if got, want := items[1].String(), "第二条"; got != want || len(items) != 2 {
		t.Errorf("item without a source %q of %d, want %q", got, len(items), want)
	}
	choose := m.Blocks[2].(chat.Select)
	if len(choose.Choices) != 3 || choose.Choices[0].Line != "/digest story 2026-01-21-tech" || choose.Choices[1].Label != "第一条" {
		t.Errorf("the menu is %+v", choose)
	}
	if got, want := m.Blocks[3], (chat.Buttons{
		{Label: "← Newer", Line: "/digest source x page=1"}, {Label: "Older →", Line: "/digest source x page=3"},
		{Label: "Share here", Line: "/digest source x page=2 share=here"},
	}); !slices.Equal(got.(chat.Buttons), want) {
		t.Errorf("buttons %+v, want %+v", got, want)
	}
	if got, want := m.Footer, "Page 2 of 3"; got != want {
		t.Errorf("footer %q, want %q", got, want)
	}
	// A digest that was not posted here links to its site.
	heading = FromHost("x", listed(""), 3, Asked{Language: "zh", Page: 1}).Blocks[0].(chat.Paragraph)
	if got, want := heading.Text.String(), "2026年1月21日 · 2 条新闻 · 网站上的原文"; got != want || heading.Text[len(heading.Text)-1].URL != "https://site.example/a" {
		t.Errorf("heading %+v, want %q", heading.Text, want)
	}
}

// The menu opens each digest of a day once, and the day is mentioned once.
func TestDayIsSaidOnce(t *testing.T) {
	one, other, last := sample(), sample(), sample()
	other.ID, other.Title, last.ID = "other", "<!channel> \u202e](https://x)", "last" // which is on the next page
	day := time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC)
	found := []Found{{Digest: one, Story: 0}, {Digest: one, Story: 1}, {Digest: other, Story: 0}}
	for lang, want := range map[string]string{
		"en":    "# 21 January 2026: 3 digests ¶@everyone 科技动态|2 stories ≡| -第一条（example.org） -第二条 ¶<!channel> \u202e](https://x)|2 stories ≡| -第一条（example.org） ⌄/digest story 2026-01-21-tech ⌄/digest story other ⌄/digest story last",
		"zh":    "# 2026年1月21日：3 篇摘要 ¶@everyone 科技动态|2 条新闻 ≡| -第一条（example.org） -第二条 ¶<!channel> \u202e](https://x)|2 条新闻 ≡| -第一条（example.org） ⌄/digest story 2026-01-21-tech ⌄/digest story other ⌄/digest story last",
		"zh-TW": "# 2026年1月21日：3 篇摘要 ¶@everyone 科技动态|2 則新聞 ≡| -第一条（example.org） -第二条 ¶<!channel> \u202e](https://x)|2 則新聞 ≡| -第一条（example.org） ⌄/digest story 2026-01-21-tech ⌄/digest story other ⌄/digest story last",
	} {
		m := OfDay(day, []*digest.Card{digest.Keep(one), digest.Keep(other), digest.Keep(last)}, found, 3, Asked{Language: lang, Page: 1})
		got := "# " + m.Title
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Select:
				for _, c := range b.Choices {
					if !strings.Contains(c.Line, "#") { // a story
						got += " ⌄" + c.Line
					}
				}
			case chat.Paragraph:
				got += " ¶" + b.Title + "|" + b.Text.String()
			case chat.List:
				got += " ≡|" + b.Title
				for _, item := range b.Items {
					got += " -" + item.String()
				}
			}
		}
		if got != want {
			t.Errorf("%s:\n%s, want\n%s", lang, got, want)
		}
	}
}

// A search says how many stories have the words, in each digest and in total.
func TestSearchCounts(t *testing.T) {
	found := listed("")[:1]
	found[0].Of, found[0].Words = 1, []string{"@everyone"}
	for _, c := range []struct {
		lang        string
		total       int
		more        bool
		title, text string
	}{
		{"en", 1, false, "“<!here>”: one result", "21 January 2026 · one story · on the site"},
		{"en", 7, false, "“<!here>”: 7 results", "21 January 2026 · one story · on the site"},
		{"en", 200, true, "“<!here>”: more than 200 results", "21 January 2026 · one story · on the site"},
		{"zh", 1, false, "“<!here>”：1 条结果", "2026年1月21日 · 1 条新闻 · 网站上的原文"},
		{"zh", 200, true, "“<!here>”：超过 200 条结果", "2026年1月21日 · 1 条新闻 · 网站上的原文"},
		{"zh-TW", 7, false, "「<!here>」：7 筆結果", "2026年1月21日 · 1 則新聞 · 網站上的原文"},
	} {
		m := Searched("<!here>", found, c.total, c.more, Asked{Language: c.lang, Page: 1})
		if got := m.Blocks[0].(chat.Paragraph).Text.String(); m.Title != c.title || got != c.text {
			t.Errorf("%s: %q over %q, want %q over %q", c.lang, m.Title, got, c.title, c.text)
		}
	}
}

// An answer that was replaced by a search says so.
func TestSearchedInTheirPlace(t *testing.T) {
	near := []Instead{{Label: "#AI", Line: "/digest tag AI"}}
	for lang, want := range map[string][2]string{
		"en":    {"No digest has the tag “@here”. These stories contain it.", "“@here” is not a command, so the bot searched for it."},
		"zh":    {"没有摘要带有标签“@here”。以下新闻提到了它。", "“@here”不是命令，已改为搜索。"},
		"zh-TW": {"沒有摘要帶有標籤「@here」。以下新聞提到了它。", "「@here」不是指令，已改為搜尋。"},
	} {
		m := chat.Message{Title: "t", Blocks: []chat.Block{chat.List{Title: "found"}}}
		for i, got := range []chat.Message{SearchedFor(m, "@here", near, lang), SearchedInstead(m, "@here", near, lang)} {
			if says := got.Blocks[0].(chat.Notice).Text.String(); says != want[i] || got.Title != "t" || len(got.Blocks) != 4 {
				t.Errorf("%s: %q with %d blocks, want %q with 4", lang, says, len(got.Blocks), want[i])
			}
		}
	}
}

// A shared message says who shared it, and has no buttons for a single reader.
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

// Discord does not accept longer lines on a button.
func TestLongLinesHaveNoPages(t *testing.T) {
	line := chat.Line("digest", "search", strings.Repeat("长", 20))
	m := Searched("x", listed(""), 100, false, Asked{Language: "en", Line: line, Page: 3})
	for _, b := range m.Blocks {
		if buttons, ok := b.(chat.Buttons); ok {
			t.Errorf("there are buttons %+v", buttons)
		}
	}
}
