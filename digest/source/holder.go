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

// holder is where readers find the library of a source.
type holder struct {
	rules  digest.Rules
	log    *slog.Logger
	wanted func(*digest.Card) bool // whether a file is a digest though nothing says its day
	now    atomic.Pointer[state]
	bug    func() // that a test plants before files are read; nil for none
	home   home
	// sections are the folders that have a file _index.md, which makes them sections
	// of Hugo's.
	sections atomic.Pointer[map[string]bool]
	count    *Count
	// kept is where readings are kept, under the name of the library.
	kept   *shelf.Shelf
	name   string
	origin *digest.Origin // among several libraries; nil for the only one

	// layout is how digests are laid out, once that is settled; nil if it is not known.
	layout   *layout.Layout
	layoutID string
	written  layout.Written
	settled  bool
	anew     bool
	reasons  func(file string, reasons []markdown.Reason)

	// siteFile is the configuration of the site in the repository, empty for none, and
	// site the version of it that is known.
	siteFile    string
	makeWebsite func(website.Options) (*website.Website, error)
	website     *website.Website // nil for none
	site        plumbing.Hash

	// calendar, and what it asks for days, are for those who put.
	calendar
	askDays func([]*file) (days map[string]time.Time, sure bool)
	beside  []string // of a file alone
}

// Option is something that a library may be opened with.
type Option func(*holder)

// WithRules joins the tags of the library and names its digests.
func WithRules(r digest.Rules) Option { return func(s *holder) { s.rules = r } }

// WithWebsite places the digests of the library on a site, as they are read.
func WithWebsite(w *website.Website) Option { return func(s *holder) { s.website = w } }

// WithUndated has files with stories that nothing says the day of among the
// digests of the library.
func WithUndated() Option {
	return func(s *holder) { s.wanted = func(d *digest.Card) bool { return d.Len() > 0 } }
}

// WithAnyUndated has every file that nothing says the day of among the digests of the
// library, also one without stories.
func WithAnyUndated() Option {
	return func(s *holder) { s.wanted = func(*digest.Card) bool { return true } }
}

// WithSite has the configuration of the site, a file in the repository, say where
// the pages of digests are. It is read with each commit, and made a website.
func WithSite(file string, makeWebsite func(website.Options) (*website.Website, error)) Option {
	return func(s *holder) { s.siteFile, s.makeWebsite = file, makeWebsite }
}

// WithHome has files that stand in the folder of a library, or a folder below or above
// it, have the names that they have in the library.
func WithHome(folder string) Option { return func(s *holder) { s.home = home(folder) } }

// WithOrigin says which the library is among several.
func WithOrigin(o *digest.Origin) Option { return func(s *holder) { s.origin = o } }

// WithShelf keeps what is read of the library on a shelf, where several libraries may
// be. Without it, all stays in memory.
func WithShelf(kept *shelf.Shelf) Option { return func(s *holder) { s.kept = kept } }

// Count is how many files are to be read, and how many have been.
type Count struct{ Done, All atomic.Int64 }

// WithCount counts the files that are read. Any goroutine may look meanwhile.
func WithCount(c *Count) Option { return func(s *holder) { s.count = c } }

// with sets up a holder by the options of its library.
func (s *holder) with(log *slog.Logger, options []Option) {
	s.log, s.kept, s.wanted, s.count = log, shelf.Memory(), func(*digest.Card) bool { return false }, new(Count)
	for _, apply := range options {
		apply(s)
	}
	s.sections.Store(&map[string]bool{})
	s.settleWebsite(s.website)
}

// settleWebsite has a website know what is in the library.
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

// survey notes the sections among the files of a library, and reports whether they
// have changed: then all files have to be placed again.
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

// Library is the library as it stands. Any goroutine may call it.
func (s *holder) Library() *digest.Library { return s.now.Load().library }

// Problems are those of all files, in the order of their paths, and then those of
// folders.
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

// LeftOut is how many files are not in the library, by the code of the problem
// that keeps each out. Hidden files are not counted.
func (s *holder) LeftOut() map[string]int { return s.now.Load().leftOut }

// state is what readers see. It is swapped whole.
type state struct {
	library *digest.Library
	leftOut map[string]int
	entries []*entry         // by name
	found   []digest.Reading // of each entry, with its day and all its problems
	broken  []*file          // folders that cannot be read
	turns   time.Time        // when the next digest opens or closes; zero if none does
}

// entry is a file that was read. It does not change after that.
type entry struct {
	file *file
	digest.Reading
	// good is what the library has of the file: what was read, or what was read
	// before nothing could be read any more; nil when there is nothing. It has no
	// day if none is said.
	good *digest.Card
	// again is set when the file was not to be read: whoever makes it readable
	// leaves no mark on it.
	again bool
}

// readAll makes an entry of each file, which load brings into a buffer; known
// are the entries so far, where there are any. A moved file has none.
func (s *holder) readAll(files []*file, known []*entry, load func(f *file, buffer []byte) ([]byte, error)) []*entry {
	if s.bug != nil {
		s.bug()
	}
	entries := make([]*entry, len(files))
	s.count.All.Add(int64(len(files)))
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
				entries[i] = s.newEntry(files[i], files[i].left(internal), known[i])
			}
			s.count.Done.Add(1)
		}
	})
	return entries
}

// read reads what was loaded of a file, unless somebody has read the same before.
func (s *holder) read(f *file, data []byte, err error) digest.Reading {
	if problem := f.broken(data, err); problem.Code != "" {
		return f.left(problem)
	}
	told := cmp.Or(f.within, f.name)
	content := shelf.ContentOf(data, s.as(told))
	on := shelf.File{Name: f.name, Size: f.stamp.size, Time: f.stamp.moment()}
	found, _ := s.kept.Find(context.Background(), content, told) // the shelf says what is wrong
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

// hashOf names bytes, as digest.Card has it.
func hashOf(data []byte) uint64 {
	sum := sha256.Sum256(data)
	return binary.BigEndian.Uint64(sum[:8])
}

// how is what the files of the library are read by.
func (s *holder) how() markdown.How {
	site := s.website
	page := site != nil && site.Base != nil
	return markdown.How{Page: page, Hugo: page && site.Hugo, Layout: s.layout}
}

// pages says whose pages the files have; empty if they have none.
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

// as says how a file is read if that is not as any file is: MDX is read in another
// way than Markdown.
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

// shelved is what the shelf calls the library; empty if it notes none of its files.
// The options of pages and layout are a part of that, for all files are read anew
// when they change their mind.
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

// placed is a reading as that of a file.
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

// newEntry is the entry of what was read of a file; before is its entry so far,
// if there is one.
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
		e.Problems[i].Message += "; what was read of it before stays"
	}
	return e
}

// remembered are the entries of files that look as they did when they were read, at
// their places among the files; the others are nil.
func (s *holder) remembered(files []*file) []*entry {
	entries := make([]*entry, len(files))
	at := 0
	var gone []string
	err := s.kept.Files(context.Background(), s.shelved(), func(on shelf.File) { // in the order of the names, as the files are
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
	if err != nil { // the shelf has said why
		return make([]*entry, len(files))
	}
	s.kept.Drop(s.shelved(), gone...)
	return entries
}

// same reports whether reading the file again has brought nothing new.
func (e *entry) same(o *entry) bool {
	return e.file.same(o.file) && e.good == o.good && slices.Equal(e.Problems, o.Problems)
}

// put swaps in a library of the entries, and settles what becomes of each of them.
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
		if url := s.website.URL(d); d.URL != url { // it has just been given its day
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
// they are asked for in order. A missing one is nil.
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
