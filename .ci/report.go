// Report turns the output of go test -json into what go test prints, and adds
// what it keeps to itself: which tests were skipped, and why. It exits with 1
// when a test failed or was skipped, or when no test ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
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
	var (
		output           = map[test][]string{} // of what has not ended
		skipped          []string
		passed, failed   int
		packages, broken int
	)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Println(lines.Text()) // the go command itself has something to say
			continue
		}
		t := test{e.Package, e.Test}
		text := strings.Join(output[t], "")
		switch e.Action {
		case "build-output":
			fmt.Print(e.Output)
		case "output":
			output[t] = append(output[t], e.Output)
		case "pass", "fail", "skip":
			switch {
			case e.Test != "" && e.Action == "pass":
				passed++
			case e.Test != "" && e.Action == "fail":
				failed++
				fmt.Print(text)
			case e.Test != "":
				skipped = append(skipped, fmt.Sprintf("SKIPPED %s %s\n%s", e.Package, e.Test, text))
			case e.Action == "fail":
				broken++
				for _, u := range unfinished(output, e.Package) {
					fmt.Print(strings.Join(output[u], ""))
				}
				fmt.Print(text)
			default: // a package that passed, or has no tests: its last line says so
				packages++
				if n := len(output[t]); n > 0 {
					fmt.Print(output[t][n-1])
				}
			}
			delete(output, t)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Println("reading the test output:", err)
		os.Exit(1)
	}

	fmt.Print(strings.Join(skipped, ""))
	fmt.Printf("tests: %d passed, %d failed, %d skipped; packages: %d fine, %d failed\n", passed, failed, len(skipped), packages, broken)
	if failed > 0 || len(skipped) > 0 || broken > 0 || passed == 0 {
		os.Exit(1)
	}
}

// unfinished lists the tests of a package that began and never ended, because
// the test program did.
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
