package generator

import (
	"bytes"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// IsMDX reports whether a file of that name is MDX: Markdown with JSX components
// (https://mdxjs.com/docs/what-is-mdx/).
func IsMDX(name string) bool { return strings.EqualFold(path.Ext(name), ".mdx") }

// WithoutMDX converts a body from MDX to Markdown. It hides imports, exports,
// expressions in braces and the tags of components, but not the contents of components.
// Line numbers do not change. MDX has no indented code, so lines within a component
// that are indented like code are moved to the left.
func WithoutMDX(body []byte) []byte {
	m := mdx{body: body, out: bytes.Clone(body)}
	for at := 0; at < len(body); {
		line, next := lexicon.LineAt(body, at)
		switch {
		case m.fences.hold(body, at):
			m.undent(at, line)
			at = next
			continue
		case esm.Match(line) && lexicon.IsBlank(m.before):
			at = m.module(at)
			m.before = nil
			continue
		}
		end := m.line(at, next)
		m.undent(at, line)
		m.before = line
		at = max(end, next)
	}
	return m.out
}

// mdx converts one body of MDX.
type mdx struct {
	body, out []byte
	fences    fences
	before    []byte // the previous line; nil for none
	indents   []int  // of the contents of each open component; -1 if not known yet
	endless   int    // how many braces and tags were not closed
}

// esm matches the beginning of an import or export, as opposed to that of a sentence.
var esm = regexp.MustCompile(`^(?:import\s*(?:["'{*]|[\w$]+\s*,|[\w$]+\s+from\b)|export\s+(?:default|const|let|var|function|async|class|\{|\*)|export\s*\{)`)

// module hides an import or export, up to an empty line outside its braces, and returns
// where it ends.
func (m *mdx) module(at int) (end int) {
	depth := 0
	for end = at; end < len(m.body); {
		line, next := lexicon.LineAt(m.body, end)
		if depth <= 0 && lexicon.IsBlank(line) {
			break
		}
		depth += bytes.Count(line, []byte("{")) - bytes.Count(line, []byte("}"))
		end = next
	}
	if depth > 0 { // the braces are not balanced
		end = at
		for end < len(m.body) {
			line, next := lexicon.LineAt(m.body, end)
			if lexicon.IsBlank(line) {
				break
			}
			end = next
		}
	}
	Overwrite(m.out[at:end], ' ')
	return end
}

// line reads a line from at to next, and returns where it stopped, since an expression or a tag may extend further.
func (m *mdx) line(at, next int) int {
	for at < next {
		switch c := m.body[at]; c {
		case '\\':
			at += 2
		case '`':
			n := len(m.body[at:next]) - len(bytes.TrimLeft(m.body[at:next], "`"))
			if end := bytes.Index(m.body[at+n:next], m.body[at:at+n]); end >= 0 {
				at += end + n
			}
			at += n
		case '{':
			n := 0
			if m.endless < maxEndless {
				n = expression(m.body[at:])
			}
			if n == 0 {
				m.endless++
			} else {
				m.hide(at, at+n)
				if space.Match(m.body[at : at+n]) {
					m.out[at] = ' '
				}
			}
			at += max(n, 1)
		case '<':
			at += m.tag(at)
		default:
			at++
		}
	}
	return at
}

// space matches an expression that yields a space.
var space = regexp.MustCompile("^\\{[\"'`]\\s+[\"'`]\\}$")

// hide hides a range. If nothing else is in its lines, they become empty.
func (m *mdx) hide(from, to int) {
	with := byte(asNothing)
	if lexicon.IsBlank(LineBefore(m.out, from)) && lexicon.IsBlank(LineBehind(m.body, to)) {
		with = ' '
	}
	Overwrite(m.out[from:to], with)
}

// tag reads what may be a tag, and returns how many bytes to skip. In HTML elements it
// hides attributes whose values are expressions.
func (m *mdx) tag(at int) int {
	before, _ := utf8.DecodeLastRune(m.body[:at])
	if m.endless > maxEndless {
		return 1
	}
	name, n, expressions := jsxTag(m.body[at:])
	if n == 0 {
		m.endless++
	}
	switch {
	case n == 0, unicode.IsLetter(before), unicode.IsDigit(before):
		return 1
	case name != "" && name[0] >= 'a' && name[0] <= 'z':
		for _, e := range expressions {
			Overwrite(m.out[at+e[0]:at+e[1]], ' ')
		}
		return n
	}
	switch raw := m.body[at : at+n]; {
	case raw[1] == '/':
		if len(m.indents) > 0 {
			m.indents = m.indents[:len(m.indents)-1]
		}
	case raw[n-2] != '/':
		m.indents = append(m.indents, -1)
	}
	m.hide(at, at+n)
	return n
}

// undent moves a line within a component to the left if it is indented like code.
func (m *mdx) undent(at int, line []byte) {
	inner := len(m.indents) - 1
	if inner < 0 || lexicon.IsBlank(line) {
		return
	}
	n := len(line) - len(bytes.TrimLeft(line, " "))
	out := m.out[at : at+len(bytes.TrimRight(line, "\n"))]
	if lexicon.IsBlank(out) {
		return
	}
	if m.indents[inner] < 0 {
		m.indents[inner] = n
	}
	if n = min(n, m.indents[inner]); n >= 4 {
		copy(out, out[n:])
		Overwrite(out[len(out)-n:], asNothing)
	}
}

const (
	// maxJSX is the greatest length of a tag or an expression in bytes.
	maxJSX = 10000
	// maxEndless limits how many unclosed ones are tolerated, because each causes a
	// search.
	maxEndless = 100
)

// expression returns the length of the expression in braces at the start of s, or 0.
func expression(s []byte) int {
	s = s[:min(len(s), maxJSX)]
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\'', '`':
			end := closingQuote(s[i+1:], c)
			if end < 0 {
				return 0
			}
			i += end + 1
		case '/':
			if bytes.HasPrefix(s[i:], []byte("/*")) {
				end := bytes.Index(s[i:], []byte("*/"))
				if end < 0 {
					return 0
				}
				i += end + 1
			}
		}
	}
	return 0
}

