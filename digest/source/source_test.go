package source_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func post(title, date string) string {
	return fmt.Sprintf("---\ntitle: %s\ndate: %s\n---\n\n## News\n\n### Story\n\nText.\n\n**Source:** [t](https://example.org/)\n", title, date)
}

// write writes files below a folder, given as name, text, name, text…
func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ids(l *digest.Library) string {
	var all []string
	for _, d := range l.All() {
		all = append(all, d.ID)
	}
	return strings.Join(all, " ")
}

func codes(f library) string {
	var all []string
	for _, p := range f.Problems() {
		all = append(all, filepath.Base(p.File)+":"+p.Code)
	}
	return strings.Join(all, " ")
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	write(t, outside, "secret.md", post("Secret", "2026-01-01"))
	write(t, dir,
		"2026-01-02-b.md", post("B", "2026-01-02"),
		"2026-01-02-b.markdown", post("B again", "2026-01-02"),
		"tech/2026-01-03-c.MD", post("C", "2026-01-03"),
		"d.md", strings.Replace(post("D", "2026-01-04"), "---\n", "---\ndraft: true\n", 1),
		"empty.md", "\n",
		"utf16.md", "\xff\xfe#\x00 \x00A\x00\n\x00",
		"junk.md", post("Junk", "2026-01-04")+"\x00\x01\x02",
		"big.md", strings.Repeat("x", markdown.MaxFile+1),
		"broken.md", "---\ntitle: [\ndate: 2026-01-01\n---\n# Broken\n\nText.\n",
		"README.md", "# About\n\nThese are our digests.\n",
		"CHANGES.md", "---\ndate: 2026-01-09\n---\n",
		"about.md", "# About\n\n- [a link](https://example.org/)\n",
		"pointer.md", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
		"folder.md/2026-01-01-in.md", post("In a folder with the name of a file", "2026-01-01"),
		".hidden/x.md", post("X", "2026-01-05"),
		".x.md", post("X", "2026-01-05"),
		"_drafts/y.md", post("Y", "2026-01-05"),
		"notes.txt", "no",
	)
	must(t, os.Symlink(filepath.Join(outside, "secret.md"), filepath.Join(dir, "out.md")))
	must(t, os.Symlink("nowhere.md", filepath.Join(dir, "dangling.md")))
	must(t, os.Symlink("2026-01-02-b.md", filepath.Join(dir, "alias.md")))
	must(t, os.Symlink(outside, filepath.Join(dir, "elsewhere")))
	must(t, os.Symlink(".", filepath.Join(dir, "loop")))
	must(t, os.Symlink("loop.md", filepath.Join(dir, "loop.md")))
	must(t, os.Symlink(filepath.Join(outside, "logo.png"), filepath.Join(dir, "logo.png")))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	if got, want := ids(f.Library()), "tech/2026-01-03-c 2026-01-02-b alias broken folder.md/2026-01-01-in"; got != want {
		t.Errorf("library: got %q, want %q", got, want)
	}
	got := codes(f)
	for _, want := range []string{
		"2026-01-02-b.md:duplicate", "d.md:draft", "empty.md:empty", "big.md:too-large", "broken.md:front-matter", "utf16.md:unreadable", "junk.md:unreadable", "dangling.md:unreadable",
		"CHANGES.md:no-digest", "about.md:undated", "pointer.md:lfs", "out.md:link", "elsewhere:link", "loop.md:unreadable",
	} {
		if !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("problems: got %q, want %q among them", got, want)
		}
	}
	for _, silent := range []string{"README", "logo", "hidden", "_drafts", "notes", "loop:"} {
		if strings.Contains(got, silent) {
			t.Errorf("problems: got %q, want nothing about %q", got, silent)
		}
	}
	known := map[string]bool{}
	for _, c := range slices.Concat(markdown.Codes, source.Codes, digest.Codes) {
		known[c.Name] = true
	}
	for _, p := range f.Problems() {
		if !known[p.Code] {
			t.Errorf("code %q of %s is in no table", p.Code, p.File)
		}
	}
	if got, want := f.Library().Newest().File, filepath.Join(dir, "tech", "2026-01-03-c.MD"); got != want {
		t.Errorf("file: got %q, want %q", got, want)
	}
	if _, err := source.Open(filepath.Join(dir, "none"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a folder that is not there was opened")
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.md", post("B", "2026-01-02"), "a/x.md", post("X", "2026-01-01"), "c.md", "")
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{filepath.Join(dir, "b.md"), dir})
	must(t, err)
	var got []string
	for _, d := range read {
		got = append(got, d.Card.ID)
	}
	if got, want := strings.Join(got, " "), "b a/x b c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := source.Read(slog.New(slog.DiscardHandler), []string{filepath.Join(dir, "none.md")}); err == nil {
		t.Error("a path that is not there was read")
	}
}

