package compose

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestGist(t *testing.T) {
	bold := func(s string) chat.Span { return chat.Span{Text: s, Style: chat.Bold} }
	plain := func(s string) chat.Text { return chat.Text{{Text: s}} }
	long := strings.Repeat("没有句号，", 100)
	for _, c := range []struct {
		headline string
		text     chat.Text
		want     string
	}{
		// Sentences in English.
		{"", plain("It is out. Get it now."), "It is out."},
		{"", plain("It is out"), "It is out"},
		{"", plain("Is it out? Yes!"), "Is it out?"},
		{"", plain("Version 2.9.4 costs $3.50 at e.g. the U.S. store of Acme Inc. Online it is free."), "Version 2.9.4 costs $3.50 at e.g. the U.S. store of Acme Inc. Online it is free."},
		{"", plain("Dr. A. B. Chen of node.js said so. Others agree."), "Dr. A. B. Chen of node.js said so."},
		{"", plain("See No. 5 of vol. 2 for more. The rest is online."), "See No. 5 of vol. 2 for more."},
		{"", plain("They said no. 5 people left."), "They said no. 5 people left."},
		{"", plain("Yahoo! said that it ends at 5 p.m. in Rome. More later."), "Yahoo! said that it ends at 5 p.m. in Rome."},
		{"", plain("It ends at 5 p.m. The hall closes then."), "It ends at 5 p.m."},
		{"", plain("He said: “Go. Now.” Then he left. Nobody cried."), "He said: “Go. Now.”"},
		{"", plain("It works (see Fig. 2. It is blue) very well. Really."), "It works (see Fig. 2. It is blue) very well."},
		{"", plain("An open (bracket. And more of it."), "An open (bracket."},
		{"", plain("Wait ... what is it? News."), "Wait ... what is it?"},
		{"", plain("First line\nsecond line."), "First line"},
		// In Chinese, Japanese and both.
		{"", plain("新版发布。立即升级。"), "新版发布。"},
		{"", plain("真的吗？！是的。"), "真的吗？！"},
		{"", plain("他说：“很好。”然后离开。没有人哭。"), "他说：“很好。”然后离开。"},
		{"", plain("（见图2。）更多内容。完。"), "（见图2。）更多内容。"},
		{"", plain("版本2.9.4修复了漏洞，v1.2除外。请升级。"), "版本2.9.4修复了漏洞，v1.2除外。"},
		{"", plain("企业将获得\"吃到饱\"模式的许可。报告强调。"), "企业将获得\"吃到饱\"模式的许可。"},
		{"", plain("他沉默了……后来才开口。完。"), "他沉默了……后来才开口。"},
		{"", plain("新版が出た。試そう。"), "新版が出た。"},
		{"", plain("发布了 GPT-5.2. 更多消息"), "发布了 GPT-5.2."},
		// Never a label.
		{"", chat.Text{bold("摘要："), {Text: "新版发布。立即升级。"}}, "新版发布。"},
		{"", chat.Text{bold("What happened"), {Text: ": It is out. Get it."}}, "It is out."},
		{"", chat.Text{bold("Why teams care:"), {Text: " It is out. Get it."}}, "It is out."},
		{"", chat.Text{bold("Why it matters"), {Text: "\nIt is out. Get it."}}, "It is out."},
		{"", plain("TL;DR: It is out. Get it."), "It is out."},
		{"", plain("📌 核心内容：新版发布。"), "新版发布。"},
		{"", plain("Highlights:\n• It is out.\n• Get it."), "It is out."},
		{"", plain("The release brings several things:\n• Speed.\n• Size."), "Speed."},
		{"", plain("1. It is out. 2. Get it."), "It is out."},
		{"", chat.Text{bold("OpenAI"), {Text: ": a new model is out. Get it."}}, "OpenAI: a new model is out."},
		{"", plain("3.5 million people left. More follow."), "3.5 million people left."},
		// Never the headline again.
		{"It is out", plain("It is out! Get it now. Really."), "Get it now."},
		{"新版发布", plain("新版发布。立即升级。"), "立即升级。"},
		{"It is out", plain("It is out."), ""},
		{"", nil, ""},
		{"", plain(" \n "), ""},
		// What is too long is cut behind a clause.
		{"", plain(long), strings.Repeat("没有句号，", 56)[:len("没有句号")*56+len("，")*55] + " …"},
		// What means ill stays whole.
		{"", plain("@everyone <!channel> 👩‍👩‍👧. More."), "@everyone <!channel> 👩‍👩‍👧."},
		{"", plain("\u202eעברית. Ещё."), "עברית."},
	} {
		got := gist(c.text, c.headline).String()
		if got != c.want {
			t.Errorf("%q under %q is %q, want %q", c.text, c.headline, got, c.want)
		}
		if utf8.RuneCountInString(got) > sentenceLimit+2 {
			t.Errorf("%q has more than %d characters", got, sentenceLimit)
		}
	}
}

