package body

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// tag is a tag of HTML.
type tag struct {
	name  string // in lower case
	end   bool   // </name>
	empty bool   // <name/>
	attrs []html.Attribute
}

// attr is the value of an attribute, and whether the tag has it.
func (t tag) attr(key string) (value string, ok bool) {
	for _, a := range t.attrs {
		if a.Key == key {
			return generator.Untame(a.Val), true
		}
	}
	return "", false
}

// parseTag reads the tag that raw begins with, and gives its length. ok is false
// for comments and the like, and if the tag does not end within raw.
func parseTag(raw []byte) (t tag, length int, ok bool) {
	if name, rest := cutTagName(raw); name != "" && len(rest) > 0 && rest[0] == '>' {
		return tag{name: name, end: raw[1] == '/'}, len(raw) - len(rest) + 1, true // as most are
	}
	z := html.NewTokenizer(bytes.NewReader(raw))
	kind := z.Next()
	if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
		return tag{}, 0, false
	}
	length = len(z.Raw())
	return tokenTag(z, kind), length, true
}

// tokenTag is the tag that the tokenizer has just read.
func tokenTag(z *html.Tokenizer, kind html.TokenType) tag {
	name, more := z.TagName()
	t := tag{name: string(name), end: kind == html.EndTagToken, empty: kind == html.SelfClosingTagToken}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		t.attrs = append(t.attrs, html.Attribute{Key: string(key), Val: string(value)})
	}
	return t
}

// cutTagName divides <name or </name from what follows. The name is in lower case,
// and empty if there is none.
func cutTagName(raw []byte) (name string, rest []byte) {
	rest, ok := bytes.CutPrefix(raw, []byte("<"))
	if !ok {
		return "", raw
	}
	rest = bytes.TrimPrefix(rest, []byte("/"))
	n := 0
	for n < len(rest) && (lexicon.IsASCIILetter(rest[n]) || n > 0 && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '-')) {
		n++
	}
	return strings.ToLower(string(rest[:n])), rest[n:]
}

// role is what an element of HTML means to a reader.
type role uint8

const (
	unknown role = iota // not an element
	phrase              // words within a line
	flows               // a block of its own
	leftOut             // it shows what a channel cannot
	unseen              // a page does not show it either
)

var roles = func() map[string]role {
	all := map[string]role{}
	for names, r := range map[string]role{
		`a abbr acronym area b base basefont bdi bdo bgsound big blink br button cite code col colgroup data del dfn em font i img ins kbd label
			link map mark marquee meta nobr noscript output param picture q rb rp rt rtc ruby s samp slot small source span strike strong sub sup time
			track tt u var wbr`: phrase,
		`address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer h1 h2 h3 h4
			h5 h6 head header hgroup hr html legend li listing main menu nav ol p pre search section summary table tbody td tfoot th
			thead tr ul xmp`: flows,
		`applet audio canvas embed form frame frameset iframe input math meter object optgroup option progress select svg
			textarea video`: leftOut,
		`datalist noembed noframes plaintext script style template title`: unseen,
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = r
		}
	}
	return all
}()

// unshown reports whether what is in the element is no text for a channel.
func unshown(name string) bool { return roles[name] >= leftOut }

// voids are the elements that hold nothing and so have no end.
var voids = lexicon.NewSet("area base basefont bgsound br col embed frame hr img input link meta param source track wbr").Words

// styles are what elements make of their words.
var styles = map[string]digest.Style{
	"b": digest.Bold, "strong": digest.Bold, "summary": digest.Bold,
	"i": digest.Italic, "em": digest.Italic, "cite": digest.Italic, "dfn": digest.Italic, "var": digest.Italic,
	"s": digest.Strike, "del": digest.Strike, "strike": digest.Strike,
	"code": digest.Code, "kbd": digest.Code, "samp": digest.Code, "tt": digest.Code,
}

// isTag reports whether what is written as a tag at an offset is one, and no
// words: the T of Vec<T>, or a <name> to be filled in. Pages hide those; a writer
// means them to be seen. A tag with an end is an element, be it unknown.
func isTag(t tag, raw, source []byte, at int) bool {
	name := bytes.TrimLeft(raw, "</")
	capital := len(name) > 0 && name[0] < 'a'
	near := source[at:min(at+maxTag, len(source))]
	if roles[t.name] == unknown {
		if slices.ContainsFunc(t.attrs, func(a html.Attribute) bool { return a.Val != "" }) {
			return true
		}
		if t.end && opens(t.name, source[max(at-maxTag, 0):at]) || !t.end && endTag(t.name, near) >= 0 {
			return true
		}
		component := strings.Contains(t.name, "-") || capital && len(t.name) > 1
		return component && lexicon.IsBlank(generator.LineBefore(source, at)) && lexicon.IsBlank(generator.LineBehind(source, min(at+len(raw), len(source))))
	}
	if t.end || len(t.attrs) > 0 || !capital || at == 0 || !lexicon.IsASCIILetter(source[at-1]) {
		return true
	}
	if len(t.name) > 1 && bytes.Equal(name, bytes.ToUpper(name)) {
		return true
	}
	return endTag(t.name, near) >= 0
}

