package digest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTagsAreFoundHoweverTheyAreWritten(t *testing.T) {
	l := Rules{}.NewLibrary(KeepAll([]*Digest{
		{Card: Card{ID: "1", Date: day(1), Tags: []string{"AI", "cloud-native", "ai"}}},
		{Card: Card{ID: "2", Date: day(2), Tags: []string{"ai", "Cloud Native", "人工智能"}}},
		{Card: Card{ID: "3", Date: day(3), Tags: []string{"AI", "C#", "-", " "}}},
	}))
	for _, c := range []struct{ words, name, digests string }{
		{"ai", "AI", "3 2 1"}, {"ＡＩ", "AI", "3 2 1"}, {" Ai ", "AI", "3 2 1"}, {"#AI", "AI", "3 2 1"},
		{"CLOUD_NATIVE", "Cloud Native", "2 1"}, {"cloudnative", "Cloud Native", "2 1"}, {"cloud–native", "Cloud Native", "2 1"},
		{"人工智能", "人工智能", "2"}, {"c#", "C#", "3"},
	} {
		tag, ok := l.Tag(c.words)
		if !ok || tag.Name != c.name || ids(tag.Digests) != c.digests {
			t.Errorf("Tag(%q) = %s: %s, %v, want %s: %s", c.words, tag.Name, ids(tag.Digests), ok, c.name, c.digests)
		}
	}
	for _, words := range []string{"", "-", "c", "kubernetes", "@everyone"} {
		if tag, ok := l.Tag(words); ok {
			t.Errorf("Tag(%q) finds %s", words, tag.Name)
		}
	}
	var names []string
	for _, tag := range l.Tags() {
		names = append(names, fmt.Sprint(tag.Name, len(tag.Digests)))
	}
	if got, want := strings.Join(names, " "), "AI3 Cloud Native2 C#1 人工智能1"; got != want {
		t.Errorf("tags %s, want %s", got, want)
	}
}

// tagged returns a library with one digest for each list of tags, the last one being
// the newest. The digests are called 1, 2, 3.
func tagged(t testing.TB, aliases map[string]string, lists ...string) *Library {
	t.Helper()
	var r Rules
	for alias, tag := range aliases {
		if err := r.Aliases.Add(alias, tag); err != nil {
			t.Fatal(err)
		}
	}
	var digests []*Digest
	for i, list := range lists {
		digests = append(digests, &Digest{Card: Card{ID: strconv.Itoa(i + 1), Date: day(i + 1), Tags: strings.Split(list, ", ")}})
	}
	return r.NewLibrary(KeepAll(digests))
}

