package adaptertest

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// lost returns an error that says which parts of m are not found in the
// texts of its payloads, one page of texts per payload. The package comment
// explains how they are compared.
func lost(m chat.Message, pages ...[]string) error {
	r := newReading(m, pages)
	var errs []error
	at := place{}
	anywhere := func(what string, spellings ...string) {
		if _, err := r.find(what, place{}, spellings...); err != nil {
			errs = append(errs, err)
		}
	}
	behind := func(from place, what string, spellings ...string) span {
		found, err := r.find(what, from, spellings...)
		if err != nil {
			errs = append(errs, err)
		}
		return found
	}
	// inOrder is for pieces that readers meet one after another.
	inOrder := func(what string, spellings ...string) span {
		found := behind(at, what, spellings...)
		at = found.end
		return found
	}
	// under is for text that must begin in the same payload as its heading. A
	// heading that is too long counts as text, and may end a payload.
	under := func(what, heading string, title span, text span) {
		if bare(heading) == "" || utf8.RuneCountInString(heading) > 1000 || title.end == text.end || r.page[title.end.text] == r.page[text.begin.text] {
			return
		}
		// The heading may have been found earlier, among the first headlines of the message.
		page := r.page[text.begin.text]
		if again, err := r.find(what, place{text: slices.Index(r.page, page)}, heading); err == nil && r.page[again.end.text] == page {
			return
		}
		errs = append(errs, fmt.Errorf("%s%s stands alone at the end of payload %d, and what belongs to it begins in payload %d; a heading must not be separated from its text", what, shorten(heading), r.page[title.end.text], r.page[text.begin.text]))
	}

	anywhere("the title", m.Title)
	inOrder("the note", spellings(m.Note)...)
	anywhere("the words for the picture", m.Picture.Alt)
	for i, b := range m.Blocks {
		what := fmt.Sprintf("block %d (%T): ", i, b)
		switch b := b.(type) {
		case chat.Heading:
			title := inOrder(what+"the title", b.Title)
			behind(title.end, what+"the note", spellings(b.Note)...)
		case chat.Fold: // Line is checked with the buttons
		case chat.Paragraph:
			title := inOrder(what+"the title", b.Title)
			under(what, b.Title, title, inOrder(what+"the text", spellings(b.Text)...))
		case chat.Story:
			headline := inOrder(what+"the headline", b.Headline)
			under(what, b.Headline, headline, inOrder(what+"the summary", spellings(b.Summary)...))
			behind(headline.end, what+"the note", spellings(b.Note)...)
			for _, s := range b.Sources {
				behind(headline.end, what+"the title of a source", s.Title)
			}
		case chat.List:
			title := inOrder(what+"the title", b.Title)
			for i, item := range b.Items {
				found := inOrder(what+"an item", spellings(item)...)
				if i == 0 {
					under(what, b.Title, title, found)
				}
			}
		case chat.Notice:
			inOrder(what+"the text", spellings(b.Text)...)
		case chat.Buttons:
			for _, button := range b {
				anywhere(what+"a label", button.Label)
			}
		case chat.Select:
			anywhere(what+"the label", b.Label)
			for _, c := range b.Choices {
				label := c.Label
				if b.Brief {
					label, _ = layout.Cut(label, brief)
				}
				anywhere(what+"a choice", label)
			}
		default:
			errs = append(errs, fmt.Errorf("%sthe suite does not know this kind of block", what))
		}
	}
	anywhere("the footer", m.Footer)
	for _, address := range addresses(m) {
		if !r.leadsTo(address) {
			errs = append(errs, fmt.Errorf("the address %s is lost", shorten(address)))
		}
	}
	return errors.Join(errs...)
}

// spellings returns the ways in which t may be displayed: with its own words or
// with the times that the platform formats, with or without the addresses that
// are not links after their words, and with the channels of one platform as that
// platform names them.
func spellings(t chat.Text) []string {
	platforms := []string{""}
	for _, span := range t {
		if a, _, _ := strings.Cut(span.Text, ":"); span.Place && !slices.Contains(platforms, a) {
			platforms = append(platforms, a)
		}
	}
	var all []string
	for _, platform := range platforms {
		for _, told := range []bool{false, true} {
			for _, spelled := range []bool{false, true} {
				var s strings.Builder
				for _, span := range t {
					id, named := span.Channel(platform)
					switch {
					case told && !span.Time.IsZero():
						s.WriteString(span.Time.UTC().Format(time.RFC3339))
					case named && !strings.ContainsAny(id, hostileID):
						s.WriteString("#" + id)
					default:
						s.WriteString(span.Text)
					}
					if spelled && span.URL != "" && !layout.Link(span.URL) {
						s.WriteString(" (" + span.URL + ")")
					}
				}
				if !slices.Contains(all, s.String()) {
					all = append(all, s.String())
				}
			}
		}
	}
	return all
}

