package slack

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of a message, in characters unless said otherwise
// (https://docs.slack.dev/reference/block-kit/blocks,
// https://docs.slack.dev/reference/methods/chat.postMessage).
const (
	maxHeader  = 150
	maxObject  = 3000 // a text object, for example in a context block
	maxButtons = 25
	maxLabel   = 75
	maxLine    = 2000 // a button's value

	// maxBlocks leaves room for the line that numbers a part.
	maxBlocks = 50 - 1
	// maxTotal bounds the text of all blocks together but that line, counted
	// escaped and with addresses. Slack refuses messages from about 11,300 characters on
	// without a published limit
	// (https://github.com/slackapi/bolt-js/issues/2509).
	maxTotal = 9000 - 500
	// maxNumbered is the most of the title in the line that numbers a part; it
	// has room in the 500 when it is escaped.
	maxNumbered = 80
	// maxRich is the most text that one block gets, counted like maxTotal, so
	// that every block has room and a part can be filled well.
	maxRich = 2800
	// maxAddress leaves room for a label beside the address of a link. Slack's
	// own limit is 3,000.
	maxAddress = 2400

	// Slack splits a message whose fallback text is over about 4,000
	// characters into several, each with all blocks
	// (https://github.com/slackapi/java-slack-sdk/issues/704).
	maxFallback      = 3000
	maxFallbackBytes = 3800
)

// payload is the body of chat.postMessage without what Send adds. Nothing in
// it unfurls, and nothing is looked for in its text.
type payload struct {
	Text        string        `json:"text"`
	Blocks      []slack.Block `json:"blocks"`
	UnfurlLinks bool          `json:"unfurl_links"`
	UnfurlMedia bool          `json:"unfurl_media"`
	Parse       string        `json:"parse"`
	LinkNames   bool          `json:"link_names"`
}

// piece is a block, and how much it takes of maxTotal.
type piece struct {
	block slack.Block
	size  int
}

// unit is what is kept together in one part if it can be: a story with its
// sources.
type unit struct {
	pieces []piece
	// The fallback text has a story's headline, and says of the rest.
	headline string
	says     []string
	// heading says that it opens the message, ruled that a rule parts it from
	// what stands above it.
	heading, ruled bool
}

// part is what one payload shows.
type part struct {
	blocks    []slack.Block
	size      int
	headlines []string
	says      []string
	// afterText says that a rule may follow: above is more than a heading.
	afterText bool
}

// Render lays m out in Block Kit: the title as a header, text as rich_text,
// sources and footer as small print, buttons as actions. Rules part stories
// unless that takes a message more.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	all, err := units(m)
	if err != nil {
		return nil, err
	}
	parts := pack(all, true)
	if len(parts) > 1 {
		if dense := pack(all, false); len(dense) < len(parts) {
			parts = dense
		}
	}
	title := oneLine(m.Title)
	payloads := make([]chat.Payload, 0, len(parts))
	for i, part := range parts {
		heading := title
		if len(parts) > 1 {
			number := fmt.Sprintf("(%d/%d)", i+1, len(parts))
			heading = strings.TrimSpace(title + " " + number)
			at := 0
			if i > 0 {
				number = strings.TrimSpace(shorten(harmless.Replace(title), maxNumbered) + " " + number)
			} else if title != "" {
				at = 1 // under the header
			}
			part.blocks = slices.Insert(part.blocks, at, smallPrint(number).block)
		}
		// A notification shows no more than the beginning of the text.
		text := fallback(slices.Concat([]string{heading}, part.headlines, part.says))
		body, err := marshal(payload{Text: text, Blocks: part.blocks, Parse: "none"})
		if err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		payloads = append(payloads, body)
	}
	return payloads, nil
}

// marshal writes JSON that people can read in a golden file.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// units lays out what is kept together.
func units(m chat.Message) ([]unit, error) {
	var all []unit
	add := func(u unit) {
		if len(u.pieces) > 0 {
			all = append(all, u)
		}
	}
	add(unit{pieces: header(oneLine(m.Title), m.URL), heading: true})
	stories, pressed := 0, 0
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Paragraph:
			text := under(b.Title, b.Text)
			add(unit{pieces: rich(text), says: lines(text), ruled: oneLine(b.Title) != ""})
		case chat.Story:
			u := unit{pieces: story(b), ruled: true}
			if len(u.pieces) > 0 {
				stories++
				headline := cmp.Or(oneLine(b.Headline), shorten(oneLine(b.Summary.String()), maxHeader))
				u.headline = strings.TrimSpace(fmt.Sprintf("%d. %s", stories, headline))
			}
			add(u)
		case chat.List:
			says := lines(chat.Plain(oneLine(b.Title)))
			for _, item := range b.Items {
				says = append(says, lines(item)...)
			}
			add(unit{pieces: list(b), says: says})
		case chat.Notice:
			if text := clean(b.Text); len(text) > 0 {
				text = append(chat.Text{{Text: marks[b.Level] + " "}}, text...)
				add(unit{pieces: rich(text), says: lines(text)})
			}
		case chat.Buttons:
			add(unit{pieces: buttons(b, &pressed)})
		default:
			return nil, fmt.Errorf("block %T: Slack has no layout for it", b)
		}
	}
	add(unit{pieces: footer(layout.Clean(m.Footer))})
	return all, nil
}

