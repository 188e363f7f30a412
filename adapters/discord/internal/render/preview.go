package render

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Preview returns a payload as an HTML page in the colours of Discord's dark theme.
func Preview(p chat.Payload) ([]byte, error) {
	var m Message
	if err := json.Unmarshal(p, &m); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	var b strings.Builder
	b.WriteString(pageHead)
	drawText(&b, m.Content)
	for _, e := range m.Embeds {
		fmt.Fprintf(&b, `<section style="border-color:#%06x">`, e.Color)
		drawText(&b, e.Description)
		if e.Image != nil && strings.HasPrefix(e.Image.URL, "https://") && isLink(e.Image.URL) {
			b.WriteString(`<div><img src="` + html.EscapeString(e.Image.URL) + `" alt="" loading="lazy" referrerpolicy="no-referrer"></div>`)
		}
		if e.Footer != nil {
			b.WriteString(`<footer>` + html.EscapeString(e.Footer.Text) + `</footer>`)
		}
		b.WriteString("</section>\n")
	}
	for _, r := range m.Components {
		b.WriteString("<nav>")
		for _, n := range r.Components {
			switch label := html.EscapeString(n.Label); {
			case len(n.Options) > 0:
				drawMenu(&b, n)
			case isLink(n.URL):
				b.WriteString(`<div><a class="button" ` + attributes(n.URL) + `>` + label + ` ↗</a></div>`)
			default:
				b.WriteString(`<div class="button">` + label + `</div>`)
			}
		}
		b.WriteString("</nav>\n")
	}
	b.WriteString("</main></body></html>\n")
	return []byte(b.String()), nil
}

// drawMenu draws an open menu.
func drawMenu(b *strings.Builder, n Component) {
	b.WriteString(`<div class="menu"><div>` + html.EscapeString(n.Placeholder) + ` ⌄</div>`)
	for _, o := range n.Options {
		b.WriteString(`<div>` + html.EscapeString(o.Label) + `</div>`)
	}
	b.WriteString(`</div>`)
}

const pageHead = `<!DOCTYPE html>
<html lang="und"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Discord</title><style>
body,:host{margin:0;padding:12px 16px;background:#313338;color:#dbdee1;font:16px/1.375 "gg sans","Noto Sans","Helvetica Neue",Helvetica,"Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
main>p,section>p{margin:0}
h1,h2,h3{margin:8px 0;line-height:1.3;color:#f2f3f5}h1{font-size:24px}h2{font-size:20px}h3{font-size:16px}
a{color:#00a8fc;text-decoration:none}a:hover{text-decoration:underline}
small{font-size:13px;color:#949ba4}ul{margin:4px 0 0;padding-left:20px}
code{background:#1e1f22;border-radius:4px;padding:0 3px;font:85% "Noto Sans Mono",Consolas,monospace}
time{background:#3f4147;border-radius:3px;padding:0 2px}
.role{background:#3c4270;color:#c9cdfb;border-radius:3px;padding:0 2px}.hidden{display:none}
section{max-width:488px;margin:8px 0 0;padding:8px 16px 16px 12px;background:#2b2d31;border-left:4px solid;border-radius:4px;font-size:14px}
section h3:first-child{margin-top:4px}footer{margin-top:8px;font-size:12px;color:#b5bac1}
img{display:block;max-width:100%;max-height:300px;margin-top:8px;border-radius:4px}
nav{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}
.button{display:inline-block;background:#4e5058;color:#fff;border-radius:4px;padding:5px 16px;font-size:14px;font-weight:500}.off{opacity:.5}
.menu{background:#1e1f22;border-radius:4px;width:100%;max-width:400px;font-size:14px}.menu div{padding:5px 12px}.menu div:first-child{color:#949ba4;border-bottom:1px solid #3f4147}
</style></head><body><main>
`

// drawText draws Markdown, line by line.
func drawText(b *strings.Builder, markdown string) {
	open := "" // the element that is currently open
	enter := func(element string) bool {
		if open == element {
			return false
		}
		if open == "ul" {
			b.WriteString("</li>")
		}
		if open != "" {
			b.WriteString("</" + open + ">\n")
		}
		if open = element; open != "" {
			b.WriteString("<" + open + ">")
		}
		return true
	}
	for _, s := range strings.Split(markdown, "\n") {
		mark, rest, _ := strings.Cut(s, " ")
		switch {
		case mark == "#" || mark == "##" || mark == "###":
			enter("h" + strconv.Itoa(len(mark)))
			b.WriteString(inline(rest))
			enter("")
		case mark == "-" && rest != "":
			if !enter("ul") {
				b.WriteString("</li>")
			}
			b.WriteString("<li>" + inline(rest))
		case open == "ul" && strings.HasPrefix(s, "  "):
			b.WriteString("<br>" + inline(s[2:]))
		default:
			if !enter("p") {
				b.WriteString("<br>")
			}
			if mark == "-#" {
				b.WriteString("<small>" + inline(rest) + "</small>")
			} else {
				b.WriteString(inline(s))
			}
		}
	}
	enter("")
}

