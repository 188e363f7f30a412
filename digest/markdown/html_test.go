package markdown

import (
	"fmt"
	"strings"
	"testing"
)

// Missing parts of HTML neither end the process nor hide a story.
func TestHTMLWithoutAttributes(t *testing.T) {
	for _, body := range []string{
		"<img src=\"https://e.org/a.png\">", "<IMG width=4 src='https://e.org/b.png' >", "<img>", "<img src>", "<img alt=x>", "Words <img src=\"https://e.org/a.png\"> go on.",
		"<table>\n<tbody>\n<tr><td>a</td></tr>\n</tbody>\n</table>", "<tbody>", "<td>", "<tr>", "<li>", "<a>", "<a href>b</a>", "<ol start>", "<ol start=-1><li value=x>", "<td colspan=0>",
		"a <b", "<p>a <b", "<p\n", "<", "</", "<!", "<!--", "<?", "<!DOCTYPE", "<table><td><h2><td>a", "<div><script>", "a <object>", "<h2><table><tr><td>a", "<p><select>",
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n### One\n\nWords.\n\n**Source:** https://e.org/1\n\n"+body+"\n\n### Two\n\nWords.\n\n**Source:** https://e.org/2\n"))
		if len(d.Stories) != 2 || d.Stories[1].Headline != "Two" || len(d.Stories[1].Sources) != 1 {
			t.Errorf("%q: got %+v, want both stories", body, d.Stories)
		}
	}
}

// HTML may end after a tab that Markdown has expanded to spaces, which are more bytes
// than the file has.
func TestHTMLBehindTab(t *testing.T) {
	for _, before := range []string{"<ul><svg></ul>\n\n\t", "- a\n\n\t", "1. a\n\t", ">\t", "<ul>\n\n\t\t"} {
		for _, end := range []string{"<!--", "<svg", "<!-- @everyone", "<script>", "<?", "<p>שלום"} {
			d := Read("2026-01-21-a.md", []byte("# T\n\n## [One](https://a.b/1)\n\nText.\n\n"+before+end))
			if len(d.Stories) != 1 || d.Stories[0].Headline != "One" {
				t.Errorf("%q: got %+v", before+end, d.Stories)
			}
		}
	}
}

// HTML that hides a heading, a link or the text after it is an error.
func TestLeftHTML(t *testing.T) {
	const two = "\n\n### Two\n\nWords of two.\n\n**Source:** [S](https://e.org/2)\n"
	for _, c := range []struct {
		body    string
		stories int
		want    string
	}{
		{"<!-- TODO" + two, 2, "12 warning"}, {"<!-- TODO\n" + strings.TrimSpace(two), 2, "12 warning"}, {"<!-- TODO\nwords" + two, 2, "12 error"}, {"<div><!-- @everyone" + two, 2, "12 warning"},
		{"<!-- TODO" + two + "\n<!-- fine -->\n", 1, "12 error"}, {"<!-- TODO" + two + "-->\n", 1, ""}, {"<!-- a -->" + two, 2, ""},
		{"<?php" + two, 2, "12 warning"}, {"<?php\necho 1;" + two, 2, "12 error"}, {"<![CDATA[" + two, 2, "12 warning"}, {"<!DOCTYPE" + two, 2, "12 warning"}, {"<!DOCTYPE" + two + "\n> a quote\n", 2, "12 warning"},
		{"<script>" + two, 1, "12 error"}, {"<STYLE>" + two, 1, "12 error"}, {"<script>a</script>" + two, 2, ""}, {"words <script>b [c](https://e.org/3)" + two, 2, "12 error"},
		{"<textarea>" + two, 2, "12 warning"}, {"<pre>" + two, 2, ""}, {"<title>" + two, 2, "12 warning"}, {"<video>" + two, 2, "12 warning"}, {"<object>\n<p>words</p>" + two, 2, "12 error"}, {"<form>" + two, 2, "12 warning"},
		{"<form>" + two + "</form>\n", 1, "12 error"}, {"<form><h3>Two</h3></form>", 1, "12 error"}, {"<video src=a><a href=\"https://e.org/3\">b</a></video>" + two, 2, "12 error"}, {"a <select>[b](https://e.org/3)</select>" + two, 2, "12 error"},
		{"<video><source src=\"https://e.org/3\"></video>" + two, 2, "12 warning"}, {"<iframe src=\"https://e.org/3\"></iframe>" + two, 2, "12 warning"},
		{"<template>" + two + "</template>\n", 1, "12 error"}, {"<template>a</template>" + two, 2, ""}, {"<noscript>" + two + "</noscript>\n", 2, ""}, {"<noscript><h3>Two</h3><p>b <a href=\"https://e.org/2\">c</a></p></noscript>", 2, ""},
		{"<p><img src=\"https://e.org/a.png alt=y>" + two, 2, "12 error"}, {"<p>a\n<a href=\"https://e.org/3>b</a>" + two, 2, "13 error"}, {"a <a href=\"https://e.org/3>b</a>" + two, 2, "12 error"},
		{"> <!-- a" + two, 2, "12 warning"}, {"- a\n\n  <?b" + two, 2, "14 warning"},
	} {
		d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n\n### One\n\nWords.\n\n**Source:** https://e.org/1\n\n\n"+c.body))
		var got []string
		for _, p := range d.Problems {
			if p.Code == codeHTML {
				got = append(got, fmt.Sprintf("%d %s", p.Line, p.Severity))
			}
		}
		if got := strings.Join(got, ", "); got != c.want || len(d.Stories) != c.stories {
			t.Errorf("%q: got %d stories and %q, want %d and %q", c.body, len(d.Stories), got, c.stories, c.want)
		}
	}
}