func relatedNames(found Tagged) string {
	var names []string
	for _, t := range found.Related {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

func TestExactTagsComeFirstThenRelatedOnes(t *testing.T) {
	l := tagged(t, nil, "AI", "agentic-ai", "ai", "ai-agents, databases", "AI, ai-agents", "AI Agents", "OpenAI, maintain", "AI")
	got, ok := l.Tag("ai")
	if !ok || got.Name != "AI" || ids(got.Digests) != "8 5 3 1 6 4 2" || got.Exact != 4 || relatedNames(got) != "ai-agents, agentic-ai" {
		t.Errorf("ai is %s: %s, %d exact, with %s", got.Name, ids(got.Digests), got.Exact, relatedNames(got))
	}
	if got, _ := l.Tag("ai agents"); ids(got.Digests) != "6 5 4" || got.Exact != 3 || len(got.Related) != 0 {
		t.Errorf("ai agents are %s, %d exact", ids(got.Digests), got.Exact)
	}
	// No digest has exactly this tag, and the word is spelled as in the other tag.
	if got, _ := l.Tag("AGENTS"); got.Name != "agents" || ids(got.Digests) != "6 5 4" || got.Exact != 0 || relatedNames(got) != "ai-agents" {
		t.Errorf("agents are %s: %s, %d exact, with %s", got.Name, ids(got.Digests), got.Exact, relatedNames(got))
	}
	// A related tag that adds no digest is not listed.
	if got, _ := tagged(t, nil, "AI, ai-agents", "AI").Tag("AI"); len(got.Related) != 0 || got.Exact != 2 {
		t.Errorf("related is %s, which every exact digest has too", relatedNames(got))
	}
	// The counts of /digest tags are those of each tag alone.
	if got := l.Tags()[0]; got.Name != "AI" || len(got.Digests) != 4 {
		t.Errorf("the first tag is %s with %d digests, want AI with 4", got.Name, len(got.Digests))
	}
}

func TestWordsInsideTags(t *testing.T) {
	for _, c := range []struct {
		words, tag string
		found      bool
	}{
		{"AI", "agentic-ai", true}, {"AI", "ai-agents", true}, {"agents", "ai-agents", true}, {"AI", "ＡＩ＿ｓａｆｅｔｙ", true},
		{"AI", "AI/ML", true}, {"ml", "AI/ML", true}, {"AI", "topic:AI", true}, {"AI", "AI（监管）", true}, {"AI", "#AI-safety", true},
		{"cloud native", "cloud-native-security", true}, {"native-security", "Cloud Native Security", true},
		{"AI", "AI监管", true}, {"监管", "AI监管", true}, {"AI", "AI+医疗", true}, {"AI", "生成式AI芯片", true}, {"AI芯片", "生成式AI芯片", true},
		{"AI", "AIエージェント", true}, {"エージェント", "AIエージェント", true}, {"C", "C语言", true}, {"5G", "5G-网络", true},
		{"AI", "OpenAI", false}, {"AI", "maintain", false}, {"AI", "AgenticAI", false}, {"Java", "JavaScript", false}, {"Go", "Google", false},
		{"C", "C++", false}, {"C", "C#", false}, {"C++", "C++-20", true}, {"C++", "C++入门", true}, {"C", "C++入门", false},
		{"js", "Node.js", false}, {"GPT-5", "GPT-5.2", false}, {"GPT", "GPT-5.2", true}, {"T", "AT&T", false},
		{"agent", "ai-agents", false}, {"cloud security", "cloud-native-security", false}, {"", "ai-agents", false}, {"-", "a - b", false},
	} {
		if _, ok := tagged(t, nil, c.tag).Tag(c.words); ok != c.found {
			t.Errorf("%q is found in %q: %v, want %v", c.words, c.tag, ok, c.found)
		}
	}
}

// An existing tag is found inside Chinese words, which have no spaces.
func TestTagsInsideChineseWords(t *testing.T) {
	for _, c := range []struct {
		tag, inside string
		found       bool
	}{
		{"人工智能", "人工智能监管", true}, {"人工智能", "生成式人工智能", true}, {"人工智能", "通用人工智能模型", true}, {"人工智能", "2026人工智能监管-政策", true},
		{"芯片", "国产芯片", true}, {"芯片", "芯片法案", true}, {"监管", "AI监管机构", true},
		{"京东", "北京东城", false}, {"智能", "人工智能监管", false}, {"法", "芯片法", false}, {"人工智能", "人工 智慧", false},
		{"アイ", "アイドル", false},
	} {
		got, ok := tagged(t, nil, c.tag, c.inside).Tag(c.tag)
		if !ok || (len(got.Digests) == 2) != c.found {
			t.Errorf("%s finds %s: %d digests, want it found: %v", c.tag, c.inside, len(got.Digests), c.found)
		}
	}
	if _, ok := tagged(t, nil, "人工智能监管").Tag("人工智能"); ok {
		t.Error("a word that is no tag of the library is found inside a Chinese word")
	}
}

// The most used spelling of a tag decides what its words are.
func TestSpellingOfMostDecidesWords(t *testing.T) {
	l := tagged(t, nil, "OpenAI", "OpenAI", "open-ai", "agentic-ai", "agentic-ai", "AgenticAI")
	if got, _ := l.Tag("AI"); ids(got.Digests) != "6 5 4" {
		t.Errorf("AI is %s, want the agentic ones alone", ids(got.Digests))
	}
}

func TestAliases(t *testing.T) {
	l := tagged(t, map[string]string{"人工智能": "AI", "machine-learning": "ML", "ＡＲＴＩＦＩＣＩＡＬ intelligence": "AI"},
		"人工智能", "ai", "Artificial-Intelligence, AI", "machine learning ops", "人工智能监管", "AI监管")
	for _, c := range []struct {
		words, name, digests string
		exact                int
	}{
		{"AI", "AI", "3 2 1 6 5", 3}, {"人工智能", "AI", "3 2 1 6 5", 3}, {"artificial_intelligence", "AI", "3 2 1 6 5", 3},
		{"ML", "ML", "4", 0}, {"machine-learning", "ML", "4", 0}, {"ops", "ops", "4", 0}, {"监管", "监管", "6", 0},
	} {
		got, ok := l.Tag(c.words)
		if !ok || got.Name != c.name || ids(got.Digests) != c.digests || got.Exact != c.exact {
			t.Errorf("%s is %s: %s, %d exact, want %s: %s, %d", c.words, got.Name, ids(got.Digests), got.Exact, c.name, c.digests, c.exact)
		}
	}
	if got := l.Tags()[0]; got.Name != "AI" || len(got.Digests) != 3 {
		t.Errorf("the first tag is %s with %d digests, want AI with 3", got.Name, len(got.Digests))
	}
	// An alias is found by its words, whatever tag it stands for.
	if got, _ := tagged(t, map[string]string{"agentic-ai": "agents"}, "agentic-ai", "agents").Tag("ai"); ids(got.Digests) != "2 1" {
		t.Errorf("ai is %s, want what agents means too", ids(got.Digests))
	}
}

func TestAliasesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct{ alias, tag, want string }{
		{"", "AI", "no tag without a letter"}, {"AI", " - ", "no tag without a letter"},
		{"a-i", "AI", "one tag without an alias"},
		{"人 工智能", "ML", `an alias of "AI" already`},
		{"AI", "人工智能", "each is the alias of the other"},
		{"机器智能", "人工智能", `"人工智能" is an alias itself: write "AI"`},
		{"ai", "intelligence", `"ai" has aliases itself: write "intelligence" for them too`},
	} {
		var a Aliases
		if err := a.Add("人工智能", "AI"); err != nil {
			t.Fatal(err)
		}
		if err := a.Add(c.alias, c.tag); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q = %q: error %v, want in it %s", c.alias, c.tag, err, c.want)
		}
		if got, want := strings.Join(a.Names([]string{"人工智能", "Go"}), " "), "人工智能 AI 人工智能 Go"; got != want {
			t.Errorf("after a refused alias the names are %s, want %s", got, want)
		}
	}
}

