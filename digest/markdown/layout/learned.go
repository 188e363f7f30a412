package layout

import (
	"math"
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/stories"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// choose returns the nodes below root that are stories. A node is chosen if its score
// is at least the sum of the best scores within it.
func choose(root *node) []*node {
	var best func(n *node) (float64, []*node)
	best = func(n *node) (float64, []*node) {
		sum := 0.0
		var within []*node
		for _, c := range n.nodes {
			s, w := best(c)
			sum += s
			within = append(within, w...)
		}
		if n.parent != nil && n.score > 0 && n.score >= sum {
			return n.score, []*node{n}
		}
		return sum, within
	}
	_, stories := best(root)
	return stories
}

// sure returns how certain the choice among the nodes is, from 0.5 to 1. Nodes that are
// clearly not stories are ignored.
func sure(root *node) float64 {
	sum, n := 0.0, 0.0
	root.each(func(c *node) {
		if c.score > hopeless {
			sum += 1 / (1 + math.Exp(-math.Abs(c.score)))
			n++
		}
	})
	if n == 0 {
		return 0.5
	}
	return sum / n
}

// Reading is the result of reading a document by a layout.
type Reading struct {
	// Found has the stories; nil if the document resembles no form.
	Found *stories.Finder
	// Certain is how certain the form is of them, from 0 to 1.
	Certain float64
	// Unlike is the number of files in the folder from which the layout was learned, if
	// the document resembles none of them; otherwise 0.
	Unlike int

	form *Form
	all  []*block.Block
	root *node
}

// Read finds the stories of a document by the form that it resembles.
func (l *Layout) Read(file, title string, blocks []*block.Block) (x Reading) {
	x.all = block.Promote(blocks, 1)
	x.root = tree(x.all, nil)
	x.root.measure(x.all)
	x.form = l.formOf(file, x.root)
	switch {
	case x.form != nil:
		if x.root.dividesBy(x.form) {
			x.root = tree(x.all, x.form)
			x.root.measure(x.all)
		}
		x.Found, x.Certain = findWith(x.form, title, x.all, x.root)
	case x.root.within() > 2:
		x.Unlike = l.strange(file)
	}
	return x
}

// Explain explains the reading, which must have a form.
func (x *Reading) Explain(e *story.Explainer) {
	explainForm(e, x.form, x.all, x.root, choose(x.root))
}

// findWith finds the stories of a document by a form. certain says how certain the
// result is.
func findWith(form *Form, title string, all []*block.Block, root *node) (f *stories.Finder, certain float64) {
	form.score(root)
	f = &stories.Finder{Title: title}
	chosen := choose(root)
	for _, n := range chosen {
		if n.silent(all) {
			f.Silent = true
			continue
		}
		f.Stories = append(f.Stories, stories.Found{Story: form.read(n, all), Offset: n.head.Offset})
		for up := n.parent; up != nil; up = up.parent {
			if up.head.Kind == block.Heading {
				f.Grouped(len(f.Stories)-1, block.WordsOf(block.Join(up.head.Lines)))
			}
		}
	}
	dropTwice(f)
	between(f, form, all, chosen)
	return f, sure(root)
}

// silent reports whether the node says that there is no news.
func (n *node) silent(all []*block.Block) bool {
	if n.head.Kind == block.Heading {
		return (&stories.Part{Title: block.WordsOf(block.Join(n.head.Lines)), Head: n.head, Blocks: n.blocks(all)}).SilentPart()
	}
	return stories.UnitIsSilent(story.Unit{Head: n.head, Body: n.blocks(all)})
}

// read reads a node as a story.
func (f *Form) read(n *node, all []*block.Block) (s digest.Story) {
	if n.head.Kind == block.Heading {
		s = story.ReadBelow(n.head, f.worded(n.blocks(all)))
	} else {
		head := n.head
		body := n.blocks(all)
		if head.Kind != block.Row && len(head.Lines) > 1 && story.IsBroken(head.Lines) {
			own := head.With(head.Lines[1:])
			own.Kind = block.Paragraph
			if head.Kind == block.Item {
				own.Level = head.Level
			}
			head, body = head.With(head.Lines[:1]), append([]*block.Block{own}, body...)
		}
		s = story.ReadUnit(story.Unit{Head: head, Body: f.worded(body), Columns: n.columns})
	}
	s.Headline = f.undecorated(s.Headline)
	if sources := f.withoutHouse(s.Sources); len(sources) > 0 {
		s.Sources = sources
	}
	return s
}

// dropTwice removes stories that occur again with a longer text and at least the same
// sources.
func dropTwice(f *stories.Finder) {
	longest := make(map[string]*stories.Found, len(f.Stories))
	for i := range f.Stories {
		s := &f.Stories[i]
		key := stories.HeadlineKey(s.Headline)
		if known := longest[key]; known == nil || block.TextWidth(known.Summary) < block.TextWidth(s.Summary) {
			longest[key] = s
		}
	}
	if len(longest) == len(f.Stories) {
		return // the usual case
	}
	f.Stories = slices.DeleteFunc(slices.Clone(f.Stories), func(s stories.Found) bool {
		of := longest[stories.HeadlineKey(s.Headline)]
		return s.Headline != "" && block.TextWidth(s.Summary) < block.TextWidth(of.Summary) && !slices.ContainsFunc(s.Sources, func(x digest.Source) bool {
			return !slices.ContainsFunc(of.Sources, func(y digest.Source) bool { return x.URL == y.URL })
		})
	})
}

// between makes the lead and the sections from everything that is in no story.
func between(f *stories.Finder, form *Form, all []*block.Block, stories []*node) {
	var title string
	var rest []*block.Block
	done := false
	end := func() {
		if text := block.TextOf(rest); len(text) > 0 {
			if title == "" && !done {
				f.Lead = text
			} else {
				f.Sections = append(f.Sections, digest.Section{Title: lexicon.StripOrdinal(title), Text: text})
			}
		}
		rest = nil
	}
	for i := 0; i < len(all); i++ {
		if len(stories) > 0 && stories[0].from == i {
			end()
			i = stories[0].to - 1
			stories = stories[1:]
			done = true
			title = ""
			continue
		}
		if all[i].Kind == block.Heading {
			end()
			title = block.WordsOf(block.Join(all[i].Lines))
			continue
		}
		if b := all[i].Without(form.ignores); !b.Header && (len(b.Lines) > 0 || len(all[i].Lines) == 0) {
			rest = append(rest, b)
		}
	}
	end()
}
