// Package layout holds what every adapter does to text before laying it out:
// splitting it where a reader would, telling links from plain addresses, and
// removing harmful characters. It knows chat.Text and no platform: the adapter
// supplies the limits and the way text is measured.
package layout

import (
	"iter"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/digestbot/digestbot/bot/chat"
)

// Split cuts t into pieces whose size is at most limit. It prefers to cut, in this order:
// between paragraphs; between lines; after sentences, including closing quotes and
// brackets; between words or between Chinese, Japanese or Korean characters, except after
// an abbreviation; between graphemes; and within host names. If a piece would be less
// than half full, Split prefers a lesser place that ends a sentence. It cuts the label of
// a link, or a grapheme, only if that alone is over the limit. Joined, the pieces contain
// all the words; white space at a cut is dropped.
//
// The size must not shrink as text grows. A piece exceeds the limit only if
// it is a single code point that does not fit together with its link and
// style. Empty text has no pieces.
func Split(t chat.Text, limit int, size func(chat.Text) int) []chat.Text {
	if !slices.ContainsFunc(t, func(s chat.Span) bool { return s.Text != "" }) {
		return nil
	}
	if size(t) <= limit {
		return []chat.Text{t}
	}
	s := measure(t)
	var pieces []chat.Text
	for from := s.skip(0); from < len(s.ends)-1; {
		to := s.reach(from, limit, size)
		if to < len(s.ends)-1 {
			to = s.best(from, to)
		}
		if piece := s.slice(nil, from, to); piece != nil {
			pieces = append(pieces, piece)
		}
		from = s.skip(to)
	}
	return pieces
}

// Cut splits s into a head of at most limit code points and the rest,
// between words or graphemes. White space at the cut and at the end is
// dropped. The rest is empty if s fits.
func Cut(s string, limit int) (head, rest string) {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s, ""
	}
	at, best := 0, inGrapheme
	runes, last := 0, 0
	near := min((limit+farthest)*utf8.UTFMax, len(s)) // enough text to decide where to cut
	for near < len(s) && !utf8.RuneStart(s[near]) {
		near++
	}
	for end, b := range borders(s[:near]) {
		runes += utf8.RuneCountInString(s[last:end])
		last = end
		if runes > limit {
			return strings.TrimRightFunc(s[:at], unicode.IsSpace), strings.TrimLeftFunc(s[at:], unicode.IsSpace)
		}
		if b = min(b, atWord); b >= best {
			at, best = end, b
		}
	}
	return s, ""
}

