package markdown

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/digestbot/digestbot/digest"
)

// newParser is goldmark's parser with tables, strikethrough, emphasis between
// CJK characters and bare addresses. It may be used by many at once.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(bounded{parser.NewLinkParser()}, 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewRawHTMLParser(), 400),
			util.Prioritized(bounded{emphasis{}}, 500),
			util.Prioritized(bounded{extension.NewStrikethroughParser()}, 500),
			util.Prioritized(bareURL{}, 600),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
		),
	)
}

// maxDelimiters is how many brackets, stars and the like one block may have
// before the rest of them are plain characters. goldmark compares delimiters
// with each other, which is quadratic.
const maxDelimiters = 2000

// bounded keeps an inline parser to maxDelimiters in a block.
type bounded struct{ parser.InlineParser }

var delimitersKey = parser.NewContextKey()

type delimiterCount struct {
	block ast.Node
	n     int
}

func (b bounded) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	seen, _ := pc.Get(delimitersKey).(*delimiterCount)
	if seen == nil || seen.block != parent {
		seen = &delimiterCount{block: parent}
		pc.Set(delimitersKey, seen)
	}
	if seen.n++; seen.n > maxDelimiters {
		return nil
	}
	return b.InlineParser.Parse(parent, block, pc)
}

// CloseBlock passes the end of a block on.
func (b bounded) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := b.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// emphasis is goldmark's parser of * and _ but for one thing: beside a CJK
// character a delimiter may open and close as if there were a space, and CJK
// punctuation counts as a letter. Text without CJK characters is read alike.
// See https://github.com/commonmark/commonmark-spec/issues/650.
type emphasis struct{}

func (emphasis) Trigger() []byte         { return []byte{'*', '_'} }
func (emphasis) IsDelimiter(b byte) bool { return b == '*' || b == '_' }
func (emphasis) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}
func (emphasis) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }

func (e emphasis) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 1, e)
	if d == nil {
		return nil
	}
	after := ' '
	if d.OriginalLength < len(line) {
		after = util.ToRune(line, d.OriginalLength)
	}
	if cjk(before) || cjk(after) {
		left := !util.IsSpaceRune(after) && (!punct(after) || util.IsSpaceRune(before) || punct(before) || cjk(before))
		right := !util.IsSpaceRune(before) && (!punct(before) || util.IsSpaceRune(after) || punct(after) || cjk(after))
		d.CanOpen, d.CanClose = left, right
		if d.Char == '_' {
			d.CanOpen = left && (!right || util.IsPunctRune(before))
			d.CanClose = right && (!left || util.IsPunctRune(after))
		}
	}
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

func punct(r rune) bool { return util.IsPunctRune(r) && !cjk(r) }

// cjk reports whether r is written without spaces around it: ideographs, kana,
// Hangul and their punctuation.
func cjk(r rune) bool {
	return r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

// bareURL reads http:// and https:// addresses in running text, whatever stands
// before them. goldmark calls parsers at punctuation only, so it looks at the
// colon and takes the scheme back from the text before it.
type bareURL struct{}

func (bareURL) Trigger() []byte { return []byte{':'} }

func (bareURL) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if !bytes.HasPrefix(line, []byte("://")) || pc.IsInLinkLabel() {
		return nil
	}
	before, ok := parent.LastChild().(*ast.Text)
	if !ok || before.Segment.Stop != segment.Start {
		return nil
	}
	word := before.Segment.Value(block.Source())
	scheme := schemeEnd.Find(word)
	if scheme == nil {
		return nil
	}
	rest := urlLength(line[3:])
	if rest == 0 {
		return nil
	}
	start := segment.Start - len(scheme)
	if before.Segment = before.Segment.WithStop(start); before.Segment.IsEmpty() {
		parent.RemoveChild(parent, before)
	}
	block.Advance(3 + rest)
	return ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(start, segment.Start+3+rest)))
}

var schemeEnd = regexp.MustCompile(`(?i:https?)$`)

// urlLength is how many bytes of s belong to an address: ASCII without spaces
// and quotes, not the punctuation at its end and no bracket that it does not
// open itself.
func urlLength(s []byte) int {
	open, end := 0, 0
	for i, c := range s {
		switch {
		case c <= ' ' || c >= utf8.RuneSelf || strings.IndexByte("<>\"`|\\^{}[]*", c) >= 0:
			return end
		case c == '(':
			open++
		case c == ')':
			if open--; open < 0 {
				return end
			}
			end = i + 1
		case strings.IndexByte(".,:;!?'", c) < 0:
			end = i + 1
		}
	}
	return end
}

// line is a line of inline text. It is hard if the writer broke it on purpose.
type line struct {
	text   digest.Text
	offset int // in the body
	hard   bool
}

// inlineWriter gathers lines from the inline nodes of a block.
type inlineWriter struct {
	source []byte
	lines  []line
	style  digest.Style
	url    string
}

