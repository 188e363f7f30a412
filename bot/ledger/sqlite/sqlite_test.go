package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/ledgertest"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

func TestLedger(t *testing.T) {
	root := t.TempDir()
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		return open(t, filepath.Join(root, filepath.FromSlash(t.Name()), "ledger.db"))
	})
}

// open opens a ledger that must open; the caller closes it.
func open(t testing.TB, path string) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// nocontext is for writes that no test interrupts.
var nocontext = context.Background()

// raw runs statements on a file, bypassing the ledger.
func raw(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOpenErrors: the error for a file that cannot be opened says what to do, and the file
// is left unchanged.
func TestOpenErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(t *testing.T, path string)
		want string
	}{
		{"a text", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("a text, not a database\n", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "the file is not an SQLite database; put the ledger or its newest backup in its place"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "is a folder, not a file"},
		{"a newer format", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			raw(t, path, "PRAGMA user_version = 999")
		}, "a newer digestbot has written the file (format 999, this one knows "},
		{"another program's", func(t *testing.T, path string) {
			raw(t, path, "CREATE TABLE bookmarks (url TEXT)")
		}, "the file is the database of another program"},
		{"another program's, empty", func(t *testing.T, path string) {
			raw(t, path, "PRAGMA application_id = 42")
		}, "the file is the database of another program"},
		{"damaged", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < 4096; i++ { // the schema, after the file's header
				data[i] = 0xff
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "the file is damaged; stop digestbot and put its newest backup in its place"},
		{"gone", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, "the file is gone or empty, although there was a ledger: put it or its newest backup back; to begin anew, as if nothing had been posted, remove ledger.db.mark too"},
		{"emptied", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}, "the file is gone or empty"},
		{"another ledger", func(t *testing.T, path string) {
			for _, path := range []string{path, path + ".other"} {
				if err := open(t, path).Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Rename(path+".other", path); err != nil {
				t.Fatal(err)
			}
		}, "it is not the ledger that was here before"},
		{"damaged mark", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+".mark", []byte("a text"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "ledger.db.mark beside the file is damaged: if the file is the right ledger, remove that mark"},
		{"read only", func(t *testing.T, path string) {
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, 0o400); err != nil {
				t.Fatal(err)
			}
		}, "the file or its folder cannot be written"},
	} {
		if tc.name == "read only" && os.Geteuid() == 0 {
			continue // root may write everything
		}
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			tc.make(t, path)
			before, _ := os.ReadFile(path) // a folder has no content
			l, err := sqlite.Open(path)
			if err == nil {
				_ = l.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "ledger") || !strings.Contains(err.Error(), path) {
				t.Fatalf("got error %v, want %q and the path", err, tc.want)
			}
			if strings.Count(err.Error(), path) != 1 {
				t.Errorf("the error names the path more than once: %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}

	t.Run("no folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(filepath.Join(file, "var", "ledger.db")); err == nil || !strings.Contains(err.Error(), "cannot be created") {
			t.Errorf("got error %v", err)
		}
		if _, err := sqlite.Lock(filepath.Join(file, "digestbot.lock")); err == nil || !strings.Contains(err.Error(), "ledger lock: ") {
			t.Errorf("got error %v", err)
		}
	})

	t.Run("folder that cannot be written", func(t *testing.T) {
		if os.Geteuid() == 0 {
			return // root may write everything
		}
		folder := filepath.Join(t.TempDir(), "var")
		if err := os.Mkdir(folder, 0o500); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(filepath.Join(folder, "ledger.db")); err == nil || !strings.Contains(err.Error(), "the file cannot be created, or its folder cannot be written; see that") {
			t.Errorf("got error %v", err)
		}
	})

	t.Run("lock that is no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "digestbot.lock")
		if err := os.WriteFile(path, []byte(strings.Repeat("a text, not a database\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Lock(path); err == nil || !strings.Contains(err.Error(), "the file is not an SQLite database") {
			t.Errorf("got error %v", err)
		}
	})
}

// TestFiles: the files belong only to their owner, and no name is too strange.
func TestFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "var", "état 状态 %20 #1 & a=b")
	path := filepath.Join(folder, "ledger 100%.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
}

// TestClosed: a closed ledger is one file, which can be moved.
func TestClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !l.Fresh() {
		t.Error("a new ledger is not said to be one")
	}
	moved := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	l = open(t, moved)
	defer func() { _ = l.Close() }()
	if l.Fresh() {
		t.Error("a ledger that was moved is said to be a new one")
	}
	if _, err := l.Get(t.Context(), d.Key); err != nil {
		t.Error(err)
	}
}

