package discord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bwmarrin/discordgo"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// Limits of a message. Characters are code points.
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
const (
	contentLimit     = 2000
	embedsLimit      = 10
	titleLimit       = 256
	descriptionLimit = 4096
	embedsTextLimit  = 6000
)

// Limits of buttons.
// https://docs.discord.com/developers/components/reference#button
const (
	labelLimit    = 80
	customIDLimit = 100
	rowsLimit     = 5
	rowLimit      = 5
)

// Sizes in bytes, within which Discord has never been seen to answer 500 to
// text that is not Latin (https://github.com/discord/discord-api-docs/issues/7628
// and 6965): 8000 of text and 12000 in all. There is room left for the number
// of a page and for what Send adds.
const (
	textSize        = 7900
	payloadSize     = 11000
	descriptionSize = 7000
	leadSize        = 3600
)

// Colours of the bars at the left of embeds.
const (
	storyColour   = 0x3b82f6
	proseColour   = 0x94a3b8
	warningColour = 0xf59e0b
	failureColour = 0xef4444
)

// message is a message as Discord takes it, as far as the bot uses it.
type message struct {
	Content         string                    `json:"content,omitempty"`
	Embeds          []*discordgo.MessageEmbed `json:"embeds,omitempty"`
	Components      []row                     `json:"components,omitempty"`
	AllowedMentions mentions                  `json:"allowed_mentions"`
	Flags           discordgo.MessageFlags    `json:"flags,omitempty"`
	Nonce           chat.Key                  `json:"nonce,omitempty"`
	EnforceNonce    bool                      `json:"enforce_nonce,omitempty"`
}

// mentions says who is pinged: nobody, and Discord wants to read that.
type mentions struct {
	Parse []string `json:"parse"`
}

// row is a row of buttons.
type row struct {
	Type       discordgo.ComponentType `json:"type"`
	Components []button                `json:"components"`
}

type button struct {
	Type     discordgo.ComponentType `json:"type"`
	Style    discordgo.ButtonStyle   `json:"style"`
	Label    string                  `json:"label"`
	CustomID string                  `json:"custom_id"`
	Disabled bool                    `json:"disabled,omitempty"`
}

// A button's custom id is the key of the message, which Send puts before the
// bar, and the line that the button says.
const keyEnd = "|"

// newButton is a button that says a line; one without a line is disabled.
func newButton(label, line string) button {
	return button{Type: discordgo.ButtonComponent, Style: discordgo.SecondaryButton, Label: label, CustomID: keyEnd + line, Disabled: line == ""}
}

// json writes the message as a payload. It never has HTML in mind.
func (m message) json() (chat.Payload, error) {
	m.AllowedMentions.Parse = []string{}
	b, err := encodeJSON(m)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return b, nil
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Render lays a message out as headings and lead in the text of the message,
// which push notifications show, an embed for each story and section, and
// buttons below. What does not fit into one payload goes on in the next, whole
// embeds if possible.
func (a *Adapter) Render(m chat.Message) ([]chat.Payload, error) {
	title, titleRest := layout.Cut(line(m.Title), titleLimit)
	p := &pager{title: title}
	lead := p.lead(m, titleRest)
	for _, b := range m.Blocks[lead:] {
		p.block(b)
	}
	p.finish(m.Footer)
	var payloads []chat.Payload
	for _, page := range p.pages {
		payload, err := page.json()
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, payload)
	}
	return payloads, nil
}

// line is text without line ends, as headlines and labels want it.
func line(s string) string { return strings.Join(strings.Fields(layout.Clean(s)), " ") }

// pager fills pages, one for each payload, in reading order.
type pager struct {
	title   string
	pages   []*message
	buttons []button
}

// lead begins the first page: the title as a heading, and the blocks that
// belong to it as the text below. It gives the number of blocks that it took.
func (p *pager) lead(m chat.Message, titleRest string) int {
	page := &message{}
	p.pages = []*message{page}
	var lines []string
	add := func(s string) bool {
		all := strings.Join(append(lines, s), "\n")
		if utf8.RuneCountInString(all) > contentLimit-len(" (99/99)") || len(all) > leadSize {
			return false
		}
		lines = append(lines, s)
		page.Content = all
		return true
	}
	if p.title != "" {
		add("## " + heading(p.title, m.URL))
	}
	if titleRest != "" {
		add("**" + escape(titleRest, false) + "**")
	}
	if m.URL != "" && !linkable(p.title, m.URL) {
		add("-# " + markdown(prepare(chat.Text{{Text: m.URL}})))
	}
	for i, b := range m.Blocks {
		var s string
		switch b := b.(type) {
		case chat.Paragraph:
			if b.Title == "" {
				s = markdown(prepare(b.Text))
			}
		case chat.Notice:
			if p.title == "" {
				s = remark(b)
			}
		}
		if s == "" || !add(s) {
			return i
		}
	}
	return len(m.Blocks)
}

