package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// marks tell whether two digests have something in common, without their texts.
type marks struct {
	stories []mark
	// text is that of what is written beside the stories; zero for nothing.
	text uint64
	// fingerprint is what Fingerprint gives.
	fingerprint string
	// faulty says that there is an error in the file.
	faulty bool
}

// mark is what a story is told from others by. A hash is the beginning of a SHA-256
// sum, because marks are kept; zero stands for nothing.
type mark struct {
	headline uint64 // folded
	summary  uint64 // its words and links
	pages    []uint64
	sites    []string // hosts of the pages, in lower case without www.
	sourced  bool     // whether it names a source at all
}

// marksOf are the marks of a digest.
func marksOf(d *Digest) marks {
	m := marks{stories: make([]mark, len(d.Stories))}
	var h hasher
	for i, s := range d.Stories {
		k := &m.stories[i]
		k.headline, k.summary, k.sourced = h.of(Fold(s.Headline)), h.ofText(s.Summary), len(s.Sources) > 0
		for _, source := range s.Sources {
			if p := pageAt(source.URL); p != "" {
				k.pages = append(k.pages, h.of(p))
			}
			if site := Site(source.URL); site != "" && !slices.Contains(k.sites, site) {
				k.sites = append(k.sites, site)
			}
		}
	}
	if hasText(d) {
		h.text(d.Lead)
		for _, s := range d.Sections {
			h.buffer = append(append(append(h.buffer, 2), s.Title...), 3)
			h.text(s.Text)
		}
		m.text = h.sum()
	}
	m.fingerprint = fingerprintOf(d)
	m.faulty = slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Severity == Error })
	return m
}

// HasText reports whether there is anything to read in the digest.
func (c *Card) HasText() bool { return c.Len() > 0 || c.marks.text != 0 }

// Marks are what tells the digest from others, as NewCard reads it: they stay the
// same from version to version.
func (c *Card) Marks() []byte {
	m := c.marks
	b := append([]byte(m.fingerprint), '\n')
	if m.faulty {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint64(b, m.text)
	for _, k := range m.stories {
		b = binary.BigEndian.AppendUint64(b, k.headline)
		b = binary.BigEndian.AppendUint64(b, k.summary)
		sourced := byte(0)
		if k.sourced {
			sourced = 1
		}
		b = append(b, sourced, byte(min(len(k.pages), 255)))
		for _, p := range k.pages[:min(len(k.pages), 255)] {
			b = binary.BigEndian.AppendUint64(b, p)
		}
		b = append(append(b, strings.Join(k.sites, " ")...), '\n')
	}
	return b
}

var errMarks = errors.New("it has no marks of a digest")

// readMarks reads what Marks has written.
func readMarks(b []byte, once func(string) string) (m marks, err error) {
	r := marksReader{b: b}
	m.fingerprint, m.faulty, m.text = r.line(), r.byte() != 0, r.number()
	for len(r.b) > 0 && !r.short {
		k := mark{headline: r.number(), summary: r.number(), sourced: r.byte() != 0}
		for range r.byte() {
			k.pages = append(k.pages, r.number())
		}
		for site := range strings.FieldsSeq(r.line()) {
			k.sites = append(k.sites, once(site))
		}
		m.stories = append(m.stories, k)
	}
	if r.short {
		return marks{}, errMarks
	}
	return m, nil
}

// marksReader reads from bytes, until they are too short.
type marksReader struct {
	b     []byte
	short bool
}

// take takes n bytes; there are none any more if it cannot.
func (r *marksReader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return make([]byte, n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *marksReader) byte() byte     { return r.take(1)[0] }
func (r *marksReader) number() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *marksReader) line() string {
	end := bytes.IndexByte(r.b, '\n')
	if end < 0 {
		r.b, r.short = nil, true
		return ""
	}
	line := string(r.take(end))
	r.take(1)
	return line
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
func (c *Card) Sites(story int) []string { return c.marks.stories[story].sites }

// HeadlineHashes are short names of the headlines, one for each that has a
// letter, by which it can be told whether two texts of a file have any in
// common. Spellings that Fold brings together have one name.
func (c *Card) HeadlineHashes() []string {
	var hashes []string
	for _, k := range c.marks.stories {
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
	for _, k := range c.marks.stories {
		for _, page := range k.pages {
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
