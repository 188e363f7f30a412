package render

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// smallPrint collects rows of small print, each the single text of a context block.
type smallPrint struct {
	pieces []piece
	row    strings.Builder
	runes  int // of the row
}

// add appends words, which must fit in one row.
func (p *smallPrint) add(words markup) {
	const between = " · "
	n := utf8.RuneCountInString(string(words))
	if p.runes > 0 && p.runes+len(between)+n > maxObject {
		p.flush()
	}
	if p.runes > 0 {
		p.row.WriteString(between)
		p.runes += utf8.RuneCountInString(between)
	}
	p.row.WriteString(string(words))
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

// done returns the rows.
func (p *smallPrint) done() []piece {
	p.flush()
	return p.pieces
}

// text adds cleaned text. Each row except the last is full.
func (p *smallPrint) text(t cleanText) {
	for i, t := range split(t, maxObject, func(t cleanText) int { return utf8.RuneCountInString(string(mrkdwnText(t))) }) {
		if i > 0 {
			p.flush()
		}
		p.add(mrkdwnText(t))
	}
}

// link adds a link. If it is too long for small print, it becomes rich_text.
func (p *smallPrint) link(label clean, url string) {
	var words markup
	switch {
	case label == "" && url == "":
		return
	case linkable(url):
		if label == "" {
			label = shortAddress(url)
		}
		// Each bar in a label begins another link to the same address.
		if length(label)+strings.Count(string(label), "|")*len(url) <= maxObject {
			words = mrkdwnLink(label, url)
		}
	default:
		label = unlinked(label, url)
		url = ""
		words = mrkdwn(label)
	}
	if words != "" && utf8.RuneCountInString(string(words)) <= maxObject {
		p.add(words)
		return
	}
	p.flush()
	p.pieces = append(p.pieces, rich(cleanText{label.span(0, url)})...)
}

// footer returns plain text in small print.
func footer(s string) (pieces []piece) {
	for _, t := range split(withoutMentions(oneLine(s)).text(), maxRich, size) {
		pieces = append(pieces, plainRow(clean(t.String())))
	}
	return pieces
}

// plainRow returns a row of small print in plain text.
func plainRow(s clean) piece {
	text := plainText(s)
	return piece{slack.NewContextBlock("", text), length(text.Text)}
}
