package shelf

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/digest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notes is a log that can be read while it is written.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

func (n *notes) log() *slog.Logger { return slog.New(slog.NewTextHandler(n, nil)) }

// opened is a shelf that is closed at the end of the test; its log must stay empty.
func opened(t *testing.T, path, reader string) *Shelf {
	t.Helper()
	var n notes
	s := Open(t.Context(), path, reader, n.log())
	t.Cleanup(func() {
		if err := s.Close(); err != nil || n.String() != "" {
			t.Errorf("close: %v; the log says: %s", err, n.String())
		}
	})
	return s
}

// morning is a digest that has everything that is kept.
func morning() *digest.Digest {
	d := &digest.Digest{
		Card: digest.Card{
			ID: "x", File: "x.md", Title: "晨报 @everyone <!channel>", Date: time.Date(2026, 11, 23, 8, 30, 0, 0, time.FixedZone("", 8*3600)),
			Author: "Ada", Source: "https://example.org", Language: "zh-CN", Categories: []string{"tech", "日报"}, Tags: []string{"AI", "agentic-ai", "👩‍👩‍👧‍👦"}, Example: true,
			Window: digest.Window{Opens: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), OpensAt: digest.Position{Line: 4, Column: 2}},
		},
		DateAt: digest.Position{Line: 3, Column: 7}, TagsAt: []digest.Position{{Line: 5, Column: 1}},
		Image: digest.Image{Alt: "図", URL: "https://example.org/a.png"},
		Lead:  digest.Text{{Text: "Good "}, {Text: "morning", Style: digest.Bold | digest.Italic}, {Text: ".\n\nשלום"}},
		Stories: []digest.Story{
			{Headline: strings.Repeat("长", 300), Summary: digest.Text{{Text: "See "}, {Text: "this", URL: "https://example.org/1?a=1&b=2"}}, Sources: []digest.Source{{Title: "One", URL: "https://www.example.org/1"}}, At: digest.Position{Line: 9, Column: 1}},
			{Headline: "Second", Summary: digest.Text{{Text: "`code`", Style: digest.Code}}},
		},
		Sections: []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: "Much."}}}},
		Problems: []digest.Problem{{Line: 9, Column: 1, Severity: digest.Error, Code: "bad-link", Message: "a \"message\"\nof two lines"}},
	}
	digest.Keep(d)
	return d
}