// Read also reports which files a library would leave out. A file that is passed in
// several paths is not a duplicate of itself.
func TestReadDuplicates(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.md", post("Other", "2026-01-02"), "b.markdown", post("B", "2026-01-02"), "c.md", post("C", "2026-01-02"), "c.markdown", "", "x/b.md", post("B", "2026-01-02"))
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{dir, filepath.Join(dir, "b.md")})
	must(t, err)
	var got []string
	for _, d := range read {
		for _, p := range d.Problems {
			if p.Code == digest.CodeDuplicate {
				got = append(got, strings.ReplaceAll(d.Card.File+": "+p.Message, dir+string(filepath.Separator), ""))
			}
		}
	}
	if got, want := strings.Join(got, "\n"), "b.md: is left out: b.markdown has the same name\nx/b.md: is left out: b.markdown has the same digest"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Files that conventionally accompany digests get no warnings that they are not
// digests; one that is a digest is read like any other.
func TestReadCompanions(t *testing.T) {
	dir := t.TempDir()
	about := "# About\n\nThese are our digests.\n"
	write(t, dir, "README.md", about, "about.md", about, "en/_index.md", "---\ntitle: All\n---\n", "x/readme.md", post("X", "2026-01-01"))
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{dir})
	must(t, err)
	var got []string
	for _, d := range read {
		for _, p := range d.Problems {
			got = append(got, d.Card.ID+":"+p.Code)
		}
	}
	if got, want := strings.Join(got, " "), "about:no-stories about:undated"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// buffer is a log that may be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// watched opens a folder and runs it until the test ends.
func watched(t *testing.T, dir string) (f *source.Folder, log *buffer, eventually func(what string, ok func() bool)) {
	t.Helper()
	log = &buffer{}
	f, err := source.Open(dir, slog.New(slog.NewTextHandler(log, nil)))
	must(t, err)
	return f, log, running(t, f, log)
}

// library has the methods common to all sources.
type library interface {
	Library() *digest.Library
	Problems() []source.Problem
	Run(ctx context.Context, changed func()) error
}

