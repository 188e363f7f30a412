package render

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/bot/chat"
)

// smallPrint is rows of small print, each the one text of a context block.
type smallPrint struct {
	pieces []piece
	row    strings.Builder
	runes  int // of the row
}

// add puts words, which fit in a row, behind those that are there.
func (p *smallPrint) add(words string) {
	const between = " · "
	n := utf8.RuneCountInString(words)
	if p.runes > 0 && p.runes+len(between)+n > maxObject {
		p.flush()
	}
	if p.runes > 0 {
		p.row.WriteString(between)
		p.runes += utf8.RuneCountInString(between)
	}
	p.row.WriteString(words)
	p.runes += n
}

func (p *smallPrint) flush() {
	if p.runes > 0 {
		text := slack.NewTextBlockObject(slack.MarkdownType, p.row.String(), false, false)
		p.pieces = append(p.pieces, piece{slack.NewContextBlock("", text), p.runes})
	}
	p.row.Reset()
	p.runes = 0
}

// done gives the rows.
func (p *smallPrint) done() []piece {
	p.flush()
	return p.pieces
}

// text adds cleaned text, of which each row but the last is full.
func (p *smallPrint) text(t chat.Text) {
	for i, t := range split(t, maxObject, func(t chat.Text) int { return utf8.RuneCountInString(mrkdwnText(t)) }) {
		if i > 0 {
			p.flush()
		}
		p.add(mrkdwnText(t))
	}
}

// link adds a link. One that is too long for small print is rich_text.
func (p *smallPrint) link(l chat.Link) {
	label := oneLine(l.Title)
	var words string
	switch {
	case label == "" && l.URL == "":
		return
	case linkable(l.URL):
		if label == "" {
			label = shortAddress(l.URL)
		}
		// Each bar in a label begins another link to the address.
		if length(label)+strings.Count(label, "|")*len(l.URL) <= maxObject {
			words = mrkdwnLink(label, l.URL)
		}
	default:
		label = unlinked(label, l.URL)
		l.URL = ""
		words = mrkdwn(label)
	}
	if words != "" && utf8.RuneCountInString(words) <= maxObject {
		p.add(words)
		return
	}
	p.flush()
	p.pieces = append(p.pieces, rich(chat.Text{{Text: label, URL: l.URL}})...)
}

// footer is plain text in small print.
func footer(s string) (pieces []piece) {
	for _, t := range split(chat.Plain(harmless(oneLine(s))), maxRich, size) {
		pieces = append(pieces, plainRow(t.String()))
	}
	return pieces
}

// plainRow is a row of small print that is plain text.
func plainRow(s string) piece {
	text := plain(s)
	return piece{slack.NewContextBlock("", text), length(text.Text)}
}
