package source

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/shelf"
)

// Problem is a problem of a file.
type Problem struct {
	File string
	digest.Problem
}

// holder is where readers find the library of a source.
type holder struct {
	rules   digest.Rules
	log     *slog.Logger
	undated bool // whether files without a day are digests
	now     atomic.Pointer[state]
	bug     func() // that a test plants before files are read; nil for none
	// kept is where readings are kept, under the name of the library.
	kept *shelf.Shelf
	name string

	// calendar, and what it asks for days, are for those who put.
	calendar
	askDays func([]*file) (days map[string]time.Time, sure bool)
	beside  []string // of a file alone
}

// Option is something that a library may be opened with.
type Option func(*holder)

// WithRules joins the tags of the library and gives its digests their addresses.
func WithRules(r digest.Rules) Option { return func(s *holder) { s.rules = r } }

// WithUndated has files with stories that nothing says the day of among the
// digests of the library.
func WithUndated() Option { return func(s *holder) { s.undated = true } }

// WithShelf keeps what is read of the library on a shelf, where several libraries may
// be. Without it, all stays in memory.
func WithShelf(kept *shelf.Shelf) Option { return func(s *holder) { s.kept = kept } }

// with applies options to a new shelf.
func (s *holder) with(log *slog.Logger, options []Option) {
	s.log, s.kept = log, shelf.Memory()
	for _, apply := range options {
		apply(s)
	}
}

// Library is the library as it stands. Any goroutine may call it.
func (s *holder) Library() *digest.Library { return s.now.Load().library }

// Problems are those of all files, in the order of their paths, and then those
// between files.
func (s *holder) Problems() []Problem { return s.now.Load().problems }

// LeftOut is how many files are not in the library, by the code of the problem
// that keeps each out. Hidden files are not counted.
func (s *holder) LeftOut() map[string]int { return s.now.Load().leftOut }

// state is what readers see. It is swapped whole.
type state struct {
	library  *digest.Library
	problems []Problem
	leftOut  map[string]int
	entries  []*entry  // by name
	broken   []*file   // folders that cannot be read
	turns    time.Time // when the next digest opens or closes; zero if none does
}

// entry is a file that was read. It does not change after that.
type entry struct {
	file     *file
	problems []digest.Problem
	// good is what the library has of the file: what was read, or what was read
	// before nothing could be read any more; nil when there is nothing. It has no
	// day if none is said.
	good *digest.Card
	// again is set when the file was not to be read: whoever makes it readable
	// leaves no mark on it.
	again bool
}

// readAll makes an entry of each file, which load brings into a buffer; known
// are the entries so far, where there are any. What moves has none.
func (s *holder) readAll(files []*file, known []*entry, load func(f *file, buffer []byte) ([]byte, error)) []*entry {
	if s.bug != nil {
		s.bug()
	}
	entries := make([]*entry, len(files))
	parallel(len(files), func(share iter.Seq[int]) {
		var data []byte // of one file after the other
		for i := range share {
			well := contain(s.log, func() {
				var err error
				if data, err = load(files[i], data); !errors.Is(err, errMoved) {
					entries[i] = s.newEntry(files[i], s.read(files[i], data, err), known[i])
				}
			}, "file", files[i].print)
			if !well {
				entries[i] = s.newEntry(files[i], &reading{problems: []digest.Problem{internal}}, known[i])
			}
		}
	})
	return entries
}

// reading is what a file was read as. Its card is nil if there is nothing but
// problems.
type reading struct {
	card     *digest.Card
	draft    bool
	problems []digest.Problem
}

// read reads what was loaded of a file, unless somebody has read the same before.
func (s *holder) read(f *file, data []byte, err error) *reading {
	if problem := f.broken(data, err); problem.Code != "" {
		return &reading{problems: []digest.Problem{problem}}
	}
	told, content := cmp.Or(f.within, f.name), shelf.ContentOf(data)
	on := shelf.File{Name: f.name, Size: f.stamp.size, Time: f.stamp.moment()}
	found, err := s.kept.Find(context.Background(), content, told)
	if err != nil {
		s.log.Warn("library: what was read before cannot be used", "file", f.print, "error", err)
	}
	if found != nil {
		on.Reading = found
		s.kept.Note(s.name, on)
	} else if found, err = s.kept.Put(s.name, on, content, told, readFile(told, data)); err != nil {
		return &reading{problems: []digest.Problem{unreadable(err)}}
	}
	return f.placed(found)
}

// placed is a reading as that of a file.
func (f *file) placed(on *shelf.Reading) *reading {
	card := *on.Card
	card.ID, card.File = id(f.name), f.print
	r := &reading{card: &card, draft: on.Draft, problems: on.Problems}
	switch {
	case card.Date.IsZero() && companion(f.name):
		r.problems = nil
	case r.usable() && !card.HasText():
		r.problems = append(slices.Clip(r.problems), noDigest)
	}
	return r
}

// usable reports whether the reading belongs into a library.
func (r *reading) usable() bool { return r.card != nil && !r.draft && fit(r.problems) }

// newEntry is the entry of what was read of a file; before is its entry so far,
// if there is one.
func (s *holder) newEntry(f *file, r *reading, before *entry) *entry {
	e := &entry{file: f, problems: r.problems}
	i := slices.IndexFunc(r.problems, func(p digest.Problem) bool { return slices.Contains(lost, p.Code) })
	e.again = i >= 0 && r.problems[i].Code == codeUnreadable && f.problem.Code == ""
	switch {
	case i < 0 && r.usable():
		r.card.URL = s.rules.Permalink.URL(r.card)
		e.good = r.card
	case i >= 0 && before != nil && before.good != nil:
		e.good = before.good
		e.problems = slices.Clone(r.problems)
		e.problems[i].Message += "; what was read of it before stays"
	}
	return e
}

