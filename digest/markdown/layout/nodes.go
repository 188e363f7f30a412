package layout

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
	"github.com/digestbot/digestbot/digest/markdown/story"
)

// node is a block that may be the headline of a story, with the blocks that it
// reaches over: those below a heading, those nested in an item, those that
// follow a paragraph until the next of its kind. The root has no head.
type node struct {
	head        *block.Block
	shape       *shape // the same one for all nodes of a document that have it
	from, to    int    // its blocks: all[from:to]
	parent      *node
	nodes       []*node
	columns     []story.Column // of a row: those of its table
	done        bool           // name has found the next ones
	title       string         // what serves as its headline
	words       string         // the title as alike gives it
	label       string         // what stands before a colon in front, as alike gives it
	wide        int            // the width of the headline
	width, cite int            // of the text that it reaches over: columns and links
	named       bool           // the words are a label that every reader knows
	score       float64
}

// shape says what a node looks like. Nodes of one shape play one part in the
// digests that one hand has written.
type shape struct {
	// block is "h1" to "h6", "bold line", "item", "item 2" for one in another,
	// "row" or "paragraph".
	block string
	// lead is how the text begins: "bold", "link", "bold link", "address", "code"
	// or "plain". A number in front of it counts as well.
	lead     string
	numbered bool
	// under is the block of the heading that it stands below; empty for none.
	under string
}

// String is the shape as a layout writes it: "numbered item link under h2".
func (k shape) String() string {
	words := k.block
	if k.numbered {
		words = "numbered " + words
	}
	if k.lead != "plain" {
		words += " " + k.lead
	}
	if k.under != "" {
		words += " under " + k.under
	}
	return words
}

// pooled is the shape without its place, and without its lead: only paragraphs and
// quotes say by it what they are.
func (k shape) pooled() string {
	words := k.block
	if k.numbered {
		words = "numbered " + words
	}
	if k.lead != "plain" && (k.block == "paragraph" || k.block == "quote") {
		words += " " + k.lead
	}
	return words
}

// tree finds the nodes of a document. Nodes that stand in each other compete for
// being the story. A paragraph reaches over others until one begins as it does, or
// is a story in the form; nil for none.
func tree(all []*block.Block, form *Form) *node {
	root := &node{head: &block.Block{}, shape: &shape{}, to: len(all)}
	open := root
	shapes := map[shape]*shape{}
	// closeTo ends the nodes down to the first one that may hold what comes next.
	closeTo := func(i int, holds func(*node) bool) {
		for open != root && !holds(open) {
			open.to = i
			open = open.parent
		}
	}
	push := func(i int, b *block.Block, k shape) *node {
		same := shapes[k]
		if same == nil {
			own := k
			same, shapes[k] = &own, &own
		}
		n := &node{head: b, shape: same, from: i, parent: open}
		open.nodes = append(open.nodes, n)
		open = n
		return n
	}
	var columns []story.Column // of the table that is read, whose rows are
	var rows []story.Unit
	endTable := func() {
		story.NoteColumns(columns, rows)
		columns, rows = nil, nil
	}
	follow := false // items reach over the paragraphs behind them
	for i, b := range all {
		if b.Quoted {
			if b.Opens && b.Kind == block.Paragraph {
				closeTo(i, func(n *node) bool { return n.head.Kind == block.Heading || !n.head.Quoted && n.shape.lead != "plain" })
				push(i, b, shape{block: "quote", lead: leadOf(b), numbered: numberedHead(b), under: underOf(open)})
			}
			continue
		}
		if open.head.Quoted {
			closeTo(i, func(n *node) bool { return !n.head.Quoted })
		}
		if b.Kind != block.Row {
			endTable()
		}
		switch b.Kind {
		case block.Heading:
			closeTo(i, func(n *node) bool { return n.head.Kind == block.Heading && n.head.Level < b.Level })
			push(i, b, shape{block: block.LevelNames[b.Level], lead: "plain", numbered: numberedHead(b)})
			follow = followed(all[i+1:])
		case block.Rule:
			closeTo(i, func(n *node) bool { return n.head.Kind == block.Heading })
			follow = followed(all[i+1:])
		case block.Item:
			closeTo(i, func(n *node) bool {
				return n.head.Kind == block.Heading || n.head.Kind == block.Item && n.head.Level < b.Level || n.head.Kind == block.Paragraph && n.shape.lead != "plain"
			})
			name := "item"
			if b.Level > 1 {
				name = fmt.Sprintf("item %d", b.Level)
			}
			push(i, b, shape{block: name, lead: leadOf(b), numbered: b.Marker != "• ", under: underOf(open)})
		case block.Row:
			if b.Header {
				endTable()
				columns = story.NamedColumns(b.Cells)
			}
			if b.Header || len(b.Cells) < 2 {
				break
			}
			closeTo(i, func(n *node) bool { return n.head.Kind != block.Row })
			n := push(i, b, shape{block: "row", lead: "plain", under: underOf(open)})
			n.columns = columns
			rows = append(rows, story.Unit{Head: b})
		case block.Paragraph:
			if b.Level > 0 && open != root && open.head.Kind == block.Item {
				break // a part of what is open
			}
			s := shape{block: "paragraph", lead: leadOf(b), numbered: numberedHead(b)}
			closeTo(i, func(n *node) bool {
				switch n.head.Kind {
				case block.Heading:
					return true
				case block.Item:
					return follow && s.lead == "plain" // the text of the item goes on behind the list
				case block.Paragraph:
					s.under = n.shape.under
					return n.shape.lead != "plain" && (n.shape.lead != s.lead || n.shape.numbered != s.numbered) && !form.holds(s)
				}
				return false
			})
			if open.head.Kind == block.Item {
				break
			}
			s.under = underOf(open)
			push(i, b, s)
		}
	}
	endTable()
	closeTo(len(all), func(*node) bool { return false })
	return root
}