// pack fills parts with units in order. A unit that no part has room for is
// broken up. A heading does not stand alone.
func pack(all []unit, rules bool) (parts []part) {
	var p part
	turn := func() {
		if len(p.blocks) > 0 {
			parts = append(parts, p)
		}
		p = part{}
	}
	// try adds pieces if there is room for all of them.
	try := func(u unit, pieces []piece) bool {
		var blocks []slack.Block
		if u.ruled && rules && p.afterText {
			blocks = append(blocks, slack.NewDividerBlock())
		}
		size := p.size
		for _, piece := range pieces {
			blocks = append(blocks, piece.block)
			size += piece.size
		}
		if len(p.blocks)+len(blocks) > maxBlocks || size > maxTotal {
			return false
		}
		p.blocks, p.size = append(p.blocks, blocks...), size
		p.afterText = !u.heading
		return true
	}
	for _, u := range all {
		whole := try(u, u.pieces)
		if !whole && (p.afterText || len(p.blocks) == 0) {
			turn()
			whole = try(u, u.pieces)
		}
		if whole {
			p.tell(u)
			continue
		}
		for i := range u.pieces {
			if !try(u, u.pieces[i:i+1]) {
				turn()
				try(u, u.pieces[i:i+1]) // one piece always has room
			}
			if i == 0 {
				p.tell(u)
			}
			u.ruled = false
		}
	}
	turn()
	return parts
}

// tell adds a unit to what the part says.
func (p *part) tell(u unit) {
	if u.headline != "" {
		p.headlines = append(p.headlines, u.headline)
	}
	p.says = append(p.says, u.says...)
}

// header is the title, and under it where it leads to.
func header(title, address string) []piece {
	var pieces []piece
	head, rest := layout.Cut(harmless.Replace(title), maxHeader)
	if head != "" {
		block := slack.NewHeaderBlock(plain(head))
		pieces = append(pieces, piece{block, length(head) + 100})
	}
	pieces = append(pieces, rich(chat.Text{{Text: rest, Style: chat.Bold}})...)
	if address != "" {
		pieces = append(pieces, sources([]chat.Link{{URL: address}})...)
	}
	return pieces
}

// story is headline and summary in one block, and the sources under it.
func story(s chat.Story) []piece {
	headline := chat.Span{Text: oneLine(s.Headline), Style: chat.Bold}
	if len(s.Sources) > 0 && linkable(s.Sources[0].URL) {
		headline.URL = s.Sources[0].URL
	}
	text := s.Summary
	if headline.Text != "" {
		text = chat.Text{headline}
		if len(clean(s.Summary)) > 0 {
			text = append(append(text, chat.Span{Text: "\n"}), s.Summary...)
		}
	}
	return append(rich(text), sources(s.Sources)...)
}

// under is text under a title of its own.
func under(title string, text chat.Text) chat.Text {
	title = oneLine(title)
	if title == "" {
		return text
	}
	out := chat.Text{{Text: title, Style: chat.Bold}}
	if len(clean(text)) > 0 {
		out = append(append(out, chat.Span{Text: "\n"}), text...)
	}
	return out
}

// marks open a notice. They are no more than decoration: the words say it all.
var marks = map[chat.Level]string{chat.Info: "ℹ️", chat.Warning: "⚠️", chat.Failure: "❌"}

// rich is text as rich_text, in as many blocks as it needs.
func rich(text chat.Text) (pieces []piece) {
	for _, t := range layout.Split(clean(text), maxRich, size) {
		block := slack.NewRichTextBlock("", slack.NewRichTextSection(leaves(t)...))
		pieces = append(pieces, piece{block, size(t)})
	}
	return pieces
}

// bullets is slack.RichTextList without fields that Slack's own types lack.
type bullets struct {
	Type     slack.RichTextElementType     `json:"type"`
	Style    slack.RichTextListElementType `json:"style"`
	Elements []slack.RichTextElement       `json:"elements"`
}

// RichTextElementType makes bullets an element of rich_text.
func (b bullets) RichTextElementType() slack.RichTextElementType { return b.Type }

