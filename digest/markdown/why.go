package markdown

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
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
func (r *reader) explainHead(b *block.Block, within []*block.Block, rule string) {
	as := "headline"
	if !r.told[b.Offset] {
		as, rule = "left out", "the story is told again, at greater length"
		if slices.ContainsFunc(within, func(b *block.Block) bool { return r.told[b.Offset] }) {
			as, rule = "group", "the stories in it have headlines of their own"
		}
	}
	r.explain(b, firstLine(b), as, rule)
}

func (r *reader) explain(b *block.Block, l *block.Line, as, rule string) {
	at := b.Offset
	words := ""
	if l != nil {
		at, words = l.Offset, l.Text.String()
	}
	r.reasons = append(r.reasons, Reason{At: r.position(at), Block: nameOf(b), Words: lexicon.Squeeze(words), As: as, Rule: rule})
}

// nameOf is the kind of a block.
func nameOf(b *block.Block) string {
	switch {
	case b.Kind == block.Heading:
		return levelNames[b.Level]
	case b.Kind == block.Code:
		return "code"
	case b.IsRule():
		return "rule"
	case b.Kind == block.Row:
		return "row"
	case b.Quoted:
		return "quote"
	case b.Kind == block.Item && b.Level > 1:
		return fmt.Sprintf("item %d", b.Level)
	case b.Kind == block.Item:
		return "item"
	}
	return "paragraph"
}

// explainForm explains a reading by a form.
func (r *reader) explainForm(f *Form, all []*block.Block, root *node, chosen []*node) {
	nodes := map[*block.Block]*node{}
	holds := map[*block.Block]bool{}
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
		case b.Kind == block.Row && b.Header:
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
		if !b.IsRule() {
			r.explain(b, firstLine(b), as, rule)
		}
	}
}

func firstLine(b *block.Block) *block.Line {
	if len(b.Lines) == 0 {
		return nil
	}
	return &b.Lines[0]
}

// explainLine says what a line in a story is.
func (f *Form) explainLine(b *block.Block, l *block.Line) (as, rule string) {
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
func explainLine(b *block.Block, l *block.Line) (as, rule string) {
	switch c, ok := l.Cite(); {
	case b.Kind == block.Heading:
		return "heading in the story", "it stands below the headline"
	case ok && c.Labelled:
		return "source", "its label stands before sources"
	case ok:
		return "source", "it has nothing but links"
	case b.Kind != block.Row && b.Kind != block.Code && new(facts).fact(l.Text):
		return "fact", "it is tags, or a score"
	case b.Kind != block.Row && b.Kind != block.Code && l.IsFact(b.Kind == block.Item):
		return "fact", "it is short, and no sentence"
	}
	return "text of the story", "it stands below the headline"
}

// explainAll explains blocks that are all the same.
func (r *reader) explainAll(all []*block.Block, as, rule string) {
	for _, b := range all {
		if !b.IsRule() {
			r.explain(b, firstLine(b), as, rule)
		}
	}
}

// explainLeft explains what people have said is no news.
func (r *reader) explainLeft(out []*block.Block) {
	if !r.explains {
		return
	}
	const rule = "library.layout.ignore has it, or a heading above it"
	for _, b := range out {
		if len(b.Lines) == 0 && !b.IsRule() {
			r.explain(b, nil, "left out", rule)
		}
		for i := range b.Lines {
			r.explain(b, &b.Lines[i], "left out", rule)
		}
	}
}

// explainParts explains a reading without a layout.
func (r *reader) explainParts(p *part, top bool) {
	blocks := r.explainAll
	lines := func(all []*block.Block) {
		for _, b := range all {
			for i := range b.Lines {
				as, rule := explainLine(b, &b.Lines[i])
				r.explain(b, &b.Lines[i], as, rule)
			}
		}
	}
	units := func(p *part, rule string) {
		before, us, rest := p.units()
		blocks(before, "text beside the stories", "it stands above them")
		for _, u := range us {
			r.explainHead(u.head, u.body, rule)
			for i := 1; i < len(u.head.Lines); i++ {
				as, rule := explainLine(u.head, &u.head.Lines[i])
				r.explain(u.head, &u.head.Lines[i], as, rule)
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
