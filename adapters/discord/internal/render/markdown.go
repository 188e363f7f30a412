package render

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/discord/internal/snowflake"
	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// traits are what is to be known of a text before it is written.
type traits uint8

const (
	// wild text has control characters, is written from right to left, has
	// invisible characters that could turn what stands around it, or is no UTF-8.
	wild traits = 1 << iota
	// marked text has characters with a meaning of their own in Markdown.
	marked
	// pinging text has an @.
	pinging
	// leading text has addresses.
	leading
	// broken text has line ends.
	broken
	// spaced text has white space other than single spaces within it.
	spaced
)

// ascii are the traits of ASCII characters by themselves.
var ascii = func() (table [utf8.RuneSelf]traits) {
	for c := range table {
		if c < ' ' || c == 0x7F {
			table[c] = wild
		}
	}
	for _, c := range []byte("\\*_~`|<>[]") {
		table[c] = marked
	}
	table['\n'], table['@'], table[':'], table[' '] = broken, pinging, leading, spaced
	return table
}()

// look finds the traits of a text in one go.
func look(s string) (found traits) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			t := ascii[c]
			switch {
			case t&(leading|spaced) == 0:
			case c == ':' && pictured(s[i:]):
				t = marked
			case c == ':' && !strings.HasPrefix(s[i:], "://"), c == ' ' && i > 0 && i+1 < len(s) && s[i+1] != ' ':
				t = 0
			}
			found |= t
			i++
			continue
		}
		// Chinese, Japanese and Korean begin with these bytes and are harmless,
		// but for the ideographic space.
		if 0xE3 <= c && c <= 0xEC && i+2 < len(s) && s[i+1]&0xC0 == 0x80 && s[i+2]&0xC0 == 0x80 {
			if c == 0xE3 && s[i+1] == 0x80 && s[i+2] == 0x80 {
				found |= spaced
			}
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x00A0, r == utf8.RuneError, // controls
			0x0590 <= r && r <= 0x08FF,                             // Hebrew to Arabic
			0x200B <= r && r <= 0x200F, 0x2028 <= r && r <= 0x206F, // joiners, marks, separators, isolates
			0xFB1D <= r && r <= 0xFDFF, 0xFE70 <= r && r <= 0xFEFF, // presentation forms
			0x10800 <= r && r <= 0x10FFF, 0x1E800 <= r && r <= 0x1EFFF:
			found |= wild
		case r == 0x00A0, r == 0x1680, 0x2000 <= r && r <= 0x200A:
			found |= spaced
		}
		i += n
	}
	return found
}

// clean is layout.Clean, which most text passes unchanged.
func clean(s string) string {
	if look(s)&wild == 0 {
		return s
	}
	return layout.Clean(s)
}

