package render

import (
	"slices"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// styles has the 16 combinations of styles in rich_text form.
var styles = func() (all [16]*slack.RichTextSectionTextStyle) {
	for i := range all[1:] {
		s := chat.Style(i + 1)
		all[s] = &slack.RichTextSectionTextStyle{
			Bold: s.Has(chat.Bold), Italic: s.Has(chat.Italic), Strike: s.Has(chat.Strike), Code: s.Has(chat.Code),
		}
	}
	return all
}()

// section returns cleaned text as a section of rich_text, with adjacent spans of
// one style merged into one element, and its size in terms of maxTotal.
func section(t cleanText) (*slack.RichTextSection, int) {
	out := make([]slack.RichTextSectionElement, 0, len(t))
	texts := make([]slack.RichTextSectionTextElement, 0, len(t)) // one allocation
	var last *slack.RichTextSectionTextElement                   // the element that a span of the same style extends
	n := 0
	for _, s := range t {
		words := layout.Isolate(s.Text)
		n += length(words) + addressLength(s.URL)
		style := styles[s.Style&15]
		switch {
		case !s.Time.IsZero():
			date := &slack.RichTextSectionDateElement{
				Type: slack.RTSEDate, Timestamp: slack.JSONTime(s.Time.Unix()), Format: dateFormat, Fallback: &words, Style: style,
			}
			if s.URL != "" {
				date.URL = &s.URL
			}
			out, last = append(out, date), nil
		case channelOf(s) != "":
			out, last = append(out, slack.NewRichTextSectionChannelElement(channelOf(s), style)), nil
		case s.URL != "":
			out, last = append(out, slack.NewRichTextSectionLinkElement(s.URL, words, style)), nil
		case last != nil && last.Style == style:
			last.Text += words
		default:
			texts = append(texts, slack.RichTextSectionTextElement{Type: slack.RTSEText, Text: words, Style: style})
			last = &texts[len(texts)-1]
			out = append(out, last)
		}
	}
	return slack.NewRichTextSection(out...), n
}

// titled returns cleaned text under a bold title, which may be a link. The
// end of the title is in the same block as the beginning of the text.
func titled(title clean, url string, text cleanText) []piece {
	if title == "" {
		return rich(text)
	}
	as := title.span(chat.Bold, url)
	whole := make(cleanText, 0, 2+len(text))
	whole = append(whole, as)
	if len(text) > 0 {
		whole = append(append(whole, chat.Span{Text: "\n"}), text...)
	}
	if size(whole) <= maxRich {
		return []piece{block(whole)}
	}
	pieces := split(text, maxRich, size)
	heads := split(cleanText{as}, maxRich, size)
	if len(pieces) > 0 {
		pieces[0] = slices.Concat(heads[len(heads)-1], clean("\n").text(), pieces[0])
		heads = heads[:len(heads)-1]
	}
	out := make([]piece, 0, len(heads)+len(pieces)+1)
	for _, t := range heads {
		out = append(out, block(t))
	}
	for _, t := range pieces {
		out = append(out, block(t))
	}
	return out
}

// rich returns cleaned text as rich_text, in as many blocks as necessary.
func rich(text cleanText) (pieces []piece) {
	for _, t := range split(text, maxRich, size) {
		pieces = append(pieces, block(t))
	}
	return pieces
}

// block returns cleaned text as one rich_text block.
func block(t cleanText) piece {
	s, n := section(t)
	return piece{slack.NewRichTextBlock("", s), n}
}
