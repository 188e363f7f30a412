package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
)

// The kinds of problem that this package adds to those of markdown.Codes.
const (
	codeDuplicate  = "duplicate"
	codeLFS        = "lfs"
	codeLink       = "link"
	codeNoDigest   = "no-digest"
	codeUnreadable = "unreadable"
)

// Codes are the kinds of problem that this package reports.
var Codes = []digest.ProblemCode{
	{Name: codeDuplicate, Summary: "another file has the same name but for its extension"},
	{Name: codeLFS, Summary: "the file's text is kept by Git LFS and not here"},
	{Name: codeLink, Summary: "a link leads out of the folder, or stands in a repository, and is not followed"},
	{Name: codeNoDigest, Summary: "the file has neither stories nor a date with text and is left out of the library"},
	{Name: codeUnreadable, Summary: "the file or folder cannot be opened"},
}

// Read reads files and folders, each folder in the order of its paths. Every
// file gives a digest, if only one that says why it could not be read; an error
// means that a path is not there at all.
func Read(paths ...string) ([]*digest.Digest, error) {
	var digests []*digest.Digest
	now := time.Now()
	for _, p := range paths {
		t, err := walk(p)
		if err != nil {
			return nil, err
		}
		files := slices.Concat(t.files, t.broken)
		found := make([]*digest.Digest, len(files))
		parallel(len(files), func(share iter.Seq[int]) {
			var bulk markdown.Bulk
			var data []byte // of one file after the other
			for i := range share {
				var err error
				data, err = load(files[i], data)
				found[i] = digestOf(files[i], data, err, bulk.Read)
			}
		})
		tell := func(d *digest.Digest, p digest.Problem) { d.Problems = append(d.Problems, p) }
		for _, d := range found {
			if p, shut := shut(d, now); shut {
				tell(d, p)
			}
		}
		eachDuplicate(found, now, tell)
		digests = append(digests, found...)
	}
	return digests, nil
}

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

// digestOf is the digest that read makes of what was loaded, if only one that
// says why it could not be.
func digestOf(f *file, data []byte, err error, read func(name string, data []byte) *digest.Digest) *digest.Digest {
	problem := f.problem
	switch {
	case problem.Code != "":
	case err != nil:
		problem = unreadable(err)
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/")):
		problem = digest.Problem{Severity: digest.Error, Code: codeLFS, Message: "is left out: Git LFS keeps its text elsewhere, and only a pointer is here"}
	}
	if problem.Code != "" {
		return &digest.Digest{ID: strings.TrimSuffix(f.name, path.Ext(f.name)), File: f.print, Problems: []digest.Problem{problem}}
	}
	d := read(f.name, data)
	d.File = f.print
	if usable(d) && len(d.Stories) == 0 && (d.Date.IsZero() || len(d.Lead)+len(d.Sections) == 0) {
		severity := digest.Error
		if companion(f.name) {
			d.Problems = nil
			severity = digest.Warning
		}
		d.Problems = append(d.Problems, digest.Problem{Severity: severity, Code: codeNoDigest, Message: "is left out of the library: it has neither stories nor a date with text"})
	}
	return d
}

// shut says why a library does not have the digest now although it is no draft.
func shut(d *digest.Digest, now time.Time) (p digest.Problem, shut bool) {
	if !usable(d) || d.Window.Has(now) {
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

// companion reports whether a file is one that stands beside digests by
// custom: nobody wants to know what it lacks as a digest.
func companion(name string) bool {
	base := path.Base(name)
	switch strings.ToLower(strings.TrimSuffix(base, path.Ext(base))) {
	case "readme", "contributing", "changelog", "license", "_index":
		return true
	}
	return false
}

func unreadable(err error) digest.Problem {
	// The path stands beside the problem anyway.
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return digest.Problem{Severity: digest.Error, Code: codeUnreadable, Message: "cannot be read: " + err.Error()}
}

func tooLarge(size int64) digest.Problem {
	return digest.Problem{
		Severity: digest.Error, Code: markdown.CodeTooLarge,
		Message: fmt.Sprintf("the file has %d bytes; up to %d are read", size, markdown.MaxFile),
	}
}
