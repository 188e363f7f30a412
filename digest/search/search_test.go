package search

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/digest"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func story(headline, summary string, sources ...digest.Source) digest.Story {
	return digest.Story{Headline: headline, Summary: digest.Text{{Text: summary}}, Sources: sources}
}

func specimens() *digest.Library {
	return digest.Rules{}.NewLibrary([]*digest.Digest{
		{
			ID: "models", Title: "大模型周报", Date: day(3), Tags: []string{"AI", "open-source"},
			Lead:     digest.Text{{Text: "A quiet week."}},
			Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: "价格继续下降"}}}},
			Stories: []digest.Story{
				story("OpenAI发布GPT-5", "新模型在多项测试中领先。", digest.Source{Title: "Introducing GPT-5", URL: "https://www.openai.com/gpt-5"}),
				story("C++26 is final", "The committee met in Croydon, the “machine learning” group too.", digest.Source{URL: "https://isocpp.org/blog"}),
			},
		},
		{
			ID: "security", Title: "Security news", Date: day(2), Tags: []string{"漏洞"},
			Stories: []digest.Story{
				story("内核漏洞影响云厂商", "Kubernetes v1.35 fixes it. Machines are learning.", digest.Source{Title: "CVE-2026-0001", URL: "https://kernel.org/"}),
				story("@everyone <!channel> "+strings.Repeat("长", 300), "👩‍👩‍👧 \u202eעברית\u202c `code` \"quotes\""),
			},
		},
		{ID: "undated", Title: "Notes", Stories: []digest.Story{story("An old ＫＵＢＥＲＮＥＴＥＳ note", "")}},
	})
}

