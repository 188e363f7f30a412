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

// Jekyll and Hugo replace {{ }} and {% %} before they read Markdown. A digest is read
// without them, so such tags disappear. Code is an exception: it is shown as written,
// because that is what its author meant, although Jekyll would evaluate tags in it
// outside of {% raw %} and {% endraw %}.

// HasVariables reports whether {{ x }} in a text is a Liquid variable, which is read as
// empty, rather than literal text. It is a variable in a file with Liquid tags, and in
// a Jekyll post, that is, a file with YAML front matter and a date in its name
// (https://jekyllrb.com/docs/posts/#creating-posts). In a file with Hugo shortcodes it
// is not.
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

// Placeholders in the result of Tame. A body contains no control characters at this
// point.
const (
	asSpace   = '\x00' // a space within a tag
	asNothing = '\x01' // something that a page does not show
	asBrace   = '\x02' // a { that opens no tag
)

var untamer = strings.NewReplacer(string(asSpace), " ", string(asNothing), "", string(asBrace), "{")

// Untame restores the characters that Tame has replaced.
func Untame(s string) string {
	if strings.IndexByte(s, asSpace) < 0 && strings.IndexByte(s, asNothing) < 0 && strings.IndexByte(s, asBrace) < 0 {
		return s // the usual case
	}
	return untamer.Replace(s)
}

// Tame processes Liquid before Markdown is read. A line of tags becomes empty; code and
// comments become those of Markdown; {% raw %} preserves its contents; and tags in an
// address do not break it. All offsets stay the same.
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

// withoutComments blanks out the comments of kramdown
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

// tamer searches a body for tags.
type tamer struct {
	body, out   []byte
	variables   bool
	found       map[string]int // the next offset of what find has looked for
	fences      fences
	highlighted bool // a Liquid code block is open
	comment     int  // where the text of the last comment begins
}

var (
	liquidPairs = map[string]string{"{%": "%}", "{{": "}}"}
	liquidName  = regexp.MustCompile(`^\{%-?\s*(\w+)`)
	liquidMarks = map[string]string{"highlight": "```", "endhighlight": "```", "comment": "<!--", "endcomment": "-->"}
	endRaw      = regexp.MustCompile(`\{%-?\s*endraw\s*-?%\}`)
)

// tag reads what may be a tag at an offset, and returns how many bytes to skip.
func (t *tamer) tag(at int) int {
	body := t.body
	closing := liquidPairs[string(body[at:at+2])]
	if closing == "" {
		return 1
	}
	end := t.find(closing, at+2) + 2
	lines := t.find("\n", at) < end
	if end > len(body) || closing == "}}" && lines {
		return 1 // not a tag, only two characters
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
	case inCode, name == "endhighlight", name == "highlight" && !alone: // a code block cannot begin within a line
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
			Overwrite(t.out[t.comment:at], ' ') // it may contain an HTML comment
		}
		t.comment = -1
	}
	return len(tag)
}

// find returns the offset of the next occurrence of a string at or after an offset, or
// the end of the body. It scans the body only once.
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

// vanish hides a range within a line. If nothing else is in the line, it becomes empty;
// in code it leaves no spaces.
func (t *tamer) vanish(from, to int, inCode bool) {
	with := byte(asNothing)
	if !inCode && lexicon.IsBlank(LineBefore(t.body, from)) && lexicon.IsBlank(LineBehind(t.body, to)) {
		with = ' '
	}
	Overwrite(t.out[from:to], with)
}

// literal makes tags in a range of the body literal text.
func (t *tamer) literal(from, to int) {
	for i := from; i+1 < to; i++ {
		if liquidPairs[string(t.body[i:i+2])] != "" {
			t.out[i] = asBrace
		}
	}
}

// withoutNotes blanks out the comments of Obsidian
// (https://help.obsidian.md/syntax#Comments): %%words%%, but not after a word, as in
// 50%%, or several lines from a line that begins with %%. Code is not changed.
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
