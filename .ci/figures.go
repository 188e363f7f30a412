package main

// What .ci/dispatch, .ci/answers and .ci/speed share: how a figure is said beside
// its goal, and how benchmarks are run.

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// missed says that a goal was.
var missed bool

// say prints a figure.
func say(value float64, unit, what string) { fmt.Printf("    %11.3f %-6s %s\n", value, unit, what) }

// atLeast and atMost print a figure beside what is wanted.
func atLeast(goal, value float64, unit, what string) {
	verdict("at least", goal, value >= goal, value, unit, what)
}
func atMost(goal, value float64, unit, what string) {
	verdict("at most", goal, value <= goal, value, unit, what)
}

func verdict(bound string, goal float64, ok bool, value float64, unit, what string) {
	reached := "reached"
	if !ok {
		reached, missed = "MISSED", true
	}
	fmt.Printf("    %11.3f %-6s %-58s %s %s %s: %s\n", value, unit, what, bound, strconv.FormatFloat(goal, 'g', 4, 64), unit, reached)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// bench runs the benchmarks of a package that match and gives, for each of
// them, the medians of what it measures.
func bench(folder, match, time string, rounds int) (map[string]map[string]float64, error) {
	c := exec.Command("go", "test", "-run", "^$", "-bench", match, "-benchtime", time, "-count", strconv.Itoa(rounds), folder)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, out)
	}
	all := map[string]map[string][]float64{}
	for line := range strings.Lines(string(out)) {
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
	medians := map[string]map[string]float64{}
	for name, units := range all {
		medians[name] = map[string]float64{}
		for unit, values := range units {
			medians[name][unit] = median(values)
		}
	}
	return medians, nil
}
