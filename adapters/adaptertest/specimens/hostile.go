package specimens

import (
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// Hostile is a digest by a malicious author.
func Hostile() chat.Message {
	const (
		mentions = "@everyone @here <@123> <@!123> <@&456> <#789> <!channel> <!here> <!everyone> <@U123> <#C1> <!subteam^S1> </digest:1>"
		markup   = "`code` ``two`` ```\nfence\n``` **stars** __lines__ _under_ *one* ~tilde~ ~~two~~ ||spoiler|| # not a heading\n> not a quote\n- not a list\n1. nor this \\ back\\*slash"
		links    = "[label](https://evil.example) <https://a.example|b> <https://a.example> ![x](https://evil.example/x.png)"
		html     = "<script>alert(1)</script> <img src=x onerror=alert(1)> &amp; &lt;b&gt; \" ' </div>"
		emoji    = "👨‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 🇨🇳🇺🇸🇯🇵 1️⃣ ❤️ e\u0301\u0302 :smile: <:x:1>"
		turned   = "safe\u202Egpj.exe\u202C \u2066open \u2069\u2069 مرحبا"
	)
	return chat.Message{
		Title: mentions + " " + strings.Repeat("标题很长", 60),
		URL:   "javascript:alert('title')",
		Blocks: []chat.Block{
			chat.Paragraph{Title: "@everyone **bold** <!channel> `tick`", Text: chat.Text{
				text(mentions + "\n"), text(markup + "\n\n"), text(links + "\n"), text(html + "\n"), text(emoji + "\n"), text(turned),
			}},
			chat.Paragraph{Text: chat.Text{
				{Text: "*inside* _bold_ `tick`", Style: chat.Bold}, {Text: "glued", Style: chat.Italic}, text("字"),
				{Text: "all at once", Style: chat.Bold | chat.Italic | chat.Strike}, text("~"),
				{Text: "a`b``c @everyone <!here>", Style: chat.Code}, text(" "), {Text: " spaces inside ", Style: chat.Bold}, {Style: chat.Strike},
				{Text: "label] with (brackets) and @here", URL: "https://en.wikipedia.org/wiki/Go_(programming_language)", Style: chat.Bold},
				link("not a link", "javascript:alert('span')"), text("。"), link("空 格", "https://a.example/with space"), text("。"),
				link("https://bank.example", "https://go.dev/?a=1&b=%E4%BD%A0&c=\"<x>\"|y"),
			}},
			chat.Story{
				Headline: "三百字标题" + strings.Repeat("Headline标题", 29) + "就此完结。",
				Summary:  chat.Plain("标题有三百个字。NUL:\x00. Bell:\x07. Escape:\x1b[31m. Bytes:\xff\xfe. Lines:\r\ndone"),
				Sources: []chat.Link{
					{Title: "https://a.example|b> @everyone [x](y)", URL: "https://zh.wikipedia.org/wiki/Go_(编程语言)"},
					{Title: "two thousand", URL: "https://long.example/" + strings.Repeat("0123456789", 197) + "/the-last"},
					{Title: "script", URL: "javascript:alert('source')"},
				},
			},
			chat.Story{
				Headline: "صدر الإصدار الجديد من لغة Go",
				Summary:  chat.Plain(strings.Repeat("这一句话有五千个字却没有一个标点", 5000/16) + "恰好五千个字完了"),
				Sources:  []chat.Link{{Title: "المدونة", URL: "https://go.dev/blog/go1.26?lang=ar"}},
			},
			chat.Story{
				Summary: chat.Plain("这条新闻没有标题。"),
				Sources: []chat.Link{{URL: "https://go.dev/solutions/"}},
			},
			chat.Story{Headline: "没有来源的新闻 \"quoted\" 'single' `tick`", Summary: chat.Plain("也没有链接。")},
			chat.Story{Headline: "First script, then a link", Sources: []chat.Link{{Title: "bad", URL: "javascript:alert('first')"}, {Title: "good", URL: "https://go.dev/play/"}}},
			chat.List{Title: "<!everyone> # list", Items: []chat.Text{chat.Plain("- @here\n- nested"), {}, {code("`"), text("```"), code("``")}}},
			chat.Notice{Level: chat.Failure, Text: chat.Plain("Cannot read “<!channel>.md”: \"@everyone\" > 3 & *bold*")},
			hostileButtons(),
		},
		Footer: "@everyone <!channel> · " + emoji + " · " + strings.Repeat("很长的页脚", 40),
	}
}

// hostileButtons returns 30 buttons: one with a label of 200 characters, one
// with a line of 120, some that would ping if they were text, and one
// without a label.
func hostileButtons() chat.Buttons {
	buttons := chat.Buttons{
		{Label: strings.Repeat("长标签Label", 25), Line: "/digest tag long"},
		{Label: "long line", Line: "/digest tag " + strings.Repeat("很长的行", 27)},
		{Label: "@everyone <!channel> `x`", Line: chat.Line("digest", "tag", "@everyone <!channel> `x`")},
		{Label: "👨‍👩‍👧‍👦", Line: "/digest tag 👨‍👩‍👧‍👦"},
		{Label: "", Line: "/digest tag 没有标签"},
	}
	for i := len(buttons) + 1; i <= 30; i++ {
		buttons = append(buttons, tagButtons(fmt.Sprintf("tag-%d", i))...)
	}
	return buttons
}

// Traps contains the markup of various platforms as plain text: unclosed
// emphasis, a Slack link, template tags, footnotes.
func Traps() chat.Message {
	broken := []string{
		"**never closed", "*a **b* c**", "__init__ and __main__", "snake_case_word and 5*3*2", "~~half", "||not secret", "`tick",
		"<https://e.org|x>", "<https://e.org>", "<mailto:a@b.example|write>", "<@U1|name>", "<#C1|general>", "<!date^1392734382^{date}|then>", "<t:1392734382:R>", "</digest:1>",
		"{% raw %}{{ site.url }}{% endraw %}", "{{ page.title | escape }}", "[^1] and [^note]: a footnote", "[a](b) [c][d] ![e](f)", "\\*escaped\\* \\`too\\`",
		"&lt;b&gt; &amp;amp; &#35;", "<b>bold</b> <br> <!-- gone? -->", "a@b.example and @everyone", "http:// https:// www.e.org e.org/x", "C# F# #1 # not", ":tada: :8080: 12:30:45", "1. one 2) two", "$x^2$ \\(y\\)", "|a|b|",
		"https://en.wikipedia.org/wiki/Go_(game), (https://e.org/a_b_c)", "“引号”**粗**“引号”", "*强调*，_下划线_。`代码`、~~删~~！",
	}
	m := chat.Message{Title: "Traps: " + strings.Join(broken[:8], " "), Footer: strings.Join(broken[4:12], " ")}
	for i, s := range broken {
		style := chat.Style(i % 16)
		m.Blocks = append(m.Blocks, chat.Story{
			Headline: s,
			Summary:  chat.Text{text("字"), {Text: s, Style: style}, text("字 "), {Text: s, URL: fmt.Sprintf("https://e.org/(%d)/a_b_c*d", 100+i)}, text(s)},
			Sources:  []chat.Link{{Title: s, URL: fmt.Sprintf("https://e.org/%d|x>?q=*_~`", 200+i)}},
			Note:     chat.Text{text(s), {Text: s, Style: style}},
		})
	}
	var list chat.List
	for _, s := range broken {
		list.Items = append(list.Items, chat.Text{text(s + "\n" + s)})
	}
	m.Blocks = append(m.Blocks, list, chat.Paragraph{Title: strings.Join(broken[:4], " "), Text: chat.Plain(strings.Join(broken, "\n"))})
	return m
}

// emoji has graphemes of many code points wherever text may be cut.
func emoji() chat.Message {
	const (
		family = "👨‍👩‍👧‍👦"
		coder  = "👩🏽‍💻"
		flags  = "🇨🇳🇺🇸🇯🇵"
		keycap = "1️⃣"
		wales  = "🏴󠁧󠁢󠁷󠁬󠁳󠁿"
		accent = "é̂"
	)
	run := func(n int) string { return strings.Repeat(family+coder+flags+keycap+wales+accent, n) }
	return chat.Message{
		Title: strings.Repeat(family, 43) + "!",
		Note:  chat.Plain(strings.Repeat(flags, 30)),
		Blocks: []chat.Block{
			chat.Paragraph{Title: strings.Repeat(flags, 60), Text: chat.Plain(strings.Repeat(wales, 400) + "零")},
			chat.Story{Headline: strings.Repeat(coder, 75) + "一", Summary: chat.Plain(run(150) + "二"), Sources: []chat.Link{{Title: run(20), URL: "https://emoji.example/" + family}}, Note: chat.Plain(run(5))},
			chat.Story{Headline: "字" + strings.Repeat(family, 43), Summary: chat.Text{{Text: strings.Repeat(flags, 700), Style: chat.Bold}, {Text: run(3), URL: "https://flags.example/" + flags}}},
			chat.List{Title: run(12) + "三", Items: []chat.Text{chat.Plain(strings.Repeat(accent, 1500) + "四"), {{Text: run(8) + "五", Style: chat.Code}}}},
			chat.Buttons{{Label: strings.Repeat(family, 12), Line: "/digest tag " + family}, {Label: strings.Repeat(flags, 15), Line: "/digest tag " + flags}},
		},
		Footer: strings.Repeat(coder, 90),
	}
}

// rightToLeft mixes Arabic and Hebrew with Chinese and English.
func rightToLeft() chat.Message {
	const (
		arabic = "صدر الإصدار الجديد من لغة البرمجة"
		hebrew = "גרסה חדשה של שפת התכנות"
	)
	return chat.Message{
		Language: "ar",
		Title:    arabic + " Go 1.26",
		URL:      "https://go.dev/blog/go1.26?lang=ar",
		Note:     chat.Text{text("✎ " + hebrew)},
		Blocks: []chat.Block{
			chat.Paragraph{Title: hebrew + ": 1.26", Text: chat.Text{
				text(arabic + "\n"), {Text: hebrew, Style: chat.Bold}, text(" (Go 1.26) "), link(arabic, "https://go.dev/doc/?a=1"), text(" — 发布说明 " + hebrew + "!\n\n\u2067" + arabic + "\u2069 1, 2, 3."),
			}},
			chat.Story{
				Headline: hebrew + " (Go 1.26) " + arabic,
				Summary:  chat.Text{text(strings.Repeat(arabic+". ", 90)), {Text: hebrew + "?", Style: chat.Italic}, text(strings.Repeat(" "+hebrew+"!", 90))},
				Sources:  []chat.Link{{Title: "المدونة", URL: "https://go.dev/blog/?b=2"}, {Title: "בלוג Go", URL: "https://go.dev/play/?c=3"}, {Title: "left\u200eto\u200fright", URL: "https://go.dev/tour/?d=4"}},
				Note:     chat.Text{text("↻ " + arabic)},
			},
			chat.Story{Headline: strings.Repeat(arabic+" ", 12) + "النهاية", Summary: chat.Plain("标题很长，方向不同。")},
			chat.List{Title: arabic, Items: []chat.Text{{link(hebrew, "https://go.dev/security/?e=5"), text(" — " + arabic)}, chat.Plain(hebrew)}},
			tagButtons("ذكاء اصطناعي", "בינה מלאכותית", "AI"),
		},
		Footer: arabic + " · 2026年2月12日 · " + hebrew,
	}
}

// endless has sentences without punctuation and very long words.
func endless() chat.Message {
	return chat.Message{
		Title: strings.Repeat("无穷无尽的标题", 400) + "到头了",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Plain(strings.TrimSpace(strings.Repeat("words go on and on ", 5000/19)))},
			chat.Story{
				Headline: strings.Repeat("Headlines do, too, ", 15) + "and end at last",
				Summary:  chat.Plain(strings.Repeat("一句没有标点的话", 5000/8)),
				Sources:  []chat.Link{{Title: strings.Repeat("来源的名字也很长", 40), URL: "https://endless.example/1"}},
			},
			chat.Story{Headline: strings.Repeat("headline", 38)[:300], Summary: chat.Plain(strings.Repeat("abcdefghij", 500))},
			chat.Story{Headline: "链接套着五千个字", Summary: chat.Text{link(strings.Repeat("链接里的字", 1000), "https://endless.example/2"), {Text: strings.Repeat("code ", 1000), Style: chat.Code}}},
			chat.Paragraph{Title: strings.Repeat("小标题", 100), Text: chat.Text{{Text: strings.Repeat("粗体不停", 1250), Style: chat.Bold | chat.Italic}}},
		},
	}
}

// longAddresses has addresses of 2,000 characters wherever an address is possible.
func longAddresses() chat.Message {
	address := func(host string) string {
		head, tail := "https://"+host+".long.example/?q=", "&the=last"
		return head + strings.Repeat("0123456789", 200)[:2000-len(head)-len(tail)] + tail
	}
	return chat.Message{
		Title: "Two thousand characters",
		URL:   address("title"),
		Note:  chat.Text{link("note", address("note"))},
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Text{text("See "), link("this", address("lead")), text(" and "), link(address("bare"), address("bare")), text(".")}},
			chat.Story{
				Headline: "The first source is long",
				Summary:  chat.Text{text("So is "), link("the link", address("summary")), text(".")},
				Sources:  []chat.Link{{Title: "first", URL: address("first")}, {URL: address("second")}, {Title: "third", URL: "https://short.example/"}},
				Note:     chat.Text{text("↻ "), link("earlier", address("earlier"))},
			},
			chat.List{Items: []chat.Text{{link("item", address("item"))}}},
			chat.Buttons{{Label: "long way", URL: address("button")}},
		},
	}
}
