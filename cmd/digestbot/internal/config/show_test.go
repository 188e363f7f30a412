package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
)

// TestShow: the output of Show parses to the same configuration, and shows the same again.
func TestShow(t *testing.T) {
	shipped, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	from := regexp.MustCompile(` # (line \d+|default)\n`)
	for name, text := range map[string]string{
		"shipped": string(shipped), "good": good, "several": several,
		"database":           "keep = \"9999h\"\n[state]\nurl = \"postgres://digestbot@db.example.org:5432/digestbot?sslmode=verify-full\"\n[library]\npath = \"posts\"\n",
		"database in a file": "[state]\npath = 'a b'\nurl_file = 'db'\n[library]\npath = \"posts\"\n",
		"folder in a table":  "[state]\npath = 'a b'\n[library]\npath = \"posts\"\n",
		"everything": "state = 'a b'\nkeep = \"9999h\"\nadmin_channel = \"web:admins\"\n[http]\nlisten = \"127.0.0.1:0\"\nurl = \"https://digest.example.org\"\nmetrics_token_file = 'm'\nadmin_token_file = 'a'\n[heartbeat]\nurl_file = 'h'\nevery = \"1m\"\n" +
			"[library]\ngit = \"https://example.org/news\"\nlayout.story = \"h3\"\nlayout.labels = [\"Why \\\"it\\\" matters\"]\nlayout.subtitle = false\n" +
			"[tags]\n\"人工智能\" = \"AI\"\n\"node.js\" = \"JavaScript\"\n[adapters.\"team 2\"]\nkind = \"slack\"\nposts_per_minute = 20\nadmin_users = [\"U0123456789\"]\n" +
			"[[subscription]]\nname = \"@everyone <!channel>\"\nchannels = [\"web:general\"]\nbundle = false\npicture = true\nmax_parts = 3\nmatch.tags.none = [\"a,b\", \"צהוב\"]\nstyle = \"compact\"\n",
	} {
		want, err := Parse("config.toml", []byte(text), adapters.Kinds)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		shown, err := Show("config.toml", []byte(text), adapters.Kinds)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse("config.toml", []byte(shown), adapters.Kinds)
		if err != nil {
			t.Fatalf("%s is shown as\n%s\nwhich is refused: %v", name, shown, err)
		}
		for _, c := range []*Config{want, got} {
			c.places = nil
			for i := range c.Libraries {
				c.Libraries[i].Site = nil
			}
			for i := range c.Adapters {
				c.Adapters[i].Kind = adapters.Kind{Name: c.Adapters[i].Kind.Name}
			}
		}
		got.Warnings = want.Warnings // with other positions
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is shown as\n%s\nwhich is read as %+v\nwant %+v", name, shown, got, want)
		}
		again, err := Show("config.toml", []byte(shown), adapters.Kinds)
		if err != nil || from.ReplaceAllString(again, "\n") != from.ReplaceAllString(shown, "\n") {
			t.Errorf("%s is shown in another way the second time: %v\n%s", name, err, again)
		}
	}
}

// TestShowTellsWhereValuesAreFrom: each value has its line in the file, or is marked as a
// default.
func TestShowTellsWhereValuesAreFrom(t *testing.T) {
	shown, err := Show("config.toml", []byte("[library]\npath = 'posts'\n[[subscription]]\nname = 'morning'\nchannels = ['web:general']\nwait = '3h'\n"), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"state = 'var' # default\n", "listen = '127.0.0.1:8080' # default\n", "path = 'posts' # line 2\n", "wait = '3h' # line 6\n", "zone = 'UTC' # default\n", "max_parts = 10 # default\n", "bundle = true # default\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("there is no %s in\n%s", want, shown)
		}
	}
}
