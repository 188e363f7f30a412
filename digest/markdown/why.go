package markdown

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Reason says what a block, or a line of one, was taken for, and why.
type Reason struct {
	At digest.Position
	// Block is the kind of block, as layouts have it.
	Block string
	// Words are those of the line.
	Words string
	// As is what it was taken for: a headline, the text of a story, a source, ...
	As string
	// Rule is the rule that decided it, or the part of the layout.
	Rule string
}

// Explain says of each block of a file what ReadAs takes it for.
func Explain(name string, data []byte, how How) []Reason {
	r := newReader(name, how)
	r.explains = true
	r.read(data)
	slices.SortStableFunc(r.reasons, func(a, b Reason) int { return cmp.Compare(a.At.Line, b.At.Line) })
	return r.reasons
}

// explanation gathers reasons.
type explanation struct {
	explains bool
	reasons  []Reason
	told     map[int]bool // the offsets of the stories
}

// tells notes which stories there are in the end.
func (r *reader) tells(f *finder) {
	r.reasons, r.told = nil, map[int]bool{}
	for _, s := range f.stories {
		r.told[s.offset] = true
	}
}

// explainHead explains the headline of a story, unless it was dropped.
func (r *reader) explainHead(b *block, within []*block, rule string) {
	as := "headline"
	if !r.told[b.offset] {
		as, rule = "left out", "the story is told again, at greater length"
		if slices.ContainsFunc(within, func(b *block) bool { return r.told[b.offset] }) {
			as, rule = "group", "the stories in it have headlines of their own"
		}
	}
	r.explain(b, firstLine(b), as, rule)
}

func (r *reader) explain(b *block, l *line, as, rule string) {
	at := b.offset
	words := ""
	if l != nil {
		at, words = l.offset, l.text.String()
	}
	r.reasons = append(r.reasons, Reason{At: r.position(at), Block: nameOf(b), Words: lexicon.Squeeze(words), As: as, Rule: rule})
}

// nameOf is the kind of a block.
func nameOf(b *block) string {
	switch {
	case b.kind == heading:
		return levelNames[b.level]
	case b.kind == code:
		return "code"
	case b.isRule():
		return "rule"
	case b.kind == row:
		return "row"
	case b.quoted:
		return "quote"
	case b.kind == item && b.level > 1:
		return fmt.Sprintf("item %d", b.level)
	case b.kind == item:
		return "item"
	}
	return "paragraph"
}

// explainForm explains a reading by a form.
func (r *reader) explainForm(f *Form, all []*block, root *node, chosen []*node) {
	nodes := map[*block]*node{}
	holds := map[*block]bool{}
	root.each(func(n *node) {
		n.name()
		nodes[n.head] = n
	})
	for _, n := range chosen {
		for up := n.parent; up != nil; up = up.parent {
			holds[up.head] = true
		}
	}
	scored := func(n *node) string {
		return fmt.Sprintf("layout: %s has the score %.1f, over %.1f is a story", n.shape, n.score+f.Threshold, f.Threshold)
	}
	for i := 0; i < len(all); i++ {
		b := all[i]
		if len(chosen) > 0 && chosen[0].from == i {
			n := chosen[0]
			chosen = chosen[1:]
			r.explainHead(b, nil, scored(n))
			for b, l := range n.lines(all) {
				as, rule := f.explainLine(b, l)
				r.explain(b, l, as, rule)
			}
			i = n.to - 1
			continue
		}
		as, rule := "text beside the stories", "it is in no story"
		n := nodes[b]
		switch {
		case holds[b]:
			as, rule = "group", "layout: stories stand below it"
		case b.kind == row && b.header:
			as, rule = "left out", "it names the columns"
		case n != nil && (f.recurs[n.words] || f.ignored[n.words]):
			rule = "layout: it is met again in other files"
			if f.ignored[n.words] {
				as = "left out"
			}
		case n != nil && n.named:
			rule = "its words are a label"
		case n != nil && n.aside():
			rule = "its heading is a word for what is written about the stories"
		case n != nil:
			rule = scored(n)
		}
		if !b.isRule() {
			r.explain(b, firstLine(b), as, rule)
		}
	}
}