// A tracking pixel in <noscript> is not shown.
func TestCountingPicture(t *testing.T) {
	d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n### One\n\nWords.\n\n**Source:** https://e.org/1\n\n<noscript><img width=\"1\" height=\"1\" src=\"https://e.org/count.png\"></noscript>\n"))
	if d.Image.URL != "" || len(d.Stories) != 1 || strings.Contains(fmt.Sprint(d.Stories), "count") {
		t.Errorf("got the picture %v and the stories %+v, want no picture", d.Image, d.Stories)
	}
}

// HTML blocks have correct positions, even in quotes and after tabs.
func TestPlacesOfHTML(t *testing.T) {
	body := "<div>\n <h2>一号</h2>\n  <p>words <A HREF=https://a.b/1>x</A>\n<img src=/a.png> <a href='/b'>b</a></p>\n</div>\n\n> <p>é\n> <iframe></iframe>\n> <a href=c>c</a>\n\na <video></video> <a href=d>d</a>\n"
	d := Read("2026-01-21-a.md", []byte("---\ntitle: T\n---\n"+body))
	var got []string
	for _, p := range d.Problems {
		got = append(got, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Code))
	}
	for _, s := range d.Stories {
		got = append(got, fmt.Sprintf("%d:%d %s", s.At.Line, s.At.Column, s.Headline))
	}
	want := "7:18 bad-link, 11:3 html, 12:3 bad-link, 14:3 html, 14:19 bad-link, 5:2 一号"
	if got := strings.Join(got, ", "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A picture in a link is the source of its row.
func TestRowsOfPictures(t *testing.T) {
	for _, body := range []string{
		"<table><tr><td><a href=\"https://a.b/1\"><img src=\"https://e.org/a.png\"></a></td><td>Words of one</td></tr>\n<tr><td><a href=https://a.b/2><img alt='' src=/b.png></a><td>Words of two</table>",
		"| a | b |\n|-|-|\n| [![](https://e.org/a.png)](https://a.b/1) | Words of one |\n| <a href=https://a.b/2><img src=/b.png></a> | Words of two |",
	} {
		got, want := outlineOf("## News\n\n"+body+"\n"), "Words of one |  | 1\nWords of two |  | 2\n"
		if got != want {
			t.Errorf("%q: got\n%swant\n%s", body, got, want)
		}
	}
}
