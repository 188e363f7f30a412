package shelf

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/digestbot/digestbot/digest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func logTo(b *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// opened returns a shelf that is closed at the end of the test; its log must stay
// empty.
func opened(t *testing.T, path, reader string) *Shelf {
	t.Helper()
	var n bytes.Buffer
	s := Open(t.Context(), path, reader, logTo(&n))
	t.Cleanup(func() {
		if err := s.Close(); err != nil || n.String() != "" {
			t.Errorf("close: %v; the log says: %s", err, n.String())
		}
	})
	return s
}

// morning returns a digest that has everything that is stored.
func morning() *digest.Digest {
	d := &digest.Digest{
		Card: digest.Card{
			ID: "x", File: "x.md", Title: "晨报 @everyone <!channel>", Date: time.Date(2026, 11, 23, 8, 30, 0, 0, time.FixedZone("", 8*3600)),
			Author: "Ada", Source: "https://example.org", Language: "zh-CN", Categories: []string{"tech", "日报"}, Tags: []string{"AI", "agentic-ai", "👩‍👩‍👧‍👦"}, Example: true,
			Clock: digest.ClockRuby, Page: &digest.Page{Slug: "x", Categories: []string{"a,"}},
			Window: &digest.Window{Opens: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), OpensAt: digest.Position{Line: 4, Column: 2}},
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

// told returns everything that a digest says, except where it is from.
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

// whole returns the digest of a reading, in the format of told.
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
	r, err := s.Put(library, File{Name: name, Size: int64(len(text)), Time: 7}, ContentOf([]byte(text), ""), name, morning())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A digest on the shelf is the same before it is written, afterwards, and when the
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
	files, err := filesOf(t, again, "posts")
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

// A reading is found under any name and in any library, unless something was taken from
// the name, but only by the same version of the reader.
func TestFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	s := opened(t, path, "1")
	put(t, s, "posts", "a.md", "text")
	d := morning()
	d.Named = true
	if _, err := s.Put("posts", File{Name: "2026-11-23-b.md"}, ContentOf([]byte("named"), ""), "2026-11-23-b.md", d); err != nil {
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
		r, err := opened(t, path, test.reader).Find(t.Context(), ContentOf([]byte(test.text), ""), test.name)
		if err != nil || (r != nil) != test.found {
			t.Errorf("%+v: got %v, %v", test, r, err)
		}
		if r != nil && test.text == "text" && whole(t, r) != told(t, morning()) {
			t.Errorf("%+v: it is another digest", test)
		}
	}
	if files, err := filesOf(t, opened(t, path, "2"), "posts"); err != nil || len(files) != 0 {
		t.Errorf("another version of the reader has %v, %v", files, err)
	}
}

// Dropping a file affects no other, and its reading is removed when no file has had it
// for days.
func TestDrop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	s := opened(t, path, "1")
	for _, library := range []string{"posts", "other"} {
		put(t, s, library, "a.md", "text")
		put(t, s, library, "b.md", "other text")
	}
	s.Drop("posts", "a.md", "never there")
	if err := s.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := filesOf(t, s, "posts"); err != nil || len(files) != 1 || files["b.md"].Reading == nil {
		t.Errorf("got %v, %v", files, err)
	}
	if files, err := filesOf(t, s, "other"); err != nil || len(files) != 2 {
		t.Errorf("got %v, %v", files, err)
	}
	s.Drop("other", "a.md")
	s.Wait()
	count := func() (readings, texts, rows, found int) {
		err := s.db.QueryRow(`SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM texts), (SELECT count(*) FROM stories),
			(SELECT count(*) FROM stories WHERE stories MATCH 'second')`).Scan(&readings, &texts, &rows, &found)
		if err != nil {
			t.Fatal(err)
		}
		return readings, texts, rows, found
	}
	if err := tidy(s.db); err != nil {
		t.Fatal(err)
	}
	if readings, texts, rows, found := count(); readings != 2 || texts != 2 || rows != 6 || found != 2 {
		t.Errorf("%d readings and %d texts are left at once, %d rows of which %d are found, want 2: a file may come back", readings, texts, rows, found)
	}
	if _, err := s.db.Exec(`UPDATE readings SET used = used - 8`); err != nil {
		t.Fatal(err)
	}
	if err := tidy(s.db); err != nil {
		t.Fatal(err)
	}
	if readings, texts, rows, found := count(); readings != 1 || texts != 1 || rows != 3 || found != 1 {
		t.Errorf("%d readings and %d texts are left after days, %d rows of which %d are found, want those of b.md", readings, texts, rows, found)
	}
}

// Anything at the path of a shelf that is not a shelf is replaced by one.
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
			if files, err := filesOf(t, s, "posts"); err != nil || len(files) != 0 {
				t.Errorf("got %v, %v", files, err)
			}
			put(t, s, "posts", "a.md", "text")
			s.Wait()
			if files, err := filesOf(t, s, "posts"); err != nil || len(files) != 1 {
				t.Errorf("afterwards: %v, %v", files, err)
			}
		})
	}
}

