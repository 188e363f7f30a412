package digest

import (
	"cmp"
	"hash/maphash"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Copy is a digest that a library leaves out because it already has the same one.
type Copy struct {
	Digest *Card
	// Of is the digest that the library keeps.
	Of *Card
}

// Problem returns the lint problem of the copy.
func (c Copy) Problem() Problem {
	of := Printable(c.Of.File)
	if c.Of.Origin != c.Digest.Origin {
		of += " of the library " + c.Of.Library()
	}
	p := Problem{Code: CodeDuplicate, Message: "is left out: " + of + " has the same digest"}
	if c.Digest.ID == c.Of.ID && !Same(c.Digest, c.Of) { // its content is lost
		p.Severity, p.Message = Error, "is left out: "+of+" has the same name"
	}
	return p
}

// Copies returns the digests that a library leaves out, in the order of digests. The
// caller must not pass drafts or other files that a library never contains.
func Copies(digests []*Card) []Copy {
	copies := inOrder(digests, nil).copies
	at := make(map[*Card]int, len(copies))
	for i, d := range digests {
		at[d] = i
	}
	slices.SortFunc(copies, func(a, b Copy) int { return cmp.Compare(at[a.Digest], at[b.Digest]) })
	return copies
}

// Same reports whether two digests say the same, so that only one of them is worth
// reading. They are typically copies of a file, one of which may have been edited.
//
// Both digests must be about the same day, be in the same language and, if both have
// categories, share one. If the titles are the same, more than half of their stories
// must be the same, or half if one file is named as a copy of the other. If the titles
// differ, four fifths must be the same, and at least three stories. Digests without
// stories are the same if their titles and every word are.
//
// Two stories are the same if they have the same headline, and the same summary or a
// page in common; if the titles of the digests differ, both. Files whose names give
// different languages, such as x-en and x-zh, are always two digests.
func Same(a, b *Card) bool {
	if !sameDay(a, b) || !strings.EqualFold(a.Language, b.Language) || OtherLanguage(a.ID, b.ID) ||
		len(a.Categories) > 0 && len(b.Categories) > 0 && !shareCategory(a, b) {
		return false
	}
	title := sameTitle(a.Title, b.Title)
	if a.Len() == 0 || b.Len() == 0 {
		return a.Len() == b.Len() && title && a.marks.text() != 0 && a.marks.text() == b.marks.text()
	}
	larger, smaller := max(a.Len(), b.Len()), min(a.Len(), b.Len())
	if 2*smaller < larger {
		return false
	}
	common := storiesInCommon(a, b, !title)
	switch {
	case 2*common < larger:
		return false
	case title:
		return 2*common > larger || 2*common > smaller && namedAsCopy(a.ID, b.ID)
	}
	return 5*common >= 4*larger && (common >= 3 || title)
}

// namedAsCopy reports whether the name of one file marks it as a copy of the other.
func namedAsCopy(a, b string) bool {
	a, b = path.Base(a), path.Base(b)
	return a != b && unmarked(a) == unmarked(b)
}

func sameDay(a, b *Card) bool { return dayOf(a) == dayOf(b) }

// dayOf returns a number for the day that a digest is about; earlier days have lower
// numbers.
func dayOf(d *Card) int {
	year, month, day := d.Date.Date()
	return year<<9 | int(month)<<5 | day
}

func shareCategory(a, b *Card) bool {
	return slices.ContainsFunc(a.Categories, func(x string) bool {
		return slices.ContainsFunc(b.Categories, func(y string) bool { return x == y || Fold(x) == Fold(y) })
	})
}

// sameTitle compares titles. A missing title is replaced by the name of the file, so
// the marks of copies are ignored.
func sameTitle(a, b string) bool {
	return a != "" && (a == b || Fold(unmarked(a)) == Fold(unmarked(b)))
}

// storiesInCommon returns how many stories two digests have in common. If wholly is
// set, stories must have the same summary and, if they have any pages, share one.
func storiesInCommon(a, b *Card, wholly bool) (common int) {
	taken := make([]bool, b.Len())
	for _, k := range a.marks.stories() {
		for i, l := range b.marks.stories() {
			if !taken[i] && k.alike(l, wholly) {
				taken[i] = true
				common++
				break
			}
		}
	}
	return common
}

// alike reports whether two stories are the same. For wholly, see storiesInCommon.
func (k mark) alike(l mark, wholly bool) bool {
	if k.headline != l.headline {
		return false
	}
	words, some, sourced := k.summary == l.summary, k.headline|k.summary != 0, k.sourced || l.sourced
	if wholly {
		return words && (k.sharesPage(l) || !sourced && some)
	}
	return words && some && (k.summary != 0 || !sourced) || k.sharesPage(l)
}

func (k mark) sharesPage(l mark) bool {
	for p := range k.pages.all() {
		for q := range l.pages.all() {
			if p == q {
				return true
			}
		}
	}
	return false
}

// copyMarks matches what programs add to the name of a copy: file managers
// ("x 2", "x (1)", "x copy", "x - Copy (2)", "x 副本", "Copy of x"), programs that
// synchronize folders ("x (Ada's conflicted copy 2026-11-28)", "x (SFConflict …)",
// "x.sync-conflict-20261128-083000-ABCDEFG"), and editors ("x~").
var copyMarks = regexp.MustCompile(`(?i)` +
	`^(?:copy(?: \(\d+\))? of|kopie von|copie de) ` +
	`|(?:\.sync-conflict-\d{8}-\d{6}-\w{7}` +
	`| ?\([^()]*(?:conflicted copy|conflict|冲突|衝突|競合|copy|copie|kopie|副本|コピー)[^()]*\)` +
	`| ?\(\d{1,3}\)| \d{1,2}` +
	`|[ ._-]+(?:copy|copie|kopie|copia)(?: \d+)?` +
	`|[ ._-]*(?:的?副本|コピー)(?: ?\d+)?` +
	`|~)$`)

// unmarked returns a name without the marks of copies.
func unmarked(name string) string {
	for {
		at := copyMarks.FindStringIndex(name)
		if at == nil || at[1]-at[0] == len(name) {
			return name
		}
		name = strings.TrimSpace(name[:at[0]] + name[at[1]:])
	}
}

// original orders digests that are the same: the first one is kept. A digest of an
// earlier library comes before one of a later library.
func original(a, b *Card) int {
	marked := func(d *Card) int {
		if base := path.Base(d.ID); unmarked(base) != base {
			return 1
		}
		return 0
	}
	if !sameDay(a, b) { // the earlier one has been posted already
		return cmp.Compare(dayOf(a), dayOf(b))
	}
	return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(marked(a), marked(b)),
		cmp.Compare(utf8.RuneCountInString(a.ID), utf8.RuneCountInString(b.ID)), idOrder(a, b))
}

