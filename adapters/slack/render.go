package slack

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// body is the body of chat.postMessage without what Send adds, which posts these
// members of a payload and no others. Nothing in it unfurls, and nothing is looked
// for in its text.
type body[Block any] struct {
	Text        string  `json:"text"`
	Blocks      []Block `json:"blocks,omitempty"`
	UnfurlLinks bool    `json:"unfurl_links"`
	UnfurlMedia bool    `json:"unfurl_media"`
	Parse       string  `json:"parse"`
	LinkNames   bool    `json:"link_names"`
}

// payload is a body that was laid out just now.
type payload = body[slack.Block]

// Render lays m out in Block Kit: the title as a header, text as rich_text,
// notes, sources and footer as small print, buttons as actions, a fold as a
// container.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	bodies, err := layOut(m)
	if err != nil {
		return nil, err
	}
	payloads := make([]chat.Payload, len(bodies))
	for i, body := range bodies {
		if payloads[i], err = layout.JSON(body); err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
	}
	return payloads, nil
}

// layOut plans the payloads of a message.
func layOut(m chat.Message) ([]payload, error) {
	top, all, err := unitsOf(m)
	if err != nil {
		return nil, err
	}
	parts := plan(all)
	bodies := make([]payload, len(parts))
	title := shorten(top.title, maxFallback) // once, for all parts
	for i, part := range parts {
		heading, mention := title, ""
		if i == 0 {
			mention = top.mention
		}
		if len(parts) > 1 {
			number := fmt.Sprintf("%d/%d", i+1, len(parts))
			heading = join(heading, number)
			part.blocks = top.numbered(part.blocks, i, number)
		}
		var text fallbackText
		text.call(mention)
		text.line(heading)
		text.say(part.headlines...)
		text.say(part.prose...)
		bodies[i] = payload{Text: text.done(), Blocks: part.blocks, Parse: "none"}
	}
	return bodies, nil
}

// unitsOf is what a message is made of, from its title to its footer.
func unitsOf(m chat.Message) (opening, []unit, error) {
	top := begin(m)
	rest, err := units(m.Blocks)
	if err != nil {
		return opening{}, nil, err
	}
	all := withFolds(slices.Concat(top.units, rest))
	if pieces := footer(m.Footer); len(pieces) > 0 {
		// The small print of a story would run into it.
		ruled := len(rest) > 0 && rest[len(rest)-1].story && rest[len(rest)-1].ruled
		all = append(all, unit{pieces: pieces, follows: true, ruled: ruled})
	}
	return top, all, nil
}

// opening is what stands above the first block of a message.
type opening struct {
	title   string // in one line
	brief   string // its beginning, for the line that numbers a part
	mention string // of the fallback text
	units   []unit
	// row is the last row of small print under the title, if there is any, and
	// under the number of blocks that stand above such a row.
	row   *slack.TextBlockObject
	under int
}

// begin lays out who is called, the title, the small print under it, and the
// picture.
func begin(m chat.Message) (o opening) {
	o.title = oneLine(m.Title)
	o.brief = shorten(harmless(o.title), maxNumbered)
	add := func(pieces []piece, prose ...said) {
		if len(pieces) > 0 {
			o.units = append(o.units, unit{pieces: pieces, heading: true, prose: prose})
		}
	}
	called, mention := call(m.Mention)
	title := header(o.title)
	var small smallPrint
	switch {
	case m.URL == "":
	case o.title != "" && linkable(m.URL):
		title = titled(o.title, chat.Span{URL: m.URL}, nil)
	default:
		small.link(chat.Link{URL: m.URL})
	}
	o.mention, o.under = mention, len(called)+len(title)
	add(called)
	add(title)
	note := clean(m.Note)
	small.text(note)
	rows := small.done()
	if len(rows) > 0 {
		if c, ok := rows[len(rows)-1].block.(*slack.ContextBlock); ok {
			o.row = c.ContextElements.Elements[0].(*slack.TextBlockObject)
		}
	}
	add(rows, said{text: note})
	add(picture(m.Picture, o.title))
	return o
}

// numbered puts the number of a part under the title. The parts after the
// first begin with the title in small print.
func (o opening) numbered(blocks []slack.Block, part int, number string) []slack.Block {
	switch {
	case part > 0:
		return slices.Insert(blocks, 0, plainRow(join(o.brief, number)).block)
	case o.row != nil && utf8.RuneCountInString(join(o.row.Text, number)) <= maxObject:
		o.row.Text = join(o.row.Text, number)
		return blocks
	}
	return slices.Insert(blocks, min(o.under, len(blocks)), plainRow(number).block)
}

