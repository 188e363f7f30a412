package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/subscription"
)

// settingRows are the rows of the documentation's table of keys.
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

// settingLines are the lines of the config.toml that ships with the bot.
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

// The documentation's table and the config.toml that ships with the bot have each setting
// as the table of settings does; -update writes them.
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

// The file knows each setting of the table: a line of it is all that the keys of
// config.toml, their errors and their defaults need.
func TestFileKnowsEverySetting(t *testing.T) {
	shipped, err := os.ReadFile(filepath.Join("..", "..", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(shipped)
	const table = "[library]\nname = \"news\"\npath = \"digests\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"
	read := func(line string) (subscription.Subscription, error) {
		c, err := parseConfig("config.toml", []byte(table+line+"\n"), adapters.Kinds)
		if err != nil {
			return subscription.Subscription{}, err
		}
		return c.Subscriptions[0], nil
	}
	named := subscription.Names{Libraries: []string{"news"}}
	for _, of := range subscription.Settings {
		t.Run(of.Name, func(t *testing.T) {
			line := of.Key + " = " + of.Example
			got, err := read(line)
			if err != nil {
				t.Fatal(err)
			}
			spec := subscription.Spec{}
			spec.Put(of.Name, strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(of.Example))
			want, problems := spec.Subscription(named)
			want.Name, want.Channels, want.Mention = got.Name, got.Channels, got.Mention
			if len(spec) != 1 || len(problems) > 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("%s is read as %+v, want %+v (%v)", line, got, want, problems)
			}
			if empty, err := read(""); err != nil || reflect.DeepEqual(got, empty) == (of.Example != fmt.Sprintf("%q", of.Default) && of.Example != of.Default) {
				t.Errorf("%s is read as %+v, and nothing as %+v (%v), the default is %q", line, got, empty, err, of.Default)
			}
			if of.Default != "" {
				if spec := (subscription.Spec{}); !spec.Put(of.Name, of.Default) {
					t.Errorf("the default %q cannot be read", of.Default)
				} else if s, problems := spec.Subscription(named); len(problems) > 0 {
					t.Errorf("the default %q is read as %+v, %v", of.Default, s, problems)
				} else if d, _ := (subscription.Spec{}).Subscription(named); !reflect.DeepEqual(s, d) {
					t.Errorf("the default %q is read as %+v, want %+v", of.Default, s, d)
				}
			}

			leaf := of.Key[strings.LastIndex(of.Key, ".")+1:]
			for wrong, want := range map[string]string{
				of.Key + " = 1.5":            "subscription." + of.Key + ": it must be " + typeName(reflect.TypeOf(of.Zero)) + ", for example " + leaf + " = " + of.Example,
				of.Key + "x = " + of.Example: "subscription." + of.Key + "x: there is no such key: did you mean " + leaf + "?",
			} {
				_, err := read(wrong)
				if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "config.toml:7:") {
					t.Errorf("%s: %v, want %q on line 7", wrong, err, want)
				}
			}
			choices := len(of.Choices) > 0 && of.Zero == ""
			if _, err := read(of.Key + ` = "@everyone"`); choices && (err == nil || !strings.HasPrefix(err.Error(), "config.toml:7:1: subscription."+of.Key+": ") || !strings.Contains(err.Error(), of.Choices[len(of.Choices)-1])) {
				t.Errorf("a wrong choice: %v", err)
			}
			text = strings.Replace(text, "\n# "+line, "\n"+line, 1)
			if !strings.Contains(text, "\n"+line) {
				t.Errorf("the config.toml that ships with the bot has no %s", line)
			}
		})
	}
	// All that the file offers can be put in force together.
	text = strings.Replace(text, "\n# name = \"news\"", "\nname = \"news\"", 1)
	c, err := parseConfig("config.toml", []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Subscriptions[0]; !s.Picture || !s.Publish || s.OnEmpty != subscription.NoticeOnEmpty || len(s.Match.None) != 1 {
		t.Errorf("all of it is read as %+v", s)
	}
}
