package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source/git"
)

// The problem codes that this package adds to markdown.Codes.
const (
	codeLFS        = "lfs"
	codeLink       = "link"
	codeNoDigest   = "no-digest"
	codeUndated    = "undated"
	codeUnreadable = "unreadable"
)

// CodeInternal is the code for a file that cannot be read because of a bug in
// digestbot.
const CodeInternal = "internal"

// Codes are the kinds of problem that this package reports.
var Codes = []digest.ProblemCode{
	{Name: CodeInternal, Summary: "digestbot has a bug and cannot read the file; the log has the stack", Remedy: "report it, with the stack and the file; all other files were read, and the last good version of this one is kept"},
	{Name: codeLFS, Summary: "Git LFS keeps the text of the file elsewhere", Remedy: "run `git lfs pull`"},
	{Name: codeLink, Summary: "the link leads out of the folder, or is in a repository, and was not followed", Remedy: "put the file itself into the folder"},
	{Name: codeNoDigest, Summary: "the file has neither stories nor text, so the library leaves it out", Remedy: "write it, or delete it"},
	{Name: codeUndated, Summary: "the file has no date, so the library leaves it out", Remedy: "add `date: 2026-11-23`, name the file `2026-11-23-tech.md`, or set `library.undated = \"post\"`; leave it if it is no digest"},
	{Name: codeUnreadable, Summary: "the file or folder cannot be opened, or is not text in UTF-8", Remedy: "check the permissions and the link's target, or save it as UTF-8"},
}

// Read reads files and folders as a library does, each folder in the order of its
// paths. It returns a reading for every file, even one that could not be read, which
// has only the problem. LeftOut tells which readings a library leaves out. An error
// means that a path does not exist. Bugs are logged.
func Read(log *slog.Logger, paths []string, options ...Option) (all []digest.Reading, err error) {
	for _, p := range paths {
		f, err := Open(p, log, options...)
		if err != nil {
			return nil, err
		}
		f.explain(f.seen)
		now, i := f.now.Load(), 0
		for _, file := range f.seen {
			if i < len(now.entries) && now.entries[i].file == file {
				all = append(all, now.found[i])
				i++
			} else {
				all = append(all, file.left(unreadable(errMoved)))
			}
		}
		for _, folder := range now.broken {
			all = append(all, folder.left(folder.problem))
		}
	}
	return all, nil
}

// readFile can be replaced in tests.
var readFile = markdown.ReadAs

// contain calls do, which handles one file or the library as a whole. If do panics,
// contain logs the stack and args and returns false.
func contain(log *slog.Logger, do func(), args ...any) (well bool) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("library: digestbot has a bug", append(args, "panic", fmt.Sprintf("%v", p), "stack", string(debug.Stack()))...)
		}
	}()
	do()
	return true
}

// internal is the problem of a file whose reading has panicked.
var internal = digest.Problem{Severity: digest.Error, Code: CodeInternal, Message: "digestbot has a bug: it cannot read this file; the log has the stack"}

// errBug means that making the whole library has panicked.
var errBug = fmt.Errorf("%w: digestbot has a bug; the log has the stack", git.ErrUnfit)

// left returns the reading of a file that was not read. It has nothing but the problem.
func (f *file) left(p digest.Problem) digest.Reading {
	return digest.Reading{Card: digest.Keep(&digest.Digest{Card: digest.Card{ID: id(f.name), File: f.print}}), Problems: []digest.Problem{p}}
}

// undated returns the problem of a file that is left out because it has no date. It
// returns none for a companion, or if a date that cannot be understood was already
// reported.
func undated(f *file, known []digest.Problem) []digest.Problem {
	if companion(f.name) || slices.ContainsFunc(known, func(p digest.Problem) bool { return p.Code == markdown.CodeDate }) {
		return nil
	}
	return []digest.Problem{{Code: codeUndated, Message: "is left out of the library: it has no date; add date: to the front matter or name the file 2006-01-02-name.md"}}
}

// lost are the codes of problems after which nothing of a file is known.
var lost = []string{CodeInternal, codeUnreadable, codeLink, codeLFS, markdown.CodeTooLarge, markdown.CodeEmpty}

// LeftOut returns why a library leaves out a file that was read: the code of a problem,
// or "" if it may contain the file.
func LeftOut(r digest.Reading) string {
	for _, p := range r.Problems {
		switch p.Code {
		case markdown.CodeDraft, codeNoDigest, codeUndated, digest.CodeDuplicate:
			return p.Code
		}
		if slices.Contains(lost, p.Code) {
			return p.Code
		}
	}
	if r.Card.Date.IsZero() {
		return codeUndated
	}
	return ""
}

// usable reports whether a library may contain a reading once its day is known.
func usable(r digest.Reading) bool {
	why := LeftOut(r)
	return !r.Draft && (why == "" || why == codeUndated)
}

// errNoText is for a file with NUL bytes: Notepad calls UTF-16 "Unicode".
var errNoText = errors.New("it is not text in UTF-8: save it as UTF-8")

// errMoved means that a file is no longer as the scan saw it.
var errMoved = errors.New("it changed while it was being read")

// load reads a whole file of a folder, as the scan saw it. It reuses data if its
// capacity is large enough.
func load(f *file, data []byte) ([]byte, error) {
	if f.problem.Code != "" {
		return data[:0], nil // it will not be read anyway
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

// broken returns the problem that prevents reading the loaded data, or none.
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

// shut returns why a library does not contain the digest now although it is not a
// draft.
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
	// The problem is shown with the path anyway.
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: " + err.Error()}
}

// tooLarge returns the problem of a file that is too large. A size of 0 means unknown.
func tooLarge(size int64) digest.Problem {
	words := "the file has %d bytes; up to %d are read"
	if size == 0 {
		words, size = "the file has more than %d bytes; up to %d are read", markdown.MaxFile
	}
	return digest.Problem{Severity: digest.Error, Code: markdown.CodeTooLarge, Message: fmt.Sprintf(words, size, markdown.MaxFile)}
}
