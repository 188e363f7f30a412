package render

import (
	"cmp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
)

// fallbackLine is cleaned text that the fallback text has too, as lines without styles.
type fallbackLine struct {
	number int // before the first line; zero for none
	text   cleanText
}

// fallbackText is what notifications show and screen readers read in place of
// the blocks: whole lines, as many as fit. Escaped, it can mention nobody.
type fallbackText struct {
	strings.Builder
	runes int
	full  bool
}

// call begins the text with mentions, which are escaped already.
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

// line adds a line if it has room.
func (f *fallbackText) line(s clean) {
	if f.full || s == "" {
		return
	}
	if f.add(s) {
		return
	}
	// A line that would leave most of the room empty is cut.
	for limit := maxFallback - f.runes; limit > 0 && f.Len() < maxFallbackBytes/4; limit -= limit/10 + 1 {
		if head, _ := cut(s, limit); f.add(head) {
			break
		}
	}
	f.full = true
	f.WriteString("…")
}

// add adds a line if it has room, and then an ellipsis has, too.
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

// done gives the text; Slack takes none that is empty.
func (f *fallbackText) done() string {
	return cmp.Or(strings.TrimSpace(f.String()), "…")
}
