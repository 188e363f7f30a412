package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// BenchmarkGroup compares the ledger with its floor, alternating in one run: 64 callers
// that promise and retry, each change durable before its caller continues, and lines that
// are appended to a file in the same folder one after another, each synced. x-floor is the
// number of changes per line, the median of the rounds; it must be ten.
func BenchmarkGroup(b *testing.B) {
	const callers, each, lines = 64, 50, 200
	l := filled(b, 10_000)
	file, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all [callers]ledger.Delivery
	for i := range all {
		all[i] = frozen(b, l, fmt.Sprint("new", i))
	}
	var ratios []float64
	var ours, cpu time.Duration
	begun := sqlite.Commits(l)
	for b.Loop() {
		began := time.Now()
		for range lines {
			if _, err := file.Write(make([]byte, 128)); err != nil {
				b.Fatal(err)
			}
			if err := syscall.Fdatasync(int(file.Fd())); err != nil {
				b.Fatal(err)
			}
		}
		line := time.Since(began) / lines
		began = time.Now()
		used := processor(b)
		var group sync.WaitGroup
		for i := range all {
			group.Go(func() {
				for range each {
					if d := &all[i]; d.State == ledger.Sending {
						d.Retry("limited", time.Now())
					} else {
						d.Promise(time.Now())
					}
					if err := l.Save(b.Context(), &all[i]); err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
		change := time.Since(began) / (callers * each)
		ours, cpu = ours+time.Since(began), cpu+processor(b)-used
		ratios = append(ratios, line.Seconds()/change.Seconds())
	}
	slices.Sort(ratios)
	changes := float64(b.N * callers * each)
	b.ReportMetric(ratios[len(ratios)/2], "x-floor")
	b.ReportMetric(float64(ours.Nanoseconds())/changes, "ns/change")
	b.ReportMetric(float64(cpu.Nanoseconds())/changes, "cpu-ns/change")
	b.ReportMetric(changes/float64(sqlite.Commits(l)-begun), "changes/commit")
	b.ReportMetric(0, "ns/op")
}

// processor returns the CPU time of this process.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
