package render

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// unit is what stands together: a story, a paragraph, an item of a list, with
// the heading above it.
type unit struct {
	// parts are where the unit is cut if it has to be; the first has the heading.
	parts []string
	// gap stands between the unit and what is above it in the same panel.
	gap string
	// fresh says that the unit begins a panel.
	fresh bool
}

// planner puts units on pages, one page for each payload. It counts what they
// cost and never lays out anything twice.
type planner struct {
	onward string // the text above the pages after the first
	pages  []*page
}

func (p *planner) last() *page { return p.pages[len(p.pages)-1] }

// later is a page after the first.
func (p *planner) later() *page {
	page := newPage(p.onward, nil)
	page.later = true
	return page
}

func (p *planner) turn() { p.pages = append(p.pages, p.later()) }

// put adds a unit to the last page if after fits below it, else whole to a new
// page, and in parts when it is larger than that.
func (p *planner) put(u unit, after size) {
	whole := u.parts[0]
	if len(u.parts) > 1 {
		whole = strings.Join(u.parts, "\n")
	}
	cost := sizeOf(whole)
	if page := p.last(); page.fits(cost, u.gap, u.fresh, after) {
		page.add(whole, cost, u.gap, u.fresh)
		return
	}
	// A first page that has nothing but a title takes what it can.
	if page := p.last(); !page.bare && p.later().fits(cost, "", true, after) {
		p.turn()
		p.last().add(whole, cost, "", true)
		return
	}
	for i, part := range u.parts {
		below, gap, fresh := size{}, "\n", false
		if i == 0 {
			gap, fresh = u.gap, u.fresh
		}
		if i == len(u.parts)-1 {
			below = after
		}
		cost := sizeOf(part)
		if page := p.last(); !page.fits(cost, gap, fresh, below) && !page.blank() {
			p.turn()
		}
		p.last().add(part, cost, gap, fresh)
	}
}

// finish puts the end on the last page, or on one of its own when that is full.
func (p *planner) finish(e end) {
	if page := p.last(); !page.blank() && !page.used.plus(e.size()).within() {
		p.turn()
	}
	page := p.last()
	page.menus, page.buttons = e.menus, e.buttons
	if e.footer == "" {
		return
	}
	small := "-# " + quiet(e.footer)
	if last := page.content[strings.LastIndexByte(page.content, '\n')+1:]; !strings.HasPrefix(last, "-# ") && !strings.HasPrefix(last, "#") {
		small = "\n" + small // small print would stick to the text above it
	}
	switch {
	case len(page.panels) > 0 && page.panels[len(page.panels)-1].footer == "":
		page.panels[len(page.panels)-1].footer = layout.Isolate(e.footer)
	case utf8.RuneCountInString(page.content)+utf8.RuneCountInString(small) < contentLimit:
		page.content = strings.TrimLeft(page.content+"\n"+small, "\n")
	default:
		page.panels = append(page.panels, &panel{footer: layout.Isolate(e.footer)})
	}
}

// shareButton has all pages of a post shareButton a button of the last one, if there is a short
// one that says a line.
func shareButton(pages []*page) {
	last := pages[len(pages)-1].buttons
	i := slices.IndexFunc(last, func(b Component) bool {
		return b.CustomID != "" && utf8.RuneCountInString(b.Label) <= sharedButtonLimit
	})
	if i < 0 {
		return
	}
	for _, g := range pages[:len(pages)-1] {
		g.buttons = last[i : i+1 : i+1]
	}
}

// end is what the last page ends with.
type end struct {
	footer  string
	menus   []Component
	buttons []Component
	json    int // of menus and buttons
}

// takeMenu keeps a menu if there is a row for it.
func (e *end) takeMenu(m Component, cost int) bool {
	if len(e.menus)+len(rows(e.buttons)) >= rowsLimit {
		return false
	}
	e.menus = append(e.menus, m)
	m.CustomID = KeyEnd + "menu " + strconv.Itoa(len(e.menus))
	e.menus[len(e.menus)-1], e.json = m, e.json+cost
	return true
}

// take keeps a button if it can be one.
func (e *end) take(b Component) bool {
	cost := buttonCost + sizeOf(b.Label).json + sizeOf(b.CustomID).json + sizeOf(b.URL).json
	room := (rowsLimit-len(e.menus))*rowLimit - 1 // one is for the key of the message, which links cannot carry
	if b.CustomID != "" || len(e.menus) > 0 || slices.ContainsFunc(e.buttons, func(b Component) bool { return b.CustomID != "" }) {
		room++
	}
	if b.Label == "" || len(e.buttons) >= room || e.json+cost > buttonsSize ||
		utf8.RuneCountInString(b.Label) > labelLimit || b.CustomID == "" && (!fits(b.URL, buttonURLLimit) || !linkable(b.URL)) ||
		b.CustomID != "" && (utf8.RuneCountInString(b.CustomID)+chat.KeyLimit > customIDLimit || slices.ContainsFunc(e.buttons, func(o Component) bool { return o.CustomID == b.CustomID })) {
		return false
	}
	e.buttons, e.json = append(e.buttons, b), e.json+cost
	return true
}

