package source

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

// The kinds of problem that this package adds to those of markdown.Codes.
const (
	codeLFS        = "lfs"
	codeLink       = "link"
	codeNoDigest   = "no-digest"
	codeUndated    = "undated"
	codeUnreadable = "unreadable"
)

// CodeInternal is of a file that a bug of digestbot keeps from being read.
const CodeInternal = "internal"

// Codes are the kinds of problem that this package reports.
var Codes = []digest.ProblemCode{
	{Name: CodeInternal, Summary: "digestbot has a bug and cannot read the file; the log has the stack"},
	{Name: codeLFS, Summary: "the file's text is kept by Git LFS and not here"},
	{Name: codeLink, Summary: "a link leads out of the folder, or stands in a repository, and is not followed"},
	{Name: codeNoDigest, Summary: "the file has neither stories nor text and is left out of the library"},
	{Name: codeUndated, Summary: "nothing says the day of the file, and it is left out of the library"},
	{Name: codeUnreadable, Summary: "the file or folder cannot be opened, or is no text in UTF-8"},
}

// Read reads files and folders as a library has them, each folder in the order
// of its paths. Every file gives a digest, if only one that says why it could not
// be read; LeftOut tells those that no library has. An error means that a path is
// not there at all. The log takes what is a bug.
func Read(log *slog.Logger, paths ...string) ([]*digest.Digest, error) {
	return read(log, paths, func(*file) time.Time { return time.Time{} })
}

// ReadAny reads files and folders as Read does, but takes what nothing says the
// day of for a digest of the day when the file was changed.
func ReadAny(log *slog.Logger, paths ...string) ([]*digest.Digest, error) {
	return read(log, paths, (*file).day)
}

func read(log *slog.Logger, paths []string, day func(*file) time.Time) ([]*digest.Digest, error) {
	var digests []*digest.Digest
	now := time.Now()
	for _, p := range paths {
		t, err := walk(p, log)
		if err != nil {
			return nil, err
		}
		files := slices.Concat(t.files, t.broken)
		found := make([]*digest.Digest, len(files))
		parallel(len(files), func(share iter.Seq[int]) {
			var data []byte // of one file after the other
			for i := range share {
				well := contain(log, func() {
					var err error
					data, err = load(files[i], data)
					found[i] = digestOf(files[i], data, err)
				}, "file", files[i].print)
				if !well {
					found[i] = files[i].left(internal)
				}
			}
		})
		settled := make([]*digest.Card, len(found))
		for i, d := range found {
			if usable(d) {
				settled[i] = &d.Card
			}
		}
		none := func(*digest.Card) bool { return false }
		new(calendar).settle(files, settled, t.beside, none, func(files []*file) (map[string]time.Time, bool) { return folderDays(p, files), true })
		for i, d := range found {
			switch {
			case settled[i] != nil && settled[i] != &d.Card:
				d.Card = *settled[i]
			case settled[i] != nil:
			case usable(d):
				if d.Date = day(files[i]); d.Date.IsZero() {
					d.Problems = append(d.Problems, undated(files[i], d.Problems, "")...)
				}
			}
		}
		for _, d := range found {
			if p, shut := shut(&d.Card, now); shut && usable(d) {
				d.Problems = append(d.Problems, p)
			}
		}
		whole := map[*digest.Card]*digest.Digest{}
		var taken []*digest.Card
		for _, d := range found {
			if LeftOut(d) == "" {
				whole[&d.Card], taken = d, append(taken, &d.Card)
			}
		}
		for _, c := range digest.Copies(taken) {
			d := whole[c.Digest]
			d.Problems = append(d.Problems, c.Problem())
		}
		digests = append(digests, found...)
	}
	return digests, nil
}

// readFile reads a file.
var readFile = markdown.Read

// contain does something about one file, or about the library as a whole. If
// that panics, the log has the stack and args, and well is false.
func contain(log *slog.Logger, do func(), args ...any) (well bool) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("library: digestbot has a bug", append(args, "panic", fmt.Sprintf("%v", p), "stack", string(debug.Stack()))...)
		}
	}()
	do()
	return true
}

// internal is the problem of a file of which the reading has panicked.
var internal = digest.Problem{Severity: digest.Error, Code: CodeInternal, Message: "digestbot has a bug: it cannot read this file; the log has the stack"}

// errUnfit is why files are no library, however often they are read; errBug is
// that of files of which the whole has panicked.
var (
	errUnfit = errors.New("no library can be made of it")
	errBug   = fmt.Errorf("%w: digestbot has a bug; the log has the stack", errUnfit)
)

// left is the digest of a file that is not read: it has nothing but the problem.
func (f *file) left(p digest.Problem) *digest.Digest {
	return &digest.Digest{Card: digest.Card{ID: id(f.name), File: f.print}, Problems: []digest.Problem{p}}
}

