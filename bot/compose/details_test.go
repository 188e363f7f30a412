package compose

import (
	"reflect"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestDetails(t *testing.T) {
	d := sample()
	d.URL = "https://site.example/a.html"
	want := chat.Message{
		Language: "zh", Title: "分析 · 结论",
		Note: chat.Text{{Text: "@everyone 科技动态", URL: "https://site.example/a.html"}},
		Blocks: []chat.Block{
			chat.Paragraph{Title: "分析", Text: chat.Text{{Text: "为什么"}}},
			chat.Paragraph{Title: "结论", Text: chat.Text{{Text: "所以"}}},
		},
	}
	if got := Details(d, Look{Style: Brief}); !reflect.DeepEqual(got, want) {
		t.Errorf("details\n got %#v\nwant %#v", got, want)
	}
	d.Sections = d.Sections[:1]
	want.Title, want.Blocks = "分析", []chat.Block{chat.Paragraph{Text: chat.Text{{Text: "为什么"}}}}
	if got := Details(d, Look{}); !reflect.DeepEqual(got, want) {
		t.Errorf("one section\n got %#v\nwant %#v", got, want)
	}
	d.Sections = nil
	if got := Details(d, Look{}).Blocks; len(got) != 0 {
		t.Errorf("without sections there are %v", got)
	}
}

func TestSectionsNameTheirButton(t *testing.T) {
	long := strings.Repeat("长", 300)
	for _, c := range []struct {
		titles []string
		lang   string
		want   string
	}{
		{[]string{"Analysis", "Conclusion"}, "", "Analysis · Conclusion"},
		{[]string{" 分析 "}, "en", "分析"},
		{[]string{"", "结论"}, "", "结论"},
		{[]string{""}, "en", "Details"},
		{[]string{"", ""}, "zh", "详情"},
		{[]string{long, "结论"}, "zh-TW", "詳情"},
		{[]string{"", long}, "zh", "详情"},
		{[]string{"分析", long, "结论"}, "", "分析 …"},
		{[]string{"What it means", "What comes next", "Outlook"}, "", "What it means …"},
		{[]string{"@everyone <!channel>"}, "", "@everyone <!channel>"},
		{[]string{"👩‍👩‍👧 family"}, "", "👩‍👩‍👧 family"},
		{[]string{"Models", "Analysis"}, "", "Analysis"}, // one is the rest of a group
		{[]string{"Models"}, "en", "Details"},
	} {
		d := &digest.Digest{Card: digest.Card{ID: "a"}, Stories: []digest.Story{{Headline: "H", Group: "Models"}}}
		for _, title := range c.titles {
			d.Sections = append(d.Sections, digest.Section{Title: title, Text: digest.Text{{Text: "x"}}})
		}
		button := Digest(d, Post{Look: Look{Language: c.lang}}).Blocks[2].(chat.Buttons)[0]
		title := Details(d, Look{Language: c.lang}).Title
		if button.Label != c.want || title != c.want {
			t.Errorf("%.40q: button %q and title %q, want %q", c.titles, button.Label, title, c.want)
		}
	}
}
