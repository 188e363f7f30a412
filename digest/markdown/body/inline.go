package body

import (
	"bytes"
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
	"golang.org/x/net/html"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// inlineParsers read strikethrough, emphasis between CJK characters and bare
// addresses besides what goldmark reads by itself.
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

// newParser is goldmark's parser with these inline parsers and with tables. It
// may be used by many at once.
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
		parser.WithAttribute(), // {#id} behind a heading
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

// goldmark compares the delimiters of a block with each other, and reads the
// link references of a paragraph again and again, both of which is quadratic.
const (
	// maxDelimiters is how many brackets, stars and the like a block may have
	// before the rest of them are plain characters.
	maxDelimiters = 1000
	// maxScanned is how many bytes of a block may be looked at for all its
	// delimiters: each is looked for up to the end.
	maxScanned = 24 << 20
	// maxReferences is how many lines a paragraph of link references may have.
	maxReferences = 2000
)

// references reads link references from paragraphs of a bounded length.
type references struct{}

func (references) Transform(p *ast.Paragraph, r text.Reader, pc parser.Context) {
	if p.Lines().Len() <= maxReferences {
		parser.LinkReferenceParagraphTransformer.Transform(p, r, pc)
	} else if first := p.Lines().At(0); pc.Get(referencesKey) == nil && bytes.HasPrefix(first.Value(r.Source()), []byte("[")) {
		pc.Set(referencesKey, p)
	}
}

// context knows references whose definition is in a file that Liquid includes: they
// are links that lead nowhere, rather than text in brackets.
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

// bounded keeps an inline parser to maxDelimiters in a block.
type bounded struct{ parser.InlineParser }

var delimitersKey = parser.NewContextKey()

type delimiterCount struct {
	block    ast.Node
	n, limit int
}

// The parsers note here the first block that has too many delimiters, and the
// first paragraph with too many references.
var (
	crowdedKey    = parser.NewContextKey()
	referencesKey = parser.NewContextKey()
)

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
	d.CanOpen, d.CanClose = flanks(d.Char, before, after)
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

// flanks reports whether a delimiter between two characters may open and close
// emphasis.
func flanks(delimiter byte, before, after rune) (opens, closes bool) {
	left := !util.IsSpaceRune(after) && (!punct(after) || util.IsSpaceRune(before) || punct(before) || lexicon.IsCJK(before))
	right := !util.IsSpaceRune(before) && (!punct(before) || util.IsSpaceRune(after) || punct(after) || lexicon.IsCJK(after))
	if delimiter == '_' {
		return left && (!right || util.IsPunctRune(before)), right && (!left || util.IsPunctRune(after))
	}
	return left, right
}

func punct(r rune) bool { return util.IsPunctRune(r) && !lexicon.IsCJK(r) }

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
	scheme := schemeBefore(before.Segment.Value(block.Source()))
	rest := urlLength(line[3:])
	if scheme == 0 || rest == 0 {
		return nil
	}
	start := segment.Start - scheme
	if before.Segment = before.Segment.WithStop(start); before.Segment.IsEmpty() {
		parent.RemoveChild(parent, before)
	}
	block.Advance(3 + rest)
	link := ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(start, segment.Start+3+rest)))
	link.SetPos(start)
	return link
}

// schemeBefore is the length of http or https at the end of s.
func schemeBefore[S string | []byte](s S) int {
	for _, scheme := range []string{"https", "http"} {
		if n := len(scheme); len(s) >= n && strings.EqualFold(string(s[len(s)-n:]), scheme) {
			return n
		}
	}
	return 0
}

// urlLength is how many bytes of s belong to an address: letters and digits of any
// script and the signs of ASCII but for spaces and quotes; not the punctuation at
// its end, of whatever width, and no bracket that it does not open itself.
// Behind the name of a host, words without a space begin: https://go.dev发布.
func urlLength[S string | []byte](s S) int {
	open, end := 0, 0
	host := true
	for i := 0; i < len(s); {
		c := s[i]
		size := 1
		host = host && strings.IndexByte("/?#", c) < 0
		switch {
		case c >= utf8.RuneSelf:
			if size = letterSize(s[i:]); size == 0 || host && i > 0 && s[i-1] < utf8.RuneSelf && s[i-1] != '.' && !hasLabel(s[i:]) {
				return end
			}
			end = i + size
		case c <= ' ' || strings.IndexByte("<>\"`|\\^{}[]*", c) >= 0:
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
		i += size
	}
	return end
}

// letterSize is the size of the letter or digit of any script that s begins with,
// or 0.
func letterSize[S string | []byte](s S) int {
	r, size := utf8.DecodeRuneInString(string(s[:min(len(s), utf8.UTFMax)]))
	if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
		return 0
	}
	return size
}

// maxHost is how many bytes the name of a host has at most
// (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const maxHost = 253