// opens reports whether text has a start tag of that name.
func opens(name string, text []byte) bool {
	for {
		i := bytes.LastIndexByte(text, '<')
		if i < 0 {
			return false
		}
		if found, _ := cutTagName(text[i:]); found == name && text[i+1] != '/' {
			return true
		}
		text = text[:i]
	}
}

// maxTag is how far a look goes for the end of what may be a tag or an element.
const maxTag = 1000

// endTag is where the end tag of that name ends in text, or -1.
func endTag(name string, text []byte) int {
	for at := 0; ; {
		n := bytes.Index(text[at:], []byte("</"))
		if n < 0 {
			return -1
		}
		at += n + len("</")
		rest := text[at:]
		if len(rest) <= len(name) || !strings.EqualFold(string(rest[:len(name)]), name) || strings.IndexByte(" \t\n/>", rest[len(name)]) < 0 {
			continue
		}
		if end := bytes.IndexByte(rest, '>'); end >= 0 {
			return at + end + 1
		}
		return -1
	}
}

// tagParser is goldmark's parser of HTML within a line. It also reads the tags that
// Markdown takes for words because of a missing space or quote.
type tagParser struct{ parser.InlineParser }

func (p tagParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if n := p.InlineParser.Parse(parent, block, pc); n != nil {
		return n
	}
	line, segment := block.PeekLine()
	near := line[:min(len(line), maxTag)]
	name, rest := cutTagName(near)
	if roles[name] == unknown || len(rest) == 0 || strings.IndexByte(" \t/>", rest[0]) < 0 {
		return nil
	}
	n := len(bytes.TrimRight(line, "\n")) // if it is cut off
	if end := bytes.IndexByte(rest, '>'); end >= 0 {
		n = len(near) - len(rest) + end + 1
		if _, length, ok := parseTag(near); ok {
			n = length
		}
	} else if bytes.IndexByte(rest, '=') < 0 || len(line) > maxTag {
		return nil
	}
	node := ast.NewRawHTML()
	node.SetPos(segment.Start)
	node.Segments.Append(segment.WithStop(segment.Start + n))
	block.Advance(n)
	return node
}

// superscripts are the characters that have a superscript form. A channel has no
// x<sup>2</sup>, but x².
var superscripts = func() map[rune]rune {
	all, raised := map[rune]rune{}, []rune("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
	for i, r := range []rune("0123456789+-−=()in") {
		all[r] = raised[i]
	}
	return all
}()

// raise is s in superscript if all of it has that form.
func raise(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return superscripts[r] == 0 }) {
		return s
	}
	return strings.Map(func(r rune) rune { return superscripts[r] }, s)
}

// mark is a link or an emphasis of HTML that is open.
type mark struct {
	name   string
	style  digest.Style // that it adds
	raised bool         // around it, as are the next two
	url    string
	linked bool
}

// tag reads a tag, or a comment, within a paragraph.
func (w *inlineWriter) tag(n *ast.RawHTML) {
	raw, at := n.Segments.Value(w.source), n.Segments.At(0).Start
	t, _, ok := parseTag(raw)
	switch name, _ := cutTagName(raw); {
	case !ok && name != "": // its end is missing
		w.leaveTag(w.block, at)
	case !ok:
		w.leaveComment(w.block, at, raw)
	case !isTag(t, raw, w.source, at):
		w.literal(raw, at)
	case unshown(t.name):
		if !t.end {
			w.passOver(t, at, n.Segments.At(n.Segments.Len()-1).Stop)
		}
	case roles[t.name] == flows:
		if w.endLine(true); t.name == "li" && !t.end {
			w.at(at)
			w.put("• ")
		}
	default:
		w.phrase(t, at)
	}
}

// literal puts what is no tag but words.
func (w *inlineWriter) literal(raw []byte, at int) {
	w.at(at)
	w.put(spaceOut(generator.Untame(string(raw))))
}