// closingQuote returns the offset at which the quote that s begins in ends, or -1.
func closingQuote(s []byte, quote byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i
		}
	}
	return -1
}

// jsxTag reads the tag at the start of s: its name, which is empty for a fragment <>;
// its length, or 0 if there is no tag; and the ranges of its attributes with
// expressions.
func jsxTag(s []byte) (name string, length int, expressions [][2]int) {
	s = s[:min(len(s), maxJSX)]
	head := jsxName.FindSubmatchIndex(s)
	if head == nil {
		return "", 0, nil
	}
	name = string(s[head[2]:head[3]])
	for i := head[1]; i < len(s); {
		switch c := s[i]; {
		case c == '>':
			return name, i + 1, expressions
		case c == '/' && i+1 < len(s) && s[i+1] == '>':
			return name, i + 2, expressions
		case c == ' ' || c == '\t' || c == '\n':
			i++
		default:
			from := i
			i += len(jsxAttribute.Find(s[i:]))
			if i < len(s) && (i == from || s[i-1] == '=') {
				n := 0
				switch s[i] {
				case '{':
					n = expression(s[i:])
					expressions = append(expressions, [2]int{from, i + n})
				case '"', '\'':
					if i > from {
						n = bytes.IndexByte(s[i+1:], s[i]) + 2
					}
				}
				if n < 2 {
					return "", 0, nil
				}
				i += n
			}
		}
	}
	return "", 0, nil
}

var (
	jsxName      = regexp.MustCompile(`^</?([A-Za-z][\w.-]*|)`)
	jsxAttribute = regexp.MustCompile(`^[A-Za-z_:][\w:.-]*=?`)
)