func (b *block) isRule() bool { return b.kind == rule }

func firstLine(b *block) *line {
	if len(b.lines) == 0 {
		return nil
	}
	return &b.lines[0]
}

// explainLine says what a line in a story is.
func (f *Form) explainLine(b *block, l *line) (as, rule string) {
	x := labelOf(b, l)
	switch f.roles[x.label] {
	case sourceRole:
		return "source", fmt.Sprintf("layout: the label %q stands before sources", x.words)
	case factRole:
		return "fact", fmt.Sprintf("layout: the label %q stands before facts", x.words)
	case textRole:
		return "text of the story", fmt.Sprintf("layout: the label %q stands before text", x.words)
	}
	if f.ignores(l) {
		return "left out", "layout: the line is met in most files"
	}
	return explainLine(b, l)
}

// explainLine says what a line in a story is without a layout.
func explainLine(b *block, l *line) (as, rule string) {
	switch c, ok := l.cite(); {
	case b.kind == heading:
		return "heading in the story", "it stands below the headline"
	case ok && c.labelled:
		return "source", "its label stands before sources"
	case ok:
		return "source", "it has nothing but links"
	case b.kind != row && b.kind != code && new(facts).fact(l.text):
		return "fact", "it is tags, or a score"
	case b.kind != row && b.kind != code && l.isFact(b.kind == item):
		return "fact", "it is short, and no sentence"
	}
	return "text of the story", "it stands below the headline"
}

// explainAll explains blocks that are all the same.
func (r *reader) explainAll(all []*block, as, rule string) {
	for _, b := range all {
		if !b.isRule() {
			r.explain(b, firstLine(b), as, rule)
		}
	}
}

// explainLeft explains what people have said is no news.
func (r *reader) explainLeft(out []*block) {
	if !r.explains {
		return
	}
	const rule = "library.layout.ignore has it, or a heading above it"
	for _, b := range out {
		if len(b.lines) == 0 && !b.isRule() {
			r.explain(b, nil, "left out", rule)
		}
		for i := range b.lines {
			r.explain(b, &b.lines[i], "left out", rule)
		}
	}
}

// explainParts explains a reading without a layout.
func (r *reader) explainParts(p *part, top bool) {
	blocks := r.explainAll
	lines := func(all []*block) {
		for _, b := range all {
			for i := range b.lines {
				as, rule := explainLine(b, &b.lines[i])
				r.explain(b, &b.lines[i], as, rule)
			}
		}
	}
	units := func(p *part, rule string) {
		before, us, rest := p.units()
		blocks(before, "text beside the stories", "it stands above them")
		for _, u := range us {
			r.explainHead(u.head, u.body, rule)
			for i := 1; i < len(u.head.lines); i++ {
				as, rule := explainLine(u.head, &u.head.lines[i])
				r.explain(u.head, &u.head.lines[i], as, rule)
			}
			lines(u.body)
		}
		blocks(rest, "text beside the stories", "it is in no story")
	}
	if top {
		if p.rule != "" {
			units(p, p.rule)
		} else {
			blocks(p.blocks, "text beside the stories", "it stands above the first heading")
		}
	} else {
		as := map[verdict]string{story: "headline", shelf: "group", group: "group", contents: "left out"}[p.verdict]
		if as == "" {
			as = "text beside the stories"
		}
		p.rule = cmp.Or(p.rule, "it is in no story")
		if p.verdict == story {
			r.explainHead(p.head, nil, p.rule)
		} else {
			r.explain(p.head, firstLine(p.head), as, p.rule)
		}
		switch p.verdict {
		case story:
			lines(p.blocks)
		case shelf:
			units(p, p.rule)
		case group:
			if p.listed {
				units(p, leafRules[shelf])
				break
			}
			blocks(p.blocks, "text beside the stories", "it stands above the headings below it")
		default:
			blocks(p.all(), as, p.rule)
			return
		}
	}
	for _, q := range p.parts {
		r.explainParts(q, false)
	}
}