// dividesBy reports whether the form would divide the document otherwise: a paragraph
// is a story in it.
func (n *node) dividesBy(form *Form) bool {
	for _, c := range n.nodes {
		if c.shape.block == "paragraph" && form.holds(*c.shape) || c.dividesBy(form) {
			return true
		}
	}
	return false
}

// underOf is the name of the nearest heading that a node is, or stands below.
func underOf(n *node) string {
	for ; n != nil && n.parent != nil; n = n.parent {
		if n.head.Kind == block.Heading {
			return n.shape.block
		}
	}
	return ""
}

func numberedHead(b *block.Block) bool {
	return len(b.Lines) > 0 && lexicon.OrdinalLength(b.Lines[0].Text[0].Text) > 0
}

// followed reports whether most items up to the next heading or rule have text
// behind them that is not in their list.
func followed(blocks []*block.Block) bool {
	items, with := 0, 0
	for i, b := range blocks {
		if b.Kind == block.Heading || b.Kind == block.Rule {
			break
		}
		if b.Kind == block.Item && b.Level == 1 && !b.Quoted {
			items++
		}
		if b.Kind == block.Paragraph && b.Level == 0 && i > 0 && (blocks[i-1].Kind == block.Item || blocks[i-1].Level > 0) {
			with++
		}
	}
	return with*2 > items
}

// leadOf is how the text of a block begins.
func leadOf(b *block.Block) string {
	if len(b.Lines) == 0 {
		return "plain"
	}
	t := story.DropOrdinal(b.Lines[0].Text)
	begin, _ := story.LeadOf(t)
	if begin == len(t) {
		return "plain"
	}
	s := t[begin]
	switch {
	case s.URL != "" && s.Text == s.URL:
		return "address"
	case s.URL != "" && s.Style&digest.Bold != 0:
		return "bold link"
	case s.URL != "":
		return "link"
	case s.Style&digest.Bold != 0:
		return "bold"
	case s.Style&digest.Code != 0:
		return "code"
	}
	return "plain"
}

// each visits the nodes below n, each before those within it.
func (n *node) each(visit func(*node)) {
	for _, c := range n.nodes {
		visit(c)
		c.each(visit)
	}
}

// within is how many nodes there are below n.
func (n *node) within() (count int) {
	n.each(func(*node) { count++ })
	return count
}