// list is a title and bullets.
func list(l chat.List) (pieces []piece) {
	var elements []slack.RichTextElement
	var items []slack.RichTextElement
	used := 0
	flush := func() {
		if len(items) > 0 {
			elements = append(elements, bullets{slack.RTEList, slack.RTEListBullet, items})
		}
		if len(elements) > 0 {
			pieces = append(pieces, piece{slack.NewRichTextBlock("", elements...), used})
		}
		elements, items, used = nil, nil, 0
	}
	for _, t := range layout.Split(clean(chat.Text{{Text: oneLine(l.Title), Style: chat.Bold}}), maxRich, size) {
		elements = append(elements, slack.NewRichTextSection(leaves(t)...))
		used += size(t)
	}
	for _, item := range l.Items {
		for _, t := range layout.Split(clean(item), maxRich, size) {
			if used > 0 && used+size(t) > maxRich {
				flush()
			}
			items = append(items, slack.NewRichTextSection(leaves(t)...))
			used += size(t)
		}
	}
	flush()
	return pieces
}

// clean drops what layout.Clean drops, and writes out the addresses of links
// that cannot be followed.
func clean(t chat.Text) (out chat.Text) {
	blank := true
	for _, s := range t {
		s.Text = layout.Clean(s.Text)
		if s.URL != "" && !linkable(s.URL) {
			s.Text, s.URL = unlinked(s.Text, s.URL), ""
		}
		if s.Text == "" {
			s.Text = s.URL
		}
		if s.Text != "" {
			out = append(out, s)
			blank = blank && strings.TrimSpace(s.Text) == ""
		}
	}
	if blank {
		return nil
	}
	return out
}

// linkable reports whether an address can be that of a link.
func linkable(address string) bool {
	return layout.Link(address) && utf8.RuneCountInString(address) <= maxAddress
}

// unlinked is a label with an address that is no link.
func unlinked(label, address string) string {
	switch address = layout.Clean(address); {
	case address == "" || address == label:
		return label
	case label == "":
		return address
	}
	return label + " (" + address + ")"
}

// leaves are the spans of cleaned text as rich_text.
func leaves(t chat.Text) []slack.RichTextSectionElement {
	out := make([]slack.RichTextSectionElement, 0, len(t))
	for _, s := range t {
		var style *slack.RichTextSectionTextStyle
		if s.Style != 0 {
			style = &slack.RichTextSectionTextStyle{
				Bold: s.Style.Has(chat.Bold), Italic: s.Style.Has(chat.Italic),
				Strike: s.Style.Has(chat.Strike), Code: s.Style.Has(chat.Code),
			}
		}
		if s.URL != "" {
			out = append(out, slack.NewRichTextSectionLinkElement(s.URL, s.Text, style))
		} else {
			out = append(out, slack.NewRichTextSectionTextElement(s.Text, style))
		}
	}
	return out
}

// size is how much text takes of maxTotal.
func size(t chat.Text) int {
	n := 0
	for _, s := range t {
		n += length(s.Text) + utf8.RuneCountInString(s.URL)
	}
	return n
}

// length counts characters the way Slack does: escaped.
func length(s string) int {
	return utf8.RuneCountInString(s) + 4*strings.Count(s, "&") + 3*strings.Count(s, "<") + 3*strings.Count(s, ">")
}

// sources are links in small print. An address too long for that is rich_text.
func sources(links []chat.Link) (pieces []piece) {
	const between = " · "
	var row string
	flush := func() {
		if row != "" {
			text := slack.NewTextBlockObject(slack.MarkdownType, row, false, false)
			pieces = append(pieces, piece{slack.NewContextBlock("", text), utf8.RuneCountInString(row)})
		}
		row = ""
	}
	for _, l := range links {
		label := oneLine(l.Title)
		var s string
		switch {
		case label == "" && l.URL == "":
			continue
		case !linkable(l.URL):
			s = mrkdwn(unlinked(label, l.URL))
		default:
			if label == "" {
				label = shortAddress(l.URL)
			}
			s = mrkdwnLink(label, l.URL)
		}
		if utf8.RuneCountInString(s) > maxObject {
			flush()
			pieces = append(pieces, rich(chat.Text{{Text: label, URL: l.URL}})...)
			continue
		}
		if row != "" && utf8.RuneCountInString(row+between+s) > maxObject {
			flush()
		}
		if row != "" {
			row += between
		}
		row += s
	}
	flush()
	return pieces
}

// shortAddress is how an address without a name is shown: host and path.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // layout.Link knows none
	}
	return shorten(oneLine(strings.TrimPrefix(u.Host, "www.")+strings.TrimSuffix(u.Path, "/")), 60)
}

