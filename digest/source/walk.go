package source

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/go-git/go-git/v5/plumbing"
)

// file is a Markdown file of a library as a scan sees it.
type file struct {
	name  string // within the library, with slashes
	print string // for people
	stamp stamp
	// problem is why the file is left out, if that is known without reading it.
	problem digest.Problem
}

// same reports whether two scans saw the file of one name alike.
func (f file) same(g file) bool { return f.stamp == g.stamp && f.problem == g.problem }

// stamp tells one version of a file from the next: by size and time in a
// folder, by its content in a repository.
type stamp struct {
	size, time int64
	blob       plumbing.Hash
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{size: info.Size(), time: info.ModTime().UnixNano()}
}

// tree is what a scan finds.
type tree struct {
	files   []file // by name
	folders []string
	broken  []file // folders that cannot be read
}

// walk lists the Markdown files below root, or root itself if it is a file.
func walk(root string) (tree, error) {
	info, err := os.Stat(root)
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	if !info.IsDir() {
		f := file{name: filepath.Base(root), print: root}
		f.describe(info)
		return tree{files: []file{f}}, nil
	}
	w := walker{prefix: strings.TrimSuffix(filepath.Join(root, "x"), "x")}
	if w.resolved, err = filepath.EvalSymlinks(root); err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	if err := w.folder("", w.resolved); err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	// Most of a scan is waiting for the system to tell of each file.
	keep := make([]bool, len(w.links))
	parallel(runtime.GOMAXPROCS(0), len(w.links), func(i int) { keep[i] = w.look(&w.tree.files[i], w.links[i]) })
	files := w.tree.files[:0]
	for i, f := range w.tree.files {
		if keep[i] {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, byName)
	w.tree.files = files
	return w.tree, nil
}

// walker is a walk through a folder.
type walker struct {
	tree     tree
	prefix   string // of what is printed
	resolved string
	links    []bool // which of tree.files are symbolic links
}

// folder lists a folder and those below it. Only the first must be readable.
func (w *walker) folder(name, at string) error {
	entries, err := os.ReadDir(at)
	if err != nil && name == "" {
		return err
	}
	if err != nil {
		w.tree.broken = append(w.tree.broken, file{name: name, print: w.prefix + filepath.FromSlash(name), problem: unreadable(err)})
		return nil
	}
	w.tree.folders = append(w.tree.folders, at)
	w.tree.files, w.links = slices.Grow(w.tree.files, len(entries)), slices.Grow(w.links, len(entries))
	for _, entry := range entries {
		below, link := entry.Name(), entry.Type()&fs.ModeSymlink != 0
		if name != "" {
			below = name + "/" + below
		}
		switch {
		case leftOut(entry.Name()):
		case entry.IsDir():
			if err := w.folder(below, filepath.Join(at, entry.Name())); err != nil {
				return err
			}
		case isMarkdown(below) || link:
			w.tree.files = append(w.tree.files, file{name: below, print: w.prefix + filepath.FromSlash(below)})
			w.links = append(w.links, link)
		}
	}
	return nil
}

// look describes a file, following links inside the folder. It is false for
// what is nobody's digest and need not be told.
func (w *walker) look(f *file, link bool) bool {
	if !link {
		if s, ok := statRegular(f.print); ok {
			f.found(s)
			return true
		}
		info, err := os.Lstat(f.print)
		if err != nil {
			f.problem = unreadable(err)
		} else {
			f.describe(info)
		}
		return true
	}
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
		f.problem = digest.Problem{Code: codeLink, Message: "is left out: the link leads out of the folder"}
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
	return ext == ".md" || ext == ".markdown"
}
