package slack

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// dateFormat writes an instant in each reader's own zone and language
// (https://docs.slack.dev/messaging/formatting-message-text#date-formatting).
const dateFormat = "{date_short_pretty} {time}"

// maxTime is the most words that a time has. Text that has more is no time, and may
// have to be cut.
const maxTime = 100

// clean drops what layout.Clean drops, and spans without text, and writes out
// the addresses of links that cannot be followed.
func clean(t chat.Text) chat.Text {
	out := make(chat.Text, 0, len(t))
	blank := true
	for _, s := range t {
		if s.Text == "" {
			continue
		}
		s.Text = layout.Clean(s.Text)
		if s.URL != "" && !linkable(s.URL) {
			s.Text, s.URL = unlinked(s.Text, s.URL), ""
		}
		s.Text = cmp.Or(s.Text, s.URL)
		if !s.Time.IsZero() && utf8.RuneCountInString(s.Text) > maxTime {
			s.Time = time.Time{}
		}
		if s.Text != "" {
			out = append(out, s)
			blank = blank && strings.TrimSpace(s.Text) == ""
		}
	}
	if blank {
		return nil
	}
	return out
}

// oneLine is text for places that have only one line.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(layout.Clean(s), "\n", " "))
}

// shorten is the beginning of text that stands elsewhere as a whole.
func shorten(s string, limit int) string {
	head, rest := cut(s, limit)
	if rest != "" {
		head += "…"
	}
	return head
}

// cut is layout.Cut, which looks at all of a text that fits.
func cut(s string, limit int) (head, rest string) {
	if utf8.RuneCountInString(s) <= limit {
		return s, ""
	}
	return layout.Cut(s, limit)
}

// linkable reports whether an address can be that of a link.
func linkable(address string) bool {
	return spelled(address) <= maxAddress && layout.Link(address)
}

// spelled counts the characters of an address that is escaped for all its
// readers: what is neither ASCII nor allowed in the address of a mrkdwn link is
// percent-encoded, and an ampersand is an entity. No page says in which of these
// forms Slack counts it.
func spelled(address string) (n int) {
	for i := range len(address) {
		switch c := address[i]; {
		case c == '&':
			n += len("&amp;")
		case c >= utf8.RuneSelf, strings.IndexByte("<>|^ ", c) >= 0:
			n += len("%20")
		default:
			n++
		}
	}
	return n
}

// unlinked is a label with an address that is no link.
func unlinked(label, address string) string {
	switch address = layout.Clean(address); {
	case address == "" || address == label:
		return label
	case label == "":
		return address
	}
	return label + " (" + address + ")"
}

// shortAddress is how an address without a name is shown: host and path.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // layout.Link knows none
	}
	return shorten(oneLine(strings.TrimPrefix(u.Host, "www.")+strings.TrimSuffix(u.Path, "/")), 60)
}

// length counts the characters of cleaned text the way Slack does: escaped.
func length(s string) (n int) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '&':
			n += len("&amp;")
		case c == '<', c == '>':
			n += len("&lt;")
		case utf8.RuneStart(c):
			n++
		}
	}
	return n
}

// place is the channel of Slack that a span names, else empty.
func place(s chat.Span) string {
	id, ok := s.Channel("slack")
	if !ok || CheckChannel(id) != nil {
		return ""
	}
	return id
}

// size is how much text takes of maxTotal before it is isolated.
func size(t chat.Text) int {
	n := 0
	for _, s := range t {
		n += length(s.Text) + spelled(s.URL)
	}
	return n
}

// split is layout.Split, which may cut in the words of a time, where Slack would
// tell the time twice.
func split(t chat.Text, limit int, size func(chat.Text) int) []chat.Text {
	var times []string
	longest := 0
	for i, s := range t {
		if s.Time.IsZero() {
			continue
		}
		if times == nil {
			t = slices.Clone(t)
		}
		times = append(times, s.Text)
		t[i].Text = "\uFFFC" // stands for an object, and is not cut
		longest = max(longest, size(chat.Text{s})-size(t[i:i+1]))
	}
	pieces := layout.Split(t, limit, func(t chat.Text) int {
		n := size(t)
		for _, s := range t {
			if !s.Time.IsZero() {
				n += longest
			}
		}
		return n
	})
	for _, piece := range pieces {
		for i := range piece {
			if !piece[i].Time.IsZero() {
				piece[i].Text, times = times[0], times[1:]
			}
		}
	}
	return pieces
}

// styles are the sixteen sets of styles, as rich_text has them.
var styles = func() (all [16]*slack.RichTextSectionTextStyle) {
	for i := range all[1:] {
		s := chat.Style(i + 1)
		all[s] = &slack.RichTextSectionTextStyle{
			Bold: s.Has(chat.Bold), Italic: s.Has(chat.Italic), Strike: s.Has(chat.Strike), Code: s.Has(chat.Code),
		}
	}
	return all
}()

