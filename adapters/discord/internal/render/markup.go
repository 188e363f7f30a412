package render

import (
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
)

// markup is Discord's Markdown: cleaned, with everything escaped that is not meant
// as Markdown. Only escaped, markdown, the writers of links and constants create
// it, so raw text cannot get into the text of a message by accident.
type markup string

// label is text that Discord shows unchanged: one line, cleaned, and isolated if it
// is right-to-left. Only shown creates it.
type label string

// shown converts text to a label.
func shown(s string) label { return label(layout.Isolate(oneLine(s))) }

// join joins parts with a gap between them.
func join(parts []markup, gap markup) markup {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	n := len(gap) * (len(parts) - 1)
	for _, s := range parts {
		n += len(s)
	}
	var b strings.Builder
	b.Grow(n)
	for i, s := range parts {
		if i > 0 {
			b.WriteString(string(gap))
		}
		b.WriteString(string(s))
	}
	return markup(b.String())
}

// replaced replaces white space or our own marks with others.
func (m markup) replaced(old, by markup) markup {
	return markup(strings.ReplaceAll(string(m), string(old), string(by)))
}

func (m markup) begins(mark markup) bool { return strings.HasPrefix(string(m), string(mark)) }
