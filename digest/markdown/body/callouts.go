package body

import (
	"regexp"
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
)

// This file removes the generator markup of callouts and admonitions, and attribute
// lists, which a page does not show.

// withoutMarks removes the markup for boxes and attributes from the lines of a block.
// quoted says that the block is in a quote, which may be a callout.
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

// unquoted returns the title of a box without the characters around it: [Title],
// "Title".
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