// hasLabel reports whether the name of a host goes on with a label behind the one
// that s begins within.
func hasLabel[S string | []byte](s S) bool {
	for i := 0; i < min(len(s), maxHost); {
		size := letterSize(s[i:])
		switch {
		case s[i] == '.':
			return letterSize(s[i+1:]) > 0
		case size == 0 && s[i] != '-':
			return false
		}
		i += max(size, 1)
	}
	return false
}

// inlineWriter gathers lines from the inline nodes of a block.
type inlineWriter struct {
	*flattener
	block   ast.Node
	cell    bool         // it is a cell of a table
	lines   []block.Line // those that are complete
	text    block.TextBuilder
	offset  int // of the line that is being written, -1 before its first word
	hard    bool
	noted   []*block.FootnoteMark // in the line
	style   digest.Style
	raised  bool // the words are superscript
	url     string
	anchors bool // a link leads to a place within the page
	refers  bool // a link leads to an address that another file has

	linked   bool // the words are those of a link
	pictured int  // where a picture is in it, 0 before one, or worded
	marks    []mark
	broken   bool     // a <br> ended the last line
	unended  []string // elements that have no end in the block
}

// BadLink is a link that leads nowhere from a channel.
type BadLink struct {
	Address string
	Offset  int // in the body
}

// endLine completes the line, unless it is empty, and says of which kind the
// break is that the next one begins with.
func (w *inlineWriter) endLine(hard bool) {
	if t := block.Trim(w.text.Done()); len(t) > 0 {
		w.lines = append(w.lines, block.Line{Text: t, Offset: w.offset, Hard: w.hard, Marks: w.noted})
		w.broken, w.noted = false, nil
	}
	w.text, w.offset, w.hard = block.TextBuilder{}, -1, hard || w.broken
}

func (w *inlineWriter) inside(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c)
	}
}

func (w *inlineWriter) node(n ast.Node) {
	if w.hidden > 0 && w.isHidden(n) {
		return
	}
	switch n := n.(type) {
	case *ast.Text:
		w.at(n.Segment.Start)
		w.put(unescape(n.Segment.Value(w.source)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.endLine(n.HardLineBreak())
		}
	case *ast.String:
		w.put(string(n.Value))
	case *reworded:
		words := n.shown
		if w.style&digest.Code != 0 { // of HTML
			words = n.written
		}
		if words != "" {
			w.at(n.Pos())
			w.put(words)
		}
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
		w.refers = w.refers || len(n.Destination) == 0 && n.FirstChild() != nil
		w.anchors = w.anchors || len(n.Destination) > 0 && n.Destination[0] == '#'
		w.link(w.address(unescape(n.Destination), n.Pos()), func() {
			if mark, ok := n.FirstChild().(*ast.Text); ok && n.ChildCount() == 1 && citeMark(string(mark.Segment.Value(w.source))) {
				w.at(n.Pos())
				w.put("[" + string(mark.Segment.Value(w.source)) + "]") // a number is no word of the sentence
				return
			}
			w.inside(n)
			w.labelPicture()
		})
	case *ast.AutoLink:
		w.at(n.Pos())
		label := string(n.Label(w.source))
		w.link(WebURL(label), func() { w.put(label) })
	case *ast.RawHTML:
		w.tag(n)
	case *footnoteNode:
		w.put(n.mark.Mark())
		w.noted = append(w.noted, &n.mark)
	case *ast.Image:
		w.image(n)
	case *east.TaskCheckBox:
		if n.IsChecked {
			w.put("☑ ")
		} else {
			w.put("☐ ")
		}
	default:
		w.inside(n)
	}
}

// isHidden reports whether a node begins within HTML that is not shown.
func (w *inlineWriter) isHidden(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Text:
		if n.Segment.Start < w.hidden && n.Segment.Stop > w.hidden {
			n.Segment = n.Segment.WithStart(w.hidden)
		}
		return n.Segment.Start < w.hidden
	case *ast.RawHTML, *ast.AutoLink, *ast.Link, *ast.Image, *reworded:
		return n.Pos() < w.hidden
	}
	return false
}

// citeMark reports whether the words of a link are the number of a source.
func citeMark(s string) bool {
	return len(s) > 0 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// at notes where the line begins.
func (w *inlineWriter) at(offset int) {
	if w.offset < 0 {
		w.offset = offset
	}
}

func (w *inlineWriter) put(s string) {
	if s = generator.Untame(s); s != "" {
		if w.raised {
			s = raise(s)
		}
		if w.linked && !block.IsBlank(digest.Span{Text: s}) {
			w.pictured = worded
		}
		w.text.Put(digest.Span{Text: s, URL: w.url, Style: w.style})
	}
}

func (w *inlineWriter) styled(n ast.Node, s digest.Style) {
	added := s &^ w.style
	w.style |= s
	if s == digest.Code {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok && t.Segment.Start >= w.hidden {
				w.at(t.Segment.Start)
				w.put(strings.ReplaceAll(string(t.Segment.Value(w.source)), "\n", " "))
			}
		}
	} else {
		w.inside(n)
	}
	w.style &^= added
}

