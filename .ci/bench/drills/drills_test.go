package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// tested are faults that are covered by tests instead of drills.
var tested = map[string]string{"clock jump": "TestClockThatIsSet", "platform down": "TestDownForAnHour"}

// The table of faults in operating.md has a row for each drill, and quotes texts that the
// drills wait for.
func TestFaultsAreDocumented(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, page, _ := strings.Cut(read("../../../.github/docs/operating.md"), "\n## Faults\n")
	page, _, _ = strings.Cut(page, "\n## ")
	source, script := read("drills.go")+read("site.go"), read("../../drills")
	quoted := regexp.MustCompile("`([^`]+)`")
	commands := regexp.MustCompile(`^(digestbot|digestbot deliveries .*|health|state|missed|config.toml|start = "latest")$`)
	var rows []string
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.Contains(line, "---") || strings.TrimSpace(cells[1]) == "fault" {
			continue
		}
		fault := strings.TrimSpace(cells[1])
		rows = append(rows, fault)
		for _, q := range quoted.FindAllStringSubmatch(cells[2]+cells[3], -1) {
			if !commands.MatchString(q[1]) && !strings.Contains(source, q[1]) {
				t.Errorf("%s: no drill sees %q", fault, q[1])
			}
		}
		drilled := tested[fault] != "" && strings.Contains(script, tested[fault])
		for _, d := range drills {
			drilled = drilled || strings.HasPrefix(d.name, fault)
		}
		if !drilled {
			t.Errorf("%s: there is no drill for it", fault)
		}
	}
	for _, d := range drills {
		found := strings.HasSuffix(d.name, " down") && tested["platform down"] != ""
		for _, fault := range rows {
			found = found || strings.HasPrefix(d.name, fault)
		}
		if !found {
			t.Errorf("operating.md has no row for the drill %q", d.name)
		}
	}
}
