package block

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Cite reads a line as a source line: a label and links, or only links. If recurs is
// set, any label before addresses will do. ok is false for ordinary text.
func Cite(t digest.Text, recurs bool) (c Citation, ok bool) {
	label, rest := cutLabel(t)
	c.known = label
	talk := ""
	if !label {
		if own, behind := cutAnyLabel(t); behind != nil && (recurs && bareAddresses(behind) || lexicon.DiscussionLabels.Has(own)) {
			label, rest = true, behind
			if lexicon.DiscussionLabels.Has(own) {
				talk = own
			}
		}
	}
	c.Labelled = label
	if !label && !slices.ContainsFunc(rest, func(s digest.Span) bool { return s.URL != "" }) {
		return c, false
	}
	between := ""
	for i, s := range rest {
		if s.URL == "" {
			between += s.Text
			continue
		}
		between += " "
		title := strings.TrimSpace(s.Text)
		if talk != "" && !IsDiscussion(title) {
			title = talk
		} else if title == s.URL || lexicon.SourceLabels.Has(title) {
			title = ""
		}
		if i > 0 && rest[i-1].URL == s.URL { // one link with several styles
			c.Sources[len(c.Sources)-1].Title += s.Text
			continue
		}
		c.Sources = append(c.Sources, digest.Source{Title: title, URL: s.URL})
	}
	if label {
		if len(c.Sources) == 0 {
			c.Name = strings.TrimSpace(between)
		}
		return c, true
	}
	return c, len(c.Sources) > 0 && filler(between)
}

// uncited is the citation of most lines.
var uncited cited

// Cite is Cite for the text of the line. The result is cached.
func (l *Line) Cite() (c Citation, ok bool) {
	if l.cited == nil {
		l.cited = &uncited
		if c, ok := Cite(l.Text, l.Recurs); ok || len(c.Sources) > 0 {
			l.cited = &cited{c, ok}
		}
	}
	return l.cited.Citation, l.cited.ok
}

// cutLabel removes the label of a source from the start of a line.
func cutLabel(t digest.Text) (found bool, rest digest.Text) {
	head := ""
	for i, s := range t {
		if s.URL != "" {
			if lexicon.SourceLabels.Has(head) && filler(unlinked(t[i:])) {
				return true, t[i:]
			}
			return false, t
		}
		if at := ColonAt(s.Text); at >= 0 {
			if !lexicon.SourceLabels.Has(head + s.Text[:at]) {
				return false, t
			}
			return true, Behind(t[i:], at)
		}
		if len(head)+len(s.Text) > MaxLabel {
			break
		}
		head += s.Text
	}
	return false, t
}

// cutAnyLabel splits a line that has only links after a colon.
func cutAnyLabel(t digest.Text) (label string, rest digest.Text) {
	for i, s := range t {
		if s.URL != "" || len(label) > MaxLabel {
			break
		}
		at := ColonAt(s.Text)
		if at < 0 {
			label += s.Text
			continue
		}
		if rest = Behind(t[i:], at); AllLinks(rest) && len(rest) > 1 {
			return label + s.Text[:at], rest
		}
		break
	}
	return "", nil
}

// unlinked returns the words of a text that are not in a link.
func unlinked(t digest.Text) string {
	var words strings.Builder
	for _, s := range t {
		if s.URL == "" {
			words.WriteString(s.Text)
		}
	}
	return words.String()
}

// Behind returns the text after the character at an offset in the first span.
func Behind(t digest.Text, at int) digest.Text {
	t = slices.Clone(t)
	_, size := utf8.DecodeRuneInString(t[0].Text[at:])
	t[0].Text = t[0].Text[at+size:]
	return t
}

// ColonAt returns the offset of the first colon that is near enough to end a label, or
// -1.
func ColonAt(s string) int {
	near := s[:min(len(s), MaxLabel+len("："))]
	at, wide := strings.IndexByte(near, ':'), strings.Index(near, "：")
	if at < 0 || wide >= 0 && wide < at {
		at = wide
	}
	return at
}

// MaxLabel is the greatest length of a label in bytes.
const MaxLabel = 60

