package render

import (
	"slices"
	"strconv"
)

// page is a payload under construction.
type page struct {
	content markup
	roles   []string
	panels  []*panel
	menus   []Component
	buttons []Component
	// used is the size of the page's content; runes count only in panels.
	used size
	// bare is true if the text above the panels is only a title and small print.
	bare bool
	// continued is true for all pages except the first.
	continued bool
}

// panel is one embed.
type panel struct {
	texts  []markup
	size   size
	image  string
	footer label
}

func newPage(content markup, roles []string) *page {
	used := sizeOf(content)
	return &page{content: content, roles: roles, used: size{bytes: used.bytes, json: used.json + pageCost + len(roles)*roleCost}}
}

// blank reports whether a page has no content that a new page would not have.
func (g *page) blank() bool { return len(g.panels) == 0 && (g.bare || g.continued) }

// extendsPanel reports whether a text fits into the last panel.
func (g *page) extendsPanel(cost size, gap markup, fresh bool) bool {
	if fresh || len(g.panels) == 0 {
		return false
	}
	last := g.panels[len(g.panels)-1]
	return last.image == "" && last.size.plus(cost).plus(sizeOf(gap)).inPanel()
}

// fits reports whether a text can be added with room for after below it.
func (g *page) fits(cost size, gap markup, fresh bool, after size) bool {
	all := g.used.plus(cost).plus(after).plus(sizeOf(gap))
	all.json += panelCost
	return cost.inPanel() && (len(g.panels) < embedsLimit || g.extendsPanel(cost, gap, fresh)) && all.within()
}

// add adds a text to the page, in the last panel or in a new one.
func (g *page) add(text markup, cost size, gap markup, fresh bool) {
	if !g.extendsPanel(cost, gap, fresh) {
		g.panels = append(g.panels, &panel{texts: make([]markup, 0, 16)})
		g.used.json += panelCost
		gap = ""
	}
	last := g.panels[len(g.panels)-1]
	last.texts = append(last.texts, gap, text)
	cost = cost.plus(sizeOf(gap))
	last.size, g.used, g.bare = last.size.plus(cost), g.used.plus(cost), false
}

// addImage adds an image with a caption below it.
func (g *page) addImage(address string, caption label) {
	g.panels = append(g.panels, &panel{image: address, footer: caption})
	g.used = g.used.plus(sizeOf(caption))
	g.used.json += 2*panelCost + sizeOf(address).json
}

// message converts the page, the i-th of n, to Discord's format. A post without a
// button or menu that gives a command gets a button for the bot's home page, because
// the key of a message can be found again, without readers seeing it, only in a
// custom id. A reply is not a post: it has no key and notifies nobody, and it names
// even empty fields, because it may replace another message.
func (g *page) message(i, n int, post bool) Message {
	m := Message{Content: string(g.content), Components: []Row{}, AllowedMentions: Mentions{Parse: []string{}}}
	number := strconv.Itoa(i) + "/" + strconv.Itoa(n)
	switch {
	case g.continued:
		m.Content += number
	case m.Content == "":
		m.Content = "…" // with only panels, a notification would be empty
	}
	if n > 1 && !g.continued {
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
	e := Embed{Description: string(join(p.texts, "")), Color: accent}
	if p.image != "" {
		e.Image = &Image{p.image}
	}
	if p.footer != "" {
		e.Footer = &Footer{string(p.footer)}
	}
	return e
}

// endSign is the label of the button on a page that has no other, and endLine is
// its command.
const (
	endSign = "📰"
	endLine = "/digest home"
)
