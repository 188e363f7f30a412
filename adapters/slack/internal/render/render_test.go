package render

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/bot/chat"
)

func render(t interface{ Fatal(...any) }, m chat.Message) []chat.Payload {
	payloads, err := Payloads(m)
	if err != nil {
		t.Fatal(err)
	}
	return payloads
}

func TestLayout(t *testing.T) {
	story := chat.Story{Headline: "H", Summary: chat.Plain(strings.Repeat("S", maxShort+1)), Sources: []chat.Link{{Title: "T", URL: "https://a.example/"}}}
	brief := chat.Story{Headline: "H", Summary: chat.Plain("S"), Sources: []chat.Link{{URL: "https://a.example/"}}}
	bare := chat.Story{Headline: "H", Sources: story.Sources}
	for _, tt := range []struct {
		name    string
		message chat.Message
		want    []string
	}{
		{"nothing", chat.Message{}, nil},
		{"title", chat.Message{Title: "T"}, []string{"header"}},
		{"title with address", chat.Message{Title: "T", URL: "https://a.example/"}, []string{"rich_text"}},
		{"address alone", chat.Message{URL: "https://a.example/"}, []string{"context"}},
		{"groups of stories in brief", chat.Message{Title: "T", Note: chat.Plain("N"), Blocks: []chat.Block{chat.Heading{Level: 2, Title: "A"}, brief, brief, chat.Heading{Level: 2, Title: "B"}, brief,
			chat.Fold{Title: "F", Blocks: []chat.Block{brief}, Line: "/digest tags"}, chat.Buttons{{Label: "F", Line: "/digest tags"}}}},
			[]string{"header context rich_text rich_text rich_text divider rich_text rich_text container actions"}},
		{"story under the title", chat.Message{Title: "T", Blocks: []chat.Block{story, story}}, []string{"header rich_text context divider rich_text context"}},
		{"two headlines", chat.Message{Blocks: []chat.Block{bare, bare}, Footer: "F"}, []string{"rich_text context rich_text context context"}},
		{"a footer under a story", chat.Message{Blocks: []chat.Block{story}, Footer: "F"}, []string{"rich_text context divider context"}},
		{"all that can stand above", chat.Message{Mention: payloadtest.Groups, Title: "T", URL: "https://a.example/", Note: chat.Plain("N"), Picture: chat.Picture{URL: "https://a.example/p.png"}, Blocks: []chat.Block{story}},
			[]string{"rich_text rich_text context image rich_text context"}},
		{"digests", chat.Message{Title: "T", Blocks: []chat.Block{
			chat.Heading{Level: 1, Title: "A", Note: chat.Plain("a")}, story, chat.Heading{Level: 1, Title: "B", URL: "https://a.example/"}, chat.Heading{Level: 2, Title: "C"}, story, chat.Paragraph{Title: "Conclusion", Text: chat.Plain("c")}}},
			[]string{"header header context rich_text context divider header context rich_text rich_text context divider rich_text"}},
		{"rules over headings go last", chat.Message{Blocks: slices.Concat(
			[]chat.Block{chat.Heading{Level: 1, Title: "A"}}, slices.Repeat([]chat.Block{story}, 11), []chat.Block{chat.Heading{Level: 1, Title: "B"}}, slices.Repeat([]chat.Block{story}, 11))},
			[]string{"header" + strings.Repeat(" rich_text context", 11) + " divider header" + strings.Repeat(" rich_text context", 11)}},
		{"a heading goes with what it heads", chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal-300))}, chat.Heading{Level: 1, Title: "B"}, chat.Story{Headline: "H", Summary: chat.Plain(strings.Repeat("字", 400))}}},
			[]string{"context rich_text rich_text rich_text", "context header rich_text"}},
		{"buttons are not alone", chat.Message{Blocks: slices.Concat(slices.Repeat([]chat.Block{chat.Paragraph{Text: chat.Plain("a")}}, maxBlocks), []chat.Block{chat.Buttons{{Label: "b", Line: "/digest tags"}}})},
			[]string{"context" + strings.Repeat(" rich_text", maxBlocks-1), "context rich_text actions"}},
		{"stories alone", chat.Message{Blocks: []chat.Block{story, story}}, []string{"rich_text context divider rich_text context"}},
		{"sections", chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("a")}, chat.Paragraph{Text: chat.Plain("b")}, chat.Paragraph{Title: "C", Text: chat.Plain("c")}}}, []string{"rich_text rich_text divider rich_text"}},
		{"digests in brief", chat.Message{Title: "T", Blocks: []chat.Block{chat.List{Items: []chat.Text{chat.Plain("A"), chat.Plain("B")}}, chat.List{Title: "A", Items: []chat.Text{chat.Plain("a")}}, chat.List{Title: "B", Items: []chat.Text{chat.Plain("b")}}}},
			[]string{"header rich_text divider rich_text divider rich_text"}},
		{"26 buttons", chat.Message{Blocks: []chat.Block{slices.Repeat(chat.Buttons{{Label: "b", Line: "/digest tags"}}, 26)}}, []string{"actions actions"}},
		{"a footer that grows", chat.Message{Footer: strings.Repeat("&", 2000)}, []string{"context context context context", "context context"}},
		{"buttons that grow", chat.Message{Blocks: []chat.Block{slices.Repeat(chat.Buttons{{Label: strings.Repeat("&", 75), Line: "/digest tags"}}, 25)}}, []string{"context actions actions actions", "context actions"}},
		{"rules go before another message", chat.Message{Title: "T", Blocks: slices.Repeat([]chat.Block{story}, 24)}, []string{"header" + strings.Repeat(" rich_text context", 24)}},
		{"two parts", chat.Message{Title: "T", Blocks: slices.Repeat([]chat.Block{story}, 25)}, []string{"header context rich_text context" + strings.Repeat(" divider rich_text context", 15), "context rich_text context" + strings.Repeat(" divider rich_text context", 8)}},
		{"a title does not stand alone", chat.Message{Title: "T", Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal))}}}, []string{"header context rich_text rich_text", "context rich_text rich_text"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range render(t, tt.message) {
				got = append(got, payloadtest.Kinds(p))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
	if _, err := Payloads(chat.Message{Blocks: []chat.Block{nil}}); err == nil {
		t.Error("no error for a block that is none")
	}
}

func TestSourcesReadAsTheyStand(t *testing.T) {
	const address = "https://a.example/"
	for _, tt := range []struct {
		title, url string
		want       string
	}{
		{"Plain", address, "<https://a.example/|Plain>"},
		{"R&D <b>", address, "<https://a.example/|R&amp;D &lt;b\u2060&gt;>"},
		{"Title | Site", address, "<https://a.example/|Title> | <https://a.example/|Site>"},
		{"|", address, "|"},
		{"a *b* _c_ `d` ~e~", address, "<https://a.example/|a \u2060*b\u2060* \u2060_c\u2060_ \u2060`d\u2060` \u2060~e\u2060~>"},
		{"on :8080: at 12:30", address, "<https://a.example/|on :\u20608080:\u2060 at 12:\u206030>"},
		{"at 12:30", address, "<https://a.example/|at 12:30>"},
		{"@here #general", address, "<https://a.example/|@\u2060here #\u2060general>"},
		{"Two\nlines", address, "<https://a.example/|Two lines>"},
		{"", "https://www.a.example/x/?q=1", "<https://www.a.example/x/?q=1|a.example/x>"},
		{"q", "https://a.example/?a=1&b=<x>|y", "<https://a.example/?a=1&amp;b=%3Cx%3E%7Cy|q>"},
		{"script", "javascript:alert(1)", "script (javascript:alert(1))"},
		{"no address", "", "no address"},
	} {
		m := chat.Message{Blocks: []chat.Block{chat.Story{Headline: "H", Sources: []chat.Link{{URL: "https://first.example/"}, {Title: tt.title, URL: tt.url}}}}}
		if got := payloadtest.SmallPrints(render(t, m)[0]); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%q %q:\ngot  %q\nwant %q", tt.title, tt.url, got, tt.want)
		}
	}
}

