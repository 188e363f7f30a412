package shelf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

func grouped(group string, s digest.Story) digest.Story {
	s.Group, s.Tags = group, []string{"language-design", "wg21"}
	return s
}

func specimens() []*digest.Digest {
	return []*digest.Digest{
		{
			Card:     digest.Card{ID: "models", Title: "大模型周报", Date: day(3), Tags: []string{"AI", "open-source"}},
			Lead:     digest.Text{{Text: "A quiet week."}},
			Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: "价格继续下降"}}}},
			Stories: []digest.Story{
				story("OpenAI发布GPT-5", "新模型在多项测试中领先。", digest.Source{Title: "Introducing GPT-5", URL: "https://www.openai.com/gpt-5"}),
				grouped("Languages", story("C++26 is final", "The committee met in Croydon, the “machine learning” group too.", digest.Source{URL: "https://isocpp.org/blog"})),
			},
		},
		{
			Card: digest.Card{ID: "security", Title: "Security news", Date: day(2), Tags: []string{"漏洞"}},
			Stories: []digest.Story{
				story("内核漏洞影响云厂商", "Kubernetes v1.35 fixes it. Machines are learning.", digest.Source{Title: "CVE-2026-0001", URL: "https://kernel.org/"}),
				story("@everyone <!channel> "+strings.Repeat("长", 300), "👩‍👩‍👧 \u202eעברית\u202c `code` \"quotes\""),
			},
		},
		{Card: digest.Card{ID: "undated", Title: "Notes"}, Stories: []digest.Story{story("An old ＫＵＢＥＲＮＥＴＥＳ note", "")}},
	}
}

// searched is a shelf with a library of digests that can be searched.
type searched struct {
	*Shelf
	library *digest.Library
}

// shelved puts digests on a shelf and indexes them. A digest without a day gets its day
// from guessed, by ID.
func shelved(t testing.TB, s *Shelf, digests []*digest.Digest, guessed map[string]time.Time) searched {
	t.Helper()
	var cards []*digest.Card
	for _, d := range digests {
		digest.Keep(d)
		content := ContentOf(fmt.Appendf(nil, "%s %s %s %q", d.ID, d.Date, d.Fingerprint(), d.Tags), "")
		r, err := s.Put("posts", File{Name: d.ID + ".md"}, content, d.ID+".md", d)
		if err != nil {
			t.Fatal(err)
		}
		card := *r.Card
		card.ID = d.ID
		if at, ok := guessed[d.ID]; ok {
			cards = append(cards, card.Dated(at))
		} else {
			cards = append(cards, &card)
		}
	}
	if err := s.Index(context.Background()); err != nil || !s.Indexed() {
		t.Fatalf("%v, indexed is %t", err, s.Indexed())
	}
	return searched{s, digest.Rules{}.NewLibrary(cards)}
}

// filled returns a shelf for the test with the given digests.
func filled(t testing.TB, digests ...*digest.Digest) searched {
	t.Helper()
	return shelved(t, openedAt(t, filepath.Join(t.TempDir(), "library.db")), digests, nil)
}

