package dispatch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that the fault table names exists where the table says.
func TestFaultsNameTheirTests(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "# Faults")
	names := regexp.MustCompile(`((?:adapters|bot|cmd|digest)/[a-z/]*)|(Test[A-Z]\w*)`)
	found := 0
	for line := range strings.Lines(table) {
		folder := "."
		for _, m := range names.FindAllStringSubmatch(line, -1) {
			if m[1] != "" {
				folder = filepath.Join("..", "..", m[1])
				continue
			}
			found++
			if !declares(t, folder, m[2]) {
				t.Errorf("there is no %s in %s", m[2], folder)
			}
		}
	}
	if found < 30 {
		t.Errorf("the table names %d tests: it is not read", found)
	}
}

func declares(t *testing.T, folder, test string) bool {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}
