package markdown

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

// citation is what a line says about sources.
type citation struct {
	sources  []digest.Source
	labelled bool   // it begins with a label
	name     string // behind a label, without an address
}

// cite reads a line as a source line: a label and links, or links and nothing
// else. ok is false when it is ordinary text.
func cite(t digest.Text) (c citation, ok bool) {
	label, rest := cutLabel(t)
	c.labelled = label
	if !label && !slices.ContainsFunc(rest, func(s digest.Span) bool { return s.URL != "" }) {
		return c, false
	}
	var between strings.Builder
	for i, s := range rest {
		if s.URL == "" {
			between.WriteString(s.Text)
			continue
		}
		between.WriteByte(' ')
		title := strings.TrimSpace(s.Text)
		if title == s.URL || labels[fold(title)] {
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
			c.name = strings.TrimSpace(between.String())
		}
		return c, true
	}
	return c, len(c.sources) > 0 && filler(between.String())
}

// cutLabel drops the label at the beginning of a line.
func cutLabel(t digest.Text) (found bool, rest digest.Text) {
	var head strings.Builder
	for i, s := range t {
		if s.URL != "" {
			if labels[fold(head.String())] {
				return true, t[i:]
			}
			return false, t
		}
		if at := colon(s.Text); at >= 0 {
			head.WriteString(s.Text[:at])
			if !labels[fold(head.String())] {
				return false, t
			}
			_, size := utf8.DecodeRuneInString(s.Text[at:])
			s.Text = s.Text[at+size:]
			return true, append(digest.Text{s}, t[i+1:]...)
		}
		if head.Len()+len(s.Text) > maxLabel {
			break
		}
		head.WriteString(s.Text)
	}
	return false, t
}

// colon is where the first colon is, of those near enough to end a label.
func colon(s string) int {
	for i, r := range s {
		if r == ':' || r == '：' {
			return i
		}
		if i > maxLabel {
			break
		}
	}
	return -1
}

// maxLabel is how many bytes the longest label might have.
const maxLabel = 60

// filler reports whether s is only what joins links: punctuation, numbers,
// emoji, "and".
func filler(s string) bool {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if !joiners[strings.ToLower(w)] {
			return false
		}
	}
	return true
}

// readSources takes the source lines out of a story's blocks. said reports
// whether the writer set any of them apart: by a label, or in a paragraph of
// their own.
func readSources(blocks []block) (prose []block, sources []digest.Source, said bool) {
	open := false // a label stood alone: the links below it are sources
	for _, b := range blocks {
		if b.kind == heading && len(b.lines) > 0 && labels[fold(b.lines[0].text.String())] {
			open = true
			continue
		}
		if b.kind != paragraph && b.kind != item {
			prose, open = append(prose, b), false
			continue
		}
		var kept []line
		for i, l := range b.lines {
			c, ok := cite(l.text)
			switch {
			case ok && c.labelled:
				ok = c.name == ""
				open = ok && len(c.sources) == 0
				said = said || len(c.sources) > 0
			case open:
				ok = ok || l.text[0].URL != "" // a link with a remark
				said = said || ok
				open = ok
			case ok:
				// Links that a paragraph of prose wraps around are no source line.
				ok = onlyLinks(b.lines[i:]) && (len(kept) == 0 || ended(kept[len(kept)-1].text))
				said = said || ok && b.kind == paragraph
			}
			if ok {
				sources = append(sources, c.sources...)
			} else {
				kept = append(kept, l)
			}
		}
		if len(kept) > 0 {
			b.lines = kept
			prose = append(prose, b)
		}
	}
	return prose, sources, said
}

// onlyLinks reports whether all lines are source lines.
func onlyLinks(lines []line) bool {
	for _, l := range lines {
		if _, ok := cite(l.text); !ok {
			return false
		}
	}
	return true
}

// ended reports whether the text ends like a sentence.
func ended(t digest.Text) bool {
	last, _ := utf8.DecodeLastRuneInString(t[len(t)-1].Text)
	return strings.ContainsRune(".!?…。！？”\"」』）)", last)
}

// once drops sources whose address was named before.
func once(sources []digest.Source) []digest.Source {
	var kept []digest.Source
	for _, s := range sources {
		if i := slices.IndexFunc(kept, func(k digest.Source) bool { return k.URL == s.URL }); i < 0 {
			kept = append(kept, s)
		} else if kept[i].Title == "" {
			kept[i].Title = s.Title
		}
	}
	return kept
}
