package compose

import (
	"strings"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/digest"
)

// longAnswer is the maximum length in characters of a digest in an answer: about ten
// messages on Discord, as many as a post may have by default. A longer digest is answered
// with a list of its stories.
const longAnswer = 20000

// Long reports whether a digest is too long for a complete answer.
func Long(d *digest.Digest) bool {
	n := length(d.Lead)
	for _, s := range d.Stories {
		n += utf8.RuneCountInString(s.Headline) + length(s.Summary)
		for _, source := range s.Sources {
			n += utf8.RuneCountInString(source.Title)
		}
	}
	return n > longAnswer
}

func length(t digest.Text) (n int) {
	for _, s := range t {
		n += utf8.RuneCountInString(s.Text)
	}
	return n
}

// StoriesOf answers with a page of the stories of one digest.
func StoriesOf(d *digest.Digest, found []Found, more bool, a Asked) chat.Message {
	w := in(a.Language, d.Language)
	m := chat.Message{
		Language: languageOf(&d.Card, w),
		Title:    title(&d.Card),
		URL:      d.URL,
		Footer:   w.footer(&d.Card),
	}
	w.items(&m, found)
	a.turns(w, &m, w.Say("← Back"), w.Say("More →"), more)
	return linked(m)
}

// storiesButton offers the stories of a digest: a list of them, or the only one.
func (w words) storiesButton(d *digest.Digest) chat.Button {
	b := chat.Button{Label: w.Say("All %d stories", len(d.Stories))}
	if len(d.Stories) == 1 {
		b.Line = refs.StoryLine(refs.Story(d, 0))
	} else {
		b.Line = chat.With(refs.StoryLine(refs.Story(d, -1)), chat.Page, "1")
	}
	return b
}

// opening is how many characters of a text without stories are shown in a post that is too
// long.
const opening = 1000

// beginning returns the beginning of a text that is too long for a post, up to the end of a
// line or a sentence if possible.
func beginning(t chat.Text) (begin chat.Text) {
	left := opening
	for _, s := range t {
		runes := []rune(s.Text)
		if len(runes) <= left {
			begin = append(begin, s)
			left -= len(runes)
			continue
		}
		if s.URL == "" { // half the words of a link make no sense
			s.Text = begun(s.Text, left)
			return append(begin, s)
		}
		return append(begin, chat.Span{Text: " …"})
	}
	return begin
}

// begun shortens a text that has more than most characters, at the end of a line or a
// sentence if possible, and appends an ellipsis.
func begun(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	kept := string([]rune(s)[:most])
	if end := strings.LastIndexAny(kept, "\n。！？ "); end > 0 {
		_, size := utf8.DecodeRuneInString(kept[end:])
		kept = kept[:end+size]
	}
	return strings.TrimSpace(kept) + " …"
}
