package web

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
)

// TestDamagedFile: a damaged file is refused when it is opened or checked, and
// the error says what to do; an intact one passes.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	a := openIn(t, dir)
	payload := chat.Payload(`{"title":{"label":"` + strings.Repeat("晨", 2000) + `"}}`)
	for i := range 50 {
		if _, err := a.Send(t.Context(), chat.Channel{Adapter: "web", ID: "general"}, payload, chat.Key("k"+string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Check(t.Context()); err != nil {
		t.Fatalf("a whole file is refused: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "web.db"))
	if err != nil {
		t.Fatal(err)
	}
	const advice = "the file is damaged; stop digestbot and put a copy of it in its place, or move it away"
	for name, c := range map[string]struct {
		harm func(t *testing.T, path string)
		want string
	}{
		"whole": {func(*testing.T, string) {}, ""},
		"a page of zeros": {func(t *testing.T, path string) {
			harmed := bytes.Clone(whole)
			clear(harmed[len(harmed)-4096:])
			clear(harmed[4096*3 : 4096*5])
			writeFile(t, path, harmed)
		}, advice},
		"cut":    {func(t *testing.T, path string) { writeFile(t, path, whole[:len(whole)/2]) }, advice},
		"a text": {func(t *testing.T, path string) { writeFile(t, path, bytes.Repeat([]byte("no database "), 100)) }, advice},
		"a trigger is gone": {func(t *testing.T, path string) {
			execute(t, path, "DROP TRIGGER message_edited")
		}, advice},
		"a table is gone": {func(t *testing.T, path string) {
			execute(t, path, "DROP TABLE change")
		}, advice},
		"the messages are gone": {func(t *testing.T, path string) {
			execute(t, path, "DROP TABLE message")
		}, advice},
		"a newer one": {func(t *testing.T, path string) {
			execute(t, path, "PRAGMA user_version = 99")
		}, "a newer digestbot has written the file (format 99, this one knows "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "web.db")
			writeFile(t, path, whole)
			c.harm(t, path)
			err := func() error {
				env := chat.Env{Name: "web", Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: dir}
				a, err := Open(env, Config{})
				if err != nil {
					return err
				}
				defer func() { _ = a.Close() }()
				return a.Check(context.Background())
			}()
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)):
				t.Errorf("error %v, want %q and the path", err, c.want)
			}
		})
	}
}

// TestFileThatIsNoRoom: anything at the file's path that is not a web room is
// refused with an error that says what it is and what to do, and is not changed.
func TestFileThatIsNoRoom(t *testing.T) {
	const begins = "the web room then begins empty, and nothing is posted again"
	database := func(statements string) func(*testing.T, string) {
		return func(t *testing.T, path string) { execute(t, path, statements) }
	}
	const other = "the file is another database, not a web room's"
	for name, c := range map[string]struct {
		put  func(t *testing.T, path string)
		want string
	}{
		"another program's, no version":     {database("CREATE TABLE bookmarks (url TEXT)"), other},
		"another program's, an old version": {database("CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 2"), other},
		"another program's, our version":    {database("CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 3"), other},
		"another program's, a high version": {database("CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 99"), other},
		"one that another program marked":   {database("CREATE TABLE change (at INTEGER); PRAGMA application_id = 7; PRAGMA user_version = 99"), other},
		"a mark without tables":             {database("PRAGMA application_id = 7; PRAGMA user_version = 1"), other},
		"a chat program's":                  {database("CREATE TABLE message (id INTEGER); CREATE TABLE session (id INTEGER); PRAGMA user_version = 3"), other},
		"a folder": {func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, "it is a folder, not a file; move it away: " + begins},
		"a link to a folder": {func(t *testing.T, path string) {
			if err := os.Symlink(t.TempDir(), path); err != nil {
				t.Fatal(err)
			}
		}, "it is a folder, not a file; move it away: " + begins},
		"a dead link": {func(t *testing.T, path string) {
			if err := os.Symlink(filepath.Join("absent", "room.db"), path); err != nil {
				t.Fatal(err)
			}
		}, "it is a link to " + filepath.Join("absent", "room.db") + ", which does not exist; create that file, even an empty one, or remove the link: " + begins},
		"a device": {func(t *testing.T, path string) {
			if err := os.Symlink(os.DevNull, path); err != nil {
				t.Fatal(err)
			}
		}, "it is not a regular file; move it away: " + begins},
		"a folder beside it": {func(t *testing.T, path string) {
			if err := os.Mkdir(path+"-wal", 0o700); err != nil {
				t.Fatal(err)
			}
		}, "; see that the disk is well, and that none of them is a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "web.db")
			c.put(t, path)
			before, _ := os.ReadFile(path)
			env := chat.Env{Name: "web", Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: dir}
			a, err := Open(env, Config{})
			if err == nil {
				_ = a.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path", err, c.want)
			}
			if after, _ := os.ReadFile(path); len(before) > 0 && !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}

	// The state folder is a file.
	dir := filepath.Join(t.TempDir(), "state")
	writeFile(t, dir, nil)
	env := chat.Env{Name: "web", Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, State: dir}
	if _, err := Open(env, Config{}); err == nil || !strings.Contains(err.Error(), "its folder cannot be created; check that it is not a file, and that the user who runs digestbot may create it") {
		t.Errorf("a folder that is a file: %v", err)
	}
}

// TestLinkToAFile: the path may be a link.
func TestLinkToAFile(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(t.TempDir(), "room.db")
	writeFile(t, there, nil)
	if err := os.Symlink(there, filepath.Join(dir, "web.db")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := openIn(t, dir).Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
