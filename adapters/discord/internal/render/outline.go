package render

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// outline is the content of a message, laid out but not yet paginated.
type outline struct {
	page  *page   // the first one, with its text
	units []unit  // the content of the panels
	end   pageEnd // the end of the last page

	heading     markup   // of the next unit
	headingRest []markup // of a heading that is too long
	nested      bool     // the heading is one of several and does not begin a panel
	startsPanel bool     // the heading is a digest's and begins a panel
	afterStory  bool     // the last unit was a story
	afterProse  bool     // the last unit was running text
}

func outlineOf(m chat.Message, post bool) *outline {
	o := &outline{}
	head := o.opening(m)
	lead, rest, news := []markup(nil), m.Blocks, false
	if o.units == nil { // otherwise a panel comes before the blocks
		used := sizeOf(join(head, "\n"))
		if foot := oneLine(m.Footer); utf8.RuneCountInString(foot) <= titleLimit {
			used = used.plus(sizeOf("\n\n-# " + escaped(foot))) // the footer is there, too, if everything fits
		}
		lead, rest, news = o.lead(m.Blocks, used)
	}
	if s := teaser(rest); s != "" && !news && (post || len(head)+len(lead) == 0) {
		head = append(head, s)
	}
	if len(head) > 0 && len(lead) > 0 && head[len(head)-1].begins("-# ") && !lead[0].begins("#") {
		head = append(head, "") // otherwise small print would be too close to the text below it
	}
	o.page = newPage(join(append(head, lead...), "\n"), m.Mention[:min(len(m.Mention), mentionsLimit)])
	o.page.bare = len(lead) == 0
	o.image(m.Picture)
	for _, b := range rest {
		o.block(b)
	}
	if o.heading != "" {
		o.add(unit{})
	}
	o.footer(oneLine(m.Footer))
	return o
}

// opening returns the lines above everything else: mentions, the title, and small
// print. Lines that are too long become units.
func (o *outline) opening(m chat.Message) (lines []markup) {
	if roles := m.Mention[:min(len(m.Mention), mentionsLimit)]; len(roles) > 0 {
		lines = append(lines, "-# "+markup("<@&"+strings.Join(roles, "> <@&")+">"))
	}
	title, rest := layout.Cut(oneLine(m.Title), titleLimit)
	before, text := cutEmoji(title)
	linked := title != "" && isLink(m.URL) && fits(m.URL, buttonURLLimit) && !unsafeLabel(text) && !hasEmoji(text)
	switch {
	case linked:
		lines = append(lines, "## "+before+maskedLink(text, m.URL))
	case title != "":
		lines = append(lines, "## "+escaped(title))
	}
	used := sizeOf(join(lines, "\n"))
	more := func(stray bool, parts []markup) {
		for _, s := range parts {
			if all := used.plus(sizeOf(s)); o.units == nil && !stray && all.bytes <= leadSize/2 && all.runes <= contentLimit/2 {
				lines, used = append(lines, s), all
			} else {
				o.units = append(o.units, unit{parts: []markup{s}, gap: "\n"})
			}
		}
	}
	more(false, pieces(chat.Text{{Text: rest, Style: chat.Bold}}))
	small := []chat.Text{m.Note}
	switch {
	case m.URL == "" || linked:
	case isLink(m.URL):
		small = append(small, chat.Text{{URL: m.URL}})
	default:
		small = append(small, chat.Plain(m.URL))
	}
	more(hasEmojiLink(m.Note), smallPrint(small...))
	return lines
}

