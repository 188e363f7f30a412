package render

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// dateFormat writes an instant in each reader's own zone and language
// (https://docs.slack.dev/messaging/formatting-message-text#date-formatting).
const dateFormat = "{date_short_pretty} {time}"

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	// In the address of a mrkdwn link these would end it
	// (https://docs.slack.dev/messaging/formatting-message-text).
	addressEscaper = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", "^", "%5E", " ", "%20")
	// mrkdwn has no escape for its marks: a word joiner, which is not seen,
	// keeps them from being marks, and names from being mentions.
	marksEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", joiner+"&gt;", "*", joiner+"*", "_", joiner+"_",
		"~", joiner+"~", "`", joiner+"`", "@", "@"+joiner, "#", "#"+joiner)
	emojiName = regexp.MustCompile(`:[a-z0-9_+'-]+:`)
)

// withoutEmoji is text in which no name between colons is an emoji.
func withoutEmoji(s clean) string {
	if strings.Count(string(s), ":") < 2 || !emojiName.MatchString(string(s)) {
		return string(s)
	}
	return strings.ReplaceAll(string(s), ":", ":"+joiner)
}

// mrkdwn writes text so that it is read as it stands.
func mrkdwn(s clean) markup { return markup(marksEscaper.Replace(layout.Isolate(withoutEmoji(s)))) }

// mrkdwnLink is a link whose label reads as it stands. A bar, which no label
// can hold, stands between two links to the same address.
func mrkdwnLink(label clean, address string) markup {
	address = addressEscaper.Replace(address)
	if !strings.Contains(string(label), "|") {
		return markup("<" + address + "|" + string(mrkdwn(label)) + ">")
	}
	var b strings.Builder
	for i, part := range strings.Split(string(label), "|") {
		if i > 0 {
			b.WriteString("|")
		}
		words := strings.TrimSpace(part)
		if words == "" {
			b.WriteString(part)
			continue
		}
		before, after, _ := strings.Cut(part, words)
		b.WriteString(before + "<" + address + "|" + string(mrkdwn(clean(words))) + ">" + after)
	}
	return markup(b.String())
}

// mrkdwnTime is an instant whose words Slack chooses.
func mrkdwnTime(s chat.Span) markup {
	instant := "<!date^" + strconv.FormatInt(s.Time.Unix(), 10) + "^" + dateFormat
	if s.URL != "" {
		instant += "^" + addressEscaper.Replace(s.URL)
	}
	return markup(instant + "|" + string(mrkdwn(clean(s.Text))) + ">")
}

// mrkdwnText is cleaned text in one line of small print. Its styles go: marks
// beside Chinese would be seen as marks.
func mrkdwnText(t cleanText) markup {
	var b strings.Builder
	for _, s := range t {
		s.Text = strings.ReplaceAll(s.Text, "\n", " ")
		words := strings.TrimSpace(s.Text)
		switch {
		case words != "" && !s.Time.IsZero() && !strings.Contains(words, "|"):
			b.WriteString(string(mrkdwnTime(s)))
		case channelOf(s) != "":
			b.WriteString("<#" + channelOf(s) + ">")
		case words != "" && s.URL != "":
			b.WriteString(string(mrkdwnLink(clean(s.Text), s.URL)))
		default:
			b.WriteString(string(mrkdwn(clean(s.Text))))
		}
	}
	return markup(b.String())
}
