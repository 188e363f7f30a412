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

// Jekyll and Hugo replace what stands in {{ }} and {% %} before they read Markdown.
// A digest is read without them, so such a tag leaves no words. Code is different:
// it is shown as written, as its writer meant it, although Jekyll would evaluate
// what is not between {% raw %} and {% endraw %}.

// HasVariables reports whether {{ x }} in a text is a variable of Liquid, which is
// empty, rather than words. It is one in a file with tags of Liquid and in a post of
// Jekyll's, which has YAML front matter and a name with a date
// (https://jekyllrb.com/docs/posts/#creating-posts), unless the file has Hugo's
// shortcodes.
func HasVariables(name string, data []byte) bool {
	switch {
	case shortcode.Match(data):
		return false
	case bytes.Contains(data, []byte("{%")):
		return true
	}
	return bytes.HasPrefix(data, []byte("---")) && datedName.MatchString(path.Base(name))
}

var (
	shortcode = regexp.MustCompile(`\{\{[<%]`)
	datedName = regexp.MustCompile(`^\d{2,4}-\d{1,2}-\d{1,2}-`)
)

// Characters that stand for others in a body that is tame. Control characters never
// come this far otherwise.
const (
	asSpace   = '\x00' // a space within a tag
	asNothing = '\x01' // what a page does not show
	asBrace   = '\x02' // a { that opens no tag
)

var untamer = strings.NewReplacer(string(asSpace), " ", string(asNothing), "", string(asBrace), "{")

// Untame puts back what tame has replaced.
func Untame(s string) string {
	if strings.IndexByte(s, asSpace) < 0 && strings.IndexByte(s, asNothing) < 0 && strings.IndexByte(s, asBrace) < 0 {
		return s // as most is
	}
	return untamer.Replace(s)
}

// Tame reads Liquid before Markdown is read: a line of tags is empty, code and
// comments are what Markdown has for them, {% raw %} leaves what is within as it is,
// and the tags within an address do not break it. It keeps the place of everything.
func Tame(body []byte, variables bool) []byte {
	body = withoutNotes(withoutComments(body))
	if !bytes.Contains(body, []byte("{%")) && !bytes.Contains(body, []byte("{{")) {
		return body
	}
	t := tamer{body: body, out: bytes.Clone(body), found: map[string]int{}, variables: variables, comment: -1}
	for at := 0; ; {
		i := bytes.IndexByte(body[at:], '{')
		if i < 0 || at+i+1 >= len(body) {
			return t.out
		}
		at += i
		at += t.tag(at)
	}
}

// withoutComments is the body without the comments of kramdown
// (https://kramdown.gettalong.org/syntax.html#extensions).
func withoutComments(body []byte) []byte {
	if !bytes.Contains(body, []byte("{::comment}")) {
		return body
	}
	out := bytes.Clone(body)
	var f fences
	for _, m := range kramdownComment.FindAllIndex(body, -1) {
		if !f.hold(body, m[0]) {
			Overwrite(out[m[0]:m[1]], ' ')
		}
	}
	return out
}

var kramdownComment = regexp.MustCompile(`(?s)\{::comment\}.*?\{:/(?:comment)?\}`)

// tamer is the search of a body for tags.
type tamer struct {
	body, out   []byte
	variables   bool
	found       map[string]int // where what was looked for comes next
	fences      fences
	highlighted bool // a block of code of Liquid is open
	comment     int  // where the words of the last comment begin
}

var (
	liquidPairs = map[string]string{"{%": "%}", "{{": "}}"}
	liquidName  = regexp.MustCompile(`^\{%-?\s*(\w+)`)
	liquidMarks = map[string]string{"highlight": "```", "endhighlight": "```", "comment": "<!--", "endcomment": "-->"}
	endRaw      = regexp.MustCompile(`\{%-?\s*endraw\s*-?%\}`)
)

