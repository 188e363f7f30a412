package layout

import (
	"fmt"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// explainForm explains a reading by a form.
func explainForm(e *story.Explainer, f *Form, all []*block.Block, root *node, chosen []*node) {
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
		return fmt.Sprintf("layout: %s has the score %.1f; above %.1f it is a story", n.shape, n.score+f.Threshold, f.Threshold)
	}
	for i := 0; i < len(all); i++ {
		b := all[i]
		if len(chosen) > 0 && chosen[0].from == i {
			n := chosen[0]
			chosen = chosen[1:]
			e.Head(b, nil, scored(n))
			for b, l := range n.lines(all) {
				as, rule := f.explainLine(b, l)
				e.Say(b, l, as, rule)
			}
			i = n.to - 1
			continue
		}
		as, rule := "text outside the stories", "it belongs to no story"
		n := nodes[b]
		switch {
		case holds[b]:
			as, rule = "group", "layout: there are stories below it"
		case b.Kind == block.Row && b.Header:
			as, rule = "left out", "it names the columns"
		case n != nil && (f.recurs[n.words] || f.ignored[n.words]):
			rule = "layout: it recurs in other files"
			if f.ignored[n.words] {
				as = "left out"
			}
		case n != nil && n.named:
			rule = "its words are a label"
		case n != nil && n.aside():
			rule = "its heading is a word for texts about the stories"
		case n != nil:
			rule = scored(n)
		}
		if !b.IsRule() {
			e.Say(b, story.FirstLine(b), as, rule)
		}
	}
}

// explainLine returns what a line in a story is, and why.
func (f *Form) explainLine(b *block.Block, l *block.Line) (as, rule string) {
	x := LabelOf(b, l)
	switch f.roles[x.Label] {
	case sourceRole:
		return "source", fmt.Sprintf("layout: the label %q precedes sources", x.words)
	case factRole:
		return "fact", fmt.Sprintf("layout: the label %q precedes facts", x.words)
	case textRole:
		return "text of the story", fmt.Sprintf("layout: the label %q precedes text", x.words)
	}
	if f.ignores(l) {
		return "left out", "layout: the line recurs in most files"
	}
	return story.ExplainLine(b, l)
}
