package source_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func post(title, date string) string {
	return fmt.Sprintf("---\ntitle: %s\ndate: %s\n---\n\n## News\n\n### Story\n\nText.\n\n**Source:** [t](https://example.org/)\n", title, date)
}

// write puts files below a folder: name, text, name, text…
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

func codes(f *source.Folder) string {
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
		"big.md", strings.Repeat("x", markdown.MaxFile+1),
		"broken.md", "---\ntitle: [\ndate: 2026-01-01\n---\n# Broken\n",
		".hidden/x.md", post("X", "2026-01-05"),
		".x.md", post("X", "2026-01-05"),
		"_drafts/y.md", post("Y", "2026-01-05"),
		"notes.txt", "no",
	)
	must(t, os.Symlink(filepath.Join(outside, "secret.md"), filepath.Join(dir, "out.md")))
	must(t, os.Symlink("nowhere.md", filepath.Join(dir, "dangling.md")))
	must(t, os.Symlink("2026-01-02-b.md", filepath.Join(dir, "alias.md")))
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	must(t, err)
	if got, want := ids(f.Library()), "tech/2026-01-03-c 2026-01-02-b alias broken"; got != want {
		t.Errorf("library: got %q, want %q", got, want)
	}
	got := codes(f)
	for _, want := range []string{"2026-01-02-b.md:duplicate", "d.md:draft", "empty.md:empty", "big.md:too-large", "broken.md:front-matter", "dangling.md:unreadable"} {
		if !strings.Contains(got, want) {
			t.Errorf("problems: got %q, want %q among them", got, want)
		}
	}
	known := map[string]bool{}
	for _, c := range slices.Concat(markdown.Codes, source.Codes) {
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
	read, err := source.Read(filepath.Join(dir, "b.md"), dir)
	must(t, err)
	var got []string
	for _, d := range read {
		got = append(got, d.ID)
	}
	if got, want := strings.Join(got, " "), "b a/x b c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := source.Read(filepath.Join(dir, "none.md")); err == nil {
		t.Error("a path that is not there was read")
	}
}

// What a library would leave out is said of files that are read once, too. What
// is named by several paths is no duplicate of itself.
func TestReadDuplicates(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.md", post("B", "2026-01-02"), "b.markdown", post("B", "2026-01-02"), "c.md", post("C", "2026-01-02"), "c.markdown", "", "x/b.md", post("B", "2026-01-02"))
	read, err := source.Read(dir, filepath.Join(dir, "b.md"))
	must(t, err)
	var got []string
	for _, d := range read {
		for _, p := range d.Problems {
			if p.Code == "duplicate" {
				got = append(got, filepath.Base(d.File)+": "+strings.ReplaceAll(p.Message, dir+string(filepath.Separator), ""))
			}
		}
	}
	if got, want := strings.Join(got, "\n"), "b.md: is left out: b.markdown has the same name"; got != want {
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

// watched opens a folder and runs it for the time of the test.
func watched(t *testing.T, dir string) (f *source.Folder, log *buffer, eventually func(what string, ok func() bool)) {
	t.Helper()
	log = &buffer{}
	f, err := source.Open(dir, slog.New(slog.NewTextHandler(log, nil)))
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	changed := make(chan struct{}, 100)
	done := make(chan error)
	go func() { done <- f.Run(ctx, func() { changed <- struct{}{} }) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return f, log, func(what string, ok func() bool) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for !ok() {
			select {
			case <-changed:
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%s: not seen; library %q, problems %q, log:\n%s", what, ids(f.Library()), codes(f), log)
			}
		}
	}
}

func TestRunSeesEveryChange(t *testing.T) {
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

func TestRunNeverTakesHalfAFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.md", post("A", "2026-01-01"))
	f, _, eventually := watched(t, dir)
	file, err := os.Create(filepath.Join(dir, "b.md"))
	must(t, err)
	defer file.Close()
	text := post("B", "2026-01-02")
	last := time.Now()
	for i := 0; i < len(text); i += 4 {
		if time.Since(last) > 150*time.Millisecond {
			t.Skip("this machine is too busy to write a file steadily")
		}
		last = time.Now()
		_, err := file.WriteString(text[i:min(i+4, len(text))])
		must(t, err)
		if d := f.Library().ByID("b"); d != nil {
			t.Fatalf("taken after %d of %d bytes: %+v", i, len(text), d)
		}
		time.Sleep(20 * time.Millisecond) // slower than one write, faster than the window
	}
	eventually("the whole file", func() bool { d := f.Library().ByID("b"); return d != nil && len(d.Stories) == 1 })
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
	must(t, os.Symlink("a.md", filepath.Join(dir, "a.md"))) // leads to itself
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
