package render

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unit is something that should stay together: a story, a paragraph or a list
// item, with the heading above it.
type unit struct {
	// parts are the pieces into which the unit can be split. The first one has the heading.
	parts []markup
	// gap separates the unit from what is above it in the same panel.
	gap markup
	// startsPanel is true if the unit begins a panel.
	startsPanel bool
}

// paginator distributes units over pages, one page per payload. It adds up
// their sizes and never lays out anything twice.
type paginator struct {
	continuation markup // text at the top of all pages except the first
	pages        []*page
}

func (p *paginator) last() *page { return p.pages[len(p.pages)-1] }

// newPage returns a page other than the first.
func (p *paginator) newPage() *page {
	page := newPage(p.continuation, nil)
	page.continued = true
	return page
}

func (p *paginator) nextPage() { p.pages = append(p.pages, p.newPage()) }

// place adds a unit to the last page if it leaves room for after. Otherwise it
// adds the whole unit to a new page or, if the unit is too large for that, in
// parts.
func (p *paginator) place(u unit, after size) {
	whole := u.parts[0]
	if len(u.parts) > 1 {
		whole = join(u.parts, "\n")
	}
	cost := sizeOf(whole)
	if page := p.last(); page.fits(cost, u.gap, u.startsPanel, after) {
		page.add(whole, cost, u.gap, u.startsPanel)
		return
	}
	// A first page with nothing but a title is filled first.
	if page := p.last(); !page.bare && p.newPage().fits(cost, "", true, after) {
		p.nextPage()
		p.last().add(whole, cost, "", true)
		return
	}
	for i, part := range u.parts {
		below, gap, fresh := size{}, markup("\n"), false
		if i == 0 {
			gap, fresh = u.gap, u.startsPanel
		}
		if i == len(u.parts)-1 {
			below = after
		}
		cost := sizeOf(part)
		if page := p.last(); !page.fits(cost, gap, fresh, below) && !page.blank() {
			p.nextPage()
		}
		p.last().add(part, cost, gap, fresh)
	}
}

// finish adds the end to the last page, or to a new one if that is full.
func (p *paginator) finish(e pageEnd) {
	if page := p.last(); !page.blank() && !page.used.plus(e.size()).within() {
		p.nextPage()
	}
	page := p.last()
	page.menus, page.buttons = e.menus, e.buttons
	if e.footer == "" {
		return
	}
	small := "-# " + escaped(e.footer)
	if last := page.content[strings.LastIndexByte(string(page.content), '\n')+1:]; !last.begins("-# ") && !last.begins("#") {
		small = "\n" + small // otherwise small print would be too close to the text above it
	}
	switch {
	case len(page.panels) > 0 && page.panels[len(page.panels)-1].footer == "":
		page.panels[len(page.panels)-1].footer = shown(e.footer)
	case sizeOf(page.content).runes+sizeOf(small).runes < contentLimit:
		page.content = markup(strings.TrimLeft(string(page.content+"\n"+small), "\n"))
	default:
		page.panels = append(page.panels, &panel{footer: shown(e.footer)})
	}
}

// sharedButtonLimit is the maximum number of characters of a button that is repeated on all
// pages.
const sharedButtonLimit = 40

// shareButton repeats a button of the last page on all pages of a post, if there is a
// short one that gives a command.
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