// remembered are the entries of files that look as they did when they were read, at
// their places among the files; the others are nil.
func (s *holder) remembered(files []*file) []*entry {
	entries := make([]*entry, len(files))
	known, err := s.kept.Files(context.Background(), s.name)
	if err != nil {
		s.log.Warn("library: what was read before cannot be used", "error", err)
	}
	for i, f := range files {
		on, ok := known[f.name]
		if ok && f.problem.Code == "" && on.Size == f.stamp.size && on.Time == f.stamp.moment() {
			entries[i] = s.newEntry(f, f.placed(on.Reading), nil)
		}
		if ok {
			delete(known, f.name)
		}
	}
	s.kept.Drop(s.name, slices.Collect(maps.Keys(known))...)
	return entries
}

// lost are the kinds of problem after which nothing of a file is known.
var lost = []string{CodeInternal, codeUnreadable, codeLink, codeLFS, markdown.CodeTooLarge, markdown.CodeEmpty}

// usable reports whether the digest belongs into a library.
func usable(d *digest.Digest) bool { return !d.Draft && fit(d.Problems) }

// fit reports whether no problem keeps a file out.
func fit(problems []digest.Problem) bool {
	return !slices.ContainsFunc(problems, func(p digest.Problem) bool { return leavesOut(p.Code) })
}

// leavesOut reports whether a problem of this code keeps a file out.
func leavesOut(code string) bool {
	return code == markdown.CodeDraft || code == codeNoDigest || code == codeUndated || slices.Contains(lost, code)
}

// same reports whether reading the file again has brought nothing new.
func (e *entry) same(o *entry) bool {
	return e.file.same(o.file) && e.good == o.good && slices.Equal(e.problems, o.problems)
}

// put swaps in a library of the entries and gathers their problems.
func (s *holder) put(entries []*entry, broken []*file) {
	next := &state{entries: entries, broken: broken, leftOut: map[string]int{}}
	files, settled := make([]*file, len(entries)), make([]*digest.Card, len(entries))
	for i, e := range entries {
		files[i], settled[i] = e.file, e.good
	}
	wanted := func(d *digest.Card) bool { return s.undated && d.Len() > 0 }
	s.settle(files, settled, s.beside, wanted, s.askDays)
	now := time.Now()
	digests := make([]*digest.Card, 0, len(entries))
	for i, e := range entries {
		problems := e.problems
		if e.good != nil && settled[i] == nil {
			problems = append(slices.Clip(problems), undated(e.file, problems, `, or set library.undated = "post"`)...)
		}
		if d := settled[i]; d != nil {
			for _, at := range []time.Time{d.Window.Opens, d.Window.Closes} {
				if at.After(now) && (next.turns.IsZero() || at.Before(next.turns)) {
					next.turns = at
				}
			}
			if p, shut := shut(d, now); shut {
				problems = append(slices.Clip(problems), p)
				settled[i] = nil
			}
		}
		for _, p := range problems {
			next.problems = append(next.problems, Problem{e.file.print, p})
		}
		if d := settled[i]; d != nil {
			if url := s.rules.Permalink.URL(d); d.URL != url { // it has just been given its day
				d.URL = url
			}
			digests = append(digests, d)
			continue
		}
		next.leftOut[LeftOut(&digest.Digest{Problems: problems})]++
	}
	for _, folder := range broken {
		next.problems = append(next.problems, Problem{folder.print, folder.problem})
	}
	if old := s.now.Load(); old != nil {
		next.library = s.rules.Renew(old.library, digests)
	} else {
		next.library = s.rules.NewLibrary(digests)
	}
	for _, c := range next.library.Copies() {
		next.problems = append(next.problems, Problem{c.Digest.File, c.Problem()})
		next.leftOut[digest.CodeDuplicate]++
	}
	s.now.Store(next)
}

// turn makes the library anew if a digest has opened or closed since it was
// made, and reports whether one has.
func (s *holder) turn() bool {
	now := s.now.Load()
	if now.turns.IsZero() || time.Now().Before(now.turns) {
		return false
	}
	s.put(now.entries, now.broken)
	return true
}

// untilTurn is how long it takes until the next digest opens or closes.
func (s *holder) untilTurn() time.Duration {
	if at := s.now.Load().turns; !at.IsZero() {
		return time.Until(at)
	}
	return math.MaxInt64
}

// byName orders files as a state has them.
func byName(a, b *file) int { return strings.Compare(a.name, b.name) }

// entryByName orders entries so.
func entryByName(a, b *entry) int { return byName(a.file, b.file) }

// entriesInOrder and filesInOrder find names in a list that is in order, when
// they are asked for in order. What is not there is nil.
func entriesInOrder(list []*entry) func(name string) *entry {
	return inOrder(list, func(e *entry) string { return e.file.name })
}

func filesInOrder(list []*file) func(name string) *file {
	return inOrder(list, func(f *file) string { return f.name })
}

func inOrder[T any](list []*T, name func(*T) string) func(string) *T {
	return func(wanted string) *T {
		for len(list) > 0 && name(list[0]) < wanted {
			list = list[1:]
		}
		if len(list) > 0 && name(list[0]) == wanted {
			return list[0]
		}
		return nil
	}
}

// parallel lets workers share the numbers from 0 to n-1 on all processors.
func parallel(n int, work func(share iter.Seq[int])) {
	const portion = 16
	var taken atomic.Int64
	share := func(yield func(int) bool) {
		for {
			to := int(taken.Add(portion))
			for i := to - portion; i < min(to, n); i++ {
				if !yield(i) {
					return
				}
			}
			if to >= n {
				return
			}
		}
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+portion-1)/portion) {
		workers.Go(func() { work(share) })
	}
	workers.Wait()
}
