package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

// The kinds of problem that this package adds to those of markdown.Codes.
const (
	codeUnreadable = "unreadable"
	codeDuplicate  = "duplicate"
	codeDraft      = "draft"
)

// Codes are the kinds of problem that this package reports.
var Codes = []markdown.Code{
	{Name: codeDraft, Summary: "the file is a draft and left out of the library"},
	{Name: codeDuplicate, Summary: "another file has the same name but for its extension"},
	{Name: codeUnreadable, Summary: "the file or folder cannot be opened"},
}

// Read reads files and folders, each folder in the order of its paths. Every
// file gives a digest, if only one that says why it could not be read; an error
// means that a path is not there at all.
func Read(paths ...string) ([]*digest.Digest, error) {
	var found []file
	ends := make([]int, len(paths))
	for i, p := range paths {
		t, err := walk(p)
		if err != nil {
			return nil, err
		}
		found = append(found, t.files...)
		found = append(found, t.broken...)
		ends[i] = len(found)
	}
	digests, begin := readAll(found), 0
	for _, end := range ends {
		noteDuplicates(digests[begin:end])
		begin = end
	}
	return digests, nil
}

// noteDuplicates says of the digests of one folder which a library leaves out.
func noteDuplicates(digests []*digest.Digest) {
	first := map[string]string{}
	for _, d := range digests {
		switch file, taken := first[d.ID]; {
		case !usable(d):
		case taken:
			d.Problems = append(d.Problems, duplicate(file))
		default:
			first[d.ID] = d.File
		}
	}
}

func duplicate(of string) digest.Problem {
	return digest.Problem{Code: codeDuplicate, Message: "is left out: " + of + " has the same name"}
}

// file is a file of a library as a scan sees it.
type file struct {
	name   string // within the library, with slashes
	print  string // for people
	size   int64
	time   time.Time
	broken string // why it cannot be read, if that is known already
}

func (f file) same(g file) bool {
	return f.size == g.size && f.time.Equal(g.time) && f.broken == g.broken
}

// tree is what a scan finds.
type tree struct {
	files   []file // in the order of their paths
	folders []string
	broken  []file // folders that cannot be read
}

// walk lists the Markdown files below root, or root itself if it is a file.
// Hidden files and folders and folders named _drafts are left out, and so are
// links that lead out of the folder.
func walk(root string) (tree, error) {
	info, err := os.Stat(root)
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	if !info.IsDir() {
		return tree{files: []file{{name: filepath.Base(root), print: root, size: info.Size(), time: info.ModTime()}}}, nil
	}
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	var t tree
	err = filepath.WalkDir(resolved, func(path string, entry fs.DirEntry, err error) error {
		if err != nil && path == resolved {
			return err
		}
		name, _ := filepath.Rel(resolved, path)
		f := file{name: filepath.ToSlash(name), print: filepath.Join(root, name)}
		switch {
		case err != nil:
			f.broken = reason(err)
			t.broken = append(t.broken, f)
			return fs.SkipDir
		case entry.IsDir() && path != resolved && leftOut(entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			t.folders = append(t.folders, path)
			return nil
		case leftOut(entry.Name()) || !isMarkdown(path):
			return nil
		}
		info, ok, err := follow(resolved, path, entry)
		switch {
		case err != nil:
			f.broken = reason(err)
		case !ok:
			return nil
		default:
			f.size, f.time = info.Size(), info.ModTime()
		}
		t.files = append(t.files, f)
		return nil
	})
	if err != nil {
		return tree{}, fmt.Errorf("library: %w", err)
	}
	return t, nil
}

// follow describes a file, or the file inside root that a link leads to. ok is
// false for what is no file and for links that lead elsewhere.
func follow(root, path string, entry fs.DirEntry) (info fs.FileInfo, ok bool, err error) {
	if entry.Type()&fs.ModeSymlink == 0 {
		info, err = entry.Info()
		return info, err == nil && info.Mode().IsRegular(), err
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, false, err
	}
	if rel, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(rel) {
		return nil, false, nil
	}
	info, err = os.Stat(target)
	return info, err == nil && info.Mode().IsRegular(), err
}

func leftOut(name string) bool { return strings.HasPrefix(name, ".") || name == "_drafts" }

func isMarkdown(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".md" || ext == ".markdown"
}

func unreadable(reason string) digest.Problem {
	return digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: " + reason}
}

// reason is an error without the path, which stands beside it anyway.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err.Error()
}

// readAll reads the files on all processors and gives their digests in order.
func readAll(files []file) []*digest.Digest {
	digests := make([]*digest.Digest, len(files))
	var next sync.Mutex
	at := 0
	take := func() (int, bool) {
		next.Lock()
		defer next.Unlock()
		at++
		return at - 1, at <= len(files)
	}
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		readers.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				digests[i] = read(files[i])
			}
		})
	}
	readers.Wait()
	return digests
}

// read reads one file. What cannot be opened gives a digest that says so.
func read(f file) *digest.Digest {
	data, err := load(f)
	if err != nil {
		return &digest.Digest{
			ID:       strings.TrimSuffix(f.name, filepath.Ext(f.name)),
			File:     f.print,
			Problems: []digest.Problem{unreadable(reason(err))},
		}
	}
	d := markdown.Read(f.name, data)
	d.File = f.print
	if d.Draft {
		d.Problems = append(d.Problems, digest.Problem{Code: codeDraft, Message: "is a draft and left out of the library"})
	}
	return d
}

// load reads no more of a file than it takes to see that it is too large.
func load(f file) ([]byte, error) {
	if f.broken != "" {
		return nil, errors.New(f.broken)
	}
	r, err := os.Open(f.print)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, markdown.MaxFile+1))
}

// usable reports whether the digest belongs into a library.
func usable(d *digest.Digest) bool {
	return !d.Draft && !slices.ContainsFunc(d.Problems, func(p digest.Problem) bool {
		return p.Code == codeUnreadable || p.Code == markdown.CodeTooLarge || p.Code == markdown.CodeEmpty
	})
}