// linkable reports whether a heading can be a link to an address.
func linkable(title, address string) bool {
	return title != "" && layout.Link(address) && len(address) <= linkLimit/2 && !unsafeLabel.MatchString(title)
}

// heading is a title, as a link without preview if it can be one.
func heading(title, address string) string {
	if linkable(title, address) {
		return "[" + title + "](<" + encode(address) + ">)"
	}
	return escape(title, false)
}

// remark is a notice as a line of text.
func remark(n chat.Notice) string {
	text := markdown(prepare(n.Text))
	if text == "" {
		return ""
	}
	switch n.Level {
	case chat.Warning:
		return "⚠️ " + text
	case chat.Failure:
		return "❌ " + text
	default:
		return "ℹ️ " + text
	}
}

// block lays out one block.
func (p *pager) block(b chat.Block) {
	switch b := b.(type) {
	case chat.Paragraph:
		p.embeds(b.Title, "", proseColour, pieces(b.Text))
	case chat.Story:
		p.story(b)
	case chat.List:
		var lines []string
		for _, item := range b.Items {
			for i, piece := range pieces(item) {
				mark := "- "
				if i > 0 {
					mark = "  "
				}
				lines = append(lines, mark+strings.ReplaceAll(piece, "\n", "\n  "))
			}
		}
		p.embeds(b.Title, "", storyColour, lines)
	case chat.Notice:
		colour := map[chat.Level]int{chat.Warning: warningColour, chat.Failure: failureColour}[b.Level]
		if colour == 0 {
			colour = storyColour
		}
		for _, piece := range split(b.Text) {
			p.embeds("", "", colour, []string{remark(chat.Notice{Level: b.Level, Text: piece})})
		}
	case chat.Buttons:
		p.offer(b)
	}
}

// story is an embed: the headline leads to the first source that can be a
// link, and all sources stand in small print under the summary.
func (p *pager) story(s chat.Story) {
	address := ""
	lines := pieces(s.Summary)
	for _, source := range s.Sources {
		if address == "" && layout.Link(source.URL) && len(source.URL) <= linkLimit {
			address = source.URL
		}
		for _, piece := range pieces(chat.Text{{Text: line(source.Title), URL: source.URL}}) {
			lines = append(lines, "-# "+strings.ReplaceAll(piece, "\n", " "))
		}
	}
	p.embeds(s.Headline, address, storyColour, lines)
}

// offer keeps buttons for the last page. What cannot be a button there stays
// readable as a line that can be typed.
func (p *pager) offer(buttons chat.Buttons) {
	var lines []string
	for _, b := range buttons {
		label, command := line(b.Label), line(b.Line)
		if label == "" {
			label = command
		}
		if p.button(label, command) || command == "" {
			continue
		}
		text := chat.Text{{Text: label}, {Text: " "}, {Text: command, Style: chat.Code}}
		for _, piece := range pieces(text) {
			lines = append(lines, "- "+piece)
		}
	}
	p.embeds("", "", proseColour, lines)
}

// button keeps one button if it can be one.
func (p *pager) button(label, command string) bool {
	b := newButton(label, command)
	fits := command != "" && len(p.buttons) < rowsLimit*rowLimit &&
		utf8.RuneCountInString(label) <= labelLimit &&
		utf8.RuneCountInString(b.CustomID)+chat.KeyLimit <= customIDLimit
	for _, other := range p.buttons {
		fits = fits && other.CustomID != b.CustomID
	}
	if fits {
		p.buttons = append(p.buttons, b)
	}
	return fits
}

// split prepares text and cuts it to what one description holds.
func split(t chat.Text) []chat.Text {
	return layout.Split(prepare(t), descriptionSize, func(t chat.Text) int {
		s := "-# " + markdown(t)
		return max(jsonSize(s), utf8.RuneCountInString(s)*descriptionSize/(descriptionLimit-titleLimit))
	})
}

// pieces are the texts of split as Discord reads them.
func pieces(t chat.Text) []string {
	var out []string
	for _, piece := range split(t) {
		out = append(out, markdown(piece))
	}
	return out
}

// jsonSize is how many bytes a text takes in a payload.
func jsonSize(s string) int {
	b, err := encodeJSON(s)
	if err != nil {
		return len(s)
	}
	return len(b)
}

