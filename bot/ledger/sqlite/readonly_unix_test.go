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

// remedy is documented in .github/docs/operating.md.
const remedy = "; see that the user who runs digestbot may write them: "

// TestReadOnly: without permission to write the ledger, its folder, its mark or its lock,
// the error says so and names the remedy, and nothing is changed.
func TestReadOnly(t *testing.T) {
	const closed, writable = 0o555, 0o777 // folders
	for _, tc := range []struct {
		name             string
		folder           os.FileMode
		file, mark, lock os.FileMode // 0: there is none
		want             string
		locks            string // error of Lock
		reads            string // error of Read
	}{
		{"a new one", closed, 0, 0, 0, "the file cannot be created, or its folder cannot be written", "the file cannot be created", "the file is gone"},
		{"one that may be read", closed, 0o444, 0, 0, "the file or its folder cannot be written", "the file cannot be created", "<nil>"},
		{"one that may not be read", closed, 0o400, 0, 0, "the file or its folder cannot be written", "the file cannot be created", "unable to open database file"},
		{"a mark that may be read", closed, 0o444, 0o444, 0o444, "the mark beside the file cannot be read and written", "the file or its folder cannot be written", "<nil>"},
		{"files that may be written, in a folder that may not", closed, 0o666, 0o666, 0o666, "the file or its folder cannot be written", "<nil>", "<nil>"},
		{"a file that may be read, in a folder that may be written", writable, 0o444, 0o666, 0o444, "the file or its folder cannot be written", "the file or its folder cannot be written", "<nil>"},
		{"a mark that may be read, in a folder that may be written", writable, 0o666, 0o444, 0o666, "the mark beside the file cannot be read and written", "<nil>", "<nil>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "ledger.db")
			if tc.file != 0 {
				if err := open(t, path).Close(); err != nil {
					t.Fatal(err)
				}
			}
			if tc.lock != 0 {
				write(t, filepath.Join(folder, "digestbot.lock"), nil)
			}
			for name, mode := range map[string]os.FileMode{"ledger.db": tc.file, "ledger.db.mark": tc.mark, "digestbot.lock": tc.lock} {
				if mode == 0 {
					remove(t, filepath.Join(folder, name))
				} else if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
					t.Fatal(err)
				}
			}
			for at, mode := folder, tc.folder; at != os.TempDir() && at != "/"; at, mode = filepath.Dir(at), 0o755 {
				if err := os.Chmod(at, mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { _ = os.Chmod(folder, 0o755) })
			child := start(t, "nobody", path)
			if got := child.line(t); !strings.HasPrefix(got, "ledger") || !strings.Contains(got, tc.want) || !strings.Contains(got, remedy) {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
			if got := child.line(t); !strings.Contains(got, tc.locks) || tc.locks != "<nil>" && (!strings.HasPrefix(got, "ledger lock") || !strings.Contains(got, remedy)) {
				t.Errorf("of the lock it says %q, want %q", got, tc.locks)
			}
			if got := child.line(t); !strings.Contains(got, tc.reads) {
				t.Errorf("when it looks it says %q, want %q", got, tc.reads)
			}
		})
	}
}
