package discord

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// prepare drops what only does harm from t and turns every link that cannot be
// one into its label and its address as text. An instant becomes a single
// character, so that nothing cuts it.
func prepare(t chat.Text) chat.Text {
	out := make(chat.Text, 0, len(t))
	for _, s := range t {
		s.Text = clean(s.Text)
		switch {
		case s.URL == "" && !s.Time.IsZero():
			s.Text = "\uFFFC"
		case s.URL == "":
		case !layout.Link(s.URL) || len(s.URL) > linkLimit:
			address := "(" + clean(s.URL) + ")"
			if s.Text != "" {
				address = " " + address
				out = append(out, chat.Span{Text: s.Text, Style: s.Style})
			}
			s = chat.Span{Text: address}
		case s.Text == s.URL && len(s.URL) <= bareLimit:
			s.URL = "" // an address in a text is a link by itself
		case s.Text == s.URL, strings.TrimSpace(s.Text) == "":
			s.Text = host(s.URL)
		}
		if s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

// clean is layout.Clean, which most text passes unchanged.
func clean(s string) string {
	if tame(s) {
		return s
	}
	return layout.Clean(s)
}

// isolate is layout.Isolate, which most text passes unchanged.
func isolate(s string) string {
	if tame(s) {
		return s
	}
	return layout.Isolate(s)
}

// tame reports that s has no control character but line ends, no character
// that is written from right to left, and no invisible one that could turn
// what stands around it.
func tame(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' || c == 0x7F {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x00A0, // controls
			0x0590 <= r && r <= 0x08FF,                             // Hebrew to Arabic
			0x200B <= r && r <= 0x200F, 0x2028 <= r && r <= 0x206F, // joiners, marks, separators, isolates
			0xFB1D <= r && r <= 0xFDFF, 0xFE70 <= r && r <= 0xFEFF, // presentation forms
			r == utf8.RuneError,
			0x10800 <= r && r <= 0x10FFF, 0x1E800 <= r && r <= 0x1EFFF:
			return false
		}
		i += n
	}
	return true
}

// line is text without line ends, as headlines and labels want it.
func line(s string) string {
	s = clean(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) && !strings.Contains(s, "  ") {
		return strings.TrimSpace(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// markdown writes prepared text as Discord reads it: only styles and links of
// the spans have an effect, everything else stands as it is.
func markdown(t chat.Text) string {
	var b strings.Builder
	words := 0
	for _, s := range t {
		words += len(s.Text) + len(s.URL) + 8
	}
	b.Grow(words)
	for _, s := range t {
		out := b.String()
		at := len(out)
		writeSpan(&b, s, out == "" || out[at-1] == '\n')
		if next := b.String()[at:]; at > 0 && next != "" && next[0] == out[at-1] && strings.IndexByte("*~`", next[0]) >= 0 {
			// Two marks in a row would be read as one.
			b.Reset()
			b.WriteString(out)
			b.WriteString("\u200b")
			b.WriteString(next)
		}
	}
	return b.String()
}

// writeSpan writes one span; lineStart says that it begins a line.
func writeSpan(b *strings.Builder, s chat.Span, lineStart bool) {
	inner := strings.TrimSpace(s.Text)
	if inner == "" {
		b.WriteString(s.Text)
		return
	}
	from := strings.Index(s.Text, inner)
	before, after := s.Text[:from], s.Text[from+len(inner):]
	marks := marksOf(s.Style)
	b.WriteString(before)
	b.WriteString(marks)
	switch {
	case s.URL == "" && !s.Time.IsZero():
		// https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
		b.WriteString("<t:" + strconv.FormatInt(s.Time.Unix(), 10) + ":f>")
	case s.URL != "" && !unsafeLabel(inner):
		label := isolate(strings.ReplaceAll(inner, "\n", " "))
		if s.Style.Has(chat.Code) {
			label = "`" + label + "`"
		}
		writeLink(b, label, s.URL)
	case s.Style.Has(chat.Code) && fence(inner) != "":
		b.WriteString(fence(inner) + inner + fence(inner))
	default:
		escape(b, isolate(inner), marks == "" && (lineStart || strings.Contains(before, "\n")))
	}
	b.WriteString(reverse(marks))
	b.WriteString(after)
	if s.URL != "" && unsafeLabel(inner) {
		b.WriteString(" (")
		writeLink(b, host(s.URL), s.URL)
		b.WriteByte(')')
	}
}

// writeLink writes a link that draws no preview.
func writeLink(b *strings.Builder, label, address string) {
	b.WriteByte('[')
	b.WriteString(label)
	b.WriteString("](<")
	b.WriteString(encode(address))
	b.WriteString(">)")
}

// unsafeLabel finds what a masked link's label cannot hold: marks, because a
// backslash does not work there, and addresses, because they undo the link
// (https://github.com/discord/discord-api-docs/issues/6185 and 7721). An
// underscore within a word is no mark.
func unsafeLabel(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', ']', '\\', '*', '~', '`', '|', '<', '>':
			return true
		case '_':
			if i == 0 || i == len(s)-1 || !wordByte(s[i-1]) || !wordByte(s[i+1]) {
				return true
			}
		case ':':
			if strings.HasPrefix(s[i:], "://") {
				return true
			}
		case '@':
			if pingsAll(s[i:]) {
				return true
			}
		}
	}
	return false
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func pingsAll(s string) bool {
	return strings.HasPrefix(s, "@everyone") || strings.HasPrefix(s, "@here")
}

// pictorial reports whether s may hold an emoji, with which a label is no link
// in the text of a message
// (https://github.com/discord/discord-api-docs/issues/6810).
func pictorial(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x1F000 || 0x2190 <= r && r <= 0x2BFF || r == 0x200D || r == 0xFE0F || r == 0x20E3
	})
}

// marksOf are the marks that stand before text of a style.
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

// reverse gives the marks that close what marks opens.
func reverse(marks string) string {
	b := []byte(marks)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// fence is what stands around code, which must not have as many backticks in a
// row; it is empty when the code has such runs that it can only be text, since
// three backticks begin a block.
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

// quiet writes plain text so that Discord shows it as it is.
func quiet(s string) string {
	var b strings.Builder
	escape(&b, isolate(s), false)
	return b.String()
}

// escape writes plain text so that Discord shows it as it is. An address in
// it stays one, between angle brackets so that it draws no preview.
func escape(b *strings.Builder, s string, lineStart bool) {
	done := 0
	flush := func(to int) { b.WriteString(s[done:to]); done = to }
	for i := 0; i < len(s); i++ {
		if lineStart {
			if mark := lineMark(s[i:]); mark >= 0 {
				flush(i + mark)
				b.WriteByte('\\')
			}
			lineStart = false
		}
		switch c := s[i]; c {
		case '\n':
			lineStart = true
		case '\\', '*', '_', '~', '`', '|', '<', '[', ']':
			flush(i)
			b.WriteByte('\\')
		case '@':
			if pingsAll(s[i:]) {
				flush(i)
				b.WriteByte('\\')
			}
		case 'h', 'H':
			if n := address(s[i:]); n > 0 {
				flush(i)
				b.WriteByte('<')
				flush(i + n)
				b.WriteByte('>')
				i += n - 1
			}
		}
	}
	flush(len(s))
}

