package digest

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode"
)

// marks is what is needed to compare two digests without reading their texts. A library
// keeps the marks of all its digests in memory, so they are packed into one string: the
// fingerprint, the flags faulty and tagged (1 byte), the hash of the text outside the
// stories (8), the number of stories (4), and the stories. marks is empty for a digest
// whose card was not made with Keep or NewCard.
type marks string

// The offsets of the fields before the stories.
const (
	isAt      = fingerprintLen // 1: faulty, 2: tagged
	textAt    = isAt + 1
	countAt   = textAt + 8
	storiesAt = countAt + 4
)

// mark identifies a story. Each hash is the first 8 bytes of a SHA-256 sum, because
// marks are stored; zero stands for nothing.
type mark struct {
	headline uint64 // of the folded headline
	summary  uint64 // of its words and links
	sourced  bool   // it names a source
	long     bool   // the headline is wider than maxHeadline
	pages    pages
	sites    string // hosts of the pages, in lower case without www., separated by spaces
	tags     string // of the story, separated by tabs
}

// The offsets in a packed mark. After pagesAt follow the pages, the sites and the tags,
// each tag after a tab, up to the end of the line.
const (
	summaryAt = 8
	flagsAt   = summaryAt + 8 // 1: sourced, 2: long
	pagesAt   = flagsAt + 2
)

// mostPages limits how many pages of a story are kept.
const mostPages = 255

// pages is a sequence of packed hashes of addresses.
type pages string

// marksOf returns the marks of a digest.
func marksOf(d *Digest) marks {
	var h hasher
	faulty := slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Severity == Error })
	tagged := slices.ContainsFunc(d.Stories, func(s Story) bool { return len(s.Tags) > 0 })
	b := append([]byte(fingerprintOf(d)), flag(faulty)|flag(tagged)<<1)
	text := uint64(0)
	if hasText(d) {
		h.text(d.Lead)
		for _, s := range d.Sections {
			h.buffer = append(append(append(h.buffer, 2), s.Title...), 3)
			h.text(s.Text)
		}
		text = h.sum()
	}
	b = binary.BigEndian.AppendUint64(b, text)
	b = binary.BigEndian.AppendUint32(b, uint32(len(d.Stories)))
	for _, s := range d.Stories {
		var found []uint64
		var sites []string
		for _, source := range s.Sources {
			if p := pageAt(source.URL); p != "" && len(found) < mostPages {
				found = append(found, h.of(p))
			}
			if site := Site(source.URL); site != "" && !strings.ContainsFunc(site, unicode.IsSpace) && !slices.Contains(sites, site) {
				sites = append(sites, site)
			}
		}
		b = binary.BigEndian.AppendUint64(b, h.of(Fold(s.Headline)))
		b = binary.BigEndian.AppendUint64(b, h.ofText(s.Summary))
		b = append(b, flag(len(s.Sources) > 0)|flag(isLong(s.Headline))<<1, byte(len(found)))
		for _, p := range found {
			b = binary.BigEndian.AppendUint64(b, p)
		}
		b = append(b, strings.Join(sites, " ")...)
		for _, tag := range s.Tags {
			b = append(append(b, '\t'), strings.Join(strings.Fields(tag), " ")...)
		}
		b = append(b, '\n')
	}
	return marks(b)
}

func flag(is bool) byte {
	if is {
		return 1
	}
	return 0
}

// hashIn returns the packed hash at the start of a string.
func hashIn(s string) uint64 { return binary.BigEndian.Uint64([]byte(s[:8])) }

func (m marks) fingerprint() string { return string(m[:min(fingerprintLen, len(m))]) }

// faulty reports whether there is an error in the file.
func (m marks) faulty() bool { return m != "" && m[isAt]&1 != 0 }

// tagged reports whether a story has tags.
func (m marks) tagged() bool { return m != "" && m[isAt]&2 != 0 }

// text returns the hash of the text outside the stories; zero for none.
func (m marks) text() uint64 {
	if m == "" {
		return 0
	}
	return hashIn(string(m[textAt:]))
}

// len returns the number of stories.
func (m marks) len() int {
	if m == "" {
		return 0
	}
	return int(binary.BigEndian.Uint32([]byte(m[countAt:storiesAt])))
}

// stories iterates over the marks of the stories, with their indexes.
func (m marks) stories() iter.Seq2[int, mark] {
	return func(yield func(int, mark) bool) {
		rest := string(m[min(storiesAt, len(m)):])
		for i := range m.len() {
			k, after, ok := cutMark(rest)
			if !ok || !yield(i, k) {
				return
			}
			rest = after
		}
	}
}

// story returns the mark of one story; zero if there is none.
func (m marks) story(n int) mark {
	for i, k := range m.stories() {
		if i == n {
			return k
		}
	}
	return mark{}
}

