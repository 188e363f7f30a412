package block

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// TextBuilder joins spans. Adjacent spans of the same kind become one.
type TextBuilder struct {
	text  digest.Text
	open  digest.Span
	words []string // the rest of open's text, joined at the end to use no more memory than needed
}

// Put adds a span.
func (b *TextBuilder) Put(s digest.Span) {
	switch {
	case s.URL != b.open.URL || s.Style != b.open.Style:
		b.close()
		b.open = s
	case b.open.Text == "":
		b.open.Text = s.Text
	case s.Text != "":
		b.words = append(b.words, s.Text)
	}
}

// merge returns the text with adjacent spans of the same kind merged.
func merge(t digest.Text) digest.Text {
	for i := range len(t) - 1 {
		if t[i].URL == t[i+1].URL && t[i].Style == t[i+1].Style {
			var b TextBuilder
			b.PutAll(t)
			return b.Done()
		}
	}
	return t
}

// PutAll adds the spans of a text.
func (b *TextBuilder) PutAll(t digest.Text) {
	for _, s := range t {
		b.Put(s)
	}
}

func (b *TextBuilder) close() {
	if len(b.words) > 0 {
		b.open.Text = strings.Join(append([]string{b.open.Text}, b.words...), "")
		b.words = b.words[:0]
	}
	if b.open.Text != "" {
		b.text = append(b.text, b.open)
	}
	b.open = digest.Span{}
}

// Done returns the text.
func (b *TextBuilder) Done() digest.Text {
	b.close()
	return b.text
}

// Trim returns the text without white space at both ends. It does not modify t, because
// blocks are read more than once.
func Trim(t digest.Text) digest.Text {
	for len(t) > 0 && IsBlank(t[0]) {
		t = t[1:]
	}
	for len(t) > 0 && IsBlank(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	if len(t) == 0 {
		return nil
	}
	n := len(t) - 1
	first, _ := utf8.DecodeRuneInString(t[0].Text)
	last, _ := utf8.DecodeLastRuneInString(t[n].Text)
	if unicode.IsSpace(first) || unicode.IsSpace(last) {
		t = slices.Clone(t)
		t[0].Text = strings.TrimLeftFunc(t[0].Text, unicode.IsSpace)
		t[n].Text = strings.TrimRightFunc(t[n].Text, unicode.IsSpace)
	}
	return t
}

// IsBlank reports whether a span has only white space.
func IsBlank(s digest.Span) bool {
	first, _ := utf8.DecodeRuneInString(s.Text)
	return (s.Text == "" || unicode.IsSpace(first)) && strings.TrimSpace(s.Text) == ""
}

// WordsOf returns the words of a text without styles and links.
func WordsOf(t digest.Text) string {
	if len(t) == 1 {
		return t[0].Text
	}
	return t.String()
}

// TextWidth returns the width of a text in columns.
func TextWidth(t digest.Text) int {
	n := 0
	for _, s := range t {
		n += lexicon.Width(s.Text)
	}
	return n
}

// SingleSpaced returns a text without double spaces, which remain where a picture or a
// Liquid tag was in a sentence. Code keeps its spaces. It does not modify t, because
// blocks are read more than once.
func SingleSpaced(t digest.Text) digest.Text {
	space, own := false, false
	for i := range t {
		s := t[i].Text
		if s == "" {
			continue
		}
		if t[i].Style&digest.Code != 0 {
			space = false
			continue
		}
		if space && s[0] == ' ' || strings.Contains(s, "  ") {
			if !own {
				t, own = slices.Clone(t), true
			}
			var b strings.Builder
			for j := range len(s) {
				if s[j] != ' ' || !space {
					b.WriteByte(s[j])
				}
				space = s[j] == ' '
			}
			t[i].Text = b.String()
		}
		space = s[len(s)-1] == ' '
	}
	if own {
		t = slices.DeleteFunc(t, func(s digest.Span) bool { return s.Text == "" })
	}
	return t
}

// CutText returns the text without its first n bytes.
func CutText(t digest.Text, n int) digest.Text {
	for i, s := range t {
		if n < len(s.Text) {
			s.Text = s.Text[n:]
			return append(digest.Text{s}, t[i+1:]...)
		}
		n -= len(s.Text)
	}
	return nil
}

// AllBold reports whether all words of the text are bold.
func AllBold(t digest.Text) bool {
	bold := false
	for _, s := range t {
		if s.Style&digest.Bold != 0 {
			bold = true
		} else if HasWords(s.Text) {
			return false
		}
	}
	return bold
}

// HasWords reports whether s has a letter or a digit.
func HasWords(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return lexicon.IsLetter(r) || unicode.IsDigit(r) })
}

// AllLinks reports whether all words of a text are in links.
func AllLinks(t digest.Text) bool {
	return len(t) > 0 && !slices.ContainsFunc(t, func(s digest.Span) bool { return s.URL == "" && HasWords(s.Text) })
}

// EndsSentence reports whether s ends with the end of a sentence.
func EndsSentence(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " \"”』」)）"))
	return strings.ContainsRune(".。!！?？…", last)
}
