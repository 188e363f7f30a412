package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/subscription"
)

// The file accepts every setting of the table: an entry there is enough for a key of
// config.toml, its errors and its default.
func TestFileKnowsEverySetting(t *testing.T) {
	shipped, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(shipped)
	const table = "[library]\nname = \"news\"\npath = \"digests\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"
	read := func(line string) (subscription.Subscription, error) {
		c, err := Parse("config.toml", []byte(table+line+"\n"), adapters.Kinds)
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
	// All keys that the file offers can be in force together.
	text = strings.Replace(text, "\n# name = \"news\"", "\nname = \"news\"", 1)
	c, err := Parse("config.toml", []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Subscriptions[0]; !s.Picture || !s.Publish || s.OnEmpty != subscription.NoticeOnEmpty || len(s.Match.None) != 1 {
		t.Errorf("all of it is read as %+v", s)
	}
}

// The table of keys in .github/docs has exactly the keys of the configuration.
func TestConfigurationHasEveryKey(t *testing.T) {
	want := slices.Concat(keysOf(reflect.TypeFor[file](), ""), keysOf(reflect.TypeFor[libraryTable](), "library."), keysOf(reflect.TypeFor[subscriptionTable](), "subscription."))
	for _, of := range subscription.Settings {
		want = append(want, "subscription."+of.Key)
	}
	want = append(want, "adapters.NAME.kind")
	for _, k := range adapters.Kinds {
		want = append(want, keysOf(reflect.TypeOf(k.Config()).Elem(), "adapters."+k.Name+".")...)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", ".github", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.A-Z]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the page has the keys\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func keysOf(t reflect.Type, prefix string) (keys []string) {
	for _, f := range reflect.VisibleFields(t) {
		if f.Tag.Get("toml") == "" {
			continue // read separately
		}
		key := prefix + f.Tag.Get("toml")
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, keysOf(inner, key+".")...)
		} else {
			keys = append(keys, key)
		}
	}
	return keys
}
