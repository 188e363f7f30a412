package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/go-git/go-git/v5/plumbing"
)

// file is a Markdown file of a library as a scan sees it. It does not change
// after that.
type file struct {
	name  string // within the library, with slashes
	print string // for people
	// within is the name with the folders above it, of a file that is no part of
	// a folder: they may say its day.
	within string
	stamp  stamp
	// problem is why the file is left out, if that is known without reading it.
	problem digest.Problem
}

// same reports whether two scans saw the file of one name alike.
func (f *file) same(g *file) bool { return f.stamp == g.stamp && f.problem == g.problem }

// stamp tells one version of a file from the next: by size and time in a
// folder, by its content in a repository.
type stamp struct {
	size, time int64
	blob       plumbing.Hash
}

// moment is the time of a file in a folder, and a part of the name of a blob in a
// repository.
func (s stamp) moment() int64 {
	if s.blob.IsZero() {
		return s.time
	}
	return int64(binary.BigEndian.Uint64(s.blob[:]))
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), time: info.ModTime().UnixNano()}
}

// tree is what a scan finds.
type tree struct {
	files   []*file // by name
	folders []string
	broken  []*file // folders that cannot be read
	// beside are the names of its neighbours, if the tree is a file alone.
	beside []string
}

// named is an error with the name of its file as people can see it.
func named(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: digest.Printable(e.Path), Err: e.Err}
	}
	return err
}

// walk lists the Markdown files below root, or root itself if it is a file.
// The log takes what is a bug.
func walk(root string, log *slog.Logger) (tree, error) {
	info, err := os.Stat(root)
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", named(err))
	}
	if !info.IsDir() {
		f := &file{name: filepath.Base(root), print: root, within: lastParts(filepath.ToSlash(root), 4)}
		f.describe(info)
		return tree{files: []*file{f}, beside: siblings(root)}, nil
	}
	w := walker{prefix: strings.TrimSuffix(filepath.Join(root, "x"), "x"), found: make(chan []*file, 4)}
	if w.resolved, err = filepath.EvalSymlinks(root); err != nil {
		return tree{}, fmt.Errorf("library: %w", named(err))
	}
	// Most of a scan is waiting for the system to tell of each file, so they
	// are looked at while the folders are still being listed.
	var lookers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		lookers.Go(func() {
			for files := range w.found {
				for _, f := range files {
					if !contain(log, f.look, "file", f.print) {
						f.problem = internal
					}
				}
			}
		})
	}
	err = w.folder("", w.resolved)
	close(w.found)
	slices.SortFunc(w.tree.files, byName)
	lookers.Wait()
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", named(err))
	}
	return w.tree, nil
}

// lastParts are the last parts of a path, at most n.
func lastParts(p string, n int) string {
	parts := strings.Split(p, "/")
	return strings.Join(parts[max(0, len(parts)-n):], "/")
}

// walker is a walk through a folder.
type walker struct {
	tree     tree
	prefix   string       // of what is printed
	resolved string       // the folder itself
	found    chan []*file // those that are still to be looked at
}

// folder lists a folder and those below it. Only the first must be readable.
func (w *walker) folder(name, at string) error {
	dir, err := os.Open(at)
	if err == nil {
		w.tree.folders = append(w.tree.folders, at)
		err = w.list(name, at, dir)
		_ = dir.Close()
	}
	if err != nil && name != "" {
		w.tree.broken = append(w.tree.broken, &file{name: name, print: w.prefix + filepath.FromSlash(name), problem: unreadable(err)})
		return nil
	}
	return err
}

// list lists an open folder, some hundred names at a time, and then those below
// it.
func (w *walker) list(name, at string, dir *os.File) error {
	var below []string
	for {
		entries, err := dir.ReadDir(256)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		files := make([]*file, 0, len(entries))
		for _, entry := range entries {
			f := &file{name: entry.Name()}
			if name != "" {
				f.name = name + "/" + f.name
			}
			switch link := entry.Type()&fs.ModeSymlink != 0; {
			case leftOut(entry.Name()):
			case entry.IsDir():
				below = append(below, entry.Name())
			case isMarkdown(f.name) || link:
				f.print = w.prefix + filepath.FromSlash(f.name)
				f.name = filepath.ToSlash(f.print[len(w.prefix):]) // the same bytes, once
				if !link {
					files = append(files, f)
				} else if w.follow(f) {
					w.tree.files = append(w.tree.files, f)
				}
			}
		}
		w.tree.files = append(w.tree.files, files...)
		w.found <- files
	}
	for _, folder := range below {
		if err := w.folder(path.Join(name, folder), filepath.Join(at, folder)); err != nil {
			return err
		}
	}
	return nil
}

// look describes a file that is no link.
func (f *file) look() {
	if s, ok := statRegular(f.print); ok {
		f.found(s)
		return
	}
	info, err := os.Lstat(f.print)
	if err != nil {
		f.problem = unreadable(err)
		return
	}
	f.describe(info)
}

// follow describes what a link leads to, if that is inside the folder. It is
// false for what is nobody's digest and need not be told.
func (w *walker) follow(f *file) bool {
	target, err := filepath.EvalSymlinks(f.print)
	if err != nil {
		f.problem = unreadable(err)
		return isMarkdown(f.name)
	}
	info, err := os.Stat(target)
	if err != nil {
		f.problem = unreadable(err)
		return isMarkdown(f.name)
	}
	if rel, err := filepath.Rel(w.resolved, target); err != nil || !filepath.IsLocal(rel) {
		f.problem = digest.Problem{Severity: digest.Error, Code: codeLink, Message: "is left out: the link leads out of the folder"}
		return isMarkdown(f.name) || info.IsDir()
	}
	if info.IsDir() || !isMarkdown(f.name) {
		return false // its files are in the library under their own names
	}
	f.describe(info)
	return true
}

func (f *file) describe(info fs.FileInfo) {
	if info.Mode().IsRegular() {
		f.found(stampOf(info))
	} else {
		f.problem = digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: it is no regular file"}
	}
}

// found notes the stamp of a regular file.
func (f *file) found(s stamp) {
	f.stamp = s
	if s.size > markdown.MaxFile {
		f.problem = tooLarge(s.size)
	}
}

func leftOut(name string) bool { return strings.HasPrefix(name, ".") || name == "_drafts" }

func isMarkdown(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".md" || ext == ".markdown" || ext == ".mdx"
}
