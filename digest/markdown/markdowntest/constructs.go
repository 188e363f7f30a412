package markdowntest

import "slices"

// Constructs returns small files that together contain every construct: each kind of
// front matter with each kind of value, and each kind of body.
func Constructs() (files []string) {
	for _, m := range matters {
		files = append(files, m+"\n"+bodies[0]+"\n")
	}
	for _, b := range bodies {
		files = append(files, matters[0]+"\n"+b+"\n")
	}
	for _, v := range values {
		files = append(files, "---\ntitle: \"Values\"\ndate"+v+"\ntags"+v+"\ndraft"+v+"\n---\n\n"+bodies[0]+"\n")
	}
	return slices.Clip(files)
}

// matters are the formats of front matter.
var matters = []string{
	"---\ntitle: \"A day of news\"\ndate: 2026-03-01\nauthor: Desk\ncategories: [tech]\ntags: [AI, Go]\n---\n",
	"---\ntitle: A \"quoted\" title\ndate: '2026-03-01 08:00:00 +0800'\ntags:\n  - AI\n  - [nested, list]\n  - name: table\n  -\n---\n",
	"---\r\ntitle: Windows\r\ndate: 2026-03-01T08:00:00Z\r\n---\r\n",
	"\uFEFF---\ntitle：全角\ndate：2026年3月1日\ntags：[人工智能，数据库]\n---\n",
	"---\ntitle:no space\ndate:2026-03-01\n---\n",
	"---\ntitle: |\n  several\n  lines\nsummary: >-\n  folded\n  text\nbase: &base {a: 1}\ncopy:\n  <<: *base\n---\n",
	"---\ntitle: open\ndate: 2026-03-01\n\nBody at once.\n",
	"---\n---\n",
	"---yaml\ntitle: named\n---\n",
	"+++\ntitle = \"TOML\"\ndate = 2026-03-01T08:00:00+08:00\ntags = [\"AI\", \"Go\"]\n[taxonomies]\ncategories = [\"tech\"]\n[extra]\nlist = [[1, 2], [3]]\n+++\n",
	"+++\ntitle = 'broken\n+++\n",
	"{\n  \"title\": \"JSON\",\n  \"date\": \"2026-03-01\",\n  \"tags\": [\"AI\", {\"name\": \"Go\"}]\n}\n",
	"{\"title\": \"one line\", \"date\": \"2026-03-01\"}\n",
	";;;\n{\"title\": \"semicolons\"}\n;;;\n",
	"Title: Bare header\nDate: 2026-03-01\nTags: a, b\n\n",
	"title: Hexo\ndate: 2026-03-01\ntags:\n- a\n---\n",
	"---\n\nProse between two rules.\n\n---\n",
	"---\n- a list\n- between rules\n---\n",
	"---\ntitle: twice\ntitle: again\ndate: 2026-03-01\nstories:\n  - title: listed\n    url: https://listed.example.org/\n    summary: In the front matter.\n---\n",
	"% Pandoc\n% Author\n% 2026-03-01\n",
	"# 2026-03-01\n",
	"",
}

// values are the values of a key.
var values = []string{
	": true", ": True", ": yes", ": 'no'", ": \"on\"", ": off", ": ~", ": null", ":", ": []", ": {}", ": [[], [a, [b]]]", ": 0", ": 1",
	": 2026-03-01", ": 2026-3-1", ": '00:00 06/29/2018'", ": 2021/08/09", ": 2026年11月28日 星期六", ": 2026-11-28 08:00:00 CST", ": 0001-01-01",
	": 2026-13-45", ": 1772352000", ": next week", ": March 1st, 2026", ": \"@everyone\"", ": !!binary aGk=", ": &a [*a]", ": *nobody", ": 'open", ": \"open",
	": | \n  block", ": >\n  folded", ": a: b", ": # comment", ": \t tab", ": 👩‍👩‍👧‍👦", ": \u202Eright to left", "：全角值", " = \"toml\"", ": 1e400", ": 0x1F",
}

// tags are the names of tags, with and without a meaning.
var tags = []string{
	"a", "abbr", "article", "aside", "b", "big", "blockquote", "br", "button", "caption", "center", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
	"figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h6", "header", "hr", "i", "iframe", "img", "input", "kbd", "label", "li", "main", "mark", "math", "nav", "ol",
	"p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "script", "section", "select", "small", "source", "span", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody",
	"td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "var", "video", "wbr", "T", "x-custom",
}

