package body

import (
	"bytes"
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

// tag is an HTML tag.
type tag struct {
	name  string // in lower case
	end   bool   // </name>
	empty bool   // <name/>
	attrs []html.Attribute
}

// attr returns the value of an attribute. ok is false if the tag does not have it.
func (t tag) attr(key string) (value string, ok bool) {
	for _, a := range t.attrs {
		if a.Key == key {
			return generator.Untame(a.Val), true
		}
	}
	return "", false
}

// parseTag parses the tag at the start of raw, and returns its length. ok is false for
// comments and the like, and if the tag is incomplete.
func parseTag(raw []byte) (t tag, length int, ok bool) {
	if name, rest := cutTagName(raw); name != "" && len(rest) > 0 && rest[0] == '>' {
		return tag{name: name, end: raw[1] == '/'}, len(raw) - len(rest) + 1, true // the usual case
	}
	z := html.NewTokenizer(bytes.NewReader(raw))
	kind := z.Next()
	if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
		return tag{}, 0, false
	}
	length = len(z.Raw())
	return tokenTag(z, kind), length, true
}

// tokenTag returns the tag that the tokenizer has just read.
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

// cutTagName cuts <name or </name from the start of raw. The name is in lower case, and
// empty if there is none.
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

// role is what an HTML element means to a reader.
type role uint8

const (
	unknown role = iota // not an element
	phrase              // words within a line
	flows               // a block of its own
	leftOut             // a channel cannot show it
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

// unshown reports whether the contents of an element are not shown in a channel.
func unshown(name string) bool { return roles[name] >= leftOut }

// voids are the elements that have no contents and so no end tag.
var voids = lexicon.NewSet("area base basefont bgsound br col embed frame hr img input link meta param source track wbr").Words

// styles maps elements to the styles of their text.
var styles = map[string]digest.Style{
	"b": digest.Bold, "strong": digest.Bold, "summary": digest.Bold,
	"i": digest.Italic, "em": digest.Italic, "cite": digest.Italic, "dfn": digest.Italic, "var": digest.Italic,
	"s": digest.Strike, "del": digest.Strike, "strike": digest.Strike,
	"code": digest.Code, "kbd": digest.Code, "samp": digest.Code, "tt": digest.Code,
}

// isTag reports whether something written as a tag is one, and not text: the T of
// Vec<T>, or a <name> to be filled in. Pages hide those, but their authors mean them to
// be seen. A tag with an end tag is an element, even an unknown one.
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

// maxTag is how many bytes are searched for the end of a possible tag or element.
const maxTag = 1000

// endTag returns the offset after the end tag of that name in text, or -1.
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

// tagParser is goldmark's parser of inline HTML. It also parses tags that Markdown
// takes for text because of a missing space or quote.
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
	n := len(bytes.TrimRight(line, "\n")) // if the tag is incomplete
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

// superscripts maps characters to their superscript forms, because a channel shows x²
// but not x<sup>2</sup>.
var superscripts = func() map[rune]rune {
	all, raised := map[rune]rune{}, []rune("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
	for i, r := range []rune("0123456789+-−=()in") {
		all[r] = raised[i]
	}
	return all
}()

// raise returns s in superscript if all of its characters have that form, otherwise s.
func raise(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return superscripts[r] == 0 }) {
		return s
	}
	return strings.Map(func(r rune) rune { return superscripts[r] }, s)
}

// worded replaces the offset of a link's picture once the link has text.
const worded = -1