func filledIndex(t testing.TB, l *digest.Library) *Index {
	t.Helper()
	x, err := Open(filepath.Join(t.TempDir(), "state", "search.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	mustUpdate(t, x, l, l.Len())
	return x
}

func mustUpdate(t testing.TB, x *Index, l *digest.Library, touched int) {
	t.Helper()
	got, err := x.Update(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	if got != touched {
		t.Errorf("Update touched %d digests, want %d", got, touched)
	}
}

// found is what a search finds, as "digest:story digest".
func found(t testing.TB, x *Index, words string, o Order, limit int) string {
	t.Helper()
	hits, err := x.Search(context.Background(), words, o, limit)
	if err != nil {
		t.Fatalf("Search(%q): %v", words, err)
	}
	return names(hits)
}

func names(hits []Hit) string {
	var out []string
	for _, h := range hits {
		name := h.Digest.ID
		if h.Story >= 0 {
			name = fmt.Sprint(name, ":", h.Story)
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	x := filledIndex(t, specimens())
	for _, tt := range []struct{ words, want string }{
		// Two characters, more, one, and across the border of words.
		{"漏洞", "security security:0"}, {"模型", "models models:0"}, {"大模型", "models"}, {"云", "security:0"}, {"商", "security:0"},
		{"洞影", "security:0"}, {"洞核", ""}, {"型领", ""}, {"长", "security:1"}, {"新模型", "models:0"},
		// English, by whole words, however they are written.
		{"openai", "models:0"}, {"OPENAI", "models:0"}, {"ｏｐｅｎａｉ", "models:0"}, {"open", "models"}, {"pen", ""},
		{"gpt-5", "models:0"}, {"GPT5", "models:0"}, {"gpt 5", "models:0"}, {"gpt", "models:0"}, {"gpt-6", ""}, {"gpt-55", ""},
		{"C++", "models:1"}, {"C++26", "models:1"}, {"C#", ""}, {"v1.35", "security:0"}, {"1.35", "security:0"}, {"1.3", ""},
		{"CVE-2026-0001", "security:0"}, {"kubernetes", "security:0 undated:0"},
		// Mixed: together, apart, and in the wrong order.
		{"OpenAI发布", "models:0"}, {"openai 模型", "models:0"}, {"发布openai", "models:0"}, {"gpt-5 漏洞", ""},
		// Phrases.
		{`"machine learning"`, "models:1"}, {"「machine learning」", "models:1"}, {"machine learning", "models:1"},
		{"“learning machine”", ""}, {"“openai 发布”", "models:0"}, {"“发布 openai”", ""}, {"“影响云厂商”", "security:0"},
		{"learning group", "models:1"}, {`"machine learning`, "models:1"},
		// Sources by title and host; a story never by another one's.
		{"introducing", "models:0"}, {"openai.com", "models:0"}, {"kernel.org", "security:0"}, {"www", ""}, {"isocpp.org 发布", ""},
		// The digest itself by title, tags, lead and sections; they help its stories.
		{"周报", "models"}, {"open-source", "models"}, {"quiet week", "models"}, {"价格", "models"}, {"notes", "undated"},
		{"周报 openai", "models:0"}, {"ai c++", "models:1"}, {"ai 价格", "models"}, {"价格 openai", ""},
		// No words, or no such words.
		{"", ""}, {" \t。", ""}, {"龘龘", ""}, {"everyone", "security:1"}, {"<!channel>", "security:1"},
	} {
		if got := found(t, x, tt.words, Newest, 10); got != tt.want {
			t.Errorf("Search(%q) = %q, want %q", tt.words, got, tt.want)
		}
		// By rank the same are found.
		ranked := strings.Fields(found(t, x, tt.words, Rank, 10))
		want := strings.Fields(tt.want)
		slices.Sort(ranked)
		slices.Sort(want)
		if !slices.Equal(ranked, want) {
			t.Errorf("Search(%q) by rank = %q, want %q", tt.words, ranked, want)
		}
	}
	for _, words := range hostile {
		for _, o := range []Order{Newest, Rank} {
			if _, err := x.Search(t.Context(), words, o, 10); err != nil {
				t.Errorf("Search(%.20q): %v", words, err)
			}
		}
	}
	if got := found(t, x, "漏洞", Newest, 1); got != "security" {
		t.Errorf("the first hit is %q", got)
	}
	if got := found(t, x, "漏洞", Newest, 0) + found(t, x, "漏洞", Newest, -1); got != "" {
		t.Errorf("without room there is %q", got)
	}
}

func TestOrders(t *testing.T) {
	l := digest.Rules{}.NewLibrary([]*digest.Digest{
		{ID: "a", Date: day(9), Stories: []digest.Story{story("News", "a long text that says Rust once and many other words besides"), story("Rust", "Rust")}},
		{ID: "c", Date: day(8), Stories: []digest.Story{story("Rust three", "")}},
		{ID: "b", Date: day(8), Stories: []digest.Story{story("Rust two", "")}},
		{ID: "noon", Date: day(8).Add(12 * time.Hour), Stories: []digest.Story{story("Rust at noon", "")}},
		{ID: "future", Date: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), Stories: []digest.Story{story("Rust one day", "")}},
		{ID: "past", Date: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), Stories: []digest.Story{story("Rust once", "")}},
		{ID: "undated", Stories: []digest.Story{story("Rust any time", "")}},
	})
	x := filledIndex(t, l)
	want := strings.Fields("future:0 a:0 a:1 noon:0 b:0 c:0 undated:0 past:0")
	for limit := range len(want) + 1 {
		if got := found(t, x, "rust", Newest, limit); got != strings.Join(want[:limit], " ") {
			t.Errorf("the newest %d are %s, want %s", limit, got, want[:limit])
		}
	}
	if got := found(t, x, "rust", Rank, 1); got != "a:1" {
		t.Errorf("the best is %s, want a:1", got)
	}
	hits, err := x.Search(t.Context(), "rust", Rank, 10)
	if err != nil || len(hits) != len(want) || names(hits[len(hits)-1:]) != "a:0" {
		t.Errorf("by rank: %s, %v; want a:0 last of %d", names(hits), err, len(want))
	}
}

// A Hit can say what people want to read of it.
func TestHit(t *testing.T) {
	x := filledIndex(t, specimens())
	hits, err := x.Search(t.Context(), "模型", Newest, 10)
	if err != nil || len(hits) != 2 {
		t.Fatalf("%s, %v", names(hits), err)
	}
	if d := hits[0]; d.Headline() != "大模型周报" || d.Sources() != nil {
		t.Errorf("the digest is %q, %v", d.Headline(), d.Sources())
	}
	if s := hits[1]; s.Headline() != "OpenAI发布GPT-5" || len(s.Sources()) != 1 {
		t.Errorf("the story is %q, %v", s.Headline(), s.Sources())
	}
}

func TestUpdateTouchesOnlyWhatChanged(t *testing.T) {
	all := generated(100).All()
	x := filledIndex(t, digest.Rules{}.NewLibrary(all))
	if got := found(t, x, "herring", Newest, 9); got != "" {
		t.Fatalf("found %s", got)
	}
	before := found(t, x, "worddaa", Newest, 500)
	mustUpdate(t, x, digest.Rules{}.NewLibrary(all), 0)

	// Read again without a change: other pointers, the same words.
	again := slices.Clone(all)
	for i, d := range again {
		copied := *d
		again[i] = &copied
	}
	mustUpdate(t, x, digest.Rules{}.NewLibrary(again), 0)

	// One changed, one gone, one new; the new one is the oldest.
	changed := *again[50]
	changed.Stories = append([]digest.Story{story("Red herring", "")}, changed.Stories...)
	next := slices.Clone(again)
	next[50] = &changed
	next = slices.Delete(next, 7, 8)
	next = append(next, &digest.Digest{ID: "first", Date: day(1).AddDate(-50, 0, 0), Stories: []digest.Story{story("First herring", "")}})
	mustUpdate(t, x, digest.Rules{}.NewLibrary(next), 3)
	if got, want := found(t, x, "herring", Newest, 9), changed.ID+":0 first:0"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	sameAsScan(t, x, digest.Rules{}.NewLibrary(next), "worddaa")

	// A new date alone moves a digest.
	moved := changed
	moved.Date = day(1).AddDate(-60, 0, 0)
	next[slices.Index(next, &changed)] = &moved
	mustUpdate(t, x, digest.Rules{}.NewLibrary(next), 1)
	if got, want := found(t, x, "herring", Newest, 9), "first:0 "+changed.ID+":0"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}

	mustUpdate(t, x, digest.Rules{}.NewLibrary(nil), 100)
	mustUpdate(t, x, digest.Rules{}.NewLibrary(all), 100)
	if got := found(t, x, "worddaa", Newest, 500); got != before || before == "" {
		t.Errorf("found %q, want %q", got, before)
	}
}

// An index that is opened again needs no filing.
func TestOpenAgain(t *testing.T) {
	x := filledIndex(t, specimens())
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	y, err := Open(x.path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = y.Close() }()
	if got := found(t, y, "漏洞", Newest, 9); got != "" {
		t.Errorf("found %s before the first Update", got)
	}
	mustUpdate(t, y, specimens(), 0)
	if got := found(t, y, "漏洞", Newest, 9); got != "security security:0" {
		t.Errorf("found %s", got)
	}
	info, err := os.Stat(x.path)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file is open to others: %v, %v", info.Mode(), err)
	}
}

func TestOpenReplacesWhatItCannotUse(t *testing.T) {
	exec := func(t *testing.T, path, statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rewrite := func(t *testing.T, path string, f func([]byte) []byte) {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := generated(30)
	damages := map[string]func(t *testing.T, path string){
		"missing":   func(t *testing.T, path string) { check(t, os.Remove(path)) },
		"empty":     func(t *testing.T, path string) { check(t, os.Truncate(path, 0)) },
		"cut":       func(t *testing.T, path string) { check(t, os.Truncate(path, 40_000)) },
		"cut short": func(t *testing.T, path string) { check(t, os.Truncate(path, 50)) },
		"text":      func(t *testing.T, path string) { check(t, os.WriteFile(path, []byte("hello"), 0o600)) },
		"foreign": func(t *testing.T, path string) {
			check(t, os.Remove(path))
			exec(t, path, "CREATE TABLE digests (n, id, hash, first, rows); INSERT INTO digests VALUES (1, 'a', 'b', 2, 3)")
		},
		"newer":       func(t *testing.T, path string) { exec(t, path, fmt.Sprint("PRAGMA user_version = ", format+1)) },
		"older":       func(t *testing.T, path string) { exec(t, path, "PRAGMA user_version = 0") },
		"changed row": func(t *testing.T, path string) { exec(t, path, "UPDATE digests SET first = first + 1") },
		"no seal":     func(t *testing.T, path string) { exec(t, path, "DELETE FROM seal") },
		"zeros": func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte { clear(b[pageSize : 2*pageSize]); return b })
		},
	}
	// Flipped bits, each somewhere else.
	for i := range 20 {
		damages[fmt.Sprint("flip ", i)] = func(t *testing.T, path string) {
			rewrite(t, path, func(b []byte) []byte {
				r := rand.New(rand.NewPCG(uint64(i), 1))
				b[r.IntN(len(b))] ^= 1 << r.IntN(8)
				return b
			})
		}
	}
	sound := filledIndex(t, l)
	want := found(t, sound, "worddaa", Newest, 500)
	check(t, sound.Close())
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "search.db")
			data, err := os.ReadFile(sound.path)
			check(t, err)
			check(t, os.WriteFile(path, data, 0o600))
			damage(t, path)
			x, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = x.Close() }()
			touched, err := x.Update(t.Context(), l)
			if err != nil || touched != l.Len() && !strings.HasPrefix(name, "flip") {
				t.Errorf("Update touched %d: %v", touched, err)
			}
			if got := found(t, x, "worddaa", Newest, 500); got != want || want == "" {
				t.Errorf("found %q, want %q", got, want)
			}
			if left, _ := filepath.Glob(path + ".*"); left != nil {
				t.Errorf("it left %v", left)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A file that is damaged, replaced or filled with another library while it is
// open is put right by the next search.
func TestSearchMendsTheFile(t *testing.T) {
	for name, happen := range map[string]func(t *testing.T, x *Index){
		"other library": func(t *testing.T, x *Index) {
			y, err := Open(x.path)
			check(t, err)
			mustUpdate(t, y, generated(3), 6)
			check(t, y.Close())
		},
		"replaced": func(t *testing.T, x *Index) { check(t, replace(t.Context(), x.path)) },
		"table lost": func(t *testing.T, x *Index) {
			_, err := x.file.write.Exec("DELETE FROM stories_data")
			check(t, err)
		},
		"other rows": func(t *testing.T, x *Index) {
			_, err := x.file.write.Exec("INSERT INTO stories (rowid, headline) VALUES (99999999999, '漏洞 洞')")
			check(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := filledIndex(t, specimens())
			happen(t, x)
			for range 2 {
				if got, want := found(t, x, "漏洞", Newest, 9), "security security:0"; got != want {
					t.Errorf("found %q, want %q", got, want)
				}
			}
		})
	}
}

// While the file cannot be opened searches say so, and go on when it can.
func TestSearchAfterTheFileIsBack(t *testing.T) {
	x := filledIndex(t, specimens())
	_, err := x.file.write.Exec("DELETE FROM stories_data")
	check(t, err)
	check(t, os.Remove(x.path))
	check(t, os.Mkdir(x.path, 0o700))
	for range 2 {
		if _, err := x.Search(t.Context(), "漏洞", Newest, 9); err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("Search in a folder: %v", err)
		}
	}
	check(t, os.Remove(x.path))
	if got, want := found(t, x, "漏洞", Newest, 9), "security security:0"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestOpenSaysWhyNot(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "search index ") || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a folder: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	if _, err := Open(filepath.Join(file, "search.db")); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("below a file: %v", err)
	}
}

