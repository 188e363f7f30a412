package body

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Marks for a generator that a page does not show are left out here: those of callouts
// and admonitions, attribute lists, tables of contents. Links of wikis and highlights keep their words.

// tableOfTitles reports whether a paragraph stands for the table of contents that a
// generator makes: [TOC], or an item with {:toc} below it
// (https://kramdown.gettalong.org/converter/html.html#toc).
func (f *flattener) tableOfTitles(n ast.Node) bool {
	lines := n.Lines()
	if lines.Len() == 0 || lines.Len() > 2 {
		return false
	}
	last := lines.At(lines.Len() - 1)
	words := bytes.TrimSpace(last.Value(f.source))
	return lines.Len() == 1 && tocLine.Match(words) || bytes.HasPrefix(words, []byte("{:toc")) || bytes.HasPrefix(words, []byte("{: toc"))
}

var tocLine = regexp.MustCompile(`^(?i:@?\[{1,2}_?toc_?\]{1,2}|\$\{toc\})$`)

// withoutMarks are the lines of a block without what a generator makes a box or an
// attribute of. quoted says that the block begins a quote, which may be a callout.
func withoutMarks(lines []block.Line, quoted bool) []block.Line {
	kept := lines[:0]
	titled := false // the line before is the title of a box
	for i, l := range lines {
		l.Hard = l.Hard || titled && len(kept) > 0
		titled = false
		words := l.Text[0].Text
		if l.Text[0].URL == "" && l.Text[0].Style&digest.Code == 0 {
			var found []int
			switch words[0] {
			case '[':
				if quoted && i == 0 {
					found = callout.FindStringIndex(words)
				}
			case ':':
				found = admonition.FindStringIndex(words)
			case '!', '?':
				found = mkdocsBox.FindStringIndex(words)
			case '\\':
				found = pageBreak.FindStringIndex(words)
			}
			if found != nil {
				titled = true
				l.Text = unquoted(block.Trim(block.CutText(l.Text, found[1])))
			}
		}
		if n := len(l.Text) - 1; n >= 0 && l.Text[n].URL == "" && l.Text[n].Style&digest.Code == 0 {
			tail := l.Text[n].Text
			var at []int
			switch {
			case tail[len(tail)-1] == '}':
				at = attributeTail.FindStringIndex(tail)
			case i == len(lines)-1 && strings.IndexByte(tail, '^') >= 0:
				at = blockID.FindStringIndex(tail)
			}
			if at != nil {
				l.Text = append(l.Text[:n:n], digest.Span{Text: tail[:at[0]], Style: l.Text[n].Style})
				l.Text = block.Trim(l.Text)
			}
		}
		if len(l.Text) > 0 {
			kept = append(kept, l)
		}
	}
	return kept
}

// unquoted is the title of a box without what it is written in: [Title], "Title".
func unquoted(t digest.Text) digest.Text {
	if len(t) == 0 {
		return nil
	}
	n := len(t) - 1
	first, last := t[0].Text, t[n].Text
	if first[0] == '[' && strings.HasSuffix(last, "]") || first[0] == '"' && strings.HasSuffix(last, `"`) {
		t = append(digest.Text(nil), t...)
		t[n].Text = last[:len(last)-1]
		return block.Trim(block.CutText(t, 1))
	}
	return t
}

var (
	// https://help.obsidian.md/callouts
	callout = regexp.MustCompile(`^\[![\pL\pN_-]+(?:\|[^\]]*)?\][+-]?\s*`)
	// https://docusaurus.io/docs/markdown-features/admonitions, https://vuepress.vuejs.org, https://pandoc.org/MANUAL.html#divs-and-spans
	admonition = regexp.MustCompile(`^:{3,}(?:\s*$|\s*\{[^}]*\}\s*:*\s*|\s*[a-zA-Z][\w-]*(?:\{[^}]*\})?\s*)`)
	// https://squidfunk.github.io/mkdocs-material/reference/admonitions/
	mkdocsBox = regexp.MustCompile(`^(?:!!!|\?\?\?\+?)\s+[a-z][\w -]*(?:$|\s*)`)
	pageBreak = regexp.MustCompile(`^\\(?:newpage|pagebreak|clearpage|toc|tableofcontents)$`)
	// attributeTail is {#id .class key="value"}, in lower case: not {Name}.
	attributeTail = regexp.MustCompile(`\s*\{\s*(?:[#.][a-z][\w-]*|[a-z][\w-]*="[^"{}]*")(?:\s+(?:[#.][a-z][\w-]*|[a-z][\w-]*="[^"{}]*"))*\s*\}$`)
	// https://help.obsidian.md/links#Link+to+a+block+in+a+note
	blockID = regexp.MustCompile(`\s+\^(?:[a-zA-Z]+(?:-[a-zA-Z0-9]+)+|[a-z0-9]{6})$`)
)

// reworded is what a page shows in other words than are written.
type reworded struct {
	ast.BaseInline
	written, shown string
}

var kindReworded = ast.NewNodeKind("Reworded")

func (*reworded) Kind() ast.NodeKind { return kindReworded }

// Dump prints the node as goldmark prints its own.
func (n *reworded) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Shown": n.shown}, nil)
}

// wikiLinks reads [[Page]] and [[Page|words]] as their words, and shows nothing of an
// embedded ![[file]] (https://help.obsidian.md/links). [[1]](address) is none.
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

// maxWikiLink is how long the inside of a link of a wiki may be.
const maxWikiLink = 300

// markedWords drops the signs of ==words==, which mark them.
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

// maxHighlight is how far the sign at the other end of a highlight may be.
const maxHighlight = 300

// matches reports whether a sign stands where is says so.
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