// join sets the number of a part after words, if there are any.
func join(words, number string) string {
	if words == "" {
		return number
	}
	return words + " · " + number
}

// call names the user groups that are notified, for the eye and for the
// fallback text. An id that is none is written out, and calls nobody.
func call(ids []string) (pieces []piece, mention string) {
	var elements []slack.RichTextSectionElement
	n := 0
	for _, id := range ids {
		if n > maxRich/2 {
			break // as many as have room
		}
		if len(elements) > 0 {
			elements = append(elements, slack.NewRichTextSectionTextElement(" ", nil))
		}
		if CheckMention(id) == nil {
			elements = append(elements, &slack.RichTextSectionUserGroupElement{Type: slack.RTSEUserGroup, UsergroupID: id})
			mention += " <!subteam^" + id + ">"
			n += len(id) + 1
		} else if id = oneLine(id); id != "" {
			elements = append(elements, slack.NewRichTextSectionTextElement("@"+id, nil))
			n += length(id) + 2
		}
	}
	if len(elements) == 0 {
		return nil, ""
	}
	block := slack.NewRichTextBlock("", slack.NewRichTextSection(elements...))
	return []piece{{block, n}}, strings.TrimSpace(mention)
}

// header is a title.
func header(title string) []piece {
	title = harmless(title)
	limit := maxHeader
	if layout.Isolate(title) != title {
		limit -= 2 // for the marks around it
	}
	head, rest := cut(title, limit)
	if head == "" {
		return nil
	}
	text := plain(head)
	pieces := []piece{{slack.NewHeaderBlock(text), length(text.Text) + headerCost}}
	if rest == "" {
		return pieces
	}
	return append(pieces, rich(chat.Text{{Text: rest, Style: chat.Bold}})...)
}

// picture is an image with the words for those who do not see it. One that
// Slack cannot fetch is a link.
func picture(p chat.Picture, title string) []piece {
	alt := oneLine(p.Alt)
	if p.URL == "" {
		return nil
	}
	if !strings.HasPrefix(p.URL, "https://") || !layout.Link(p.URL) || spelled(p.URL) > maxPictureURL {
		var small smallPrint
		small.link(chat.Link{Title: alt, URL: p.URL})
		return small.done()
	}
	head, rest := cut(cmp.Or(alt, title, shortAddress(p.URL)), maxAlt)
	pieces := []piece{{slack.NewImageBlock(p.URL, head, "", nil), length(head) + spelled(p.URL)}}
	return append(pieces, footer(rest)...)
}

// errNoLayout is a block of a kind that this adapter does not know.
var errNoLayout = errors.New("Slack has no layout for it")

// units lays out blocks.
func units(blocks []chat.Block) ([]unit, error) {
	all := make([]unit, 0, len(blocks)+4)
	add := func(u unit) {
		if len(u.pieces) > 0 {
			all = append(all, u)
		}
	}
	stories, long, pressed := 0, 0, 0
	for _, b := range blocks {
		switch b := b.(type) {
		case chat.Heading:
			add(heading(b))
		case chat.Fold:
			add(fold(b))
		case chat.Paragraph:
			title, text := oneLine(b.Title), clean(b.Text)
			add(unit{pieces: titled(title, chat.Span{}, text), prose: []said{{text: chat.Plain(title)}, {text: text}}, ruled: title != ""})
		case chat.Story:
			if u := story(b, stories+1); len(u.pieces) > 0 {
				stories++
				if utf8.RuneCountInString(b.Summary.String()) > maxShort {
					long++
				}
				add(u)
			}
		case chat.List:
			u := list(b)
			u.ruled = oneLine(b.Title) != ""
			add(u)
		case chat.Notice:
			if text := clean(b.Text); len(text) > 0 {
				text = slices.Insert(text, 0, chat.Span{Text: marks[b.Level] + " "})
				add(unit{pieces: rich(text), prose: []said{{text: text}}})
			}
		case chat.Buttons:
			add(unit{pieces: buttons(b, &pressed), follows: true})
		case chat.Select:
			add(unit{pieces: menu(b, &pressed), follows: true})
		default:
			return nil, fmt.Errorf("block %T: %w", b, errNoLayout)
		}
	}
	if 2*long < stories {
		for i, u := range all {
			all[i].ruled = u.ruled && !u.story // a list, in effect, that needs no rules
		}
	}
	if stories == 0 {
		for i, u := range all {
			all[i].headlines, all[i].prose = slices.Concat(u.headlines, u.prose), nil // as it stands
		}
	}
	return all, nil
}

// maxShort is the most characters of a summary that no rule has to part from the
// next: about three lines of a phone.
const maxShort = 180

