package source_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/digest/source"
)

// BenchmarkLibrary compares the cost of a library of 10,000 digests with its floor, the
// reading of all bytes on all processors:
//
//	bytes    reading the bytes and nothing else
//	open     reading and parsing everything, as a start does
//	nothing  a scan that finds nothing new, as the poll does
//	changed  a scan that finds one changed file, reads it and replaces the library
//
// The last two alternate with reading all bytes, and report the median of the ratios of
// their times as x-bytes. It must be at most 0.6.
func BenchmarkLibrary(b *testing.B) {
	dir := b.TempDir()
	paths := generate(b, dir, 10_000)
	b.Run("bytes", func(b *testing.B) {
		for b.Loop() {
			readBytes(b, paths)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := source.Open(dir, slog.New(slog.DiscardHandler)); err != nil {
				b.Fatal(err)
			}
		}
	})
	f, err := source.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("nothing", func(b *testing.B) {
		beside(b, paths, func() {}, func() {
			if took, _ := f.Scan(); took {
				b.Fatal("a library was made of nothing new")
			}
		})
	})
	stamp := time.Now()
	b.Run("changed", func(b *testing.B) {
		beside(b, paths, func() {
			stamp = stamp.Add(time.Second)
			if err := os.Chtimes(paths[len(paths)/2], stamp, stamp); err != nil {
				b.Fatal(err)
			}
			if took, again := f.Scan(); took || !again {
				b.Fatal("the file was taken before it had come to rest")
			}
		}, func() {
			if took, _ := f.Scan(); !took {
				b.Fatal("the change was not taken")
			}
		})
	})
}

// beside times do, after prepare, alternating with the reading of all bytes. Neither
// pays for the garbage of the other.
func beside(b *testing.B, paths []string, prepare, do func()) {
	var ratios []float64
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		since := time.Now()
		readBytes(b, paths)
		floor := time.Since(since)
		prepare()
		runtime.GC()
		b.StartTimer()
		since = time.Now()
		do()
		ratios = append(ratios, float64(time.Since(since))/float64(floor))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-bytes")
}

func readBytes(b *testing.B, paths []string) {
	var next atomic.Int64
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			var buf bytes.Buffer
			for i := next.Add(1) - 1; i < int64(len(paths)); i = next.Add(1) - 1 {
				r, err := os.Open(paths[i])
				if err != nil {
					b.Error(err)
					return
				}
				buf.Reset()
				if _, err := io.Copy(&buf, r); err != nil {
					b.Error(err)
				}
				_ = r.Close()
			}
		})
	}
	readers.Wait()
}

// generate writes n digests of about 5 KB, one a day, and returns their paths.
func generate(b *testing.B, dir string, n int) (paths []string) {
	words := []string{
		"模型", "发布", "开源", "the", "kernel", "database", "性能", "提升", "security", "云原生", "release", "社区", "agents", "推理",
		"with", "a", "faster", "compiler", "数据", "工程师", "团队", "and", "observability", "成本", "下降", "network", "protocol",
	}
	random := rand.New(rand.NewPCG(3, 1))
	text := func(n int) string {
		var t bytes.Buffer
		for range n {
			t.WriteString(words[random.IntN(len(words))])
			t.WriteByte(' ')
		}
		return t.String()
	}
	day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		var t bytes.Buffer
		date := day.AddDate(0, 0, i).Format("2006-01-02")
		fmt.Fprintf(&t, "---\nlayout: post\ntitle: \"%s\"\ndate: %s 08:00:00 +0800\nauthor: \"Data desk\"\ncategories: [tech]\ntags: [", text(4), date)
		for k := range 3 + random.IntN(6) {
			fmt.Fprintf(&t, "tag%d, ", int(float64(k*50)*random.Float64()))
		}
		fmt.Fprintf(&t, "AI]\n---\n\n%s\n\n## Stories\n\n", text(40))
		for k := range 6 {
			fmt.Fprintf(&t, "### %d. %s\n\n%s **%s** %s\n\n**Source:** [%s](https://example.org/%d/%d)\n\n", k+1, text(6), text(40), text(2), text(25), text(3), i, k)
		}
		fmt.Fprintf(&t, "## Analysis\n\n%s\n", text(60))
		path := filepath.Join(dir, fmt.Sprintf("%s-tech-digest.md", date))
		if err := os.WriteFile(path, t.Bytes(), 0o644); err != nil {
			b.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}
