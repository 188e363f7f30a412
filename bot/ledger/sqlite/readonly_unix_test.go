//go:build unix

package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

func init() { roles["nobody"] = openAsNobody }

// nobody is a user who owns nothing.
const nobody = 65534

// openAsNobody returns the error for a user who may not write anything.
func openAsNobody(path string) error {
	if os.Geteuid() == 0 {
		if err := syscall.Setuid(nobody); err != nil {
			return err
		}
	}
	_, err := sqlite.Open(path)
	fmt.Println(err)
	_, err = sqlite.Lock(filepath.Join(filepath.Dir(path), "digestbot.lock"))
	fmt.Println(err)
	l, err := sqlite.Read(context.Background(), path)
	if err == nil {
		defer func() { _ = l.Close() }()
		_, err = l.Revision(context.Background())
	}
	fmt.Println(err)
	return nil
}

// TestReadOnly: without permission to write the ledger, its folder or its mark, the error
// says so, and nothing is changed.
func TestReadOnly(t *testing.T) {
	for _, tc := range []struct {
		name       string
		file, mark os.FileMode // 0: there is none
		want       string
		reads      string // error of Read
	}{
		{"a new one", 0, 0, "the file cannot be created, is the folder writable?", "the file is gone"},
		{"one that may be read", 0o444, 0, "the file or its folder cannot be written", "<nil>"},
		{"one that may not be read", 0o400, 0, "the file or its folder cannot be written", "unable to open database file"},
		{"a mark that may be read", 0o444, 0o444, "the mark beside the file cannot be read and written", "<nil>"},
		{"a file that may be written, in a folder that may not", 0o666, 0o666, "the file or its folder cannot be written", "<nil>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "ledger.db")
			if tc.file != 0 {
				if err := open(t, path).Close(); err != nil {
					t.Fatal(err)
				}
				if tc.mark == 0 {
					remove(t, path+".mark")
				} else if err := os.Chmod(path+".mark", tc.mark); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, tc.file); err != nil {
					t.Fatal(err)
				}
			}
			for at, mode := folder, os.FileMode(0o555); at != os.TempDir() && at != "/"; at, mode = filepath.Dir(at), 0o755 {
				if err := os.Chmod(at, mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { _ = os.Chmod(folder, 0o755) })
			child := start(t, "nobody", path)
			if got := child.line(t); !strings.HasPrefix(got, "ledger") || !strings.Contains(got, tc.want) {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
			if got := child.line(t); !strings.HasPrefix(got, "ledger lock: ") || !strings.Contains(got, "is the folder writable?") {
				t.Errorf("of the lock it says %q", got)
			}
			if got := child.line(t); !strings.Contains(got, tc.reads) {
				t.Errorf("when it looks it says %q, want %q", got, tc.reads)
			}
		})
	}
}