// heading is the title of what stands behind it: of a digest in large type, of a
// group in bold.
func heading(h chat.Heading) unit {
	title, note := oneLine(h.Title), clean(h.Note)
	u := unit{heading: true, ruled: true, prose: []said{{text: note}}}
	var small smallPrint
	if h.Level > 1 {
		as := chat.Span{}
		if title != "" && linkable(h.URL) {
			as.URL = h.URL
		} else {
			small.link(chat.Link{URL: h.URL})
		}
		if title != "" {
			u.pieces = titled(title, as, nil)
		}
	} else {
		u.pieces = header(title)
	}
	if title != "" {
		u.headlines = []said{{text: chat.Plain(title)}}
	}
	small.text(note)
	if h.Level <= 1 {
		label, _, _ := strings.Cut(shortAddress(h.URL), "/")
		small.link(chat.Link{Title: label, URL: h.URL})
	}
	u.pieces = append(u.pieces, small.done()...)
	return u
}

// story is headline and summary in one block, and note and sources under it. The
// source that the headline leads to stands there as words.
func story(s chat.Story, number int) unit {
	title, summary, note := oneLine(s.Headline), clean(s.Summary), clean(s.Note)
	headline := chat.Span{}
	if len(s.Sources) > 0 && linkable(s.Sources[0].URL) {
		headline.URL = s.Sources[0].URL
	}
	u := unit{pieces: titled(title, headline, summary), story: true, ruled: true}
	var small smallPrint
	for i, l := range s.Sources {
		if i == 0 && headline.URL != "" && title != "" {
			l.URL = ""
		}
		small.link(l)
	}
	small.text(note)
	u.pieces = append(u.pieces, small.done()...)
	if title == "" {
		u.headlines, u.prose = []said{{number, summary}}, []said{{0, note}}
	} else {
		u.headlines, u.prose = []said{{number, chat.Plain(title)}}, []said{{number, summary}, {0, note}}
	}
	return u
}

// titled is cleaned text under a bold line of its own; as has the address of
// that line. The end of a title is in one block with the beginning of the text.
func titled(title string, as chat.Span, text chat.Text) []piece {
	if title == "" {
		return rich(text)
	}
	as.Text, as.Style = title, chat.Bold
	whole := make(chat.Text, 0, 2+len(text))
	whole = append(whole, as)
	if len(text) > 0 {
		whole = append(append(whole, chat.Span{Text: "\n"}), text...)
	}
	if size(whole) <= maxRich {
		return []piece{block(whole)}
	}
	pieces := split(text, maxRich, size)
	heads := split(chat.Text{as}, maxRich, size)
	if len(pieces) > 0 {
		pieces[0] = slices.Concat(heads[len(heads)-1], chat.Plain("\n"), pieces[0])
		heads = heads[:len(heads)-1]
	}
	out := make([]piece, 0, len(heads)+len(pieces)+1)
	for _, t := range heads {
		out = append(out, block(t))
	}
	for _, t := range pieces {
		out = append(out, block(t))
	}
	return out
}

// marks open a notice. They are no more than decoration: the words say it all.
var marks = map[chat.Level]string{chat.Info: "ℹ️", chat.Warning: "⚠️", chat.Failure: "❌"}

// rich is cleaned text as rich_text, in as many blocks as it needs.
func rich(text chat.Text) (pieces []piece) {
	for _, t := range split(text, maxRich, size) {
		pieces = append(pieces, block(t))
	}
	return pieces
}

// block is cleaned text as one block of rich_text.
func block(t chat.Text) piece {
	s, n := section(t)
	return piece{slack.NewRichTextBlock("", s), n}
}

// bullets is slack.RichTextList without fields that Slack's own types lack.
type bullets struct {
	Type     slack.RichTextElementType     `json:"type"`
	Style    slack.RichTextListElementType `json:"style"`
	Elements []slack.RichTextElement       `json:"elements"`
}

// RichTextElementType makes bullets an element of rich_text.
func (b *bullets) RichTextElementType() slack.RichTextElementType { return b.Type }

// list is a title and bullets. The end of the title is in one block with the
// first of them.
func list(l chat.List) unit {
	u := unit{}
	var elements []slack.RichTextElement
	var items *bullets
	used := 0
	flush := func() {
		if len(elements) > 0 {
			u.pieces = append(u.pieces, piece{slack.NewRichTextBlock("", elements...), used})
		}
		elements, items, used = nil, nil, 0
	}
	if title := oneLine(l.Title); title != "" {
		u.headlines = append(u.headlines, said{text: chat.Plain(title)})
		for _, t := range split(chat.Text{{Text: title, Style: chat.Bold}}, maxRich, size) {
			flush()
			s, n := section(t)
			elements, used = append(elements, s), n
		}
	}
	for _, item := range l.Items {
		text := clean(item)
		u.headlines = append(u.headlines, said{text: text})
		for _, t := range split(text, maxRich, size) {
			s, n := section(t)
			if items != nil && used+n > maxRich {
				flush()
			}
			if items == nil {
				items = &bullets{Type: slack.RTEList, Style: slack.RTEListBullet}
				elements = append(elements, items)
			}
			items.Elements = append(items.Elements, s)
			used += n
		}
	}
	flush()
	return u
}

