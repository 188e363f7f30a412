// Package layout holds what every adapter does with text before it lays it
// out: cutting it where a reader would, telling links from mere addresses, and
// dropping characters that only do harm. It knows chat.Text and no platform:
// limits, and how text is measured, come from the adapter.
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

// Split cuts t into pieces whose size is at most limit. It cuts between
// paragraphs if it can, else between lines, after sentences with the quotes and
// brackets that close them, at words or between Chinese, Japanese or Korean
// characters but rather not after an abbreviation, and only then between graphemes,
// those of the name of a host last.
// A piece that would be less than half full is cut at a lesser place if it is
// the end of a sentence. The label of a link is cut only when it alone is over the limit,
// and so is a grapheme. Joined, the pieces give all the words; white space at
// a cut goes.
//
// The size must not shrink as text grows. A piece is over the limit only when
// it is a single code point that, with its link and its style, has no room.
// Empty text has no pieces.
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

// Cut splits s into a head of at most limit code points and the rest, at a
// word or between graphemes. White space at the cut and at the end goes. The
// rest is empty when s fits.
func Cut(s string, limit int) (head, rest string) {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s, ""
	}
	at, best := 0, inGrapheme
	runes, last := 0, 0
	near := min((limit+farthest)*utf8.UTFMax, len(s)) // all that tells where to cut
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

// Link reports whether an address may be a link: absolute http or https, with
// a host, without control characters or white space.
func Link(address string) bool {
	if !utf8.ValidString(address) || strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || override(r)
	}) {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// Clean drops what platforms strip and pranksters use: control characters,
// invalid UTF-8, and marks that turn the direction of the text around them
// (embeddings and overrides always, isolates unless they are closed within
// their line). Every kind of line end becomes \n, and a tab a space. Joiners
// and variation selectors stay, so emoji stay whole.
func Clean(s string) string {
	if !strings.ContainsFunc(s, suspect) {
		return s
	}
	out := make([]rune, 0, len(s))
	var open []int // where in out the isolates stand that nothing has closed yet
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
		case r == '\n' && i > 0 && s[i-1] == '\r': // one line end
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

// suspect reports whether Clean must look closer at text with r in it; what is
// not UTF-8 reads as utf8.RuneError.
func suspect(r rune) bool {
	switch {
	case r < 0xA0:
		return r != '\n' && unicode.IsControl(r)
	case r < '\u2028', '\u2069' < r && r != utf8.RuneError:
		return false
	}
	return r <= '\u2029' || override(r) || isolate(r) || r == popIsolate || r == utf8.RuneError
}

// An isolate opens with one of three characters and closes with popIsolate.
const (
	firstStrongIsolate = '\u2068'
	popIsolate         = '\u2069'
)

func isolate(r rune) bool  { return '\u2066' <= r && r <= '\u2068' }
func override(r rune) bool { return '\u202A' <= r && r <= '\u202E' }

// border says how good a place is to cut text at.
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

	// inLink is taken from what a border within a link's label would be.
	inLink = atParagraph
)

// borders yields the end of every code point of s and how good it is to cut
// there. It takes time in proportion to the length of s.
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
			// uniseg takes its time for what is in a word, or in a host.
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

// conjunct reports whether a grapheme goes on with rest: consonants that a virama
// joins are one since Unicode 15.1, while uniseg knows earlier rules
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

// viramas join consonants to conjuncts in Devanagari, Bengali, Gujarati, Oriya, Telugu
// and Malayalam (https://www.unicode.org/Public/15.1.0/ucd/DerivedCoreProperties.txt,
// InCB=Linker).
var viramas = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x094D, Hi: 0x094D, Stride: 1}, {Lo: 0x09CD, Hi: 0x09CD, Stride: 1}, {Lo: 0x0ACD, Hi: 0x0ACD, Stride: 1},
	{Lo: 0x0B4D, Hi: 0x0B4D, Stride: 1}, {Lo: 0x0C4D, Hi: 0x0C4D, Stride: 1}, {Lo: 0x0D4D, Hi: 0x0D4D, Stride: 1},
}}

