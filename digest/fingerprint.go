package digest

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
)

// Fingerprint returns the same string for two digests with the same content: title,
// lead, headlines, summaries, sources and sections, with their words and links in
// order. Positions in the file, lint problems, emphasis and the front matter (except
// the title) make no difference. It is stored, so it must not change from version to
// version.
func (c *Card) Fingerprint() string { return c.marks.fingerprint() }

// fingerprintLen is the length of a fingerprint in bytes.
const fingerprintLen = 26

func fingerprintOf(d *Digest) string {
	type story struct {
		Headline string
		Summary  [][2]string
		Sources  [][2]string
	}
	type section struct {
		Title string
		Text  [][2]string
	}
	told := struct {
		Title    string
		Lead     [][2]string
		Stories  []story
		Sections []section
	}{Title: d.Title, Lead: runs(d.Lead)}
	for _, s := range d.Stories {
		var sources [][2]string
		for _, source := range s.Sources {
			sources = append(sources, [2]string{source.URL, source.Title})
		}
		told.Stories = append(told.Stories, story{s.Headline, runs(s.Summary), sources})
	}
	for _, s := range d.Sections {
		told.Sections = append(told.Sections, section{s.Title, runs(s.Text)})
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return short(text, fingerprintLen)
}

// runs returns the words of a text, split where a link begins or ends: the address and
// the words of each run.
func runs(t Text) (runs [][2]string) {
	for len(t) > 0 {
		end := slices.IndexFunc(t, func(s Span) bool { return s.URL != t[0].URL })
		if end < 0 {
			end = len(t)
		}
		runs = append(runs, [2]string{t[0].URL, t[:end].String()})
		t = t[end:]
	}
	return runs
}

// short returns a hash of n characters out of a-z and 2-7.
func short(text []byte, n int) string {
	sum := sha256.Sum256(text)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:n])
}
