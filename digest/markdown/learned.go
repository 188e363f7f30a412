package markdown

import (
	"math"
	"slices"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// choose are the nodes below root that are stories: of nodes that stand in each
// other, the one that scores higher than all that is within it together.
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

// sure is how sure the choice among the nodes is, from 0.5 to 1: nodes that are
// clearly no stories do not count.
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

// findWith finds the stories of a document as the layout has them. sure is how
// sure that is.
func findWith(form *Form, title string, all []*block.Block, root *node) (f *finder, certain float64) {
	form.score(root)
	f = &finder{title: title}
	chosen := choose(root)
	for _, n := range chosen {
		if n.silent(all) {
			f.silent = true
			continue
		}
		f.stories = append(f.stories, found{form.read(n, all), n.head.Offset, nil})
		for up := n.parent; up != nil; up = up.parent {
			if up.head.Kind == block.Heading {
				f.grouped(len(f.stories)-1, block.WordsOf(block.Join(up.head.Lines)))
			}
		}
	}
	f.dropTwice()
	f.between(form, all, chosen)
	return f, sure(root)
}

// silent reports whether the node says that there is no news.
func (n *node) silent(all []*block.Block) bool {
	if n.head.Kind == block.Heading {
		return (&part{title: block.WordsOf(block.Join(n.head.Lines)), head: n.head, blocks: n.blocks(all)}).silentPart()
	}
	return unit{head: n.head, body: n.blocks(all)}.silent()
}

// read reads a node as a story.
func (f *Form) read(n *node, all []*block.Block) (s digest.Story) {
	if n.head.Kind == block.Heading {
		s = readStory(&part{title: block.WordsOf(block.Join(n.head.Lines)), head: n.head, blocks: f.worded(n.blocks(all))})
	} else {
		head := n.head
		body := n.blocks(all)
		if head.Kind != block.Row && len(head.Lines) > 1 && broken(head.Lines) {
			own := head.With(head.Lines[1:])
			own.Kind = block.Paragraph
			if head.Kind == block.Item {
				own.Level = head.Level
			}
			head, body = head.With(head.Lines[:1]), append([]*block.Block{own}, body...)
		}
		s = readUnit(unit{head: head, body: f.worded(body), columns: n.columns})
	}
	s.Headline = f.undecorated(s.Headline)
	if sources := f.withoutHouse(s.Sources); len(sources) > 0 {
		s.Sources = sources
	}
	return s
}

// dropTwice drops stories that are told again, at greater length and with the same
// sources at least.
func (f *finder) dropTwice() {
	longest := make(map[string]*found, len(f.stories))
	for i := range f.stories {
		s := &f.stories[i]
		key := headKey(s.Headline)
		if known := longest[key]; known == nil || block.TextWidth(known.Summary) < block.TextWidth(s.Summary) {
			longest[key] = s
		}
	}
	if len(longest) == len(f.stories) {
		return // as in most digests
	}
	f.stories = slices.DeleteFunc(slices.Clone(f.stories), func(s found) bool {
		of := longest[headKey(s.Headline)]
		return s.Headline != "" && block.TextWidth(s.Summary) < block.TextWidth(of.Summary) && !slices.ContainsFunc(s.Sources, func(x digest.Source) bool {
			return !slices.ContainsFunc(of.Sources, func(y digest.Source) bool { return x.URL == y.URL })
		})
	})
}

// between makes the lead and sections of what is in no story.
func (f *finder) between(form *Form, all []*block.Block, stories []*node) {
	var title string
	var rest []*block.Block
	done := false
	end := func() {
		if text := block.TextOf(rest); len(text) > 0 {
			if title == "" && !done {
				f.lead = text
			} else {
				f.sections = append(f.sections, digest.Section{Title: lexicon.StripOrdinal(title), Text: text})
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