// Link reports whether an address may be a link: an absolute http or https
// URL with a host and without control characters or white space.
func Link(address string) bool {
	if !utf8.ValidString(address) || strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || override(r)
	}) {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// Clean drops characters that platforms strip and pranksters abuse: control
// characters, invalid UTF-8, and marks that change the direction of the text
// around them (embeddings and overrides always, isolates unless they are
// closed within their line). Every kind of line end becomes \n, and a tab
// becomes a space. Joiners and variation selectors stay, so that emoji
// remain whole.
func Clean(s string) string {
	if !strings.ContainsFunc(s, suspect) {
		return s
	}
	out := make([]rune, 0, len(s))
	var open []int // indices in out of the isolates that are still open
	drop := func() {
		if len(open) == 0 {
			return
		}
		kept := out[:open[0]]
		for i := open[0]; i < len(out); i++ {
			if len(open) > 0 && i == open[0] {
				open = open[1:]
				continue
			}
			kept = append(kept, out[i])
		}
		out = kept
	}
	for i, r := range s {
		switch {
		case r == '\n' && i > 0 && s[i-1] == '\r': // the second half of \r\n
		case r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			drop()
			out = append(out, '\n')
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
		case r == '\t':
			out = append(out, ' ')
		case unicode.IsControl(r), override(r):
		case r == popIsolate:
			if len(open) > 0 {
				open = open[:len(open)-1]
				out = append(out, r)
			}
		case isolate(r):
			open = append(open, len(out))
			out = append(out, r)
		default:
			out = append(out, r)
		}
	}
	drop()
	return string(out)
}

// suspect reports whether r makes Clean look closer at the text. Invalid UTF-8
// reads as utf8.RuneError.
func suspect(r rune) bool {
	switch {
	case r < 0xA0:
		return r != '\n' && unicode.IsControl(r)
	case r < '\u2028', '\u2069' < r && r != utf8.RuneError:
		return false
	}
	return r <= '\u2029' || override(r) || isolate(r) || r == popIsolate || r == utf8.RuneError
}

// An isolate is opened by one of three characters and closed by popIsolate.
const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

func isolate(r rune) bool  { return '\u2066' <= r && r <= '\u2068' }
func override(r rune) bool { return '\u202A' <= r && r <= '\u202E' }

// border ranks a place by how well text can be cut there.
type border int8

const (
	inGrapheme border = iota
	inHost
	atGrapheme
	atAbbreviation
	atWord
	atSentence
	atLine
	atParagraph

	// inLink is subtracted from the rank of a border within a link's label.
	inLink = atParagraph
)

// borders yields the end of every code point of s with the rank of that
// border. It runs in time proportional to the length of s.
func borders(s string) iter.Seq2[int, border] {
	return func(yield func(int, border) bool) {
		end, rest, state := 0, s, -1
		wordless := 0 // graphemes since the last one with a letter or a digit
		host, behind := nextHost(s, 0)
		at := func(b border) bool {
			if end >= behind {
				host, behind = nextHost(s, behind)
			}
			if host < end && end < behind {
				b = inHost
			}
			return yield(end, b)
		}
		for rest != "" {
			// uniseg is slow, so skip it within words and host names.
			for len(rest) > 1 && (letter(rest[0]) && letter(rest[1]) || host <= end && end+1 < behind && plain(s[end:behind])) {
				end, rest, state = end+1, rest[1:], -1
				if !at(atGrapheme) {
					return
				}
			}
			if wordless++; wordless == farthest {
				state = -1 // as if the text began here
			}
			var cluster string
			var flags int
			cluster, rest, flags, state = uniseg.StepString(rest, state)
			if strings.ContainsFunc(cluster, alphanumeric) {
				wordless = 0
			}
			for i := range cluster {
				if i > 0 && !yield(end+i, inGrapheme) {
					return
				}
			}
			end += len(cluster)
			if conjunct(cluster, rest) {
				if !yield(end, inGrapheme) {
					return
				}
				continue
			}
			if !at(after(s[:end], rest, cluster, flags)) {
				return
			}
		}
	}
}

// conjunct reports whether a grapheme continues with rest. Since Unicode 15.1,
// consonants joined by a virama are one grapheme, but uniseg implements earlier rules
// (rule GB9c of https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules).
// The joined letters are of one script, each of which has a block of 128 characters.
func conjunct(cluster, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	if next < 0x0900 || next > 0x0D7F || !unicode.IsLetter(next) {
		return false
	}
	joined := false
	for cluster != "" {
		r, n := utf8.DecodeLastRuneInString(cluster)
		if joined = joined || unicode.Is(viramas, r); r != '\u200D' && !unicode.Is(unicode.Mn, r) {
			return joined && unicode.IsLetter(r) && r>>7 == next>>7
		}
		cluster = cluster[:len(cluster)-n]
	}
	return false
}

// viramas join consonants into conjuncts in Devanagari, Bengali, Gujarati, Oriya,
// Telugu and Malayalam
// (https://www.unicode.org/Public/15.1.0/ucd/DerivedCoreProperties.txt, InCB=Linker).
var viramas = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x094D, Hi: 0x094D, Stride: 1}, {Lo: 0x09CD, Hi: 0x09CD, Stride: 1}, {Lo: 0x0ACD, Hi: 0x0ACD, Stride: 1},
	{Lo: 0x0B4D, Hi: 0x0B4D, Stride: 1}, {Lo: 0x0C4D, Hi: 0x0C4D, Stride: 1}, {Lo: 0x0D4D, Hi: 0x0D4D, Stride: 1},
}}

