package render

import (
	"slices"
	"strconv"
)

// page is one payload that is being filled.
type page struct {
	content markup
	roles   []string
	panels  []*panel
	menus   []Component
	buttons []Component
	// used is what stands on the page; runes count in panels only.
	used size
	// bare says that the text above the panels is not more than a title and small print.
	bare bool
	// continued says that it is not the first page.
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

// blank reports that a page has nothing that another page could not have.
func (g *page) blank() bool { return len(g.panels) == 0 && (g.bare || g.continued) }

// extendsPanel reports whether a text goes on in the last panel.
func (g *page) extendsPanel(cost size, gap markup, fresh bool) bool {
	if fresh || len(g.panels) == 0 {
		return false
	}
	last := g.panels[len(g.panels)-1]
	return last.image == "" && last.size.plus(cost).plus(sizeOf(gap)).inPanel()
}

// fits reports whether a text can be added with after below it.
func (g *page) fits(cost size, gap markup, fresh bool, after size) bool {
	all := g.used.plus(cost).plus(after).plus(sizeOf(gap))
	all.json += panelCost
	return cost.inPanel() && (len(g.panels) < embedsLimit || g.extendsPanel(cost, gap, fresh)) && all.within()
}

// add puts a text on the page, in the last panel or in a new one.
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

// addImage adds an image with words under it.
func (g *page) addImage(address string, caption label) {
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
	m := Message{Content: string(g.content), Components: []Row{}, AllowedMentions: Mentions{Parse: []string{}}}
	number := strconv.Itoa(i) + "/" + strconv.Itoa(n)
	switch {
	case g.continued:
		m.Content += number
	case m.Content == "":
		m.Content = "…" // nothing but panels notifies of nothing
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

// endSign is the label of the button under a page that has no other, and endLine
// asks for the bot's own page.
const (
	endSign = "📰"
	endLine = "/digest home"
)
