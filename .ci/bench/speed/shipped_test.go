package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
)

func TestLines(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := lines(fstest.MapFS{
		"cmd/digestbot/main.go":               file("package main\n\nfunc main() {}\n"),
		"digest/digest.go":                    file("package digest\n"),
		"digest/digest_test.go":               file("package digest\n"),
		"digest/testdata/broken.go":           file("package broken\n"),
		"digest/notes.md":                     file("notes\n"),
		"adapters/slack/slackfake/fake.go":    file("package slackfake\n"),
		"adapters/slack/slackfake/cmd/run.go": file("package main\n"),
		"adapters/adaptertest/suite.go":       file("package adaptertest\n"),
		".ci/bench/speed/main.go":             file("package main\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got != 4 {
		t.Errorf("there are %d lines, want the 4 that are built into the program", got)
	}
}

func TestPart(t *testing.T) {
	modules := []string{"example.org/bot", "github.com/slack-go/slack", "golang.org/x/text", "modernc.org/sqlite", "gopkg.in/yaml.v2"}
	for symbol, want := range map[string]string{
		"runtime.main": "Go and its standard library",
		"vendor/golang.org/x/text/unicode/norm.decomps": "Go and its standard library",
		"main.main": "example.org/bot",
		"example.org/bot/digest.(*Library).Newest": "example.org/bot",
		"example.org/bottle.New":                   "Go and its standard library",
		"github.com/slack-go/slack.New":            "github.com/slack-go/slack",
		"modernc.org/sqlite/lib._sqlite3Step":      "modernc.org/sqlite",
		"gopkg.in/yaml%2ev2.Unmarshal":             "gopkg.in/yaml.v2",
		"type:*github.com/slack-go/slack.Client":   shared,
		"go:string.*":                              shared,
		"runtime.pclntab":                          shared,
	} {
		if got := part(symbol, modules); got != want {
			t.Errorf("%s is of %q, want %q", symbol, got, want)
		}
	}
}

// The parts of a program add up to everything that the system loads from its file.
func TestParts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a binary of this system is no ELF file")
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.org/bot\n", "main.go": "package main\n\nfunc main() { println(\"ready\") }\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(folder, "bot")
	c := exec.Command("go", "build", "-ldflags", "-w", "-o", binary, ".")
	c.Dir = folder
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	sizes, err := parts(binary)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, size := range sizes {
		if size <= 0 {
			t.Errorf("%s has %d bytes", name, size)
		}
		total += size
	}
	if len(sizes) != 3 || sizes["example.org/bot"] > 1000 || total < int(info.Size())/2 || total > int(info.Size()) {
		t.Errorf("the file has %d bytes, its parts %v", info.Size(), sizes)
	}
}
