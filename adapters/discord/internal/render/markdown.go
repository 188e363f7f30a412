package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// markdown converts text to Discord's Markdown: only the spans' styles and
// links have an effect, and everything else appears as it is.
func markdown(t chat.Text) markup {
	var b strings.Builder
	writeText(&b, t)
	return markup(b.String())
}

// prepare removes harmful characters from t and replaces every invalid link
// with its label and its address as text. A time becomes a single character,
// so that it is not split. prepare is idempotent.
func prepare(t chat.Text) chat.Text {
	out := make(chat.Text, 0, len(t)+1)
	for _, s := range t {
		first, second, _ := prepared(s)
		if first.Text != "" {
			out = append(out, first)
		}
		if second.Text != "" {
			out = append(out, second)
		}
	}
	return out
}

// prepared prepares one span: it returns the span with its traits, and the
// address of an invalid link.
func prepared(s chat.Span) (span, address chat.Span, found traits) {
	if found = traitsOf(s.Text); found&wild != 0 {
		s.Text = layout.Clean(s.Text)
		found |= traitsOf(s.Text)
	}
	switch {
	case s.URL == "" && !s.Time.IsZero():
		s.Text = "\uFFFC"
	case s.URL == "":
	case !fits(s.URL, linkLimit) || !isLink(s.URL):
		if s.Text != s.URL {
			address.Text = "(" + clean(s.URL) + ")"
		}
		if s.Text != "" && address.Text != "" {
			address.Text = " " + address.Text
		}
		s.URL = ""
	case s.Text == s.URL && len(s.URL) <= bareLimit:
		s.URL = "" // an address in plain text is already a link
	case s.Text == s.URL, strings.TrimSpace(s.Text) == "":
		s.Text = Host(s.URL)
		found = traitsOf(s.Text)
	}
	return s, address, found
}

// plain reports whether a span is only text.
func plain(s *chat.Span) bool { return s.URL == "" && s.Style == 0 && !s.Place && s.Time.IsZero() }

// minLength returns the minimum number of bytes of texts when written.
func minLength(texts ...chat.Text) (n int) {
	for _, t := range texts {
		for _, s := range t {
			n += len(s.Text)
			if s.Text != s.URL {
				n += len(s.URL)
			}
		}
	}
	return n
}

// estimate returns the approximate length of texts when written.
func estimate(texts ...chat.Text) (n int) {
	for _, t := range texts {
		for _, s := range t {
			n += len(s.Text) + len(s.URL) + 8
		}
	}
	return n
}

func writeText(b *strings.Builder, t chat.Text) {
	from := b.Len()
	for i := 0; i < len(t); i++ {
		s := t[i]
		if plain(&s) {
			if i > 0 {
				s.Text, i = withoutHost(t, i)
			}
			if found := traitsOf(s.Text); found&wild == 0 { // the most common case
				out := b.String()
				escape(b, s.Text, found, len(out) == from || out[len(out)-1] == '\n')
				continue
			}
		}
		first, second, found := prepared(s)
		writeNext(b, first, found, from)
		if second.Text != "" {
			writeNext(b, second, traitsOf(second.Text), from)
		}
	}
}

// withoutHost returns the text of a plain span. If the link before it already shows its host,
// because its label could not be a link, the text is that of all plain spans up to last,
// without the same host in brackets at its beginning.
func withoutHost(t chat.Text, at int) (text string, last int) {
	text, before := t[at].Text, &t[at-1]
	if before.URL == "" || !strings.HasPrefix(text, " (") && !strings.HasPrefix(text, "（") {
		return text, at
	}
	if inner := strings.TrimSpace(before.Text); inner == "" || !unsafeLabel(inner) {
		return text, at
	}
	all := text
	for last = at; last+1 < len(t) && plain(&t[last+1]); last++ {
		all += t[last+1].Text
	}
	host := Host(before.URL)
	for _, brackets := range []string{" (" + host + ")", "（" + host + "）"} {
		if rest, ok := strings.CutPrefix(all, brackets); ok {
			return rest, last
		}
	}
	return text, at
}

// writeNext writes a span after others of a text that begins at from.
func writeNext(b *strings.Builder, s chat.Span, found traits, from int) {
	if s.Text == "" {
		return
	}
	out := b.String()
	at := len(out)
	lineStart := at == from || out[at-1] == '\n'
	if at == from || strings.IndexByte("*~`", out[at-1]) < 0 {
		writeSpan(b, s, found, lineStart)
		return
	}
	var next strings.Builder
	writeSpan(&next, s, found, lineStart)
	if strings.HasPrefix(next.String(), out[at-1:]) { // two adjacent marks would be read as one
		b.WriteString("\u200b")
	}
	b.WriteString(next.String())
}