// FuzzFold checks that folding is idempotent, so that a folded tag is found by itself,
// and that the fast path gives the same result as the tables of Unicode.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Cloud-Native", "ＡＩ　 #", " #AI", "# ai", "##", "-#ai", "\v#\fx", "人工智能", "が一がー", "한국억", "e\u0301", "\xf7²", "A￣", "ᎠᎵ ꭰꮅ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if want := foldAny(s); once != want {
			t.Errorf("Fold(%q) = %q, want %q", s, once, want)
		}
		if Fold(once) != once && !strings.HasPrefix(once, "#") {
			t.Errorf("Fold(%q) = %q, folded again %q", s, once, Fold(once))
		}
	})
}

// FuzzTag checks that any tag is found by itself, its digest first, and by each of its
// words.
func FuzzTag(f *testing.F) {
	for _, s := range []string{"agentic-ai", "AI+医疗", "通用人工智能模型", "C++入门", "@everyone", "👩‍💻-dev", "מידע-AI", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s", "\xff-a", "ー-ー"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		l := Rules{}.NewLibrary(KeepAll([]*Digest{{Card: Card{ID: "1", Tags: []string{tag, "人工智能"}}}}))
		if got, ok := l.Tag(tag); ok != (Fold(tag) != "") || ok && got.Exact != 1 {
			t.Errorf("%q is found: %v, %d exact", tag, ok, got.Exact)
		}
		for _, part := range partsOf(tag, func(string) bool { return false }) {
			if _, ok := l.Tag(part); !ok && Fold(part) != "" {
				t.Errorf("%q is not found by %q", tag, part)
			}
		}
	})
}

func TestReadersAtOnce(t *testing.T) {
	l := tagged(t, map[string]string{"人工智能": "AI"}, "AI", "agentic-ai", "人工智能")
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 100 {
				got, _ := l.Tag("人工智能")
				// Other callers do not see a digest that one caller appends.
				got.Digests = append(got.Digests, nil)
				if again, _ := l.Tag("人工智能"); len(got.Digests) != 4 || ids(again.Digests) != "3 1 2" {
					t.Errorf("AI is %s", ids(again.Digests))
				}
				_ = append(l.Tags()[0].Digests, nil)
			}
		})
	}
	readers.Wait()
}

