package render

import (
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// titleLines returns the heading of one block, on lines of its own.
func titleLines(s string) []markup {
	title, rest := layout.Cut(oneLine(s), titleLimit)
	if title == "" {
		return nil
	}
	return append([]markup{"### " + escaped(title)}, pieces(chat.Text{{Text: rest, Style: chat.Bold}})...)
}

// headingLines returns a heading, on lines of its own.
func headingLines(h chat.Heading) (lines []markup) {
	mark := markup("### ")
	if h.Level < 2 {
		mark = "## "
	}
	title, rest := layout.Cut(oneLine(h.Title), titleLimit)
	before, label := cutEmoji(title)
	linked := title != "" && isLink(h.URL) && fits(h.URL, headingURLLimit) && !unsafeLabel(label)
	switch {
	case linked:
		lines = append(lines, mark+before+maskedLink(label, h.URL))
	case title != "":
		lines = append(lines, mark+escaped(title))
	}
	lines = append(lines, pieces(chat.Text{{Text: rest, Style: chat.Bold}})...)
	small := []chat.Text{h.Note}
	if h.URL != "" && !linked {
		small = append(small, chat.Text{{URL: h.URL}})
	}
	return append(lines, smallPrint(small...)...)
}

// storyParts lays out a story. The headline links to the first source with a valid
// address. All sources follow the summary in small print, this one without a link.
func storyParts(s chat.Story) []markup {
	small := make([]chat.Text, 0, len(s.Sources)+1)
	spans := make(chat.Text, len(s.Sources))
	head, rest := layout.Cut(oneLine(s.Headline), headlineLimit)
	before, label := cutEmoji(head)
	address := ""
	for i, source := range s.Sources {
		spans[i] = chat.Span{Text: oneLine(source.Title), URL: source.URL}
		if address == "" && fits(source.URL, buttonURLLimit) && isLink(source.URL) {
			address = source.URL
			if head != "" && !unsafeLabel(label) {
				spans[i].URL = "" // one link is enough
			}
		}
		small = append(small, spans[i:i+1])
	}
	small = append(small, s.Note)
	var b strings.Builder
	length := estimate(s.Summary) + estimate(small...)
	b.Grow(len(s.Headline) + len(address) + length + 32)
	if head != "" {
		b.WriteString("**")
		if address != "" && !unsafeLabel(label) {
			b.WriteString(string(before))
			writeLink(&b, string(shown(label)), address)
		} else {
			escape(&b, head, traitsOf(head), false)
		}
		b.WriteString("**")
	}
	if length > pieceSize/2 || rest != "" { // it may have to be split
		parts := append(pieces(s.Summary), smallPrint(small...)...)
		if b.Len() > 0 {
			parts = under(markup(b.String()), linkedSize, pieces(chat.Text{{Text: rest, Style: chat.Bold}}), parts)
		}
		return parts
	}
	if hasWords(s.Summary) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		writeText(&b, s.Summary)
	}
	writePrint(&b, small)
	if b.Len() == 0 {
		return nil
	}
	return []markup{markup(b.String())}
}

// under puts a heading above the first of several parts, so that they stay
// together. As much of the rest of a long heading is added as there is room
// for.
func under(heading markup, room size, more, parts []markup) []markup {
	for len(more) > 0 {
		all := sizeOf(heading).plus(sizeOf(more[0]))
		if all.runes > room.runes || all.json > room.json {
			break
		}
		heading, more = heading+"\n"+more[0], more[1:]
	}
	if parts = append(slices.Clone(more), parts...); len(parts) == 0 {
		return []markup{heading}
	}
	parts[0] = heading + "\n" + parts[0]
	return parts
}

// noticeLines writes a notice.
func noticeLines(n chat.Notice) []markup {
	parts := pieces(n.Text)
	if parts != nil {
		parts[0] = icon(n.Level) + " " + parts[0]
	}
	return parts
}

func icon(l chat.Level) markup {
	switch l {
	case chat.Warning:
		return "⚠️"
	case chat.Failure:
		return "❌"
	default:
		return "ℹ️"
	}
}

// typedLine returns a text for something that cannot be pressed: its label and the line to
// type.
func typedLine(label, command string) chat.Text {
	switch {
	case command == "":
		return chat.Plain(label)
	case label == "":
		return chat.Text{{Text: command, Style: chat.Code}}
	default:
		return chat.Text{{Text: label}, {Text: " "}, {Text: command, Style: chat.Code}}
	}
}

// hasEmojiHeadline reports whether the headline of a story is a link that works only
// in a panel.
func hasEmojiHeadline(s chat.Story) bool {
	_, label := cutEmoji(oneLine(s.Headline))
	return hasEmoji(label)
}