// TestPayloadsWrittenOnce: a change of state does not write payloads again.
func TestPayloadsWrittenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := d.Freeze([]chat.Payload{chat.Payload("{}")}); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	raw(t, path,
		"CREATE TRIGGER insert_again BEFORE INSERT ON payloads BEGIN SELECT RAISE(ABORT, 'a payload was inserted'); END",
		"CREATE TRIGGER update_again BEFORE UPDATE ON payloads BEGIN SELECT RAISE(ABORT, 'a payload was updated'); END")
	d.Promise(time.Now())
	if err := l.Save(t.Context(), &d); err != nil {
		t.Error(err)
	}
}

// TestTimeOutOfRange: a time that the file cannot represent is refused, not altered.
func TestTimeOutOfRange(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer func() { _ = l.Close() }()
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, err := l.Plan(t.Context(), d); err == nil || !strings.Contains(err.Error(), "outside the years 1678 to 2262") {
		t.Errorf("got error %v", err)
	}
	if _, err := l.Get(t.Context(), d.Key); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, ledger.ErrNotFound)
	}
}

// TestDiskFull: a promise that cannot be saved is an error, and the row stays unchanged.
func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	d := ledger.NewDelivery("2026-11-23", "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
	if _, err := l.Plan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Fill(l); err != nil {
		t.Fatal(err)
	}
	full := d
	if err := full.Freeze([]chat.Payload{make(chat.Payload, 1<<20)}); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(t.Context(), &full); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got error %v", err)
	}
	got, err := l.Get(t.Context(), d.Key)
	if err != nil || len(got.Parts) != 0 || got.Version != d.Version {
		t.Errorf("got %d parts in version %d and error %v, want none in version %d", len(got.Parts), got.Version, err, d.Version)
	}
	d.Skip("not wanted", time.Now())
	if err := l.Save(t.Context(), &d); err != nil {
		t.Errorf("a small write after that: %v", err)
	}
}

// filled returns a ledger with many ended deliveries.
func filled(b *testing.B, ended int) *sqlite.Ledger {
	l := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	b.Cleanup(func() { _ = l.Close() })
	now := time.Now()
	var many []ledger.Delivery
	for i := range ended {
		d := ledger.NewDelivery(fmt.Sprint("old", i), "Morning", chat.Channel{Adapter: "web", ID: fmt.Sprint(i % 50)}, now)
		d.Skip("not wanted", now)
		many = append(many, d)
	}
	if _, err := l.Plan(b.Context(), many...); err != nil {
		b.Fatal(err)
	}
	return l
}

// frozen returns a planned delivery of two parts of 4 KiB.
func frozen(b *testing.B, l *sqlite.Ledger, digest string) ledger.Delivery {
	d := ledger.NewDelivery(digest, "Morning", chat.Channel{Adapter: "web", ID: digest}, time.Now())
	part := chat.Payload(strings.Repeat("晨", 4096/3))
	if err := d.Freeze([]chat.Payload{part, part}); err != nil {
		b.Fatal(err)
	}
	if _, err := l.Plan(b.Context(), d); err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkSave saves changes of state one after the other, each durable.
func BenchmarkSave(b *testing.B) {
	l := filled(b, 10_000)
	d := frozen(b, l, "new")
	for b.Loop() {
		d.Promise(time.Now())
		if err := l.Save(b.Context(), &d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSync is the floor of BenchmarkSave: small appends one after the other, each
// synced.
func BenchmarkSync(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	line := make([]byte, 128)
	for b.Loop() {
		if _, err := file.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlan plans deliveries one after the other, each durable.
func BenchmarkPlan(b *testing.B) {
	l := filled(b, 10_000)
	for i := 0; b.Loop(); i++ {
		d := ledger.NewDelivery(fmt.Sprint("new", i), "Morning", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
		if _, err := l.Plan(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDue looks for work among many that have ended: none, then some.
func BenchmarkDue(b *testing.B) {
	for _, waiting := range []int{0, 10} {
		b.Run(fmt.Sprint(waiting, " wait"), func(b *testing.B) {
			l := filled(b, 20_000)
			for i := range waiting {
				frozen(b, l, fmt.Sprint("new", i))
			}
			for b.Loop() {
				if got, err := l.Due(b.Context(), time.Now()); err != nil || len(got) != waiting {
					b.Fatalf("got %d and error %v, want %d", len(got), err, waiting)
				}
			}
		})
	}
}

// BenchmarkSlotOfDeliveries queries the outcome of a slot, as each plan does.
func BenchmarkSlotOfDeliveries(b *testing.B) {
	l := filled(b, 20_000)
	d := frozen(b, l, "new")
	d.Subscription, d.Slot = "morning", time.Now()
	if err := l.Save(b.Context(), &d); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		got, err := l.List(b.Context(), ledger.Query{Subscription: "morning", Slot: d.Slot, Limit: 1000})
		if err != nil || len(got) != 1 {
			b.Fatalf("got %d and error %v, want 1", len(got), err)
		}
	}
}