// openedAt returns a shelf that is closed at the end of the test.
func openedAt(t testing.TB, path string) *Shelf {
	t.Helper()
	s := Open(context.Background(), path, "1", slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// found returns the results of a search, as "digest:story digest".
func found(t testing.TB, x searched, words string, o Order, limit int) string {
	t.Helper()
	hits, err := x.Search(context.Background(), x.library, words, o, limit)
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
	x := filled(t, specimens()...)
	for _, tt := range []struct{ words, want string }{
		// Two characters, more, one, and across word boundaries.
		{"漏洞", "security security:0"}, {"模型", "models models:0"}, {"大模型", "models"}, {"云", "security:0"}, {"商", "security:0"},
		{"洞影", "security:0"}, {"洞核", ""}, {"型领", ""}, {"长", "security:1"}, {"新模型", "models:0"},
		// English, by whole words, in any notation.
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
		// The digest itself by title, tags, lead, groups and sections; they help its stories.
		{"周报", "models"}, {"open-source", "models"}, {"quiet week", "models"}, {"价格", "models"}, {"notes", "undated"},
		{"languages", "models"}, {"languages c++", "models:1"}, {"languages openai", ""}, {"language-design", "models:1"}, {"wg21", "models:1"}, {"openai wg21", ""}, {`"too language"`, ""},
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
			if _, err := x.Search(t.Context(), x.library, words, o, 10); err != nil {
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
	digests := []*digest.Digest{
		{Card: digest.Card{ID: "a", Date: day(9)}, Stories: []digest.Story{story("News", "a long text that says Rust once and many other words besides"), story("Rust", "Rust")}},
		{Card: digest.Card{ID: "c", Date: day(8)}, Stories: []digest.Story{story("Rust three", "")}},
		{Card: digest.Card{ID: "b", Date: day(8)}, Stories: []digest.Story{story("Rust two", "")}},
		{Card: digest.Card{ID: "noon", Date: day(8).Add(12 * time.Hour)}, Stories: []digest.Story{story("Rust at noon", "")}},
		{Card: digest.Card{ID: "future", Date: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}, Stories: []digest.Story{story("Rust one day", "")}},
		{Card: digest.Card{ID: "sixties", Date: time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)}, Stories: []digest.Story{story("Rust in the sixties", "")}},
		{Card: digest.Card{ID: "past", Date: time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)}, Stories: []digest.Story{story("Rust once", "")}},
		// The file of these says no day.
		{Card: digest.Card{ID: "issue-9"}, Stories: []digest.Story{story("Rust nine", ""), story("Rust again", "")}},
		{Card: digest.Card{ID: "issue-10"}, Stories: []digest.Story{story("Rust ten", "")}},
		{Card: digest.Card{ID: "issue-2"}, Stories: []digest.Story{story("Rust of another century", "")}},
		{Card: digest.Card{ID: "undated"}, Stories: []digest.Story{story("Rust any time", "")}},
	}
	x := shelved(t, openedAt(t, filepath.Join(t.TempDir(), "library.db")), digests,
		map[string]time.Time{"issue-9": day(8), "issue-10": day(8), "issue-2": time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)})
	want := strings.Fields("future:0 a:0 a:1 noon:0 b:0 c:0 issue-10:0 issue-9:0 issue-9:1 sixties:0 issue-2:0 undated:0 past:0")
	for limit := range len(want) + 1 {
		if got := found(t, x, "rust", Newest, limit); got != strings.Join(want[:limit], " ") {
			t.Errorf("the newest %d are %s, want %s", limit, got, want[:limit])
		}
	}
	if got := found(t, x, "rust", Rank, 1); got != "a:1" {
		t.Errorf("the best is %s, want a:1", got)
	}
	hits, err := x.Search(t.Context(), x.library, "rust", Rank, 20)
	if err != nil || len(hits) != len(want) || names(hits[len(hits)-1:]) != "a:0" {
		t.Errorf("by rank: %s, %v; want a:0 last of %d", names(hits), err, len(want))
	}
}

// A file that changes is found by its new words in the new library and by its old
// words in the old one, and nothing is indexed twice.
func TestSearchFollowsTheLibrary(t *testing.T) {
	digests := specimens()
	path := filepath.Join(t.TempDir(), "library.db")
	before := shelved(t, openedAt(t, path), digests, nil)
	again := *digests[1]
	again.Stories = []digest.Story{story("芯片 news", "")}
	after := shelved(t, before.Shelf, []*digest.Digest{digests[0], &again, digests[2]}, nil)
	for i, x := range []searched{before, after, shelved(t, openedAt(t, path), []*digest.Digest{digests[0], &again, digests[2]}, nil)} {
		old, now := found(t, x, "内核", Newest, 9), found(t, x, "芯片", Newest, 9)
		if (old == "security:0") != (i == 0) || (now == "security:0") != (i > 0) {
			t.Errorf("library %d: found %q and %q", i, old, now)
		}
	}
	var rows, readings int
	err := before.db.QueryRow(`SELECT (SELECT count(*) FROM stories), (SELECT count(*) FROM readings)`).Scan(&rows, &readings)
	if want := 3 + 3 + 2 + 2; err != nil || rows != want || readings != 4 {
		t.Errorf("%d rows of %d readings, %v, want %d of 4", rows, readings, err, want)
	}
}

// A reading that two files of a library have is found in both, and those of another
// version of the reader, or of another library, in neither.
func TestSearchFindsWhatTheLibraryHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library.db")
	x := shelved(t, openedAt(t, path), []*digest.Digest{{Card: digest.Card{ID: "issue-1"}, Stories: []digest.Story{story("漏洞", "one")}}}, nil)
	one := x.library.Newest()
	two := *one
	two.ID = "issue-2"
	x.library = digest.Rules{}.NewLibrary([]*digest.Card{one.Dated(day(1)), two.Dated(day(20))}) // those of one week are copies
	if got := found(t, x, "漏洞", Newest, 9); got != "issue-2:0 issue-1:0" {
		t.Errorf("found %s", got)
	}
	other := Open(t.Context(), path, "2", slog.New(slog.NewTextHandler(t.Output(), nil)))
	defer func() { _ = other.Close() }()
	y := shelved(t, other, []*digest.Digest{{Card: digest.Card{ID: "other", Date: day(30)}, Stories: []digest.Story{story("漏洞", "two")}}}, nil)
	if got := found(t, y, "漏洞", Newest, 9); got != "other:0" {
		t.Errorf("found %s", got)
	}
	if got := found(t, x, "漏洞", Newest, 1); got != "issue-2:0" {
		t.Errorf("found %s", got)
	}
	for name, l := range map[string]*digest.Library{
		"no digests":         digest.Rules{}.NewLibrary(nil),
		"digests in memory":  digest.Rules{}.NewLibrary(digest.KeepAll(specimens())),
		"of another shelf's": filled(t, specimens()...).library,
	} {
		for _, o := range []Order{Newest, Rank} {
			if got := found(t, searched{x.Shelf, l}, "漏洞", o, 9); got != "" {
				t.Errorf("in a library of %s is found %s", name, got)
			}
		}
	}
}