// Damage inside the file is found by Check, unless it is noticed earlier. It is logged
// once, the process continues with what it can read, and the next process has a new
// file, in which nothing is missing.
func TestDamageInside(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	sound := filepath.Join(t.TempDir(), "library.db")
	s := Open(t.Context(), sound, "1", slog.New(slog.DiscardHandler))
	want := found(t, shelved(t, s, generated(60), nil), "worddaa", Newest, 1000)
	pages := map[string]int64{}
	for kind, table := range map[string]string{"table": "readings", "texts": "texts", "index": "stories_data", "rows of the index": "stories_docsize"} {
		var page int64
		err := s.db.QueryRow(`SELECT pageno FROM dbstat WHERE name = ?1 ORDER BY pageno
			LIMIT 1 OFFSET (SELECT count(*) / 2 FROM dbstat WHERE name = ?1)`, table).Scan(&page)
		if err != nil {
			t.Fatal(err)
		}
		pages[kind] = page
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(i*7 + i>>5)
	}
	for kind, page := range pages {
		for name, over := range map[string][]byte{"ones": bytes.Repeat([]byte{0xff}, 4096), "zeros": make([]byte, 4096), "noise": noise, "half": noise[:2048]} {
			t.Run(kind+" "+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "library.db")
				harmed := bytes.Clone(data)
				copy(harmed[page*4096-int64(len(over)):], over)
				if err := os.WriteFile(path, harmed, 0o600); err != nil {
					t.Fatal(err)
				}
				var n bytes.Buffer
				s := Open(t.Context(), path, "1", logTo(&n))
				x := searched{s, digest.Rules{}.NewLibrary(nil)}
				_, _ = s.Search(t.Context(), x.library, "worddaa", Newest, 9) // it may fail
				s.Check(t.Context())
				files, _ := filesOf(t, s, "posts")
				for _, f := range files { // a check does not look into texts
					_, _ = f.Reading.Card.Read()
				}
				if got := whole(t, put(t, s, "posts", "a.md", "text")); got != told(t, morning()) {
					t.Errorf("it is %s", got)
				}
				_ = s.Close()
				if strings.Count(n.String(), "\n") != 1 || !strings.Contains(n.String(), "is damaged and was removed") {
					t.Errorf("the log says %s", n.String())
				}
				if left, _ := filepath.Glob(path + "*"); left != nil {
					t.Errorf("it left %v", left)
				}
				s = opened(t, path, "1")
				if got := found(t, shelved(t, s, generated(60), nil), "worddaa", Newest, 1000); got != want || want == "" {
					t.Errorf("found %d hits, want %d", len(strings.Fields(got)), len(strings.Fields(want)))
				}
			})
		}
	}
}

// Whatever bit is flipped, no call panics, and the shelf can be closed.
func TestFlippedBits(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	sound := filepath.Join(t.TempDir(), "library.db")
	s := Open(t.Context(), sound, "1", slog.New(slog.DiscardHandler))
	x := shelved(t, s, generated(20), nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		path := filepath.Join(t.TempDir(), "library.db")
		harmed := bytes.Clone(data)
		r := rand.New(rand.NewPCG(uint64(i), 1))
		harmed[r.IntN(len(harmed))] ^= 1 << r.IntN(8)
		if err := os.WriteFile(path, harmed, 0o600); err != nil {
			t.Fatal(err)
		}
		s := Open(t.Context(), path, "1", slog.New(slog.DiscardHandler))
		for _, o := range []Order{Newest, Rank} {
			_, _ = s.Search(t.Context(), x.library, "worddaa", o, 9) // it may fail, but must not panic
		}
		_, _ = filesOf(t, s, "posts")
		s.Check(t.Context())
		_ = s.Close()
	}
}

