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

// node is a block that may be the headline of a story, with the blocks that it covers:
// those below a heading, those nested in an item, those after a paragraph up to the
// next one of its kind. The root has no head.
type node struct {
	head        *block.Block
	shape       *shape // shared by all nodes of the document that have it
	from, to    int    // its blocks: all[from:to]
	parent      *node
	nodes       []*node
	columns     []story.Column // of a row: the columns of its table
	done        bool           // name has set the fields up to named
	title       string         // its headline as a story
	words       string         // title in the form of Alike
	label       string         // the words before a colon at the start, in the form of Alike
	wide        int            // the width of the headline
	width, cite int            // of the covered text: columns and links
	named       bool           // the words are a known label
	score       float64
}

// shape is what a node looks like. Nodes with the same shape have the same role in
// digests with the same template.
type shape struct {
	// block is "h1" to "h6", "bold line", "item", "item 2" for a nested one, "row",
	// "paragraph" or "quote".
	block string
	// lead says how the text begins: "bold", "link", "bold link", "address", "code" or
	// "plain". numbered says that a number precedes it.
	lead     string
	numbered bool
	// under is the block of the heading above it; empty for none.
	under string
}

// String returns the shape as written in a layout: "numbered item link under h2".
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

// pooled returns the shape without its place. Except for paragraphs and quotes, whose
// lead distinguishes them, it also omits the lead.
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

// tree finds the nodes of a document. Nodes that contain each other compete to be the
// story. A paragraph covers others up to one that begins in the same way, or that is a
// story according to form; form may be nil.
func tree(all []*block.Block, form *Form) *node {
	root := &node{head: &block.Block{}, shape: &shape{}, to: len(all)}
	open := root
	shapes := map[shape]*shape{}
	// closeTo closes nodes up to the first one that may contain what comes next.
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
	var columns []story.Column // columns and rows of the current table
	var rows []story.Unit
	endTable := func() {
		story.NoteColumns(columns, rows)
		columns, rows = nil, nil
	}
	follow := false // items cover the paragraphs after them
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
				break // it belongs to the open node
			}
			s := shape{block: "paragraph", lead: leadOf(b), numbered: numberedHead(b)}
			closeTo(i, func(n *node) bool {
				switch n.head.Kind {
				case block.Heading:
					return true
				case block.Item:
					return follow && s.lead == "plain" // the text of the item continues after the list
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

// dividesBy reports whether the form would divide the document differently, because it
// has a paragraph as a story.
func (n *node) dividesBy(form *Form) bool {
	for _, c := range n.nodes {
		if c.shape.block == "paragraph" && form.holds(*c.shape) || c.dividesBy(form) {
			return true
		}
	}
	return false
}

// underOf returns the name of the nearest heading, which may be the node itself.
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

// followed reports whether most items up to the next heading or rule are followed by
// text outside their list.
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

// leadOf returns how the text of a block begins.
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

// each visits the nodes below n, parents first.
func (n *node) each(visit func(*node)) {
	for _, c := range n.nodes {
		visit(c)
		c.each(visit)
	}
}

// within returns the number of nodes below n.
func (n *node) within() (count int) {
	n.each(func(*node) { count++ })
	return count
}

// measure counts the links that the nodes cover.
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

// aside reports whether the node is, or is below, a heading of texts about the stories.
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

// measureWidth sets the width of the text that the nodes cover. Only learning needs it.
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

// name sets the words of a node, unless that is done already. Most nodes never need
// them.
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

// openingLabel returns the words before the colon at the start of a text, if they are
// short enough for a label.
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
				return "" // as in Podcast: The Perch
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

// headline returns what would be the headline of the node. given says that the author
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

// Alike returns the form in which words are compared between files: in lower case,
// without emoji and punctuation, and with all numbers equal. Issue 12 and Issue 13 are
// alike.
func Alike(s string) string {
	var b strings.Builder
	last := ' '
	for _, r := range s {
		switch {
		case lexicon.IsLetter(r) || unicode.IsMark(r):
			if lexicon.ScriptOf(r) == lexicon.Elsewhere { // other scripts have no capitals
				r = unicode.ToLower(r)
			}
		case unicode.IsDigit(r), r == '#': // so that Alike is idempotent
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

// maxAlike is the most bytes of words that are compared.
const maxAlike = 160

// blocks returns the blocks that the node covers, without its head.
func (n *node) blocks(all []*block.Block) []*block.Block { return slices.Clip(all[n.from+1 : n.to]) }