// told is all that a digest says but for its place.
func told(t *testing.T, d *digest.Digest) string {
	t.Helper()
	is := *d
	is.ID, is.File, is.URL = "", "", ""
	text, err := json.MarshalIndent(is, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n%s %v %v %t %q", text, is.Fingerprint(), is.HeadlineHashes(), is.PageHashes(), is.Quiet(), is.Sites(0))
}

// whole is the digest of a reading, as told.
func whole(t *testing.T, r *Reading) string {
	t.Helper()
	d, err := r.Card.Read()
	if err != nil {
		t.Fatal(err)
	}
	return told(t, d)
}

func put(t *testing.T, s *Shelf, library, name, text string) *Reading {
	t.Helper()
	r, err := s.Put(library, File{Name: name, Size: int64(len(text)), Time: 7}, ContentOf([]byte(text)), name, morning())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A digest on the shelf is the same before it is written, after that, and when the
// shelf is opened again.
func TestPut(t *testing.T) {
	path, want := filepath.Join(t.TempDir(), "not there yet", "library.db"), told(t, morning())
	s := opened(t, path, "1")
	r := put(t, s, "posts", "a.md", "text")
	for _, moment := range []string{"at once", "when it is written"} {
		if got := whole(t, r); got != want {
			t.Errorf("%s it is %s\nwant %s", moment, got, want)
		}
		s.Wait()
	}
	if text := r.Card; text.Title != morning().Title || r.Draft || len(r.Problems) != 1 {
		t.Errorf("got %+v", r)
	}
	again := opened(t, path, "1")
	files, err := again.Files(t.Context(), "posts")
	if err != nil || len(files) != 1 || files["a.md"].Size != 4 || files["a.md"].Time != 7 {
		t.Fatalf("got %+v, %v", files, err)
	}
	if got := whole(t, files["a.md"].Reading); got != want {
		t.Errorf("opened again it is %s\nwant %s", got, want)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
}

// A content is found under any name and in any library, unless something was taken
// from the name, and by its own version of the reader alone.
func TestFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	s := opened(t, path, "1")
	put(t, s, "posts", "a.md", "text")
	d := morning()
	d.Named = true
	if _, err := s.Put("posts", File{Name: "2026-11-23-b.md"}, ContentOf([]byte("named")), "2026-11-23-b.md", d); err != nil {
		t.Fatal(err)
	}
	s.Wait()
	for _, test := range []struct {
		reader, text, name string
		found              bool
	}{
		{"1", "text", "a.md", true},
		{"1", "text", "renamed/b.md", true},
		{"1", "text.", "a.md", false},
		{"1", "named", "2026-11-23-b.md", true},
		{"1", "named", "2026-11-24-b.md", false},
		{"2", "text", "a.md", false},
	} {
		r, err := opened(t, path, test.reader).Find(t.Context(), ContentOf([]byte(test.text)), test.name)
		if err != nil || (r != nil) != test.found {
			t.Errorf("%+v: got %v, %v", test, r, err)
		}
		if r != nil && test.text == "text" && whole(t, r) != told(t, morning()) {
			t.Errorf("%+v: it is another digest", test)
		}
	}
	if files, err := opened(t, path, "2").Files(t.Context(), "posts"); err != nil || len(files) != 0 {
		t.Errorf("another version of the reader has %v, %v", files, err)
	}
}

// A file is dropped alone, and its reading goes when nobody has had it for days.
func TestDrop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	s := opened(t, path, "1")
	for _, library := range []string{"posts", "other"} {
		put(t, s, library, "a.md", "text")
		put(t, s, library, "b.md", "other text")
	}
	s.Drop("posts", "a.md", "never there")
	s.Wait()
	if files, err := s.Files(t.Context(), "posts"); err != nil || len(files) != 1 || files["b.md"].Reading == nil {
		t.Errorf("got %v, %v", files, err)
	}
	if files, err := s.Files(t.Context(), "other"); err != nil || len(files) != 2 {
		t.Errorf("got %v, %v", files, err)
	}
	s.Drop("other", "a.md")
	s.Wait()
	count := func() (readings, texts int) {
		if err := s.db.QueryRow(`SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM texts)`).Scan(&readings, &texts); err != nil {
			t.Fatal(err)
		}
		return readings, texts
	}
	s.tidy()
	if readings, texts := count(); readings != 2 || texts != 2 {
		t.Errorf("%d readings and %d texts are left at once, want 2: a file may come back", readings, texts)
	}
	if _, err := s.db.Exec(`UPDATE readings SET used = used - 8`); err != nil {
		t.Fatal(err)
	}
	s.tidy()
	if readings, texts := count(); readings != 1 || texts != 1 {
		t.Errorf("%d readings and %d texts are left after days, want that of b.md", readings, texts)
	}
}

// Whatever stands in the place of a shelf that is no shelf is replaced by one.
func TestDamage(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, path string){
		"cut off": func(t *testing.T, path string) {
			if err := os.Truncate(path, 100); err != nil {
				t.Fatal(err)
			}
		},
		"text": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"another format":  func(t *testing.T, path string) { run(t, path, "PRAGMA user_version = 99") },
		"another program": func(t *testing.T, path string) { run(t, path, "PRAGMA application_id = 7") },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "library.db")
			s := Open(t.Context(), path, "1", slog.New(slog.DiscardHandler))
			put(t, s, "posts", "a.md", "text")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			harm(t, path)
			s = opened(t, path, "1")
			if files, err := s.Files(t.Context(), "posts"); err != nil || len(files) != 0 {
				t.Errorf("got %v, %v", files, err)
			}
			put(t, s, "posts", "a.md", "text")
			s.Wait()
			if files, err := s.Files(t.Context(), "posts"); err != nil || len(files) != 1 {
				t.Errorf("afterwards: %v, %v", files, err)
			}
		})
	}
}

