package source

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
)

// calendar knows the days of digests without a date. The first day that is determined
// is kept as long as the file exists: an edit does not change it.
type calendar struct {
	days  map[string]time.Time // by file name
	dated map[string]dated     // by file name
}

// dated is a digest as it was read, and the same with its day.
type dated struct{ read, with *digest.Card }

// settle replaces each digest without a date: by a copy with a day if its file is part
// of a series or wanted returns true, otherwise by nil. A digest is nil if the library
// has none from the file. beside are names of files that are not read, but count for a
// series. ask returns the days of files; if sure is false, it is asked again next time.
func (c *calendar) settle(files []*file, digests []*digest.Card, beside []string, wanted func(*digest.Card) bool, ask func([]*file) (days map[string]time.Time, sure bool)) {
	var undated []int
	for i, d := range digests {
		if d != nil && d.Date.IsZero() {
			undated = append(undated, i)
		}
	}
	days, with := map[string]time.Time{}, map[string]dated{}
	defer func() { c.days, c.dated = days, with }()
	if len(undated) == 0 {
		return
	}
	series := seriesOf(files, beside)
	for _, members := range series {
		slices.SortFunc(members, func(i, j int) int { return digest.HigherFirst(id(files[j].name), id(files[i].name)) })
	}
	var unknown []*file
	for _, i := range undated {
		name := files[i].name
		switch day, known := c.days[name]; {
		case series[seriesName(name)] == nil && !wanted(digests[i]):
			digests[i] = nil
		case known:
			days[name] = day
		default:
			unknown = append(unknown, files[i])
		}
	}
	all := maps.Clone(days)
	if len(unknown) > 0 {
		asked, sure := ask(unknown)
		for _, members := range series {
			c.raise(members, files, asked)
		}
		maps.Copy(all, asked)
		if sure {
			maps.Copy(days, asked)
		}
	}
	give := func(i int, day time.Time) {
		name, read := files[i].name, digests[i]
		if known, ok := c.dated[name]; ok && known.read == read && known.with.Date.Equal(day) {
			with[name] = known
		} else {
			with[name] = dated{read, read.Dated(day)}
		}
		digests[i] = with[name].with
	}
	for _, members := range series {
		inOneOrder(members, files, digests, all, give)
	}
	for _, i := range undated {
		if d := digests[i]; d != nil && d.Date.IsZero() {
			give(i, all[files[i].name])
		}
	}
}

// raise makes the days in asked no earlier than the known days of lower numbers: a new
// file must not change those.
func (c *calendar) raise(members []int, files []*file, asked map[string]time.Time) {
	var known time.Time
	for _, i := range members {
		name := files[i].name
		if day, ok := c.days[name]; ok && day.After(known) {
			known = day
		}
		if day, ok := asked[name]; ok && day.Before(known) {
			asked[name] = known
		}
	}
}

// inOneOrder gives the undated digests of a series their days, so that a higher number
// never has an earlier day than a lower one. The time of a file or of a commit may be
// too late, because a file was copied or edited, but never too early; so the earlier of
// two days wins. Digests with a date of their own keep it.
func inOneOrder(members []int, files []*file, digests []*digest.Card, days map[string]time.Time, give func(i int, day time.Time)) {
	settled := make(map[int]time.Time, len(members))
	var latest, earliest time.Time
	for _, i := range slices.Backward(members) {
		d := digests[i]
		if d == nil {
			continue
		}
		day := midnight(d.Date)
		if d.Date.IsZero() {
			if day = days[files[i].name]; !latest.IsZero() && day.After(latest) {
				day = latest
			}
			settled[i] = day
		}
		latest = day
	}
	for _, i := range members {
		d := digests[i]
		if d == nil {
			continue
		}
		day, undated := settled[i]
		if !undated {
			day = midnight(d.Date)
		}
		if day.After(earliest) {
			earliest = day
		}
		if undated {
			give(i, earliest)
		}
	}
}

// midnight returns the start, in UTC, of the day that t shows on its clock.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// seriesOf returns the series with at least two names, each with the indexes of its
// files.
func seriesOf(files []*file, beside []string) map[string][]int {
	all := map[string][]int{}
	names := map[string]map[string]bool{}
	count := func(name string) (series string) {
		if series = seriesName(name); series != "" {
			if names[series] == nil {
				names[series] = map[string]bool{}
			}
			names[series][id(name)] = true
		}
		return series
	}
	for i, f := range files {
		if series := count(f.name); series != "" {
			all[series] = append(all[series], i)
		}
	}
	for _, name := range beside {
		count(name)
	}
	for series := range all {
		if len(names[series]) < 2 {
			delete(all, series)
		}
	}
	return all
}

// seriesName returns the series that a file of this name may belong to; empty for none.
func seriesName(name string) string {
	if companion(name) {
		return ""
	}
	return digest.Series(id(name))
}

// id returns the ID of the digest of a file.
func id(name string) string { return valid(strings.TrimSuffix(name, path.Ext(name))) }

// valid percent-encodes the bytes of a name that are not valid UTF-8, because databases
// and JSON must preserve an ID.
func valid(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "%%%02X", name[i])
		} else {
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return b.String()
}

// companion reports whether a file is one that conventionally accompanies others, in
// any language or version: README.zh.md, CHANGELOG-1.22.md. Such files need no warning
// that they are not digests.
func companion(name string) bool {
	base := strings.ToLower(id(path.Base(name)))
	if i := strings.IndexAny(base, "-. "); i > 0 {
		base = base[:i]
	}
	switch base {
	case "readme", "contributing", "changelog", "license", "licence", "security", "support", "code_of_conduct", "authors", "_index", "404":
		return true
	}
	return false
}

// day returns the day of the file's time on the clock of this machine.
func (f *file) day() time.Time { return midnight(time.Unix(0, f.stamp.time)) }

// siblings returns the names of the Markdown files in the folder of a file.
func siblings(file string) (names []string) {
	entries, _ := os.ReadDir(filepath.Dir(file)) // a folder that cannot be listed has no series
	for _, e := range entries {
		if isMarkdown(e.Name()) && !leftOut(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}
