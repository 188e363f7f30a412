package digest

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// ProblemCode is a kind of problem: its name, what it means and what to do. Backticks
// enclose text as it is written in files.
type ProblemCode struct{ Name, Summary, Remedy string }

// Codes are the kinds of problem that Lint reports, sorted by name.
var Codes = []ProblemCode{
	{CodeDuplicate, "another file holds the same digest, or has the same name with another extension, so the library leaves this one out", "delete one of the two; if only the name is the same, which is an error, rename one"},
	{codeDuplicateHeadline, "another story in this file or of the last seven days has the same headline", "drop the story, or say in the headline what is new"},
	{codeExample, "the file is one of digestbot's examples, which go to no platform", "delete it, or remove `example: true` from a digest of your own"},
	{codeFutureDate, "the date is a day that has not begun anywhere on earth", "correct the year, or leave it if the digest is planned"},
	{codeLongHeadline, "the headline is wider than 120 columns; a Chinese character takes two", "move the details into the summary"},
	{codeTagVariant, "most digests spell the tag differently", "use the common spelling"},
}

// CodeDuplicate is the problem of a digest that a library leaves out, see Copies.
const CodeDuplicate = "duplicate"

const (
	codeDuplicateHeadline = "duplicate-headline"
	codeExample           = "example"
	codeFutureDate        = "future-date"
	codeLongHeadline      = "long-headline"
	codeTagVariant        = "tag-variant"
)

// maxHeadline is the greatest width of a headline, in columns. Readers skim headlines,
// and 120 columns are three lines on a phone; of a thousand written by hand, one was
// longer. A headline within the limit, with a number or a mark before it, also fits a
// header on Slack, which is limited to 150 characters
// (https://docs.slack.dev/reference/block-kit/blocks/header-block), and the title of an
// embed on Discord, which is limited to 256
// (https://docs.discord.com/developers/resources/message#embed-object-embed-limits).
const maxHeadline = 120

// repeatDays is the number of days within which a repeated headline is not news.
// Repeats must be less than a week apart, so that a weekly digest may have its regular
// columns.
const repeatDays = 7

// columnDigests is the number of digests from which a headline counts as a regular
// column. Repeated news would have been noticed before.
const columnDigests = 4

// Lint returns the problems of each file in the order of its lines: those it already
// has, and those that depend on the other files or on the time. Files that a library
// does not contain get no more problems and do not count for others: drafts, copies,
// files without a date and files not published at now. A text is read only if it has a
// problem.
func Lint(files []Reading, now time.Time) ([][]Problem, error) {
	problems := make([][]Problem, len(files))
	var order []int // of published files, oldest first
	for i, f := range files {
		problems[i] = slices.Clone(f.Problems)
		if !f.Draft && !f.Card.Date.IsZero() && f.Card.Window.Has(now) && !slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Code == CodeDuplicate }) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return files[i].Card.Date.Compare(files[j].Card.Date) })

	l := linter{now: now, tags: map[string]int{}, common: map[string]string{}, heads: map[headline]int{}, stories: map[headline]place{}, texts: map[*Card]*Digest{}}
	for _, i := range order {
		for _, tag := range files[i].Card.Tags {
			l.tags[tag]++
		}
		seen := map[headline]bool{}
		for _, k := range files[i].Card.marks.stories() {
			if key := (headline{files[i].Card.Language, k.headline}); !seen[key] {
				seen[key] = true
				l.heads[key]++
			}
		}
	}
	for _, i := range order {
		for _, tag := range files[i].Card.Tags {
			// Of equally common spellings the newer one wins, as in Tag.Name.
			if fold := Fold(tag); l.tags[tag] >= l.tags[l.common[fold]] {
				l.common[fold] = tag
			}
		}
	}
	for _, i := range order {
		problems[i] = append(problems[i], l.lint(files[i].Card)...)
	}
	for _, found := range problems {
		slices.SortStableFunc(found, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
	}
	return problems, l.err
}

// linter checks digests, oldest first.
type linter struct {
	now     time.Time
	tags    map[string]int    // how many digests use the spelling
	common  map[string]string // the most used spelling, by folded tag
	heads   map[headline]int  // how many digests have it
	stories map[headline]place
	texts   map[*Card]*Digest // those read so far
	err     error             // the last error of reading a text
}

// headline identifies a headline. Translations of a digest have other readers, and may
// share headlines.
type headline struct {
	language string
	mark     uint64
}

// place is where a headline was last seen.
type place struct {
	card  *Card
	story int
}

// text returns the digest of a card. If it cannot be read, text returns an empty digest
// and sets l.err.
func (l *linter) text(c *Card) *Digest {
	d := l.texts[c]
	if d == nil {
		var err error
		if d, err = c.Read(); err != nil {
			l.err, d = err, &Digest{}
		}
		l.texts[c] = d
	}
	return d
}

func (l *linter) story(at place) (s Story) {
	if all := l.text(at.card).Stories; at.story < len(all) {
		s = all[at.story]
	}
	return s
}

func (l *linter) lint(c *Card) (problems []Problem) {
	warn := func(at Position, code, format string, args ...any) {
		problems = append(problems, Problem{Line: int(at.Line), Column: int(at.Column), Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if begun(c.Date).After(l.now) {
		warn(l.text(c).DateAt, codeFutureDate, "the date %s is in the future everywhere on earth", c.Date.Format(time.DateOnly))
	}
	if c.Example {
		warn(Position{}, codeExample, "it is one of digestbot's examples, which go to no platform: remove example: true if it is a digest of your own")
	}
	for i, tag := range c.Tags {
		if common := l.common[Fold(tag)]; common != tag && Fold(tag) != "" {
			var at Position
			if all := l.text(c).TagsAt; i < len(all) {
				at = all[i]
			}
			warn(at, codeTagVariant, "the tag %q is spelled %q in %s", tag, common, count(l.tags[common], "digest"))
		}
	}
	for i, k := range c.marks.stories() {
		here := place{c, i}
		if k.long {
			s := l.story(here)
			warn(s.At, codeLongHeadline, "the headline takes %d columns; readers skim up to %d with ease", columns(s.Headline), maxHeadline)
		}
		if k.headline == 0 {
			continue
		}
		key := headline{c.Language, k.headline}
		if last, ok := l.stories[key]; ok && (last.card == c || l.heads[key] < columnDigests && soonAfter(last.card.Date, c.Date)) {
			s := l.story(here)
			warn(s.At, codeDuplicateHeadline, "the story %q is in %s:%d already", s.Headline, Printable(last.card.File), max(l.story(last).At.Line, 1))
		}
		l.stories[key] = here
	}
	return problems
}

// begun returns when a day first begins somewhere on earth: at UTC+14, on the Line Islands.
func begun(t time.Time) time.Time { return midnight(t).Add(-14 * time.Hour) }

// soonAfter reports whether the second day is less than repeatDays after the
// first.
func soonAfter(first, second time.Time) bool {
	return midnight(second).Sub(midnight(first)) < repeatDays*24*time.Hour
}

// midnight returns the start, in UTC, of the day that t shows on its clock.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// isLong reports whether a headline is wider than maxHeadline. No character takes more
// columns than bytes.
func isLong(headline string) bool {
	return len(headline) > maxHeadline && columns(headline) > maxHeadline
}

// columns returns the width of s in a terminal, or in any font in which a Chinese
// character is as wide as two letters.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		case !unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
			n++
		}
	}
	return n
}

// count returns a number with its noun.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