// running runs a source until the test ends.
func running(t *testing.T, s library, log *buffer) (eventually func(what string, ok func() bool)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	changed := make(chan struct{}, 1)
	done := make(chan error)
	go func() {
		done <- s.Run(ctx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return func(what string, ok func() bool) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for !ok() {
			select {
			case <-changed:
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%s: not seen; library %q, problems %q, log:\n%s", what, ids(s.Library()), codes(s), log)
			}
		}
	}
}

func TestRunSeesEveryChange(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := filepath.Join(t.TempDir(), "library")
	write(t, dir, "a.md", post("A", "2026-01-01"))
	f, _, eventually := watched(t, dir)
	title := func(id string) string {
		if d := f.Library().ByID(id); d != nil {
			return d.Title
		}
		return ""
	}

	write(t, dir, "b.md", post("B", "2026-01-02"))
	eventually("a new file", func() bool { return title("b") == "B" })

	write(t, dir, "a.md", post("A, longer than before", "2026-01-01"))
	eventually("a file written in place", func() bool { return title("a") == "A, longer than before" })

	write(t, dir, ".b.tmp", post("B renamed over", "2026-01-02"))
	must(t, os.Rename(filepath.Join(dir, ".b.tmp"), filepath.Join(dir, "b.md")))
	eventually("a file renamed over", func() bool { return title("b") == "B renamed over" })

	write(t, dir, "new/deep/c.md", post("C", "2026-01-03"))
	eventually("a file in a new folder", func() bool { return title("new/deep/c") == "C" })
	write(t, dir, "new/deep/d.md", post("D", "2026-01-04"))
	eventually("another file there", func() bool { return title("new/deep/d") == "D" })

	must(t, os.Remove(filepath.Join(dir, "a.md")))
	eventually("a file deleted", func() bool { return title("a") == "" })
	if got, want := ids(f.Library()), "new/deep/d new/deep/c b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A file that grows between scans is never read, however long that takes; one that has
// settled is read by the second scan that sees it unchanged.
func TestScanNeverTakesHalfAFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	text := post("B", "2026-01-02")
	for n := 4; n < len(text); n += 4 {
		write(t, dir, "b.md", text[:n])
		if took, again := f.Scan(); took || !again {
			t.Fatalf("after %d of %d bytes: took %t, looks again %t; want false, true", n, len(text), took, again)
		}
	}
	write(t, dir, "b.md", text)
	for i, want := range []bool{false, true, false} {
		if took, again := f.Scan(); took != want || again != (i == 0) {
			t.Errorf("scan %d of the whole file: took %t, looks again %t; want %t, %t", i+1, took, again, want, i == 0)
		}
	}
	if d := f.Library().ByID("b"); d == nil || d.Len() != 1 {
		t.Errorf("got %+v, want the whole digest", d)
	}
}

// An editor that removes a file before it writes the new one has time until the next
// scan.
func TestScanWaitsBeforeItRemoves(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"), "b.md", post("B", "2026-01-02"))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, os.Remove(filepath.Join(dir, "a.md")))
	if took, again := f.Scan(); took || !again {
		t.Errorf("took %t, looks again %t; want false, true", took, again)
	}
	if took, _ := f.Scan(); !took || ids(f.Library()) != "b" {
		t.Errorf("took %t, library %q; want true, b", took, ids(f.Library()))
	}
}

// A file that is moved or copied, or deleted next to its copy, is one digest in every
// library along the way.
func TestScanOfMovedFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	write(t, dir, "a.md", post("A", "2026-01-01"), "en/keep.md", post("K", "2026-01-02"))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	copied := func(from, to string) {
		text, err := os.ReadFile(at(from))
		must(t, err)
		write(t, dir, to, string(text))
	}
	for _, step := range []struct {
		name, want string
		do         func()
	}{
		{"renamed", "b", func() { must(t, os.Rename(at("a.md"), at("b.md"))) }},
		{"moved to a new folder", "archive/2026/b", func() {
			must(t, os.MkdirAll(at("archive/2026"), 0o755))
			must(t, os.Rename(at("b.md"), at("archive/2026/b.md")))
		}},
		{"moved with its folder", "old/2026/b", func() { must(t, os.Rename(at("archive"), at("old"))) }},
		{"copied", "old/2026/b", func() { copied("old/2026/b.md", "old/2026/b 2.md") }},
		{"copied to where it stays", "b", func() { copied("old/2026/b.md", "b.md") }},
		{"deleted where it stayed", "old/2026/b", func() { must(t, os.Remove(at("b.md"))) }},
		{"deleted beside its copy", "old/2026/b 2", func() { must(t, os.Remove(at("old/2026/b.md"))) }},
		{"renamed to what it was", "a", func() { must(t, os.Rename(at("old/2026/b 2.md"), at("a.md"))) }},
	} {
		step.do()
		for again := true; again; {
			_, again = f.Scan()
			if got := f.Library().Len(); got != 2 {
				t.Errorf("%s: on the way the library is %q", step.name, ids(f.Library()))
			}
		}
		if got, want := ids(f.Library()), "en/keep "+step.want; got != want {
			t.Errorf("%s: the library is %q, want %q", step.name, got, want)
		}
		for _, p := range f.Problems() {
			if p.Code == digest.CodeDuplicate && !strings.HasPrefix(p.Message, "is left out: "+dir) {
				t.Errorf("%s: %s: %s", step.name, p.File, p.Message)
			}
		}
	}
}