// Damage that shows only when something is read costs that process what it cannot
// read, and the next one finds a new shelf.
func TestDamageInside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	s := Open(t.Context(), path, "1", slog.New(slog.DiscardHandler))
	for i := range 200 {
		put(t, s, "posts", fmt.Sprint(i, ".md"), fmt.Sprint(i))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	// All but the pages that are read when a shelf is opened.
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xff}, int(info.Size())-8*4096), 8*4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	s = Open(t.Context(), path, "1", slog.New(slog.DiscardHandler))
	if files, _ := s.Files(t.Context(), "posts"); len(files) > 0 {
		t.Errorf("%d files are read from noise", len(files))
	}
	if got := whole(t, put(t, s, "posts", "a.md", "text")); got != told(t, morning()) {
		t.Errorf("it is %s", got)
	}
	_ = s.Close() // it may not be able to write
	s = opened(t, path, "1")
	put(t, s, "posts", "a.md", "text")
	s.Wait()
	if files, err := s.Files(t.Context(), "posts"); err != nil || len(files) != 1 {
		t.Errorf("got %v, %v", files, err)
	}
}

func run(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// Where nothing can be kept, everything works from memory, and that is said once.
func TestNothingCanBeKept(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var n notes
	s := Open(t.Context(), filepath.Join(folder, "file", "library.db"), "1", n.log())
	for i := range 3 {
		if got := whole(t, put(t, s, "posts", fmt.Sprint(i, ".md"), "text")); got != told(t, morning()) {
			t.Errorf("it is %s", got)
		}
	}
	s.Wait()
	s.Drop("posts", "a.md")
	if r, err := s.Find(t.Context(), ContentOf([]byte("text")), "a.md"); r != nil || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
	if files, err := s.Files(t.Context(), "posts"); len(files) != 0 || err != nil {
		t.Errorf("got %v, %v", files, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if strings.Count(n.String(), "\n") != 1 || !strings.Contains(n.String(), "cannot be kept") {
		t.Errorf("the log says %s", n.String())
	}
}

// A text that a full disk does not take stays in memory, and that is said once until the disk
// takes more.
func TestFullDisk(t *testing.T) {
	var n notes
	s := Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), "1", n.log())
	defer func() { _ = s.Close() }()
	s.db.SetMaxOpenConns(1) // the limit is one of the connection
	if _, err := s.db.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	var all []*Reading
	const many = 100
	for i := range many {
		all = append(all, put(t, s, "posts", fmt.Sprint(i, ".md"), fmt.Sprint(i)))
		s.Wait()
	}
	for _, r := range all {
		if got := whole(t, r); got != told(t, morning()) {
			t.Errorf("it is %s", got)
		}
	}
	if strings.Count(n.String(), "full") != 1 {
		t.Errorf("the log says %s", n.String())
	}
	if _, err := s.db.Exec(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	put(t, s, "posts", "last.md", "last")
	s.Wait()
	if files, err := s.Files(t.Context(), "posts"); err != nil || files["last.md"].Reading == nil || len(files) > many/2 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// Several processes put the same on one shelf, and each has what it put.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := Open(context.Background(), path, "1", slog.New(slog.NewTextHandler(t.Output(), nil)))
			defer func() { _ = s.Close() }()
			for i := range 50 {
				text := fmt.Sprint(i)
				r, err := s.Put("posts", File{Name: text + ".md", Size: 1, Time: 1}, ContentOf([]byte(text)), text, morning())
				if err != nil {
					t.Error(err)
					return
				}
				s.Wait()
				if d, err := r.Card.Read(); err != nil || d.Title != morning().Title {
					t.Errorf("got %+v, %v", d, err)
				}
			}
		})
	}
	all.Wait()
	s := opened(t, path, "1")
	if files, err := s.Files(t.Context(), "posts"); err != nil || len(files) != 50 {
		t.Errorf("%d files, %v", len(files), err)
	}
	var readings int
	if err := s.db.QueryRow(`SELECT count(*) FROM readings`).Scan(&readings); err != nil || readings != 50 {
		t.Errorf("%d readings, %v, want one for each content", readings, err)
	}
}
