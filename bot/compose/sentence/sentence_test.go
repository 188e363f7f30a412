package sentence

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

func TestFirst(t *testing.T) {
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
		// A sentence that is too long is cut after a clause.
		{"", plain(long), strings.Repeat("没有句号，", 56)[:len("没有句号")*56+len("，")*55] + " …"},
		// Malicious text stays whole.
		{"", plain("@everyone <!channel> 👩‍👩‍👧. More."), "@everyone <!channel> 👩‍👩‍👧."},
		{"", plain("\u202eעברית. Ещё."), "עברית."},
	} {
		got := First(c.text, c.headline).String()
		if got != c.want {
			t.Errorf("%q under %q is %q, want %q", c.text, c.headline, got, c.want)
		}
		if utf8.RuneCountInString(got) > sentenceLimit+2 {
			t.Errorf("%q has more than %d characters", got, sentenceLimit)
		}
	}
}

// Styles and links of the sentence stay.
func TestFirstKeepsSpans(t *testing.T) {
	got := First(chat.Text{{Text: "Das "}, {Text: "neue", Style: chat.Bold}, {Text: " Go ist "}, {Text: "da. Jetzt", URL: "https://go.dev/"}, {Text: "."}}, "")
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
		whole, rest := Complete(c.headline, chat.Plain(c.summary))
		if whole != c.want || rest.String() != c.rest {
			t.Errorf("%q over %q is\n%q over %q, want\n%q over %q", c.headline, c.summary, whole, rest, c.want, c.rest)
		}
	}
}
