package discord

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// linkLimit is the longest address that becomes a link; a longer one is text,
// which can be cut.
const linkLimit = 2048

// prepare drops what only does harm from t and turns every link that cannot be
// one into its label and its address as text.
func prepare(t chat.Text) chat.Text {
	var out chat.Text
	for _, s := range t {
		s.Text = layout.Clean(s.Text)
		switch {
		case s.URL == "":
		case !layout.Link(s.URL) || len(s.URL) > linkLimit:
			address := "(" + layout.Clean(s.URL) + ")"
			if s.Text != "" {
				address = " " + address
			}
			out = append(out, chat.Span{Text: s.Text, Style: s.Style})
			s = chat.Span{Text: address}
		case strings.TrimSpace(s.Text) == "":
			s.Text = host(s.URL)
		}
		if s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

// markdown writes prepared text as Discord reads it: only styles and links of
// the spans have an effect, everything else stands as it is.
func markdown(t chat.Text) string {
	var b strings.Builder
	for _, s := range t {
		out := b.String()
		next := span(s, out == "" || strings.HasSuffix(out, "\n"))
		if next == "" {
			continue
		}
		if out != "" && next[0] == out[len(out)-1] && strings.IndexByte("*~`", next[0]) >= 0 {
			b.WriteString("\u200b") // two marks in a row would be read as one
		}
		b.WriteString(next)
	}
	return b.String()
}

// span writes one span; lineStart says that it begins a line.
func span(s chat.Span, lineStart bool) string {
	inner := strings.TrimSpace(s.Text)
	if inner == "" {
		return s.Text
	}
	before, after, _ := strings.Cut(s.Text, inner)
	marks := marksOf(s.Style)
	switch {
	case s.URL != "" && !unsafeLabel.MatchString(inner):
		label := strings.ReplaceAll(inner, "\n", " ")
		if s.Style.Has(chat.Code) {
			label = "`" + label + "`"
		}
		inner = "[" + label + "](" + encode(s.URL) + ")"
	case s.Style.Has(chat.Code) && fence(inner) != "":
		inner = fence(inner) + inner + fence(inner)
	default:
		inner = escape(inner, lineStart && before == "" && marks == "")
	}
	inner = before + marks + inner + reverse(marks) + after
	if s.URL != "" && unsafeLabel.MatchString(s.Text) {
		inner += " ([" + host(s.URL) + "](" + encode(s.URL) + "))"
	}
	return inner
}

// unsafeLabel finds what a masked link's label cannot hold: marks, because a
// backslash does not work there, and addresses, because they undo the link
// (https://github.com/discord/discord-api-docs/issues/6185 and 7721). An
// underscore within a word is no mark.
var unsafeLabel = regexp.MustCompile("[\\[\\]\\\\*~`|<>]|(^|\\W)_|_(\\W|$)|://|@everyone|@here")

// marksOf are the marks that stand before text of a style.
func marksOf(s chat.Style) string {
	var marks string
	for _, m := range []struct {
		style chat.Style
		mark  string
	}{{chat.Bold, "**"}, {chat.Italic, "*"}, {chat.Strike, "~~"}} {
		if s.Has(m.style) {
			marks += m.mark
		}
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
	runs := map[int]bool{}
	for _, run := range backticks.FindAllString(code, -1) {
		runs[len(run)] = true
	}
	switch {
	case strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") || runs[1] && runs[2]:
		return ""
	case runs[1]:
		return "``"
	default:
		return "`"
	}
}

var backticks = regexp.MustCompile("`+")

var (
	bareURL   = regexp.MustCompile(`(?i)https?://[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+`)
	special   = regexp.MustCompile("[\\\\*_~`|<\\[\\]]|@everyone|@here")
	lineMarks = regexp.MustCompile(`(?m)^([ \t　]*(?:\d+)?)(-#|#{1,3}|[-+.)]|>{1,3})([ \t　]|$)`)
)

// escape writes plain text so that Discord shows it as it is. An address in
// it stays one, between angle brackets so that it draws no preview.
func escape(s string, lineStart bool) string {
	var b strings.Builder
	at := 0
	for _, m := range bareURL.FindAllStringIndex(s, -1) {
		address := trimAddress(s[m[0]:m[1]])
		if !layout.Link(address) {
			continue
		}
		b.WriteString(special.ReplaceAllString(s[at:m[0]], `\$0`))
		b.WriteString("<" + address + ">")
		at = m[0] + len(address)
	}
	b.WriteString(special.ReplaceAllString(s[at:], `\$0`))
	out := b.String()
	first := ""
	if !lineStart {
		var found bool
		if first, out, found = strings.Cut(out, "\n"); !found {
			return first
		}
		first += "\n"
	}
	return first + lineMarks.ReplaceAllString(out, `$1\$2$3`)
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
func encode(address string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", `"`, "%22", "`", "%60", `\`, "%5C", "|", "%7C").Replace(address)
}

// host names the site of an address.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || unsafeLabel.MatchString(u.Hostname()) {
		return "link"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
