package figures

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	defer func() { Out, missed = os.Stdout, false }()
	for _, tt := range []struct {
		say    func(goal, value float64, unit, what string)
		value  float64
		want   string
		missed bool
	}{
		{AtMost, 1, "at most 2 x: reached", false},
		{AtMost, 2, "at most 2 x: reached", false},
		{AtMost, 2.1, "at most 2 x: MISSED", true},
		{AtLeast, 2.1, "at least 2 x: reached", false},
		{AtLeast, 2, "at least 2 x: reached", false},
		{AtLeast, 1, "at least 2 x: MISSED", true},
	} {
		var out bytes.Buffer
		Out, missed = &out, false
		tt.say(2, tt.value, "x", "of it")
		if !strings.Contains(out.String(), tt.want) || missed != tt.missed {
			t.Errorf("%v: %q, missed is %v; want %q and %v", tt.value, out.String(), missed, tt.want, tt.missed)
		}
	}
	AtMost(2, 3, "x", "of it")
	AtMost(2, 1, "x", "of it")
	if !missed {
		t.Error("a goal that is reached takes back that another was missed")
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 3}} {
		if got := Median(tt.values); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestMedians(t *testing.T) {
	processors := runtime.GOMAXPROCS(0)
	var printed strings.Builder
	printed.WriteString("goos: linux\npkg: example\n")
	for _, took := range []int{900, 100, 200} {
		fmt.Fprintf(&printed, "BenchmarkTag/AI/10000-%d \t 100\t %d ns/op\t 0.5 x-bytes\t 2 allocs/op\n", processors, took)
	}
	printed.WriteString("PASS\nok example 1.2s\n")
	got, err := medians(printed.String())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"ns/op": 200, "x-bytes": 0.5, "allocs/op": 2}
	if len(got) != 1 || len(got["Tag/AI/10000"]) != len(want) {
		t.Fatalf("got %v", got)
	}
	for unit, value := range want {
		if got["Tag/AI/10000"][unit] != value {
			t.Errorf("%s is %v, want %v", unit, got["Tag/AI/10000"][unit], value)
		}
	}
}

// A successful run returns its cost, and a failed one its output.
func TestRun(t *testing.T) {
	cost, err := Run("sh", "-c", "exit 0")
	if err != nil {
		t.Fatal(err)
	}
	if cost.Wall <= 0 || cost.Memory <= 0 {
		t.Errorf("it took %+v", cost)
	}
	if _, err := Run("sh", "-c", "echo no room >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: no room") {
		t.Errorf("the error is %v", err)
	}
}

func TestMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not report a program's memory")
	}
	pid := os.Getpid()
	peak, anonymous, file := Peak(pid), Memory(pid, "RssAnon:"), Memory(pid, "RssFile:")
	if anonymous <= 0 || file <= 0 || peak <= anonymous {
		t.Errorf("at most %v MB, anonymous %v MB, of files %v MB", peak, anonymous, file)
	}
	if got := Memory(pid, "NoSuch:"); got != 0 {
		t.Errorf("a line that is not there is %v", got)
	}
}