func TestRunFollowsRenames(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	dir := t.TempDir()
	write(t, dir, "a/x.md", post("A", "2026-01-01"), "b/keep.md", post("K", "2026-01-02"))
	f, _, eventually := watched(t, dir)
	for i := range 6 {
		from, to := []string{"a", "b"}[i%2], []string{"b", "a"}[i%2]
		must(t, os.Rename(filepath.Join(dir, from, "x.md"), filepath.Join(dir, to, "x.md")))
		eventually("the move to "+to, func() bool {
			if f.Library().Len() > 2 {
				t.Errorf("two digests of one: %s", ids(f.Library()))
			}
			return f.Library().ByID(to+"/x") != nil
		})
	}
}

// A good digest is kept when its file becomes empty, too large or a link elsewhere, and
// is removed when its author says so.
func TestScanKeepsWhatWasGood(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	write(t, outside, "x.md", post("X", "2026-01-01"))
	write(t, dir, "z.md", post("Z", "2026-01-09"))
	for name, spoil := range map[string]func(path string) error{
		"empty": func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"large": func(path string) error { return os.WriteFile(path, make([]byte, markdown.MaxFile+1), 0o644) },
		"link": func(path string) error {
			return errors.Join(os.Remove(path), os.Symlink(filepath.Join(outside, "x.md"), path))
		},
		"folder": func(path string) error {
			return errors.Join(os.Remove(path), os.Symlink(path, path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, dir, "a.md", post("A", "2026-01-01"))
			f, err := source.Open(dir, slog.New(slog.DiscardHandler))
			must(t, err)
			path := filepath.Join(dir, "a.md")
			must(t, spoil(path))
			f.Scan()
			if took, _ := f.Scan(); !took {
				t.Error("the problem was not seen")
			}
			problems := f.Problems()
			if d := f.Library().ByID("a"); d == nil || d.Title != "A" || len(problems) == 0 || !strings.Contains(problems[0].Message, "is kept") {
				t.Errorf("got %+v with problems %v, want the last good digest and a problem that says so", d, problems)
			}
			if took, again := f.Scan(); took || again {
				t.Errorf("a problem that stays: took %t, looks again %t; want neither", took, again)
			}
			must(t, os.Remove(path))
			write(t, dir, "a.md", strings.Replace(post("A", "2026-01-01"), "---\n", "---\ndraft: true\n", 1))
			f.Scan()
			f.Scan()
			if got := ids(f.Library()); got != "z" {
				t.Errorf("after the file became a draft: got %q, want z", got)
			}
			must(t, os.Remove(path))
		})
	}
}

// A subfolder that cannot be read is a problem and affects nothing else. Its path is
// too long, so that not even root can read it.
func TestOpenWithAFolderThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer func() { _ = root.Close() }()
	must(t, root.MkdirAll(strings.Repeat(strings.Repeat("long", 50)+"/", 25), 0o755))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	if problems := f.Problems(); ids(f.Library()) != "a" || len(problems) != 1 || problems[0].Code != "unreadable" {
		t.Errorf("got library %q and problems %v, want a and one folder that is unreadable", ids(f.Library()), problems)
	}
	if took, again := f.Scan(); took || again {
		t.Errorf("a folder that stays unreadable: took %t, looks again %t; want neither", took, again)
	}
}

func TestScanKeepsWhatAFolderHides(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	write(t, dir, "a.md", post("A", "2026-01-01"), "sub/b.md", post("B", "2026-01-02"))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, os.Chmod(sub, 0))
	defer func() { must(t, os.Chmod(sub, 0o755)) }()
	f.Scan()
	f.Scan()
	want := "sub:unreadable"
	if os.Getuid() == 0 {
		want = "" // root can read it anyway
	}
	if got := codes(f); got != want || ids(f.Library()) != "sub/b a" {
		t.Errorf("got library %q with problems %q, want sub/b a and %q", ids(f.Library()), got, want)
	}
}

func TestAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	if f.Library() == nil || f.Library().Len() != 0 || len(f.Problems()) != 0 {
		t.Errorf("got %d digests and problems %v, want none", f.Library().Len(), f.Problems())
	}
	write(t, dir, "a.md", post("A", "2026-01-01"))
	f.Scan()
	if took, _ := f.Scan(); !took || ids(f.Library()) != "a" {
		t.Errorf("after the first file: took %t, library %q; want true, a", took, ids(f.Library()))
	}
}

// Hidden folders are not watched, so the target of a link into one changes without an
// event, like every file on a network drive.
func TestRunSeesWhatNoEventTells(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".store/a.md", post("Old", "2026-01-01"))
	must(t, os.Symlink(".store/a.md", filepath.Join(dir, "a.md")))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	f.SetPoll(20 * time.Millisecond)
	eventually := running(t, f, &buffer{})
	write(t, dir, "b.md", post("B", "2026-01-02"))
	eventually("a new file", func() bool { return f.Library().Len() == 2 })
	write(t, dir, ".store/a.md", post("New version", "2026-01-01"))
	eventually("the change", func() bool { return f.Library().ByID("a").Title == "New version" })
}

func TestRunFollowsAConfigMap(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "..v1/a.md", post("Old", "2026-01-01"), "..v2/a.md", post("New version", "2026-01-01"))
	must(t, os.Symlink("..v1", filepath.Join(dir, "..data")))
	must(t, os.Symlink("..data/a.md", filepath.Join(dir, "a.md")))
	f, _, eventually := watched(t, dir)
	if got := f.Library().ByID("a").Title; got != "Old" {
		t.Fatalf("title: got %q, want Old", got)
	}
	must(t, os.Symlink("..v2", filepath.Join(dir, "..tmp")))
	must(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
	eventually("the swap", func() bool { return f.Library().ByID("a").Title == "New version" })
}

func TestRunKeepsTheLibraryOfAFolderThatVanishes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "library")
	write(t, dir, "a.md", post("A", "2026-01-01"))
	f, log, eventually := watched(t, dir)
	write(t, dir, "b.md", post("B", "2026-01-02"))
	eventually("the watch", func() bool { return f.Library().Len() == 2 })
	must(t, os.Rename(dir, filepath.Join(parent, "away")))
	eventually("a warning", func() bool { return strings.Contains(log.String(), "the folder is gone") })
	if got, want := ids(f.Library()), "b a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, os.Rename(filepath.Join(parent, "away"), dir))
	write(t, dir, "c.md", post("C", "2026-01-03"))
	eventually("its return", func() bool { return ids(f.Library()) == "c b a" })
}

func TestRunKeepsTheLastGoodDigest(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"), "b.md", post("B", "2026-01-02"))
	f, _, eventually := watched(t, dir)
	must(t, os.Remove(filepath.Join(dir, "a.md")))
	must(t, os.Symlink("a.md", filepath.Join(dir, "a.md"))) // a link to itself
	eventually("the problem", func() bool { return codes(f) == "a.md:unreadable" })
	if got, want := ids(f.Library()), "b a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, os.Remove(filepath.Join(dir, "a.md")))
	write(t, dir, "a.md", post("A again", "2026-01-01"))
	eventually("the repair", func() bool { return codes(f) == "" && f.Library().ByID("a").Title == "A again" })
}

func TestRunWatchesASingleFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"), "b.md", post("B", "2026-01-02"))
	f, _, eventually := watched(t, filepath.Join(dir, "a.md"))
	if got, want := ids(f.Library()), "a"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	write(t, dir, "a.md", post("A, changed", "2026-01-01"))
	eventually("the change", func() bool { return f.Library().ByID("a").Title == "A, changed" })
}

// Files are read one after the other into the same buffer, which no digest keeps.
func TestOpenReadsEachFileAsItIs(t *testing.T) {
	dir := filepath.Join("..", "markdown", "testdata")
	f, err := source.Open(dir, slog.New(slog.DiscardHandler), source.WithLayout(nil))
	must(t, err)
	paths, err := filepath.Glob(filepath.Join(dir, "*.md"))
	must(t, err)
	digests := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		must(t, err)
		alone := markdown.Read(filepath.Base(path), data)
		got := f.Library().ByID(alone.ID)
		if got == nil {
			continue
		}
		digests++
		whole := whole(t, got)
		alone.File, alone.Problems, alone.Fields = whole.File, whole.Problems, nil // a shelf keeps no fields
		is, err := json.Marshal(whole)
		must(t, err)
		want, err := json.Marshal(alone)
		must(t, err)
		if !bytes.Equal(is, want) || whole.Fingerprint() != alone.Fingerprint() {
			t.Errorf("%s is %s, want %s", path, is, want)
		}
	}
	if digests < 10 {
		t.Errorf("there are only %d digests", digests)
	}
}

