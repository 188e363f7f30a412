// Report turns the output of go test -json into the output of go test, and adds which tests
// were skipped, and why. It exits with 1 if a test failed or was skipped, or if no test
// ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type test struct{ pkg, name string }

func main() {
	if !report(os.Stdin, os.Stdout) {
		os.Exit(1)
	}
}

// report says whether all tests passed, and at least one.
func report(in io.Reader, out io.Writer) bool {
	var (
		output           = map[test][]string{} // of unfinished tests
		skipped          []string
		passed, failed   int
		packages, broken int
	)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text()) // output of the go command itself
			continue
		}
		t := test{e.Package, e.Test}
		text := strings.Join(output[t], "")
		switch e.Action {
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "output":
			output[t] = append(output[t], e.Output)
		case "pass", "fail", "skip":
			switch {
			case e.Test != "" && e.Action == "pass":
				passed++
			case e.Test != "" && e.Action == "fail":
				failed++
				fmt.Fprint(out, text)
			case e.Test != "":
				skipped = append(skipped, fmt.Sprintf("SKIPPED %s %s\n%s", e.Package, e.Test, text))
			case e.Action == "fail":
				broken++
				for _, u := range unfinished(output, e.Package) {
					fmt.Fprint(out, strings.Join(output[u], ""))
				}
				fmt.Fprint(out, text)
			default: // a package that passed, or has no tests: its last line says so
				packages++
				if n := len(output[t]); n > 0 {
					fmt.Fprint(out, output[t][n-1])
				}
			}
			delete(output, t)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(out, "reading the test output:", err)
		return false
	}

	fmt.Fprint(out, strings.Join(skipped, ""))
	fmt.Fprintf(out, "tests: %d passed, %d failed, %d skipped; packages: %d fine, %d failed\n", passed, failed, len(skipped), packages, broken)
	return failed == 0 && len(skipped) == 0 && broken == 0 && passed > 0
}

// unfinished returns the tests of a package that began and never ended, because the test
// program did.
func unfinished(output map[test][]string, pkg string) []test {
	var tests []test
	for t := range output {
		if t.pkg == pkg && t.name != "" {
			tests = append(tests, t)
		}
	}
	slices.SortFunc(tests, func(a, b test) int { return strings.Compare(a.name, b.name) })
	return tests
}
