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

// file is a Markdown file of a library as a scan sees it. It is immutable.
type file struct {
	name  string // within the library, with slashes
	print string // the path to print
	// within is the end of a single file's path, including folders above it, which may
	// contain its date.
	within string
	stamp  stamp
	// problem says why the file is left out, if that is known without reading it.
	problem digest.Problem
}

// same reports whether two scans saw the same version of a file.
func (f *file) same(g *file) bool { return f.stamp == g.stamp && f.problem == g.problem }

// stamp identifies a version of a file: by size and time in a folder, by its content in
// a repository.
type stamp struct {
	size, time int64
	blob       plumbing.Hash
}

// moment returns the time of a file in a folder, or the beginning of its blob hash in a
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

// tree is the result of a scan.
type tree struct {
	files   []*file // sorted by name
	folders []string
	broken  []*file // folders that cannot be read
	// beside are the names of the neighbors of a single file.
	beside []string
}

// named returns an error that names its file in a printable form.
func named(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: digest.Printable(e.Path), Err: e.Err}
	}
	return err
}

// walk lists the Markdown files below root, or root itself if it is a file. It logs
// bugs.
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
	// A scan spends most of its time waiting for the file system, so files are examined
	// while folders are still being listed.
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

// lastParts returns at most the last n parts of a path.
func lastParts(p string, n int) string {
	parts := strings.Split(p, "/")
	return strings.Join(parts[max(0, len(parts)-n):], "/")
}

// walker is a walk through a folder.
type walker struct {
	tree     tree
	prefix   string       // of the printed paths
	resolved string       // the root without symbolic links
	found    chan []*file // files still to be examined
}

// folder lists a folder and those below it. Only the root must be readable.
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

// list lists an open folder, a few hundred names at a time, and then the folders below
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
				f.name = filepath.ToSlash(f.print[len(w.prefix):]) // share the bytes of print
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

// look examines a file that is not a link.
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

// follow examines the target of a link, if it is inside the folder. It returns false if
// the link is to be ignored silently.
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
		f.problem = digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: it is not a regular file"}
	}
}

// found records the stamp of a regular file.
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