func TestContextEnds(t *testing.T) {
	x := filledIndex(t, specimens())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, "漏洞", Newest, 1); err == nil {
		t.Error("a search goes on after its context")
	}
	if _, err := x.Update(ctx, (digest.Rules{}).NewLibrary(nil)); err == nil {
		t.Error("an update goes on after its context")
	}
	if got := found(t, x, "漏洞", Newest, 1); got != "security" {
		t.Errorf("found %s", got)
	}
}

// Readers see the library before or after an Update and nothing between.
func TestReadersDuringUpdates(t *testing.T) {
	a, b := generated(20), specimens()
	wantA := names(scan(a, "worddaa"))
	x := filledIndex(t, a)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				hits, err := x.Search(t.Context(), "worddaa", Newest, 500)
				if err != nil {
					t.Error(err)
					return
				}
				if got := names(hits); got != "" && got != wantA {
					t.Errorf("found %q", got)
				}
			}
		})
	}
	for i := range 10 {
		l := []*digest.Library{b, a}[i%2]
		if _, err := x.Update(t.Context(), l); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
	if got := found(t, x, "worddaa", Newest, 500); got != wantA || wantA == "" {
		t.Errorf("found %q, want %q", got, wantA)
	}
}

// What the index finds is what a plain scan of the text finds, after any
// sequence of libraries.
func TestLikeAPlainScan(t *testing.T) {
	x := filledIndex(t, digest.Rules{}.NewLibrary(nil))
	pieces := rapid.SampledFrom([]string{
		"人", "工", "智能", "人工智能", "模型", "大模型", "漏", "洞", "AI", "ａｉ", "GPT", "5", "55", "v1.35", "C++", "C#", "+", "#",
		"-", ".", " ", " ", " ", "，", "。", "　", "é", "ß", "ー", "データ", "검색", "🚀", "\u200b", "*", "_", "NEAR", "AND",
	})
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(pieces, 0, 6).Draw(t, "pieces"), "") })
	quotes := rapid.SampledFrom([][2]string{{"", ""}, {"", " "}, {`"`, `"`}, {"“", "”"}, {"「", "」"}})
	rapid.Check(t, func(r *rapid.T) {
		var digests []*digest.Digest
		for i := range rapid.IntRange(0, 6).Draw(r, "digests") {
			d := &digest.Digest{
				ID: fmt.Sprint(i), Title: text.Draw(r, "title"), Date: day(rapid.IntRange(1, 3).Draw(r, "day")),
				Tags: []string{text.Draw(r, "tag"), text.Draw(r, "tag")},
				Lead: digest.Text{{Text: text.Draw(r, "lead")}},
			}
			for range rapid.IntRange(0, 3).Draw(r, "stories") {
				d.Stories = append(d.Stories, story(text.Draw(r, "headline"), text.Draw(r, "summary"),
					digest.Source{Title: text.Draw(r, "source"), URL: "https://example.org/"}))
			}
			digests = append(digests, d)
		}
		l := digest.Rules{}.NewLibrary(digests)
		if _, err := x.Update(context.Background(), l); err != nil {
			r.Fatal(err)
		}
		for range 5 {
			words := ""
			for range rapid.IntRange(1, 3).Draw(r, "parts") {
				q := quotes.Draw(r, "quotes")
				words += q[0] + text.Draw(r, "words") + q[1]
			}
			sameAsScan(r, x, l, words)
		}
	})
}