func TestSmallPrint(t *testing.T) {
	at := time.Date(2026, 2, 12, 1, 10, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		note chat.Text
		want string
	}{
		{"words", chat.Text{{Text: "two *"}, {Text: "bold", Style: chat.Bold}, {Text: "*\nlines"}}, "two \u2060*bold\u2060* lines"},
		{"link", chat.Text{{Text: "↻ "}, {Text: "since Tue", URL: "https://a.example/?a=1&b=2"}}, "↻ <https://a.example/?a=1&amp;b=2|since Tue>"},
		{"time", chat.Text{{Text: "✎ "}, {Text: "Feb 12, 09:10", Time: at}}, "✎ <!date^1770858600^{date_short_pretty} {time}|Feb 12, 09:10>"},
		{"time that leads somewhere", chat.Text{{Text: "then", Time: at, URL: "https://a.example/a^b"}}, "<!date^1770858600^{date_short_pretty} {time}^https://a.example/a%5Eb|then>"},
		{"time with a bar", chat.Text{{Text: "a|b", Time: at}}, "a|b"},
		{"right to left", chat.Text{{Text: "مرحبا"}}, "\u2068مرحبا\u2069"},
	} {
		m := chat.Message{Blocks: []chat.Block{chat.Story{Headline: "H", Note: tt.note, Sources: []chat.Link{{URL: "https://first.example/"}, {Title: "S", URL: "https://s.example/"}}}}}
		if got, want := payloadtest.SmallPrints(render(t, m)[0])[0], "<https://s.example/|S> · "+tt.want; got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", tt.name, got, want)
		}
	}
	m := payloadtest.Specimen(t, "long")
	m.URL, m.Note = "https://a.example/", chat.Plain("N")
	parts := render(t, m)
	if got, want := payloadtest.SmallPrints(parts[0])[0], fmt.Sprintf("N · 1/%d", len(parts)); got != want {
		t.Errorf("under the title: got %q, want %q", got, want)
	}
}

