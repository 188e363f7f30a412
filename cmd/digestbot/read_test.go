package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
)

// Read-only commands use what was read before from the state, if it has a usable cache.
// They create no cache, and do not complain about an unusable one.
func TestReadOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const settings = "state = \"var\"\n[library]\npath = \"posts\"\n"
	commands := [][]string{{"lint", "posts"}, {"lint", "--json", "posts"}, {"show", "posts"}, {"show", "--json", "posts"}, {"show", "posts/b.md"}, {"preview", "posts/a.md"}}
	digest := func(title string) string {
		return "---\ntitle: " + title + "\ndate: 2026-01-02\ntags: [AI]\n---\n\n### " + title + "\n\nText.\n\n**Source:** <https://example.org/" + title + ">\n"
	}
	clock := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `) // of the log
	read := func(t *testing.T) string {
		t.Helper()
		var all strings.Builder
		for _, args := range commands {
			var out, errs bytes.Buffer
			code := run(t.Context(), &program{kinds: adapters.Kinds, out: &out, err: &errs, getenv: func(string) string { return "" }}, args)
			all.WriteString(strings.Join(args, " ") + " ends with " + string(rune('0'+code)) + "\n" + out.String() + clock.ReplaceAllString(errs.String(), ""))
		}
		return all.String()
	}
	put := func(t *testing.T, path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state := func(t *testing.T) {
		t.Helper()
		if err := os.Mkdir("var", 0o700); err != nil {
			t.Fatal(err)
		}
	}
	noise := bytes.Repeat([]byte{0xff}, 4096)
	file := filepath.Join("var", "library.db")
	for _, tt := range []struct {
		name  string
		begin func(t *testing.T) // before the first read
		then  func(t *testing.T) // before the second read
		warm  bool               // whether the second read uses the cache
		left  string             // files at the end
	}{
		{"a state", state, func(*testing.T) {}, true, file},
		{"no state", func(*testing.T) {}, func(*testing.T) {}, false, ""},
		{"no configuration", func(t *testing.T) {
			state(t)
			commands = commands[:5] // preview needs one
			if err := os.Remove("config.toml"); err != nil {
				t.Fatal(err)
			}
		}, func(*testing.T) {}, false, ""},
		{"another program's configuration", func(t *testing.T) { state(t); put(t, "config.toml", []byte("baseURL = \"https://example.org\"\n")) }, func(*testing.T) {}, false, ""},
		{"a state that is no folder", func(t *testing.T) { put(t, "var", nil) }, func(*testing.T) {}, false, ""},
		{"a state that cannot be written", func(t *testing.T) {
			if err := os.MkdirAll(file, 0o700); err != nil {
				t.Fatal(err)
			}
		}, func(*testing.T) {}, false, file},
		{"noise in place of what was read", state, func(t *testing.T) { put(t, file, noise) }, true, file},
		{"noise in place of texts", state, func(t *testing.T) {
			db, err := sql.Open("sqlite", file)
			if err == nil {
				_, err = db.ExecContext(t.Context(), "UPDATE texts SET text = x'ff'")
			}
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}, true, file},
		{"noise in the midst of what was read", state, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for at := 4 * 4096; at < len(data); at += 4096 {
				copy(data[at:], noise)
			}
			put(t, file, data)
		}, true, file},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := commands
			defer func() { commands = before }()
			t.Chdir(t.TempDir())
			put(t, "config.toml", []byte(settings))
			if err := os.Mkdir("posts", 0o700); err != nil {
				t.Fatal(err)
			}
			put(t, "posts/a.md", []byte(digest("Alpha")))
			put(t, "posts/b.md", []byte(digest("Beta")+"\n### "+strings.Repeat("长", 61)+"\n\nText.\n\n**Source:** <https://example.org/long>\n\n### Beta\n\nAgain.\n\n**Source:** <https://example.org/again>\n"))
			put(t, "posts/c.md", []byte("# Links\n\n- [@everyone](https://example.org/)\n"))
			tt.begin(t)
			want := read(t)
			if !strings.Contains(want, "Alpha") || !strings.Contains(want, "[long-headline]") || !strings.Contains(want, "is in posts/b.md:7 already [duplicate-headline]") || strings.Contains(want, "library.db") {
				t.Fatalf("got\n%s", want)
			}
			tt.then(t)
			if got := read(t); got != want {
				t.Errorf("read again it is\n%s\nwant\n%s", got, want)
			}
			// A different text with the same size and time shows whether the file is
			// opened.
			info, err := os.Stat("posts/a.md")
			if err != nil {
				t.Fatal(err)
			}
			put(t, "posts/a.md", []byte(digest("Gamma")))
			if err := os.Chtimes("posts/a.md", info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
			commands = commands[:4]
			if got := read(t); tt.warm != strings.Contains(got, "Alpha") || tt.warm == strings.Contains(got, "Gamma") {
				t.Errorf("read from the state: want %t, got\n%s", tt.warm, got)
			}
			left, err := filepath.Glob("var/*")
			if err != nil || strings.Join(left, " ") != tt.left {
				t.Errorf("the state has %q, %v, want %q", left, err, tt.left)
			}
		})
	}
}
