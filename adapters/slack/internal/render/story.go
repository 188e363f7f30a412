package render

import "github.com/digestbot/digestbot/bot/chat"

// maxShort is the maximum number of characters in a summary that needs no
// divider after it: about three lines on a phone.
const maxShort = 180

// story lays out a story: headline and summary in one block, and note and
// sources under it. The source that the headline links to is listed without a
// link.
func story(s chat.Story, number int) unit {
	title, summary, note := oneLine(s.Headline), sanitisedText(s.Summary), sanitisedText(s.Note)
	address := ""
	if len(s.Sources) > 0 && linkable(s.Sources[0].URL) {
		address = s.Sources[0].URL
	}
	u := unit{pieces: titled(title, address, summary), story: true, ruled: true}
	var small smallPrint
	for i, l := range s.Sources {
		if i == 0 && address != "" && title != "" {
			l.URL = ""
		}
		small.link(oneLine(l.Title), l.URL)
	}
	small.text(note)
	u.pieces = append(u.pieces, small.done()...)
	if title == "" {
		u.headlines, u.prose = []fallbackLine{{number, summary}}, []fallbackLine{{0, note}}
	} else {
		u.headlines, u.prose = []fallbackLine{{number, title.text()}}, []fallbackLine{{number, summary}, {0, note}}
	}
	return u
}