// inlineLines are the lines of a block node.
func inlineLines(n ast.Node, source []byte) []line {
	w := &inlineWriter{source: source, lines: []line{{offset: -1}}}
	w.children(n)
	lines := w.lines[:0]
	for _, l := range w.lines {
		if l.text = trim(l.text); len(l.text) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

func (w *inlineWriter) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *inlineWriter) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		w.at(n.Segment.Start)
		w.put(unescape(n.Segment.Value(w.source)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.lines = append(w.lines, line{offset: -1, hard: n.HardLineBreak()})
		}
	case *ast.String:
		w.put(string(n.Value))
	case *ast.CodeSpan:
		w.styled(n, digest.Code)
	case *ast.Emphasis:
		style := digest.Italic
		if n.Level > 1 {
			style = digest.Bold
		}
		w.styled(n, style)
	case *east.Strikethrough:
		w.styled(n, digest.Strike)
	case *ast.Link:
		w.link(webURL(unescape(n.Destination)), func() { w.children(n) })
	case *ast.AutoLink:
		w.at(n.Pos())
		label := string(n.Label(w.source))
		w.link(webURL(label), func() { w.put(label) })
	case *ast.RawHTML:
		w.tag(string(n.Segments.Value(w.source)))
	case *ast.Image:
		// A picture has no words of its own; its alternative text repeats others.
	default:
		w.children(n)
	}
}

// at notes where the line begins.
func (w *inlineWriter) at(offset int) {
	if l := &w.lines[len(w.lines)-1]; l.offset < 0 {
		l.offset = offset
	}
}

func (w *inlineWriter) put(s string) {
	if s == "" {
		return
	}
	l := &w.lines[len(w.lines)-1]
	l.text = appendSpan(l.text, digest.Span{Text: s, URL: w.url, Style: w.style})
}

func (w *inlineWriter) styled(n ast.Node, s digest.Style) {
	before := w.style
	w.style |= s
	if s == digest.Code {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				w.at(t.Segment.Start)
				w.put(strings.ReplaceAll(string(t.Segment.Value(w.source)), "\n", " "))
			}
		}
	} else {
		w.children(n)
	}
	w.style = before
}

func (w *inlineWriter) link(url string, label func()) {
	before := w.url
	w.url = url
	label()
	w.url = before
}

var (
	anchorTag = regexp.MustCompile(`(?is)^<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)
	breakTag  = regexp.MustCompile(`(?i)^<br\s*/?>`)
)

// tag reads the tags of HTML that mean something here: links and line breaks.
func (w *inlineWriter) tag(s string) {
	switch m := anchorTag.FindStringSubmatch(s); {
	case m != nil:
		w.url = webURL(html.UnescapeString(m[1] + m[2] + m[3]))
	case strings.EqualFold(s, "</a>"):
		w.url = ""
	case breakTag.MatchString(s):
		w.lines = append(w.lines, line{offset: -1, hard: true})
	}
}

// webURL is the address if it is absolute and on the web, else empty.
func webURL(s string) string {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	return s
}

// unescape resolves entities and backslashes.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	var s strings.Builder
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+1 < len(b) && util.IsPunct(b[i+1]):
			i++
			s.WriteByte(b[i])
		case b[i] == '&':
			end := bytes.IndexByte(b[i:min(i+40, len(b))], ';')
			if end < 0 {
				s.WriteByte('&')
				continue
			}
			s.WriteString(html.UnescapeString(string(b[i : i+end+1])))
			i += end
		default:
			s.WriteByte(b[i])
		}
	}
	return s.String()
}

// appendSpan appends s, to the last span if it is of the same kind.
func appendSpan(t digest.Text, s digest.Span) digest.Text {
	if n := len(t); n > 0 && t[n-1].URL == s.URL && t[n-1].Style == s.Style {
		t[n-1].Text += s.Text
		return t
	}
	return append(t, s)
}

// trim drops white space at both ends.
func trim(t digest.Text) digest.Text {
	for len(t) > 0 {
		if t[0].Text = strings.TrimLeftFunc(t[0].Text, unicode.IsSpace); t[0].Text != "" {
			break
		}
		t = t[1:]
	}
	for n := len(t); n > 0; n = len(t) {
		if t[n-1].Text = strings.TrimRightFunc(t[n-1].Text, unicode.IsSpace); t[n-1].Text != "" {
			break
		}
		t = t[:n-1]
	}
	return t
}

// join makes one text of lines. A soft break is a space, or nothing between
// characters that are written without spaces.
func join(lines []line) digest.Text {
	var t digest.Text
	for _, l := range lines {
		if n := len(t); n > 0 {
			last, _ := utf8.DecodeLastRuneInString(t[n-1].Text)
			first, _ := utf8.DecodeRuneInString(l.text[0].Text)
			switch {
			case l.hard:
				t = appendSpan(t, digest.Span{Text: "\n"})
			case !cjk(last) || !cjk(first):
				t = appendSpan(t, digest.Span{Text: " "})
			}
		}
		for _, s := range l.text {
			t = appendSpan(t, s)
		}
	}
	return t
}