func (e *end) size() size {
	s := sizeOf(e.footer)
	s.json += e.json + panelCost + rowsLimit*rowCost
	s.bytes += len("\n-# ") + len(e.footer) // escapes, at worst, when it goes into the text
	for _, b := range e.buttons {
		s.bytes += len(b.Label)
	}
	for _, m := range e.menus {
		s.bytes += len(m.Placeholder)
		for _, o := range m.Options {
			s.bytes += len(o.Label)
		}
	}
	return s
}

// page is one payload that is being filled.
type page struct {
	content string
	roles   []string
	panels  []*panel
	menus   []Component
	buttons []Component
	// used is what stands on the page; runes count in panels only.
	used size
	// bare says that the text above the panels is not more than a title and small print.
	bare bool
	// later says that it is not the first page.
	later bool
}

// panel is one embed.
type panel struct {
	texts  []string
	size   size
	image  string
	footer string
}

func newPage(content string, roles []string) *page {
	used := sizeOf(content)
	return &page{content: content, roles: roles, used: size{bytes: used.bytes, json: used.json + pageCost + len(roles)*roleCost}}
}

// blank reports that a page has nothing that another page could not have.
func (g *page) blank() bool { return len(g.panels) == 0 && (g.bare || g.later) }

func (s size) within() bool {
	return s.runes <= embedsTextLimit && s.bytes <= textSize && s.json <= payloadSize
}

// goesOn reports whether a text goes on in the last panel.
func (g *page) goesOn(cost size, gap string, fresh bool) bool {
	if fresh || len(g.panels) == 0 {
		return false
	}
	last := g.panels[len(g.panels)-1]
	return last.image == "" && last.size.plus(cost).plus(sizeOf(gap)).inPanel()
}

func (s size) inPanel() bool { return s.runes <= descriptionLimit && s.json <= descriptionSize }

// fits reports whether a text can be added with after below it.
func (g *page) fits(cost size, gap string, fresh bool, after size) bool {
	all := g.used.plus(cost).plus(after).plus(sizeOf(gap))
	all.json += panelCost
	return cost.inPanel() && (len(g.panels) < embedsLimit || g.goesOn(cost, gap, fresh)) && all.within()
}

// add puts a text on the page, in the last panel or in a new one.
func (g *page) add(text string, cost size, gap string, fresh bool) {
	if !g.goesOn(cost, gap, fresh) {
		g.panels = append(g.panels, &panel{texts: make([]string, 0, 16)})
		g.used.json += panelCost
		gap = ""
	}
	last := g.panels[len(g.panels)-1]
	last.texts = append(last.texts, gap, text)
	cost = cost.plus(sizeOf(gap))
	last.size, g.used, g.bare = last.size.plus(cost), g.used.plus(cost), false
}

// addImage adds an image with words under it.
func (g *page) addImage(address, caption string) {
	g.panels = append(g.panels, &panel{image: address, footer: caption})
	g.used = g.used.plus(sizeOf(caption))
	g.used.json += 2*panelCost + sizeOf(address).json
}

// message is the page as Discord takes it, the i-th of n. A post without a button
// or a menu that says a line gets one that opens the bot's own page, because a custom
// id is where the key of a message can be found again and nobody has to read it. A
// reply, which is no post, has no key, notifies nobody, and names what it does not
// have: it may take the place of another one.
func (g *page) message(i, n int, post bool) Message {
	m := Message{Content: g.content, Components: []Row{}, AllowedMentions: Mentions{Parse: []string{}}}
	number := strconv.Itoa(i) + "/" + strconv.Itoa(n)
	switch {
	case g.later:
		m.Content += number
	case m.Content == "":
		m.Content = "…" // nothing but panels notifies of nothing
	}
	if n > 1 && !g.later {
		m.Content += "\n-# " + number
	}
	if !post {
		m.Embeds = []Embed{}
	}
	for _, p := range g.panels {
		m.Embeds = append(m.Embeds, p.embed())
	}
	buttons := g.buttons
	if post && len(g.menus) == 0 && !slices.ContainsFunc(buttons, func(b Component) bool { return b.CustomID != "" }) {
		buttons = append(slices.Clone(buttons), newButton(endSign, endLine))
	}
	m.Components = append(m.Components, rows(buttons)...)
	for _, menu := range g.menus {
		m.Components = append(m.Components, Row{Type: rowType, Components: []Component{menu}})
	}
	if post {
		m.AllowedMentions.Roles = g.roles
	}
	return m
}

func (p *panel) embed() Embed {
	e := Embed{Description: strings.Join(p.texts, ""), Color: accent}
	if p.image != "" {
		e.Image = &Image{p.image}
	}
	if p.footer != "" {
		e.Footer = &Footer{p.footer}
	}
	return e
}

// endSign is the label of the button under a page that has no other, and endLine
// asks for the bot's own page.
const (
	endSign = "📰"
	endLine = "/digest home"
)

// sharedButtonLimit is the most characters of a button that all pages have.
const sharedButtonLimit = 40

// rows puts buttons into as few rows as possible, of about the same length.
func rows(buttons []Component) []Row {
	var out []Row
	for left := (len(buttons) + rowLimit - 1) / rowLimit; left > 0; left-- {
		n := (len(buttons) + left - 1) / left
		out = append(out, Row{Type: rowType, Components: buttons[:n]})
		buttons = buttons[n:]
	}
	return out
}
