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

// marks tell whether two digests have something in common, without their texts. A
// library keeps those of all its digests in memory, so they are packed into one
// string: the fingerprint, whether there is an error in the file and whether a story
// has tags (1 byte), the hash of what is written beside the stories (8), the number of
// stories (4), and the stories. They are empty for a digest of which nobody has made a card with Keep.
type marks string

// The places of what comes before the stories.
const (
	isAt      = fingerprintLen // faulty, and twice tagged
	textAt    = isAt + 1
	countAt   = textAt + 8
	storiesAt = countAt + 4
)

// mark is what a story is told from others by. A hash is the beginning of a SHA-256
// sum, because marks are kept; zero stands for nothing.
type mark struct {
	headline uint64 // folded
	summary  uint64 // its words and links
	sourced  bool   // whether it names a source at all
	long     bool   // whether its headline is wider than maxHeadline
	pages    pages
	sites    string // hosts of the pages, in lower case without www., with spaces between
	tags     string // those of the story, with tabs between
}

// The places in a packed mark, behind which its pages and, until the end of a line,
// its sites and tags stand, with a tab before each of these.
const (
	summaryAt = 8
	flagsAt   = summaryAt + 8 // sourced, and twice long
	pagesAt   = flagsAt + 2
)

// mostPages is how many pages of a story are kept.
const mostPages = 255

// pages are packed hashes of addresses.
type pages string

// marksOf are the marks of a digest.
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

// hashIn is the packed hash that a string begins with.
func hashIn(s string) uint64 { return binary.BigEndian.Uint64([]byte(s[:8])) }

// fingerprint is what Fingerprint gives.
func (m marks) fingerprint() string { return string(m[:min(fingerprintLen, len(m))]) }

// faulty says that there is an error in the file.
func (m marks) faulty() bool { return m != "" && m[isAt]&1 != 0 }

// tagged says that a story has tags.
func (m marks) tagged() bool { return m != "" && m[isAt]&2 != 0 }

// text is the hash of what is written beside the stories; zero for nothing.
func (m marks) text() uint64 {
	if m == "" {
		return 0
	}
	return hashIn(string(m[textAt:]))
}

// len is the number of stories.
func (m marks) len() int {
	if m == "" {
		return 0
	}
	return int(binary.BigEndian.Uint32([]byte(m[countAt:storiesAt])))
}

// stories are the marks of the stories, with their numbers.
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

// story is the mark of one story.
func (m marks) story(n int) mark {
	for i, k := range m.stories() {
		if i == n {
			return k
		}
	}
	return mark{}
}

// cutMark reads the mark that a string begins with, and gives what follows it.
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

// all are the hashes.
func (p pages) all() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for ; p != ""; p = p[8:] {
			if !yield(hashIn(string(p))) {
				return
			}
		}
	}
}

// HasText reports whether there is anything to read in the digest.
func (c *Card) HasText() bool { return c.Len() > 0 || c.marks.text() != 0 }

// Marks are what tells the digest from others, as NewCard reads it.
func (c *Card) Marks() string { return string(c.marks) }

var errMarks = errors.New("it has no marks of a digest")

// check reports whether all stories that are counted are there, and no more.
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

// hasText reports whether there is anything to read beside stories.
func hasText(d *Digest) bool { return len(d.Lead)+len(d.Sections) > 0 }

// hasher makes hashes of what is in its buffer.
type hasher struct{ buffer []byte }

// sum is the hash of the buffer, and empties it.
func (h *hasher) sum() uint64 {
	sum := sha256.Sum256(h.buffer)
	h.buffer = h.buffer[:0]
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}

// of is the hash of a text, zero for an empty one.
func (h *hasher) of(text string) uint64 {
	if text == "" {
		return 0
	}
	h.buffer = append(h.buffer, text...)
	return h.sum()
}

// ofText is the hash of the words and links of a text, zero for an empty one.
func (h *hasher) ofText(t Text) uint64 {
	if len(t) == 0 {
		return 0
	}
	h.text(t)
	return h.sum()
}

// text adds words and links, divided where a link begins or ends, as runs does.
func (h *hasher) text(t Text) {
	for i, s := range t {
		if i == 0 || t[i-1].URL != s.URL {
			h.buffer = append(append(append(h.buffer, 0), s.URL...), 1)
		}
		h.buffer = append(h.buffer, s.Text...)
	}
}

// Site is the host of an address or of what a reader writes for one, without
// www, in lower case; empty when there is none.
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

// Sites are the hosts that a story comes from, see Site.
func (c *Card) Sites(story int) []string { return strings.Fields(c.marks.story(story).sites) }

// eachTag are the tags of the digest, and then those of its stories, with the index of
// the story; it is below 0 for the digest itself.
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

// HeadlineHashes are short names of the headlines, one for each that has a
// letter, by which it can be told whether two texts of a file have any in
// common. Spellings that Fold brings together have one name.
func (c *Card) HeadlineHashes() []string {
	var hashes []string
	for _, k := range c.marks.stories() {
		if k.headline != 0 {
			hashes = append(hashes, shortSum(k.headline))
		}
	}
	return hashes
}

// PageHashes are short names of the pages that the stories come from, told apart
// as Library.Earlier does, without repetitions.
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

// shortSum writes a hash in 10 characters of a-z and 2-7.
func shortSum(sum uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], sum)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:10])
}
