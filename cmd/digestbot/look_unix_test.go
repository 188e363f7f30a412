//go:build unix

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

func init() { becomeNobody = func() error { return syscall.Setuid(65534) } }

// tree returns the content of a folder: names, sizes and times.
func tree(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			all.WriteString(path + " " + info.ModTime().Format(time.RFC3339Nano) + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// A user without write access can use the read-only commands, and they change nothing: in a
// state with a ledger, in an empty one, and in a missing one.
func TestLookingChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	folder, err := os.MkdirTemp("", "look")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"posts", "empty", "full"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("posts/2026-01-21-tech.md", "---\ntitle: The news @everyone\n---\n### One thing\n\nIt happened.\n\n**Source:** <https://example.org/>\n")
	write("config.toml", "[library]\npath = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n")
	l, err := sqlite.Open(filepath.Join(folder, "full", "digestbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	x := ledger.NewDelivery("2026-01-21-tech", "晨报", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	x.Hold("nobody can tell", time.Now())
	if _, err := l.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"digestbot.db", "digestbot.db.mark"} {
		if err := os.Chmod(filepath.Join(folder, "full", file), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"posts", "empty", "full", "."} {
		if err := os.Chmod(filepath.Join(folder, name), 0o555); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		for _, name := range []string{".", "posts", "empty", "full"} {
			_ = os.Chmod(filepath.Join(folder, name), 0o755)
		}
	}()
	before := tree(t, folder)
	for _, state := range []string{"full", "empty", "absent"} {
		for _, tc := range []struct{ line, full, other string }{
			{"deliveries", "“晨报”: nobody can tell", "nothing was delivered yet"},
			{"record", "no admin has changed anything", "no admin has changed anything"},
			{"slots", "morning, to web:general", "morning, to web:general"},
			{"lint posts", "1 file, no problem", "1 file, no problem"},
			{"layout", "form = []", "form = []"},
			{"search happened", "One thing", "One thing"},
			{"preview --adapter web posts", "One thing", "One thing"},
			{"ask|/digest latest", "One thing", "One thing"},
			{"ask|/digest status", "晨报", "Subscriptions"},
		} {
			verb, rest, asks := strings.Cut(tc.line, "|")
			args := strings.Fields(verb)
			if asks {
				args = append(args, rest)
			}
			cmd := exec.Command(mustFind(t), append([]string{"--config", "config.toml", "--state-dir", state}, args...)...)
			cmd.Dir, cmd.Env = folder, append(os.Environ(), "AS_NOBODY=1")
			out, err := cmd.CombinedOutput()
			want := tc.other
			if state == "full" {
				want = tc.full
			}
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s of the state %s ends with %v and prints %q, want %q", tc.line, state, err, out, want)
			}
		}
	}
	for state, want := range map[string]string{"full": "fail  state: full cannot be written", "absent": "fail  state: . cannot be written"} {
		cmd := exec.Command(mustFind(t), "--config", "config.toml", "--state-dir", state, "doctor")
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "AS_NOBODY=1")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), "warn  library: the newest of 1 digest is ") {
			t.Errorf("doctor of the state %s ends with %v and prints %s, want %q", state, err, out, want)
		}
	}
	if after := tree(t, folder); after != before {
		t.Errorf("it was\n%sand is\n%s", before, after)
	}
}
