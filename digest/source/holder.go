package source

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"math"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/generator"
	"github.com/digestbot/digestbot/digest/markdown/layout"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/website"
)

// Problem is a problem of a file.
type Problem struct {
	File string
	digest.Problem
}

// holder holds the current library of a source for its readers.
type holder struct {
	rules  digest.Rules
	log    *slog.Logger
	wanted func(*digest.Card) bool // whether to keep a digest without any date
	now    atomic.Pointer[state]
	bug    func() // called before files are read; set by tests to panic
	home   home
	// sections are the folders that have a file _index.md, and so are sections of Hugo.
	sections atomic.Pointer[map[string]bool]
	count    *Count
	// kept stores readings, under the name of the library.
	kept   *shelf.Shelf
	name   string
	origin *digest.Origin // its place among several libraries; nil for the only one

	// layout is how digests are laid out, once settled is set; nil if unknown.
	layout   *layout.Layout
	layoutID string
	written  layout.Written
	settled  bool
	anew     bool
	reasons  func(file string, reasons []markdown.Reason)

	// siteFile is the path of the site's configuration in the repository, empty for
	// none. site is the version of it that was read.
	siteFile    string
	makeWebsite func(website.Options) (*website.Website, error)
	website     *website.Website // nil for none
	site        plumbing.Hash

	// calendar and the fields below are used only by put.
	calendar
	askDays func([]*file) (days map[string]time.Time, sure bool)
	beside  []string // the neighbors of a single file
}

// Option configures a library when it is opened.
type Option func(*holder)

// WithRules sets the rules that merge the tags of the library and name its digests.
func WithRules(r digest.Rules) Option { return func(s *holder) { s.rules = r } }

// WithWebsite places the digests of the library on a site.
func WithWebsite(w *website.Website) Option { return func(s *holder) { s.website = w } }

// WithUndated includes files that have stories but no date.
func WithUndated() Option {
	return func(s *holder) { s.wanted = func(d *digest.Card) bool { return d.Len() > 0 } }
}

// WithAnyUndated includes all files without a date, even those without stories.
func WithAnyUndated() Option {
	return func(s *holder) { s.wanted = func(*digest.Card) bool { return true } }
}

// WithSite derives the addresses of digests from the configuration of the site, a file
// in the repository. It is read with each commit and passed to makeWebsite.
func WithSite(file string, makeWebsite func(website.Options) (*website.Website, error)) Option {
	return func(s *holder) { s.siteFile, s.makeWebsite = file, makeWebsite }
}

// WithHome gives files in the folder of a library, or in a folder below or above it,
// the names that they have in the library.
func WithHome(folder string) Option { return func(s *holder) { s.home = home(folder) } }

// WithOrigin sets the library's place among several.
func WithOrigin(o *digest.Origin) Option { return func(s *holder) { s.origin = o } }

// WithShelf keeps the readings of the library on a shelf, which several libraries may
// share. Without it, everything stays in memory.
func WithShelf(kept *shelf.Shelf) Option { return func(s *holder) { s.kept = kept } }

// Count is how many files are to be read, and how many have been read.
type Count struct{ Done, All atomic.Int64 }

// WithCount counts the files that are read. The count may be read concurrently.
func WithCount(c *Count) Option { return func(s *holder) { s.count = c } }

// with sets up a holder with the options of its library.
func (s *holder) with(log *slog.Logger, options []Option) {
	s.log, s.kept, s.wanted, s.count = log, shelf.Memory(), func(*digest.Card) bool { return false }, new(Count)
	for _, apply := range options {
		apply(s)
	}
	s.sections.Store(&map[string]bool{})
	s.settleWebsite(s.website)
}

// settleWebsite connects a website to the contents of the library.
func (s *holder) settleWebsite(of *website.Website) {
	if of == nil {
		return
	}
	site := *of
	site.Find = func(place string) *digest.Card {
		if now := s.now.Load(); now != nil {
			return now.library.ByID(s.origin.ID(place))
		}
		return nil
	}
	site.Section = func(folder string) bool { return (*s.sections.Load())[folder] }
	if s.home != "" {
		site.Section = s.home.section
	}
	s.website = &site
}

// survey finds the sections among the files of a library. It reports whether they have
// changed, in which case all files must be placed again.
func (s *holder) survey(files []*file) (changed bool) {
	if s.website == nil || !s.website.Hugo {
		return false
	}
	sections := map[string]bool{}
	for _, f := range files {
		if id(path.Base(f.name)) == "_index" {
			sections[path.Dir(f.name)] = true
		}
	}
	if maps.Equal(sections, *s.sections.Load()) {
		return false
	}
	s.sections.Store(&sections)
	return true
}

// Library returns the current library. It is safe for concurrent use.
func (s *holder) Library() *digest.Library { return s.now.Load().library }