// brief is the minimum number of characters that a Brief menu shows of a label.
const brief = 60

// hostileID lists characters that no platform has in a channel id.
const hostileID = "<>@"

// addresses returns all addresses in m, without duplicates.
func addresses(m chat.Message) []string {
	all := []string{m.URL, m.Picture.URL}
	inText := func(t chat.Text) {
		for _, s := range t {
			if s.Text != "" {
				all = append(all, s.URL)
			}
		}
	}
	inText(m.Note)
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Heading:
			all = append(all, b.URL)
			inText(b.Note)
		case chat.Paragraph:
			inText(b.Text)
		case chat.Story:
			inText(b.Summary)
			inText(b.Note)
			for _, s := range b.Sources {
				all = append(all, s.URL)
			}
		case chat.List:
			for _, item := range b.Items {
				inText(item)
			}
		case chat.Notice:
			inText(b.Text)
		case chat.Buttons:
			for _, button := range b {
				if button.Line == "" {
					all = append(all, button.URL)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// reading holds the texts of the payloads, prepared for comparison.
type reading struct {
	texts     []string        // as displayed
	page      []int           // of each text
	words     []string        // bare, without the message's addresses
	bare      []string        // bare, with the addresses
	decoded   map[string]bool // the texts, percent-decoded
	addresses *strings.Replacer
}

func newReading(m chat.Message, pages [][]string) *reading {
	known := map[string]bool{} // the percent-decoded addresses of the message
	var spelled []string
	for _, address := range addresses(m) {
		known[decoded(address)] = true
		spelled = append(spelled, bare(address), bare(decoded(address)))
		if u, err := url.Parse(address); err == nil {
			spelled = append(spelled, bare(u.String()))
		}
	}
	slices.SortFunc(spelled, func(a, b string) int { return len(b) - len(a) })
	var oldnew []string
	for _, s := range spelled {
		for _, around := range []string{"()", "<>", "[]", "（）", ""} {
			half := len(around) / 2
			oldnew = append(oldnew, around[:half]+s+around[half:], "")
		}
	}
	r := &reading{decoded: map[string]bool{}, addresses: strings.NewReplacer(oldnew...)}
	for i, texts := range pages {
		for _, t := range texts {
			r.texts, r.page, r.bare = append(r.texts, t), append(r.page, i), append(r.bare, bare(t))
			d := decoded(t)
			r.decoded[d] = true
			if known[d] {
				t = ""
			}
			r.words = append(r.words, r.wordsOf(t))
		}
	}
	// A missing piece counts as being after the last text.
	r.page = append(r.page, len(pages))
	return r
}

// wordsOf returns s bare and without the message's addresses.
func (r *reading) wordsOf(s string) string { return r.addresses.Replace(bare(s)) }

// bare returns s without white space and invisible characters.
func bare(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c), c == '\u200B', c == '\u2060', c == '\uFEFF',
			'\u200E' <= c && c <= '\u200F', '\u2066' <= c && c <= '\u2069':
			return -1
		}
		return c
	}, layout.Clean(s))
}

// leadsTo reports whether the address is in the texts.
func (r *reading) leadsTo(address string) bool {
	if r.decoded[decoded(address)] {
		return true
	}
	_, ok := search(bare(address), r.bare, place{})
	return ok
}

// decoded returns a percent-decoded address, or the address itself if its encoding is
// invalid.
func decoded(address string) string {
	if s, err := url.PathUnescape(address); err == nil {
		return s
	}
	return address
}

// place is a byte in one of the texts; span is a range between two places.
type (
	place struct{ text, at int }
	span  struct{ begin, end place }
)

