package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// A ledger moves from the file to a database: what was posted is not posted again, neither
// from the database nor from the remaining file.
func TestCopyState(t *testing.T) {
	database := postgrestest.Start(t).Database(t)
	folder := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	digestbot := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
		if got := run(t.Context(), p, append([]string{"--config", filepath.Join(folder, "config.toml")}, args...)); got != want {
			t.Fatalf("%q ended with %d, want %d:\n%s", args, got, want, &out)
		}
		return out.String()
	}
	says := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("it says\n%s\nwant %s", got, want)
		}
	}
	const rest = "[library]\npath = \"library\"\n[adapters.web]\n[[subscription]]\nname = \"晨报 @everyone\"\nchannels = [\"web:general\"]\n"
	inFile := "state = \"var\"\n" + rest
	write("config.toml", inFile)
	for _, day := range []string{"2026-01-05", "2026-01-06"} {
		write("library/"+day+"-news.md", "---\ntitle: 晨报 @everyone 👩‍👩‍👧 "+day+"\ndate: "+day+"\n---\n\n### Go 1.27\n\nIt is out.\n\n**Source:** [go.dev](https://go.dev/)\n")
	}
	digestbot(0, "send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-05-news.md"))
	digestbot(0, "ask", "--as", "web:general", "/digest pause")
	listed, record := digestbot(0, "deliveries"), digestbot(0, "record")
	says(listed, "晨报")

	says(digestbot(1, "copy-state"), "there is no database: name it with --to")
	says(digestbot(0, "copy-state", "--from", filepath.Join(folder, "var", "digestbot.db"), "--to", database), "(deliveries: 1)")
	says(digestbot(1, "copy-state", "--from", filepath.Join(folder, "var", "digestbot.db"), "--to", database), "it was copied to a database")
	says(digestbot(1, "send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-05-news.md")), "it was copied to a database, which knows what was posted since")

	write("database", database)
	write("config.toml", "[state]\npath = \"var\"\nurl_file = \"database\"\n"+rest)
	if got := digestbot(0, "deliveries"); got != listed {
		t.Errorf("listed are\n%s\nand were\n%s", got, listed)
	}
	if got := digestbot(0, "record"); got != record {
		t.Errorf("the record is\n%s\nand was\n%s", got, record)
	}
	says(digestbot(1, "send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-06-news.md")), "is paused by")
	digestbot(0, "ask", "--as", "web:general", "/digest resume")
	says(digestbot(1, "send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-05-news.md")), "--again")
	digestbot(0, "send", "--to", "web:general", filepath.Join(folder, "library", "2026-01-06-news.md"))

	// A file is copied once, and only to a database without deliveries.
	old := filepath.Join(folder, "var", "digestbot.db")
	if err := os.Rename(old+".moved", old); err != nil {
		t.Fatal(err)
	}
	says(digestbot(1, "copy-state", "--from", old), "deliveries")
}