// line is text without line ends, as headlines and labels want it.
func line(s string) string {
	switch found := look(s); {
	case found&(wild|broken|spaced) == 0:
		return s
	case found&wild != 0:
		s = layout.Clean(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// linkable is layout.Link with a short way for ordinary addresses.
func linkable(address string) bool {
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok {
		return layout.Link(address)
	}
	end := 0
	for end < len(rest) && (rest[end] == '.' || rest[end] == '-' || wordByte(rest[end])) {
		end++
	}
	if end == 0 || end < len(rest) && rest[end] != '/' {
		return layout.Link(address)
	}
	for _, c := range []byte(rest[end:]) {
		if c <= ' ' || c >= 0x7F || c == '%' {
			return layout.Link(address)
		}
	}
	return true
}

// prepare drops what only does harm from t and turns every link that cannot be
// one into its label and its address as text. An instant becomes a single
// character, so that nothing cuts it. Prepared twice is prepared once.
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

// prepared is what prepare makes of a span: the span with its traits, and the
// address of a link that is none.
func prepared(s chat.Span) (span, address chat.Span, found traits) {
	if found = look(s.Text); found&wild != 0 {
		s.Text = layout.Clean(s.Text)
		found |= look(s.Text)
	}
	switch {
	case s.URL == "" && !s.Time.IsZero():
		s.Text = "\uFFFC"
	case s.URL == "":
	case !fits(s.URL, linkLimit) || !linkable(s.URL):
		if s.Text != s.URL {
			address.Text = "(" + clean(s.URL) + ")"
		}
		if s.Text != "" && address.Text != "" {
			address.Text = " " + address.Text
		}
		s.URL = ""
	case s.Text == s.URL && len(s.URL) <= bareLimit:
		s.URL = "" // an address in a text is a link by itself
	case s.Text == s.URL, strings.TrimSpace(s.Text) == "":
		s.Text = Host(s.URL)
		found = look(s.Text)
	}
	return s, address, found
}

// plain reports whether a span is text and nothing else.
func plain(s *chat.Span) bool { return s.URL == "" && s.Style == 0 && !s.Place && s.Time.IsZero() }

// markdown writes text as Discord reads it: only styles and links of the spans
// have an effect, everything else stands as it is.
func markdown(t chat.Text) string {
	var b strings.Builder
	writeText(&b, t)
	return b.String()
}

// length is how many bytes texts have at least when they are written.
func length(texts ...chat.Text) (n int) {
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

// room is about how long a text becomes.
func room(texts ...chat.Text) (n int) {
	for _, t := range texts {
		for _, s := range t {
			n += len(s.Text) + len(s.URL) + 8
		}
	}
	return n
}

func writeText(b *strings.Builder, t chat.Text) {
	from := b.Len()
	for i := range t {
		if s := &t[i]; plain(s) {
			if found := look(s.Text); found&wild == 0 { // most of what there is
				out := b.String()
				escape(b, s.Text, found, len(out) == from || out[len(out)-1] == '\n')
				continue
			}
		}
		first, second, found := prepared(t[i])
		writeNext(b, first, found, from)
		if second.Text != "" {
			writeNext(b, second, look(second.Text), from)
		}
	}
}

// writeNext writes a span behind others of a text that begins at from.
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
	if strings.HasPrefix(next.String(), out[at-1:]) { // two marks in a row would be read as one
		b.WriteString("\u200b")
	}
	b.WriteString(next.String())
}

// writeSpan writes one span with those traits; lineStart says that it begins a
// line.
func writeSpan(b *strings.Builder, s chat.Span, found traits, lineStart bool) {
	if plain(&s) {
		escape(b, s.Text, found, lineStart)
		return
	}
	if s.URL != "" && found&broken != 0 {
		s.Text = strings.ReplaceAll(s.Text, "\n", " ")
	} else if found&broken != 0 { // marks hold for a line
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
	masks := s.URL != "" && (found&(marked|pinging|leading) == 0 || !unsafeLabel(inner))
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
		ahead, label := ornament(inner)
		b.WriteString(ahead)
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

// writeLink writes a link that draws no preview. A backslash does not work in its
// label, so what is not seen keeps the name of an emoji from being one.
func writeLink(b *strings.Builder, label, address string) {
	b.WriteByte('[')
	for i := range len(label) {
		b.WriteByte(label[i])
		if label[i] == ':' && pictured(label[i:]) {
			b.WriteString("\u200b")
		}
	}
	b.WriteString("](<")
	b.WriteString(encode(address))
	b.WriteString(">)")
}

// unsafeLabel finds what a masked link's label cannot hold: marks, because a
// backslash does not work there, and addresses, because they undo the link
// (https://github.com/discord/discord-api-docs/issues/6185 and 7721). One tilde is
// no mark, nor is an underscore that no other before it makes one.
func unsafeLabel(s string) bool {
	if look(s)&(marked|pinging|leading) == 0 {
		return false
	}
	underscores := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[', ']', '\\', '*', '`', '|', '<':
			return true
		case '~':
			if i > 0 && s[i-1] == '~' {
				return true
			}
		case '_':
			if underscores++; underscores > 1 && (i == len(s)-1 || s[i-1] == '_' || !wordByte(s[i+1])) {
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

// pictured reports whether a client draws an emoji for the colon that s begins with
// and what follows: :ok:, as in repo:ok:1, or the face :/, as in ::/48.
func pictured(s string) bool {
	if len(s) > 1 && strings.IndexByte("/()", s[1]) >= 0 {
		return !strings.HasPrefix(s, "://")
	}
	n := 1
	for n < min(len(s), longestEmoji) && (wordByte(s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '~') {
		n++
	}
	return n > 1 && n < len(s) && s[n] == ':'
}

// longestEmoji is more bytes than the name of any emoji has with its colons.
const longestEmoji = 80

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
	if len(marks) < 2 || marks == "**" || marks == "~~" {
		return marks
	}
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
	escape(&b, s, look(s), false)
	return b.String()
}

// escape writes plain text with those traits so that Discord shows it as it is,
// and so that its direction stays its own. An address in it stays one, between
// angle brackets so that it draws no preview.
func escape(b *strings.Builder, s string, found traits, lineStart bool) {
	if found&wild != 0 {
		s = layout.Isolate(s)
	}
	if found&(marked|pinging|leading|broken) == 0 && (!lineStart || lineMark(s) < 0) {
		b.WriteString(s)
		return
	}
	done := 0
	// Where an address is none, the rest of its characters is looked at again, but
	// not from each of them.
	tries, run := 0, 0
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
		case ':':
			if pictured(s[i:]) {
				flush(i)
				b.WriteByte('\\')
			}
		case 'h', 'H':
			if i >= run {
				tries = 0
			} else if tries == addressTries {
				continue
			}
			n, end := address(s[i:])
			if n == 0 {
				if end > 0 {
					tries, run = tries+1, i+end
				}
				continue
			}
			flush(i)
			b.WriteByte('<')
			flush(i + n)
			b.WriteByte('>')
			i += n - 1
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

// addressTries is how many addresses are looked for in characters that might all
// be one.
const addressTries = 8

// address is the length of the address that s begins with, 0 when there is none,
// and of all characters that might have been one.
func address(s string) (n, end int) {
	const secure, open = "https://", "http://"
	switch {
	case len(s) > len(secure) && strings.EqualFold(s[:len(secure)], secure):
		end = len(secure)
	case len(s) > len(open) && strings.EqualFold(s[:len(open)], open):
		end = len(open)
	default:
		return 0, 0
	}
	for end < len(s) {
		size := 1
		if s[end] >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[end:]); !unicode.In(r, unicode.L, unicode.M, unicode.N) {
				break
			}
		} else if !wordByte(s[end]) && strings.IndexByte("!#$%&'()*+,./:;=?@[]~-", s[end]) < 0 {
			break
		}
		end += size
	}
	if found := trimAddress(s[:end]); linkable(found) {
		return len(found), end
	}
	return 0, end
}

// trimAddress leaves off what belongs to the sentence around an address.
func trimAddress(s string) string {
	open, closed := strings.Count(s, "("), strings.Count(s, ")")
	for {
		s = strings.TrimRight(s, ".,:;!?'*_~]")
		if closed <= open || !strings.HasSuffix(s, ")") {
			return s
		}
		s, closed = s[:len(s)-1], closed-1
	}
}

// encode percent-encodes what would end a masked link's address.
func encode(address string) string {
	for i := range len(address) {
		switch address[i] {
		case '(', ')', '<', '>', ' ', '"', '`', '\\', '|':
			return encoder.Replace(address)
		}
	}
	return address
}

// fits reports whether an address that is percent-encoded for all its readers,
// Discord among them, has at most so many characters. The limits of addresses
// are those of what is sent, and no page says in which of its forms Discord
// counts an address that is not ASCII.
func fits(address string, limit int) bool {
	if len(address) > limit {
		return false
	}
	n := 0
	for i := range len(address) {
		switch c := address[i]; {
		case c >= utf8.RuneSelf, strings.IndexByte("()<> \"`\\|", c) >= 0:
			n += len("%20")
		default:
			n++
		}
	}
	return n <= limit
}

var encoder = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", `"`, "%22", "`", "%60", `\`, "%5C", "|", "%7C")

// Host names the site of an address.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || unsafeLabel(u.Hostname()) {
		return "link"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
