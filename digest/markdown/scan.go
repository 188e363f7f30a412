package markdown

import (
	"strconv"
	"strings"
	"unicode/utf8"

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
	if !closed || strings.Trim(behind, " ") != "" || strings.ContainsAny(text, "[{") || strings.HasPrefix(text, ">") || !s.endBlock() {
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
	if s.marks > maxScanned/4/(s.next-s.start) || len(s.emphases) > 0 || s.kind == heading && len(b.lines) == 0 {
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

// scanStops are the characters that may mean something within a line.
var scanStops = [256]bool{'*': true, '_': true, '[': true, ']': true, '!': true, '`': true, '<': true, '&': true, ':': true, '~': true, '{': true, '\\': true, '\t': true}

// words reads a line of the open block.
func (s *scanner) words(at, stop int) bool {
	if s.start < 0 {
		s.start = at
	}
	s.begin, s.offset, s.run, s.last = len(s.spans), -1, at, -1
	if !s.read(at, stop) {
		return false
	}
	s.put(stop, stop)
	if t := trim(s.spans[s.begin:len(s.spans):len(s.spans)]); len(t) > 0 {
		s.lines = append(s.lines, line{text: t, offset: s.offset, hard: s.hard})
	}
	s.hard = strings.HasPrefix(s.source[stop:], "  ")
	return true
}

// read reads the words and the marks in a part of a line.
func (s *scanner) read(at, stop int) bool {
	for at < stop {
		c := s.source[at]
		switch {
		case c >= 0xE0:
			at += 3 // of the bytes of a character, which are three or four
		case !scanStops[c]:
			at++
		default:
			n, ok := s.mark(c, at, stop)
			if !ok {
				return false
			}
			at += n
		}
	}
	return true
}

// put makes a span of the words up to an offset, behind which the next words
// begin.
func (s *scanner) put(stop, next int) {
	s.span(s.run, stop, s.url, s.style)
	s.run = next
}

// span adds words to the line. Neighbours of one kind become one span.
func (s *scanner) span(start, stop int, url string, style digest.Style) {
	if start == stop {
		return
	}
	if s.offset < 0 {
		s.offset = start
	}
	words := s.source[start:stop]
	if n := len(s.spans) - 1; n >= s.begin && s.spans[n].URL == url && s.spans[n].Style == style {
		last := &s.spans[n]
		if s.last == start {
			last.Text = s.source[start-len(last.Text) : stop]
		} else {
			last.Text += words
		}
	} else {
		s.spans = append(s.spans, digest.Span{Text: words, URL: url, Style: style})
	}
	s.last = stop
}

// mark reads the character c at an offset and what belongs to it, and gives its
// length. What has no meaning stays with the words around it.
func (s *scanner) mark(c byte, at, stop int) (n int, ok bool) {
	s.marks++
	text := s.source[at:stop]
	next := byte(' ')
	if len(text) > 1 {
		next = text[1]
	}
	switch c {
	case '*', '_':
		return s.emphasis(c, at, stop)
	case '`':
		return s.code(at, stop)
	case '[':
		return s.bracket(at, stop)
	case ']':
		return 1, s.closing(at, next)
	case '!':
		if next == '[' {
			return s.picture(at, stop)
		}
	case ':':
		return s.address(at, stop), true
	case '<':
		return 1, next == ' ' || next >= '0' && next <= '9' && strings.IndexByte(text, '@') < 0
	case '&':
		return 1, !letter(next) && next != '#' || strings.IndexByte(text[:min(len(text), 40)], ';') < 0
	case '{':
		return 1, next != ':' && next != '{' && next != '%'
	case '\\', '\t':
		return 0, false
	case '~':
		s.tildes++
		return 1, s.tildes == 1
	}
	return 1, s.marks <= maxScanMarks
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// emphasis reads a row of stars or underscores. One that could end an emphasis
// has to end the innermost one that is open, with as many of them.
func (s *scanner) emphasis(c byte, at, stop int) (n int, ok bool) {
	for n = 1; at+n < stop && s.source[at+n] == c; {
		n++
	}
	before, after := ' ', ' '
	if at > s.start {
		before, _ = utf8.DecodeLastRuneInString(s.source[:at])
	}
	if at+n < stop {
		after, _ = utf8.DecodeRuneInString(s.source[at+n:])
	}
	opens, closes := flanks(c, before, after)
	open := len(s.emphases)
	switch {
	case n > 2 || s.marks > maxScanMarks:
		return 0, false
	case closes && open > s.floor:
		last := s.emphases[open-1]
		if last.char != c || last.length != n {
			return 0, false
		}
		s.put(at, at+n)
		s.style = last.before
		s.emphases = s.emphases[:open-1]
	case opens:
		s.put(at, at+n)
		s.emphases = append(s.emphases, openEmphasis{c, n, s.style})
		if n == 2 {
			s.style |= digest.Bold
		} else {
			s.style |= digest.Italic
		}
	}
	return n, true
}

// code reads words in backticks.
func (s *scanner) code(at, stop int) (n int, ok bool) {
	start, end, n := codeSpan(s.source[at:stop])
	if n == 0 || strings.ContainsAny(s.source[at:at+n], "[]{\t") {
		return 0, false
	}
	s.put(at, at+n)
	s.span(at+start, at+end, s.url, s.style|digest.Code)
	return n, true
}

// codeSpan is where in a text that begins with backticks the code stands, and
// its length with the backticks, or 0 if they are not closed.
func codeSpan(text string) (start, end, length int) {
	ticks := len(text) - len(strings.TrimLeft(text, "`"))
	for at := ticks; ; {
		n := strings.IndexByte(text[at:], '`')
		if n < 0 {
			return 0, 0, 0
		}
		end = at + n
		closing := len(text[end:]) - len(strings.TrimLeft(text[end:], "`"))
		if at = end + closing; closing == ticks {
			break
		}
	}
	start, length = ticks, end+ticks
	if code := text[start:end]; code[0] == ' ' && code[len(code)-1] == ' ' && strings.Trim(code, " ") != "" {
		start, end = start+1, end-1
	}
	return start, end, length
}

// bracket reads a link, or a bracket that begins none.
func (s *scanner) bracket(at, stop int) (n int, ok bool) {
	label, address, ok := linkSpan(s.source[at:stop])
	if !ok || s.crowded(at) {
		return 0, false
	}
	if label < 0 {
		s.brackets = append(s.brackets, openBracket{at: at})
		return 1, true
	}
	for i := range s.brackets {
		s.brackets[i].linked = true
	}
	from, to := at+1, at+1+label
	n = label + len("[](") + len(address) + len(")")
	s.refers = s.refers || address == "" && label > 0
	s.anchors = s.anchors || strings.HasPrefix(address, "#")
	url, ok := linkURL(address)
	if !ok && !s.full {
		s.bad = append(s.bad, badLink{address, at})
	}
	s.put(at, from)
	if citeMark(s.source[from:to]) { // a number is no word of the sentence
		from, to = at, to+1
	}
	s.url, s.linked, s.floor, s.run = url, true, len(s.emphases), from
	if to <= at+1+label && !s.read(from, to) || len(s.emphases) > s.floor {
		return 0, false
	}
	s.put(to, at+n)
	s.url, s.linked, s.floor = "", false, 0
	return n, true
}

// linkSpan finds how long the label of the link is that a text begins with, or
// -1 if it begins with no link, and its address.
func linkSpan(text string) (label int, address string, ok bool) {
	if strings.HasPrefix(text, "[^") || strings.HasPrefix(text, "[1]") {
		return 0, "", false // it may be the mark of a note
	}
	at := 1
	for ; at < len(text) && text[at] != ']'; at++ {
		switch text[at] {
		case '[':
			return -1, "", true
		case '`':
			_, _, n := codeSpan(text[at:])
			if n == 0 {
				return 0, "", false
			}
			at += n - 1
		}
	}
	if label = at - 1; !strings.HasPrefix(text[min(at, len(text)):], "](") {
		return -1, "", true
	}
	depth := 0
	for i, c := range []byte(text[at+2:]) {
		switch {
		case c == ' ' || strings.IndexByte("<[]{\\;\t", c) >= 0:
			return 0, "", false
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return label, text[at+2:][:i], true
			}
		}
	}
	return 0, "", false
}

// closing reads a bracket that closes no link.
func (s *scanner) closing(at int, next byte) bool {
	if next == '[' || next == ':' || s.crowded(at) {
		return false
	}
	if open := len(s.brackets); open > 0 {
		if next == '(' && !s.brackets[open-1].linked {
			return false
		}
		s.brackets = s.brackets[:open-1]
	}
	return true
}

// crowded reports whether there are more brackets than people write.
func (s *scanner) crowded(at int) bool {
	return s.marks > maxScanMarks || len(s.brackets) > 0 && at-s.brackets[0].at > maxScanLabel
}

// picture reads a picture, which has no words of its own.
func (s *scanner) picture(at, stop int) (n int, ok bool) {
	label, address, ok := linkSpan(s.source[at+1 : stop])
	if !ok || label < 0 || strings.ContainsAny(s.source[at:at+2+label], "<{\\\t") || s.crowded(at) {
		return 0, false
	}
	n = label + len("![](") + len(address) + len(")")
	s.put(at, at+n)
	s.marks += label // which may all be marks
	return n, true
}

// address reads a bare address around the colon at an offset.
func (s *scanner) address(at, stop int) (n int) {
	if !strings.HasPrefix(s.source[at:stop], "://") || s.linked || len(s.brackets) > 0 {
		return 1
	}
	rest := urlLength(s.source[at+3 : stop])
	scheme := schemeBefore(s.source[s.run:at])
	if rest == 0 || scheme == 0 {
		return 1
	}
	n = len("://") + rest
	start := at - scheme
	s.put(start, at+n)
	s.span(start, at+n, webURL(s.source[start:at+n]), s.style)
	return n
}
