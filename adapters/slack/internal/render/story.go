package render

import "github.com/digestbot/digestbot/bot/chat"

// maxShort is the most characters of a summary that no rule has to part from the
// next: about three lines of a phone.
const maxShort = 180

// story is headline and summary in one block, and note and sources under it. The
// source that the headline leads to stands there as words.
func story(s chat.Story, number int) unit {
	title, summary, note := oneLine(s.Headline), clean(s.Summary), clean(s.Note)
	headline := chat.Span{}
	if len(s.Sources) > 0 && linkable(s.Sources[0].URL) {
		headline.URL = s.Sources[0].URL
	}
	u := unit{pieces: titled(title, headline, summary), story: true, ruled: true}
	var small smallPrint
	for i, l := range s.Sources {
		if i == 0 && headline.URL != "" && title != "" {
			l.URL = ""
		}
		small.link(l)
	}
	small.text(note)
	u.pieces = append(u.pieces, small.done()...)
	if title == "" {
		u.headlines, u.prose = []spoken{{number, summary}}, []spoken{{0, note}}
	} else {
		u.headlines, u.prose = []spoken{{number, chat.Plain(title)}}, []spoken{{number, summary}, {0, note}}
	}
	return u
}
