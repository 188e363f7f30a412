package body

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/digest/markdown/block"
)

// HTML gives the same blocks as the equivalent Markdown.
func TestHTMLAsMarkdown(t *testing.T) {
	for _, c := range []struct{ name, html, markdown string }{
		{"headings", "<h1>A</h1>\n<H2 id=b class='c'>B <em>c</em></H2><h3><a href=\"https://e.org/1\">D</a></h3>\n<h6>E</h6>", "# A\n\n## B *c*\n\n### [D](https://e.org/1)\n\n###### E"},
		{"a heading without an end", "<h2>A\n<h3>B\n<p>c", "## A\n\n### B\n\nc"},
		{"a heading without words", "<h2></h2>\n<p>a</p>", "##\n\na"},
		{"paragraphs", "<p>a\nb</p><p class=x>c<p>d\n<div>e<section>f</section>g</div>h", "a\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\nh"},
		{"breaks", "<p>a<br>b<BR/>c<br />\nd<br\nclear=all>e</p>", "a  \nb  \nc  \nd  \ne"},
		{"a break in Markdown", "a<br>b<BR/>\nc", "a  \nb  \nc"},
		{"rules", "<p>a</p>\n<hr>\n<HR class=\"b\"/>\n<p>b", "a\n\n---\n\n---\n\nb"},
		{"text below a rule", "<hr>\n**a** [b](https://e.org)\nc\n", "---\n\n**a** [b](https://e.org)\nc\n"},
		{"text below a picture", "<img src=/a.png>\n**a** [b](https://e.org)\n", "**a** [b](https://e.org)\n"},
		{"text below an element", "<div>\n<p>a</p>\n</div>\n**b**\n\n<a id=\"x\"></a>\n## c\n", "a\n\n**b**\n\n## c\n"},
		{"text in an element", "<div>\n**a**\n</div>\n", "\\*\\*a\\*\\*"},
		{"emphasis", "<p><b>a</b> <STRONG>b</STRONG> <i>c</i> <em>d</em> <s>e</s> <del>f</del> <code>g</code></p>", "**a** **b** *c* *d* ~~e~~ ~~f~~ `g`"},
		{"emphasis in Markdown", "<b>a</b> <i>b</i> **c <i>d</i>** <b>e *f*</b> <code>g</code>", "**a** *b* **c *d*** **e *f*** `g`"},
		{"emphasis that crosses", "a <b>b <i>c</b> d</i> e", "a **b *c*** d e"},
		{"emphasis without an end", "<p>a <b>b</p><p>c", "a **b**\n\nc"},
		{"links", "<p><a href=\"https://e.org/a\">a</a> <A class=b HREF='https://e.org/b' >b</A> <a target=_blank href=https://e.org/c>c</a> <a\nhref = \"https://e.org/d\"\n>d</a></p>", "[a](https://e.org/a) [b](https://e.org/b) [c](https://e.org/c) [d](https://e.org/d)"},
		{"entities in addresses", "<p><a href=\"https://e.org/?lang=en&region=us&copy=1&amp;a=b&#38;c=d&notit=1\">a</a></p>", "[a](<https://e.org/?lang=en&region=us&copy=1&a=b&c=d&notit=1>)"},
		{"links of other elements", "<p><b href=https://e.org>a</b> <link href=https://e.org>b</p>", "**a** b"},
		{"a link of a picture that is not closed", "<div><div><a href=\"https://www.e.org\"><img src=/a>", "[e.org](https://www.e.org)"},
		{"a link of a picture with words below", "<div><a href=\"https://e.org\"><img src=/a><p>a", "[a](https://e.org)"},
		{"a link of pictures with a break", "<p><a href=\"https://e.org\">a<br><img src=/a> <img src=/b></a> <a href=\"https://f.org\"><img src=/a> <img src=/b></a>", "[a](https://e.org)  \n[f.org](https://f.org)"},
		{"a link of a picture that its heading or its cell ends", "<h2><a href=\"https://e.org\"><img src=/a></h2>b<table><tr><th><a href=\"https://e.org\"><img src=/a><th>c</table>", "## [e.org](https://e.org)\n\nb\n\n| [🔗](https://e.org) | c |\n|-|-|"},
		{"links that lead nowhere", "<p><a>a</a> <a name=b>b</a> <a href=javascript:alert(1)>c</a> <a href='#d'>d</a></p>", "a b [c](javascript:alert(1)) [d](#d)"},
		{"a link of a picture", "<p>a <a href=\"https://e.org/1\"><img src=\"https://i.org/a.png\"></a> <a href=https://e.org/2><img src=/b.png alt=\"b  c\"></a></p>", "a [![](https://i.org/a.png)](https://e.org/1) [![b c](/b.png)](https://e.org/2)"},
		{"the words of such a link", "<a href=\"https://www.e.org/1\"><img src=\"https://i.org/a.png\"></a> <a href=https://e.org/2><img src=/b.png alt=\"@everyone 👨‍👩‍👧‍👦\"></a> <a href=https://e.org/3><img src=/c.png alt=c>d</a>", "[e.org](https://www.e.org/1) [@everyone 👨‍👩‍👧‍👦](https://e.org/2) [cd](https://e.org/3)"},
		{"a link in a link", "<p><a href=https://e.org/a>a <a href=https://e.org/b>b</a> c</a> d</p>", "[a ](https://e.org/a)[b](https://e.org/b) c d"},
		{"a link around blocks", "<a href=\"https://e.org/a\"><h3>A</h3>\n<p>b</p></a><p>c</p>", "### [A](https://e.org/a)\n\n[b](https://e.org/a)\n\nc"},
		{"a list", "<ul>\n<li>a</li>\n<li><p>b</p><p>c</p></li>\n</ul>\n<p>d</p>", "- a\n- b\n\n  c\n\nd"},
		{"a list without ends", "<UL><LI>a<LI>b <a href=https://e.org>c</a>\n<li>d</UL>e", "- a\n- b [c](https://e.org)\n- d\n\ne"},
		{"a list of numbers", "<ol start=3><li>a</li><li>b</li><li value=\"9\">c<li>d</ol>", "3. a\n4. b\n\n<!-- -->\n\n9. c\n10. d"},
		{"lists in lists", "<ul><li>a<ol><li>b<li>c<ul><li>d</ul></ol><li>e</ul>", "- a\n  1. b\n  2. c\n     - d\n- e"},
		{"a list with empty lines", "<ul>\n\n<li>a</li>\n\n<li>b\n\n**c**\n\n</li>\n\n</ul>\n\nd", "- a\n- b\n\n  **c**\n\nd"},
		{"items without a list", "<li>a<li>b", "- a\n- b"},
		{"a quote", "<blockquote><p>a</p>b</blockquote>c", "> a\n>\n> b\n\nc"},
		{"a quote with empty lines", "<blockquote>\n\na **b**\n\n</blockquote>\n\nc", "> a **b**\n\nc"},
		{"a quote without an end", "<blockquote>a\n\n## b\n\nc", "> a\n\n## b\n\nc"},
		{"code", "<pre>\na  b\n\n  <b>c</b> &lt;d&gt;\n</pre>", "```\na  b\n\n  c <d>\n```"},
		{"code in upper case", "<PRE><CODE class=x>a<br>b</CODE></PRE>c", "```\na\nb\n```\nc"},
		{"a table", "<table>\n<caption>a</caption>\n<thead><tr><th>b</th><th>c</th></tr></thead>\n<tbody>\n<tr><td>d</td><td><a href='https://e.org'>e</a></td></tr>\n</tbody></table>f", "a\n\n| b | c |\n|-|-|\n| d | [e](https://e.org) |\n\nf"},
		{"a table without ends", "<TABLE><TR><TH>a<TH>b<TR><TD>c<TD>d<TR><TD>e<TD></TABLE>", "| a | b |\n|-|-|\n| c | d |\n| e | |"},
		{"a table that spans columns", "<table><tr><th>a<th>b<th>c<tr><td colspan=2>d<td>e</table>", "| a | b | c |\n|-|-|-|\n| d | | e |"},
		{"a table with empty rows", "<table><tr><th>a<th>b<tr><tr><td><td>&nbsp;<tr><td>c<td>d</table>", "| a | b |\n|-|-|\n| c | d |"},
		{"a table with empty lines", "<table>\n\n<tr>\n\n<th>a</th>\n<th>b</th>\n\n</tr>\n\n<tr>\n<td>\n\n**c**\n\n</td>\n<td>d</td>\n</tr>\n\n</table>\n\ne", "| a | b |\n|-|-|\n| **c** | d |\n\ne"},
		{"a table with indented rows", "<table>\n  <tr>\n    <th>a</th>\n    <th>b</th>\n  </tr>\n\n    <tr>\n      <td>c</td>\n      <td><a href=https://e.org>d</a></td>\n    </tr>\n</table>\n\n    <tr>", "| a | b |\n|-|-|\n| c | [d](https://e.org) |\n\n```\n<tr>\n```"},
		{"breaks in a table", "<table><tr><th>a<th>b<tr><td>c<br>d<td><p>e</p><p>f</p></table>", "| a | b |\n|-|-|\n| c<br>d | e<br>f |"},
		{"a table that lays out", "<table><tr><td><h2>A</h2><p>b</p></td><td><ul><li>c</ul></td></tr></table>", "## A\n\nb\n\n- c"},
		{"a table in a table", "<table><tr><td><table><tr><th>a<th>b<tr><td>c<td>d</table></td></tr></table>e", "| a | b |\n|-|-|\n| c | d |\n\ne"},
		{"a table without an end", "<table><tr><td><p>a<p>b\n\n## c\n\nd", "a\n\nb\n\n## c\n\nd"},
		{"a rule within a table of words", "<table><tr><td><p>a</p><hr><p>b</p></table>", "a\n\n---\n\nb"},
		{"details", "<details>\n<summary>A</summary>\n<p>b</p>\n</details>", "**A**\n\nb"},
		{"details with Markdown", "<details><summary>A</summary>\n\n### B\n\n- c\n\n</details>\n\nd", "**A**\n\n### B\n\n- c\n\nd"},
		{"comments", "<p>a<!-- <b> --> b</p><!--\n\nc\n\n-->\nd <!-- e --> f", "a b\n\nd  f"},
		{"a comment with an empty line", "<div>a<!-- b\n\nc\n\n--> d</div>", "a\n\nd"},
		{"comments in comments of Liquid", "a\n\n{% comment %}<!-- b -->{% endcomment %}\n\nc", "a\n\nc"},
		{"a script", "<p>a</p>\n<script>\nb\n\n**c**\n</script>\nd", "a\n\nd"},
		{"a script with an empty line", "<div><script>a\n\n## b\n\nc</script>d</div>\n\ne", "d\n\ne"},
		{"scripts within a line", "a <script>b(\"**c**\") < [d](https://e.org)</script><STYLE>e</STYLE> f", "a  f"},
		{"a script without an end", "a <script>b\nc\n\nd", "a\n\nd"},
		{"scripts without a need for an end", "<p>a<script src=\"b\"/></p><p>c</p>\n<svg><title/><style/></svg>d", "a\n\nc\n\nd"},
		{"a script in a cell", "| a <script>b |\n|-|\n| d <script>e</script> f |", "| a |\n|-|\n| d  f |"},
		{"styles", "<style>\na { b }\n\nc\n</style>\n\nd", "d"},
		{"no tags", "Vec<T>, a < b, <T>, Map<Key, Value>, Box<dyn Error>, Vec<S>, Promise<Object>, List<Form> and <your name>", "Vec\\<T>, a < b, \\<T>, Map\\<Key, Value>, Box\\<dyn Error>, Vec\\<S>, Promise\\<Object>, List\\<Form> and \\<your name>"},
		{"no tags in HTML", "<p>Vec<T>, a < b, 1<2 and <T></p>", "Vec\\<T>, a < b, 1<2 and \\<T>"},
		{"tags in upper case", "H<SUB>2</SUB>O x<B>y</B> z<BR>a", "H2O x**y** z  \na"},
		{"broken tags", "<p>a <b\nclass=\"x\">b</b> <img src=\"/a.png\"alt=\"b\"> <span title=\"<c>\">d</span></p>", "a **b**  d"},
		{"broken tags in Markdown", "a <a href=\"https://e.org\"title=\"b\">c</a> <img src=\"/a.png\"alt=x> <font color=\"red>d</font>", "a [c](https://e.org)  d"},
		{"components", "<Tabs>\n\na\n\n</Tabs>\n\n<Tweet id=\"1\" />\n\n<my-card>\n\nb", "a\n\nb"},
		{"declarations", "<!DOCTYPE html>\n<?php a > b ?>\n<![CDATA[\nc > d\n]]>\n\na <?b > c?> d", "a  d"},
		{"what has no text", "<p>a <video src=b>c</video> d</p>\n<iframe src=e></iframe>\n<svg><title>f</title><text>g</text></svg>\n<form><p>h</p></form><select><option>i</select>", "a  d"},
		{"quotes within a line", "<p>a <q>b</q></p>", "a “b”"},
		{"a page", "<!DOCTYPE html>\n<html><head><title>x</title></head>\n<body>\n<h1>A</h1>\n<p>b</p>\n</body></html>", "# A\n\nb"},
		{"within a list", "- <b>a</b>\n- <p>b</p>\n\n  <ul><li>c</ul>\n- d", "- **a**\n- b\n\n  - c\n- d"},
		{"within a quote", "> <p>a\n> b</p>\n>\n> c", "> a\n> b\n>\n> c"},
		{"stray ends", "</ul></td>a</p></h2></br>b</div>\n\nc</p>", "a\n\nb\n\nc"},
		{"blocks within a line", "a <ul><li>b</li><li>c</li></ul>", "a  \n• b  \n• c"},
		{"not closed at the end", "<div><p>a <b>b\n\nc <a href=\"https://e.org\">d", "a **b**\n\nc [d](https://e.org)"},
		{"hostile words", "<p>@everyone &lt;!channel&gt; 👨‍👩‍👧‍👦 مرحبا &lt;script&gt;</p>", "@everyone \\<!channel> 👨‍👩‍👧‍👦 مرحبا \\<script>"},
	} {
		if got, want := shapes(c.html), shapes(c.markdown); got != want {
			t.Errorf("%s: %q: got\n%swant\n%s", c.name, c.html, got, want)
		}
	}
}

