package render

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// pieces converts a text to Markdown, split if it is longer than the maximum
// of a piece. It returns nil if there is nothing to read.
func pieces(t chat.Text) []markup {
	var b strings.Builder
	b.Grow(estimate(t))
	writeText(&b, t)
	whole := markup(b.String())
	if strings.TrimSpace(string(whole)) == "" {
		return nil
	}
	if sizeOf(whole).ofPiece() <= pieceSize {
		return []markup{whole}
	}
	var out []markup
	for _, piece := range layout.Split(prepare(t), pieceSize, func(t chat.Text) int { return sizeOf(markdown(t)).ofPiece() }) {
		out = append(out, markdown(piece))
	}
	return out
}

// listItem makes a list item out of the pieces of a text.
func listItem(parts []markup) []markup {
	for i, s := range parts {
		mark := markup("- ")
		if i > 0 {
			mark = "  "
		}
		parts[i] = mark + s.replaced("\n", "\n  ")
	}
	return parts
}

// smallPrint writes texts side by side in small print, on as many lines as necessary.
func smallPrint(texts ...chat.Text) (lines []markup) {
	if estimate(texts...) <= printSize {
		var b strings.Builder
		if writePrint(&b, texts); b.Len() > 0 {
			lines = []markup{markup(b.String())}
		}
		return lines
	}
	for _, t := range texts {
		for _, s := range pieces(t) {
			s = s.replaced("\n", " ")
			if n := len(lines); n > 0 && len(lines[n-1])+len(s) <= printSize {
				lines[n-1] += " · " + s
			} else {
				lines = append(lines, "-# "+s)
			}
		}
	}
	return lines
}

// writePrint writes texts side by side on one line of small print.
func writePrint(b *strings.Builder, texts []chat.Text) {
	mark := "\n-# "
	if b.Len() == 0 {
		mark = "-# "
	}
	for _, t := range texts {
		if !hasWords(t) {
			continue
		}
		for i := range t {
			if traitsOf(t[i].Text)&(broken|wild) != 0 {
				t = slices.Clone(t)
				t[i].Text = strings.ReplaceAll(layout.Clean(t[i].Text), "\n", " ")
			}
		}
		b.WriteString(mark)
		writeText(b, t)
		mark = " · "
	}
}

// hasWords reports whether a text contains anything readable.
func hasWords(t chat.Text) bool {
	for i := range t {
		if t[i].URL != "" || strings.ContainsFunc(t[i].Text, readable) {
			return true
		}
	}
	return false
}

func readable(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) && r != ' ' }