// writeSpan writes one span with the given traits; lineStart means that it
// begins a line.
func writeSpan(b *strings.Builder, s chat.Span, found traits, lineStart bool) {
	if plain(&s) {
		escape(b, s.Text, found, lineStart)
		return
	}
	if s.URL != "" && found&broken != 0 {
		s.Text = strings.ReplaceAll(s.Text, "\n", " ")
	} else if found&broken != 0 { // a mark extends only to the end of its line
		for i, part := range strings.Split(s.Text, "\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			s.Text = part
			writeSpan(b, s, found&^broken, lineStart || i > 0)
		}
		return
	}
	inner := strings.TrimSpace(s.Text)
	if inner == "" {
		b.WriteString(s.Text)
		return
	}
	from := strings.Index(s.Text, inner)
	before, after := s.Text[:from], s.Text[from+len(inner):]
	marks := marksOf(s.Style)
	masks := s.URL != "" && (found&(marked|pinging|linked) == 0 || !unsafeLabel(inner))
	b.WriteString(before)
	b.WriteString(marks)
	channel, named := s.Channel("discord")
	switch {
	case named && snowflake.Valid(channel):
		// https://docs.discord.com/developers/reference#message-formatting-formats
		b.WriteString("<#" + channel + ">")
	case s.URL == "" && !s.Time.IsZero():
		// https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
		b.WriteString("<t:")
		b.WriteString(strconv.FormatInt(s.Time.Unix(), 10))
		b.WriteString(":f>")
	case masks:
		ahead, label := cutEmoji(inner)
		b.WriteString(string(ahead))
		if found&wild != 0 {
			label = layout.Isolate(label)
		}
		if s.Style.Has(chat.Code) {
			label = "`" + label + "`"
		}
		writeLink(b, label, s.URL)
	case s.Style.Has(chat.Code) && fence(inner) != "":
		b.WriteString(fence(inner))
		b.WriteString(inner)
		b.WriteString(fence(inner))
	default:
		escape(b, inner, found, marks == "" && lineStart)
	}
	b.WriteString(reverse(marks))
	b.WriteString(after)
	if s.URL != "" && !masks {
		b.WriteString(" (")
		writeLink(b, Host(s.URL), s.URL)
		b.WriteByte(')')
	}
}

// writeLink writes a link without a preview. Backslashes do not work in its
// label, so an invisible character keeps emoji names from becoming emoji.
func writeLink(b *strings.Builder, label, address string) {
	b.WriteByte('[')
	for i := range len(label) {
		b.WriteByte(label[i])
		if label[i] == ':' && startsEmoji(label[i:]) {
			b.WriteString("\u200b")
		}
	}
	b.WriteString("](<")
	b.WriteString(encode(address))
	b.WriteString(">)")
}

// maskedLink returns a link with a safe label.
func maskedLink(text, address string) markup {
	var b strings.Builder
	writeLink(&b, string(shown(text)), address)
	return markup(b.String())
}

// marksOf returns the marks that open a style.
func marksOf(s chat.Style) string {
	var marks string
	if s.Has(chat.Bold) {
		marks = "**"
	}
	if s.Has(chat.Italic) {
		marks += "*"
	}
	if s.Has(chat.Strike) {
		marks += "~~"
	}
	return marks
}

// reverse returns the closing marks for the given opening marks.
func reverse(marks string) string {
	if len(marks) < 2 || marks == "**" || marks == "~~" {
		return marks
	}
	b := []byte(marks)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// fence returns the delimiter for code, which must not contain a run of as
// many backticks. It is empty if only three backticks would do, because they
// begin a code block; the code is then written as text.
func fence(code string) string {
	if !strings.Contains(code, "`") {
		return "`"
	}
	var one, two bool
	for run, rest := 0, code+" "; rest != ""; rest = rest[1:] {
		if rest[0] == '`' {
			run++
			continue
		}
		one, two, run = one || run == 1, two || run == 2, 0
	}
	switch {
	case code[0] == '`' || code[len(code)-1] == '`' || one && two:
		return ""
	case one:
		return "``"
	default:
		return "`"
	}
}

// hasEmojiLink reports whether a text has a link that works only in a panel.
func hasEmojiLink(t chat.Text) bool {
	return slices.ContainsFunc(t, func(s chat.Span) bool {
		_, label := cutEmoji(s.Text)
		return s.URL != "" && hasEmoji(label)
	})
}