// passOver hides an element up to its end. A script without an end hides the rest of
// its paragraph, as it does on a page.
func (w *inlineWriter) passOver(t tag, at, inside int) {
	if t.empty || voids[t.name] {
		w.leaveElement(w.block, t.name, at, nil)
		return
	}
	stop := at
	if n := w.block.Lines().Len(); n > 0 {
		stop = w.block.Lines().At(n - 1).Stop
	}
	end := -1
	if !slices.Contains(w.unended, t.name) {
		end = endTag(t.name, w.source[at:max(stop, at)])
	}
	switch {
	case end >= 0:
		w.leaveElement(w.block, t.name, at, w.source[inside:max(at+end, inside)])
		w.hidden = at + end
	case roles[t.name] == unseen:
		w.leaveOpen(w.block, "<"+t.name+">", "</"+t.name+">", at, w.source[inside:max(stop, inside)])
		w.hidden = stop
	default:
		w.leaveElement(w.block, t.name, at, nil)
		w.unended = append(w.unended, t.name)
	}
}

// phrase reads a tag that means something within a line, or nothing.
func (w *inlineWriter) phrase(t tag, at int) {
	switch {
	case t.name == "br":
		w.endLine(true)
		w.broken = true
	case t.name == "img":
		src, _ := t.attr("src")
		alt, _ := t.attr("alt")
		if width, _ := t.attr("width"); width == "0" || width == "1" {
			return // it counts readers, often within <noscript>
		}
		if w.linked {
			w.linkedPicture(alt, at)
		} else {
			w.picture(alt, src, at)
		}
	case t.name == "q" && t.end:
		w.put("”")
	case t.name == "q":
		w.at(at)
		w.put("“")
	case t.end:
		for i := len(w.marks) - 1; i >= 0; i-- {
			if w.marks[i].name == t.name {
				w.unmark(i)
				break
			}
		}
	case !t.empty:
		w.mark(t, at)
	}
}

// mark opens a link or an emphasis.
func (w *inlineWriter) mark(t tag, at int) {
	style := styles[t.name]
	if style == 0 && t.name != "a" && t.name != "sup" {
		return
	}
	if t.name == "a" { // which ends one that is open
		w.phrase(tag{name: "a", end: true}, at)
	}
	if len(w.marks) >= maxDepth {
		return
	}
	w.marks = append(w.marks, mark{t.name, style &^ w.style, w.raised, w.url, w.linked})
	w.style |= style
	w.raised = w.raised || t.name == "sup"
	if href, ok := t.attr("href"); ok && t.name == "a" {
		href = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(href, "\n", ""), "\t", ""))
		w.refers = w.refers || href == ""
		w.anchors = w.anchors || strings.HasPrefix(href, "#")
		w.url, w.linked, w.pictured = w.address(href, at), true, 0
	}
}

// unmark closes all marks but the first ones.
func (w *inlineWriter) unmark(kept int) {
	for len(w.marks) > kept {
		m := w.marks[len(w.marks)-1]
		w.marks = w.marks[:len(w.marks)-1]
		w.style &^= m.style
		w.raised = m.raised
		if m.name == "a" {
			w.labelPicture()
			w.url, w.linked = m.url, m.linked
		}
	}
}

// worded is in place of where the picture of a link is, if the link has words.
const worded = -1

// labelPicture keeps a link that has nothing but a picture without words. Its words
// are the host it leads to; in the cell of a table they are a mark.
func (w *inlineWriter) labelPicture() {
	if w.pictured > 0 && w.url != "" {
		words := hostOf(w.url)
		if w.cell || w.innermost(cellNames, nil) >= 0 {
			words = "🔗"
		}
		at := w.pictured // its line may have ended before the link
		if last := len(w.blocks) - 1; last >= 0 {
			at = max(at, w.blocks[last].Offset) // as may a block without words behind it
		}
		w.at(at)
		w.put(words)
	}
	w.pictured = 0
}

// hostOf is the host of an address on the web.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// html puts words of HTML in which white space is one space.
func (w *inlineWriter) html(t token) {
	words := bytes.TrimLeft(t.raw, " \t\n")
	if len(words) > 0 {
		w.at(t.at + len(t.raw) - len(words))
	}
	if w.offset >= 0 {
		s := html.UnescapeString(generator.Untame(string(t.raw)))
		if w.style&digest.Code == 0 {
			s = ReplaceShortcodes(s)
		}
		w.put(spaceOut(s))
	}
	if bytes.HasSuffix(t.raw, []byte("\n")) {
		w.endLine(false)
	}
}

// spaceOut makes one space of each run of spaces.
func spaceOut(s string) string {
	if !strings.ContainsAny(s, "\t\n") && !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	space := false
	for i := range len(s) {
		isSpace := s[i] == ' ' || s[i] == '\t' || s[i] == '\n'
		switch {
		case !isSpace:
			b.WriteByte(s[i])
		case !space:
			b.WriteByte(' ')
		}
		space = isSpace
	}
	return b.String()
}