// lead lays out the blocks that fit in the text of the message, and returns
// the others. news is true if there are headlines among the first.
func (o *outline) lead(blocks []chat.Block, used size) (lines []markup, rest []chat.Block, news bool) {
	n, lines, news := leads(blocks, used)
	for _, b := range blocks[:n] {
		switch b.(type) {
		case chat.Buttons, chat.Select:
			o.block(b)
		}
	}
	return lines, blocks[n:], news
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
			o.afterStory = true
		}
	case chat.List:
		o.title(b.Title)
		gap := markup("\n\n")
		if o.afterProse {
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

// title keeps a heading for the next unit, so that they stay together.
func (o *outline) title(s string) {
	lines := titleLines(s)
	if lines == nil {
		return
	}
	if o.heading != "" { // of a block with no other content
		o.add(unit{})
	}
	o.heading, o.headingRest, o.nested, o.startsPanel = lines[0], lines[1:], false, false
}

// group keeps the heading of several blocks. That of a digest begins a panel.
func (o *outline) group(h chat.Heading) {
	lines := headingLines(h)
	if len(lines) == 0 {
		return
	}
	above := join(lines, "\n")
	if o.heading != "" {
		both := o.heading + "\n" + above
		if all := sizeOf(both); o.headingRest == nil && all.runes <= headingSize.runes && all.json <= headingSize.json {
			o.heading = both
			return
		}
		o.add(unit{})
	}
	if all := sizeOf(above); all.runes > headingSize.runes || all.json > headingSize.json {
		o.add(unit{parts: lines, gap: "\n\n"})
		return
	}
	o.heading, o.nested, o.startsPanel = above, h.Level > 1, h.Level < 2
}

func (o *outline) prose(parts []markup) {
	if parts != nil {
		o.add(unit{parts: parts, gap: "\n\n"})
		o.afterProse = true
	}
}

// add adds a unit, below the pending heading if there is one.
func (o *outline) add(u unit) {
	if o.heading != "" {
		u.parts, u.gap, u.startsPanel = under(o.heading, headingSize, o.headingRest, u.parts), "\n", o.startsPanel || o.afterStory && !o.nested
		o.heading, o.headingRest, o.nested, o.startsPanel = "", nil, false, false
	}
	o.units, o.afterStory, o.afterProse = append(o.units, u), false, false
}

// image puts a picture above the panels, with its alternative text below it.
func (o *outline) image(p chat.Picture) {
	alt := oneLine(p.Alt)
	switch {
	case p.URL == "":
	case strings.HasPrefix(p.URL, "https://") && isLink(p.URL) && fits(p.URL, linkLimit) && utf8.RuneCountInString(alt) <= captionLimit:
		o.page.addImage(p.URL, shown(alt))
	default:
		for _, s := range smallPrint(chat.Text{{Text: alt, URL: p.URL}}) {
			o.units = append(o.units, unit{parts: []markup{s}, gap: "\n"})
		}
	}
}

// footer keeps the footer for the end of the last page.
func (o *outline) footer(s string) {
	if utf8.RuneCountInString(s) <= titleLimit {
		o.end.footer = s
		return
	}
	o.prose(smallPrint(chat.Plain(s)))
}

// buttons keeps buttons for the last page. One that cannot be a button there becomes a line
// to type, or a link.
func (o *outline) buttons(buttons chat.Buttons) {
	var lines []markup
	o.end.buttons = slices.Grow(o.end.buttons, min(len(buttons), rowsLimit*rowLimit))
	for _, b := range buttons {
		said, command := oneLine(b.Label), oneLine(b.Line)
		var text chat.Text
		switch {
		case command != "" && o.end.addButton(newButton(shown(cmp.Or(said, command)), command)):
		case command != "":
			text = typedLine(said, command)
		case b.URL == "":
			text = chat.Plain(said)
		case !o.end.addButton(newLink(shown(cmp.Or(said, Host(b.URL))), b.URL)):
			text = chat.Text{{Text: said, URL: b.URL}}
		}
		if text != nil {
			lines = append(lines, listItem(pieces(text))...)
		}
	}
	if lines != nil {
		o.add(unit{parts: lines, gap: "\n\n"})
	}
}

// menu keeps a menu for the last page. Choices that do not fit become lines to
// type.
func (o *outline) menu(s chat.Select) {
	var lines []markup
	bulleted := func(t chat.Text) { lines = append(lines, listItem(pieces(t))...) }
	title := oneLine(s.Label)
	menu := Component{Type: MenuType}
	placeholder := shown(title)
	spelled := sizeOf(placeholder).runes > placeholderLimit
	if !spelled {
		menu.Placeholder = string(placeholder)
	}
	cost := menuCost + sizeOf(menu.Placeholder).json
	var left []chat.Text
	for _, c := range s.Choices {
		said, command := shown(cmp.Or(oneLine(c.Label), oneLine(c.Value), oneLine(c.Line))), oneLine(c.Line)
		if s.Brief && sizeOf(said).runes > menuLabelLimit {
			head, _ := layout.Cut(oneLine(c.Label), menuLabelLimit-3) // leaves room for the ellipsis and direction marks
			said = shown(head + "…")
		}
		more := choiceCost + sizeOf(said).json + sizeOf(command).json
		if command == "" || len(menu.Options) == menuLimit || sizeOf(said).runes > menuLabelLimit || utf8.RuneCountInString(command) > menuValueLimit ||
			o.end.json+cost+more > buttonsSize || slices.ContainsFunc(menu.Options, func(o Option) bool { return o.Value == command }) {
			left = append(left, typedLine(oneLine(c.Label), command))
			continue
		}
		menu.Options, cost = append(menu.Options, Option{string(said), command}), cost+more
	}
	if len(menu.Options) == 0 || !o.end.addMenu(menu, cost) {
		left, spelled = nil, true
		for _, c := range s.Choices {
			left = append(left, typedLine(oneLine(c.Label), oneLine(c.Line)))
		}
	}
	if spelled && title != "" {
		lines = pieces(chat.Plain(title))
	}
	for _, t := range left {
		bulleted(t)
	}
	if lines != nil {
		o.add(unit{parts: lines, gap: "\n\n"})
	}
}