// section is cleaned text as a section of rich_text, neighbours of one style in one
// element, and how much it takes of maxTotal.
func section(t chat.Text) (*slack.RichTextSection, int) {
	out := make([]slack.RichTextSectionElement, 0, len(t))
	texts := make([]slack.RichTextSectionTextElement, 0, len(t)) // at once
	var last *slack.RichTextSectionTextElement                   // if nothing stands behind it
	n := 0
	for _, s := range t {
		words := layout.Isolate(s.Text)
		n += length(words) + spelled(s.URL)
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
		case place(s) != "":
			out, last = append(out, slack.NewRichTextSectionChannelElement(place(s), style)), nil
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
	// Whether Slack reads plain text as a mention is not documented.
	mentions = strings.NewReplacer("<!", "<"+joiner+"!", "<@", "<"+joiner+"@", "<#", "<"+joiner+"#",
		"@everyone", "@"+joiner+"everyone", "@channel", "@"+joiner+"channel", "@here", "@"+joiner+"here")
)

const joiner = "\u2060"

// harmless keeps plain text from being a mention.
func harmless(s string) string {
	if !strings.ContainsAny(s, "<@") {
		return s
	}
	return mentions.Replace(s)
}

// plain is a text object in which ":8080:" is no emoji.
func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, layout.Isolate(s), false, false)
}

// wordy is text in which no name between colons is an emoji.
func wordy(s string) string {
	if strings.Count(s, ":") < 2 || !emojiName.MatchString(s) {
		return s
	}
	return strings.ReplaceAll(s, ":", ":"+joiner)
}

// mrkdwn writes text so that it is read as it stands.
func mrkdwn(s string) string { return marksEscaper.Replace(layout.Isolate(wordy(s))) }

// mrkdwnLink is a link whose label reads as it stands. A bar, which no label
// can hold, stands between two links to the same address.
func mrkdwnLink(label, address string) string {
	address = addressEscaper.Replace(address)
	if !strings.Contains(label, "|") {
		return "<" + address + "|" + mrkdwn(label) + ">"
	}
	var b strings.Builder
	for i, part := range strings.Split(label, "|") {
		if i > 0 {
			b.WriteString("|")
		}
		words := strings.TrimSpace(part)
		if words == "" {
			b.WriteString(part)
			continue
		}
		before, after, _ := strings.Cut(part, words)
		b.WriteString(before + "<" + address + "|" + mrkdwn(words) + ">" + after)
	}
	return b.String()
}

// mrkdwnTime is an instant whose words Slack chooses.
func mrkdwnTime(s chat.Span) string {
	instant := "<!date^" + strconv.FormatInt(s.Time.Unix(), 10) + "^" + dateFormat
	if s.URL != "" {
		instant += "^" + addressEscaper.Replace(s.URL)
	}
	return instant + "|" + mrkdwn(s.Text) + ">"
}

// mrkdwnText is cleaned text in one line of small print. Its styles go: marks
// beside Chinese would be seen as marks.
func mrkdwnText(t chat.Text) string {
	var b strings.Builder
	for _, s := range t {
		s.Text = strings.ReplaceAll(s.Text, "\n", " ")
		words := strings.TrimSpace(s.Text)
		switch {
		case words != "" && !s.Time.IsZero() && !strings.Contains(words, "|"):
			b.WriteString(mrkdwnTime(s))
		case place(s) != "":
			b.WriteString("<#" + place(s) + ">")
		case words != "" && s.URL != "":
			b.WriteString(mrkdwnLink(s.Text, s.URL))
		default:
			b.WriteString(mrkdwn(s.Text))
		}
	}
	return b.String()
}

// said is cleaned text that the fallback text has too, as lines without styles.
type said struct {
	number int // before the first line; zero for none
	text   chat.Text
}

// fallbackText is what notifications show and screen readers read in place of
// the blocks: whole lines, as many as fit. Escaped, it can mention nobody.
type fallbackText struct {
	strings.Builder
	runes int
	full  bool
}

// call begins the text with mentions, which are escaped already.
func (f *fallbackText) call(mentions string) {
	if mentions != "" {
		f.WriteString(mentions + " ")
		f.runes = utf8.RuneCountInString(mentions) + 1
	}
}

// say adds text.
func (f *fallbackText) say(all ...said) {
	for _, s := range all {
		if f.full {
			return
		}
		number := ""
		if s.number > 0 {
			number = strconv.Itoa(s.number) + ". "
		}
		for line := range strings.Lines(s.text.String()) {
			if line = strings.TrimSpace(line); line != "" {
				f.line(number + line)
				number = ""
			}
		}
	}
}

// line adds a line if it has room.
func (f *fallbackText) line(s string) {
	if f.full || s == "" {
		return
	}
	if f.add(s) {
		return
	}
	// A line that would leave most of the room empty is cut.
	for limit := maxFallback - f.runes; limit > 0 && f.Len() < maxFallbackBytes/4; limit -= limit/10 + 1 {
		if head, _ := cut(s, limit); f.add(head) {
			break
		}
	}
	f.full = true
	f.WriteString("…")
}

// add adds a line if it has room, and then an ellipsis has, too.
func (f *fallbackText) add(s string) bool {
	s = escaper.Replace(layout.Isolate(wordy(s)))
	runes := utf8.RuneCountInString(s) + len("\n")
	if f.runes+runes+len("…") > maxFallback || f.Len()+len("\n")+len(s)+len("…") > maxFallbackBytes {
		return false
	}
	if f.Len() == 0 {
		f.Grow(maxFallbackBytes)
	}
	f.WriteString(s)
	f.WriteByte('\n')
	f.runes += runes
	return true
}

// done gives the text; Slack takes none that is empty.
func (f *fallbackText) done() string {
	return cmp.Or(strings.TrimSpace(f.String()), "…")
}