func (w *inlineWriter) link(url string, label func()) {
	before, linked, marks := w.url, w.linked, len(w.marks)
	w.url, w.linked, w.pictured = url, true, 0
	label()
	w.unmark(marks)
	w.url, w.linked = before, linked
}

// address is that of a link if it is on the web. Any other is noted, but for a
// place within the page: contents have such.
func (w *inlineWriter) address(s string, at int) string {
	s = generator.Untame(s)
	if w.paged {
		if url := RelativeURL(s); url != "" {
			return url
		}
	}
	url, ok := linkURL(strings.ReplaceAll(s, " ", "%20"))
	if !ok {
		w.Bad = append(w.Bad, BadLink{s, at})
	}
	return url
}

// RelativeURL is an address that is relative to a page, or begins with a tag of
// Liquid for one; empty if s is another. A place within the page is none.
func RelativeURL(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '#' || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	if siteTag.MatchString(s) {
		return s
	}
	s = strings.ReplaceAll(s, " ", "%20")
	if u, err := url.Parse(s); err != nil || u.Scheme != "" || u.User != nil || u.Host == "" && u.Path == "" && u.RawQuery == "" || strings.ContainsAny(s, "{}<>\"") {
		return ""
	}
	return s
}

// siteTag matches an address that begins with tags that a website may resolve.
var siteTag = regexp.MustCompile(`^(?:\{\{-?\s*(?:site\.(?:url|baseurl)|page\.url|["'][^"']*["']\s*\|\s*(?:relative_url|absolute_url|prepend:\s*site\.(?:base)?url))\s*-?\}\}|\{%-?\s*(?:post_url|link)\s+[^{}]+?\s*-?%\})+[^\s{}<>"]*$`)

// linkURL is the address of a link if it is on the web, else empty. Another one
// is not ok, unless it is left out on purpose or a place within the page.
func linkURL(s string) (url string, ok bool) {
	url = WebURL(s)
	return url, url != "" || s == "" || s[0] == '#' || wholeURL(s)
}

// WebURL is the address if it is absolute and on the web, else empty.
func WebURL(s string) string {
	s = strings.TrimSpace(s)
	if host, path, ok := plainURL(s); ok {
		if shares(host, path) {
			return ""
		}
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || shares(u.Host, u.Path) || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	if strings.ContainsAny(u.Host, `<>"`) { // which Parse lets through
		return ""
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return ""
	}
	return s
}

// plainURL divides an address of letters, digits and little else. ok is false
// for others, which may be addresses as well.
func plainURL(s string) (host, path string, ok bool) {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	host = rest
	for i := range len(rest) {
		switch c := rest[i]; {
		case lexicon.IsASCIILetter(c), c >= '0' && c <= '9', c == '-', c == '.':
		case c == '/' && path == "":
			host, path = rest[:i], rest[i:]
		case path == "" || strings.IndexByte("/_~+=&?#:,;@!()", c) < 0:
			return "", "", false
		}
	}
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	return host, path, ok && host != ""
}

// wholeURL reports whether s is an address on the web that is passed over on purpose.
func wholeURL(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && shares(u.Host, u.Path)
}

// shares reports whether an address shares the page rather than leads anywhere.
func shares(host, path string) bool {
	for _, s := range shareLinks[strings.TrimPrefix(strings.ToLower(host), "www.")] {
		if strings.HasPrefix(path, s) {
			return true
		}
	}
	return false
}

// shareLinks are how the paths of such addresses begin, by host.
var shareLinks = map[string][]string{
	"twitter.com": {"/intent/", "/share"}, "x.com": {"/intent/", "/share"}, "bsky.app": {"/intent/"},
	"facebook.com": {"/sharer", "/dialog/share"}, "m.facebook.com": {"/sharer"}, "linkedin.com": {"/shareArticle", "/sharing/"},
	"t.me": {"/share"}, "telegram.me": {"/share"}, "reddit.com": {"/submit"}, "news.ycombinator.com": {"/submitlink"}, "api.whatsapp.com": {"/send"},
	"service.weibo.com": {"/share"}, "pinterest.com": {"/pin/create"}, "getpocket.com": {"/save"}, "b.hatena.ne.jp": {"/entry/add"}, "social-plugins.line.me": {""},
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
			entity := string(b[i : i+end+1])
			if c := html.UnescapeString(entity); !strings.HasSuffix(c, ";") || entity == "&semi;" {
				entity = c // and not &notit;, of which HTML would read the beginning
			}
			s.WriteString(entity)
			i += end
		default:
			s.WriteByte(b[i])
		}
	}
	return s.String()
}
