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

// TestDamagedFile: a room whose file is damaged is refused when it is opened or
// checked, with words that say what to do; a whole one passes.
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
		"another program's": {func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			execute(t, path, "CREATE TABLE bookmarks (url TEXT)")
		}, "the file is the database of another program"},
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
