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
func (d *Digest) Fingerprint() string {
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
	return short(text, 26)
}

// HeadlineHashes are short names of the headlines, one for each that has a
// letter, by which it can be told whether two texts of a file have any in
// common. Spellings that Fold brings together have one name.
func (d *Digest) HeadlineHashes() []string {
	var hashes []string
	for _, s := range d.Stories {
		if folded := Fold(s.Headline); folded != "" {
			hashes = append(hashes, short([]byte(folded), 10))
		}
	}
	return hashes
}

// PageHashes are short names of the pages that the stories come from, told apart
// as Library.Earlier does, without repetitions.
func (d *Digest) PageHashes() []string {
	var hashes []string
	for _, s := range d.Stories {
		for _, page := range pagesOf(s) {
			if hash := short([]byte(page), 10); !slices.Contains(hashes, hash) {
				hashes = append(hashes, hash)
			}
		}
	}
	return hashes
}

// runs are the words of a text, divided where a link begins or ends: address
// and words of each run.
func runs(t Text) (runs [][2]string) {
	for _, s := range t {
		if last := len(runs) - 1; last >= 0 && runs[last][0] == s.URL {
			runs[last][1] += s.Text
		} else {
			runs = append(runs, [2]string{s.URL, s.Text})
		}
	}
	return runs
}

// short is a hash in n characters of a-z and 2-7.
func short(text []byte, n int) string {
	sum := sha256.Sum256(text)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:n])
}