// By rank all that a library has is found, however many newer rows it does not have.
func TestRankOfMany(t *testing.T) {
	many := func(id string, date time.Time, n int) *digest.Digest {
		d := &digest.Digest{Card: digest.Card{ID: id, Date: date}}
		for range n {
			d.Stories = append(d.Stories, story("漏洞", ""))
		}
		return d
	}
	path := filepath.Join(t.TempDir(), "library.db")
	shelved(t, openedAt(t, path), []*digest.Digest{many("gone", day(9), mostRanked)}, nil)
	x := shelved(t, openedAt(t, path), []*digest.Digest{many("first", day(1), 1), many("many", day(2), mostRanked)}, nil)
	for limit, want := range map[int]int{9: 9, mostRanked + 1: mostRanked + 1, mostRanked + 9: mostRanked + 1} {
		if got := strings.Fields(found(t, x, "漏洞", Rank, limit)); len(got) != want {
			t.Errorf("%d hits, want %d", len(got), want)
		}
	}
	if got := strings.Fields(found(t, x, "漏洞", Newest, mostRanked+9)); len(got) != mostRanked+1 || got[mostRanked] != "first:0" {
		t.Errorf("%d hits", len(got))
	}
}

// A digest may have more stories than there are numbers for.
func TestVeryManyStories(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	d := &digest.Digest{Card: digest.Card{ID: "many", Date: day(2)}}
	for i := range maxStory + 9 {
		d.Stories = append(d.Stories, story(fmt.Sprint("number ", i), ""))
	}
	x := filled(t, d, &digest.Digest{Card: digest.Card{ID: "few", Date: day(1)}, Stories: []digest.Story{story("number 7", "")}})
	last := fmt.Sprint("many:", maxStory-2)
	for words, want := range map[string]string{"number 7": "many:7 few:0", fmt.Sprint(maxStory - 2): last, fmt.Sprint(maxStory - 1): ""} {
		if got := found(t, x, words, Newest, 9); got != want {
			t.Errorf("%s: found %q, want %q", words, got, want)
		}
	}
}