// undated is the problem of a file that is left out because nothing says its day.
// A companion has none, and a date that cannot be understood is told already.
func undated(f *file, known []digest.Problem, or string) []digest.Problem {
	if companion(f.name) || slices.ContainsFunc(known, func(p digest.Problem) bool { return p.Code == markdown.CodeDate }) {
		return nil
	}
	return []digest.Problem{{Code: codeUndated, Message: "is left out of the library: nothing says its day; add date: to the front matter or name the file 2006-01-02-name.md" + or}}
}

// LeftOut is why no library has a digest that Read gave: the code of a problem,
// or empty if one may have it.
func LeftOut(d *digest.Digest) string {
	for _, p := range d.Problems {
		if p.Code == digest.CodeDuplicate || leavesOut(p.Code) {
			return p.Code
		}
	}
	if d.Date.IsZero() {
		return codeUndated
	}
	return ""
}

// errNoText is of a file with NUL bytes: Notepad saves UTF-16 as "Unicode".
var errNoText = errors.New("it is no text in UTF-8: save it as UTF-8")

// errMoved means that a file is not what the scan saw any more.
var errMoved = errors.New("it changes while it is read")

// load reads a file of a folder, whole as the scan saw it, into data as far as
// there is room.
func load(f *file, data []byte) ([]byte, error) {
	if f.problem.Code != "" {
		return data[:0], nil // its reading would bring nothing
	}
	r, err := os.Open(f.print)
	if err != nil {
		return data[:0], err
	}
	defer func() { _ = r.Close() }()
	data = slices.Grow(data[:0], int(f.stamp.size))[:f.stamp.size]
	if _, err := io.ReadFull(r, data); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return data, errMoved
	} else if err != nil {
		return data, err
	}
	switch info, err := r.Stat(); {
	case err != nil:
		return data, err
	case stampOf(info) != f.stamp:
		return data, errMoved
	}
	return data, nil
}

// broken is why what was loaded is not read; no problem if it is.
func (f *file) broken(data []byte, err error) digest.Problem {
	switch {
	case f.problem.Code != "":
		return f.problem
	case err != nil:
		return unreadable(err)
	case bytes.IndexByte(data, 0) >= 0:
		return unreadable(errNoText)
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/")):
		return digest.Problem{Severity: digest.Error, Code: codeLFS, Message: "is left out: Git LFS keeps its text elsewhere, and only a pointer is here"}
	}
	return digest.Problem{}
}

// noDigest is the problem of a file that has nothing to read.
var noDigest = digest.Problem{Code: codeNoDigest, Message: "is left out of the library: it has neither stories nor text"}

// digestOf is the digest of what was loaded, if only one that says why it could not
// be read.
func digestOf(f *file, data []byte, err error) *digest.Digest {
	if problem := f.broken(data, err); problem.Code != "" {
		return f.left(problem)
	}
	d := readFile(cmp.Or(f.within, f.name), data)
	d.ID, d.File = id(f.name), f.print
	switch {
	case d.Date.IsZero() && companion(f.name):
		d.Problems = nil
	case usable(d) && !d.HasText():
		d.Problems = append(d.Problems, noDigest)
	}
	return d
}

// shut says why a library does not have the digest now although it is no draft.
func shut(d *digest.Card, now time.Time) (p digest.Problem, shut bool) {
	if d.Window.Has(now) {
		return digest.Problem{}, false
	}
	const minute = "2006-01-02 15:04 UTC"
	w := d.Window
	if now.Before(w.Opens) {
		return digest.Problem{
			Line: int(w.OpensAt.Line), Column: int(w.OpensAt.Column), Code: markdown.CodeDraft,
			Message: "is left out of the library until " + w.Opens.UTC().Format(minute) + ", when it is to be published",
		}, true
	}
	return digest.Problem{
		Line: int(w.ClosesAt.Line), Column: int(w.ClosesAt.Column), Code: markdown.CodeDraft,
		Message: "has left the library: it expired at " + w.Closes.UTC().Format(minute),
	}, true
}

func unreadable(err error) digest.Problem {
	// The path stands beside the problem anyway.
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: " + err.Error()}
}

// tooLarge is the problem of a file of so many bytes, 0 if that is not known.
func tooLarge(size int64) digest.Problem {
	words := "the file has %d bytes; up to %d are read"
	if size == 0 {
		words, size = "the file has more than %d bytes; up to %d are read", markdown.MaxFile
	}
	return digest.Problem{Severity: digest.Error, Code: markdown.CodeTooLarge, Message: fmt.Sprintf(words, size, markdown.MaxFile)}
}