// Styles and links of the sentence stay.
func TestGistKeepsSpans(t *testing.T) {
	got := gist(chat.Text{{Text: "Das "}, {Text: "neue", Style: chat.Bold}, {Text: " Go ist "}, {Text: "da. Jetzt", URL: "https://go.dev/"}, {Text: "."}}, "")
	if len(got) != 4 || got[1].Style != chat.Bold || got[3] != (chat.Span{Text: "da.", URL: "https://go.dev/"}) {
		t.Errorf("got %+v", got)
	}
}

func TestHeadlineThatIsTheStartOfItsSummary(t *testing.T) {
	const sentence = "微软宣布GPT-5.2正式登陆Azure美国政府机密和绝密云环境。"
	for _, c := range []struct{ headline, summary, want, rest string }{
		{"微软宣布GPT-5.2正式登陆Azure美国…", sentence + "更多内容。", sentence, "更多内容。"},
		{"微软宣布GPT-5.2正式登陆Azure美国政府机密", sentence, sentence, ""},
		{"Go 1.26 turns on its new garbage", "Go 1.26 turns on its new garbage collector. Try it.", "Go 1.26 turns on its new garbage collector.", "Try it."},
		{"Go 1.26", "Go 1.26 turns on its new garbage collector. Try it.", "Go 1.26", "Go 1.26 turns on its new garbage collector. Try it."},
		{"A " + strings.Repeat("very ", 20) + "...", "A " + strings.Repeat("very ", 60) + "long one. End.", "A " + strings.Repeat("very ", 20) + "...", "… " + strings.Repeat("very ", 40) + "long one. End."},
		{"Other words", sentence, "Other words", sentence},
		{"", sentence, "", sentence},
		{"@everyone", "@everyone", "@everyone", ""},
	} {
		got := completed(c.headline, chat.Plain(c.summary), nil)
		if got.Headline != c.want || got.Summary.String() != c.rest {
			t.Errorf("%q over %q is\n%q over %q, want\n%q over %q", c.headline, c.summary, got.Headline, got.Summary, c.want, c.rest)
		}
	}
}

func TestBriefNamesSources(t *testing.T) {
	long := strings.Repeat("长", 300)
	for _, c := range []struct {
		story digest.Story
		want  string
	}{
		{digest.Story{Headline: "H", Sources: []digest.Source{{Title: "An article", URL: "https://www.theregister.com/1"}}}, "H|theregister.com|https://www.theregister.com/1"},
		{digest.Story{Headline: "What The Register says", Sources: []digest.Source{{URL: "https://www.theregister.com/1"}}}, "What The Register says||https://www.theregister.com/1"},
		{digest.Story{Headline: "H", Summary: digest.Text{{Text: "微软 Microsoft 说。"}}, Sources: []digest.Source{{Title: "A", URL: "https://devblogs.microsoft.com/1"}}}, "H|微软 Microsoft 说。|https://devblogs.microsoft.com/1"},
		{digest.Story{Headline: "H", Summary: digest.Text{{Text: "S."}}, Sources: []digest.Source{{URL: "https://a.example/1"}, {Title: "Two", URL: "https://www.a.example/2"}, {URL: "https://b.example:8443/3"}, {URL: "https://a.example/1"}}}, "H|S. (a.example · Two · b.example:8443)|https://a.example/1"},
		{digest.Story{Headline: "H", Sources: []digest.Source{{Title: long}}}, "H|" + long + "|"},
		{digest.Story{Sources: []digest.Source{{Title: "T", URL: "https://example.org/"}}}, "T|example.org|https://example.org/"},
		{digest.Story{Sources: []digest.Source{{URL: "https://example.org/"}}}, "https://example.org/||https://example.org/"},
		{digest.Story{Summary: digest.Text{{Text: "Only a summary. More."}}, Sources: []digest.Source{{URL: "https://example.org/"}}}, "Only a summary.|example.org|https://example.org/"},
		{digest.Story{Headline: long + " @everyone <!channel> 👩‍👩‍👧"}, long + " @everyone <!channel> 👩‍👩‍👧||"},
	} {
		got, ok := Digest(&digest.Digest{Card: digest.Card{ID: "a"}, Stories: []digest.Story{c.story}}, Post{Look: Look{Style: Brief}}).Blocks[0].(chat.Story)
		source := ""
		if len(got.Sources) == 1 {
			source = got.Sources[0].URL
		}
		if told := got.Headline + "|" + got.Summary.String() + "|" + source; !ok || told != c.want {
			t.Errorf("%+v is %q, want %q", c.story, told, c.want)
		}
	}
}

