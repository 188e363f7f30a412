package adaptertest

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/layout"
	"github.com/digestbot/digestbot/bot/chat"
)

// lost says what of m is not found in the texts of its payloads, as the
// package comment tells; nil when all of it is there.
func lost(m chat.Message, texts []string) error {
	r := newReading(m, texts)
	var errs []error
	at := place{}
	anywhere := func(what, piece string) {
		if _, err := r.find(what, piece, place{}); err != nil {
			errs = append(errs, err)
		}
	}
	inOrder := func(what, piece string) {
		next, err := r.find(what, piece, at)
		if err != nil {
			errs = append(errs, err)
			return
		}
		at = next
	}

	anywhere("the title", m.Title)
	for i, b := range m.Blocks {
		what := fmt.Sprintf("block %d (%T): ", i, b)
		switch b := b.(type) {
		case chat.Paragraph:
			inOrder(what+"the title", b.Title)
			inOrder(what+"the text", b.Text.String())
		case chat.Story:
			inOrder(what+"the headline", b.Headline)
			headline := at
			inOrder(what+"the summary", b.Summary.String())
			for _, s := range b.Sources {
				if _, err := r.find(what+"the title of a source", s.Title, headline); err != nil {
					errs = append(errs, err)
				}
			}
		case chat.List:
			inOrder(what+"the title", b.Title)
			for _, item := range b.Items {
				inOrder(what+"an item", item.String())
			}
		case chat.Notice:
			inOrder(what+"the text", b.Text.String())
		case chat.Buttons:
			for _, button := range b {
				anywhere(what+"a label", button.Label)
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

// addresses are all that m leads to, each once.
func addresses(m chat.Message) []string {
	all := []string{m.URL}
	inText := func(t chat.Text) {
		for _, s := range t {
			if s.Text != "" {
				all = append(all, s.URL)
			}
		}
	}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Paragraph:
			inText(b.Text)
		case chat.Story:
			inText(b.Summary)
			for _, s := range b.Sources {
				all = append(all, s.URL)
			}
		case chat.List:
			for _, item := range b.Items {
				inText(item)
			}
		case chat.Notice:
			inText(b.Text)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// reading is what stands in the payloads, ready to be compared.
type reading struct {
	texts     []string // as the platform shows them
	words     []string // bare, without the message's addresses
	bare      []string // bare, with them
	addresses *strings.Replacer
}

func newReading(m chat.Message, texts []string) *reading {
	var spellings []string
	for _, address := range addresses(m) {
		spellings = append(spellings, bare(address))
		if u, err := url.Parse(address); err == nil {
			spellings = append(spellings, bare(u.String()))
		}
	}
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	var oldnew []string
	for _, s := range spellings {
		oldnew = append(oldnew, s, "")
	}
	r := &reading{texts: texts, addresses: strings.NewReplacer(oldnew...)}
	for _, t := range texts {
		r.bare = append(r.bare, bare(t))
		isAddress := slices.ContainsFunc(addresses(m), func(a string) bool { return sameAddress(a, t) })
		if isAddress {
			t = ""
		}
		r.words = append(r.words, r.wordsOf(t))
	}
	return r
}

var emptyBrackets = strings.NewReplacer("()", "", "（）", "", "<>", "", "[]", "")

// wordsOf is s bare and without the message's addresses.
func (r *reading) wordsOf(s string) string {
	return emptyBrackets.Replace(r.addresses.Replace(bare(s)))
}

// bare is s without white space and without what is invisible.
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
	for _, t := range r.texts {
		if sameAddress(address, t) {
			return true
		}
	}
	_, ok := search(bare(address), r.bare, place{})
	return ok
}

// sameAddress compares two addresses after undoing their percent encoding.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := url.PathUnescape(a)
	y, errY := url.PathUnescape(b)
	return errX == nil && errY == nil && x == y
}

// place is a byte of one of the texts.
type place struct{ text, at int }

// find looks for a piece from a place on and gives the place behind it.
func (r *reading) find(what, piece string, from place) (place, error) {
	p := r.wordsOf(piece)
	end, ok := search(p, r.words, from)
	if ok {
		return end, nil
	}
	if _, ok := search(p, r.words, place{}); ok {
		return from, fmt.Errorf("%s is out of order: %s", what, shorten(piece))
	}
	all := strings.Join(r.words, "\n")
	known := sort.Search(len(p), func(n int) bool { return !strings.Contains(all, p[:n+1]) })
	return from, fmt.Errorf("%s is lost: %s; of it, only this much is found: %s", what, shorten(piece), shorten(strings.ToValidUTF8(p[:known], "")))
}

// search finds p in the texts from a place on, whole or cut, and gives the
// place behind it.
func search(p string, texts []string, from place) (place, bool) {
	if p == "" {
		return from, true
	}
	dead := map[place]bool{} // where in the texts no rest of that length goes on
	for i := from.text; i < len(texts); i++ {
		begin := 0
		if i == from.text {
			begin = from.at
		}
		t := texts[i][begin:]
		if at := strings.Index(t, p); at >= 0 {
			return place{i, begin + at + len(p)}, true
		}
		for _, t := range stripped(t, trailing) {
			for n := min(len(t), len(p)-1); n > 0; n-- {
				if !utf8.RuneStart(p[n]) || !strings.HasSuffix(t, p[:n]) {
					continue
				}
				if end, ok := goesOn(p[n:], texts, i+1, dead); ok {
					return end, true
				}
			}
		}
	}
	return place{}, false
}

// goesOn finds the rest of a piece in the texts from i on, each part of it at
// the beginning of a text and all but the last to its end.
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

// What may stand at a cut.
const ornament = `(?:…|\.{3}|[(（]\d+/\d+[)）]|[(（](?:续|continued)[)）])`

var (
	leading  = regexp.MustCompile(`^` + ornament)
	trailing = regexp.MustCompile(ornament + `$`)
)

// stripped is t, and t without one, two and more ornaments at one of its ends.
func stripped(t string, end *regexp.Regexp) []string {
	all := []string{t}
	for end.MatchString(t) {
		t = end.ReplaceAllString(t, "")
		all = append(all, t)
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