// generated returns a library of digests with five tags each. The vocabulary grows with
// the square root of their number and is used like words: few often, most rarely. A
// third of the tags are compounds of another.
func generated(n int) []*Digest {
	random := rand.New(rand.NewPCG(1, 2))
	size := 50 * int(math.Sqrt(float64(n)))
	often := rand.NewZipf(random, 1.2, 4, uint64(size-1))
	tag := func(i uint64) string {
		switch {
		case i == 0:
			return "AI"
		case i == 1:
			return "人工智能"
		case i%3 == 0:
			return fmt.Sprintf("ai-topic%d", i)
		default:
			return fmt.Sprintf("Topic %d", i)
		}
	}
	digests := make([]*Digest, n)
	for i := range digests {
		d := &Digest{Card: Card{ID: fmt.Sprintf("2026/%06d-tech", i), Date: day(1).Add(time.Duration(i) * time.Hour), Categories: []string{"tech"}}}
		for len(d.Tags) < 5 {
			if name := tag(often.Uint64()); !slices.Contains(d.Tags, name) {
				d.Tags = append(d.Tags, name)
			}
		}
		digests[i] = d
	}
	return digests
}

var sizes = []int{10_000, 100_000}

func TestLookUpsAllocateNothing(t *testing.T) {
	l := Rules{}.NewLibrary(KeepAll(generated(1000)))
	for _, words := range []string{"AI", "ai topic3", "人工智能", "ＡＩ　ｔｏｐｉｃ３", "none", "a query that is far longer than any tag and than the room for one, is it not?"} {
		want := 0.0
		if len(words) > 64 {
			want = 1
		}
		if got := testing.AllocsPerRun(100, func() { l.Tag(words) }); got > want {
			t.Errorf("looking up %q makes %v allocations, want %v", words, got, want)
		}
	}
}

// BenchmarkTag looks up a tag and reads the titles of the first ten digests. Its floor
// is a plain map, asked for an exact key.
func BenchmarkTag(b *testing.B) {
	for _, n := range sizes {
		l := Rules{}.NewLibrary(KeepAll(generated(n)))
		floor := map[string][]*Card{}
		for _, t := range l.Tags() {
			floor[t.Name] = t.Digests
		}
		b.Run(fmt.Sprintf("floor/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			letters := 0
			for b.Loop() {
				for _, d := range floor["AI"][:10] {
					letters += len(d.Title)
				}
			}
		})
		for _, words := range []string{"AI", "人工智能", "ＡＩ"} {
			b.Run(fmt.Sprintf("%s/%d", words, n), func(b *testing.B) {
				b.ReportAllocs()
				letters := 0
				for b.Loop() {
					found, _ := l.Tag(words)
					for _, d := range found.Digests[:min(10, len(found.Digests))] {
						letters += len(d.Title)
					}
				}
			})
		}
	}
}

func BenchmarkNewLibrary(b *testing.B) {
	for _, n := range sizes {
		digests := generated(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Rules{}.NewLibrary(KeepAll(digests))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/digest")
		})
	}
}

// An invisible character does not make another tag, wherever it is.
func TestInvisibleCharactersMakeNoTag(t *testing.T) {
	for name, hidden := range map[string]string{
		"zero width space": "\u200b", "zero width joiner": "\u200d", "non-joiner": "\u200c", "word joiner": "\u2060", "byte order mark": "\ufeff",
		"soft hyphen": "\u00ad", "variation selector": "\ufe0f", "variation selector 17": "\U000e0100", "grapheme joiner": "\u034f",
		"right-to-left mark": "\u200f", "override": "\u202e", "isolate": "\u2068", "Hangul filler": "\u3164",
	} {
		for _, c := range []struct{ tag, plain string }{
			{hidden + "Kubernetes", "kubernetes"}, {"Kuber" + hidden + "netes", "kubernetes"}, {"Kubernetes" + hidden, "kubernetes"},
			{hidden + "#" + hidden + "AI", "ai"}, {"人工" + hidden + "智能", "人工智能"}, {hidden, ""},
		} {
			if got := Fold(c.tag); got != c.plain {
				t.Errorf("%s: %q is folded to %q, want %q", name, c.tag, got, c.plain)
			}
		}
		l := Rules{}.NewLibrary(KeepAll([]*Digest{
			{Card: Card{ID: "a", Tags: []string{"Kubernetes"}}}, {Card: Card{ID: "b", Tags: []string{"Kuber" + hidden + "netes"}}},
		}))
		if tags := l.Tags(); len(tags) != 1 || len(tags[0].Digests) != 2 {
			t.Errorf("%s: the tags are %+v, want one of two digests", name, tags)
		}
	}
}