// embeds adds lines under a title as one embed, or several when they are too
// many.
func (p *pager) embeds(title, address string, colour int, lines []string) {
	title, rest := layout.Cut(line(title), titleLimit)
	if rest != "" {
		lines = append([]string{"**" + escape(rest, false) + "**"}, lines...)
	}
	if title == "" {
		address = ""
	}
	e := &discordgo.MessageEmbed{Title: title, URL: address, Color: colour}
	for _, l := range lines {
		all := l
		if e.Description != "" {
			all = e.Description + "\n" + l
		}
		if jsonSize(all) > descriptionSize || utf8.RuneCountInString(all) > descriptionLimit-titleLimit {
			p.add(e)
			e, all = &discordgo.MessageEmbed{Color: colour}, l
		}
		e.Description = all
	}
	if e.Title != "" || strings.TrimSpace(e.Description) != "" {
		p.add(e)
	}
}

// last is the page that is being filled.
func (p *pager) last() *message { return p.pages[len(p.pages)-1] }

// add puts an embed on the last page, or on a new one when that is full.
func (p *pager) add(e *discordgo.MessageEmbed) {
	page := p.last()
	page.Embeds = append(page.Embeds, e)
	if page.fits() || len(page.Embeds) == 1 && page.Content == "" {
		return
	}
	page.Embeds = page.Embeds[:len(page.Embeds)-1]
	p.pages = append(p.pages, &message{Embeds: []*discordgo.MessageEmbed{e}, Content: p.onward()})
}

// onward is the text above the pages after the first.
func (p *pager) onward() string {
	head, rest := layout.Cut(p.title, labelLimit)
	if rest != "" {
		head += "…"
	}
	if head == "" {
		return ""
	}
	return "-# " + escape(head, false)
}

// fits reports whether a page keeps the limits.
func (m *message) fits() bool {
	runes, size := 0, len(m.Content)
	count := func(s string) { runes += utf8.RuneCountInString(s); size += len(s) }
	for _, e := range m.Embeds {
		count(e.Title)
		count(e.Description)
		if e.Footer != nil {
			count(e.Footer.Text)
		}
	}
	for _, r := range m.Components {
		for _, b := range r.Components {
			size += len(b.Label)
		}
	}
	payload, err := m.json()
	return err == nil && len(m.Embeds) <= embedsLimit && runes <= embedsTextLimit && size <= textSize && len(payload) <= payloadSize
}

// finish puts the footer and the buttons on the last page, makes sure that no
// page is without text, and numbers the pages if there are several. A page
// without buttons gets a disabled one with its number, because a custom id is
// where the key of a message can be found again and nobody has to read it.
func (p *pager) finish(footer string) {
	p.footer(line(footer))
	p.place(rows(p.buttons))
	for i, page := range p.pages {
		if page.Content == "" {
			page.Content = preview(page)
		}
		number := fmt.Sprintf("%d/%d", i+1, len(p.pages))
		if len(page.Components) == 0 {
			page.Components = rows([]button{newButton(number, "")})
		}
		if len(p.pages) == 1 {
			continue
		}
		head, rest, more := strings.Cut(page.Content, "\n")
		page.Content = head + " (" + number + ")"
		if more {
			page.Content += "\n" + rest
		}
	}
}

// footer puts small print under the last embed, or under the text when there
// is none.
func (p *pager) footer(text string) {
	if text == "" {
		return
	}
	page := p.last()
	if n := len(page.Embeds); n > 0 {
		e := page.Embeds[n-1]
		if e.Footer = (&discordgo.MessageEmbedFooter{Text: text}); page.fits() {
			return
		}
		e.Footer = nil
	} else if s := strings.TrimPrefix(page.Content+"\n-# "+escape(text, false), "\n"); utf8.RuneCountInString(s) < contentLimit-len(" (99/99)") && len(s) <= textSize {
		page.Content = s
		return
	}
	p.embeds("", "", proseColour, pieces(chat.Plain(text)))
}

// place puts rows of buttons under the last page. If that is too full, its
// last embed goes with them to a page of its own.
func (p *pager) place(rows []row) {
	page := p.last()
	page.Components = rows
	if page.fits() {
		return
	}
	page.Components = nil
	next := &message{Content: p.onward(), Components: rows}
	if n := len(page.Embeds); n > 1 {
		next.Embeds = []*discordgo.MessageEmbed{page.Embeds[n-1]}
		page.Embeds = page.Embeds[:n-1]
	}
	p.pages = append(p.pages, next)
}

// rows puts buttons into as few rows as possible, of about the same length.
func rows(buttons []button) []row {
	var out []row
	for left := (len(buttons) + rowLimit - 1) / rowLimit; left > 0; left-- {
		n := (len(buttons) + left - 1) / left
		out = append(out, row{Type: discordgo.ActionsRowComponent, Components: buttons[:n]})
		buttons = buttons[n:]
	}
	return out
}

// preview is what push notifications show of a page that has no text of its
// own. A message must not be empty, so it never is.
func preview(m *message) string {
	for _, e := range m.Embeds {
		if e.Title != "" {
			return "**" + escape(e.Title, false) + "**"
		}
	}
	return "…"
}
