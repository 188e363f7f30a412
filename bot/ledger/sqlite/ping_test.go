package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// A healthy ledger answers; one whose file is missing or was replaced returns an error that
// says so; nothing is left behind.
func TestPing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "digestbot.db")
	l, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	before, err := os.ReadFile(path + ".mark")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Ping(t.Context()); err != nil {
		t.Errorf("it is well, and says %v", err)
	}
	after, err := os.ReadFile(path + ".mark")
	if err != nil || string(after) != string(before) {
		t.Errorf("the mark was %q and is %q, %v", before, after, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".ping-*")); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	const gone = "the file was removed or replaced while it was in use"
	if err := l.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), gone) {
		t.Errorf("without the file: %v", err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), gone) {
		t.Errorf("with another file: %v", err)
	}
}