// Each address stands once in a digest, and a story that an overview has, too.
func TestAddressesAndStoriesStandOnce(t *testing.T) {
	d := &digest.Digest{Card: digest.Card{ID: "a", Language: "en"}, Stories: []digest.Story{
		{Headline: "One", Group: "Highlights", Sources: []digest.Source{{URL: "https://a.example/1"}}},
		{Headline: "Two", Group: "News", Summary: digest.Text{{Text: "See "}, {Text: "three", URL: "https://a.example/3"}, {Text: " and "}, {Text: "two", URL: "https://a.example/2"}, {Text: "."}}, Sources: []digest.Source{{Title: "Two!", URL: "https://a.example/2"}, {Title: "Again", URL: "https://a.example/1"}}},
		{Headline: "one.", Group: "News", Summary: digest.Text{{Text: "It is out. Get it."}}, Sources: []digest.Source{{Title: "The source", URL: "https://a.example/1"}}},
		{Headline: "Three", Group: "News", Sources: []digest.Source{{URL: "https://a.example/3"}}},
	}}
	for _, style := range Styles {
		m := Digest(d, Post{Look: Look{Style: style, Details: Nowhere}})
		told := strings.Join(shown(m), " ")
		if strings.Count(told, "•|One|")+strings.Count(told, "-|One") != 1 || strings.Contains(told, "|one.") {
			t.Errorf("%s shows %q, want the first story once", style, told)
		}
		count := map[string]int{}
		add := func(t chat.Text) {
			for _, s := range t {
				count[s.URL]++
			}
		}
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Story:
				add(b.Summary)
				for _, l := range b.Sources {
					count[l.URL]++
				}
			case chat.List:
				for _, item := range b.Items {
					add(item)
				}
			}
		}
		for _, address := range []string{"https://a.example/1", "https://a.example/2", "https://a.example/3"} {
			if count[address] != 1 {
				t.Errorf("%s: %s stands %d times, want once", style, address, count[address])
			}
		}
	}
	full := Digest(d, Post{Look: Look{Style: Full}})
	if one := full.Blocks[1].(chat.Story); one.Summary.String() != "It is out. Get it." || one.Sources[len(one.Sources)-1].Title != "The source" {
		t.Errorf("the first story is %+v, want what both say", one)
	}
	if two := full.Blocks[3].(chat.Story); two.Sources[0] != (chat.Link{URL: "https://a.example/2"}) || two.Sources[1] != (chat.Link{Title: "Again"}) {
		t.Errorf("the second story has %+v", two.Sources)
	}
}