// words returns the visible text of a line of Markdown.
func words(markdown string) string {
	return html.UnescapeString(tags.ReplaceAllString(inline(lineMarks.ReplaceAllString(markdown, "")), ""))
}

var (
	tags      = regexp.MustCompile(`<[^>]*>`)
	lineMarks = regexp.MustCompile(`^(-#|#{1,3}|-) `)
	// mentionsOnly matches a line with mentions only.
	mentionsOnly = regexp.MustCompile(`^(-# )?(<@&\d+> ?)+$`)

	labelled  = regexp.MustCompile(`^\[([^\]]+)\]\(<?([^)>]+)>?\)`)
	bracketed = regexp.MustCompile(`^<(https?://[^ >]+)>`)
	instant   = regexp.MustCompile(`^<t:(\d+)(?::\w)?>`)
	role      = regexp.MustCompile(`^<@&(\d+)>`)
	channel   = regexp.MustCompile(`^<#(\d+)>`)
)

// inline converts a line of Markdown to HTML.
func inline(s string) string {
	var b strings.Builder
	var open []string // open marks
	element := map[string]string{"**": "strong", "*": "em", "~~": "s"}
	closeLast := func() {
		b.WriteString("</" + element[open[len(open)-1]] + ">")
		open = open[:len(open)-1]
	}
	for s != "" {
		if len(open) > 0 && strings.HasPrefix(s, open[len(open)-1]) {
			s = s[len(open[len(open)-1]):]
			closeLast()
			continue
		}
		if mark := opens(s); mark != "" {
			b.WriteString("<" + element[mark] + ">")
			open, s = append(open, mark), s[len(mark):]
			continue
		}
		drawn, n := token(s)
		b.WriteString(drawn)
		s = s[n:]
	}
	for len(open) > 0 {
		closeLast()
	}
	return b.String()
}

// opens returns the mark of emphasis that s begins with.
func opens(s string) string {
	for _, mark := range []string{"**", "*", "~~"} {
		if strings.HasPrefix(s, mark) && strings.Contains(s[len(mark):], mark) {
			return mark
		}
	}
	return ""
}

// token draws the token that s begins with, and returns the token's length.
func token(s string) (drawn string, n int) {
	switch s[0] {
	case '\\':
		if len(s) > 1 && strings.IndexByte("\\*_~`|<>[]@:#-+.)", s[1]) >= 0 {
			return html.EscapeString(s[1:2]), 2
		}
	case '`':
		if code, n := codeSpan(s); n > 0 {
			return "<code>" + html.EscapeString(code) + "</code>", n
		}
	case '[':
		if m := labelled.FindStringSubmatch(s); m != nil && isLink(m[2]) {
			return "<a " + attributes(m[2]) + ">" + linkText(m[1], m[2]) + "</a>", len(m[0])
		}
	case '<':
		if m := bracketed.FindStringSubmatch(s); m != nil && isLink(m[1]) {
			return "<a " + attributes(m[1]) + ">" + html.EscapeString(m[1]) + "</a>", len(m[0])
		}
		if m := role.FindStringSubmatch(s); m != nil {
			return `<span class="role">@` + m[1] + "</span>", len(m[0])
		}
		if m := channel.FindStringSubmatch(s); m != nil {
			return `<span class="role">#` + m[1] + "</span>", len(m[0])
		}
		if m := instant.FindStringSubmatch(s); m != nil {
			if unix, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				at := time.Unix(unix, 0).UTC()
				return `<time datetime="` + at.Format(time.RFC3339) + `">` + at.Format("2006-01-02 15:04 UTC") + "</time>", len(m[0])
			}
		}
	}
	n = strings.IndexAny(s[1:], "\\`[<*~") + 1
	if n == 0 {
		n = len(s)
	}
	return html.EscapeString(s[:n]), n
}

// codeSpan reads code up to a run of as many backticks as at its beginning.
// It returns the length including them, or 0 if the code is not closed.
func codeSpan(s string) (code string, n int) {
	fence := len(s) - len(strings.TrimLeft(s, "`"))
	for i := fence; i < len(s); {
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if run == fence {
			return s[fence:i], i + run
		}
		i += max(run, 1)
	}
	return "", 0
}

// attributes returns the attributes of a link.
func attributes(address string) string {
	return `href="` + html.EscapeString(address) + `" target="_blank" rel="noopener noreferrer"`
}

// linkText returns the text of a link. If that is only the name of the site,
// it also contains the rest of the address, hidden, for those who cannot
// follow the link.
func linkText(s, address string) string {
	s = strings.Trim(s, "`")
	if s != Host(address) {
		return html.EscapeString(s)
	}
	if plain, err := url.PathUnescape(address); err == nil && layout.Link(plain) {
		address = plain
	}
	before, after, _ := strings.Cut(address, s)
	return `<span class="hidden">` + html.EscapeString(before) + `</span>` + html.EscapeString(s) + `<span class="hidden">` + html.EscapeString(after) + `</span>`
}
