package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// enter plans a delivery of a digest.
func enter(t *testing.T, l *sqlite.Ledger, digest string) {
	t.Helper()
	d := ledger.NewDelivery(digest, "Morning 晨报", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// TestBackup: a copy that is made while others write is a snapshot, belongs only to its
// owner, and overwrites nothing.
func TestBackup(t *testing.T) {
	folder := t.TempDir()
	l := open(t, filepath.Join(folder, "ledger.db"))
	defer func() { _ = l.Close() }()
	enter(t, l, "first")

	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			pair := []ledger.Delivery{
				ledger.NewDelivery(fmt.Sprint("left ", i), "", chat.Channel{Adapter: "web", ID: "left"}, time.Now()),
				ledger.NewDelivery(fmt.Sprint("right ", i), "", chat.Channel{Adapter: "web", ID: "right"}, time.Now()),
			}
			if _, err := l.Plan(nocontext, pair...); err != nil {
				t.Error(err)
				return
			}
		}
	})
	to := filepath.Join(folder, "backup 1.db")
	if err := l.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writing.Wait()

	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 5 { // the ledger with its -wal, -shm and .mark, and the copy
		t.Errorf("the folder holds %v, %v", left, err)
	}
	before, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Backup(t.Context(), to); err == nil || !strings.Contains(err.Error(), "the file already exists; name another") {
		t.Errorf("over a file: got error %v", err)
	}
	if after, err := os.ReadFile(to); err != nil || string(after) != string(before) {
		t.Errorf("the file was written over, %v", err)
	}
	if err := l.Backup(t.Context(), filepath.Join(folder, "none", "backup.db")); err == nil || !strings.Contains(err.Error(), "is the folder there and writable?") {
		t.Errorf("into no folder: got error %v", err)
	}

	kept := open(t, to)
	defer func() { _ = kept.Close() }()
	all, err := kept.List(t.Context(), ledger.Query{Limit: -1})
	if err != nil || len(all)%2 != 1 || all[len(all)-1].Digest != "first" {
		t.Errorf("the copy has %d rows and error %v, want the first one and pairs", len(all), err)
	}
}

// TestBackupOfDamage: a damaged ledger is not backed up.
func TestBackupOfDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	for i := range 200 {
		enter(t, l, fmt.Sprint(i))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(strings.Repeat("\xff", 3*4096)), end-4*4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path)
	defer func() { _ = l.Close() }()
	to := filepath.Join(t.TempDir(), "backup.db")
	if err := l.Backup(t.Context(), to); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got error %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// TestBehind: a ledger that is older than the one that it replaces knows so, whoever opens
// it first, until someone has dealt with it.
func TestBehind(t *testing.T) {
	for _, tc := range []struct {
		name string
		// restore puts the older state in place of the newer one.
		restore func(t *testing.T, path, backup string)
		more    bool // whether there was more after the backup
		want    bool
	}{
		{"the newest", func(*testing.T, string, string) {}, true, false},
		{"a backup", restore, true, true},
		{"a backup, nothing came after it", restore, false, false},
		{"a backup on another machine", func(t *testing.T, path, backup string) {
			restore(t, path, backup)
			remove(t, path+".mark")
		}, true, true},
		{"the last commits are lost", func(t *testing.T, path, _ string) { remove(t, path+"-wal") }, true, true},
		{"a mark that lags", func(t *testing.T, path, _ string) {
			text, err := os.ReadFile(path + ".mark")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+".mark", []byte(strings.Replace(string(text), "3\n", "1\n", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, true, false},
		{"a mark that was not written", func(t *testing.T, path, _ string) {
			if err := os.Truncate(path+".mark", 0); err != nil {
				t.Fatal(err)
			}
		}, true, false},
		{"the newest, of an older format", func(t *testing.T, path, _ string) { raw(t, path, "DROP TABLE revision", "PRAGMA user_version = 6") }, true, false},
		{"a backup of an older format", func(t *testing.T, path, backup string) {
			restore(t, path, backup)
			raw(t, path, "DROP TABLE revision", "PRAGMA user_version = 6")
		}, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path, backup := filepath.Join(t.TempDir(), "ledger.db"), filepath.Join(t.TempDir(), "backup.db")
			l := open(t, path)
			enter(t, l, "first")
			enter(t, l, "second")
			if err := l.Backup(t.Context(), backup); err != nil {
				t.Fatal(err)
			}
			if tc.more {
				enter(t, l, "third")
			}
			killed := filepath.Join(t.TempDir(), "ledger.db") // as a killed process leaves it
			for _, suffix := range []string{"", "-wal", ".mark"} {
				replace(t, killed+suffix, path+suffix)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			tc.restore(t, killed, backup)
			if look, err := sqlite.Read(t.Context(), killed); !errors.Is(err, sqlite.ErrOlder) {
				if err != nil {
					t.Fatal(err)
				}
				if got, err := look.Recognised(t.Context()); got != tc.want || err != nil {
					t.Errorf("looked at: behind %t, %v, want %t", got, err, tc.want)
				}
				if err := look.Close(); err != nil {
					t.Fatal(err)
				}
			}
			for round, want := range []bool{tc.want, tc.want, false} {
				l := open(t, killed)
				if got := l.Behind(); got != want {
					t.Errorf("opened for the %d. time: behind %t, want %t", round+1, got, want)
				}
				enter(t, l, fmt.Sprint("more ", round)) // which does not hide it
				if round == 1 {
					if err := l.CaughtUp(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestStrayLog: a backup is not mixed with what a killed process has left.
func TestStrayLog(t *testing.T) {
	path, backup, killed := filepath.Join(t.TempDir(), "ledger.db"), filepath.Join(t.TempDir(), "backup.db"), filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	enter(t, l, "first")
	if err := l.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	enter(t, l, "second")
	replace(t, killed+"-wal", path+"-wal")
	replace(t, killed+".mark", path+".mark")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	replace(t, killed, backup)
	if _, err := sqlite.Open(killed); err == nil || !strings.Contains(err.Error(), "the log of the old file is still there: remove ledger.db-wal and ledger.db-shm") {
		t.Fatalf("got error %v", err)
	}
	remove(t, killed+"-wal")
	l = open(t, killed)
	defer func() { _ = l.Close() }()
	if all, err := l.List(t.Context(), ledger.Query{}); err != nil || len(all) != 1 || !l.Behind() {
		t.Errorf("%d rows, behind %t, %v", len(all), l.Behind(), err)
	}
}

// restore replaces a ledger with a backup, as described in .github/docs/operating.md.
func restore(t *testing.T, path, backup string) {
	replace(t, path, backup)
	remove(t, path+"-wal")
}

// replace puts a copy of a file at path.
func replace(t *testing.T, path, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