// Several processes fill one index, and each finds what its library has; a search
// that begins before its digests are indexed finds some of them.
func TestSearchTogether(t *testing.T) {
	digests := generated(60)
	path := filepath.Join(t.TempDir(), "library.db")
	want := names(scan(digest.Rules{}.NewLibrary(digest.KeepAll(digests)), "worddaa"))
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			s := Open(context.Background(), path, "1", slog.New(slog.NewTextHandler(t.Output(), nil)))
			defer func() { _ = s.Close() }()
			var cards []*digest.Card
			var done sync.WaitGroup
			defer done.Wait()
			for i, d := range generated(60) {
				digest.Keep(d)
				r, err := s.Put("posts", File{Name: d.ID}, ContentOf([]byte(d.ID), ""), d.ID, d)
				if err != nil {
					t.Error(err)
					return
				}
				card := *r.Card
				card.ID = d.ID
				cards = append(cards, &card)
				if i%20 == 0 {
					l := digest.Rules{}.NewLibrary(cards)
					done.Go(func() {
						_ = s.Index(context.Background())
						for range 20 {
							hits, err := s.Search(context.Background(), l, "worddaa", Newest, 500)
							if err != nil || len(hits) > len(strings.Fields(want)) {
								t.Errorf("found %s, %v", names(hits), err)
							}
						}
					})
				}
			}
			if err := s.Index(context.Background()); err != nil {
				t.Error(err)
			}
			if got := found(t, searched{s, digest.Rules{}.NewLibrary(cards)}, "worddaa", Newest, 500); got != want || want == "" {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
	all.Wait()
}

// Without a file, the shelf and its index are in memory, and the log says so once.
func TestSearchInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	folder := t.TempDir()
	check(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
	var n bytes.Buffer
	s := Open(t.Context(), filepath.Join(folder, "file", "library.db"), "1", logTo(&n))
	x := shelved(t, s, generated(150), nil)
	x.Check(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, x.library, "worddaa", Newest, 1); err == nil {
		t.Error("a search goes on after its context")
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				sameAsScan(t, x, "worddaa")
			}
		})
	}
	all.Wait()
	check(t, s.Close())
	if strings.Count(n.String(), "\n") != 1 || !strings.Contains(n.String(), "cannot be stored") {
		t.Errorf("the log says %s", n.String())
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestContextEnds(t *testing.T) {
	x := filled(t, specimens()...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, x.library, "漏洞", Newest, 1); err == nil {
		t.Error("a search goes on after its context")
	}
	x.mu.Lock()
	x.indexed = false // more is to come, but nobody says when
	x.mu.Unlock()
	if err := x.Index(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := found(t, x, "漏洞", Newest, 1); got != "security" {
		t.Errorf("found %s", got)
	}
}

// A bug costs one digest its rows. The next ones are indexed and found.
func TestBugInIndexing(t *testing.T) {
	well := rowsOf
	defer func() { rowsOf = well }()
	rowsOf = func(d *digest.Digest) []row {
		if d.Title == "Security news" {
			panic("a bug")
		}
		return well(d)
	}
	var n bytes.Buffer
	s := Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), "1", logTo(&n))
	x := shelved(t, s, specimens(), nil)
	if got := found(t, x, "kubernetes", Newest, 9); got != "undated:0" {
		t.Errorf("found %s", got)
	}
	check(t, s.Close())
	if got := n.String(); strings.Count(got, "digestbot has a bug") != 1 || !strings.Contains(got, "Security news") || !strings.Contains(got, "search_test.go") {
		t.Errorf("the log says %s", got)
	}
}

// The index finds the same as a plain scan of the text, after any
// sequence of libraries.
func TestLikeAPlainScan(t *testing.T) {
	s := openedAt(t, filepath.Join(t.TempDir(), "library.db"))
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
				Card: digest.Card{ID: fmt.Sprint(i), Title: text.Draw(r, "title"), Date: day(rapid.IntRange(1, 3).Draw(r, "day")), Tags: []string{text.Draw(r, "tag"), text.Draw(r, "tag")}},
				Lead: digest.Text{{Text: text.Draw(r, "lead")}},
			}
			for range rapid.IntRange(0, 3).Draw(r, "stories") {
				d.Stories = append(d.Stories, story(text.Draw(r, "headline"), text.Draw(r, "summary"),
					digest.Source{Title: text.Draw(r, "source"), URL: "https://example.org/"}))
			}
			digests = append(digests, d)
		}
		x := shelved(t, s, digests, nil)
		for range 5 {
			words := ""
			for range rapid.IntRange(1, 3).Draw(r, "parts") {
				q := quotes.Draw(r, "quotes")
				words += q[0] + text.Draw(r, "words") + q[1]
			}
			sameAsScan(r, x, words)
		}
	})
}

func sameAsScan(t interface{ Errorf(string, ...any) }, x searched, words string) {
	want := names(scan(x.library, words))
	hits, err := x.Search(context.Background(), x.library, words, Newest, 1000)
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
		for i, r := range rowsOf(copied(d)) {
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

// inText reports which of the words are in one of the texts.
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

// spaced returns folded text with one space at the end of each word.
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

// kind returns the same rune for all runes that form one word: 文 for those of scripts
// without spaces.
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

// copied returns a copy of a digest with its text.
func copied(c *digest.Card) *digest.Digest {
	d, err := c.Read()
	if err != nil {
		panic(err) // it is in memory
	}
	is := *d
	return &is
}