// measure counts the links that the nodes reach over.
func (n *node) measure(all []*block.Block) {
	cites := make([]int, len(all)+1)
	for i, b := range all {
		cites[i+1] = cites[i]
		for _, l := range b.Lines {
			url := ""
			for _, s := range l.Text {
				if s.URL != "" && s.URL != url {
					cites[i+1]++
				}
				url = s.URL
			}
		}
	}
	n.cite = cites[len(all)]
	n.each(func(c *node) { c.cite = cites[c.to] - cites[c.from] })
}

// aside reports whether the node is, or stands below, a heading of what is about the
// stories.
func (n *node) aside() bool {
	for ; n.parent != nil; n = n.parent {
		if n.head.Kind != block.Heading {
			continue
		}
		if n.name(); lexicon.ClosingTitles.Has(n.title) || lexicon.IsAside(n.title) {
			return true
		}
	}
	return false
}

// measureWidth finds how much text the nodes reach over, which only learning asks.
func (n *node) measureWidth(all []*block.Block) {
	widths := make([]int, len(all)+1)
	for i, b := range all {
		widths[i+1] = widths[i] + linesWidth(b.Lines)
	}
	n.width = widths[len(all)]
	n.each(func(c *node) { c.width = widths[c.to] - widths[c.from] })
}

func linesWidth(lines []block.Line) (n int) {
	for _, l := range lines {
		n += block.TextWidth(l.Text)
	}
	return n
}

// name finds the words of a node, unless that is done. Most nodes are never asked for
// theirs.
func (n *node) name() {
	if n.done {
		return
	}
	words, given := n.headline()
	n.done, n.title, n.words = true, words, Alike(words)
	if n.wide = lexicon.Width(words); !given {
		n.wide = linesWidth(n.head.Lines)
	}
	n.label = Alike(openingLabel(n.head))
	n.named = lexicon.SourceLabels.Has(words) || lexicon.SummaryLabels.Has(words) || lexicon.PieceLabels.Has(words)
}

// openingLabel is what stands before the colon in front of a text, if it is short
// enough for a label.
func openingLabel(b *block.Block) string {
	if len(b.Lines) == 0 || b.Kind == block.Row || b.Kind == block.Heading {
		return ""
	}
	head := ""
	for _, s := range b.Lines[0].Text {
		if s.URL != "" {
			return ""
		}
		if at := block.ColonAt(s.Text); at >= 0 {
			if s.Style&digest.Bold != 0 && block.HasWords(s.Text[at:]) {
				return "" // Podcast: The Perch
			}
			head += s.Text[:at]
			if lexicon.Width(head) > block.WidestLabel {
				return ""
			}
			return head
		}
		if head += s.Text; len(head) > block.MaxLabel {
			break
		}
	}
	return ""
}

// headline is what would be the headline of the node. given says that the writer has
// set it apart.
func (n *node) headline() (words string, given bool) {
	switch {
	case len(n.head.Lines) == 0:
		return "", false
	case n.head.Kind == block.Heading:
		return story.CleanHeadline(block.WordsOf(block.Join(n.head.Lines))), true
	case n.head.Kind == block.Row:
		return story.ReadRow(story.Unit{Head: n.head, Columns: n.columns}).Headline, true
	}
	h := story.FindHeadline(n.head.Lines[0].Text)
	return h.Words, h.Given
}

// Alike is the form in which words are compared between files: in lower case,
// without emoji and punctuation, all numbers being one. Issue 12 and Issue 13
// are alike.
func Alike(s string) string {
	var b strings.Builder
	last := ' '
	for _, r := range s {
		switch {
		case lexicon.IsLetter(r) || unicode.IsMark(r):
			if lexicon.ScriptOf(r) == lexicon.Elsewhere { // the others have no capitals
				r = unicode.ToLower(r)
			}
		case unicode.IsDigit(r), r == '#': // so that what is alike stays so
			r = '#'
		default:
			r = ' '
		}
		if r == last && (r == ' ' || r == '#') {
			continue
		}
		b.WriteRune(r)
		last = r
		if b.Len() > maxAlike {
			break
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// maxAlike is how many bytes of words are compared at most.
const maxAlike = 160

// blocks are those that the node reaches over, its head left out.
func (n *node) blocks(all []*block.Block) []*block.Block { return slices.Clip(all[n.from+1 : n.to]) }