func sameAsScan(t interface{ Errorf(string, ...any) }, x *Index, l *digest.Library, words string) {
	want := names(scan(l, words))
	hits, err := x.Search(context.Background(), words, Newest, 1000)
	if got := names(hits); err != nil || got != want {
		t.Errorf("Search(%q) = %q, %v, want %q", words, got, err, want)
	}
}

// scan is a search without an index, by looking for the words in the text.
func scan(l *digest.Library, words string) (hits []Hit) {
	var wanted []string
	for i, part := range strings.FieldsFunc(strings.NewReplacer(`"`, "\x00|", "“", "\x00|", "”", "\x00|", "「", "\x00|", "」", "\x00|").Replace("|"+words),
		func(r rune) bool { return r == 0 }) {
		part = part[1:]
		if i%2 == 1 {
			wanted = append(wanted, spaced(part))
			continue
		}
		for _, field := range strings.Fields(part) {
			together := ""
			for _, piece := range strings.Fields(spaced(field)) {
				if kind([]rune(piece)[0]) == '文' {
					wanted = append(wanted, together, piece)
					together = ""
				} else {
					together += " " + piece
				}
			}
			wanted = append(wanted, together)
		}
	}
	wanted = slices.DeleteFunc(wanted, func(w string) bool { return strings.TrimSpace(w) == "" })
	for _, d := range l.All() {
		for i, r := range rowsOf(d) {
			own := inText(wanted, r.headline, r.text, r.sources)
			all := inText(wanted, r.headline, r.text, r.sources, r.context)
			if len(wanted) > 0 && slices.Contains(own, true) && !slices.Contains(all, false) {
				hits = append(hits, Hit{d, i - 1})
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return b.Digest.Date.Compare(a.Digest.Date) })
	return hits
}

// inText tells which of the words are in one of the texts.
func inText(wanted []string, columns ...string) []bool {
	in := make([]bool, len(wanted))
	for i, w := range wanted {
		w = strings.TrimSpace(w)
		if runes := []rune(w); kind(runes[0]) != '文' {
			w = " " + w
		}
		if runes := []rune(w); kind(runes[len(runes)-1]) != '文' {
			w += " "
		}
		for _, c := range columns {
			for _, text := range strings.Split(c, border) {
				in[i] = in[i] || strings.Contains(" "+spaced(text)+" ", w)
			}
		}
	}
	return in
}

// spaced is folded text with one space wherever a word ends.
func spaced(text string) string {
	var out []rune
	last := ' '
	for _, raw := range text {
		if raw == '\u200b' {
			continue
		}
		folded := digest.Fold("x" + string(raw))[1:]
		if folded == "" {
			folded = " "
		}
		for _, r := range folded {
			k := kind(r)
			if k == '+' && last == ' ' {
				k = ' '
			}
			if k != last || k == '+' {
				out = append(out, ' ')
			}
			if k != ' ' {
				out = append(out, r)
			}
			last = k
		}
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// kind is the same for all runes that make one word: 文 for those of writing
// systems without spaces.
func kind(r rune) rune {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r == 'ー':
		return '文'
	case unicode.IsLetter(r):
		return 'a'
	case unicode.IsDigit(r):
		return '1'
	case r == '+' || r == '#':
		return '+'
	}
	return ' '
}

// TestFullDisk: an index on a full disk finds what it found, and follows the library
// as soon as there is room, by the next Update.
func TestFullDisk(t *testing.T) {
	x := filledIndex(t, specimens())
	if _, err := x.file.write.Exec("PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	large := digest.Rules{}.NewLibrary([]*digest.Digest{{ID: "large", Stories: []digest.Story{story("量子", strings.Repeat("words and more words ", 50_000))}}})
	for range 2 {
		if _, err := x.Update(t.Context(), large); err == nil || !strings.Contains(err.Error(), "full") {
			t.Fatalf("error %v, want that the disk is full", err)
		}
		if hits, err := x.Search(t.Context(), "Kubernetes", Newest, 9); err != nil || len(hits) == 0 {
			t.Errorf("%d hits, %v while the disk is full", len(hits), err)
		}
	}
	if _, err := x.file.write.Exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Update(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	if hits, err := x.Search(t.Context(), "量子", Newest, 9); err != nil || len(hits) != 1 {
		t.Errorf("%d hits, %v when there is room", len(hits), err)
	}
}