// A long digest shows the first stories of each group; the rest is in a fold, or
// counted when a thread has it, and never lost.
func TestBriefFolds(t *testing.T) {
	d := many(19)
	d.Language, d.Lead = "en", nil
	for i := range d.Stories {
		d.Stories[i].Group = []string{"", "Models", "Policy"}[i/8]
	}
	for _, c := range []struct {
		shown int
		want  string
	}{
		{0, "•0 •1 •2 ##Models •8 •9 ##Policy •16 •17 ▸12"},
		{3, "•0 ##Models •8 ##Policy •16 ▸16"},
		{1, "•0 ▸18"},
		{18, "•0 •1 •2 •3 •4 •5 •6 •7 ##Models •8 •9 •10 •11 •12 •13 •14 ##Policy •16 •17 •18 ▸1"},
		{19, "•0 •1 •2 •3 •4 •5 •6 •7 ##Models •8 •9 •10 •11 •12 •13 •14 •15 ##Policy •16 •17 •18"},
	} {
		m := Digest(d, Post{Look: Look{Style: Brief, Shown: c.shown}})
		var got []string
		hidden := 0
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Heading:
				got = append(got, "##"+b.Title)
			case chat.Story:
				got = append(got, "•"+b.Headline[strings.LastIndex(b.Headline, " ")+1:])
			case chat.Fold:
				for _, x := range b.Blocks {
					if _, ok := x.(chat.Story); ok {
						hidden++
					}
				}
				got = append(got, "▸"+strings.TrimSuffix(strings.Replace(b.Title, "One more", "1 more", 1), " more stories"))
				got[len(got)-1] = strings.TrimSuffix(got[len(got)-1], " more story")
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d: got %s, want %s", c.shown, strings.Join(got, " "), c.want)
		}
		label, line := "Full text", "/digest story 2026-01-21-tech"
		if hidden > 0 {
			label = "Show all 19"
		}
		if all := strings.Join(shown(m), " "); !strings.Contains(all, "□|"+label+"|"+line) {
			t.Errorf("%d: no button %q in %s", c.shown, label, all)
		}
		if got, want := m.Note.String(), "19 stories · 7 min"; got != want {
			t.Errorf("%d: note %q, want %q", c.shown, got, want)
		}
	}
	p := Post{Look: Look{Style: Brief, Details: Thread}}
	told := strings.Join(shown(Digest(d, p)), " ")
	if !strings.Contains(told, "¶||… and 12 more stories") || strings.Contains(told, "▸") || strings.Contains(told, "Show all") {
		t.Errorf("over a thread: %s", told)
	}
	replies := Replies(d, p)
	if len(replies) != 2 || replies[0].Title != "All 19 stories" || strings.Count(strings.Join(shown(replies[0]), " "), "•|") != 19 || replies[1].Title != "分析 · 结论" {
		t.Errorf("the thread has %d messages: %+v", len(replies), replies)
	}
	if replies := Replies(d, Post{Look: Look{Style: Full, Details: Thread}}); len(replies) != 1 {
		t.Errorf("under a full post: %+v", replies)
	}
}

// A heading above nothing is no section, and names no button.
func TestSectionsWithoutWordsAreNone(t *testing.T) {
	d := sample()
	d.Tags = nil
	d.Sections = []digest.Section{{Title: "行业"}, {Title: "模型", Text: digest.Text{{Text: " \n"}}}}
	for _, place := range Places {
		p := Post{Look: Look{Style: Full, Details: place}}
		if told := strings.Join(shown(Digest(d, p)), " "); strings.Contains(told, "行业") || strings.Contains(told, "模型") || len(Replies(d, p)) > 0 {
			t.Errorf("%s: %s", place, told)
		}
	}
}

// Few tags are buttons, and more of them a menu.
func TestTagsAreAMenuUnlessFew(t *testing.T) {
	d := sample()
	for n, want := range map[int]string{0: "", 3: "□t0 □t1 □t2", 4: "▾4", 60: "▾25"} {
		d.Tags = nil
		for i := range n {
			d.Tags = append(d.Tags, "t"+strings.Repeat("x", i/3)+string(rune('0'+i%3)))
		}
		m := Digest(d, Post{Look: Look{Style: Full, Details: Nowhere}})
		var got []string
		for _, b := range m.Blocks {
			switch b := b.(type) {
			case chat.Buttons:
				for _, x := range b {
					got = append(got, "□"+x.Label)
				}
			case chat.Select:
				got = append(got, "▾"+in("en").Count(len(b.Choices)))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d tags: got %s, want %s", n, strings.Join(got, " "), want)
		}
	}
}