// shorten is the beginning of text that stands elsewhere as a whole.
func shorten(s string, limit int) string {
	head, rest := layout.Cut(s, limit)
	if rest != "" {
		head += "…"
	}
	return head
}

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	// In the address of a mrkdwn link these would end it
	// (https://docs.slack.dev/messaging/formatting-message-text).
	addressEscaper = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", " ", "%20")
	// mrkdwn has no escape for its marks: a word joiner, which is not seen,
	// keeps them from being marks, and names from being mentions.
	marksEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", joiner+"&gt;", "*", joiner+"*", "_", joiner+"_",
		"~", joiner+"~", "`", joiner+"`", "@", "@"+joiner, "#", "#"+joiner)
	emojiName = regexp.MustCompile(`:[a-z0-9_+'-]+:`)
)

const joiner = "\u2060"

// harmless keeps plain text from being a mention: whether Slack reads it as
// one there is not documented.
var harmless = strings.NewReplacer("<!", "<"+joiner+"!", "<@", "<"+joiner+"@", "<#", "<"+joiner+"#",
	"@everyone", "@"+joiner+"everyone", "@channel", "@"+joiner+"channel", "@here", "@"+joiner+"here")

// mrkdwn writes text so that it is read as it stands.
func mrkdwn(s string) string {
	if emojiName.MatchString(s) {
		s = strings.ReplaceAll(s, ":", ":"+joiner)
	}
	return marksEscaper.Replace(s)
}

// mrkdwnLink is a link whose label reads as it stands. A bar, which no label
// can hold, stands between two links to the same address.
func mrkdwnLink(label, address string) string {
	address = addressEscaper.Replace(address)
	var b strings.Builder
	for i, part := range strings.Split(label, "|") {
		if i > 0 {
			b.WriteString("|")
		}
		words := strings.TrimSpace(part)
		if words == "" {
			b.WriteString(part)
			continue
		}
		before, after, _ := strings.Cut(part, words)
		b.WriteString(before + "<" + address + "|" + mrkdwn(words) + ">" + after)
	}
	return b.String()
}

// footer is plain text in small print.
func footer(s string) (pieces []piece) {
	for _, t := range layout.Split(chat.Plain(harmless.Replace(strings.TrimSpace(s))), maxRich, size) {
		pieces = append(pieces, smallPrint(t.String()))
	}
	return pieces
}

func smallPrint(s string) piece {
	return piece{slack.NewContextBlock("", plain(s)), length(s)}
}

// plain is a text object in which ":8080:" is no emoji.
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// buttons are rows of buttons; serial tells those of one message apart. A
// button that a row cannot hold is written out, so that its line can be typed.
func buttons(all chat.Buttons, serial *int) (pieces []piece) {
	var row []slack.BlockElement
	var written chat.List
	used := 0
	flush := func() {
		if len(row) > 0 {
			pieces = append(pieces, piece{slack.NewActionBlock("", row...), used})
		}
		row, used = nil, 0
	}
	for _, b := range all {
		label, line := oneLine(b.Label), layout.Clean(b.Line)
		if label == "" {
			label = line
		}
		label = harmless.Replace(label)
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case utf8.RuneCountInString(label) > maxLabel, utf8.RuneCountInString(line) > maxLine:
			item := chat.Text{{Text: line, Style: chat.Code}}
			if b.Label != "" {
				item = append(chat.Text{{Text: label + " "}}, item...)
			}
			written.Items = append(written.Items, item)
			continue
		case len(row) == maxButtons, used+length(label) > maxRich:
			flush()
		}
		*serial++
		row = append(row, slack.NewButtonBlockElement(fmt.Sprintf("say-%d", *serial), line, plain(label)))
		used += length(label)
	}
	flush()
	return append(pieces, list(written)...)
}

// lines are the lines of text without its styles.
func lines(t chat.Text) (out []string) {
	for line := range strings.Lines(clean(t).String()) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// oneLine is text for places that have only one line.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(layout.Clean(s), "\n", " "))
}

// fallback is what notifications show and screen readers read in place of the
// blocks. Escaped, it can mention nobody.
func fallback(says []string) string {
	text := strings.TrimSpace(strings.Join(says, "\n"))
	if text == "" {
		return "…"
	}
	fits := func(s string) bool {
		return utf8.RuneCountInString(s) <= maxFallback && len(s) <= maxFallbackBytes
	}
	if s := escaper.Replace(text); fits(s) {
		return s
	}
	for limit := maxFallback; ; limit -= limit / 10 {
		head, _ := layout.Cut(text, limit)
		if s := escaper.Replace(head) + "…"; fits(s) {
			return s
		}
	}
}