// Problems returns the problems of all files, in the order of their paths, and then
// those of folders.
func (s *holder) Problems() (all []Problem) {
	now := s.now.Load()
	for i, e := range now.entries {
		for _, p := range now.found[i].Problems {
			all = append(all, Problem{e.file.print, p})
		}
	}
	for _, folder := range now.broken {
		all = append(all, Problem{folder.print, folder.problem})
	}
	return all
}

// LeftOut returns how many files are not in the library, by the code of the problem
// that keeps them out. Hidden files are not counted.
func (s *holder) LeftOut() map[string]int { return s.now.Load().leftOut }

// state is what readers see. It is replaced as a whole.
type state struct {
	library *digest.Library
	leftOut map[string]int
	entries []*entry         // by name
	found   []digest.Reading // of each entry, with its day and all its problems
	broken  []*file          // folders that cannot be read
	turns   time.Time        // when the next window opens or closes; zero if none does
}

// entry is a file that was read. It is immutable.
type entry struct {
	file *file
	digest.Reading
	// good is what the library uses of the file: the latest reading, or the last good
	// one if the file can no longer be read; nil if there is none. It has no day if the
	// file has no date.
	good *digest.Card
	// again is set if the file could not be read. Making it readable does not change
	// its stamp.
	again bool
}

// readAll returns an entry for each file. load loads a file into a buffer. known holds
// the previous entries, or nil. The entry of a file that changed meanwhile is nil.
func (s *holder) readAll(files []*file, known []*entry, load func(f *file, buffer []byte) ([]byte, error)) []*entry {
	if s.bug != nil {
		s.bug()
	}
	entries := make([]*entry, len(files))
	s.count.All.Add(int64(len(files)))
	parallel(len(files), func(share iter.Seq[int]) {
		var data []byte // reused for each file
		for i := range share {
			well := contain(s.log, func() {
				var err error
				if data, err = load(files[i], data); !errors.Is(err, errMoved) {
					entries[i] = s.newEntry(files[i], s.read(files[i], data, err), known[i])
				}
			}, "file", files[i].print)
			if !well {
				entries[i] = s.newEntry(files[i], files[i].left(internal), known[i])
			}
			s.count.Done.Add(1)
		}
	})
	return entries
}

// read reads the loaded data of a file, unless the shelf already has a reading of the
// same content.
func (s *holder) read(f *file, data []byte, err error) digest.Reading {
	if problem := f.broken(data, err); problem.Code != "" {
		return f.left(problem)
	}
	told := cmp.Or(f.within, f.name)
	content := shelf.ContentOf(data, s.as(told))
	on := shelf.File{Name: f.name, Size: f.stamp.size, Time: f.stamp.moment()}
	found, _ := s.kept.Find(context.Background(), content, told) // the shelf logs errors
	if found != nil {
		on.Reading = found
		s.kept.Note(s.shelved(), on)
		return f.placed(found)
	}
	d := readFile(told, data, s.how())
	d.Hash = hashOf(data)
	if found, err = s.kept.Put(s.shelved(), on, content, told, d); err != nil {
		return f.left(unreadable(err))
	}
	return f.placed(found)
}

// hashOf returns the hash of data for digest.Card.
func hashOf(data []byte) uint64 {
	sum := sha256.Sum256(data)
	return binary.BigEndian.Uint64(sum[:8])
}

// how returns how the files of the library are to be read.
func (s *holder) how() markdown.How {
	site := s.website
	page := site != nil && site.Base != nil
	return markdown.How{Page: page, Hugo: page && site.Hugo, Layout: s.layout}
}

// pages says which tool makes pages of the files; empty if none does.
func (s *holder) pages() string {
	switch how := s.how(); {
	case !how.Page:
		return ""
	case how.Hugo:
		return "pages of Hugo"
	default:
		return "pages of Jekyll"
	}
}

// as describes how a file is read, if not in the way of most files. MDX is read
// differently from Markdown.
func (s *holder) as(name string) string {
	how := s.pages()
	if generator.IsMDX(name) {
		how += " in MDX"
	}
	if s.layoutID != "" {
		how += " laid out as " + s.layoutID
	}
	return how
}

// shelved returns the name of the library on the shelf; empty if its files are not
// recorded there. The name contains the options for pages and layout, because all files
// must be read again when these change.
func (s *holder) shelved() string { return s.shelvedAs(s.name) }

func (s *holder) shelvedAs(name string) string {
	if name == "" {
		return ""
	}
	if pages := s.pages(); pages != "" {
		name += " as " + pages
	}
	if id := s.written.ID(); id != "" {
		name += " written " + id
	}
	return name
}

// placed returns a reading from the shelf as that of this file.
func (f *file) placed(on *shelf.Reading) digest.Reading {
	r, card := on.Reading, *on.Card
	card.ID, card.File = id(f.name), f.print
	r.Card = &card
	switch {
	case card.Date.IsZero() && companion(f.name):
		r.Problems = nil
	case usable(r) && !card.HasText():
		r.Problems = append(slices.Clip(r.Problems), noDigest)
	}
	return r
}

