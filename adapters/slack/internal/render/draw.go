package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// builderURL is Slack's own tool for trying blocks
// (https://app.slack.com/block-kit-builder). The blocks are appended as a fragment, which
// is not sent to any server.
const builderURL = "https://app.slack.com/block-kit-builder/#"

// maxBuilder is the maximum length of a builder URL. Firefox shows no more
// than 65,536 characters and Safari follows about 80,000
// (https://stackoverflow.com/questions/417142).
const maxBuilder = 60_000

// drawn is any object of a payload's blocks.
type drawn struct {
	Type      string          `json:"type"`
	Text      json.RawMessage `json:"text"` // a string, or an object with one
	Style     json.RawMessage `json:"style"`
	URL       string          `json:"url"`
	Elements  []drawn         `json:"elements"`
	ImageURL  string          `json:"image_url"`
	Alt       string          `json:"alt_text"`
	Group     string          `json:"usergroup_id"`
	Channel   string          `json:"channel_id"`
	Timestamp int64           `json:"timestamp"`
	Fallback  string          `json:"fallback"`
	Name      *drawn          `json:"placeholder"`
	Options   []drawn         `json:"options"`
	Title     *drawn          `json:"title"`
	Children  []drawn         `json:"child_blocks"`
}

// Draw returns a page that shows a payload in the colours of Slack's light
// theme. Times are in the words of the payload, because only Slack knows the
// reader's time zone.
func Draw(p chat.Payload) (page []byte, builder string, err error) {
	var body struct {
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(p, &body); err != nil {
		return nil, "", fmt.Errorf("payload: %w", err)
	}
	var blocks []drawn
	if err := json.Unmarshal(body.Blocks, &blocks); err != nil {
		return nil, "", fmt.Errorf("payload: blocks: %w", err)
	}
	var b strings.Builder
	title, _, _ := strings.Cut(html.UnescapeString(body.Text), "\n")
	b.WriteString(pageBegin + "<title>" + html.EscapeString(title) + "</title>\n<style>" + stylesheet + "</style></head>\n<body>\n")
	for _, block := range blocks {
		if err := block.draw(&b); err != nil {
			return nil, "", fmt.Errorf("payload: %w", err)
		}
	}
	b.WriteString("</body></html>\n")
	if address := builderURL + url.PathEscape(`{"blocks":`+string(body.Blocks)+`}`); len(address) <= maxBuilder {
		builder = address
	}
	return []byte(b.String()), builder, nil
}

// pageBegin allows the page to fetch only pictures, without a referrer.
const pageBegin = `<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
`

const stylesheet = `
body, :host { margin: 0; padding: 12px 16px; background: #fff; color: #1d1c1d; font: 15px/1.46668 Lato, "Noto Sans", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere; max-width: 600px; }
a { color: #1264a3; text-decoration: none } a:hover { text-decoration: underline }
h1 { margin: 8px 0 4px; font-size: 18px; line-height: 1.33334; font-weight: 900 }
p { margin: 4px 0; white-space: pre-wrap } p.small { color: #616061; font-size: 12px; line-height: 1.5; margin: 8px 0 }
ul { margin: 4px 0; padding-left: 26px } li { white-space: pre-wrap }
hr { border: 0; border-top: 1px solid #dddddd; margin: 12px 0 }
code { color: #e01e5a; background: #f8f8f8; border: 1px solid #dddddd; border-radius: 3px; padding: 2px 3px 1px; font: 12px Monaco, Menlo, Consolas, monospace }
img { display: block; max-width: 360px; max-height: 360px; width: 100%; object-fit: contain; object-position: left; border-radius: 8px; margin: 8px 0 }
.call { color: #1264a3; background: #e8f5fa; border-radius: 3px; padding: 0 2px }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 }
.button { border: 1px solid #bbbabb; border-radius: 4px; padding: 0 12px 1px; font-size: 13px; line-height: 28px; font-weight: 700; color: #1d1c1d; max-width: 320px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.fold { border: 1px solid #dddddd; border-radius: 8px; margin: 8px 0; padding: 8px 12px } .fold summary { font-weight: 700 }
.menu { border: 1px solid #bbbabb; border-radius: 4px; padding: 0 12px 1px; font-size: 13px; line-height: 28px; min-width: 180px; max-width: 320px }
.menu summary { color: #616061; list-style: none; display: flex; justify-content: space-between; gap: 12px } .menu summary::after { content: "⌄" }
`

// draw writes a block.
func (d drawn) draw(b *strings.Builder) error {
	switch d.Type {
	case "header":
		b.WriteString("<h1>" + html.EscapeString(d.words()) + "</h1>\n")
	case "divider":
		b.WriteString("<hr>\n")
	case "image":
		b.WriteString(`<img src="` + html.EscapeString(d.ImageURL) + `" alt="` + html.EscapeString(d.Alt) + `" loading="lazy" referrerpolicy="no-referrer">` + "\n")
	case "context":
		for _, e := range d.Elements {
			b.WriteString(`<p class="small">` + e.small() + "</p>\n")
		}
	case "actions":
		b.WriteString(`<div class="row">`)
		for _, e := range d.Elements {
			if strings.HasSuffix(e.Type, "_select") {
				e.menu(b)
				continue
			}
			name, end := `<div class="button"`, "</div>"
			if e.URL != "" {
				name, end = `<div><a class="button" href="`+html.EscapeString(e.URL)+`" target="_blank" rel="noopener noreferrer"`, "</a></div>"
			}
			b.WriteString(name + ">" + html.EscapeString(e.words()) + end)
		}
		b.WriteString("</div>\n")
	case "section":
		b.WriteString("<p>" + d.section() + "</p>\n")
	case "container":
		b.WriteString(`<details class="fold"><summary>`)
		if d.Title != nil {
			b.WriteString(html.EscapeString(d.Title.words()))
		}
		b.WriteString("</summary>\n")
		for _, child := range d.Children {
			if err := child.draw(b); err != nil {
				return err
			}
		}
		b.WriteString("</details>\n")
	case "rich_text":
		for _, e := range d.Elements {
			if err := e.rich(b, "p"); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a block of type %q cannot be drawn", d.Type)
	}
	return nil
}

// menu writes a menu, which can be opened, but has nothing to select.
func (d drawn) menu(b *strings.Builder) {
	b.WriteString(`<details class="menu"><summary>`)
	if d.Name != nil {
		b.WriteString(html.EscapeString(d.Name.words()))
	}
	b.WriteString("</summary>")
	for _, o := range d.Options {
		b.WriteString("<div>" + html.EscapeString(o.words()) + "</div>")
	}
	b.WriteString("</details>")
}

// words returns the text of d or of the text object in it.
func (d drawn) words() string {
	var s string
	if json.Unmarshal(d.Text, &s) == nil {
		return s
	}
	var inner drawn
	_ = json.Unmarshal(d.Text, &inner) // anything else has no text
	_ = json.Unmarshal(inner.Text, &s)
	return s
}

// rich writes a section or a list of rich_text.
func (d drawn) rich(b *strings.Builder, as string) error {
	if d.Type == "rich_text_list" {
		b.WriteString("<ul>")
		for _, e := range d.Elements {
			if err := e.rich(b, "li"); err != nil {
				return err
			}
		}
		b.WriteString("</ul>\n")
		return nil
	}
	if d.Type != "rich_text_section" {
		return errors.New("rich_text has an element that cannot be drawn")
	}
	b.WriteString("<" + as + ">")
	for _, leaf := range d.Elements {
		leaf.leaf(b)
	}
	b.WriteString("</" + as + ">\n")
	return nil
}

func (d drawn) leaf(b *strings.Builder) {
	inner := html.EscapeString(d.words())
	switch d.Type {
	case "usergroup":
		inner = `<span class="call">@` + html.EscapeString(d.Group) + "</span>"
	case "channel":
		inner = `<span class="call">#` + html.EscapeString(d.Channel) + "</span>"
	case "date":
		inner = timeOf(d.Timestamp, html.EscapeString(d.Fallback))
	}
	var style struct{ Bold, Italic, Strike, Code bool }
	_ = json.Unmarshal(d.Style, &style) // without a style, all are false
	for _, s := range []struct {
		is   bool
		name string
	}{{style.Code, "code"}, {style.Strike, "s"}, {style.Italic, "i"}, {style.Bold, "b"}} {
		if s.is {
			inner = "<" + s.name + ">" + inner + "</" + s.name + ">"
		}
	}
	if d.URL != "" {
		inner = anchor(html.EscapeString(d.URL), inner)
	}
	b.WriteString(inner)
}

// control matches a link or a date in angle brackets in mrkdwn, and mention a
// channel.
var (
	control = regexp.MustCompile(`<([^<>|]+)\|([^<>]+)>`)
	mention = regexp.MustCompile(`<#(\w+)>`)
)

// section returns the mrkdwn of a section as HTML. Whole lines may be bold.
func (d drawn) section() string {
	var inner drawn
	_ = json.Unmarshal(d.Text, &inner) // ours is always an object
	lines := strings.Split(inner.small(), "\n")
	for i, line := range lines {
		if n := len(line); n > 2 && line[0] == '*' && line[n-1] == '*' {
			lines[i] = "<b>" + line[1:n-1] + "</b>"
		}
	}
	return strings.Join(lines, "\n")
}

// small returns the text of a context block as HTML. HTML escapes what mrkdwn escapes.
func (d drawn) small() string {
	if d.Type != "mrkdwn" {
		return html.EscapeString(d.words())
	}
	words := mention.ReplaceAllString(d.words(), `<span class="call">#$1</span>`)
	return control.ReplaceAllStringFunc(words, func(s string) string {
		match := control.FindStringSubmatch(s)
		address, words := strings.ReplaceAll(match[1], `"`, "&#34;"), match[2]
		date, ok := strings.CutPrefix(address, "!date^")
		if !ok {
			return anchor(address, words)
		}
		parts := strings.SplitN(date, "^", 3)
		at, _ := strconv.ParseInt(parts[0], 10, 64) // written by this package
		inner := timeOf(at, words)
		if len(parts) == 3 {
			inner = anchor(parts[2], inner)
		}
		return inner
	})
}

// anchor returns a link. Both arguments are HTML.
func anchor(address, inner string) string {
	return `<a href="` + address + `" target="_blank" rel="noopener noreferrer">` + inner + "</a>"
}

// timeOf returns a time with its words, which are HTML.
func timeOf(unix int64, words string) string {
	return `<time datetime="` + time.Unix(unix, 0).UTC().Format(time.RFC3339) + `">` + words + "</time>"
}
