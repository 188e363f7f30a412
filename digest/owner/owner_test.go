//go:build unix

package owner_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/digestbot/digestbot/digest/owner"
)

// service is a user who is not root.
const service = 65534

// stateOf returns a folder of the service, if the test can make one, and the user who has
// to own what is created there.
func stateOf(t *testing.T) (folder string, user int) {
	t.Helper()
	folder = t.TempDir()
	if os.Geteuid() != 0 {
		return folder, os.Geteuid()
	}
	if err := os.Chown(folder, service, service); err != nil {
		t.Fatal(err)
	}
	return folder, service
}

func owns(t *testing.T, path string, user int) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := int(info.Sys().(*syscall.Stat_t).Uid); got != user {
		t.Errorf("%s belongs to %d, want %d", path, got, user)
	}
}

// TestNewFiles: a new file or folder belongs to the owner of its folder; one that was there
// keeps its owner and its content.
func TestNewFiles(t *testing.T) {
	folder, user := stateOf(t)
	for _, flag := range []int{os.O_RDWR | os.O_CREATE, os.O_WRONLY | os.O_CREATE | os.O_EXCL, os.O_CREATE} {
		path := filepath.Join(folder, "new")
		file, err := owner.OpenFile(path, flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		owns(t, path, user)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(folder, "old")
	if err := os.WriteFile(old, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := owner.OpenFile(old, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	owns(t, old, os.Geteuid())
	if text, err := os.ReadFile(old); err != nil || string(text) != "kept" {
		t.Errorf("it has %q, %v", text, err)
	}
	if _, err := owner.OpenFile(old, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); !os.IsExist(err) {
		t.Errorf("a file that must be new: %v", err)
	}
	if _, err := owner.OpenFile(filepath.Join(folder, "none"), os.O_RDWR, 0o600); !os.IsNotExist(err) {
		t.Errorf("a file that must be there: %v", err)
	}
	if err := owner.WriteFile(filepath.Join(folder, "text"), []byte("晨报")); err != nil {
		t.Fatal(err)
	}
	owns(t, filepath.Join(folder, "text"), user)

	deep := filepath.Join(folder, "a", "b")
	for range 2 {
		if err := owner.MkdirAll(deep); err != nil {
			t.Fatal(err)
		}
	}
	owns(t, deep, user)
	owns(t, filepath.Dir(deep), user)
	if err := owner.MkdirAll(filepath.Join(old, "c")); err == nil {
		t.Error("a folder was created in a file")
	}
	if err := owner.MkdirAll(old); err == nil {
		t.Error("a file is taken for a folder")
	}
}

// TestGiveAll: a whole folder is given away, without following links out of it.
func TestGiveAll(t *testing.T) {
	folder, user := stateOf(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(folder, "clone")
	if err := os.MkdirAll(filepath.Join(clone, "objects"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(clone, "objects", "pack"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(clone, "link")); err != nil {
		t.Fatal(err)
	}
	owner.GiveAll(clone)
	for _, name := range []string{"", "objects", "objects/pack", "link"} {
		owns(t, filepath.Join(clone, name), user)
	}
	owns(t, outside, os.Geteuid())
}
