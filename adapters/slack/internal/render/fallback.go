package render

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// fallbackLine is cleaned text for the fallback text, where it appears as unstyled lines.
type fallbackLine struct {
	number int // before the first line; zero for none
	text   cleanText
}

// fallbackText is the text that notifications show and screen readers read
// instead of the blocks. It has as many whole lines as fit. It is escaped, so
// that it cannot mention anyone.
type fallbackText struct {
	strings.Builder
	runes int
	full  bool
}

// call starts the text with mentions, which are already escaped.
func (f *fallbackText) call(mentions string) {
	if mentions != "" {
		f.WriteString(mentions + " ")
		f.runes = utf8.RuneCountInString(mentions) + 1
	}
}

// say adds text.
func (f *fallbackText) say(all ...fallbackLine) {
	for _, s := range all {
		if f.full {
			return
		}
		number := ""
		if s.number > 0 {
			number = strconv.Itoa(s.number) + ". "
		}
		for line := range strings.Lines(s.text.String()) {
			if line = strings.TrimSpace(line); line != "" {
				f.line(clean(number + line))
				number = ""
			}
		}
	}
}

// line adds a line if it fits.
func (f *fallbackText) line(s clean) {
	if f.full || s == "" {
		return
	}
	if f.add(s) {
		return
	}
	// If skipping the line would leave most of the space empty, cut it.
	for limit := maxFallback - f.runes; limit > 0 && f.Len() < maxFallbackBytes/4; limit -= limit/10 + 1 {
		if head, _ := cut(s, limit); f.add(head) {
			break
		}
	}
	f.full = true
	f.WriteString("…")
}

// add adds a line if it fits with room for an ellipsis.
func (f *fallbackText) add(words clean) bool {
	s := escaper.Replace(layout.Isolate(withoutEmoji(words)))
	runes := utf8.RuneCountInString(s) + len("\n")
	if f.runes+runes+len("…") > maxFallback || f.Len()+len("\n")+len(s)+len("…") > maxFallbackBytes {
		return false
	}
	if f.Len() == 0 {
		f.Grow(maxFallbackBytes)
	}
	f.WriteString(s)
	f.WriteByte('\n')
	f.runes += runes
	return true
}

// done returns the text; Slack does not accept an empty one.
func (f *fallbackText) done() string {
	return cmp.Or(strings.TrimSpace(f.String()), "…")
}
