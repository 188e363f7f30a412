//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/digestbot/digestbot/adapters"
)

// TestStateBelongsToService: whatever a command of root creates in the state belongs to the
// owner of that folder, so that the service can use it. A user who is not root creates
// files of their own.
func TestStateBelongsToService(t *testing.T) {
	folder, user := t.TempDir(), os.Geteuid()
	for name, text := range map[string]string{
		"library/2026-01-05-news.md": "---\ntitle: 晨报 @everyone\ndate: 2026-01-05\n---\n\n### Go 1.27\n\nIt is out.\n\n**Source:** [go.dev](https://go.dev/)\n",
		"config.toml":                "[library]\npath = \"library\"\n[adapters.web]\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n",
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if user == 0 {
		user = 65534
		if err := os.Chown(folder, user, user); err != nil {
			t.Fatal(err)
		}
	}
	state := filepath.Join(folder, "var")
	made := map[string]bool{}
	for _, args := range [][]string{
		{"ask", "/digest pause"},
		{"ask", "/digest resume"},
		{"search", "out"},
		{"show", filepath.Join(folder, "library")},
		{"ask", "/digest latest"},
		{"slots"},
		{"send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-05-news.md")},
		{"backup", filepath.Join(state, "backup.db")},
	} {
		// Each command finds a state that has only what the service cannot do without.
		for _, name := range []string{"library.db", "web.db"} {
			_ = os.Remove(filepath.Join(state, name))
		}
		var out bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
		if got := run(t.Context(), p, append([]string{"--config", filepath.Join(folder, "config.toml")}, args...)); got != 0 {
			t.Fatalf("%q ended with %d:\n%s", args, got, &out)
		}
		err := filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			made[d.Name()] = true
			if got := int(info.Sys().(*syscall.Stat_t).Uid); got != user {
				t.Errorf("after %q, %s belongs to %d, want %d", args, path, got, user)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"digestbot.db", "digestbot.db.mark", "digestbot.lock", "library.db", "web.db", "backup.db"} {
		if !made[name] {
			t.Errorf("nothing has created %s", name)
		}
	}
}
