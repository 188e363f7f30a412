package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/digestbot/digestbot/adapters"
)

// printed returns the exit code and output of a command line in a folder with a
// configuration, a library, and a broken configuration.
func printed(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"config.toml":           "[library]\npath = \"posts\"\nbase_url = \"https://example.org\"\ntitle = \"News\"\n[http]\nlisten = \"127.0.0.1:1\"\n[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\n",
		"broken.toml":           "[library]\npath = posts\n",
		"broken/digestbot.db":   "this is no database",
		"broken/serve.json":     `{"address": "127.0.0.1:2", "config": "/elsewhere/config.toml"}`,
		"posts/2026-01-21-a.md": "---\ndate: 2026-01-21\n---\n\n### A new release\n\nIt is out.\n\n**Source:** <https://example.org/1>\n",
		"posts/2026/01/23.md":   "### A third one\n\nIt is out, as well.\n\n**Source:** <https://example.org/3>\n",
		"posts/2026-01-22-b.md": "---\ndate: 2026-01-22\n---\n\n### Another one\n\nIt is out, too.\n\n**Source:** <https://example.org/2>\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
	code = run(t.Context(), p, args)
	return code, out.String()
}

// lines are the command lines with which TestFlagsHaveAnEffect tests each command except
// serve, which accepts all flags.
var lines = map[string][]string{
	"serve":              nil,
	"init":               {"--folder", "posts"},
	"setup discord":      {"--application-id", "123456789012345678"},
	"setup slack":        {},
	"show":               {"posts/2026/01/23.md"},
	"lint":               {"posts/2026/01/23.md"},
	"layout":             {},
	"preview":            {"--adapter", "web", "posts/2026/01/23.md"},
	"send":               {"--to", "web:a", "2026-01-21-a"},
	"slots":              {},
	"deliveries list":    {},
	"deliveries release": {"abc"},
	"deliveries forget":  {"abc"},
	"record":             {},
	"backup":             {"copy.db"},
	"migrate":            {},
	"copy-state":         {"--to", "postgres://digestbot@127.0.0.1:1/digestbot"},
	"ask":                {"/digest latest"},
	"search":             {"release"},
	"config check":       {},
	"config show":        {},
	"reload":             {},
	"doctor":             {},
	"health":             {},
	"completion":         {"bash"},
	"man":                {},
	"help":               {},
	"version":            {},
}

// other are values of the global flags that make a command behave differently.
var other = map[string][]string{"config": {"broken.toml"}, "state-dir": {"broken"}, "library": {"absent", "."}}

// faster are the commands that only become faster with the state, because of its cache.
var faster = []string{"show", "lint", "layout", "preview", "search"}

// Every global flag that a command accepts has an effect there; the others are refused, and
// its help does not show them.
func TestFlagsHaveAnEffect(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("digestbot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Leaves(true) {
		name := strings.TrimPrefix(node.FullPath(), "digestbot ")
		args, known := lines[name]
		if !known {
			t.Errorf("%s: give it a command line in this test", name)
			continue
		}
		args = append(strings.Fields(name), args...)
		_, help := printed(t, append(strings.Fields(name), "--help")...)
		before, was := 0, ""
		if name != "serve" {
			before, was = printed(t, args...)
		}
		for flag, values := range other {
			taken, changes := strings.Contains(help, "--"+flag+"="), name == "serve" || flag == "state-dir" && slices.Contains(faster, name)
			for _, value := range values {
				if taken && changes {
					continue
				}
				code, said := printed(t, append(slices.Clone(args), "--"+flag, value)...)
				if refused := code == 2 && strings.Contains(said, "--"+flag+" has no effect on digestbot "+name); refused == taken {
					t.Errorf("%s --%s: its help shows it: %v, it is refused: %v\n%s", name, flag, taken, refused, said)
				}
				changes = changes || before != code || was != said
			}
			if taken && !changes {
				t.Errorf("%s takes --%s, which changes nothing: name it in the tag refuses", name, flag)
			}
		}
	}
}

// Every command has help with an example, by --help and by help.
func TestHelpHasExamples(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("digestbot"), kong.Bind(&program{}))
	if err != nil {
		t.Fatal(err)
	}
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		args := strings.Fields(n.FullPath())[1:]
		code, help := printed(t, append(args, "--help")...)
		_, example, ok := strings.Cut(help, "\n    ")
		if example, _, _ = strings.Cut(example, "\n"); code != 0 || !ok || !strings.Contains(example, "digestbot") {
			t.Errorf("%s --help has no example:\n%s", n.FullPath(), help)
		}
		if _, same := printed(t, append([]string{"help"}, args...)...); same != help {
			t.Errorf("help %s prints\n%s\nwant\n%s", strings.Join(args, " "), same, help)
		}
		// The example is a valid command line of that command.
		if words := strings.Fields(example); len(words) > 1 && words[0] == "digestbot" && n.Leaf() {
			if ctx, err := parser.Parse(quoted(strings.TrimPrefix(strings.TrimSpace(example), "digestbot "))); err != nil || ctx.Selected() != n {
				t.Errorf("%s has the example %q: %v", n.FullPath(), example, err)
			}
		}
		for _, child := range n.Children {
			if !child.Hidden {
				visit(child)
			}
		}
	}
	visit(parser.Model.Node)
	if code, said := printed(t, "help", "nonsense"); code != 2 || !strings.Contains(said, "nonsense") {
		t.Errorf("help nonsense: exit code %d, %s", code, said)
	}
}

// A command that is run without its name has its flags in the help and in the completions of
// the command above it.
func TestFlagsOfAnUnnamedCommand(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Name("digestbot"), kong.Bind(&program{}))
	if err != nil {
		t.Fatal(err)
	}
	_, help := printed(t, "deliveries", "--help")
	_, completions := printed(t, "__complete", "--", "deliveries", "--")
	found := 0
	for _, n := range parser.Model.Leaves(true) {
		if n.FullPath() != "digestbot deliveries list" {
			continue
		}
		for _, f := range n.Flags {
			found++
			if flag := "--" + f.Name; strings.Count(help, " "+flag) < 1 || !strings.Contains(completions, flag+"\t") {
				t.Errorf("%s is missing in\n%s\nor in\n%s", flag, help, completions)
			}
		}
	}
	if found < 5 {
		t.Errorf("there are only %d flags", found)
	}
}

// quoted splits a line into words, in which single quotes keep words together. It drops
// what only a shell would interpret after them.
func quoted(line string) (words []string) {
	line, _, _ = strings.Cut(line, " >")
	line, _, _ = strings.Cut(line, " |")
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// --version prints the same as version, with any other arguments.
func TestVersion(t *testing.T) {
	_, want := printed(t, "version")
	for _, args := range [][]string{{"--version"}, {"send", "--version"}} {
		if code, got := printed(t, args...); code != 0 || got != want || !strings.Contains(got, "tz database ") {
			t.Errorf("%q: exit code %d, %q, want %q", args, code, got, want)
		}
	}
	version, commit, date = "v9", "abcdef", "2026-11-23"
	defer func() { version, commit, date = "", "", "" }()
	if _, got := printed(t, "version"); !strings.HasPrefix(got, "digestbot v9\ncommit abcdef of 2026-11-23\ntz database ") {
		t.Errorf("got %q", got)
	}
}