// cutMark reads the mark at the start of a string, and returns the rest.
func cutMark(s string) (k mark, after string, ok bool) {
	if len(s) < pagesAt {
		return mark{}, "", false
	}
	to := pagesAt + 8*int(s[pagesAt-1])
	end := strings.IndexByte(s[min(to, len(s)):], '\n')
	if end < 0 {
		return mark{}, "", false
	}
	flags := s[flagsAt]
	sites, tags, _ := strings.Cut(s[to:to+end], "\t")
	return mark{hashIn(s), hashIn(s[summaryAt:]), flags&1 != 0, flags&2 != 0, pages(s[pagesAt:to]), sites, tags}, s[to+end+1:], true
}

// all iterates over the hashes.
func (p pages) all() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for ; p != ""; p = p[8:] {
			if !yield(hashIn(string(p))) {
				return
			}
		}
	}
}

// HasText reports whether the digest has anything to read.
func (c *Card) HasText() bool { return c.Len() > 0 || c.marks.text() != 0 }

// Marks returns the marks of the digest in the form that NewCard reads.
func (c *Card) Marks() string { return string(c.marks) }

var errMarks = errors.New("it has no marks of a digest")

// check returns an error unless m has as many stories as it counts.
func (m marks) check() error {
	if len(m) < storiesAt {
		return errMarks
	}
	rest := string(m[storiesAt:])
	for range m.len() {
		_, after, ok := cutMark(rest)
		if !ok {
			return errMarks
		}
		rest = after
	}
	if rest != "" {
		return errMarks
	}
	return nil
}

// hasText reports whether the digest has anything to read besides stories.
func hasText(d *Digest) bool { return len(d.Lead)+len(d.Sections) > 0 }

// hasher hashes the contents of its buffer.
type hasher struct{ buffer []byte }

// sum returns the hash of the buffer and empties it.
func (h *hasher) sum() uint64 {
	sum := sha256.Sum256(h.buffer)
	h.buffer = h.buffer[:0]
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

// of returns the hash of a text; zero for an empty one.
func (h *hasher) of(text string) uint64 {
	if text == "" {
		return 0
	}
	h.buffer = append(h.buffer, text...)
	return h.sum()
}

// ofText returns the hash of the words and links of a text; zero for an empty one.
func (h *hasher) ofText(t Text) uint64 {
	if len(t) == 0 {
		return 0
	}
	h.text(t)
	return h.sum()
}

// text adds the words and links of a text, split where a link begins or ends, as in
// runs.
func (h *hasher) text(t Text) {
	for i, s := range t {
		if i == 0 || t[i-1].URL != s.URL {
			h.buffer = append(append(append(h.buffer, 0), s.URL...), 1)
		}
		h.buffer = append(h.buffer, s.Text...)
	}
}

// Site returns the host of an address, or of what a reader types as one, without www
// and in lower case. It is empty if there is none.
func Site(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	if end := strings.IndexAny(address, "/?#"); end >= 0 {
		address = address[:end]
	}
	address = address[strings.LastIndexByte(address, '@')+1:]
	if at := strings.LastIndexByte(address, ':'); at >= 0 && !strings.HasSuffix(address, "]") {
		address = address[:at]
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(address), "www."), ".")
}

// Sites returns the hosts of the sources of a story, see Site.
func (c *Card) Sites(story int) []string { return strings.Fields(c.marks.story(story).sites) }

// eachTag iterates over the tags of the digest and then those of its stories. The index
// is that of the story, or below 0 for the digest itself.
func (c *Card) eachTag() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for _, tag := range c.Tags {
			if !yield(-1, tag) {
				return
			}
		}
		if !c.marks.tagged() {
			return
		}
		for i, k := range c.marks.stories() {
			for tag, rest, more := strings.Cut(k.tags, "\t"); tag != ""; tag, rest, more = strings.Cut(rest, "\t") {
				if !yield(i, tag) || !more {
					break
				}
			}
		}
	}
}

// HeadlineHashes returns a short hash of each headline that has a letter. They show
// whether two versions of a file have headlines in common. Spellings that Fold makes
// equal have one hash.
func (c *Card) HeadlineHashes() []string {
	var hashes []string
	for _, k := range c.marks.stories() {
		if k.headline != 0 {
			hashes = append(hashes, shortSum(k.headline))
		}
	}
	return hashes
}

// PageHashes returns short hashes of the pages that the stories come from, without
// duplicates. Pages are compared as in Library.Earlier.
func (c *Card) PageHashes() []string {
	var hashes []string
	for _, k := range c.marks.stories() {
		for page := range k.pages.all() {
			if hash := shortSum(page); !slices.Contains(hashes, hash) {
				hashes = append(hashes, hash)
			}
		}
	}
	return hashes
}

// shortSum returns a hash as 10 characters out of a-z and 2-7.
func shortSum(sum uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], sum)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:10])
}
