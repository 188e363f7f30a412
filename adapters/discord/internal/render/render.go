package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// accent is the colour of the bar at the left of embeds.
const accent = 0x3b82f6

// Message is a Message as Discord takes it, as far as the bot uses it.
type Message struct {
	Content         string   `json:"content"`
	Embeds          []Embed  `json:"embeds,omitzero"` // empty says that there are none; nil says nothing
	Components      []Row    `json:"components"`
	AllowedMentions Mentions `json:"allowed_mentions"`
	Flags           int      `json:"flags,omitempty"`
	Nonce           chat.Key `json:"nonce,omitempty"`
	EnforceNonce    bool     `json:"enforce_nonce,omitempty"`
}

type Embed struct {
	Description string  `json:"description,omitempty"`
	Color       int     `json:"color"`
	Image       *Image  `json:"image,omitempty"`
	Footer      *Footer `json:"footer,omitempty"`
}

type Image struct {
	URL string `json:"url"`
}

type Footer struct {
	Text string `json:"text"`
}

// Mentions says who is notified: nobody but some roles, and Discord wants to
// read that.
type Mentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
}

// Row is a Row of buttons, or of one menu.
type Row struct {
	Type       int         `json:"type"`
	Components []Component `json:"components"`
}

// Component is a Component, or a menu, which has choices.
type Component struct {
	Type        int      `json:"type"`
	Style       int      `json:"style,omitempty"`
	Label       string   `json:"label,omitempty"`
	CustomID    string   `json:"custom_id,omitempty"`
	URL         string   `json:"url,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Options     []Option `json:"options,omitempty"`
}

// Option is a line in a menu.
type Option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// A button's custom id is the key of the message, which Send puts before the
// bar, and the line that the button says.
const KeyEnd = "|"

// Types of components.
// https://docs.discord.com/developers/components/reference#component-object-component-types
const (
	rowType       = 1
	buttonType    = 2
	MenuType      = 3 // a menu of texts
	textInputType = 4
	labelType     = 18
)

// Styles of buttons, and of a field for text.
const (
	secondaryStyle = 2
	linkStyle      = 5
	shortStyle     = 1
)

// newButton is a button that says a line.
func newButton(label, line string) Component {
	return Component{Type: buttonType, Style: secondaryStyle, Label: label, CustomID: KeyEnd + line}
}

// newLink is a button that leads to an address.
func newLink(label, address string) Component {
	return Component{Type: buttonType, Style: linkStyle, Label: label, URL: address}
}

// Payloads lays a message out like a newsletter. Title, small print and as many blocks
// as have room are the text of the message, which push notifications show. Others
// stand below in panels: from a heading on where there is one, and each of several
// digests in its own. A story is a linked headline in bold, its summary, and its
// sources in small print. Buttons stand at the end. Anything that does not fit into
// one payload goes on in the next.
func Payloads(m chat.Message) ([]chat.Payload, error) {
	pages := paginated(m, true)
	payloads := make([]chat.Payload, len(pages))
	for i, page := range pages {
		payload, err := layout.JSON(page.message(i+1, len(pages), true))
		if err != nil {
			return nil, fmt.Errorf("discord: %w", err)
		}
		payloads[i] = payload
	}
	return payloads, nil
}

// Reply is the parts of an answer, at least one. They have nothing that belongs
// to posts, and name what they do not have: a part may take the place of a message.
func Reply(m chat.Message) []Message {
	pages := paginated(m, false)
	parts := make([]Message, len(pages))
	for i, page := range pages {
		parts[i] = page.message(i+1, len(pages), false)
	}
	return parts
}

// paginated is a message on pages, one for each payload. A page that is no post but a
// reply notifies nobody, and does not begin with headlines that stand below.
func paginated(m chat.Message, post bool) []*page {
	o := outlineOf(m, post)
	p := planner{onward: onward(m.Title), pages: []*page{o.page}}
	for i, u := range o.units {
		after := size{}
		if i == len(o.units)-1 {
			after = o.end.size()
		}
		p.put(u, after)
	}
	p.finish(o.end)
	if post {
		shareButton(p.pages)
	}
	return p.pages
}

// outline is what a message holds, laid out and not yet put on pages.
type outline struct {
	page  *page  // the first one, with its text
	units []unit // what goes into panels
	end   end    // what the last page ends with

	heading string   // of the unit to come
	more    []string // of a heading that is too long to be one
	within  bool     // the heading is one among others, and begins no panel
	begins  bool     // the heading is that of a digest, and begins one
	storied bool     // the last unit was a story
	prosed  bool     // the last unit was running text
}

func outlineOf(m chat.Message, post bool) *outline {
	o := &outline{}
	head := o.opening(m)
	lead, rest, news := []string(nil), m.Blocks, false
	if o.units == nil { // else what stands in a panel comes before the blocks
		used := sizeOf(strings.Join(head, "\n"))
		if foot := line(m.Footer); utf8.RuneCountInString(foot) <= titleLimit {
			used = used.plus(sizeOf("\n\n-# " + quiet(foot))) // it stands there too if all does
		}
		lead, rest, news = o.lead(m.Blocks, used)
	}
	if s := teaser(rest); s != "" && !news && (post || len(head)+len(lead) == 0) {
		head = append(head, s)
	}
	if len(head) > 0 && len(lead) > 0 && strings.HasPrefix(head[len(head)-1], "-# ") && !strings.HasPrefix(lead[0], "#") {
		head = append(head, "") // small print would stick to the text below it
	}
	o.page = newPage(strings.Join(append(head, lead...), "\n"), m.Mention[:min(len(m.Mention), mentionsLimit)])
	o.page.bare = len(lead) == 0
	o.image(m.Picture)
	for _, b := range rest {
		o.block(b)
	}
	if o.heading != "" {
		o.add(unit{})
	}
	o.footer(line(m.Footer))
	return o
}

// opening writes what stands above everything else: who is called, the title, and
// small print. Anything too long for that becomes a unit.
func (o *outline) opening(m chat.Message) (lines []string) {
	if roles := m.Mention[:min(len(m.Mention), mentionsLimit)]; len(roles) > 0 {
		lines = append(lines, "-# <@&"+strings.Join(roles, "> <@&")+">")
	}
	title, rest := layout.Cut(line(m.Title), titleLimit)
	before, label := ornament(title)
	linked := title != "" && linkable(m.URL) && fits(m.URL, buttonURLLimit) && !unsafeLabel(label) && !pictorial(label)
	switch {
	case linked:
		lines = append(lines, "## "+before+masked(layout.Isolate(label), m.URL))
	case title != "":
		lines = append(lines, "## "+quiet(title))
	}
	used := sizeOf(strings.Join(lines, "\n"))
	more := func(stray bool, parts []string) {
		for _, s := range parts {
			if all := used.plus(sizeOf(s)); o.units == nil && !stray && all.bytes <= leadSize/2 && all.runes <= contentLimit/2 {
				lines, used = append(lines, s), all
			} else {
				o.units = append(o.units, unit{parts: []string{s}, gap: "\n"})
			}
		}
	}
	more(false, pieces(chat.Text{{Text: rest, Style: chat.Bold}}))
	small := []chat.Text{m.Note}
	switch {
	case m.URL == "" || linked:
	case linkable(m.URL):
		small = append(small, chat.Text{{URL: m.URL}})
	default:
		small = append(small, chat.Plain(m.URL))
	}
	more(hasEmojiLink(m.Note), smallPrint(small...))
	return lines
}

// lead writes the blocks that stand in the text of the message, and gives
// those that are left. news says that there are headlines among the first.
func (o *outline) lead(blocks []chat.Block, used size) (lines []string, rest []chat.Block, news bool) {
	n, lines, news := leads(blocks, used)
	for _, b := range blocks[:n] {
		switch b.(type) {
		case chat.Buttons, chat.Select:
			o.block(b)
		}
	}
	return lines, blocks[n:], news
}

// leads writes the first n blocks, which have room in the text of a message. When
// not all have, it ends above a heading, else behind the top story, and each of
// several digests has a panel of its own, so that those in panels look alike.
func leads(blocks []chat.Block, used size) (n int, lines []string, news bool) {
	const (
		room   = contentLimit - len("\n-# 100/100")
		teased = room - teaserCount*(2*teaserLimit+len(" · ")) // while the text may get a teaser
	)
	var heading []string                   // that waits for what it is the heading of
	endBlock, endLine, whole := 0, 0, true // where the text may end
	for i, b := range blocks {
		above, more, ok := leadLines(b)
		if whole = ok; !ok {
			break
		}
		if above != nil && heading == nil && news {
			endBlock, endLine = n, len(lines)
		}
		heading = append(heading, above...)
		if more == nil && i < len(blocks)-1 || more == nil && heading == nil {
			if heading == nil {
				n = i + 1
			}
			continue
		}
		if heading == nil && lines != nil && standsApart(b) {
			more = append([]string{""}, more...)
		}
		more = append(heading, more...)
		all := used
		for _, s := range more {
			all = all.plus(sizeOf(s)).plus(size{1, 1, 2})
		}
		told, limit := news || hasHeadlines(b), teased
		if told {
			limit = room
		}
		if whole = all.runes <= limit && all.bytes <= leadSize; !whole {
			break
		}
		if told && !news {
			endBlock, endLine = i+1, len(lines)+len(more)
		}
		n, lines, used, news, heading = i+1, append(lines, more...), all, told, nil
	}
	switch {
	case whole:
		return len(blocks), lines, news
	case severalDigests(blocks):
		return 0, nil, false
	case endBlock > 0:
		return endBlock, lines[:endLine], true
	default:
		return n, lines, news
	}
}

// leadLines are the lines of a block and those of the heading above it; ok is false
// when it belongs in a panel. Buttons and folds have none.
func leadLines(b chat.Block) (above, lines []string, ok bool) {
	switch b := b.(type) {
	case chat.Buttons, chat.Select, chat.Fold:
		return nil, nil, true
	case chat.Heading:
		_, label := ornament(line(b.Title))
		return headingLines(b), nil, (b.URL == "" || !pictorial(label)) && !hasEmojiLink(b.Note)
	case chat.Story:
		if ok = !hasEmojiHeadline(b) && !hasEmojiLink(b.Summary) && !hasEmojiLink(b.Note) && length(b.Summary, b.Note) <= leadSize; ok {
			lines = storyParts(b)
		}
	case chat.Paragraph:
		if ok = !hasEmojiLink(b.Text) && length(b.Text) <= leadSize; ok {
			above, lines = titleLines(b.Title), pieces(b.Text)
		}
	case chat.Notice:
		if ok = !hasEmojiLink(b.Text) && length(b.Text) <= leadSize; ok {
			lines = noticeLines(b)
		}
	case chat.List:
		if ok = !slices.ContainsFunc(b.Items, hasEmojiLink) && length(b.Items...) <= leadSize; ok {
			above = titleLines(b.Title)
			for _, item := range b.Items {
				lines = append(lines, listItem(pieces(item))...)
			}
		}
	}
	return above, lines, ok
}

// standsApart reports whether an empty line stands between a block and the text above it.
func standsApart(b chat.Block) bool {
	switch b.(type) {
	case chat.Paragraph, chat.Story:
		return true
	default:
		return false
	}
}

// hasHeadlines reports whether a block has headlines.
func hasHeadlines(b chat.Block) bool {
	switch b.(type) {
	case chat.List, chat.Story:
		return true
	default:
		return false
	}
}

// titleLines is the heading of one block on lines of its own.
func titleLines(s string) []string {
	title, rest := layout.Cut(line(s), titleLimit)
	if title == "" {
		return nil
	}
	return append([]string{"### " + quiet(title)}, pieces(chat.Text{{Text: rest, Style: chat.Bold}})...)
}

// headingLines is a heading on lines of its own.
func headingLines(h chat.Heading) (lines []string) {
	mark := "### "
	if h.Level < 2 {
		mark = "## "
	}
	title, rest := layout.Cut(line(h.Title), titleLimit)
	before, label := ornament(title)
	linked := title != "" && linkable(h.URL) && fits(h.URL, headingURLLimit) && !unsafeLabel(label)
	switch {
	case linked:
		lines = append(lines, mark+before+masked(layout.Isolate(label), h.URL))
	case title != "":
		lines = append(lines, mark+quiet(title))
	}
	lines = append(lines, pieces(chat.Text{{Text: rest, Style: chat.Bold}})...)
	small := []chat.Text{h.Note}
	if h.URL != "" && !linked {
		small = append(small, chat.Text{{URL: h.URL}})
	}
	return append(lines, smallPrint(small...)...)
}

// hasEmojiHeadline reports whether the headline of a story is a link that works only
// in a panel.
func hasEmojiHeadline(s chat.Story) bool {
	_, label := ornament(line(s.Headline))
	return pictorial(label)
}

// ornament divides a headline into emoji at its beginning, with which it would be
// no link in the text of a message, and the rest.
func ornament(s string) (before, label string) {
	at := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.Ps, unicode.Pi)
	})
	if at > 0 && pictorial(s[:at]) && !strings.Contains(s, "\u20E3") && look(s[:at])&(marked|pinging|leading) == 0 {
		return s[:at], s[at:]
	}
	return "", s
}

// teaser is the first headlines in small print, the first one of each of several
// digests, for those who see a notification only.
func teaser(blocks []chat.Block) string {
	var heads []string
	add := func(s string) {
		head, rest := layout.Cut(line(s), teaserLimit)
		if rest != "" {
			head += "…"
		}
		if head = quiet(head); head != "" && len(heads) < teaserCount && !slices.Contains(heads, head) {
			heads = append(heads, head)
		}
	}
	told := false // the first one of this digest
	several := severalDigests(blocks)
	for _, b := range blocks {
		switch b := b.(type) {
		case chat.Heading:
			told = told && b.Level > 1
		case chat.Story:
			if !several || !told {
				add(b.Headline)
				told = told || line(b.Headline) != ""
			}
		case chat.List:
			for _, item := range b.Items[:min(len(b.Items), teaserCount)] {
				first, _, _ := strings.Cut(item.String(), "\n")
				add(first)
			}
		}
		if len(heads) == teaserCount {
			break
		}
	}
	if heads == nil {
		return ""
	}
	return "-# " + strings.Join(heads, " · ")
}

// severalDigests reports whether blocks are those of several digests.
func severalDigests(blocks []chat.Block) bool {
	return slices.ContainsFunc(blocks, func(b chat.Block) bool { h, ok := b.(chat.Heading); return ok && h.Level < 2 })
}

// block lays out one block.
func (o *outline) block(b chat.Block) {
	switch b := b.(type) {
	case chat.Heading:
		o.group(b)
	case chat.Paragraph:
		o.title(b.Title)
		o.prose(pieces(b.Text))
	case chat.Story:
		if parts := storyParts(b); parts != nil {
			o.add(unit{parts: parts, gap: "\n\n"})
			o.storied = true
		}
	case chat.List:
		o.title(b.Title)
		gap := "\n\n"
		if o.prosed {
			gap = "\n"
		}
		for _, item := range b.Items {
			if parts := listItem(pieces(item)); parts != nil {
				o.add(unit{parts: parts, gap: gap})
				gap = "\n"
			}
		}
	case chat.Notice:
		o.prose(noticeLines(b))
	case chat.Buttons:
		o.buttons(b)
	case chat.Select:
		o.menu(b)
	}
}

// title keeps a heading for the unit to come, so that nothing parts them.
func (o *outline) title(s string) {
	lines := titleLines(s)
	if lines == nil {
		return
	}
	if o.heading != "" { // of a block that had nothing else
		o.add(unit{})
	}
	o.heading, o.more, o.within, o.begins = lines[0], lines[1:], false, false
}

// group keeps the heading of several blocks. That of a digest begins a panel.
func (o *outline) group(h chat.Heading) {
	lines := headingLines(h)
	if len(lines) == 0 {
		return
	}
	above := strings.Join(lines, "\n")
	if o.heading != "" {
		both := o.heading + "\n" + above
		if all := sizeOf(both); o.more == nil && all.runes <= headingSize.runes && all.json <= headingSize.json {
			o.heading = both
			return
		}
		o.add(unit{})
	}
	if all := sizeOf(above); all.runes > headingSize.runes || all.json > headingSize.json {
		o.add(unit{parts: lines, gap: "\n\n"})
		return
	}
	o.heading, o.within, o.begins = above, h.Level > 1, h.Level < 2
}

func (o *outline) prose(parts []string) {
	if parts != nil {
		o.add(unit{parts: parts, gap: "\n\n"})
		o.prosed = true
	}
}

// storyParts lays out a story: the headline leads to the first source that can be a
// link, and all sources stand in small print under the summary, this one as words.
func storyParts(s chat.Story) []string {
	small := make([]chat.Text, 0, len(s.Sources)+1)
	spans := make(chat.Text, len(s.Sources))
	head, rest := layout.Cut(line(s.Headline), headlineLimit)
	before, label := ornament(head)
	address := ""
	for i, source := range s.Sources {
		spans[i] = chat.Span{Text: line(source.Title), URL: source.URL}
		if address == "" && fits(source.URL, buttonURLLimit) && linkable(source.URL) {
			address = source.URL
			if head != "" && !unsafeLabel(label) {
				spans[i].URL = "" // one link is enough
			}
		}
		small = append(small, spans[i:i+1])
	}
	small = append(small, s.Note)
	var b strings.Builder
	length := room(s.Summary) + room(small...)
	b.Grow(len(s.Headline) + len(address) + length + 32)
	if head != "" {
		b.WriteString("**")
		if address != "" && !unsafeLabel(label) {
			b.WriteString(before)
			writeLink(&b, layout.Isolate(label), address)
		} else {
			escape(&b, head, look(head), false)
		}
		b.WriteString("**")
	}
	if length > pieceSize/2 || rest != "" { // it may have to be cut
		parts := append(pieces(s.Summary), smallPrint(small...)...)
		if b.Len() > 0 {
			parts = under(b.String(), linkedSize, pieces(chat.Text{{Text: rest, Style: chat.Bold}}), parts)
		}
		return parts
	}
	if wordy(s.Summary) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		writeText(&b, s.Summary)
	}
	writePrint(&b, small)
	if b.Len() == 0 {
		return nil
	}
	return []string{b.String()}
}

// under puts a heading above the first of some parts, so that nothing parts
// them. More of a long heading goes with it as far as there is room.
func under(heading string, room size, more, parts []string) []string {
	for len(more) > 0 {
		all := sizeOf(heading).plus(sizeOf(more[0]))
		if all.runes > room.runes || all.json > room.json {
			break
		}
		heading, more = heading+"\n"+more[0], more[1:]
	}
	if parts = append(slices.Clone(more), parts...); len(parts) == 0 {
		return []string{heading}
	}
	parts[0] = heading + "\n" + parts[0]
	return parts
}

// add puts the heading that waits above a unit.
func (o *outline) add(u unit) {
	if o.heading != "" {
		u.parts, u.gap, u.fresh = under(o.heading, headingSize, o.more, u.parts), "\n", o.begins || o.storied && !o.within
		o.heading, o.more, o.within, o.begins = "", nil, false, false
	}
	o.units, o.storied, o.prosed = append(o.units, u), false, false
}

// image puts an image above the panels, with what it shows under it.
func (o *outline) image(p chat.Picture) {
	alt := line(p.Alt)
	switch {
	case p.URL == "":
	case strings.HasPrefix(p.URL, "https://") && linkable(p.URL) && fits(p.URL, linkLimit) && utf8.RuneCountInString(alt) <= captionLimit:
		o.page.addImage(p.URL, layout.Isolate(alt))
	default:
		for _, s := range smallPrint(chat.Text{{Text: alt, URL: p.URL}}) {
			o.units = append(o.units, unit{parts: []string{s}, gap: "\n"})
		}
	}
}

// footer keeps small print for the end of the last page.
func (o *outline) footer(s string) {
	if utf8.RuneCountInString(s) <= titleLimit {
		o.end.footer = s
		return
	}
	o.prose(smallPrint(chat.Plain(s)))
}

// buttons keeps buttons for the last page. Anything that cannot be a button there stays
// readable as a line that can be typed, or as a link.
func (o *outline) buttons(buttons chat.Buttons) {
	var lines []string
	o.end.buttons = slices.Grow(o.end.buttons, min(len(buttons), rowsLimit*rowLimit))
	for _, b := range buttons {
		label, command := line(b.Label), line(b.Line)
		var text chat.Text
		switch {
		case command != "" && o.end.take(newButton(layout.Isolate(cmp.Or(label, command)), command)):
		case command != "":
			text = typedLine(label, command)
		case b.URL == "":
			text = chat.Plain(label)
		case !o.end.take(newLink(layout.Isolate(cmp.Or(label, Host(b.URL))), b.URL)):
			text = chat.Text{{Text: label, URL: b.URL}}
		}
		if text != nil {
			lines = append(lines, listItem(pieces(text))...)
		}
	}
	if lines != nil {
		o.add(unit{parts: lines, gap: "\n\n"})
	}
}

// menu keeps a menu for the last page. Anything it does not take stays readable as
// a line that can be typed.
func (o *outline) menu(s chat.Select) {
	var lines []string
	bulleted := func(t chat.Text) { lines = append(lines, listItem(pieces(t))...) }
	label := line(s.Label)
	menu := Component{Type: MenuType, Placeholder: layout.Isolate(label)}
	spelled := utf8.RuneCountInString(menu.Placeholder) > placeholderLimit
	if spelled {
		menu.Placeholder = ""
	}
	cost := menuCost + sizeOf(menu.Placeholder).json
	var left []chat.Text
	for _, c := range s.Choices {
		said, command := layout.Isolate(cmp.Or(line(c.Label), line(c.Value), line(c.Line))), line(c.Line)
		if s.Brief && utf8.RuneCountInString(said) > menuLabelLimit {
			head, _ := layout.Cut(line(c.Label), menuLabelLimit-3) // has room for the ellipsis and the marks around it
			said = layout.Isolate(head + "…")
		}
		more := choiceCost + sizeOf(said).json + sizeOf(command).json
		if command == "" || len(menu.Options) == menuLimit || utf8.RuneCountInString(said) > menuLabelLimit || utf8.RuneCountInString(command) > menuValueLimit ||
			o.end.json+cost+more > buttonsSize || slices.ContainsFunc(menu.Options, func(o Option) bool { return o.Value == command }) {
			left = append(left, typedLine(line(c.Label), command))
			continue
		}
		menu.Options, cost = append(menu.Options, Option{said, command}), cost+more
	}
	if len(menu.Options) == 0 || !o.end.takeMenu(menu, cost) {
		left, spelled = nil, true
		for _, c := range s.Choices {
			left = append(left, typedLine(line(c.Label), line(c.Line)))
		}
	}
	if spelled && label != "" {
		lines = pieces(chat.Plain(label))
	}
	for _, t := range left {
		bulleted(t)
	}
	if lines != nil {
		o.add(unit{parts: lines, gap: "\n\n"})
	}
}

// typedLine is what cannot be pressed: its label, and the line to be typed.
func typedLine(label, command string) chat.Text {
	switch {
	case command == "":
		return chat.Plain(label)
	case label == "":
		return chat.Text{{Text: command, Style: chat.Code}}
	default:
		return chat.Text{{Text: label}, {Text: " "}, {Text: command, Style: chat.Code}}
	}
}

// noticeLines writes a notice.
func noticeLines(n chat.Notice) []string {
	parts := pieces(n.Text)
	if parts != nil {
		parts[0] = icon(n.Level) + " " + parts[0]
	}
	return parts
}

func icon(l chat.Level) string {
	switch l {
	case chat.Warning:
		return "⚠️"
	case chat.Failure:
		return "❌"
	default:
		return "ℹ️"
	}
}

// listItem makes an item of a list of the pieces of a text.
func listItem(parts []string) []string {
	for i, s := range parts {
		mark := "- "
		if i > 0 {
			mark = "  "
		}
		parts[i] = mark + strings.ReplaceAll(s, "\n", "\n  ")
	}
	return parts
}

// smallPrint writes texts side by side, on as many lines as they need.
func smallPrint(texts ...chat.Text) (lines []string) {
	if room(texts...) <= printSize {
		var b strings.Builder
		if writePrint(&b, texts); b.Len() > 0 {
			lines = []string{b.String()}
		}
		return lines
	}
	for _, t := range texts {
		for _, s := range pieces(t) {
			s = strings.ReplaceAll(s, "\n", " ")
			if n := len(lines); n > 0 && len(lines[n-1])+len(s) <= printSize {
				lines[n-1] += " · " + s
			} else {
				lines = append(lines, "-# "+s)
			}
		}
	}
	return lines
}

// writePrint writes texts side by side on one line of its own.
func writePrint(b *strings.Builder, texts []chat.Text) {
	mark := "\n-# "
	if b.Len() == 0 {
		mark = "-# "
	}
	for _, t := range texts {
		if !wordy(t) {
			continue
		}
		for i := range t {
			if look(t[i].Text)&(broken|wild) != 0 {
				t = slices.Clone(t)
				t[i].Text = strings.ReplaceAll(layout.Clean(t[i].Text), "\n", " ")
			}
		}
		b.WriteString(mark)
		writeText(b, t)
		mark = " · "
	}
}

// wordy reports whether there is anything to read in a text.
func wordy(t chat.Text) bool {
	for i := range t {
		if t[i].URL != "" || strings.ContainsFunc(t[i].Text, readable) {
			return true
		}
	}
	return false
}

func readable(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) && r != ' ' }

// pieces writes a text as Discord reads it, cut if it is longer than a piece
// may be; nil when there is nothing to read.
func pieces(t chat.Text) []string {
	var b strings.Builder
	b.Grow(room(t))
	writeText(&b, t)
	whole := b.String()
	if strings.TrimSpace(whole) == "" {
		return nil
	}
	if sizeOf(whole).ofPiece() <= pieceSize {
		return []string{whole}
	}
	var out []string
	for _, piece := range layout.Split(prepare(t), pieceSize, func(t chat.Text) int { return sizeOf(markdown(t)).ofPiece() }) {
		out = append(out, markdown(piece))
	}
	return out
}

// ofPiece is the larger of the shares that a text takes of a piece's two limits.
func (s size) ofPiece() int { return max(s.json, s.runes*pieceSize/pieceLimit) }

// masked is a link with a label that can be one.
func masked(label, address string) string {
	var b strings.Builder
	writeLink(&b, label, address)
	return b.String()
}

// hasEmojiLink reports whether a text has a link that works only in a panel.
func hasEmojiLink(t chat.Text) bool {
	return slices.ContainsFunc(t, func(s chat.Span) bool {
		_, label := ornament(s.Text)
		return s.URL != "" && pictorial(label)
	})
}

// onward is the text above the pages after the first.
func onward(title string) string {
	head, rest := layout.Cut(line(title), labelLimit)
	if rest != "" {
		head += "…"
	}
	if head == "" {
		return "-# "
	}
	return "-# " + quiet(head) + " · "
}