// whole returns a digest with its text.
func whole(t *testing.T, c *digest.Card) *digest.Digest {
	t.Helper()
	d, err := c.Read()
	must(t, err)
	return d
}

// A file is not read again if its content was read before, whatever its name and time,
// whether alone or in its folder.
func TestReadFromTheShelf(t *testing.T) {
	var parsed atomic.Int64
	source.SetReader(t, func(name string, data []byte, how markdown.How) *digest.Digest {
		parsed.Add(1)
		return markdown.ReadAs(name, data, how)
	})
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"), "b.md", post("B @everyone <!channel>", "2026-01-02"), "d.md", strings.Replace(post("D", "2026-01-04"), "---\n", "---\ndraft: true\n", 1), "nul.md", "\x00")
	file := filepath.Join(t.TempDir(), "library.db")
	open := func() *shelf.Shelf {
		return shelf.Open(t.Context(), file, "1", slog.New(slog.NewTextHandler(t.Output(), nil)))
	}
	titles := func(paths ...string) string {
		t.Helper()
		kept := open()
		defer func() { must(t, kept.Close()) }()
		files, err := source.Read(slog.New(slog.DiscardHandler), paths, source.WithShelf(kept))
		must(t, err)
		var all []string
		for _, f := range files {
			d, err := f.Digest()
			must(t, err)
			all = append(all, fmt.Sprintf("%s %q %d %s", d.ID, d.Title, len(d.Stories), source.LeftOut(f)))
		}
		return strings.Join(all, ", ")
	}
	kept := open()
	_, err := source.Open(dir, slog.New(slog.DiscardHandler), source.WithShelf(kept))
	must(t, errors.Join(err, kept.Close()))
	a, b, d, nul := `a "A" 1 `, `b "B @everyone <!channel>" 1 `, `d "D" 1 draft`, `nul "" 0 unreadable`
	for _, step := range []struct {
		name   string
		do     func()
		paths  []string
		want   string
		parsed int64
	}{
		{"the folder that a library has", func() {}, []string{dir}, strings.Join([]string{a, b, d, nul}, ", "), 0},
		{"a file of it", func() {}, []string{filepath.Join(dir, "b.md")}, b, 0},
		{"a draft", func() {}, []string{filepath.Join(dir, "d.md")}, d, 0},
		{"it was touched", func() { touch(t, dir, "a.md", "2026-11-20") }, []string{dir}, strings.Join([]string{a, b, d, nul}, ", "), 0},
		{"a new file by itself", func() { write(t, dir, "c.md", post("C", "2026-01-03")) }, []string{filepath.Join(dir, "c.md")}, `c "C" 1 `, 1},
		{"the same again", func() {}, []string{filepath.Join(dir, "c.md")}, `c "C" 1 `, 0},
		{"in its folder, by the layout that this has learned before", func() {}, []string{dir}, strings.Join([]string{a, b, `c "C" 1 `, d, nul}, ", "), 1},
		{"the folder again", func() {}, []string{dir}, strings.Join([]string{a, b, `c "C" 1 `, d, nul}, ", "), 0},
		{"it was changed", func() { write(t, dir, "a.md", post("A2", "2026-01-01")) }, []string{dir}, strings.Join([]string{`a "A2" 1 `, b, `c "C" 1 `, d, nul}, ", "), 1},
	} {
		step.do()
		parsed.Store(0)
		if got := titles(step.paths...); got != step.want || parsed.Load() != step.parsed {
			t.Errorf("%s: got %s, and %d were parsed, want %s and %d", step.name, got, parsed.Load(), step.want, step.parsed)
		}
	}
}