// TestMentions: each user group is named once, and an invalid id is written out.
func TestMentions(t *testing.T) {
	m := payloadtest.Specimen(t, "long")
	m.Mention = []string{payloadtest.Groups[0], "<!channel>", payloadtest.Groups[1]}
	for i, p := range render(t, m) {
		text, _ := payloadtest.Decode(p)
		want := "<!subteam^S0GROUP001> <!subteam^S0GROUP002> 年度回顾"
		if got := strings.HasPrefix(text, want); got != (i == 0) || strings.Contains(text, "<!channel>") {
			t.Errorf("part %d begins with %.60q", i, text)
		}
		if got := strings.Count(string(p), `"usergroup"`); got != map[bool]int{true: 2}[i == 0] {
			t.Errorf("part %d names %d groups", i, got)
		}
		if err := payloadtest.Check(p); err != nil {
			t.Error(err)
		}
	}
}

func TestTimesAreNotCut(t *testing.T) {
	at := time.Date(2026, 2, 12, 1, 10, 0, 0, time.UTC)
	for n := maxRich - 20; n < maxRich; n++ {
		m := chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Text{{Text: strings.Repeat("字", n)}, {Text: "12 February 2026, 09:10", Time: at}, {Text: " end"}}}}}
		if got := strings.Count(string(render(t, m)[0]), `"date"`); got != 1 {
			t.Errorf("behind %d characters the time stands there %d times", n, got)
		}
	}
}

func TestDraw(t *testing.T) {
	p := render(t, chat.Message{
		Mention: payloadtest.Groups[:1], Title: "<T>", Note: chat.Text{{Text: "say \"<hi>\"", URL: "https://a.example/\"x\""}},
		Picture: chat.Picture{URL: "https://a.example/p.png", Alt: "\"P\""},
		Blocks:  []chat.Block{chat.Paragraph{Text: chat.Text{{Text: "b", Style: chat.Bold | chat.Code, URL: "https://b.example/"}}}, chat.Buttons{{Label: "B", URL: "https://c.example/"}}},
	})[0]
	page, builder, err := Draw(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<h1>&lt;T&gt;</h1>", `<span class="call">@S0GROUP001</span>`, `alt="&#34;P&#34;"`, `<a href="https://a.example/&#34;x&#34;" target="_blank"`,
		"<b><code>b</code></b></a>", `<a class="button" href="https://c.example/"`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
	fragment, err := url.PathUnescape(strings.TrimPrefix(builder, builderURL))
	var got struct{ Blocks []payloadtest.Object }
	if err != nil || json.Unmarshal([]byte(fragment), &got) != nil || len(got.Blocks) != 6 {
		t.Errorf("the builder gets %q (%v)", fragment, err)
	}
	endless := render(t, chat.Message{Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal))}}})[0]
	if _, builder, err := Draw(endless); err != nil || builder != "" {
		t.Errorf("an address of %d characters is given (%v)", len(builder), err)
	}
	for _, p := range []string{`{"blocks":[{"type":"video"}]}`, `{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_quote"}]}]}`, `{}`} {
		if _, _, err := Draw(chat.Payload(p)); err == nil {
			t.Errorf("%s is drawn", p)
		}
	}
}

