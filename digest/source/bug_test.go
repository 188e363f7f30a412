package source_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

// plant makes reading panic for files with the word BUG.
func plant(t *testing.T) {
	source.SetReader(t, func(name string, data []byte, how markdown.How) *digest.Digest {
		if bytes.Contains(data, []byte("BUG")) {
			var nothing []string
			_ = nothing[len(data)]
		}
		return markdown.ReadAs(name, data, how)
	})
}

// stacks is a log that finds entries with a stack.
type stacks struct{ buffer }

func (s *stacks) logger() *slog.Logger { return slog.New(slog.NewTextHandler(s, nil)) }

// of returns how many stacks were logged for a file, at ERROR.
func (s *stacks) of(file string) (n int) {
	for line := range strings.Lines(s.String()) {
		if strings.Contains(line, "level=ERROR") && strings.Contains(line, file) && strings.Contains(line, "index out of range") && strings.Contains(line, "stack=") {
			n++
		}
	}
	return n
}

const sound = "---\ntitle: T\ndate: 2026-01-02\n---\n### One\n\nText.\n\n**Source:** https://example.org/1\n"

// A panic while a file is read is a problem of that file only; files that the same
// worker reads later are not affected.
func TestBugInReading(t *testing.T) {
	plant(t)
	dir := t.TempDir()
	for i := range 64 {
		text := sound
		if i%5 == 2 {
			text += "BUG"
		}
		write(t, dir, fmt.Sprintf("%02d.md", i), text)
	}
	var log stacks
	read, err := source.Read(log.logger(), []string{dir})
	must(t, err)
	if len(read) != 64 {
		t.Fatalf("%d files were read, want 64", len(read))
	}
	for i, d := range read {
		if bug := i%5 == 2; bug != (len(d.Problems) > 0 && d.Problems[0].Code == source.CodeInternal && d.Problems[0].Severity == digest.Error) || bug == (d.Card.Len() == 1) {
			t.Errorf("%s has the problems %v and %d stories", d.Card.File, d.Problems, d.Card.Len())
		}
	}
	if n := log.of("02.md"); n != 1 {
		t.Errorf("the log has %d stacks of a file, want one", n)
	}
}

// The library keeps the version of a file before the one that panics, and reads the
// next version; other files are not affected.
func TestBugInALibrary(t *testing.T) {
	plant(t)
	dir := t.TempDir()
	write(t, dir, "a.md", sound)
	write(t, dir, "b.md", sound+"BUG")
	var log stacks
	f, err := source.Open(dir, log.logger())
	must(t, err)
	steps := []struct {
		a        string // the file's text from now on
		stories  int    // of a in the library
		problems string // of a
	}{
		{sound, 1, ""},
		{sound + "\n### Two\n\nText BUG.\n\n**Source:** https://example.org/2\n", 1, "digestbot has a bug: it cannot read this file; the log has the stack; the last good version is kept"},
		{sound + "\n### Two\n\nText.\n\n**Source:** https://example.org/2\n", 2, ""},
	}
	for i, step := range steps {
		if i > 0 {
			write(t, dir, "a.md", step.a)
			f.Scan()
			f.Scan()
		}
		got := ""
		for _, p := range f.Problems() {
			if strings.HasSuffix(p.File, "a.md") && p.Code == source.CodeInternal {
				got = p.Message
			}
		}
		a := f.Library().ByID("a")
		if a == nil || a.Len() != step.stories || got != step.problems {
			t.Errorf("step %d: got %+v with the problem %q, want %d stories and %q", i, a, got, step.stories, step.problems)
		}
	}
	if f.Library().ByID("b") != nil {
		t.Error("a file that was never read is in the library")
	}
	for _, want := range []struct {
		file string
		n    int
	}{{"a.md", 1}, {"b.md", 1}} {
		f.Scan()
		if n := log.of(want.file); n != want.n {
			t.Errorf("%s has panicked %d times, want %d: a version is tried once", want.file, n, want.n)
		}
	}
}

// bugs panics when files are about to be read, until left is used up.
func bugs(left *atomic.Int64) source.Option {
	return source.WithBug(func() {
		if left.Add(-1) >= 0 {
			var nothing []string
			_ = nothing[1]
		}
	})
}

// A panic in a scan leaves the library unchanged and does not end the watching; at the
// start, it is reported as an error.
func TestBugInAScan(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", sound)
	var log stacks
	var left atomic.Int64
	left.Store(1)
	if _, err := source.Open(dir, log.logger(), bugs(&left)); err == nil || !strings.Contains(err.Error(), "library: no library can be made of it: digestbot has a bug") {
		t.Errorf("a start ends with %v", err)
	}
	f, err := source.Open(dir, log.logger(), bugs(&left))
	must(t, err)
	f.SetPoll(10 * time.Millisecond)
	left.Store(2)
	write(t, dir, "b.md", strings.ReplaceAll(sound, "One", "Two"))
	ctx, stop := context.WithCancel(t.Context())
	changed, ended := make(chan struct{}, 10), make(chan struct{})
	go func() { _ = f.Run(ctx, func() { changed <- struct{}{} }); close(ended) }()
	<-changed
	stop()
	<-ended
	if f.Library().Len() != 2 || left.Load() >= 0 {
		t.Errorf("%d digests are in the library, with %d bugs to come", f.Library().Len(), left.Load())
	}
	if n := log.of(dir); n != 3 {
		t.Errorf("the log has %d stacks, want 3", n)
	}
}

// A panic while a commit becomes a library keeps the library before it. It counts as an
// outage, and the commit is tried again next time.
func TestBugInACommit(t *testing.T) {
	h := newHost(t)
	h.push(t, "a.md", sound)
	var log stacks
	var left atomic.Int64
	clone := filepath.Join(t.TempDir(), "library.git")
	r, err := source.OpenRepository(t.Context(), clone, h.remote(), log.logger(), bugs(&left))
	must(t, err)
	h.push(t, "b.md", strings.ReplaceAll(sound, "One", "Two"))
	left.Store(1)
	if took, err := r.Refresh(t.Context()); took || err == nil || r.Outage() == nil || r.Library().Len() != 1 {
		t.Errorf("a bug: took %t, %v, outage %v, %d digests", took, err, r.Outage(), r.Library().Len())
	}
	if took, err := r.Refresh(t.Context()); !took || err != nil || r.Outage() != nil || r.Library().Len() != 2 {
		t.Errorf("after it: took %t, %v, outage %v, %d digests", took, err, r.Outage(), r.Library().Len())
	}
	// A start continues with the clone, or says what is wrong.
	left.Store(1)
	r, err = source.OpenRepository(t.Context(), clone, h.remote(), log.logger(), bugs(&left))
	if err != nil || r.Library().Len() != 2 {
		t.Errorf("a start with one bug ends with %v", err)
	}
	left.Store(1000)
	if _, err = source.OpenRepository(t.Context(), clone, h.remote(), log.logger(), bugs(&left)); err == nil || !strings.Contains(err.Error(), "digestbot has a bug") {
		t.Errorf("a start with a bug each time ends with %v", err)
	}
}
