package markdown

import (
	"strconv"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// What is scanned is bounded to less than what goldmark is, so that no bound of
// its is ever reached.
const (
	maxScanMarks = maxDelimiters / 4 // brackets, stars and the like in a block
	maxScanLabel = 900               // bytes in brackets
)

// scan reads a body as most people write it: headings, paragraphs, lists and
// rules, with emphasis, links, code and bare addresses in them. It gives what
// flatten makes of goldmark's tree, down to offsets, and several times as fast.
// ok is false for everything else, and for what is doubtful: Markdown has more
// to it, and goldmark knows.
func scan(body []byte, in *room) (blocks []block, r remarks, ok bool) {
	s := scanner{source: string(body), blocks: in.blocks[:0], lines: in.lines[:0], spans: in.spans[:0]}
	for s.next < len(body) {
		if !s.line() {
			return nil, r, false
		}
	}
	ok = s.endBlock()
	in.blocks, in.lines, in.spans = s.blocks, s.lines, s.spans
	return s.blocks, s.remarks, ok
}

// room is what blocks are made of. All that a digest keeps of it is copied, so
// that the next one can be read there.
type room struct {
	blocks []block
	lines  []line
	spans  []digest.Span
	shown  []*block
}

// scanner reads a body line by line. Its methods report whether all is plain.
type scanner struct {
	source string
	next   int // where the next line begins
	blocks []block
	remarks
	full   bool       // there are maxBlocks, and the rest is only looked at
	lists  []openList // each within the last item of the one before it
	marker string     // of an item whose first block is not there yet

	open    bool // a paragraph, to which the next line may belong
	quoted  bool // it is in a quote
	start   int  // where its words begin
	kind    blockKind
	level   int
	anchors bool
	refers  bool
	lines   []line // those of all blocks
	first   int    // the first one of the open block

	spans    []digest.Span // those of all lines
	begin    int           // the first one of the open line
	offset   int           // of the first word of the open line, -1 before it
	hard     bool          // the break before the open line
	run      int           // where the words begin that are no span yet
	last     int           // where the words of the last span end
	whole    bool          // they stand in the body as they are
	style    digest.Style
	url      string
	emphases []openEmphasis
	brackets []openBracket
	linked   bool // the words are those of a link
	floor    int  // how many emphases began before the link
	marks    int  // in the open block
	tildes   int
}

// openList is a list that is not over.
type openList struct {
	delimiter byte // behind the number, or the bullet
	number    int
	column    int // of the marker
	text      int // the column of the words behind it
}

// openEmphasis is a row of stars or underscores that waits for its like.
type openEmphasis struct {
	char   byte
	length int
	before digest.Style
}

// openBracket is a bracket that is no link.
type openBracket struct {
	at     int
	linked bool // there is a link behind it
}

// line reads the next line.
func (s *scanner) line() bool {
	start := s.next
	stop := len(s.source)
	if n := strings.IndexByte(s.source[start:], '\n'); n >= 0 {
		stop = start + n
	}
	s.next = stop + 1
	at := start
	for at < stop && s.source[at] == ' ' {
		at++
	}
	for stop > at && s.source[stop-1] == ' ' {
		stop--
	}
	if nested(s.source[start:s.next-1]) > maxDepth {
		return false
	}
	if at == stop {
		return s.endBlock()
	}
	text, column := s.source[at:stop], at-start
	switch {
	case text[0] == '>':
		return column == 0 && s.quote(at+1, stop)
	case s.quoted:
		return false // a quote may go on without its mark
	case strings.HasPrefix(text, "<!--"):
		return column == 0 && s.comment(at)
	}
	depth, inside := 0, 0 // the lists that the line is indented for
	for depth < len(s.lists) && column >= s.lists[depth].text {
		inside = s.lists[depth].text
		depth++
	}
	switch what := opens(text); {
	case what == odd, s.open && underlines(text):
		return false
	case what == anItem:
		return s.item(at, stop, depth, inside)
	case what == aHeading || what == aRule:
		if column > 0 || what == aRule && len(s.lists) > 1 || !s.endBlock() {
			return false
		}
		s.lists = s.lists[:0]
		if what == aRule {
			s.add(block{kind: rule, offset: at})
			return true
		}
		return s.heading(at, stop)
	case !s.open && column-inside > 3:
		return false // code
	case !s.open:
		s.lists = s.lists[:depth]
		s.openBlock(paragraph, depth)
	}
	return s.words(at, stop)
}

// opening is what a line may begin.
type opening uint8

const (
	prose opening = iota
	aHeading
	aRule
	anItem
	odd
)

// opens tells what a line without spaces around it begins.
func opens(text string) opening {
	c := text[0]
	switch c {
	case '#':
		n := len(text) - len(strings.TrimLeft(text, "#"))
		if n <= 6 && (n == len(text) || text[n] == ' ') {
			return aHeading
		}
	case '>':
		return odd
	case '`', '~':
		if len(text) > 2 && text[1] == c && text[2] == c {
			return odd
		}
	case '-', '*', '_', '+':
		if c != '+' && rules(text) {
			return aRule
		}
		if len(text) == 1 {
			return odd
		}
		if c != '_' && text[1] == ' ' {
			return anItem
		}
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		n := len(leadingDigits(text))
		switch {
		case n == len(text) || n > 9 || text[n] != '.' && text[n] != ')':
		case n+1 == len(text):
			return odd
		case text[n+1] == ' ':
			return anItem
		}
	}
	return prose
}

// rules reports whether a line has nothing but three or more of one character.
func rules(text string) bool {
	n := 0
	for i := range len(text) {
		switch text[i] {
		case text[0]:
			n++
		case ' ':
		default:
			return false
		}
	}
	return n > 2
}

// underlines reports whether a line below a paragraph makes a heading or a
// table of it.
func underlines(text string) bool {
	switch text[0] {
	case '=':
		return strings.Trim(text, "=") == ""
	case '-', '|', ':':
		return strings.Trim(text, "-|: ") == "" && strings.Contains(text, "-")
	}
	return false
}

// quote reads a line of a quote behind its mark.
func (s *scanner) quote(at, stop int) bool {
	if !s.quoted {
		if !s.endBlock() {
			return false
		}
		s.lists = s.lists[:0]
	}
	from := at
	for from < stop && s.source[from] == ' ' {
		from++
	}
	switch text := s.source[from:stop]; {
	case text == "":
		return s.endBlock()
	case opens(text) != prose, s.open && underlines(text), from-at > 3, strings.HasPrefix(text, "<!--"):
		return false
	}
	if !s.open {
		s.openBlock(paragraph, 0)
		s.quoted = true
	}
	return s.words(from, stop)
}

// comment passes over a comment that stands on lines of its own.
func (s *scanner) comment(at int) bool {
	text, behind, closed := strings.Cut(s.source[at+len("<!--"):], "-->")
	behind, _, _ = strings.Cut(behind, "\n")
	if !closed || strings.Trim(behind, " ") != "" || strings.ContainsAny(text, "[{") || strings.Contains(text, "<!--") || strings.HasPrefix(text, ">") || !s.endBlock() {
		return false
	}
	for line := range strings.Lines(text) {
		if nested(line) > maxDepth {
			return false
		}
	}
	s.add(block{})
	s.lists, s.marker = s.lists[:0], ""
	s.next = at + len("<!--") + len(text) + len("-->") + len(behind) + 1
	return true
}

func (s *scanner) heading(at, stop int) bool {
	level := 0
	for at+level < stop && s.source[at+level] == '#' {
		level++
	}
	from := at + level
	for from < stop && s.source[from] == ' ' {
		from++
	}
	if from == stop || s.source[stop-1] == '#' {
		return false
	}
	s.openBlock(heading, level)
	return s.words(from, stop) && s.endBlock()
}

// item opens an item of a list.
func (s *scanner) item(at, stop, depth, inside int) bool {
	digits := leadingDigits(s.source[at:stop])
	behind := at + len(digits) + 1
	text := behind
	for s.source[text] == ' ' {
		text++
	}
	column := at - (strings.LastIndexByte(s.source[:at], '\n') + 1)
	list := openList{delimiter: s.source[behind-1], column: column, text: column + text - at}
	list.number, _ = strconv.Atoi(digits)
	switch {
	case text-behind > 4 || opens(s.source[text:stop]) != prose:
		return false
	case depth < len(s.lists):
		before := s.lists[depth]
		if before.column != column {
			return false
		}
		if before.delimiter == list.delimiter {
			list.number = before.number + 1
		}
	case column-inside > 3 || s.open && digits != "" && list.number != 1:
		return false
	}
	if !s.endBlock() {
		return false
	}
	s.lists = append(s.lists[:depth], list)
	s.marker = "• "
	if digits != "" {
		s.marker = strconv.Itoa(list.number) + ". "
	}
	s.openBlock(paragraph, len(s.lists))
	return s.words(text, stop)
}

// leadingDigits are the digits that a line begins with.
func leadingDigits(text string) string {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return text[:n]
}

func (s *scanner) openBlock(kind blockKind, level int) {
	s.open, s.start, s.kind, s.level = true, -1, kind, level
	s.anchors, s.refers, s.hard = false, false, false
	s.first, s.marks, s.tildes = len(s.lines), 0, 0
	s.brackets = s.brackets[:0]
}

// endBlock adds the block that is open, if there is one.
func (s *scanner) endBlock() bool {
	if !s.open {
		return true
	}
	b := block{kind: s.kind, level: s.level, quoted: s.quoted, anchors: s.anchors, refers: s.refers, lines: s.lines[s.first:len(s.lines):len(s.lines)]}
	s.open, s.quoted = false, false
	if s.marks > min(maxScanMarks, maxScanned/4/(s.next-s.start)) || len(s.emphases) > 0 || s.kind == heading && len(b.lines) == 0 {
		return false
	}
	if len(b.lines) > 0 {
		setFacts(b.lines)
		b.offset = b.lines[0].offset
	}
	if b.kind == heading {
		b.offset = strings.LastIndexByte(s.source[:b.offset], '\n') + 1
	}
	s.add(b)
	return true
}

// add appends a block unless it is empty.
func (s *scanner) add(b block) {
	if len(s.blocks) == maxBlocks {
		s.full = s.full || s.cutBehind(s.blocks)
		return
	}
	if len(b.lines) == 0 && b.kind == paragraph {
		return
	}
	if s.marker != "" && b.kind == paragraph && b.level > 0 {
		b.kind, b.marker = item, s.marker
	}
	s.marker = ""
	s.blocks = append(s.blocks, b)
}
