package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/subscription"
)

// settingRows returns the rows of the settings in the documentation's table of keys.
func settingRows() (rows string) {
	for _, of := range subscription.Settings {
		fallback := of.None
		switch of.Zero.(type) {
		case string:
			if of.Default != "" {
				fallback = fmt.Sprintf("`%q`", of.Default)
			}
		case bool:
			fallback = "`" + strconv.FormatBool(of.Default != "") + "`"
		case int:
			fallback = "`" + of.Default + "`"
		}
		rows += fmt.Sprintf("| `subscription.%s` | %s | %s |\n", of.Key, of.Doc, fallback)
	}
	return rows
}

// settingLines returns the lines of the settings in the config.toml that ships with the
// bot.
func settingLines() (lines string) {
	for _, of := range subscription.Settings {
		line := of.Key + " = " + of.Example
		if !of.Shipped {
			line = "# " + line
		}
		if of.Note != "" {
			line += strings.Repeat(" ", max(26-utf8.RuneCountInString(line), 0)) + " # " + of.Note
		}
		lines += line + "\n"
	}
	return lines
}

// The documentation's table and the config.toml that ships with the bot match the table of
// settings; -update writes them.
func TestSettingsAreDocumented(t *testing.T) {
	for _, x := range []struct{ file, behind, before, want string }{
		{".github/docs/configuration.md", "\n| `subscription.mention` |", "| `adapters.NAME.kind` |", settingRows()},
		{"config.toml", "\n# mention =", "", settingLines()},
	} {
		path := filepath.Join("..", "..", x.file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, ok := strings.Cut(string(data), x.behind)
		row, rest, ok2 := strings.Cut(rest, "\n")
		end := strings.Index(rest, x.before)
		if x.before == "" {
			end = len(rest)
		}
		if !ok || !ok2 || end < 0 {
			t.Fatalf("%s has no %q before %q", x.file, x.behind, x.before)
		}
		if rest[:end] == x.want {
			continue
		}
		if *update {
			if err := os.WriteFile(path, []byte(head+x.behind+row+"\n"+x.want+rest[end:]), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s has\n%swant (-update writes it)\n%s", x.file, rest[:end], x.want)
	}
}
