//go:build unix

package reload

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFileBelongsToService: the file with the token belongs to the owner of the state
// folder, who must be able to read it, even if serve runs as root.
func TestFileBelongsToService(t *testing.T) {
	state, user := t.TempDir(), os.Geteuid()
	if user == 0 {
		user = 65534
		if err := os.Chown(state, user, user); err != nil {
			t.Fatal(err)
		}
	}
	if err := NewControl(state, "", nil).Open("127.0.0.1:80"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(state, fileName))
	if err != nil {
		t.Fatal(err)
	}
	if got := int(info.Sys().(*syscall.Stat_t).Uid); got != user || info.Mode().Perm() != 0o600 {
		t.Errorf("it belongs to %d with mode %v, want %d", got, info.Mode(), user)
	}
}