// smallPrint is rows of small print, each the one text of a context block.
type smallPrint struct {
	pieces []piece
	row    strings.Builder
	runes  int // of the row
}

// add puts words, which fit in a row, behind those that are there.
func (p *smallPrint) add(words string) {
	const between = " · "
	n := utf8.RuneCountInString(words)
	if p.runes > 0 && p.runes+len(between)+n > maxObject {
		p.flush()
	}
	if p.runes > 0 {
		p.row.WriteString(between)
		p.runes += utf8.RuneCountInString(between)
	}
	p.row.WriteString(words)
	p.runes += n
}

func (p *smallPrint) flush() {
	if p.runes > 0 {
		text := slack.NewTextBlockObject(slack.MarkdownType, p.row.String(), false, false)
		p.pieces = append(p.pieces, piece{slack.NewContextBlock("", text), p.runes})
	}
	p.row.Reset()
	p.runes = 0
}

// done gives the rows.
func (p *smallPrint) done() []piece {
	p.flush()
	return p.pieces
}

// text adds cleaned text, of which each row but the last is full.
func (p *smallPrint) text(t chat.Text) {
	for i, t := range split(t, maxObject, func(t chat.Text) int { return utf8.RuneCountInString(mrkdwnText(t)) }) {
		if i > 0 {
			p.flush()
		}
		p.add(mrkdwnText(t))
	}
}

// link adds a link. One that is too long for small print is rich_text.
func (p *smallPrint) link(l chat.Link) {
	label := oneLine(l.Title)
	var words string
	switch {
	case label == "" && l.URL == "":
		return
	case linkable(l.URL):
		if label == "" {
			label = shortAddress(l.URL)
		}
		// Each bar in a label begins another link to the address.
		if length(label)+strings.Count(label, "|")*len(l.URL) <= maxObject {
			words = mrkdwnLink(label, l.URL)
		}
	default:
		label = unlinked(label, l.URL)
		l.URL = ""
		words = mrkdwn(label)
	}
	if words != "" && utf8.RuneCountInString(words) <= maxObject {
		p.add(words)
		return
	}
	p.flush()
	p.pieces = append(p.pieces, rich(chat.Text{{Text: label, URL: l.URL}})...)
}

// footer is plain text in small print.
func footer(s string) (pieces []piece) {
	for _, t := range split(chat.Plain(harmless(oneLine(s))), maxRich, size) {
		pieces = append(pieces, plainRow(t.String()))
	}
	return pieces
}

// plainRow is a row of small print that is plain text.
func plainRow(s string) piece {
	text := plain(s)
	return piece{slack.NewContextBlock("", text), length(text.Text)}
}

// buttons are rows of buttons; serial tells those of one message apart. A
// button that a row cannot hold is written out, so that its line can be typed
// or its address followed.
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
		label, line, address := oneLine(b.Label), layout.Clean(b.Line), ""
		shown := cmp.Or(label, line)
		if strings.TrimSpace(line) == "" {
			line, address = "", b.URL
			shown = cmp.Or(label, shortAddress(address))
		}
		text := plain(harmless(shown))
		n := length(text.Text) + spelled(address)
		switch {
		case line == "" && address == "":
			continue
		case address != "" && (!layout.Link(address) || spelled(address) > maxButtonURL || utf8.RuneCountInString(text.Text) > maxLabel):
			written.Items = append(written.Items, chat.Text{{Text: cmp.Or(label, address), URL: address}})
			continue
		case utf8.RuneCountInString(text.Text) > maxLabel, utf8.RuneCountInString(line) > maxLine:
			written.Items = append(written.Items, writtenOut(label, line))
			continue
		case len(row) == maxButtons, len(row) > 0 && used+n > maxRich:
			flush()
		}
		*serial++
		button := slack.NewButtonBlockElement("say-"+strconv.Itoa(*serial), line, text)
		if address != "" {
			button.ActionID, button.URL = "open-"+strconv.Itoa(*serial), address
		}
		row = append(row, button)
		used += n
	}
	flush()
	return append(pieces, list(written).pieces...)
}
