package source

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long a file must remain unchanged before it is read.
	settle = 200 * time.Millisecond
	// poll is the interval between scans without events, for drives that send none.
	poll = 30 * time.Second
)

// Folder is a library in a folder, or in a single file.
type Folder struct {
	holder
	root     string // as passed to Open
	absolute string
	poll     time.Duration

	// The files that the last scan found. Only Open and Run use them.
	seen []*file

	outage atomic.Pointer[failure] // set while the folder is gone
}

// Open reads the folder once. Files that cannot be read become problems; a folder that
// cannot be read is an error.
func Open(dir string, log *slog.Logger, options ...Option) (*Folder, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	f := &Folder{root: dir, absolute: root, poll: poll}
	f.with(log, options)
	t, err := walk(f.root, log)
	if err != nil {
		return nil, err
	}
	f.home.move(&t, f.root)
	f.seen, f.beside = t.files, t.beside
	if len(t.folders) > 0 { // the layout of a single file comes from its neighbors
		f.name = root
	}
	f.askDays = func(files []*file) (map[string]time.Time, bool) { return folderDays(f.root, files), true }
	well := contain(log, func() {
		f.survey(t.files)
		if f.name != "" {
			f.settleLayout(t.files, load)
		} else {
			f.settleBeside(root)
		}
		f.put(f.first(t.files), t.broken)
	}, "folder", f.root)
	if !well {
		return nil, fmt.Errorf("library: %w", errBug)
	}
	return f, nil
}

// Run watches the folder until the context ends, and calls changed after each new
// library. Time also causes new libraries, when a digest is due to be published or
// expires. If the folder is missing or a scan panics, the last library is kept until an
// event in the folder or the next poll causes another scan.
func (f *Folder) Run(ctx context.Context, changed func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("library: watch: %w", err)
	}
	defer watcher.Close()
	watched := map[string]bool{}
	polls := time.NewTicker(f.poll)
	defer polls.Stop()
	next := time.NewTimer(0) // the first scan finds changes since Open
	defer next.Stop()
	turns := time.NewTimer(f.untilTurn())
	defer turns.Stop()
	waiting := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-watcher.Events:
			// Later events do not postpone a pending scan, so a burst of them cannot
			// block it.
			if !waiting && f.concerns(e.Name) {
				next.Reset(settle)
				waiting = true
			}
			continue
		case err := <-watcher.Errors:
			// Events may be lost; the scan below makes up for them.
			f.log.Warn("library: error while watching the folder", "folder", f.root, "error", err)
		case <-polls.C:
		case <-turns.C:
		case <-next.C:
			waiting = false
		}
		contain(f.log, func() {
			folders, took, again := f.scan()
			if took {
				changed()
			}
			turns.Reset(f.untilTurn())
			if f.watch(watcher, watched, folders) || again {
				next.Reset(settle)
				waiting = true
			}
		}, "folder", f.root)
	}
}

// watch watches the given folders, and the parent of the library, in which the library
// may disappear and come back. It reports whether some are new, since something may
// have happened in those already.
func (f *Folder) watch(w *fsnotify.Watcher, watched map[string]bool, folders []string) (added bool) {
	now := make(map[string]bool, len(folders)+1)
	var failed error
	for _, folder := range append(folders, filepath.Dir(f.absolute)) {
		now[folder] = true
		// A folder that was replaced needs a new watch under the same name.
		if err := w.Add(folder); err != nil && !watched[folder] {
			failed = err
		}
		added = added || !watched[folder]
	}
	if failed != nil {
		f.log.Warn("library: cannot watch every folder, polling instead", "folder", f.root, "every", f.poll, "error", failed)
	}
	clear(watched)
	maps.Copy(watched, now)
	return added
}

// concerns reports whether an event may be about the library rather than about a file
// next to it.
func (f *Folder) concerns(path string) bool {
	return path == f.absolute || filepath.Dir(path) != filepath.Dir(f.absolute)
}

