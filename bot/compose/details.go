package compose

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/digest"
)

// Details composes only the sections of a digest, for its thread and for the person who
// presses the button. The message has no blocks if there are none.
func Details(d *digest.Digest, l Look) chat.Message {
	w := in(l.Language, d.Language)
	m := chat.Message{
		Language: languageOf(&d.Card, w),
		Title:    w.heading(d),
		Note:     chat.Text{{Text: title(&d.Card), URL: d.URL}},
	}
	for _, s := range sections(d) {
		p := chat.Paragraph{Title: s.Title, Text: text(s.Text)}
		if p.Title == m.Title {
			p.Title = ""
		}
		m.Blocks = append(m.Blocks, p)
	}
	return linked(m)
}

// detailsButton offers the sections of a digest.
func detailsButton(d *digest.Card, label string) chat.Button {
	return chat.Button{Label: label, Line: refs.DetailsLine(refs.Digest(d.ID))}
}

// headingLimit is the maximum length in characters of a button that fits on one line of a
// phone.
const headingLimit = 30

// heading returns a title for the sections of a digest: as many of their titles as fit,
// else our own word. The rest of a group has the title of the group, which is above its
// stories.
func (w words) heading(d *digest.Digest) string {
	var heading string
	for _, s := range sections(d) {
		if slices.ContainsFunc(d.Stories, func(of digest.Story) bool { return of.Group == s.Title }) {
			continue
		}
		longer := join(heading, strings.TrimSpace(s.Title))
		if utf8.RuneCountInString(longer) <= headingLimit {
			heading = longer
			continue
		}
		if heading != "" {
			heading += " …"
		}
		break
	}
	return cmp.Or(heading, w.Say("Details"))
}