// bodies are the kinds of body.
var bodies = []string{
	"Opening prose.\n\n## News\n\n### First story\n\nWhat happened, with **emphasis** and [a link](https://example.org/a).\n\n**Source:** [Page](https://example.org/b)\n\n### Second story\n\nMore.\n\n来源：https://example.org/c\n\n## Analysis\n\nWhat it means.",
	"- **Lead** – what happened. [Source](https://example.org/1)\n- [Linked headline](https://example.org/2) (example.org)\n  - nested [one](https://example.org/3)\n    - deeper\n\n      with a paragraph\n- ![](https://example.org/p.png)",
	"1. One\n\n   Text of one.\n\n10. Ten\n    - part\n1) other\n\n第1条：中文\n一、标题\n（二）标题",
	"| Title | Score | Link |\n|:--|--:|---|\n| **A** | 12 | [go](https://example.org/t) |\n| B \\| C | | <https://example.org/u> |\n| too | many | cells | here |\n|",
	"| nested |\n|--|\n| <table><tr><td>x</td></tr></table> |\n| <ul><li>a</li><li>b</li></ul> |",
	"<table>\n<caption>Friends</caption>\n<thead><tr><th>Name</th><th>Site</th></tr></thead>\n<tbody>\n<tr><td>A</td><td><a href=\"https://example.org/x?lang=en&region=us\">x</a></td></tr>\n<tr><td colspan=2>both</tr>\n</tbody>\n</table>",
	"<table><tr><td>a<td>b<tr><td><table><tr><td>inner</td></tr></table></td></tr></table>",
	"<ul>\n<li><b>One</b> <a href='https://example.org/1'>source</a>\n<li>Two<ol><li>nested</ol>\n</ul>\n<dl><dt>Term<dd>Meaning</dl>",
	"<img src=\"https://img.example.org/a.png\">\n\n<IMG ALT='words' SRC=https://img.example.org/b.png width=10>\n\n<a href=\"https://example.org\"><img alt=\"x\"></a> <img>",
	"<h2 id=top class=\"x\">Heading</h2>\n<p align=\"center\">Paragraph<br>line<br/>line</p>\n<hr>\ntext below\n<h3>Story</h3><p>Text <a href=https://example.org/h>link</a>",
	"<details open>\n<summary>More</summary>\n\n### Inside\n\nText. [s](https://example.org/d)\n\n</details>\n\n<details><summary>All HTML</summary><p>words</p></details>",
	"<script>alert(1)</script>\n<style>p { color: red }</style>\n\nInline <script>x</script> and <style>y</style> words.\n\n<!-- a comment\n\nover lines -->\n\n<![CDATA[data]]>\n\n<?php echo 1 ?>\n\n<!DOCTYPE html>",
	"<svg width=\"1\"><path d=\"M0 0\"/></svg><math><mi>x</mi></math><iframe src=\"https://example.org\"></iframe><video src=\"v.mp4\">fallback</video><input value=\"x\"><button>Press</button>",
	"Text with <em>style</em>, <b>bold</b>, <del>gone</del>, <code>code</code>, H<sub>2</sub>O, <kbd>Ctrl</kbd>, <mark>mark</mark>, <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>, <time>2026</time>, Vec<T> and a < b > c.",
	"<a href=\"javascript:alert(1)\">no</a> <a>none</a> <a href=\"https://example.org/?a=1&copy=2&amp;b=3&#38;c\">entities</a> <a href=\"https://example.org/1\">one<a href=\"https://example.org/2\">two</a>\n<p title=\"a > b\">greater</p>\n<div",
	"Reference [links][one], [collapsed][], [shortcut] and ![picture][one].\n\n[one]: https://example.org/1 \"Title\"\n[collapsed]: <https://example.org/2>\n[shortcut]: https://example.org/3 (a)\n[unused]:",
	"A footnote[^1] and another[^note], and a number [1].\n\n[^1]: The text of [it](https://example.org/f).\n[^note]:\n    Several\n\n    paragraphs.\n\n[1] https://example.org/n",
	"```go\nfunc main() {}\n```\n\n~~~\n<td> [a](b)\n~~~\n\n    indented code\n\n`` `code` `` and `{{ x }}` {% raw %}{{ y }}{% endraw %} {{< shortcode >}}",
	"> Quote\n> > nested **bold\n> over** lines\n>\n> - item\n>   > deeper\n\n> [!NOTE]\n> A callout.",
	"* TOC\n{:toc}\n\n## Heading {#id}\n{: .class}\n\n*[HTML]: abbreviation\n\n[[wikilink|words]] ==mark== %%comment%% :rocket: ~sub~ ^sup^",
	"Setext\n======\n\nSecond\n------\n\n***\n\n- - -\n\n___\n\n#no space\n####### seven\n# closed #",
	"**Bold line**\nText. https://example.org/l\n\n**Label**: value\n**Label:** value\n- **Lead:** text (来源：[站](https://example.org/z))\n\n1、标题\n内容。\n2、标题",
	"---\n\n- **First** – text. [s](https://example.org/r)\n\n---\n\n- **Second** – text. [s](https://example.org/q)",
	"> Looked at 33 items.\n\nNo important developments today. Possible reasons:\n\n- A holiday\n- A feed did not answer\n\n今日暂无重要动态",
	"[title](<https://example.org/a b>) [](https://example.org/e) [x](https://en.example.org/wiki/A_(b)) [[t](https://example.org/i)] <https://example.org/auto> www.example.org mailto:a@b.example [j](javascript:x) [r](/relative)",
	"مرحبا بالعالم\n\n### عنوان\n\nنص [رابط](https://example.org/ar)\n\n### 👩‍👩‍👧‍👦 @everyone <!channel> &amp; &copy &#x1F680; \\* \\[\n\nहिन्दी क्षत्रिय\u200d ０１２：。，、",
	"a\\\nhard break  \nsoft\n\ttab\n\u00a0nbsp\u3000ideographic\u200bzero\u2028line\u2029paragraph\x0bvertical",
	"<div markdown=\"1\">\n\n### Markdown inside\n\n- item\n\n</div>\n<center>**not** Markdown</center>\n<p>one\n\ntwo</p>\n<pre>\n  kept   spaces\n\n</pre>\n<textarea>\n\n</textarea>",
}
