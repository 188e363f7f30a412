package render

import (
	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/bot/chat"
)

// bullets is slack.RichTextList without the fields that Slack's own types lack.
type bullets struct {
	Type     slack.RichTextElementType     `json:"type"`
	Style    slack.RichTextListElementType `json:"style"`
	Elements []slack.RichTextElement       `json:"elements"`
}

// RichTextElementType makes bullets an element of rich_text.
func (b *bullets) RichTextElementType() slack.RichTextElementType { return b.Type }

// list lays out a title and bullets. The end of the title is in the same
// block as the first bullet.
func list(l chat.List) unit {
	u := unit{}
	var elements []slack.RichTextElement
	var items *bullets
	used := 0
	flush := func() {
		if len(elements) > 0 {
			u.pieces = append(u.pieces, piece{slack.NewRichTextBlock("", elements...), used})
		}
		elements, items, used = nil, nil, 0
	}
	if title := oneLine(l.Title); title != "" {
		u.headlines = append(u.headlines, fallbackLine{text: title.text()})
		for _, t := range split(cleanText{title.span(chat.Bold, "")}, maxRich, size) {
			flush()
			s, n := section(t)
			elements, used = append(elements, s), n
		}
	}
	for _, item := range l.Items {
		text := sanitisedText(item)
		u.headlines = append(u.headlines, fallbackLine{text: text})
		for _, t := range split(text, maxRich, size) {
			s, n := section(t)
			if items != nil && used+n > maxRich {
				flush()
			}
			if items == nil {
				items = &bullets{Type: slack.RTEList, Style: slack.RTEListBullet}
				elements = append(elements, items)
			}
			items.Elements = append(items.Elements, s)
			used += n
		}
	}
	flush()
	return u
}