// scan looks at all files, and reads those that have changed and then stayed the same.
// took reports whether there is a new library, and again whether a file is still
// changing.
func (f *Folder) scan() (folders []string, took, again bool) {
	t, err := walk(f.root, f.log)
	if err != nil {
		if f.outage.Swap(&failure{words: fmt.Sprintf("the folder %s is gone", f.root)}) == nil {
			f.log.Warn("library: the folder is gone, the last library stays", "folder", f.root, "error", err)
		}
		return nil, f.turn(), false
	}
	if f.outage.Swap(nil) != nil {
		f.log.Warn("library: the folder is back", "folder", f.root)
	}
	old, before := f.now.Load(), f.seen
	f.seen = t.files

	entries := make([]*entry, 0, len(t.files))
	var due []*file
	var known []*entry // for each of due
	here := 0          // how many entries still have a file
	find, sawBefore := entriesInOrder(old.entries), filesInOrder(before)
	resettled := f.survey(t.files)
	for i, file := range t.files {
		e := find(file.name)
		if e != nil {
			here++
		}
		last := sawBefore(file.name)
		switch {
		case e != nil && e.file.same(file) && !e.again && !resettled:
			t.files[i] = e.file // avoid keeping two equal values
			entries = append(entries, e)
		case last != nil && last.same(file):
			due, known = append(due, file), append(known, e)
		default:
			again = true
			if e != nil {
				entries = append(entries, e)
			}
		}
	}
	read, moved := f.read(due, known, slog.LevelInfo)
	entries = append(entries, read...)
	again = again || moved
	if here < len(old.entries) {
		kept, vanishing := f.vanished(old.entries, t, before)
		entries = append(entries, kept...)
		again = again || vanishing
	}
	slices.SortFunc(entries, entryByName)
	if slices.Equal(old.entries, entries) && slices.EqualFunc(old.broken, t.broken, func(a, b *file) bool { return *a == *b }) {
		return t.folders, f.turn(), again
	}
	f.put(entries, t.broken)
	return t.folders, true, again
}

// first returns the entries of the files when the library is opened. It reads only
// files that are new or have changed since the last run.
func (f *Folder) first(files []*file) []*entry {
	var due []*file
	var entries []*entry
	for i, e := range f.remembered(files) {
		if e == nil {
			due = append(due, files[i])
		} else {
			entries = append(entries, e)
		}
	}
	read, _ := f.read(due, make([]*entry, len(due)), slog.LevelDebug) // known has only nil entries
	entries = append(entries, read...)
	slices.SortFunc(entries, entryByName)
	return entries
}

// read reads files and returns their entries. known holds the previous entries, or nil.
// A file that is still changing keeps its previous entry. read logs each new or changed
// file at level.
func (f *Folder) read(files []*file, known []*entry, level slog.Level) (entries []*entry, moved bool) {
	for i, e := range f.readAll(files, known, load) {
		switch {
		case e == nil:
			moved = true
			e = known[i]
		case known[i] != nil && known[i].same(e):
			e = known[i]
		default:
			f.log.Log(context.Background(), level, "library: read", "file", e.file.print, "problems", len(e.Problems))
		}
		if e != nil {
			entries = append(entries, e)
		}
	}
	return entries, moved
}

// vanished returns the entries that are kept although their files are missing: those
// that were there in the previous scan, because an editor may be about to put them
// back, and those in folders that cannot be read.
func (f *Folder) vanished(old []*entry, t tree, before []*file) (stay []*entry, again bool) {
	here, sawBefore := filesInOrder(t.files), filesInOrder(before)
	for _, e := range old {
		if here(e.file.name) != nil {
			continue
		}
		was := sawBefore(e.file.name) != nil
		hidden := slices.ContainsFunc(t.broken, func(folder *file) bool { return strings.HasPrefix(e.file.name, folder.name+"/") })
		again = again || was && !hidden
		if was || hidden {
			stay = append(stay, e)
		} else {
			f.log.Info("library: removed", "file", e.file.print)
			f.kept.Drop(f.shelved(), e.file.name)
		}
	}
	return stay, again
}
