// Package figures is shared by the programs in .ci: it prints figures beside their goals,
// and runs and measures benchmarks and programs.
package figures

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Out is where figures are printed.
var Out io.Writer = os.Stdout

var missed bool

// End exits. The status is 1 after an error, which is printed, or if a goal was missed.
func End(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || missed {
		os.Exit(1)
	}
}

// Title begins a group of figures.
func Title(format string, args ...any) { fmt.Fprintf(Out, "==> "+format+"\n", args...) }

// Say prints a figure.
func Say(value float64, unit, what string) {
	fmt.Fprintf(Out, "    %11.3f %-6s %s\n", value, unit, what)
}

// AtLeast prints a figure beside its minimum.
func AtLeast(goal, value float64, unit, what string) {
	verdict("at least", goal, value >= goal, value, unit, what)
}

// AtMost prints a figure beside its maximum.
func AtMost(goal, value float64, unit, what string) {
	verdict("at most", goal, value <= goal, value, unit, what)
}

func verdict(bound string, goal float64, ok bool, value float64, unit, what string) {
	reached := "reached"
	if !ok {
		reached, missed = "MISSED", true
	}
	fmt.Fprintf(Out, "    %11.3f %-6s %-58s %s %s %s: %s\n", value, unit, what, bound, strconv.FormatFloat(goal, 'g', 4, 64), unit, reached)
}

// Median returns the median; of an even number of values, the greater of the middle two.
func Median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// Benchmarks runs the matching benchmarks of a package and returns, for each, the medians
// of its results by unit.
func Benchmarks(folder, match, time string, rounds int) (map[string]map[string]float64, error) {
	c := exec.Command("go", "test", "-run", "^$", "-bench", match, "-benchtime", time, "-count", strconv.Itoa(rounds), folder)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, out)
	}
	return medians(string(out))
}

// medians parses the output of go test -bench.
func medians(printed string) (map[string]map[string]float64, error) {
	all := map[string]map[string][]float64{}
	for line := range strings.Lines(printed) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		name = strings.TrimSuffix(name, "-"+strconv.Itoa(runtime.GOMAXPROCS(0)))
		if all[name] == nil {
			all[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", line, err)
			}
			all[name][fields[i+1]] = append(all[name][fields[i+1]], value)
		}
	}
	middle := map[string]map[string]float64{}
	for name, units := range all {
		middle[name] = map[string]float64{}
		for unit, values := range units {
			middle[name][unit] = Median(values)
		}
	}
	return middle, nil
}