func TestFallbackText(t *testing.T) {
	story := func(h string) chat.Story { return chat.Story{Headline: h, Summary: chat.Plain("Summary.")} }
	m := chat.Message{Title: "R&D <!channel>", Blocks: []chat.Block{
		chat.Heading{Level: 1, Title: "Today", Note: chat.Plain("Two.")}, chat.Paragraph{Text: chat.Plain("One.")}, story("First"), story("Second"), chat.Story{Summary: chat.Plain("Without a headline.")},
	}}
	text, _ := payloadtest.Decode(render(t, m)[0])
	want := "R&amp;D &lt;!channel&gt;\nToday\n1. First\n2. Second\n3. Without a headline.\nTwo.\nOne.\n1. Summary.\n2. Summary."
	if text != want {
		t.Errorf("got  %q\nwant %q", text, want)
	}
	for _, s := range []string{"&", "漢", "😀", "x"} {
		text, _ := payloadtest.Decode(render(t, chat.Message{Title: strings.Repeat(s, 5000)})[0])
		if n := utf8.RuneCountInString(text); n > maxFallback || len(text) > maxFallbackBytes || n < 900 || !strings.HasSuffix(text, "…") {
			t.Errorf("5000 × %q: %d characters, %d bytes", s, n, len(text))
		}
	}
	if text, _ := payloadtest.Decode(render(t, chat.Message{Blocks: []chat.Block{chat.Buttons{{Label: "B", Line: "/b"}}}})[0]); text == "" {
		t.Error("a message of buttons has no text; Slack refuses it")
	}
}

// TestAnyMessageKeepsTheLimits renders messages with malicious parts.
func TestAnyMessageKeepsTheLimits(t *testing.T) {
	word := rapid.SampledFrom([]string{"", "x", "字", "👨‍👩‍👧‍👦", "<!channel>", "<@U1>", "@here ", "&", ">", "|", "`", "*b*", ":x:", "\n", "\n\n", "。", " ", "\u202e", "مرحبا", "\x00", "\xff"})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "words"), "") + strings.Repeat(word.Draw(t, "word"), rapid.SampledFrom([]int{0, 0, 1, 1, 80, 200, 3000}).Draw(t, "times"))
	})
	address := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "https://a.example/", "https://a.example/?a=1&b=<x>|y", "javascript:x", "https://a.example/" + strings.Repeat("p", 3100)}).Draw(t, "address")
	})
	span := rapid.Custom(func(t *rapid.T) chat.Span {
		s := chat.Span{Text: text.Draw(t, "text"), URL: address.Draw(t, "url"), Style: chat.Style(rapid.IntRange(0, 15).Draw(t, "style"))}
		if rapid.IntRange(0, 9).Draw(t, "time") == 0 {
			s.Time = time.Unix(1770858600, 0)
		}
		return s
	})
	runs := rapid.Custom(func(t *rapid.T) chat.Text { return rapid.SliceOfN(span, 0, 4).Draw(t, "spans") })
	source := rapid.Custom(func(t *rapid.T) chat.Link {
		return chat.Link{Title: text.Draw(t, "title"), URL: address.Draw(t, "url")}
	})
	button := rapid.Custom(func(t *rapid.T) chat.Button {
		return chat.Button{Label: text.Draw(t, "label"), Line: text.Draw(t, "line"), URL: address.Draw(t, "url")}
	})
	block := rapid.Custom(func(t *rapid.T) chat.Block {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return chat.Paragraph{Title: text.Draw(t, "title"), Text: runs.Draw(t, "text")}
		case 1:
			return chat.Story{Headline: text.Draw(t, "headline"), Summary: runs.Draw(t, "summary"), Note: runs.Draw(t, "note"), Sources: rapid.SliceOfN(source, 0, 3).Draw(t, "sources")}
		case 2:
			return chat.List{Title: text.Draw(t, "title"), Items: rapid.SliceOfN(runs, 0, 4).Draw(t, "items")}
		case 3:
			return chat.Notice{Level: chat.Level(rapid.IntRange(0, 2).Draw(t, "level")), Text: runs.Draw(t, "text")}
		default:
			return chat.Buttons(rapid.SliceOfN(button, 0, 30).Draw(t, "buttons"))
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := chat.Message{Mention: payloadtest.Groups, Title: text.Draw(t, "title"), URL: address.Draw(t, "url"), Note: runs.Draw(t, "note"),
			Picture: chat.Picture{URL: address.Draw(t, "picture"), Alt: text.Draw(t, "alt")}, Blocks: rapid.SliceOfN(block, 0, 6).Draw(t, "blocks"), Footer: text.Draw(t, "footer")}
		for _, p := range render(t, m) {
			if err := payloadtest.Check(p); err != nil {
				t.Fatalf("%v\n%s", err, p)
			}
			if !json.Valid(p) {
				t.Fatalf("no JSON: %s", p)
			}
		}
	})
}
