package markdown

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// citation is what a line says about sources.
type citation struct {
	sources  []digest.Source
	labelled bool   // it begins with a label
	known    bool   // which is one of a source
	name     string // behind a label, without an address
}

// cite reads a line as a source line: a label and links, or links and nothing
// else. A label that recurs before addresses may be any. ok is false when it is
// ordinary text.
func cite(t digest.Text, recurs bool) (c citation, ok bool) {
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
	c.labelled = label
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
		if talk != "" && !isTalk(title) {
			title = talk
		} else if title == s.URL || lexicon.SourceLabels.Has(title) {
			title = ""
		}
		if i > 0 && rest[i-1].URL == s.URL { // one link in several styles
			c.sources[len(c.sources)-1].Title += s.Text
			continue
		}
		c.sources = append(c.sources, digest.Source{Title: title, URL: s.URL})
	}
	if label {
		if len(c.sources) == 0 {
			c.name = strings.TrimSpace(between)
		}
		return c, true
	}
	return c, len(c.sources) > 0 && filler(between)
}

// cited is what cite says of a line.
type cited struct {
	citation
	ok bool
}

// uncited is what it says of most lines.
var uncited cited

// cite is cite of the text of the line, which is read once.
func (l *line) cite() (c citation, ok bool) {
	if l.cited == nil {
		l.cited = &uncited
		if c, ok := cite(l.text, l.recurs); ok || len(c.sources) > 0 {
			l.cited = &cited{c, ok}
		}
	}
	return l.cited.citation, l.cited.ok
}

// cutLabel drops the label at the beginning of a line.
func cutLabel(t digest.Text) (found bool, rest digest.Text) {
	head := ""
	for i, s := range t {
		if s.URL != "" {
			if lexicon.SourceLabels.Has(head) && filler(unlinked(t[i:])) {
				return true, t[i:]
			}
			return false, t
		}
		if at := colon(s.Text); at >= 0 {
			if !lexicon.SourceLabels.Has(head + s.Text[:at]) {
				return false, t
			}
			return true, from(t[i:], at)
		}
		if len(head)+len(s.Text) > maxLabel {
			break
		}
		head += s.Text
	}
	return false, t
}

// cutAnyLabel divides a line with nothing but links behind a colon.
func cutAnyLabel(t digest.Text) (label string, rest digest.Text) {
	for i, s := range t {
		if s.URL != "" || len(label) > maxLabel {
			break
		}
		at := colon(s.Text)
		if at < 0 {
			label += s.Text
			continue
		}
		if rest = from(t[i:], at); allLinks(rest) && len(rest) > 1 {
			return label + s.Text[:at], rest
		}
		break
	}
	return "", nil
}

// unlinked are the words of a text that are in no link.
func unlinked(t digest.Text) string {
	var words strings.Builder
	for _, s := range t {
		if s.URL == "" {
			words.WriteString(s.Text)
		}
	}
	return words.String()
}

// from is the text behind the character at an offset in its first span.
func from(t digest.Text, at int) digest.Text {
	t = slices.Clone(t)
	_, size := utf8.DecodeRuneInString(t[0].Text[at:])
	t[0].Text = t[0].Text[at+size:]
	return t
}

// colon is where the first colon is, of those near enough to end a label.
func colon(s string) int {
	near := s[:min(len(s), maxLabel+len("："))]
	at, wide := strings.IndexByte(near, ':'), strings.Index(near, "：")
	if at < 0 || wide >= 0 && wide < at {
		at = wide
	}
	return at
}

// maxLabel is how many bytes the longest label might have.
const maxLabel = 60

// filler reports whether s is only what joins links: punctuation, numbers,
// emoji, "and".
func filler(s string) bool {
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !lexicon.IsLetter(r) }) {
		if !lexicon.Joiners.Has(w) {
			return false
		}
	}
	return true
}

// readSources takes the source lines out of a story's blocks. said reports
// whether the writer set any of them apart: by a label, or in a paragraph of
// their own.
func readSources(blocks []*block) (prose []*block, sources []digest.Source, said bool) {
	prose = make([]*block, 0, len(blocks))
	open := false // a label stood alone: the links below it are sources
	for _, b := range blocks {
		if b.kind == heading && len(b.lines) > 0 && lexicon.SourceLabels.Has(wordsOf(b.lines[0].text)) {
			open = true
			continue
		}
		if b.kind != paragraph && b.kind != item {
			prose, open = append(prose, b), false
			continue
		}
		own := b // with those lines only that are kept
		kept, dropped := 0, 0
		for i := range b.lines {
			l := &b.lines[i]
			c, ok := l.cite()
			switch {
			case ok && c.labelled:
				ok = c.name == ""
				open = ok && len(c.sources) == 0
				said = said || c.known && len(c.sources) > 0
			case open:
				ok = ok || l.text[0].URL != "" // a link with a remark
				said = said || ok
				open = ok
			case ok:
				// Links that a paragraph of prose wraps around are no source line.
				ok = onlyLinks(b.lines[i:]) && (kept == 0 || ended(own.lines[kept-1].text)) || addressAlone(b.lines, i)
				said = said || ok && b.kind == paragraph
			}
			if ok {
				sources = append(sources, c.sources...)
				dropped++
				continue
			}
			if dropped > 0 && own == b {
				own = b.with(slices.Clone(b.lines[:kept]))
			}
			if own != b {
				own.lines = append(own.lines, *l)
			}
			kept++
		}
		switch {
		case kept == 0 && len(b.pictures) == 0:
		case dropped > 0 && own == b:
			prose = append(prose, b.with(b.lines[:kept]))
		default:
			prose = append(prose, own)
		}
	}
	return prose, sources, said
}

// addressAlone reports whether a line is an address on a line of its own rather
// than one that a paragraph wraps around.
func addressAlone(lines []line, i int) bool {
	if !bareAddresses(lines[i].text) {
		return false
	}
	if i > 0 && !lines[i].hard && !ended(lines[i-1].text) {
		return false
	}
	if i+1 == len(lines) || lines[i+1].hard {
		return true
	}
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(lines[i+1].text[0].Text, " "))
	return !unicode.IsLower(next) && !unicode.IsPunct(next)
}

// bareAddresses reports whether the links of a text show nothing but their address.
func bareAddresses(t digest.Text) bool {
	return !slices.ContainsFunc(t, func(s digest.Span) bool { return s.URL != "" && s.Text != s.URL })
}

// with is the block with other lines.
func (b *block) with(lines []line) *block {
	own := *b
	own.lines = lines
	return &own
}

// onlyLinks reports whether all lines are source lines.
func onlyLinks(lines []line) bool {
	for i := range lines {
		if _, ok := lines[i].cite(); !ok {
			return false
		}
	}
	return true
}

// ended reports whether the text ends like a sentence.
func ended(t digest.Text) bool {
	if len(t) == 0 { // lines without words
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(t[len(t)-1].Text)
	return strings.ContainsRune(".!?…。！？”\"」』）)", last)
}

// once drops sources whose address was named before.
func once(sources []digest.Source) []digest.Source {
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
