package source

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/digestbot/digestbot/digest"
)

const (
	// settle is how long a file must not change before it is read.
	settle = 200 * time.Millisecond
	// poll is for drives that send no events.
	poll = 30 * time.Second
)

// Folder is a library in a folder, or in a single file.
type Folder struct {
	root     string // as it was given
	absolute string
	log      *slog.Logger
	rules    digest.Rules
	now      atomic.Pointer[state]

	// What the last scan saw, and whether the folder was gone then. Only Open
	// and Run use them.
	seen map[string]file
	gone bool
}

// state is what readers see. It is swapped whole.
type state struct {
	library  *digest.Library
	problems []Problem
	entries  map[string]entry // by the name of the file
}

// entry is a file that was read. When it cannot be read any more, digest stays
// the last good one.
type entry struct {
	file   file
	digest *digest.Digest
	broken *digest.Problem
}

// Problem is a problem of a file.
type Problem struct {
	File string
	digest.Problem
}

// Option is something that a library may be opened with.
type Option func(*Folder)

// WithRules joins the tags of the library and gives its digests their addresses.
func WithRules(r digest.Rules) Option { return func(f *Folder) { f.rules = r } }

// Open reads the folder once. Files that cannot be read are problems; a folder
// that cannot be read is an error.
func Open(dir string, log *slog.Logger, options ...Option) (*Folder, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	f := &Folder{root: filepath.Clean(dir), absolute: root, log: log}
	for _, with := range options {
		with(f)
	}
	t, err := walk(f.root)
	if err != nil {
		return nil, err
	}
	f.seen = byName(t.files)
	f.now.Store(f.newState(f.update(nil, t.files), t.broken))
	return f, nil
}

// Library is the library as it stands. Any goroutine may call it.
func (f *Folder) Library() *digest.Library { return f.now.Load().library }

// Problems are those of all files, in the order of their paths.
func (f *Folder) Problems() []Problem { return f.now.Load().problems }

// Run watches the folder until the context ends and calls changed after each
// new library. While the folder is not there the last library stays.
func (f *Folder) Run(ctx context.Context, changed func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("library: watch: %w", err)
	}
	defer watcher.Close()
	watched := map[string]bool{}
	polls := time.NewTicker(poll)
	defer polls.Stop()
	next := time.NewTimer(0) // the first scan takes what changed since Open
	defer next.Stop()
	waiting := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-watcher.Events:
			// A scan that is due stays due: a storm of events does not put it off.
			if !waiting && f.concerns(e.Name) {
				next.Reset(settle)
				waiting = true
			}
			continue
		case err := <-watcher.Errors:
			// Events may be lost; the scan below makes up for them.
			f.log.Warn("library: watch", "folder", f.root, "error", err)
		case <-polls.C:
		case <-next.C:
			waiting = false
		}
		folders, took, again := f.scan()
		if took {
			changed()
		}
		if f.watch(watcher, watched, folders) || again {
			next.Reset(settle)
			waiting = true
		}
	}
}

// watch makes the watcher follow these folders, and the one that the library
// stands in, where it may vanish and come back. It reports whether there are
// new ones, in which something may have happened already.
func (f *Folder) watch(w *fsnotify.Watcher, watched map[string]bool, folders []string) (added bool) {
	folders = append(folders, filepath.Dir(f.absolute))
	for known := range watched {
		if !slices.Contains(folders, known) {
			delete(watched, known)
		}
	}
	for _, folder := range folders {
		// A folder that was replaced needs a new watch under its old name.
		err := w.Add(folder)
		if watched[folder] {
			continue
		}
		watched[folder], added = true, true
		if err != nil {
			f.log.Warn("library: cannot watch, looking every so often instead", "folder", folder, "every", poll, "error", err)
		}
	}
	return added
}

// concerns reports whether an event may be about the library and not about a
// neighbour of it.
func (f *Folder) concerns(path string) bool {
	return path == f.absolute || filepath.Dir(path) != filepath.Dir(f.absolute)
}

