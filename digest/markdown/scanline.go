package markdown

import (
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

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
		if s.whole && s.last == start {
			last.Text = s.source[start-len(last.Text) : stop]
		} else {
			last.Text += words
			s.whole = false
		}
	} else {
		s.spans = append(s.spans, digest.Span{Text: words, URL: url, Style: style})
		s.whole = true
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

// picture reads a picture, which has no words in the line.
func (s *scanner) picture(at, stop int) (n int, ok bool) {
	label, address, ok := linkSpan(s.source[at+1 : stop])
	if !ok || label < 0 || strings.ContainsAny(s.source[at:at+2+label], "<{\\\t") || s.crowded(at) {
		return 0, false
	}
	alt := s.source[at+2 : at+2+label]
	if strings.ContainsAny(alt, "*_&!`~") || strings.Contains(alt, "://") {
		return 0, false // it may have marks of its own
	}
	if !s.linked {
		s.remarks.picture(alt, address, at)
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
