//go:build unix

package source_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestCloneBelongsToService: a clone that root makes or fetches into belongs to the owner
// of the state folder.
func TestCloneBelongsToService(t *testing.T) {
	h := newHost(t)
	h.push(t, "2026-01-01-a.md", post("A", "2026-01-01"), "undated.md", "# B\n\n## One thing\n\nIt happened.\n")
	state, user := t.TempDir(), os.Geteuid()
	if user == 0 {
		user = 65534
		must(t, os.Chown(state, user, user))
	}
	check := func(when string) {
		t.Helper()
		files := 0
		must(t, filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			files++
			if got := int(info.Sys().(*syscall.Stat_t).Uid); got != user {
				t.Errorf("%s: %s belongs to %d, want %d", when, path, got, user)
			}
			return nil
		}))
		if files < 10 {
			t.Errorf("%s: there are only %d files", when, files)
		}
	}
	r, _ := open(t, filepath.Join(state, "library.git"), h.remote())
	check("a new clone")
	h.push(t, "2026-01-02-b.md", post("B", "2026-01-02"))
	if !refresh(t, r) {
		t.Error("the news did not arrive")
	}
	check("after a fetch")
}
