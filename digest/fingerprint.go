package digest

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
)

// Fingerprint is equal for two digests that tell readers the same: title, lead,
// headlines, summaries, sources and sections, with their words and links in
// their order. Where they stand in the file, what lint says of it, emphasis and
// the front matter but for the title make no difference. It stays the same from
// version to version, because it is kept.
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
		panic(err) // strings can be written
	}
	return short(text, fingerprintLen)
}

// runs are the words of a text, divided where a link begins or ends: address
// and words of each run.
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

// short is a hash in n characters of a-z and 2-7.
func short(text []byte, n int) string {
	sum := sha256.Sum256(text)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:n])
}
