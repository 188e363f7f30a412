package sqlite_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// contents returns the files of a folder.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

// A reader of a ledger sees its content, beside a writer or alone, and leaves the folder
// unchanged.
func TestRead(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "ledger.db")
	if sqlite.Exists(path) {
		t.Error("there is a ledger in an empty folder")
	}
	if l, err := sqlite.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "the file is gone or empty") {
		t.Errorf("no ledger is read as %v, %v", l, err)
	}
	if got := contents(t, folder); len(got) > 0 {
		t.Errorf("looking has left %v", got)
	}

	writer := open(t, path)
	team := chat.Channel{Adapter: "p", ID: "team @everyone"}
	x := ledger.NewDelivery("one", "晨报", team, time.Now())
	if _, err := writer.Plan(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		l, err := sqlite.Read(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		if found, err := l.List(t.Context(), ledger.Query{}); err != nil || len(found) != 1 || found[0].Title != "晨报" {
			t.Errorf("found %+v, %v", found, err)
		}
		if _, err := l.Pause(t.Context(), ledger.Pause{Channel: team, At: time.Now()}); err == nil || !strings.Contains(err.Error(), "opened to look at it") {
			t.Errorf("a change ends with %v", err)
		}
	}
	look()
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, folder)
	look()
	if after := contents(t, folder); !maps.Equal(before, after) {
		t.Errorf("looking has changed the folder from %d to %d files, or what they hold", len(before), len(after))
	}
	remove(t, path)
	if !sqlite.Exists(path) {
		t.Error("a ledger that is gone is not missed")
	}
}

// A file of an older format has to be migrated first, and one that is not a ledger is
// refused as by Open.
func TestReadOnlyWhatIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	raw(t, path, format6(t), "PRAGMA application_id = 0x64626f74; PRAGMA user_version = 6")
	if l, err := sqlite.Read(t.Context(), path); !errors.Is(err, sqlite.ErrOlder) {
		t.Errorf("got %v, %v", l, err)
	}
	raw(t, path, "PRAGMA user_version = 99")
	if l, err := sqlite.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "a newer digestbot has written the file") {
		t.Errorf("got %v, %v", l, err)
	}
	raw(t, path, "PRAGMA application_id = 7")
	if l, err := sqlite.Read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "the database of another program") {
		t.Errorf("got %v, %v", l, err)
	}
}