// tag reads what may be a tag at an offset, and gives how far to go on.
func (t *tamer) tag(at int) int {
	body := t.body
	closing := liquidPairs[string(body[at:at+2])]
	if closing == "" {
		return 1
	}
	end := t.find(closing, at+2) + 2
	lines := t.find("\n", at) < end
	if end > len(body) || closing == "}}" && lines {
		return 1 // no tag but two characters
	}
	tag := body[at:end]
	name := ""
	if m := liquidName.FindSubmatch(tag); m != nil {
		name = string(m[1])
	}
	inCode := t.highlighted || t.fences.hold(body, at)
	if name == "raw" && t.found[name] < len(body) {
		if close := endRaw.FindIndex(body[end:]); close != nil {
			t.vanish(at, end, inCode)
			t.literal(end, end+close[0])
			t.vanish(end+close[0], end+close[1], t.highlighted || t.fences.hold(body, end+close[0]))
			return len(tag) + close[1]
		}
		t.found[name] = len(body)
	}
	out := t.out[at:end]
	isShortcode := closing == "}}" && (tag[2] == '<' || tag[2] == '%')
	if escaped := isShortcode && bytes.HasPrefix(tag[3:], []byte("/*")); escaped || closing == "}}" && !isShortcode && !t.variables {
		t.literal(at, end)
		if escaped { // https://gohugo.io/content-management/shortcodes/#escaping
			Overwrite(out[3:5], asNothing)
			if i := bytes.LastIndex(tag, []byte("*/")); i > 4 {
				Overwrite(out[i:i+2], asNothing)
			}
		}
		copy(out, bytes.ReplaceAll(out, []byte(" "), []byte{asSpace}))
		return len(tag)
	}
	alone := lexicon.IsBlank(LineBefore(body, at)) && lexicon.IsBlank(LineBehind(body, end))
	mark := liquidMarks[name]
	switch {
	case name == "endhighlight" && t.highlighted:
		t.highlighted = false
	case inCode, name == "endhighlight", name == "highlight" && !alone: // within a line no block of code begins
		mark = ""
	case name == "highlight":
		t.highlighted = true
	}
	if mark == "" && (inCode || !alone && !lines) {
		copy(out, bytes.ReplaceAll(tag, []byte(" "), []byte{asSpace}))
		return len(tag)
	}
	Overwrite(out, ' ')
	copy(out, mark)
	switch name {
	case "comment":
		t.comment = end
	case "endcomment":
		if t.comment >= 0 {
			Overwrite(t.out[t.comment:at], ' ') // there may be a comment of HTML within
		}
		t.comment = -1
	}
	return len(tag)
}

// find is where the next of these characters is from an offset on, or the end of the
// body. It looks at the body once.
func (t *tamer) find(what string, from int) int {
	at, ok := t.found[what]
	if !ok || at < from {
		if at = bytes.Index(t.body[from:], []byte(what)); at >= 0 {
			at += from
		} else {
			at = len(t.body)
		}
		t.found[what] = at
	}
	return at
}

// vanish hides a stretch of a line. A line of asNothing else is empty, but for one in
// code, which keeps no spaces of it.
func (t *tamer) vanish(from, to int, inCode bool) {
	with := byte(asNothing)
	if !inCode && lexicon.IsBlank(LineBefore(t.body, from)) && lexicon.IsBlank(LineBehind(t.body, to)) {
		with = ' '
	}
	Overwrite(t.out[from:to], with)
}

// literal makes words of what would be tags in a stretch of the body.
func (t *tamer) literal(from, to int) {
	for i := from; i+1 < to; i++ {
		if liquidPairs[string(t.body[i:i+2])] != "" {
			t.out[i] = asBrace
		}
	}
}

// withoutNotes is the body without the comments of Obsidian: %%words%%, which stand
// beside no word, as in 50%%, or a stretch that begins with a line of them
// (https://help.obsidian.md/syntax#Comments). Code keeps them.
func withoutNotes(body []byte) []byte {
	if !bytes.Contains(body, []byte("%%")) {
		return body
	}
	out := bytes.Clone(body)
	var f fences
	mark := []byte("%%")
	for at := 0; ; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			return out
		}
		at += i
		before, behind := LineBefore(body, at), body[at+len(mark):]
		last, _ := utf8.DecodeLastRune(before)
		end := bytes.Index(behind, mark)
		if end < 0 {
			return out
		}
		switch {
		case f.hold(body, at), bytes.Count(before, []byte("`"))%2 == 1, unicode.IsLetter(last), unicode.IsDigit(last), last == '%',
			!lexicon.IsBlank(before) && bytes.IndexByte(behind[:end], '\n') >= 0:
			at += len(mark)
		default:
			Overwrite(out[at:at+end+2*len(mark)], ' ')
			at += end + 2*len(mark)
		}
	}
}
