package main

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/source"
)

var update = flag.Bool("update", false, "write the golden files")

const lintGolden = "testdata/lint.golden"

// The bad library shows every kind of problem that a file can cause.
func TestLintGolden(t *testing.T) {
	golden, err := filepath.Abs(lintGolden)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/lint.txtar")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := txtar.Write(archive, "."); err != nil {
		t.Fatal(err)
	}
	story := "---\ntitle: T\ndate: 2026-10-01\n---\n\n### A long story\n\n**Source:** https://example.org/\n\n"
	for name, data := range map[string]string{
		"cut.md":       story + strings.Repeat("A line of text.\n", 17<<10),
		"empty.md":     "\n",
		"encoding.md":  strings.Replace(story, "long", "\xff", 1),
		"too-large.md": strings.Repeat(" ", markdown.MaxFile+1),
	} {
		if err := os.WriteFile(filepath.Join("bad", name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"unreadable.md": "nowhere.md", "leads-out.md": "../outside.md"} {
		if err := os.Symlink(target, filepath.Join("bad", name)); err != nil {
			t.Fatal(err)
		}
	}

	var out, errs bytes.Buffer
	code := run(t.Context(), &program{out: &out, err: &errs, getenv: os.Getenv}, []string{"lint", "bad"})
	if code != 1 {
		t.Errorf("exit code: got %d, want 1\n%s", code, &errs)
	}
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	shown := severities(t, string(want))
	for _, c := range libraries.ProblemCodes() {
		if shown[c.Name] == "" && c.Name != source.CodeInternal {
			t.Errorf("the bad library does not show %q", c.Name)
		}
		delete(shown, c.Name)
	}
	for code := range shown {
		t.Errorf("%q is not in a table of codes", code)
	}
}

// severities returns the severities of each code in the output of lint.
func severities(t *testing.T, printed string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(printed) {
		m := regexp.MustCompile(`^\S+:\d+:\d+: (error|warning): .* \[([a-z-]+)\]\n$`).FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("lint printed %q", line)
		}
		switch was := out[m[2]]; was {
		case "", m[1]:
			out[m[2]] = m[1]
		default:
			out[m[2]] = "error, warning"
		}
	}
	return out
}

// The library that ships with the bot is clean on the day of its last digest, except that
// each file is marked as an example.
func TestLintExample(t *testing.T) {
	read, err := source.Read(slog.New(slog.DiscardHandler), []string{"../../digest/example"})
	if err != nil || len(read) == 0 {
		t.Fatalf("got %d digests, %v", len(read), err)
	}
	found, err := lint(read, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if len(f.problems) == 0 || f.problems[0].Code != "example" {
			t.Errorf("%s does not say that it is an example", f.file)
			continue
		}
		for _, p := range f.problems[1:] {
			t.Errorf("%s:%d:%d: %s [%s]", f.file, p.Line, p.Column, p.Message, p.Code)
		}
	}
}

// A file that cannot be read because of a bug is reported among the others, and makes show
// and lint fail.
func TestBugInReading(t *testing.T) {
	read := []*digest.Digest{
		{Card: digest.Card{File: "bug.md"}, Problems: []digest.Problem{{Severity: digest.Error, Code: source.CodeInternal, Message: "digestbot has a bug: it cannot read this file"}}},
		{Card: digest.Card{File: "good.md", Title: "A good one"}},
	}
	var files []digest.Reading
	for _, d := range read {
		files = append(files, digest.Reading{Card: digest.Keep(d), Problems: d.Problems})
	}
	found, err := lint(files, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		tell func(*program) error
		want []string
	}{
		{"show", func(p *program) error { return showCmd{}.show(p, read) }, []string{"bug.md:0:0: error: digestbot has a bug", "[internal]", "A good one"}},
		{"show --json", func(p *program) error { return showCmd{JSON: true}.show(p, read) }, []string{`"code":"internal"`, "A good one"}},
		{"lint", func(p *program) error { return lintCmd{}.tell(p, found) }, []string{"bug.md:1:1: error: digestbot has a bug", "[internal]", "1 error, 0 warnings in 1 of 2 files"}},
		{"lint --json", func(p *program) error { return lintCmd{JSON: true}.tell(p, found) }, []string{`"code":"internal"`, "1 of 2 files"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := tt.tell(&program{out: &out, err: &out}); !errors.Is(err, errSilent) {
				t.Errorf("it ends with %v, so that its exit code is not 1", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("got\n%s\nwant %q in it", out.String(), want)
				}
			}
		})
	}
	if err := (showCmd{}).show(&program{out: &bytes.Buffer{}}, read[1:]); err != nil {
		t.Errorf("show of a good file ends with %v", err)
	}
}

func TestLintSummary(t *testing.T) {
	warning, failure := digest.Problem{}, digest.Problem{Severity: digest.Error}
	clean := linted{}
	for _, c := range []struct {
		files []linted
		want  string
	}{
		{nil, "0 files, no problem"},
		{[]linted{clean}, "1 file, no problem"},
		{slices.Repeat([]linted{clean}, 12), "12 files, no problem"},
		{[]linted{clean, {problems: []digest.Problem{failure}}}, "1 error, 0 warnings in 1 of 2 files"},
		{[]linted{{problems: []digest.Problem{warning, failure, failure}}, clean, {problems: []digest.Problem{failure}}, clean}, "3 errors, 1 warning in 2 of 4 files"},
	} {
		if got := summary(c.files); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
