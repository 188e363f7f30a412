package body

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// reworded is text that a page shows differently than written.
type reworded struct {
	ast.BaseInline
	written, shown string
}

var kindReworded = ast.NewNodeKind("Reworded")

func (*reworded) Kind() ast.NodeKind { return kindReworded }

// Dump prints the node in goldmark's format.
func (n *reworded) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Shown": n.shown}, nil)
}

// wikiLinks parses [[Page]] and [[Page|words]] as their words, and hides an embedded
// ![[file]] (https://help.obsidian.md/links). [[1]](address) is not a wiki link.
type wikiLinks struct{}

func (wikiLinks) Trigger() []byte { return []byte{'[', '!'} }

func (wikiLinks) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	rest, embedded := bytes.CutPrefix(line, []byte("!"))
	rest, ok := bytes.CutPrefix(rest, []byte("[["))
	if !ok {
		return nil
	}
	end := bytes.Index(rest[:min(len(rest), maxWikiLink)], []byte("]]"))
	if end < 1 {
		return nil
	}
	inside, behind := rest[:end], rest[end+2:]
	if inside[0] == ' ' || bytes.ContainsAny(inside, "[]`") || !bytes.ContainsFunc(inside, unicode.IsLetter) || len(behind) > 0 && strings.IndexByte("([:", behind[0]) >= 0 {
		return nil
	}
	written := string(line[:len(line)-len(behind)])
	block.Advance(len(written))
	if embedded {
		return &reworded{written: written}
	}
	page, words, named := strings.Cut(string(inside), "|")
	if !named {
		words = strings.Join(strings.FieldsFunc(page, func(r rune) bool { return r == '#' }), " > ")
	}
	return &reworded{written: written, shown: strings.TrimSpace(words)}
}

// markedWords hides the signs of highlighted ==words==.
type markedWords struct{}

func (markedWords) Trigger() []byte { return []byte{'='} }

func (markedWords) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	if !bytes.HasPrefix(line, []byte("==")) {
		return nil
	}
	before := block.Source()[max(segment.Start-maxHighlight, 0):segment.Start]
	before = before[bytes.LastIndexByte(before, '\n')+1:]
	behind := line[2:min(len(line), maxHighlight)]
	opens := opensHighlight(before, behind) && matches(behind, func(at int) bool { return at > 0 && closesHighlight(behind[:at], behind[at+2:]) })
	closes := closesHighlight(before, behind) && matches(before, func(at int) bool { return opensHighlight(before[:at], before[at+2:]) })
	if !opens && !closes {
		return nil
	}
	block.Advance(2)
	return &reworded{written: "=="}
}

// matches reports whether is returns true for a sign in s.
func matches(s []byte, is func(at int) bool) bool {
	for at := 0; ; {
		i := bytes.Index(s[at:], []byte("=="))
		if i < 0 {
			return false
		}
		if at += i; is(at) {
			return true
		}
		at++
	}
}

func opensHighlight(before, behind []byte) bool {
	last, _ := utf8.DecodeLastRune(before)
	first, _ := utf8.DecodeRune(behind)
	return len(behind) > 0 && !unicode.IsSpace(first) && first != '=' && last != '=' && (lexicon.IsCJK(last) || !unicode.IsLetter(last) && !unicode.IsDigit(last))
}

func closesHighlight(before, behind []byte) bool {
	last, _ := utf8.DecodeLastRune(before)
	first, _ := utf8.DecodeRune(behind)
	return len(before) > 0 && !unicode.IsSpace(last) && last != '=' && first != '=' && (lexicon.IsCJK(first) || !unicode.IsLetter(first) && !unicode.IsDigit(first))
}

// maxHighlight is the greatest distance, in bytes, between the signs of a highlight.
const maxHighlight = 300

// maxWikiLink is the greatest length of the contents of a wiki link, in bytes.
const maxWikiLink = 300
