package compose

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

// Details composes the sections of a digest alone, for its thread and for the
// one who presses the button. The message has no blocks when there are none.
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
	return chat.Button{Label: label, Line: detailsLine(Ref(d.ID))}
}

func detailsLine(ref string) string { return chat.Line("digest", "details", ref) }

// headingLimit is the most characters of a button that a phone shows in one
// line.
const headingLimit = 30

// heading names the sections of a digest: as many of their titles as there is
// room for, else our own word. The rest of a group has the title of the group, which
// stands above its stories.
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

// A button has room for a line of lineLimit bytes: what is longer on Discord
// meets the end of a custom_id
// (https://docs.discord.com/developers/components/reference#button).
const (
	lineLimit  = 70
	refMark    = "~"
	refLetters = 10
)

// Ref names a digest on a button: by its ID, else by a hash of that where the
// line would be too long or could not be read back, since it has quotes.
func Ref(id string) string {
	if len(detailsLine(id)) <= lineLimit && plainID(id) {
		return id
	}
	return HashRef(id)
}

// plainID reports whether an ID on a button is read back as it is.
func plainID(id string) bool { return !strings.HasPrefix(id, refMark) && !strings.Contains(id, `"`) }

// HashRef names a digest by a hash of its ID, as refs do that have no room for
// that.
func HashRef(id string) string { return refMark + Hashed(id, refLetters) }

// IsHashRef reports whether a ref begins with a HashRef.
func IsHashRef(ref string) bool { return strings.HasPrefix(ref, refMark) }

// Hashed is a hash in letters that no line needs to quote.
func Hashed(text string, letters int) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:letters]
}