// scan looks at all files and reads those that changed and came to rest. took
// reports whether there is a new library, again whether a file still moves.
func (f *Folder) scan() (folders []string, took, again bool) {
	t, err := walk(f.root)
	if err != nil {
		if !f.gone {
			f.log.Warn("library: the folder is gone, the last library stays", "folder", f.root, "error", err)
		}
		f.gone = true
		return nil, false, false
	}
	if f.gone {
		f.log.Info("library: the folder is back", "folder", f.root)
		f.gone = false
	}
	old, before, now := f.now.Load(), f.seen, byName(t.files)
	f.seen = now

	var due []file
	for _, file := range t.files {
		known, ok := old.entries[file.name]
		switch {
		case ok && known.file.same(file) && known.broken == nil:
		case before[file.name].same(file):
			due = append(due, file)
		default:
			again = true
		}
	}
	entries := f.update(old.entries, due)
	for name, e := range old.entries {
		_, here := now[name]
		_, was := before[name]
		switch {
		case here || slices.ContainsFunc(t.broken, func(folder file) bool { return strings.HasPrefix(name, folder.name+"/") }):
		case was:
			again = true
		default:
			delete(entries, name)
			f.log.Info("library: removed", "file", e.file.print)
		}
	}
	for _, file := range due {
		if info, err := os.Stat(file.print); err == nil && (info.Size() != file.size || !info.ModTime().Equal(file.time)) {
			entries[file.name], again = old.entries[file.name], true // it moved while it was read
			if _, ok := old.entries[file.name]; !ok {
				delete(entries, file.name)
			}
		}
	}
	next := f.newState(entries, t.broken)
	if maps.EqualFunc(old.entries, entries, entry.same) && slices.Equal(old.problems, next.problems) {
		return t.folders, false, again
	}
	for _, file := range due {
		if e, ok := entries[file.name]; ok && !old.entries[file.name].same(e) {
			f.log.Info("library: read", "file", file.print, "stories", len(e.digest.Stories), "problems", len(e.digest.Problems))
		}
	}
	f.now.Store(next)
	return t.folders, true, again
}

func (e entry) same(o entry) bool {
	return e.file.same(o.file) && (e.broken == nil) == (o.broken == nil) && (e.broken == nil || *e.broken == *o.broken)
}

func byName(files []file) map[string]file {
	m := make(map[string]file, len(files))
	for _, f := range files {
		m[f.name] = f
	}
	return m
}

// update reads files and gives the entries with them. What was readable before
// keeps its last good digest.
func (f *Folder) update(entries map[string]entry, files []file) map[string]entry {
	updated := maps.Clone(entries)
	if updated == nil {
		updated = make(map[string]entry, len(files))
	}
	for i, d := range readAll(files) {
		d.URL = f.rules.Permalink.URL(d)
		e := entry{file: files[i], digest: d}
		if p := slices.IndexFunc(d.Problems, func(p digest.Problem) bool { return p.Code == codeUnreadable }); p >= 0 {
			e.broken = &d.Problems[p]
			if last, ok := entries[e.file.name]; ok {
				e.digest = last.digest
			}
		}
		updated[e.file.name] = e
	}
	return updated
}

// newState makes a library of the entries and gathers their problems.
func (f *Folder) newState(entries map[string]entry, folders []file) *state {
	s := &state{entries: entries}
	var digests []*digest.Digest
	ids := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e := entries[name]
		d := e.digest
		problems := d.Problems
		if e.broken != nil {
			problems = []digest.Problem{*e.broken}
		}
		for _, p := range problems {
			s.problems = append(s.problems, Problem{e.file.print, p})
		}
		if !usable(d) {
			continue
		}
		if first, taken := ids[d.ID]; taken {
			s.problems = append(s.problems, Problem{e.file.print, duplicate(first)})
			continue
		}
		ids[d.ID] = e.file.print
		digests = append(digests, d)
	}
	for _, folder := range folders {
		s.problems = append(s.problems, Problem{folder.print, unreadable(folder.broken)})
	}
	s.library = f.rules.NewLibrary(digests)
	return s
}
