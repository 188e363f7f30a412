package shelf

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// generated returns a library of n digests of about 5 KB and 4 stories each, three a
// day. Words and their neighbors have the frequencies of a natural language: few are
// everywhere, most are rare.
func generated(n int) []*digest.Digest {
	r := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(r, 1.1, 4, 5000)
	word := func() string { return vocabulary(int(words.Uint64())) }
	sayings := make([]string, 20_000)
	for i := range sayings {
		for range 7 {
			sayings[i] += word()
		}
		sayings[i] += "，"
	}
	sayingsUsed := rand.NewZipf(r, 1.05, 50, uint64(len(sayings)-1))
	text := func(words int) string {
		var b strings.Builder
		for range (words + 3) / 7 {
			b.WriteString(sayings[sayingsUsed.Uint64()])
		}
		return b.String()
	}
	var digests []*digest.Digest
	for i := range n {
		d := &digest.Digest{
			Card:     digest.Card{ID: fmt.Sprintf("%06d", i), Title: text(8), Date: time.Date(2006, 1, 1+i/3, 0, 0, 0, 0, time.UTC), Tags: []string{word(), word(), word()}},
			Lead:     digest.Text{{Text: text(60)}},
			Sections: []digest.Section{{Title: "分析", Text: digest.Text{{Text: text(150)}}}},
		}
		for range 4 {
			d.Stories = append(d.Stories, digest.Story{
				Headline: text(8), Summary: digest.Text{{Text: text(110)}},
				Sources: []digest.Source{{Title: text(6), URL: fmt.Sprintf("https://blog%d.example.org/a/b", r.IntN(500))}},
			})
		}
		digests = append(digests, d)
	}
	return digests
}

// vocabulary returns a Chinese word of two or three characters, or an English one.
func vocabulary(i int) string {
	han := func(k int) string { return string(rune(0x4e00 + (k*7919)%3000)) }
	switch i % 4 {
	case 3:
		return fmt.Sprintf(" word%c%c%c ", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26)
	case 2:
		return han(i) + han(i+1) + han(2*i)
	}
	return han(i) + han(3*i+1)
}

const benchmarkSize = 20_000

func BenchmarkIndex(b *testing.B) {
	digests := generated(benchmarkSize)
	var size int64
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "library.db")
		x := shelved(b, openedAt(b, path), digests, nil)
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
	}
	b.ReportMetric(float64(size)/(1<<20), "MiB")
}

func BenchmarkSearch(b *testing.B) {
	x := filled(b, generated(benchmarkSize)...)
	for _, q := range []struct{ name, words string }{
		{"everywhere", vocabulary(0)},
		{"common", vocabulary(40)},
		{"rare", vocabulary(4000)},
		{"english", vocabulary(43)},
		{"three", vocabulary(1) + " " + vocabulary(5) + " " + vocabulary(3)},
		{"twoRare", vocabulary(3000) + " " + vocabulary(3500)},
		{"absent", "龘龘"},
		{"character", vocabulary(0)[:3]},
		{"host", "blog77.example.org"},
		{"phrase", "“" + vocabulary(0) + vocabulary(1) + "”"},
	} {
		for o, order := range []string{"newest", "rank"} {
			b.Run(q.name+"/"+order, func(b *testing.B) {
				found := 0
				for b.Loop() {
					hits, err := x.Search(b.Context(), x.library, q.words, Order(o), 10)
					if err != nil {
						b.Fatal(err)
					}
					found = len(hits)
				}
				b.ReportMetric(float64(found), "hits")
			})
		}
	}
}