// lineMark finds what would make a heading, a quote or an item of a list of
// the line that s begins with; it is negative when nothing would.
func lineMark(s string) int {
	i := 0
	for i < len(s) {
		if s[i] == ' ' || s[i] == '\t' {
			i++
		} else if strings.HasPrefix(s[i:], "\u3000") {
			i += len("\u3000")
		} else {
			break
		}
	}
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	at := i
	rest := s[i:]
	switch {
	case rest == "":
		return -1
	case strings.HasPrefix(rest, "-#"):
		rest = rest[2:]
	case rest[0] == '#', rest[0] == '>':
		n := 0
		for n < 3 && n < len(rest) && rest[n] == rest[0] {
			n++
		}
		rest = rest[n:]
	case strings.IndexByte("-+.)", rest[0]) >= 0:
		rest = rest[1:]
	default:
		return -1
	}
	if rest == "" || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || strings.HasPrefix(rest, "\u3000") {
		return at
	}
	return -1
}

// address is the length of the address that s begins with; 0 when there is none.
func address(s string) int {
	const secure, open = "https://", "http://"
	n := 0
	switch {
	case len(s) > len(secure) && strings.EqualFold(s[:len(secure)], secure):
		n = len(secure)
	case len(s) > len(open) && strings.EqualFold(s[:len(open)], open):
		n = len(open)
	default:
		return 0
	}
	for n < len(s) && (wordByte(s[n]) || strings.IndexByte("!#$%&'()*+,./:;=?@[]~-", s[n]) >= 0) {
		n++
	}
	found := trimAddress(s[:n])
	if !layout.Link(found) {
		return 0
	}
	return len(found)
}

// trimAddress leaves off what belongs to the sentence around an address.
func trimAddress(s string) string {
	for {
		cut := strings.TrimRight(s, ".,:;!?'*_~]")
		if strings.HasSuffix(cut, ")") && strings.Count(cut, ")") > strings.Count(cut, "(") {
			cut = cut[:len(cut)-1]
		}
		if cut == s {
			return s
		}
		s = cut
	}
}

// encode percent-encodes what would end a masked link's address.
func encode(address string) string { return encoder.Replace(address) }

var encoder = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", `"`, "%22", "`", "%60", `\`, "%5C", "|", "%7C")

// host names the site of an address.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || unsafeLabel(u.Hostname()) {
		return "link"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