// filesOf returns the files of a library on a shelf, by name.
func filesOf(t *testing.T, s *Shelf, library string) (map[string]File, error) {
	t.Helper()
	files, last := map[string]File{}, ""
	err := s.Files(t.Context(), library, func(f File) {
		if f.Name <= last {
			t.Errorf("%q comes after %q", f.Name, last)
		}
		last, files[f.Name] = f.Name, f
	})
	return files, err
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

// Where nothing can be stored, everything works from memory, and that is logged once.
func TestNothingCanBeKept(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var n bytes.Buffer
	s := Open(t.Context(), filepath.Join(folder, "file", "library.db"), "1", logTo(&n))
	for i := range 3 {
		if got := whole(t, put(t, s, "posts", fmt.Sprint(i, ".md"), "text")); got != told(t, morning()) {
			t.Errorf("it is %s", got)
		}
	}
	s.Wait()
	s.Drop("posts", "1.md")
	s.Wait()
	if files, err := filesOf(t, s, "posts"); len(files) != 2 || err != nil {
		t.Errorf("got %v, %v", files, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if strings.Count(n.String(), "\n") != 1 || !strings.Contains(n.String(), "cannot be stored") {
		t.Errorf("the log says %s", n.String())
	}
}

// On a full disk, texts stay in memory, words are not indexed, and that is logged once.
// When there is room again, everything is stored and found.
func TestFullDisk(t *testing.T) {
	var n bytes.Buffer
	s := Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), "1", logTo(&n))
	defer func() { _ = s.Close() }()
	before := shelved(t, s, specimens(), nil)
	s.db.SetMaxOpenConns(1) // the limit applies to one connection
	if _, err := s.db.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	var all []*Reading
	const many = 100
	for i := range many {
		all = append(all, put(t, s, "posts", fmt.Sprint(i, ".md"), fmt.Sprint(i)))
		s.Wait()
	}
	if err := s.Index(t.Context()); err == nil || !strings.Contains(err.Error(), "full") || s.Indexed() {
		t.Errorf("the index follows: %v, %t", err, s.Indexed())
	}
	for _, r := range all {
		if got := whole(t, r); got != told(t, morning()) {
			t.Errorf("it is %s", got)
		}
	}
	if got := found(t, before, "kubernetes", Newest, 9); got != "security:0 undated:0" {
		t.Errorf("found %s", got)
	}
	if strings.Count(n.String(), "full") != 1 || strings.Contains(n.String(), "again\"") {
		t.Errorf("the log says %s", n.String())
	}
	if _, err := s.db.Exec(`PRAGMA max_page_count = 100000`); err != nil {
		t.Fatal(err)
	}
	all = append(all, put(t, s, "posts", "last.md", "last"))
	if err := s.Index(t.Context()); err != nil || !s.Indexed() {
		t.Errorf("the index does not follow: %v, %t", err, s.Indexed())
	}
	if files, err := filesOf(t, s, "posts"); err != nil || len(files) != len(all)+before.library.Len() {
		t.Errorf("%d files, %v", len(files), err)
	}
	x := searched{s, digest.Rules{}.NewLibrary([]*digest.Card{all[0].Card})}
	if got := found(t, x, "second", Newest, 9); got != ":1" {
		t.Errorf("found %s", got)
	}
	if strings.Count(n.String(), "\n") != 2 || !strings.Contains(n.String(), "again\"") {
		t.Errorf("the log says %s", n.String())
	}
}

// Writing to a full disk is retried every minute.
func TestFullDiskIsTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	synctest.Test(t, func(t *testing.T) {
		s := Open(t.Context(), path, "1", slog.New(slog.DiscardHandler))
		defer func() { _ = s.Close() }()
		s.db.SetMaxOpenConns(1)
		if _, err := s.db.Exec(`PRAGMA max_page_count = 1`); err != nil {
			t.Fatal(err)
		}
		var r *Reading
		for i := range 100 { // some room is left in the file
			r = put(t, s, "posts", fmt.Sprint(i), fmt.Sprint(i))
		}
		if err := s.Index(t.Context()); err == nil {
			t.Error("the disk is not full")
		}
		if _, err := s.db.Exec(`PRAGMA max_page_count = 100000`); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * retried)
		synctest.Wait()
		if got := found(t, searched{s, digest.Rules{}.NewLibrary([]*digest.Card{r.Card})}, "second", Newest, 9); got != ":1" || !s.Indexed() {
			t.Errorf("found %q", got)
		}
	})
}

// Several processes put the same files on one shelf, and each can read what it put
// there.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s := Open(context.Background(), path, "1", slog.New(slog.NewTextHandler(t.Output(), nil)))
			defer func() { _ = s.Close() }()
			for i := range 50 {
				text := fmt.Sprint(i)
				r, err := s.Put("posts", File{Name: text + ".md", Size: 1, Time: 1}, ContentOf([]byte(text), ""), text, morning())
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
	if files, err := filesOf(t, s, "posts"); err != nil || len(files) != 50 {
		t.Errorf("%d files, %v", len(files), err)
	}
	var readings int
	if err := s.db.QueryRow(`SELECT count(*) FROM readings`).Scan(&readings); err != nil || readings != 50 {
		t.Errorf("%d readings, %v, want one for each content", readings, err)
	}
}

// The index that earlier versions kept in a separate file is removed, and nothing else.
func TestSearchFileIsRemoved(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "search.db")
	run(t, path, "PRAGMA application_id = 0x64626978; CREATE TABLE t (a)")
	for _, name := range []string{"search.db-wal", "search.db-shm"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened(t, filepath.Join(folder, "library.db"), "1")
	if left, _ := filepath.Glob(path + "*"); left != nil {
		t.Errorf("it left %v", left)
	}
	for name, text := range map[string]string{"short": "dbix", "text": strings.Repeat("notes of somebody ", 20), "empty": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		opened(t, filepath.Join(folder, "library.db"), "1")
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	run(t, path, "PRAGMA application_id = 7; CREATE TABLE t (a)")
	opened(t, filepath.Join(folder, "library.db"), "1")
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
