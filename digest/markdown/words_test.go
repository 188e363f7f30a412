package markdown

import (
	"fmt"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/body"
)

// styled returns a text with its styles and links as an author would write them.
func styled(t digest.Text) string {
	var b strings.Builder
	for _, s := range t {
		words := s.Text
		for _, m := range []struct {
			style digest.Style
			mark  string
		}{{digest.Code, "`"}, {digest.Strike, "~"}, {digest.Italic, "_"}, {digest.Bold, "*"}} {
			if s.Style&m.style != 0 {
				words = m.mark + words + m.mark
			}
		}
		if s.URL != "" && s.URL != s.Text {
			words = "[" + words + "]"
		}
		b.WriteString(words)
	}
	return b.String()
}

// The words of a story are those of its page, as rendered by Jekyll 4.3.1 (kramdown
// 2.4.0) and Hugo 0.160.1 unless another reason is given. A link that is a source is
// not among them.
func TestWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		// Labels within sentences, and set apart from them.
		{"It has **emphasis** and [links](https://a.b/1).", "It has *emphasis* and [links]."},
		{"The project has a [website](https://a.b/1)", "The project has a [website]"},
		{"Read the [source](https://a.b/1)!", "Read the [source]!"},
		{"This is open [source](https://a.b/1)?", "This is open [source]?"},
		{"更多信息请看[链接](https://a.b/1)。", "更多信息请看[链接]。"},
		{"详细内容见[原文](https://a.b/1)", "详细内容见[原文]"},
		{"请点击[详情](https://a.b/1)！", "请点击[详情]！"},
		{"자세한 내용은 [링크](https://a.b/1)", "자세한 내용은 [링크]"},
		{"Voir le *[lien](https://a.b/1)*.", "Voir le [_lien_]."},
		{"我们看了[来源](https://a.b/1)和[原文](https://a.b/2)。", "我们看了[来源]和[原文]。"},
		{"Compare the [original](https://a.b/1) with the [source](https://a.b/2).", "Compare the [original] with the [source]."},
		{"Please [read more](https://a.b/1).", "Please [read more]."},
		{"The docs are at https://a.b/1.", "The docs are at https://a.b/1."},
		{"We talked on [Reddit](https://a.b/1).", "We talked on [Reddit]."},
		{"He wrote it at the\n[source](https://a.b/1).", "He wrote it at the [source]."},
		{"Website [Example](https://a.b/1) went down.", "Website [Example] went down."},
		{"It happened. [Source](https://a.b/1)", "It happened."},
		{"It happened — [link](https://a.b/1)", "It happened"},
		{"It happened ([source](https://a.b/1)).", "It happened."},
		{"It happened | [Website](https://a.b/1)", "It happened"},
		{"It happened 🔗 [link](https://a.b/1)", "It happened"},
		{"发生了。[原文](https://a.b/1)", "发生了。"},
		{"发生了（来源：[链接](https://a.b/1)）。", "发生了。"},
		{"It happened\\\n[Source](https://a.b/1)", "It happened"},
		{"It happened.\n\n[Website](https://a.b/1)", "It happened."},

		// Code is as written; {% raw %} is removed, as on Jekyll's page.
		{"Use `${{ secrets.X }}` and `{% if x %}`.", "Use `${{ secrets.X }}` and `{% if x %}`."},
		{"Use `{% raw %}{{ x }}{% endraw %}` now.", "Use `{{ x }}` now."},
		{"Use {% raw %}{{ x }} and {% y %}{% endraw %} now.", "Use {{ x }} and {% y %} now."},
		{"Use {%- raw -%}{{x}}{%-endraw-%} now.", "Use {{x}} now."},
		{"{% raw %}\nUse {{ x }}.\n{% endraw %}", "Use {{ x }}."},
		{"```\n{% raw %}\n{{ a }}\n{% endraw %}\n```", "`{{ a }}`"},
		{"```yaml\nif: ${{ a  b }}\n\n{% include x %}\n```", "`if: ${{ a  b }}\n\n{% include x %}`"},
		{"~~~\n{% if x %}\n```\n{% endif %}\n~~~", "`{% if x %}\n```\n{% endif %}`"},
		{"- a\n\n  ```\n  {% b %}\n  ```\n", "• a\n\n`{% b %}`"},
		{"{% raw %}\n```\n{{ x }}\n```\n{% endraw %}", "`{{ x }}`"},
		{"{% highlight go %}\n{{ x }}\n{% endhighlight %}", "`{{ x }}`"},
		{"A {{ variable }} here.", "A here."},
		{"A {% comment %}`hidden`{% endcomment %} here.", "A here."},
		{"A {% raw %} here.", "A here."},
		{"A [{{ t }}]({{ site.url }}/a) {{b", "A {{b"},
		{"`[^1]` and `{: .x}` and `&amp;`", "`[^1]` and `{: .x}` and `&amp;`"},

		// Attributes and comments of kramdown, as on Jekyll's page.
		{"*a*{: .x} `b`{:.y} [c](https://a.b/1){:target=\"_blank\"} d", "_a_ `b` [c] d"},
		{"a {: .x} b{: .y}", "a {: .x} b{: .y}"},
		{"a\n{: .x}", "a"},
		{"{::comment}\nhidden\n\nlines\n{:/comment}\n\na", "a"},
		{"HTML is old.\n\n*[HTML]: Hypertext\n*[CSS]: Sheets", "HTML is old."},

		// Footnotes.
		{"A claim[^1] and[^x].\n\n[^1]: The [first](https://a.b/1) note.\n[^x]: Second.", "A claim[1] and[2].\n\n[1] The [first] note.\n[2] Second."},
		{"B[^b], A[^a], B[^b].\n\n[^a]: Alpha.\n[^b]: Beta.", "B[1], A[2], B[1].\n\n[1] Beta.\n[2] Alpha."},
		{"A[^1].\n\n[^1]:\n    One.\n\n    Two `three`.", "A[1].\n\n[1] One.\n\nTwo `three`."},
		{"A[^1].\n\n[^1]: B[^2].\n[^2]: C.", "A[1].\n\n[1] B[2].\n[2] C."},
		{"- item[^1]\n- other\n\n[^1]: Note.", "• item[1]\n• other\n\n[1] Note."},
		{"> A quote[^1].\n\n[^1]: Note.", "A quote[1].\n\n[1] Note."},
		{"| a | b |\n|---|---|\n| c[^1] | d |\n\n[^1]: Note.", "a | b\nc[1] | d\n\n[1] Note."},
		{"A[^1].\n\n[^1]: https://a.b/only", "A[1].\n\n[1] https://a.b/only"},
		{"A[^none] and none.\n\n[^used]: Nowhere.", "A[^none] and none."},

		// References whose definition is missing or present.
		{"See [none][x] and a[i][j].", "See [none][x] and a[i][j]."},
		{"See [a][x], [X][] and [x].\n\n[x]: https://a.b/1 'Title'", "See [a], [X] and [x]."},

		// Inline HTML. Chat has no ruby, for which <rp> is meant.
		{"a <time>b</time> <dfn>c</dfn> <big>d</big> <label>e</label> <small>f</small> <mark>g</mark> <abbr title=x>h</abbr> <button>i</button>", "a b _c_ d e f g h i"},
		{"<em>a</em> <i>b</i> <strong>c</strong> <b>d</b> <del>e</del> <s>f</s> <code>g</code> <kbd>h</kbd>", "_a_ _b_ *c* *d* ~e~ ~f~ `g` `h`"},
		{"E=mc<sup>2</sup>, 10<sup>-3</sup>, 1<sup>st</sup>, H<sub>2</sub>O", "E=mc², 10⁻³, 1st, H2O"},
		{"<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby><q>a</q>", "漢(kan)“a”"},
		{"<pre>a\n  b</pre>", "`a\n  b`"},
		{"<custom>a <b>b</b></custom> <x-y>c</x-y>", "a *b* c"},
		// Pages take these as unclosed elements; their authors do not.
		{"A Vec<T>, a Map<K, V> and a List<int>, <name>", "A Vec<T>, a Map<K, V> and a List<int>, <name>"},
		{"Option<Box<dyn Fn(i32)>> if x<y and 3 > 2", "Option<Box<dyn Fn(i32)>> if x<y and 3 > 2"},

		// A picture in a link gives the link its words.
		{"See [![a picture](https://a.b/p.png)](https://a.b/1) here.", "See [a picture] here."},
		{"See [![a](https://a.b/p.png) b](https://a.b/1) here.", "See [a b] here."},
		{"See [b ![a](https://a.b/p.png)](https://a.b/1) here.", "See [b a] here."},
		{"See <a href='https://a.b/1'><img src=/p.png alt='a  b'></a> here.", "See [a b] here."},

		// Lists of definitions and of tasks.
		{"Term\n: Meaning", "Term\n\nMeaning"},
		{"- [x] done\n- [ ] open", "• ☑ done\n• ☐ open"},
		{"@everyone <!channel> 👨‍👩‍👧‍👦 مرحبا क्षत्रिय", "@everyone <!channel> 👨‍👩‍👧‍👦 مرحبا क्षत्रिय"},
	} {
		d := Read("2026-03-01-a.md", []byte("---\ntitle: T\n---\n## News\n\n### Zero\n\nZero. [S](https://a.b/0)\n\n### One\n\n"+c.in+"\n\n**Source:** https://a.b/9\n\n### Two\n\nTwo. [S](https://a.b/2)\n"))
		got := "no story"
		for _, s := range d.Stories {
			if s.Headline == "One" {
				got = styled(s.Summary)
			}
		}
		if got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// Braces are text unless the file shows that Liquid reads it.
func TestVariables(t *testing.T) {
	for _, c := range []struct{ file, matter, in, want string }{
		{"2026-03-01-a.md", "---\ntitle: T\n---\n", "Use {{ x }}.", "Use ."},
		{"en/_posts/26-3-1-a.md", "---\ntitle: T\n---\n", "Use {{ x }}.", "Use ."},
		{"a.md", "---\ntitle: T\n---\n", "Use {{ x }}.", "Use {{ x }}."},
		{"a.md", "---\ntitle: T\n---\n", "Use {{ x }}{% if y %}.", "Use ."},
		{"2026-03-01-a.md", "+++\ntitle = 'T'\n+++\n", "Use {{ x }} in [a]({{ b c }}).", "Use {{ x }} in a."},
		{"2026-03-01-a.md", "---\ntitle: T\n---\n", "Use {{ x }}{{< figure >}}.", "Use {{ x }}."},
		{"2026-03-01-a.md", "---\ntitle: T\n---\n", "Use `{{</* figure src=\"a\" */>}}` and {{%/* b */%}}.", "Use `{{< figure src=\"a\" >}}` and {{% b %}}."},
		{"a.md", "", "Use {{ x }}", "Use {{ x }}"},
	} {
		d := Read(c.file, []byte(c.matter+"## News\n\n### One\n\n"+c.in+"\n\n**Source:** https://a.b/1\n"))
		if got := styled(d.Stories[0].Summary); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.file, c.in, got, c.want)
		}
	}
}