// plain reports whether uniseg can skip the first byte of a host, or of the rest of
// one: the next byte begins a grapheme, and the last byte is a letter or a digit,
// after which the preceding text makes no difference.
func plain(host string) bool {
	last := host[len(host)-1]
	return host[0]|host[1] < utf8.RuneSelf && (letter(last) || '0' <= last && last <= '9')
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// farthest is the number of graphemes without a letter or a digit that are
// examined as one piece of punctuation. For each bracket or space after a full
// stop, uniseg scans ahead to the next letter (rule SB8 of
// https://www.unicode.org/reports/tr29/#Sentence_Boundary_Rules), so thousands
// of them would take minutes.
const farthest = 6

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// after ranks the border between done and rest; cluster is the end of done,
// and flags are uniseg's flags for that place.
func after(done, rest, cluster string, flags int) border {
	switch {
	case cluster == "\n" && strings.HasSuffix(done, "\n\n"):
		return atParagraph
	case cluster == "\n" || cluster == "\r\n":
		return atLine
	case flags&uniseg.MaskLine == uniseg.LineDontBreak && !besideQuote(done, rest), inKorean(done, rest):
		return atGrapheme
	}
	said := done
	if r, _ := utf8.DecodeLastRuneInString(done); closing(r) {
		tail := done[max(len(done)-farthest*utf8.UTFMax, 0):]
		said = done[:len(done)-len(tail)+len(strings.TrimRightFunc(tail, closing))]
	}
	switch {
	case strings.HasSuffix(said, ".") && abbreviated(said):
		return atAbbreviation
	case flags&uniseg.MaskSentence != 0, endsInMark(said) && !goesOn(rest):
		return atSentence
	}
	return atWord
}

// longestHost is the maximum length of a host name in bytes
// (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const longestHost = 253

// nextHost finds the first host name in s at or after a byte, with the scheme
// before it. Half of a host name leads nowhere, or elsewhere. Without a
// scheme, a host name is letters, digits and hyphens with a dot between them.
func nextHost(s string, from int) (start, end int) {
	for i := from; i < len(s); i = max(end, i+1) {
		start, end = i, i
		for end < len(s) && hostByte(s[end]) {
			end++
		}
		name := strings.TrimRight(s[start:end], ".-")
		if rest, ok := strings.CutPrefix(s[end:], "://"); ok {
			n := 0
			for n < len(rest) && (hostByte(rest[n]) || rest[n] >= utf8.RuneSelf) {
				n++
			}
			end += len("://") + n
			name = s[start:end]
		} else if !strings.Contains(name, ".") {
			continue
		}
		if len(name) <= longestHost {
			return start, start + len(name)
		}
	}
	return len(s), len(s)
}

func hostByte(c byte) bool {
	return c == '.' || c == '-' || '0' <= c && c <= '9' || letter(c)
}

// closing reports whether r may come between the mark that ends a sentence
// and the next sentence.
func closing(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pe, unicode.Pf) || r == '"' || r == '\''
}

// endsInMark reports whether s ends in a mark that uniseg does not always
// treat as the end of a sentence: it takes an opening quote of the next
// sentence for a closing one, and never counts an ellipsis.
func endsInMark(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune("。！？…", r)
}

// goesOn reports whether s continues the sentence after a mark.
func goesOn(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("。！？…，、；：", r) || unicode.IsLower(r)
}

// besideQuote reports whether a Chinese or Japanese quotation begins or ends
// between done and rest. Text may be cut there since Unicode 16
// (https://www.unicode.org/reports/tr14/#LB19a), but uniseg implements
// earlier rules.
func besideQuote(done, rest string) bool {
	before, n := utf8.DecodeLastRuneInString(done)
	next, m := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.Is(unicode.Pi, next):
		inside, _ := utf8.DecodeRuneInString(rest[m:])
		return eastAsian(before) && !unicode.Is(unicode.Ps, before) && eastAsian(inside)
	case unicode.Is(unicode.Pf, before):
		inside, _ := utf8.DecodeLastRuneInString(done[:len(done)-n])
		return eastAsian(inside) && unicode.In(next, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	}
	return false
}

// inKorean reports whether done and rest meet within a Korean word. A line may break
// there, but Korean has spaces between words
// (https://www.w3.org/TR/klreq/#line-breaking).
func inKorean(done, rest string) bool {
	before, _ := utf8.DecodeLastRuneInString(done)
	next, _ := utf8.DecodeRuneInString(rest)
	return alphanumeric(before) && alphanumeric(next) && (unicode.Is(unicode.Hangul, before) || unicode.Is(unicode.Hangul, next))
}