// filler reports whether s only joins links: punctuation, numbers, emoji, "and".
func filler(s string) bool {
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !lexicon.IsLetter(r) }) {
		if !lexicon.Joiners.Has(w) {
			return false
		}
	}
	return true
}

// TakeSources removes the source lines from the blocks of a story. said reports whether
// the author set any of them apart: by a label, or in a paragraph of their own.
func TakeSources(blocks []*Block) (prose []*Block, sources []digest.Source, said bool) {
	prose = make([]*Block, 0, len(blocks))
	open := false // the line before was only a label, so the links below it are sources
	for _, b := range blocks {
		if b.Kind == Heading && len(b.Lines) > 0 && lexicon.SourceLabels.Has(WordsOf(b.Lines[0].Text)) {
			open = true
			continue
		}
		if b.Kind != Paragraph && b.Kind != Item {
			prose, open = append(prose, b), false
			continue
		}
		own := b // b, with only the lines that are kept
		kept, dropped := 0, 0
		for i := range b.Lines {
			l := &b.Lines[i]
			c, ok := l.Cite()
			switch {
			case ok && c.Labelled:
				ok = c.Name == ""
				open = ok && len(c.Sources) == 0
				said = said || c.known && len(c.Sources) > 0
			case open:
				ok = ok || l.Text[0].URL != "" // a link with a remark
				said = said || ok
				open = ok
			case ok:
				// Links in the middle of a paragraph of prose are not a source line.
				ok = OnlyLinks(b.Lines[i:]) && (kept == 0 || EndsClosed(own.Lines[kept-1].Text)) || addressAlone(b.Lines, i)
				said = said || ok && b.Kind == Paragraph
			}
			if ok {
				sources = append(sources, c.Sources...)
				dropped++
				continue
			}
			if dropped > 0 && own == b {
				own = b.With(slices.Clone(b.Lines[:kept]))
			}
			if own != b {
				own.Lines = append(own.Lines, *l)
			}
			kept++
		}
		switch {
		case kept == 0 && len(b.Pictures) == 0:
		case dropped > 0 && own == b:
			prose = append(prose, b.With(b.Lines[:kept]))
		default:
			prose = append(prose, own)
		}
	}
	return prose, sources, said
}

// addressAlone reports whether an address is a line of its own rather than part of a
// wrapped paragraph.
func addressAlone(lines []Line, i int) bool {
	if !bareAddresses(lines[i].Text) {
		return false
	}
	if i > 0 && !lines[i].Hard && !EndsClosed(lines[i-1].Text) {
		return false
	}
	if i+1 == len(lines) || lines[i+1].Hard {
		return true
	}
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(lines[i+1].Text[0].Text, " "))
	return !unicode.IsLower(next) && !unicode.IsPunct(next)
}

// bareAddresses reports whether the text of each link is its address.
func bareAddresses(t digest.Text) bool {
	return !slices.ContainsFunc(t, func(s digest.Span) bool { return s.URL != "" && s.Text != s.URL })
}

// OnlyLinks reports whether all lines are source lines.
func OnlyLinks(lines []Line) bool {
	for i := range lines {
		if _, ok := lines[i].Cite(); !ok {
			return false
		}
	}
	return true
}

// EndsClosed reports whether the text ends with a character that ends a sentence, or
// with a closing quote or bracket.
func EndsClosed(t digest.Text) bool {
	if len(t) == 0 { // lines without words
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(t[len(t)-1].Text)
	return strings.ContainsRune(".!?…。！？”\"」』）)", last)
}

// UniqueSources removes sources with an address that occurred before.
func UniqueSources(sources []digest.Source) []digest.Source {
	if len(sources) < 2 {
		return sources
	}
	kept := make([]digest.Source, 0, len(sources))
	for _, s := range sources {
		if i := slices.IndexFunc(kept, func(k digest.Source) bool { return k.URL == s.URL }); i < 0 {
			kept = append(kept, s)
		} else if kept[i].Title == "" {
			kept[i].Title = s.Title
		}
	}
	return kept
}

// SaysSource reports whether a line of the block other than the first has a label and a
// source.
func (b *Block) SaysSource() bool {
	for i := 1; i < len(b.Lines); i++ {
		if c, _ := b.Lines[i].Cite(); c.Labelled && len(c.Sources) > 0 {
			return true
		}
	}
	return false
}