// plain reports whether uniseg need not read the first byte of a host, or of the rest
// of one: the next byte begins a grapheme, and the last one is a letter or a digit,
// behind which it makes no difference what was before.
func plain(host string) bool {
	last := host[len(host)-1]
	return host[0]|host[1] < utf8.RuneSelf && (letter(last) || '0' <= last && last <= '9')
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// farthest is how many graphemes without a letter or a digit are looked at as
// one piece of punctuation. For each bracket or space behind a full stop uniseg
// looks through all that follows up to the next letter (rule SB8 of
// https://www.unicode.org/reports/tr29/#Sentence_Boundary_Rules), so that
// thousands of them would take minutes.
const farthest = 6

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// after says how good it is to cut between done and rest; cluster is the end
// of done and flags are what uniseg says of the place.
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

// longestHost is how many bytes the name of a host has at most
// (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4).
const longestHost = 253

// nextHost finds the first name of a host in s from a byte on, with the scheme
// before it. Half of it leads nowhere, or elsewhere. Without a scheme it is
// letters, digits and hyphens with a dot between them.
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

// closing reports whether r may stand between the mark that ends a sentence
// and the next one.
func closing(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pe, unicode.Pf) || r == '"' || r == '\''
}

// endsInMark reports whether s ends in a mark that uniseg does not see as the
// end of a sentence everywhere: it takes the quote that opens the next
// sentence for one that closes, and an ellipsis for none.
func endsInMark(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune("。！？…", r)
}

// goesOn reports whether a sentence goes on with s after a mark.
func goesOn(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("。！？…，、；：", r) || unicode.IsLower(r)
}

// besideQuote reports whether a Chinese or Japanese quotation begins or ends
// between done and rest, where text may be cut since Unicode 16
// (https://www.unicode.org/reports/tr14/#LB19a); uniseg knows earlier rules.
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

// eastAsian reports whether r is a letter or mark of Chinese, Japanese or
// Korean. The ellipsis, which all scripts share, is taken for one.
func eastAsian(r rune) bool {
	return r == '…' || '\u3000' <= r && r <= '\u303F' || '\uFF00' <= r && r <= '\uFFEF' ||
		unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// abbreviated reports whether the full stop at the end of s belongs to an
// abbreviation (e.g., U.S., Dr.), an initial, or the number of an item.
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

// abbreviations end with a full stop that ends no sentence. Those of single
// letters go without saying.
var abbreviations = func() map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq("al approx art apr aug capt cf ch co col corp dec dept dr ed eds eq est etc feb fig figs gen gov inc jan jr ltd " +
		"mar mr mrs ms mt no nos nov oct op ph.d pp prof pt rep rev sec sen sep sept sr st univ viz vol vs") {
		all[word] = true
	}
	return all
}()

// longestAbbreviation is more bytes than any of them has.
const longestAbbreviation = 16

// measured is text with all the places at which it may be cut. Border i is at
// byte ends[i] of the words; border 0 is the beginning.
type measured struct {
	text   chat.Text
	words  string
	starts []int // the byte at which each span begins
	ends   []int
	ranks  []border
	guess  int       // how many borders further the next piece is likely to end
	piece  chat.Text // that is measured
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

// span is the index of the span that the byte at belongs to.
func (m *measured) span(at int) int {
	return sort.Search(len(m.starts), func(i int) bool { return m.starts[i] > at }) - 1
}

// splitsLink reports whether a cut at this byte leaves parts of one link on
// both sides.
func (m *measured) splitsLink(at int) bool {
	if at <= 0 || at >= len(m.words) {
		return false
	}
	before, behind := m.text[m.span(at-1)], m.text[m.span(at)]
	return before.URL != "" && before.URL == behind.URL
}

// reach is the last border that a piece beginning at from may extend to; it
// always goes on by one. Each size that is measured tells where to look next.
// The measure depends on the length of the piece and not on what is left,
// so that long text costs in proportion to its length.
func (m *measured) reach(from, limit int, size func(chat.Text) int) int {
	last := len(m.ends) - 1
	good, bad := from+1, last+1 // bad does not fit, or is not there
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
			to = good + (bad-good)/2 // where sizes tell little
		}
	}
	m.guess = good - from
	return good
}

// best is the best border after from and not after to: the end of a sentence
// or more in the second half if there is one, so that pieces are filled, and
// nothing near the beginning, such as a heading's end, unless all else is
// within a word or a link.
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

// top is the border of the highest rank after from and not after to, the last
// of equals.
func (m *measured) top(from, to int) int {
	at := to
	for i := to - 1; i > from; i-- {
		if m.ranks[i] > m.ranks[at] {
			at = i
		}
	}
	return at
}

// skip is the first border from i on that no white space follows.
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

// slice appends the text between two borders, without white space at its end,
// to piece; nothing when there is nothing but white space.
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
