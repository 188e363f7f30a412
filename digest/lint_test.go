package digest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// written returns a digest of a day whose stories are on lines 10, 20, 30.
func written(file, date string, headlines ...string) *Digest {
	d := &Digest{Card: Card{ID: file, File: file, Language: "en"}, DateAt: Position{3, 7}}
	d.Date, _ = time.Parse(time.DateOnly, date)
	for i, h := range headlines {
		d.Stories = append(d.Stories, Story{Headline: h, At: Position{10 * int32(i+1), 1}})
	}
	return d
}

func withTags(d *Digest, tags ...string) *Digest {
	for i, tag := range tags {
		d.Tags = append(d.Tags, tag)
		d.TagsAt = append(d.TagsAt, Position{4, 8 + 4*int32(i)})
	}
	return d
}

// lint returns the result of Lint as a terminal prints it.
func lint(now time.Time, digests ...*Digest) string {
	var b strings.Builder
	files := make([]Reading, len(digests))
	for i, d := range digests {
		files[i] = Reading{Keep(d), d.Draft, d.Problems}
	}
	found, err := Lint(files, now)
	if err != nil {
		return err.Error()
	}
	for i, problems := range found {
		for _, p := range problems {
			fmt.Fprintf(&b, "%s:%d:%d: %s: %s [%s]\n", digests[i].File, p.Line, p.Column, p.Severity, p.Message, p.Code)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// A date is in the future until its day begins at UTC+14, whatever its own zone.
func TestLintFutureDate(t *testing.T) {
	tomorrow := "a.md:3:7: warning: the date 2026-11-24 is in the future everywhere on earth [future-date]"
	for _, c := range []struct {
		name string
		now  time.Time
		date time.Time
		want string
	}{
		{"today", noon, time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC), ""},
		{"tomorrow, just before it begins", noon.Add(-2*time.Hour - 1), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), tomorrow},
		{"tomorrow, as it begins", noon.Add(-2 * time.Hour), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), ""},
		{"the day counts, not the hour", noon.Add(-2 * time.Hour), time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC), ""},
		{"nor the zone", noon.Add(-2*time.Hour - 1), time.Date(2026, 11, 24, 0, 0, 0, 0, time.FixedZone("", 14*3600)), tomorrow},
		{"no date", noon, time.Time{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := written("a.md", "")
			d.Date = c.date
			if got := lint(c.now, d); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// Each use of a rarer spelling is reported with the common one.
func TestLintTagVariants(t *testing.T) {
	for _, c := range []struct {
		name    string
		digests []*Digest
		want    string
	}{
		{"one spelling", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI", "云原生"),
			withTags(written("b.md", "2026-11-21"), "AI", "云原生"),
		}, ""},
		{"case", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI"),
			withTags(written("b.md", "2026-11-21"), "Go", "ai"),
			withTags(written("c.md", "2026-11-22"), "AI"),
		}, `b.md:4:12: warning: the tag "ai" is spelled "AI" in 2 digests [tag-variant]`},
		{"three spellings, width and hyphens", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI agents"),
			withTags(written("b.md", "2026-11-21"), "ai-agents"),
			withTags(written("c.md", "2026-11-22"), "ＡＩ　Agents"),
			withTags(written("d.md", "2026-11-19"), "ai-agents"),
		}, `a.md:4:8: warning: the tag "AI agents" is spelled "ai-agents" in 2 digests [tag-variant]` + "\n" +
			`c.md:4:8: warning: the tag "ＡＩ\u3000Agents" is spelled "ai-agents" in 2 digests [tag-variant]`},
		{"of equals the newer one, as readers see it", []*Digest{
			withTags(written("a.md", "2026-11-21"), "ai"),
			withTags(written("b.md", "2026-11-20"), "AI"),
		}, `b.md:4:8: warning: the tag "AI" is spelled "ai" in 1 digest [tag-variant]`},
		{"twice in one digest", []*Digest{
			withTags(written("a.md", "2026-11-20"), "Rust", "rust"),
			withTags(written("b.md", "2026-11-21"), "Rust"),
		}, `a.md:4:12: warning: the tag "rust" is spelled "Rust" in 2 digests [tag-variant]`},
		{"nothing but signs", []*Digest{
			withTags(written("a.md", "2026-11-20"), "-"),
			withTags(written("b.md", "2026-11-21"), "_"),
		}, ""},
		{"a hostile tag", []*Digest{
			withTags(written("a.md", "2026-11-20"), "@Everyone\u202e"),
			withTags(written("b.md", "2026-11-21"), "@everyone\u202e"),
		}, `a.md:4:8: warning: the tag "@Everyone\u202e" is spelled "@everyone\u202e" in 1 digest [tag-variant]`},
		{"a place that is not known", []*Digest{
			{Card: Card{File: "a.md", Date: noon, Tags: []string{"AI"}}},
			{Card: Card{File: "b.md", Date: noon, Tags: []string{"ai"}}},
			{Card: Card{File: "c.md", Date: noon, Tags: []string{"ai"}}},
		}, `a.md:0:0: warning: the tag "AI" is spelled "ai" in 2 digests [tag-variant]`},
		{"drafts do not count", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI"),
			{Card: Card{File: "b.md", Tags: []string{"ai"}}, Draft: true},
			{Card: Card{File: "c.md", Tags: []string{"ai"}}, Draft: true},
		}, ""},
		{"nor does what is too early or expired", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI"),
			{Card: Card{File: "b.md", Date: noon, Tags: []string{"ai"}, Window: &Window{Opens: noon.Add(1)}}},
			{Card: Card{File: "c.md", Date: noon, Tags: []string{"ai"}, Window: &Window{Closes: noon}}},
		}, ""},
		{"while what has come in time and stays does", []*Digest{
			withTags(written("a.md", "2026-11-20"), "AI"),
			{Card: Card{File: "b.md", Date: noon, Tags: []string{"ai"}, Window: &Window{Opens: noon}}},
			{Card: Card{File: "c.md", Date: noon, Tags: []string{"ai"}, Window: &Window{Closes: noon.Add(1)}}},
		}, `a.md:4:8: warning: the tag "AI" is spelled "ai" in 2 digests [tag-variant]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := lint(noon, c.digests...); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			var tags []Tag
			if tags = (Rules{}).NewLibrary(KeepAll(published(c.digests))).Tags(); len(tags) > 0 && strings.Contains(c.want, "spelled") &&
				!strings.Contains(c.want, fmt.Sprintf("is spelled %q", tags[0].Name)) {
				t.Errorf("the library spells the tag %q, and lint does not", tags[0].Name)
			}
		})
	}
}

func published(digests []*Digest) (out []*Digest) {
	for i, d := range digests {
		if !d.Draft && d.Window.Has(noon) {
			d.ID = fmt.Sprint(i)
			out = append(out, d)
		}
	}
	return out
}

func TestLintDuplicateHeadline(t *testing.T) {
	german := written("de.md", "2026-11-21", "PostgreSQL 19")
	german.Language = "de"
	for _, c := range []struct {
		name    string
		digests []*Digest
		want    string
	}{
		{"other headlines", []*Digest{
			written("a.md", "2026-11-20", "Go 1.26", "Go 1.27"),
			written("b.md", "2026-11-21", "Go 1.28"),
		}, ""},
		{"the later one is told, whatever the order of files", []*Digest{
			written("a.md", "2026-11-23", "News", "PostgreSQL 19 is out"),
			written("b.md", "2026-11-20", "PostgreSQL 19 Is Out"),
		}, `a.md:20:1: warning: the story "PostgreSQL 19 is out" is in b.md:10 already [duplicate-headline]`},
		{"within six days", []*Digest{
			written("a.md", "2026-11-17", "大模型降价"),
			written("b.md", "2026-11-23", "大模型降价"),
		}, `b.md:10:1: warning: the story "大模型降价" is in a.md:10 already [duplicate-headline]`},
		{"a weekly column", []*Digest{
			written("a.md", "2026-11-16", "Package of the week"),
			written("b.md", "2026-11-23", "Package of the week"),
		}, ""},
		{"each day again names the day before", []*Digest{
			written("a.md", "2026-11-20", "Old news"),
			written("b.md", "2026-11-21", "Old news"),
			written("c.md", "2026-11-22", "Old news"),
		}, `b.md:10:1: warning: the story "Old news" is in a.md:10 already [duplicate-headline]` + "\n" +
			`c.md:10:1: warning: the story "Old news" is in b.md:10 already [duplicate-headline]`},
		{"a daily column", []*Digest{
			written("a.md", "2026-11-19", "Listen to the digest"),
			written("b.md", "2026-11-20", "Listen to the digest"),
			written("c.md", "2026-11-21", "Listen to the digest"),
			written("d.md", "2026-11-22", "Listen to the digest", "Listen to the digest"),
		}, `d.md:20:1: warning: the story "Listen to the digest" is in d.md:10 already [duplicate-headline]`},
		{"what has no day is in no library", []*Digest{
			written("README.md", "", "Twice", "Once", "twice"),
			written("b.md", "2026-11-21", "Once"),
		}, ""},
		{"a translation", []*Digest{
			written("en.md", "2026-11-21", "PostgreSQL 19"),
			german,
		}, ""},
		{"no words", []*Digest{written("a.md", "2026-11-21", "", "", "-", "-")}, ""},
		{"a draft", []*Digest{
			{Card: Card{File: "a.md", Date: noon, Language: "en"}, Draft: true, Stories: []Story{{Headline: "A"}}},
			written("b.md", "2026-11-23", "A"),
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := lint(noon, c.digests...); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLintLongHeadline(t *testing.T) {
	for _, c := range []struct {
		headline string
		columns  int
	}{
		{"", 0},
		{strings.Repeat("a", 120), 120},
		{strings.Repeat("a", 121), 121},
		{strings.Repeat("字", 60), 120},
		{strings.Repeat("字", 60) + "。", 122},
		{strings.Repeat("ｱ", 120), 120}, // half-width
		{strings.Repeat("é", 121), 121},
		{strings.Repeat("e\u0301", 120), 120}, // combining accents
		{strings.Repeat("ب", 300), 300},
		{"👍", 2},
	} {
		if got := columns(c.headline); got != c.columns {
			t.Errorf("%q: got %d columns, want %d", c.headline, got, c.columns)
		}
		want := ""
		if c.columns > 120 {
			want = fmt.Sprintf("a.md:10:1: warning: the headline takes %d columns; readers skim up to 120 with ease [long-headline]", c.columns)
		}
		if got := lint(noon, written("a.md", "2026-11-20", c.headline)); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", c.headline, got, want)
		}
	}
}

// Problems that the reader found are included in the order of lines, unchanged.
func TestLintKeepsProblems(t *testing.T) {
	d := written("a.md", "2027-01-01", "A", strings.Repeat("字", 61))
	d.Problems = []Problem{
		{Severity: Error, Code: "x", Message: "the whole file"},
		{Line: 15, Column: 2, Code: "y", Message: "a line"},
	}
	before := slices.Clone(d.Problems)
	draft := &Digest{Card: Card{File: "b.md", Date: d.Date}, Draft: true, Problems: d.Problems[:1]}
	want := `a.md:0:0: error: the whole file [x]
a.md:3:7: warning: the date 2027-01-01 is in the future everywhere on earth [future-date]
a.md:15:2: warning: a line [y]
a.md:20:1: warning: the headline takes 122 columns; readers skim up to 120 with ease [long-headline]
b.md:0:0: error: the whole file [x]`
	if got := lint(noon, d, draft); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(d.Problems, before) {
		t.Errorf("the digest's own problems: got %v, want %v", d.Problems, before)
	}
}
