package render

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// dateFormat formats a time in each reader's time zone and language
// (https://docs.slack.dev/messaging/formatting-message-text#date-formatting).
const dateFormat = "{date_short_pretty} {time}"

var (
	escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	// These would end the address of a mrkdwn link
	// (https://docs.slack.dev/messaging/formatting-message-text).
	addressEscaper = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", "^", "%5E", " ", "%20")
	// mrkdwn has no way to escape its marks. An invisible word joiner keeps
	// them from being marks, and names from being mentions.
	marksEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", joiner+"&gt;", "*", joiner+"*", "_", joiner+"_",
		"~", joiner+"~", "`", joiner+"`", "@", "@"+joiner, "#", "#"+joiner)
	emojiName = regexp.MustCompile(`:[a-z0-9_+'-]+:`)
)

// withoutEmoji returns text in which no name between colons is an emoji.
func withoutEmoji(s clean) string {
	if strings.Count(string(s), ":") < 2 || !emojiName.MatchString(string(s)) {
		return string(s)
	}
	return strings.ReplaceAll(string(s), ":", ":"+joiner)
}

// mrkdwn escapes text so that it appears unchanged.
func mrkdwn(s clean) markup { return markup(marksEscaper.Replace(layout.Isolate(withoutEmoji(s)))) }

// mrkdwnLink returns a link whose label appears unchanged. A label cannot
// hold a bar, so a bar separates two links to the same address.
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

// mrkdwnTime returns a time that Slack formats.
func mrkdwnTime(s chat.Span) markup {
	instant := "<!date^" + strconv.FormatInt(s.Time.Unix(), 10) + "^" + dateFormat
	if s.URL != "" {
		instant += "^" + addressEscaper.Replace(s.URL)
	}
	return markup(instant + "|" + string(mrkdwn(clean(s.Text))) + ">")
}

// mrkdwnText returns cleaned text as one line of small print. It has no
// styles, because marks next to Chinese would be shown as characters.
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