// newEntry returns the entry for a reading of a file. before is the previous entry, or
// nil.
func (s *holder) newEntry(f *file, r digest.Reading, before *entry) *entry {
	r.Card.Origin, r.Card.ID = s.origin, s.origin.ID(r.Card.ID)
	s.website.Place(r.Card)
	e := &entry{file: f, Reading: r}
	i := slices.IndexFunc(r.Problems, func(p digest.Problem) bool { return slices.Contains(lost, p.Code) })
	e.again = i >= 0 && r.Problems[i].Code == codeUnreadable && f.problem.Code == ""
	switch {
	case usable(r):
		e.good = r.Card
	case i >= 0 && before != nil && before.good != nil:
		e.good = before.good
		e.Problems = slices.Clone(r.Problems)
		e.Problems[i].Message += "; the last good version is kept"
	}
	return e
}

// remembered returns the entries of files that look as they did when they were last
// read, at the indexes of the files. The others are nil.
func (s *holder) remembered(files []*file) []*entry {
	entries := make([]*entry, len(files))
	at := 0
	var gone []string
	err := s.kept.Files(context.Background(), s.shelved(), func(on shelf.File) { // in the order of their names, like files
		for at < len(files) && files[at].name < on.Name {
			at++
		}
		if at == len(files) || files[at].name != on.Name {
			gone = append(gone, on.Name)
			return
		}
		if f := files[at]; f.problem.Code == "" && on.Size == f.stamp.size && on.Time == f.stamp.moment() {
			entries[at] = s.newEntry(f, f.placed(on.Reading), nil)
		}
	})
	if err != nil { // the shelf has logged the reason
		return make([]*entry, len(files))
	}
	s.kept.Drop(s.shelved(), gone...)
	return entries
}

// same reports whether reading the file again has brought nothing new.
func (e *entry) same(o *entry) bool {
	return e.file.same(o.file) && e.good == o.good && slices.Equal(e.Problems, o.Problems)
}

// put makes a new library of the entries and replaces the current one. It decides for
// each entry whether the library contains it.
func (s *holder) put(entries []*entry, broken []*file) {
	now := time.Now()
	next := &state{entries: entries, broken: broken, found: make([]digest.Reading, len(entries)), leftOut: map[string]int{}}
	files, settled := make([]*file, len(entries)), make([]*digest.Card, len(entries))
	for i, e := range entries {
		files[i], settled[i] = e.file, e.good
	}
	s.settle(files, settled, s.beside, s.wanted, s.askDays)
	digests := make([]*digest.Card, 0, len(entries))
	for i, e := range entries {
		r := &next.found[i]
		*r = e.Reading
		r.Problems = slices.Clip(r.Problems)
		d := settled[i]
		if d == nil {
			if e.good != nil {
				r.Problems = append(r.Problems, undated(e.file, r.Problems)...)
			}
			continue
		}
		r.Card = d
		if url := s.website.URL(d); d.URL != url { // its day is new
			d.URL = url
		}
		if name := s.rules.Name(d); d.Name != name {
			d.Name = name
		}
		for _, at := range d.Window.Bounds() {
			if at.After(now) && (next.turns.IsZero() || at.Before(next.turns)) {
				next.turns = at
			}
		}
		if p, shut := shut(d, now); shut {
			r.Problems = append(r.Problems, p)
			settled[i] = nil
			continue
		}
		digests = append(digests, d)
	}
	if old := s.now.Load(); old != nil {
		next.library = s.rules.Renew(old.library, digests)
	} else {
		next.library = s.rules.NewLibrary(digests)
	}
	copies := map[*digest.Card]digest.Copy{}
	for _, c := range next.library.Copies() {
		copies[c.Digest] = c
	}
	for i, d := range settled {
		r := &next.found[i]
		copied, left := copies[d]
		if left {
			r.Problems = append(r.Problems, copied.Problem())
		}
		if left || d == nil {
			next.leftOut[LeftOut(*r)]++
		}
	}
	s.now.Store(next)
}

// turn rebuilds the library if a window has opened or closed since it was made, and
// reports whether one has.
func (s *holder) turn() bool {
	now := s.now.Load()
	if now.turns.IsZero() || time.Now().Before(now.turns) {
		return false
	}
	s.put(now.entries, now.broken)
	return true
}

// untilTurn returns the time until the next window opens or closes.
func (s *holder) untilTurn() time.Duration {
	if at := s.now.Load().turns; !at.IsZero() {
		return time.Until(at)
	}
	return math.MaxInt64
}

// byName compares files by name, the order in a state.
func byName(a, b *file) int { return strings.Compare(a.name, b.name) }

// entryByName compares entries by name.
func entryByName(a, b *entry) int { return byName(a.file, b.file) }

// entriesInOrder and filesInOrder return functions that find names in a sorted list.
// The functions must be called with names in ascending order. They return nil if a name
// is missing.
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

// parallel lets one worker per processor share the numbers from 0 to n-1.
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