// eastAsian reports whether r is a Chinese, Japanese or Korean letter or
// mark. The ellipsis, which all scripts share, counts as one.
func eastAsian(r rune) bool {
	return r == '…' || '\u3000' <= r && r <= '\u303F' || '\uFF00' <= r && r <= '\uFFEF' ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// abbreviated reports whether the full stop at the end of s belongs to an
// abbreviation (e.g., U.S., Dr.), an initial, or a list number.
func abbreviated(s string) bool {
	s = strings.TrimSuffix(s, ".")
	from := max(len(s)-longestAbbreviation, 0)
	at := strings.LastIndexFunc(s[from:], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' })
	word, number := "", false
	if at >= 0 {
		_, n := utf8.DecodeRuneInString(s[from+at:])
		word, number = s[from+at+n:], s[from+at] == '\n'
	} else if from == 0 {
		word, number = s, true
	}
	if word == "" {
		return false
	}
	if abbreviations[strings.ToLower(word)] {
		return true
	}
	for part := range strings.SplitSeq(word, ".") {
		r, n := utf8.DecodeRuneInString(part)
		switch {
		case number && strings.Trim(word, "0123456789") == "":
		case n != len(part) || !unicode.IsUpper(r) && !unicode.IsLower(r):
			return false
		}
	}
	return true
}

// abbreviations end with a full stop that does not end a sentence.
// Single-letter ones need not be listed.
var abbreviations = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq("al approx art apr aug capt cf ch co col corp dec dept dr ed eds eq est etc feb fig figs gen gov inc jan jr ltd " +
		"mar mr mrs ms mt no nos nov oct op ph.d pp prof pt rep rev sec sen sep sept sr st univ viz vol vs") {
		all[word] = true
	}
	return all
}()

// longestAbbreviation is larger than the length of any of them in bytes.
const longestAbbreviation = 16

// measured is text with all the places where it may be cut. Border i is at
// byte ends[i] of the words; border 0 is the start.
type measured struct {
	text   chat.Text
	words  string
	starts []int // the byte at which each span begins
	ends   []int
	ranks  []border
	guess  int       // estimated number of borders in the next piece
	piece  chat.Text // buffer for the piece being measured
}

func measure(t chat.Text) *measured {
	words := t.String()
	runes := utf8.RuneCountInString(words)
	m := &measured{text: t, words: words, ends: make([]int, 1, runes+1), ranks: make([]border, 1, runes+1)}
	m.ranks[0] = atParagraph
	at := 0
	for _, s := range t {
		m.starts = append(m.starts, at)
		at += len(s.Text)
	}
	for end, b := range borders(words) {
		if b > inGrapheme && m.splitsLink(end) {
			b -= inLink
		} else if b == inGrapheme {
			b = -inLink
		}
		m.ends, m.ranks = append(m.ends, end), append(m.ranks, b)
	}
	return m
}

// span returns the index of the span that contains the byte at.
func (m *measured) span(at int) int {
	return sort.Search(len(m.starts), func(i int) bool { return m.starts[i] > at }) - 1
}

// splitsLink reports whether a cut at this byte would split a link.
func (m *measured) splitsLink(at int) bool {
	if at <= 0 || at >= len(m.words) {
		return false
	}
	before, behind := m.text[m.span(at-1)], m.text[m.span(at)]
	return before.URL != "" && before.URL == behind.URL
}

// reach returns the last border to which a piece beginning at from can
// extend; it always advances by at least one. Each measured size narrows the
// search. The cost depends on the length of the piece and not on the
// remaining text, so that the total cost is proportional to the length of the
// text.
func (m *measured) reach(from, limit int, size func(chat.Text) int) int {
	last := len(m.ends) - 1
	good, bad := from+1, last+1 // bad does not fit, or is past the end
	to := from + max(m.guess, min(limit, last))
	for half := false; good+1 < bad; half = !half {
		to = min(max(to, good+1), bad-1)
		m.piece = m.slice(m.piece[:0], from, to)
		n, length := size(m.piece), to-from
		if n <= limit {
			good = to
		} else {
			bad = to
		}
		if to = from + min(length*limit/max(n, 1), 2*length); half && bad <= last {
			to = good + (bad-good)/2 // if the sizes are a poor guide
		}
	}
	m.guess = good - from
	return good
}

// best returns the best border after from, up to to. To fill pieces, it
// prefers the end of a sentence or better in the second half. It avoids
// borders near the beginning, such as the end of a heading, unless all
// others are within a word or a link.
func (m *measured) best(from, to int) int {
	size := to - from
	if at := m.top(from+size/2, to); m.ranks[at] >= atSentence {
		return at
	}
	if at := m.top(from+size/8, to); m.ranks[at] > atGrapheme {
		return at
	}
	return m.top(from, to)
}

// top returns the highest-ranked border after from, up to to; of equals, the
// last one.
func (m *measured) top(from, to int) int {
	at := to
	for i := to - 1; i > from; i-- {
		if m.ranks[i] > m.ranks[at] {
			at = i
		}
	}
	return at
}

// skip returns the first border at or after i that is not followed by white space.
func (m *measured) skip(i int) int {
	for next := i + 1; next < len(m.ends); next++ {
		if strings.TrimSpace(m.words[m.ends[i]:m.ends[next]]) != "" {
			return i
		}
		if m.ranks[next] > inGrapheme-inLink {
			i = next
		}
	}
	return i
}

// slice appends the text between two borders to piece, without trailing white
// space. If there is only white space, it appends nothing.
func (m *measured) slice(piece chat.Text, from, to int) chat.Text {
	start := m.ends[from]
	end := start + len(strings.TrimRightFunc(m.words[start:m.ends[to]], unicode.IsSpace))
	for i := m.span(start); i >= 0 && i < len(m.text) && m.starts[i] < end; i++ {
		s := m.text[i]
		s.Text = s.Text[max(start-m.starts[i], 0):min(end-m.starts[i], len(s.Text))]
		if s.Text != "" {
			piece = append(piece, s)
		}
	}
	return piece
}