// shapes returns the blocks of a body without their offsets.
func shapes(body string) string {
	blocks, odd := parse([]byte(body), true, false)
	var s strings.Builder
	for i := range blocks {
		b := &blocks[i]
		fmt.Fprintf(&s, "%d %d %q quoted %v, anchors %v, header %v:", b.Kind, b.Level, b.Marker, b.Quoted, b.Anchors, b.Header)
		for _, l := range b.Lines {
			for _, span := range block.SingleSpaced(l.Text) {
				fmt.Fprintf(&s, " %q", span)
			}
			fmt.Fprintf(&s, " %v", l.Hard)
		}
		s.WriteString("\n")
	}
	for _, l := range odd.Bad {
		fmt.Fprintf(&s, "bad %s\n", l.Address)
	}
	return s.String()
}

// No tag and no script remains in a digest. The words of a link are where its picture
// is, but never before a completed block.
func TestPlacesOfPicturesInLinks(t *testing.T) {
	const picture = "<a href=\"https://e.org\"><img src=/a>"
	for _, body := range []string{
		"<div class=x>" + picture + "<p>a", "<p>" + picture + "\n- <p>", "<p>" + picture + "<br>a</a>", picture + "</a><p>a", "<div>" + picture + "<hr></a>", "<div>" + picture + "<pre>a</pre></a>b",
		"<div>" + picture + "<h2></h2></a>", "<ul><li>" + picture + "<li>a" + picture + "</ul>", "<table><tr><td>" + picture + "<td>a<tr><td>" + picture + "</table>", "a " + picture + "<br>\nb</a>\n\n[![](/a)](https://e.org)\n",
	} {
		wholeBlocks(t, body)
	}
}