// An address may contain letters of any script, and ends at punctuation of any width.
func TestBareAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"https://zh.example.org/wiki/人工智能": "https://zh.example.org/wiki/人工智能", "https://a.b/?y=中文&z=1#节": "https://a.b/?y=中文&z=1#节",
		"https://a.b/文。后": "https://a.b/文", "https://a.b/文，后": "https://a.b/文", "https://a.b/文：": "https://a.b/文", "https://a.b/文！": "https://a.b/文", "https://a.b/文」": "https://a.b/文",
		"https://a.b/x…": "https://a.b/x", "https://a.b/x、y": "https://a.b/x", "（https://a.b/x）": "https://a.b/x", "(https://a.b/x_(文))": "https://a.b/x_(文)", "https://a.b/x；y": "https://a.b/x",
		"https://a.b/Köln.": "https://a.b/Köln", "https://a.b/Москва, x": "https://a.b/Москва", "https://a.b/한국어 x": "https://a.b/한국어", "https://a.b/हिन्दी x": "https://a.b/हिन्दी", "https://a.b/عربي x": "https://a.b/عربي",
		"https://a.b/e\u0301": "https://a.b/e\u0301", "https://a.b/١٢": "https://a.b/١٢", "https://a.b/👍": "https://a.b/", "https://a.b/\u3000x": "https://a.b/",
		"https://例え.jp/x": "https://例え.jp/x", "https://müller.example": "https://müller.example", "https://пример.рф": "https://пример.рф",
		"https://go.dev发布了": "https://go.dev", "https://go.dev/发布了 x": "https://go.dev/发布了", "https://go.dev发布.": "https://go.dev", "见HTTP://go.dev。": "HTTP://go.dev",
	} {
		got := ""
		blocks, _ := body.Flatten([]byte("见 "+in), true, false)
		for _, s := range blocks[0].Lines[0].Text {
			if s.URL != "" {
				got += s.URL
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// A footnote that all stories use does not make a digest longer than its file by more
// than the length of a body.
func TestFootnotesAgainAndAgain(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "### Story %d\n\nWords[^1].\n\n", i)
	}
	b.WriteString("[^1]: " + strings.Repeat("words ", 20000) + "\n")
	d, size := Read("2026-03-01-a.md", []byte(b.String())), 0
	for _, s := range d.Stories {
		size += len(s.Summary.String())
	}
	for _, s := range d.Sections {
		size += len(s.Text.String())
	}
	if size < 120000 || size > 3*maxBody {
		t.Errorf("got %d bytes", size)
	}
}
