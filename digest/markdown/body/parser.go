package body

import (
	"bytes"
	"regexp"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// inlineParsers returns goldmark's inline parsers and those of this package, in order
// of priority.
func inlineParsers() []util.PrioritizedValue {
	return []util.PrioritizedValue{
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
		util.Prioritized(marks{}, 140),
		util.Prioritized(dropped{}, 150),
		util.Prioritized(footnoteMarks{}, 160),
		util.Prioritized(wikiLinks{}, 170),
		util.Prioritized(markedWords{}, 180),
		util.Prioritized(bounded{parser.NewLinkParser()}, 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(tagParser{parser.NewRawHTMLParser()}, 400),
		util.Prioritized(bounded{emphasis{}}, 500),
		util.Prioritized(bounded{extension.NewStrikethroughParser()}, 500),
		util.Prioritized(bareURL{}, 600),
		util.Prioritized(shortcodes{}, 700),
	}
}

// newParser returns goldmark's parser with these inline parsers and with tables. It is
// safe for concurrent use.
func newParser(inline []util.PrioritizedValue) parser.Parser {
	blocks := parser.DefaultBlockParsers()
	for i, p := range blocks {
		if p.Value == parser.NewHTMLBlockParser() {
			blocks[i].Value = htmlBlocks{parser.NewHTMLBlockParser()}
		}
	}
	blocks = append(blocks,
		util.Prioritized(extension.NewDefinitionListParser(), 101),
		util.Prioritized(extension.NewDefinitionDescriptionParser(), 102),
		util.Prioritized(footnoteBlocks{extension.NewFootnoteBlockParser()}, 999),
	)
	return parser.NewParser(
		parser.WithAttribute(), // {#id} after a heading
		parser.WithBlockParsers(blocks...),
		parser.WithInlineParsers(inline...),
		parser.WithParagraphTransformers(
			util.Prioritized(references{}, 100),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
		),
	)
}

// references parses link references in paragraphs of limited length.
type references struct{}

func (references) Transform(p *ast.Paragraph, r text.Reader, pc parser.Context) {
	if p.Lines().Len() <= maxReferences {
		parser.LinkReferenceParagraphTransformer.Transform(p, r, pc)
	} else if first := p.Lines().At(0); pc.Get(referencesKey) == nil && bytes.HasPrefix(first.Value(r.Source()), []byte("[")) {
		pc.Set(referencesKey, p)
	}
}

// context also resolves references that are defined in a file included by Liquid. These
// become links that lead nowhere, rather than text in brackets.
type context struct {
	parser.Context
	elsewhere map[string]bool
}

func newContext(body, source []byte) parser.Context {
	c := context{Context: parser.NewContext()}
	if bytes.Contains(source, []byte("][")) && includes.Match(body) {
		c.elsewhere = map[string]bool{}
		for _, m := range fullReference.FindAllSubmatch(source, -1) {
			label := m[1]
			if len(label) == 0 {
				label = m[2]
			}
			c.elsewhere[util.ToLinkReference(label)] = true
		}
	}
	return c
}

var includes = regexp.MustCompile(`\{%-?\s*include`)

var fullReference = regexp.MustCompile(`\[([^\[\]]{1,200})\]\[\]|\]\[([^\[\]]{1,200})\]`)

func (c context) Reference(label string) (parser.Reference, bool) {
	if ref, ok := c.Context.Reference(label); ok {
		return ref, true
	}
	if c.elsewhere[label] {
		return parser.NewReference([]byte(label), nil, nil), true
	}
	return nil, false
}

// bounded limits the calls of an inline parser to maxDelimiters in a block.
type bounded struct{ parser.InlineParser }

var delimitersKey = parser.NewContextKey()

type delimiterCount struct {
	block    ast.Node
	n, limit int
}

func (b bounded) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, _ := pc.Get(delimitersKey).(*delimiterCount)
	if seen == nil || seen.block != parent {
		seen = &delimiterCount{block: parent, limit: maxDelimiters}
		if n := parent.Lines().Len(); n > 0 {
			size := parent.Lines().At(n-1).Stop - parent.Lines().At(0).Start
			seen.limit = min(maxDelimiters, 1+maxScanned/max(size, 1))
		}
		pc.Set(delimitersKey, seen)
	}
	if seen.n++; seen.n > seen.limit {
		if pc.Get(crowdedKey) == nil && parent.Lines().Len() > 0 {
			pc.Set(crowdedKey, parent)
		}
		return nil
	}
	return b.InlineParser.Parse(parent, block, pc)
}

// CloseBlock calls CloseBlock of the wrapped parser.
func (b bounded) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := b.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// goldmark compares the delimiters of a block with each other, and reads the link
// references of a paragraph repeatedly. Both take quadratic time.
const (
	// maxDelimiters is how many brackets, stars and similar characters of a block are
	// parsed. The rest are plain characters.
	maxDelimiters = 1000
	// maxScanned is how many bytes may be scanned for all delimiters of a block,
	// because each scan may reach the end of the block.
	maxScanned = 24 << 20
	// maxReferences is the most lines that a paragraph of link references may have.
	maxReferences = 2000
)

// Here the parsers record the first block with too many delimiters, and the first
// paragraph with too many references.
var (
	crowdedKey    = parser.NewContextKey()
	referencesKey = parser.NewContextKey()
)