// pathLanguage finds languages in a path: x-zh, x.en, zh-Hant/x. "it" is left out
// because it more often means a subject than Italian.
var pathLanguage = regexp.MustCompile(`(?i)(?:^|[/._-])((?:en|zh|ja|ko|de|fr|es|pt|ru|cn|tw|jp|kr)(?:[-_](?:hans|hant|[a-z]{2}))?)(?:[/.]|$)`)

// OtherLanguage reports whether the paths of two digests both name languages and have
// none in common, as x-en and x-zh do.
func OtherLanguage(a, b string) bool {
	x, y := pathLanguages(a), pathLanguages(b)
	return len(x) > 0 && len(y) > 0 && !slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

func pathLanguages(id string) (found []string) {
	dir, base := path.Split(id)
	for _, m := range pathLanguage.FindAllStringSubmatch(dir+unmarked(base), -1) {
		found = append(found, strings.ReplaceAll(strings.ToLower(m[1]), "_", "-"))
	}
	return found
}

// findCopies finds the copies among the digests of a library, which are sorted. Digests
// that were already in an old library are known not to be copies of each other.
func (l *Library) findCopies(old *Library) []Copy {
	var alike []pair
	if news, ok := l.news(old); ok {
		for _, a := range news {
			for _, b := range l.digests {
				if a != b && (sameDay(a, b) && mayBeSame(a, b) && Same(a, b) || mayBeAgain(a, b) && again(a, b)) {
					alike = append(alike, pair{a, b})
				}
			}
		}
	} else {
		alike = append(allAlike(l.digests), allAgain(l.digests)...)
	}
	return resolve(alike)
}

// again reports whether two digests of different days within a week have the same
// stories word for word. People start a new file from a copy of yesterday's.
func again(a, b *Card) bool {
	apart := a.Date.Sub(b.Date).Abs()
	return !sameDay(a, b) && apart < repeatDays*24*time.Hour && a.Fingerprint() == b.Fingerprint()
}

// mayBeAgain is a quick check: if it returns false, so does again.
func mayBeAgain(a, b *Card) bool {
	return a.Len() > 0 && a.Len() == b.Len() && a.marks.story(0).headline == b.marks.story(0).headline && a.Title == b.Title
}

// allAgain returns the pairs of digests for which again is true. The digests are
// sorted, newest first. Each digest is compared with only a few of those that begin
// like it.
func allAgain(digests []*Card) (pairs []pair) {
	seed := maphash.MakeSeed()
	alike := make(map[uint64][]*Card, len(digests))
	for _, d := range digests {
		if d.Len() == 0 {
			continue
		}
		key := maphash.String(seed, d.Title) ^ d.marks.story(0).headline
		known := alike[key]
		for _, later := range slices.Backward(known[max(0, len(known)-few):]) {
			if later.Date.Sub(d.Date) >= (repeatDays+1)*24*time.Hour { // one day more, because their clocks may differ
				break
			}
			if mayBeAgain(d, later) && again(d, later) {
				pairs = append(pairs, pair{d, later})
			}
		}
		alike[key] = append(alike[key], d)
	}
	return pairs
}

// news returns the digests that an old library does not have. ok is false if there is
// no old library, or if there are too many to compare one by one.
func (l *Library) news(old *Library) (news []*Card, ok bool) {
	if old == nil {
		return nil, false
	}
	had := old.byID
	for _, d := range l.byID {
		for len(had) > 0 && had[0].ID < d.ID {
			had = had[1:]
		}
		if len(had) > 0 && had[0] == d {
			continue
		}
		if len(news) == mostChanges {
			return nil, false
		}
		news = append(news, d)
	}
	return news, true
}

// pair is two digests that are the same.
type pair [2]*Card

// mayBeSame is a quick check: if it returns false, so does Same.
func mayBeSame(a, b *Card) bool {
	if a.Len() == 0 && b.Len() == 0 {
		return a.Title != "" && a.marks.text() == b.marks.text()
	}
	for _, k := range a.marks.stories() {
		for _, l := range b.marks.stories() {
			if k.headline == l.headline {
				return true
			}
		}
	}
	return false
}

// allAlike returns the pairs of digests that are the same. The digests are sorted.
// Hashes rule out almost all pairs, since digests of one day rarely share a headline.
func allAlike(digests []*Card) (alike []pair) {
	type day struct {
		number int
		*Card
	}
	days := make([]day, len(digests))
	for i, d := range digests {
		days[i] = day{dayOf(d), d}
	}
	laterFirst := func(a, b day) int { return cmp.Compare(b.number, a.number) }
	if !slices.IsSortedFunc(days, laterFirst) { // their clocks differ
		slices.SortStableFunc(days, laterFirst)
	}
	var clues []clue
	seed := maphash.MakeSeed()
	for from := 0; from < len(days); {
		to := from + 1
		for to < len(days) && days[to].number == days[from].number {
			to++
		}
		if to-from > 1 {
			clues = clues[:0]
			for _, d := range days[from:to] {
				for i, k := range d.marks.stories() {
					clues = append(clues, clue{k.headline, d.Card, int32(i)})
				}
				if d.Len() == 0 && d.marks.text() != 0 {
					clues = append(clues, clue{maphash.String(seed, d.Title), d.Card, -1})
				}
			}
			alike = appendAlike(alike, clues, false)
		}
		from = to
	}
	return alike
}

// clue is the hash of something that two digests have in common if they are the
// same, such as a headline.
type clue struct {
	hash uint64
	*Card
	story int32 // -1 for none
}

// few limits how many digests that share a clue are compared with each other.
const few = 16

// appendAlike appends the pairs of digests that share a clue and are the same. A clue
// that many digests share is a regular column; those digests are grouped again by the
// page or the summary of the story. If too many share that as well, each is compared
// with only a few.
func appendAlike(alike []pair, clues []clue, close bool) []pair {
	slices.SortFunc(clues, func(a, b clue) int { return cmp.Compare(a.hash, b.hash) })
	for len(clues) > 0 {
		n := 1
		for n < len(clues) && clues[n].hash == clues[0].hash {
			n++
		}
		shared := clues[:n]
		clues = clues[n:]
		if n > few && !close {
			closer := make([]clue, n)
			for i, c := range shared {
				closer[i] = clue{c.closer(), c.Card, c.story}
			}
			alike = appendAlike(alike, closer, true)
			continue
		}
		for i, a := range shared {
			for _, b := range shared[:min(i, few)] {
				if a.Card != b.Card && Same(a.Card, b.Card) {
					alike = append(alike, pair{a.Card, b.Card})
				}
			}
		}
	}
	return alike
}

// closer returns a hash that distinguishes a story from others under the same headline,
// or a digest without stories from others of the same title.
func (c clue) closer() uint64 {
	if c.story < 0 {
		return c.marks.text()
	}
	k := c.marks.story(int(c.story))
	for page := range k.pages.all() {
		return page
	}
	return k.summary
}

// resolve decides which of the digests that are the same are copies, and of which
// original. A digest that is the same as a copy but not as its original is kept.
func resolve(alike []pair) (copies []Copy) {
	with := map[*Card][]*Card{}
	var all []*Card
	for _, p := range alike {
		for i, d := range p {
			if with[d] == nil {
				all = append(all, d)
			}
			with[d] = append(with[d], p[1-i])
		}
	}
	seen := map[*Card]bool{}
	for _, d := range all {
		if seen[d] {
			continue
		}
		seen[d] = true
		one := []*Card{d}
		for i := 0; i < len(one); i++ {
			for _, next := range with[one[i]] {
				if !seen[next] {
					seen[next] = true
					one = append(one, next)
				}
			}
		}
		slices.SortFunc(one, original)
		var kept []*Card
		for _, d := range one {
			if i := slices.IndexFunc(kept, func(k *Card) bool { return Same(k, d) || mayBeAgain(k, d) && again(k, d) }); i >= 0 {
				copies = append(copies, Copy{d, kept[i]})
			} else {
				kept = append(kept, d)
			}
		}
	}
	return copies
}
