package render

import (
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

func TestMarkdown(t *testing.T) {
	plain := func(s string) chat.Text { return chat.Text{{Text: s}} }
	link := func(s, address string) chat.Text { return chat.Text{{Text: s, URL: address}} }
	for _, test := range []struct {
		name string
		in   chat.Text
		want string
	}{
		{"marks", plain("*a* _b_ ~~c~~ `d` ||e|| \\f"), "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\`d\\` \\|\\|e\\|\\| \\\\f"},
		{"mentions", plain("@everyone @here <@1> <@&2> <#3> </digest:4> a@b"), `\@everyone \@here \<@1> \<@&2> \<#3> \</digest:4> a@b`},
		{"time and emoji", plain("<t:1:R> <:x:1> :smile:"), `\<t\:1:R> \<\:x:1> \:smile:`},
		{"no emoji", plain("16:100:9 ::/48 a::b repo:ok:1 :+1: a:b:c:d :) 10:30 x:y C++::z http://a.b:80/c:d:e 中:ok:文"), `16\:100:9 :\:/48 a::b repo\:ok:1 \:+1: a\:b\:c:d \:) 10:30 x:y C++::z <http://a.b:80/c:d:e> 中\:ok:文`},
		{"no emoji in a label", link("16:100:9 and ::/48", "https://go.dev"), "[16:\u200b100:9 and ::\u200b/48](<https://go.dev>)"},
		{"no emoji in code", chat.Text{{Text: "repo:ok:1", Style: chat.Code}}, "`repo:ok:1`"},
		{"letters in an address", chat.Text{{Text: "https://zh.example.org/wiki/人工智能", URL: "https://zh.example.org/wiki/人工智能"}, {Text: "，见"}}, "<https://zh.example.org/wiki/人工智能>，见"},
		{"letters behind an address", plain("见https://a.example/?y=中文。完"), "见<https://a.example/?y=中文>。完"},
		{"line starts", plain("# a\n-# b\n- c\n> d\n1. e\n2) f\n+ g\n-5 #h 3.14 2026"), "\\# a\n\\-# b\n\\- c\n\\> d\n1\\. e\n2\\) f\n\\+ g\n-5 #h 3.14 2026"},
		{"line start in the middle", chat.Text{{Text: "a"}, {Text: "- b\n- c"}}, "a- b\n\\- c"},
		{"link syntax", plain("[a](https://evil.example)"), `\[a\](<https://evil.example>)`},
		{"address in Chinese", plain("见https://go.dev/a_b*c。完"), `见<https://go.dev/a_b*c>。完`},
		{"address in brackets", plain("(see https://en.wikipedia.org/wiki/Go_(x))."), `(see <https://en.wikipedia.org/wiki/Go_(x)>).`},
		{"no address", plain("http:// https://"), `http:// https://`},
		{"styles", chat.Text{{Text: "粗", Style: chat.Bold}, {Text: "斜", Style: chat.Italic}, {Text: "删", Style: chat.Strike}, {Text: "x", Style: chat.Code}}, "**粗**\u200b*斜*~~删~~`x`"},
		{"spaces stay outside", chat.Text{{Text: " a ", Style: chat.Bold}, {Text: "b"}}, " **a** b"},
		{"only spaces", chat.Text{{Text: "  ", Style: chat.Bold}, {Text: "b"}}, "  b"},
		{"code with a backtick", chat.Text{{Text: "a`b", Style: chat.Code}}, "``a`b``"},
		{"code with two", chat.Text{{Text: "a``b", Style: chat.Code}}, "`a``b`"},
		{"code with both", chat.Text{{Text: "a`b``c", Style: chat.Code}}, "a\\`b\\`\\`c"},
		{"code of backticks", chat.Text{{Text: "```", Style: chat.Code}}, "\\`\\`\\`"},
		{"link", link("Go (1.26)", "https://en.wikipedia.org/wiki/Go_(x)?a=<b>"), "[Go (1.26)](<https://en.wikipedia.org/wiki/Go_%28x%29?a=%3Cb%3E>)"},
		{"host once", chat.Text{{Text: "@everyone buy", URL: "https://a.example/1"}, {Text: " (a.example) now"}}, `\@everyone buy ([a.example](<https://a.example/1>)) now`},
		{"host once, in spans", chat.Text{{Text: "[x] 👩‍👩‍👧", URL: "https://a.example/1", Style: chat.Bold}, {Text: " ("}, {Text: "a.example"}, {Text: ")"}, {Text: "\nb"}, {Text: "c", Style: chat.Bold}}, "**\\[x\\] 👩‍👩‍👧** ([a.example](<https://a.example/1>))\nb**c**"},
		{"host once, wide", chat.Text{{Text: "@here 见", URL: "https://a.example/1"}, {Text: "（"}, {Text: "a.example"}, {Text: "）"}}, `\@here 见 ([a.example](<https://a.example/1>))`},
		{"another host", chat.Text{{Text: "@here x", URL: "https://a.example/1"}, {Text: " ("}, {Text: "b.example"}, {Text: ")"}}, `\@here x ([a.example](<https://a.example/1>)) (b.example)`},
		{"host that ends with a style", chat.Text{{Text: "@here x", URL: "https://a.example/1"}, {Text: " ("}, {Text: "a.example", Style: chat.Bold}, {Text: ")"}}, `\@here x ([a.example](<https://a.example/1>)) (**a.example**)`},
		{"bold link", chat.Text{{Text: "a", URL: "https://go.dev", Style: chat.Bold}}, "**[a](<https://go.dev>)**"},
		{"code link", chat.Text{{Text: "go fix", URL: "https://go.dev", Style: chat.Code}}, "[`go fix`](<https://go.dev>)"},
		{"underscore in a word", link("go_mod", "https://go.dev"), "[go_mod](<https://go.dev>)"},
		{"brackets in a label", link("[Go] *x*", "https://go.dev"), `\[Go\] \*x\* ([go.dev](<https://go.dev>))`},
		{"address as a label", link("https://bank.example", "https://www.go.dev/x"), `<https://bank.example> ([go.dev](<https://www.go.dev/x>))`},
		{"host behind a label", append(link("vec<T>", "https://www.go.dev/x"), chat.Span{Text: " (go.dev) and more"}), `vec\<T> ([go.dev](<https://www.go.dev/x>)) and more`},
		{"host behind a Chinese label", append(link("[中]", "https://go.dev/x"), chat.Span{Text: "（go.dev）"}), `\[中\] ([go.dev](<https://go.dev/x>))`},
		{"another host behind a label", append(link("vec<T>", "https://go.dev/x"), chat.Span{Text: " (go.dev.example)"}), `vec\<T> ([go.dev](<https://go.dev/x>)) (go.dev.example)`},
		{"host behind a link", append(link("vec", "https://go.dev/x"), chat.Span{Text: " (go.dev)"}), `[vec](<https://go.dev/x>) (go.dev)`},
		{"no label", link("", "https://www.go.dev/x"), "[go.dev](<https://www.go.dev/x>)"},
		{"script", link("click", "javascript:alert(1)"), `click (javascript:alert(1))`},
		{"script without a label", link("", "javascript:alert(1)"), `(javascript:alert(1))`},
		{"long address", link("x", "https://go.dev/"+strings.Repeat("a", linkLimit)), "x (<https://go.dev/" + strings.Repeat("a", linkLimit) + ">)"},
		{"control characters", plain("a\x00b\x1b[31m\u202Ec"), `ab\[31mc`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(markdown(prepare(test.in))); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
