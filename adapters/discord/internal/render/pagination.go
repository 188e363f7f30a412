package render

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unit is what stands together: a story, a paragraph, an item of a list, with
// the heading above it.
type unit struct {
	// parts are where the unit is cut if it has to be; the first has the heading.
	parts []markup
	// gap stands between the unit and what is above it in the same panel.
	gap markup
	// startsPanel says that the unit begins a panel.
	startsPanel bool
}

// paginator puts units on pages, one page for each payload. It counts what they
// cost and never lays out anything twice.
type paginator struct {
	continuation markup // the text above the pages after the first
	pages        []*page
}

func (p *paginator) last() *page { return p.pages[len(p.pages)-1] }

// newPage is a page after the first.
func (p *paginator) newPage() *page {
	page := newPage(p.continuation, nil)
	page.continued = true
	return page
}

func (p *paginator) nextPage() { p.pages = append(p.pages, p.newPage()) }

// place adds a unit to the last page if after fits below it, else whole to a new
// page, and in parts when it is larger than that.
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
	// A first page that has nothing but a title takes what it can.
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

// finish puts the end on the last page, or on one of its own when that is full.
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
		small = "\n" + small // small print would stick to the text above it
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

// sharedButtonLimit is the most characters of a button that all pages have.
const sharedButtonLimit = 40

// shareButton gives all pages of a post a button of the last one, if there is a short
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
