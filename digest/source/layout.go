package source

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/layout"
)

// A library learns its layout when it is opened, and keeps it on the shelf. The layout
// does not change while the library is open: no file affects how others are read. A new
// layout applies to new files: an unchanged file keeps its reading.

// WithLayout reads files with the given layout, and learns none.
func WithLayout(l *layout.Layout) Option {
	return func(s *holder) { s.setLayout(l) }
}

// WithWritten makes a layout written by people take precedence over what is learned.
func WithWritten(w layout.Written) Option { return func(s *holder) { s.written = w } }

// WithLearning learns the layout again, even if the shelf has one.
func WithLearning() Option { return func(s *holder) { s.anew = true } }

// WithReasons makes Read call take for each file, with what each block was taken for
// and why.
func WithReasons(take func(file string, reasons []markdown.Reason)) Option {
	return func(s *holder) { s.reasons = take }
}

// explain passes on how the blocks of files were interpreted.
func (f *Folder) explain(files []*file) {
	if f.reasons == nil {
		return
	}
	for _, file := range files {
		if data, err := load(file, nil); file.problem.Code == "" && err == nil && bytes.IndexByte(data, 0) < 0 {
			contain(f.log, func() {
				f.reasons(file.print, markdown.Explain(cmp.Or(file.within, file.name), data, f.how()))
			}, "file", file.print)
		}
	}
}

func (s *holder) setLayout(l *layout.Layout) {
	s.layout, s.layoutID, s.settled = l, l.ID(), true
}

// Layout returns the layout of the library; nil if unknown.
func (s *holder) Layout() *layout.Layout { return s.layout }

const (
	// few limits relearning: a layout that was learned from fewer files is learned
	// again once there are twice as many.
	few = 10
	// mostLearned is the most files from which layouts are learned when a library is
	// opened.
	mostLearned = 2000
)

// settleLayout determines the layout of a library before any of its files is read. It
// learns the layout of folders for which none is known.
func (s *holder) settleLayout(files []*file, load func(*file, []byte) ([]byte, error)) {
	if s.settled {
		return
	}
	s.settled = true
	known := &layout.Layout{}
	if text := s.kept.Layout(context.Background(), s.shelved()); text != "" && !s.anew {
		if l, err := layout.Parse([]byte(text)); err == nil {
			known = l
		}
	}
	folders := map[string][]*file{}
	var order []string
	for _, f := range files {
		if f.problem.Code != "" || companion(f.name) {
			continue
		}
		folder := layout.FolderOf(f.name)
		if folders[folder] == nil {
			order = append(order, folder)
		}
		folders[folder] = append(folders[folder], f)
	}
	budget, grown := mostLearned, false
	for _, folder := range order {
		there := folders[folder]
		n, ok := known.Folders[folder]
		if len(there) < layout.Fewest || budget <= 0 || ok && (n >= few || len(there) < 2*n) {
			continue
		}
		there = there[max(0, len(there)-layout.MostLearned):]
		budget -= len(there)
		var sample []layout.File
		for _, f := range there {
			if data, err := load(f, nil); err == nil && bytes.IndexByte(data, 0) < 0 {
				sample = append(sample, layout.File{Name: f.name, Data: data})
			}
		}
		contain(s.log, func() {
			l := markdown.Learn(sample)
			known, grown = known.Plus(folder, l), true
			s.log.Debug("library: learned how digests are laid out", "folder", folder, "files", len(sample), "forms", len(l.Forms))
		}, "folder", folder)
	}
	if grown {
		s.kept.PutLayout(context.Background(), s.shelved(), known.String())
	}
	s.setLayout(known.With(s.written))
}

// settleBeside determines the layout of a file that is read alone: that of the library
// whose folder contains it, or else one learned from the files next to it.
func (s *holder) settleBeside(path string) {
	if s.settled {
		return
	}
	s.settled = true
	if s.home != "" {
		if _, in := NameIn(string(s.home), path); in {
			root, err := filepath.Abs(string(s.home))
			if err == nil {
				if l, err := layout.Parse([]byte(s.kept.Layout(context.Background(), s.shelvedAs(root)))); err == nil {
					s.setLayout(l.With(s.written))
					return
				}
			}
		}
	}
	dir := filepath.Dir(path)
	names := slices.DeleteFunc(siblings(path), func(name string) bool { return !isMarkdown(name) || companion(name) })
	slices.Sort(names)
	names = names[max(0, len(names)-layout.MostLearned):]
	var sample []layout.File
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() || info.Size() > markdown.MaxFile {
			continue
		}
		if data, err := fs.ReadFile(os.DirFS(dir), name); err == nil && bytes.IndexByte(data, 0) < 0 {
			sample = append(sample, layout.File{Name: name, Data: data})
		}
	}
	contain(s.log, func() { s.setLayout(markdown.Learn(sample).With(s.written)) }, "folder", dir)
}