// find looks for a piece, in any of its spellings, starting at from.
func (r *reading) find(what string, from place, spellings ...string) (span, error) {
	for _, piece := range spellings {
		if found, ok := search(r.wordsOf(piece), r.words, from); ok {
			return found, nil
		}
		// An address that is split is found in the texts as words are.
		if found, ok := search(bare(piece), r.bare, place{text: from.text}); ok {
			return span{r.among(found.begin), r.among(found.end)}, nil
		}
	}
	nowhere := span{from, from}
	piece := spellings[len(spellings)-1]
	p := r.wordsOf(piece)
	if _, ok := search(p, r.words, place{}); ok {
		return nowhere, fmt.Errorf("%s is out of order: %s", what, shorten(piece))
	}
	all := strings.Join(r.words, "\n")
	known := sort.Search(len(p), func(n int) bool { return !strings.Contains(all, p[:n+1]) })
	return nowhere, fmt.Errorf("%s is lost: %s; of it, only this much is found: %s", what, shorten(piece), shorten(strings.ToValidUTF8(p[:known], "")))
}

// among converts a place in the bare texts to one in their words, or slightly after it.
func (r *reading) among(p place) place {
	if p.text < len(r.words) {
		p.at = min(p.at, len(r.words[p.text]))
	}
	return p
}

// search finds p in the texts, whole or split, starting at from.
func search(p string, texts []string, from place) (span, bool) {
	if p == "" {
		return span{from, from}, true
	}
	dead := map[place]bool{} // where no rest of that length continues in the texts
	for i := from.text; i < len(texts); i++ {
		begin := 0
		if i == from.text {
			begin = from.at
		}
		t := texts[i][begin:]
		if at := strings.Index(t, p); at >= 0 {
			return span{place{i, begin + at}, place{i, begin + at + len(p)}}, true
		}
		for _, t := range stripped(t, trailing) {
			for n := min(len(t), len(p)-1); n > 0; n-- {
				if !utf8.RuneStart(p[n]) || t[len(t)-n] != p[0] || t[len(t)-n:] != p[:n] {
					continue
				}
				if end, ok := goesOn(p[n:], texts, i+1, dead); ok {
					return span{place{i, begin + len(t) - n}, end}, true
				}
			}
		}
	}
	return span{from, from}, false
}

// goesOn finds the rest of a piece in the texts from i on: each part at the
// beginning of a text, and all but the last extending to the end of their
// text.
func goesOn(rest string, texts []string, i int, dead map[place]bool) (place, bool) {
	state := place{i, len(rest)}
	if dead[state] {
		return place{}, false
	}
	for ; i < len(texts); i++ {
		whole := texts[i]
		for _, t := range stripped(whole, leading) {
			if strings.HasPrefix(t, rest) {
				return place{i, len(whole) - len(t) + len(rest)}, true
			}
			for _, t := range stripped(t, trailing) {
				if t == "" || !strings.HasPrefix(rest, t) {
					continue
				}
				if end, ok := goesOn(rest[len(t):], texts, i+1, dead); ok {
					return end, true
				}
			}
		}
	}
	dead[state] = true
	return place{}, false
}

// counted matches what may be in brackets at a cut.
var counted = regexp.MustCompile(`^(?:\d+/\d+|续|continued)$`)

// leading returns t without the ornament at its beginning.
func leading(t string) (string, bool) {
	for _, dots := range []string{"…", "..."} {
		if rest, ok := strings.CutPrefix(t, dots); ok {
			return rest, true
		}
	}
	for _, brackets := range [][2]string{{"(", ")"}, {"（", "）"}} {
		if rest, ok := strings.CutPrefix(t, brackets[0]); ok {
			inside, rest, ok := strings.Cut(rest, brackets[1])
			return rest, ok && counted.MatchString(inside)
		}
	}
	return t, false
}

// trailing returns t without the ornament at its end.
func trailing(t string) (string, bool) {
	for _, dots := range []string{"…", "..."} {
		if rest, ok := strings.CutSuffix(t, dots); ok {
			return rest, true
		}
	}
	for _, brackets := range [][2]string{{"(", ")"}, {"（", "）"}} {
		if rest, ok := strings.CutSuffix(t, brackets[1]); ok {
			at := strings.LastIndex(rest, brackets[0])
			return rest[:max(at, 0)], at >= 0 && counted.MatchString(rest[at+len(brackets[0]):])
		}
	}
	return t, false
}

// stripped returns t, followed by t without one, two and more ornaments at one end.
func stripped(t string, less func(string) (string, bool)) []string {
	all := []string{t}
	for rest, ok := less(t); ok; rest, ok = less(rest) {
		all = append(all, rest)
	}
	return all
}

// shorten quotes the beginning of s.
func shorten(s string) string {
	head, rest := layout.Cut(s, 80)
	if rest == "" {
		return fmt.Sprintf("%q", head)
	}
	return fmt.Sprintf("%q… (%d characters)", head, utf8.RuneCountInString(s))
}
