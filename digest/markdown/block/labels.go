package block

import (
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// MaxHeadline is the greatest width of a bold line that serves as a heading. It is
// twice that of a headline taken from a text.
const MaxHeadline = 160

// Fact splits **Label:** value, or a recurring label and its value.
func (l *Line) Fact() (label string, value digest.Text) {
	label, span, at := FactLabel(l.Text)
	switch {
	case label != "":
		return label, Trim(Behind(l.Text[span:], at))
	case !l.Recurs:
		return "", nil
	}
	for i, s := range l.Text {
		if at := ColonAt(s.Text); at >= 0 {
			return l.Label(), Trim(Behind(l.Text[i:], at))
		}
	}
	return l.Label(), nil
}

// FactLabel returns the label in **Label:** value and the position of its colon. The
// label must be bold, or be one of the tables.
func FactLabel(t digest.Text) (label string, span, at int) {
	head := ""
	bold := false
	for i, s := range t {
		if s.URL != "" {
			return "", 0, 0
		}
		if HasWords(s.Text) && head == "" {
			bold = s.Style&digest.Bold != 0
		}
		at := ColonAt(s.Text)
		if at < 0 {
			if len(head)+len(s.Text) > MaxLabel {
				return "", 0, 0
			}
			head += s.Text
			continue
		}
		head = strings.TrimSpace(head + s.Text[:at])
		if lexicon.Width(head) > 28 || !bold && !lexicon.SummaryLabels.Has(head) && !lexicon.SourceLabels.Has(head) {
			return "", 0, 0
		}
		return head, i, at
	}
	return "", 0, 0
}

// Label returns the text before the colon at the start of a line, or a whole bold line.
// It returns "" if that is too long for a label.
func (l *Line) Label() string {
	head := ""
	for i, s := range l.Text {
		if s.URL != "" || len(head) > 4*WidestLabel {
			return ""
		}
		if at := ColonAt(s.Text); at >= 0 {
			head += s.Text[:at]
			break
		}
		if head += s.Text; i == len(l.Text)-1 && !AllBold(l.Text) {
			return ""
		}
	}
	if lexicon.Width(head) > WidestLabel {
		return ""
	}
	return head
}

// WidestLabel is the greatest width of a label, in columns.
const WidestLabel = 28

// EndsSentence reports whether a line ends with the end of a sentence.
func (l *Line) EndsSentence() bool { return EndsSentence(l.Text.String()) }

// IsFact reports whether a line is a fact about the story rather than prose.
func (l *Line) IsFact(listed bool) bool {
	t := l.Text
	size := 0
	for _, s := range t {
		size += len(s.Text)
	}
	if size > 400 {
		return false
	}
	if label, value := l.Fact(); len(value) > 0 {
		if lexicon.SummaryLabels.Has(label) {
			return false
		}
		v := value.String()
		return lexicon.Width(v) < 100 && !EndsSentence(v) && (lexicon.Width(v) < 60 || strings.ContainsAny(v, "|/·,，、"))
	}
	if listed {
		return false
	}
	words := t.String()
	if lexicon.Width(words) > 80 || EndsSentence(words) {
		return false
	}
	return strings.Contains(words, " | ") || strings.Contains(words, " · ") || Byline().MatchString(strings.ToLower(words)) || allCode(t)
}

// Byline matches the start of the words after a headline that say who wrote it.
var Byline = lexicon.Pattern(`^(?:by|via|from|von|par|di|por|作者|来自|來自|출처|by:)\s`)

// allCode reports whether all words of a line are code, like tags.
func allCode(t digest.Text) bool {
	found := false
	for _, s := range t {
		if s.Style&digest.Code != 0 {
			found = true
		} else if HasWords(s.Text) {
			return false
		}
	}
	return found
}