func TestHTMLGenerated(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"a", "b c", "行业", " ", "\n", "\n\n", "<p>", "</p>", "<div class=x>", "</div>", "<ul>", "<li>", "</li>", "</ul>", "<ol start=2>", "</ol>", "<table>", "<tr>", "<td>", "<th colspan=2>", "</td>", "</tr>", "</table>",
		"<h2>", "</h2>", "<a href=\"https://e.org\">", "<a>", "</a>", "<b>", "</b>", "<br>", "<hr>", "<img src=/a>", "<pre>", "</pre>", "<script>", "evil()", "</script>", "<!--", "-->", "<blockquote>", "</blockquote>",
		"<details>", "<summary>", "</summary>", "</details>", "<svg>", "</svg>", "<img src=\"a\"alt=b>", "\n- ", "\n> ", "\n## ", "**", "`", "[", "](u)", "|", "\n|-|\n", "&lt;", "<?", "?>", "<![CDATA[", "]]>", "\t",
	})
	rapid.Check(t, func(t *rapid.T) {
		wholeBlocks(t, strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), ""))
	})
}

func FuzzHTML(f *testing.F) {
	f.Add("<table><thead><tr><th>a<th>b<tbody><tr><td colspan=2>c</table>\n<details><summary>d</summary>\n\n- <b>e</b>\n\n</details>\n<img src=f><script>g</script>\n<pre>h\n\ni</pre>")
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) < 4<<10 && utf8.ValidString(body) {
			wholeBlocks(t, body)
		}
	})
}

// wholeBlocks checks that blocks have lines with words, and are in the order of the
// body.
func wholeBlocks(t interface{ Errorf(string, ...any) }, body string) {
	blocks, _ := parse([]byte(body), true, false)
	last := 0
	for _, b := range blocks {
		if b.Offset < last || b.Offset > len(body) {
			t.Errorf("%q: got a block at %d after one at %d", body, b.Offset, last)
		}
		last = b.Offset
		if len(b.Lines) == 0 && b.Kind != block.Heading && b.Kind != block.Rule {
			t.Errorf("%q: got an empty block of kind %d", body, b.Kind)
		}
		for _, l := range b.Lines {
			if len(l.Text) == 0 || l.Offset < 0 {
				t.Errorf("%q: got the line %+v", body, l)
			}
		}
	}
	Flatten([]byte(body), true, false)
}
