package config

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/digestbot/digestbot/adapters"
)

var update = flag.Bool("update", false, "write the golden file")

// base has the tables that every configuration needs, for cases about something else.
const base = "[library]\npath = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"

// wrong has configurations as written by people who do not know TOML or the keys, or who
// are in a hurry.
var wrong = []struct{ about, text string }{
	{"nothing at all", ""},
	{"UTF-16, as Notepad and PowerShell save it", sixteen(base)},
	{"the encoding of an old Windows", "# f\xfcr alle\n" + base},
	{"a mark before UTF-8, and a mistake behind it", "\ufeffstat = \"var\"\n" + base},
	{"JSON", "{\"library\": {\"path\": \"posts\"}}\n"},
	{"YAML", "library:\n  path: posts\nsubscription:\n  - name: morning\n    channels:\n      - web:general\n"},

	{"text without quotes", "[library]\npath = posts\n"},
	{"text without quotes, with a space", "[library]\npath = my posts # here\n"},
	{"text without quotes in a list", base + "match.tags.any = [AI, security]\n"},
	{"text without quotes in a list of several lines", base + "match.tags.any = [\n  \"AI\",\n  security,\n]\n"},
	{"a channel without quotes", "[library]\npath = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = [web:general]\n"},
	{"a length of time without quotes", base + "wait = 2h\n"},
	{"a time without quotes", base + "schedule = 8:30\n"},
	{"a zone without quotes", base + "zone = Asia/Shanghai\n"},
	{"typographic quotes", "[library]\npath = “posts”\n"},
	{"a typographic quote at the end", "[library]\npath = \"posts”\n"},
	{"German quotes in a list", base + "match.tags.any = [„AI“, \"security\"]\n"},
	{"Chinese brackets for quotes", "[library]\npath = 「posts」\n"},
	{"a missing quote", "[library]\npath = \"posts\n"},
	{"a missing quote, and a comment", base + "zone = \"Asia/Shanghai # ours\n"},
	{"an apostrophe in single quotes", base + "match.categories = ['it's new']\n"},
	{"single quotes around an apostrophe", "[library]\npath = 'Anna's posts'\n"},
	{"double quotes inside double quotes", "[library]\npath = \"my \"best\" posts\"\n"},
	{"a path of Windows", "[library]\npath = \"C:\\posts\\daily\"\n"},
	{"a path of Windows that is read otherwise", "[library]\npath = \"C:\\news\\tech\"\n"},
	{"three quotes without an end", "[library]\ntitle = \"\"\"AI news\npath = \"posts\"\n"},

	{"a colon for =", "[library]\npath: \"posts\"\n"},
	{"a colon for =, and no quotes", "[library]\npath: posts\n"},
	{"an arrow for =", "[library]\npath => \"posts\"\n"},
	{"two =", "[library]\npath == \"posts\"\n"},
	{":= for =", "[library]\npath := \"posts\"\n"},
	{"no =", "[library]\npath \"posts\"\n"},
	{"a wide =, from an input method", "[library]\npath ＝ \"posts\"\n"},
	{"a wide comma in a list", base + "match.tags.any = [\"AI\"，\"security\"]\n"},
	{"a wide space before a key", "[library]\n\u3000path = \"posts\"\n"},
	{"a no-break space, from a web page", "[library]\npath =\u00a0\"posts\"\n"},
	{"an invisible character", "[library]\n\u200bpath = \"posts\"\n"},
	{"no value", "[library]\npath =\n"},
	{"a key alone", "[library]\npath\n"},
	{"a comma behind a value", "[library]\npath = \"posts\",\nundated = \"post\",\n"},
	{"a semicolon behind a value", "[library]\npath = \"posts\";\n"},
	{"several values without brackets", "[library]\npath = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = \"web:general\", \"web:late\"\n"},
	{"two keys on a line", "[library]\npath = \"posts\" title = \"AI\"\n"},
	{"a key with a space", base + "max age = \"48h\"\n"},
	{"a key with a hyphen", base + "max-age = \"48h\"\n"},
	{"a comment with slashes", "// ours\n" + base},
	{"a comment with a semicolon", "; ours\n" + base},
	{"an empty schedule, as a template without a value makes it", base + "schedule = \"\"\n"},
	{"an empty zone, in single quotes", base + "zone = ''\n"},
	{"an empty name of a file", base + "[adapters.discord]\ntoken_file = \"\"\nguild = \"\"\n[http]\nadmin_token_file = \"\"\n"},
	{"an empty state", "state = \"\"\nkeep = \"\"\n" + base},
	{"an empty name, and an empty channel", "[library]\npath = \"posts\"\n[[subscription]]\nname = \"\"\nchannels = [\"\"]\nmention = [\"\"]\n"},
	{"an empty library", "[library]\npath = \"\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"an empty repository", "[library]\ngit = \"\"\nbranch = \"main\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"an empty tag", base + "match = { tags = { any = [\"\", \"AI\"] }, path = [\"\"] }\n[tags]\n\"人工智能\" = \"\"\n"},
	{"an empty kind and an empty form", base + "[library.layout]\nstory = \"\"\n[adapters.web]\nkind = \"\"\n"},
	{"null", base + "zone = null\n"},
	{"True", base + "picture = True\n"},
	{"yes", base + "picture = yes\n"},
	{"true in quotes", base + "picture = \"true\"\n"},
	{"a number in words", base + "max_parts = ten\n"},
	{"a number in quotes", base + "max_parts = \"10\"\n"},
	{"a number with a 0 in front", base + "max_parts = 08\n"},
	{"text for a list", "[library]\npath = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = \"web:general\"\n"},
	{"a list for text", base + "zone = [\"Asia/Shanghai\"]\n"},
	{"a number in a list of texts", base + "skip = [2026, \"2026-10-01\"]\n"},
	{"a list without an end", base + "match.tags.any = [\"AI\", \"security\"\nzone = \"UTC\"\n"},
	{"a list of several lines without an end", base + "match.tags.any = [\n  \"AI\",\n  \"security\"\nzone = \"UTC\"\n"},
	{"a list without a comma", base + "match.tags.any = [\"AI\" \"security\"]\n"},
	{"a list of several lines without a comma", base + "match.tags.any = [\n  \"AI\"\n  \"security\"\n]\n"},
	{"an alias in Chinese without quotes", base + "[tags]\n人工智能 = \"AI\"\n"},

	{"a bracket is missing", "[library\npath = \"posts\"\n"},
	{"two brackets are missing", "[library]\npath = \"posts\"\n[[subscription\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"one of two brackets", "[library]\npath = \"posts\"\n[[subscription]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"a table with a space", base + "[adapters discord]\nguild = \"123456789012345678\"\n"},
	{"a table without a name", "[]\n" + base},
	{"a key behind the name of a table", "[library] path = \"posts\"\n"},
	{"single brackets", "[library]\npath = \"posts\"\n[subscription]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"single brackets, twice", "[library]\npath = \"posts\"\n[subscription]\nname = \"morning\"\nchannels = [\"web:general\"]\n[subscription]\nname = \"evening\"\nchannels = [\"web:late\"]\n"},
	{"the plural", "[libraries]\npath = \"posts\"\n[[subscriptions]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"the plural in single brackets", "[library]\npath = \"posts\"\n[subscriptions]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"capital letters", "[Library]\nPath = \"posts\"\n[[Subscription]]\nName = \"morning\"\nChannels = [\"web:general\"]\nZone = \"Mars\"\n"},
	{"double brackets for a platform", base + "[[adapters.discord]]\nguild = \"123456789012345678\"\n"},
	{"a platform at the top", base + "[discord]\nguild = \"123456789012345678\"\n[Slack]\nlisten = \"http\"\n"},
	{"a platform at the top, by its key", "discord.guild = \"123456789012345678\"\n" + base},
	{"a platform below adapter", base + "[adapter.discord]\ngild = \"123456789012345678\"\n"},
	{"a platform that there is not", "[library]\npath = \"posts\"\n[adapters.discrod]\nguild = \"1\"\n[adapters.teams]\n[[subscription]]\nname = \"morning\"\nchannels = [\"teams:general\"]\n"},
	{"a token in the file", base + "[adapters.discord]\ntoken = \"planted.planted\"\n"},
	{"a key twice", "[library]\npath = \"posts\"\ntitle = \"AI\"\npath = \"news\"\n"},
	{"a table twice", "[library]\npath = \"posts\"\n[http]\nlisten = \"127.0.0.1:8080\"\n[library]\ntitle = \"AI\"\n"},
	{"one library and several", "[library]\npath = \"posts\"\n[[library]]\nname = \"papers\"\npath = \"papers\"\n"},
	{"a password of the database", "[state]\nurl = \"postgres://digestbot:pl4nted/w0rd@db.example.org/digestbot\"\n" + base},
	{"another database", "[state]\nurl = \"mysql://digestbot@db.example.org/digestbot\"\n" + base},
	{"a database twice", "[state]\nurl = \"postgres://digestbot@db.example.org/digestbot\"\nurl_file = \"db\"\n" + base},
	{"a state that is a number", "state = 5\n" + base},
	{"a folder of the state under another name", "[state]\nfolder = \"var\"\nuri = \"postgres://db.example.org/digestbot\"\n" + base},
	{"a value and a table of one name", "state = \"var\"\n" + base + "[state]\nfolder = \"var\"\n"},
	{"a key below the wrong table", "[library]\npath = \"posts\"\nstate = \"data\"\nlisten = \"127.0.0.1:8080\"\nchannels = [\"web:general\"]\n"},
	{"a key of a library above all", "path = \"posts\"\n[[subscription]]\nname = \"morning\"\nchannels = [\"web:general\"]\n"},
	{"a typing error", "[library]\npaht = \"posts\"\n[[subscription]]\nname = \"morning\"\nchanels = [\"web:general\"]\nscedule = \"8:30\"\n"},
	{"names that are missing", "[library]\npath = \"posts\"\n[[subscription]]\n[[subscription]]\nname = \"evening\"\nchannels = []\n"},
	{"channels that are none", base + "[[subscription]]\nname = \"evening\"\nchannels = [\"general\", \"#general\", \"discord:general\", \"slack:#general\", \"matrix:x\", \"web:@everyone\", \"slack:<!channel>\"]\n"},
	{"everything wrong with a subscription", base + "zone = \"Beijing\"\nschedule = \"25:00\"\nwait = \"2 hours\"\nmax_age = \"2d\"\nstyle = \"short\"\nlanguage = \"Chinese\"\nmax_parts = 0\nstart = \"now\"\n"},
	{"a schedule with two readings", base + "schedule = \"Monday 9am Friday\"\n"},
	{"the address of the server", "[http]\nlisten = \"8080\"\nurl = \"digest.example.org\"\n" + base},
	{"repositories", "[[library]]\nname = \"a\"\ngit = \"git@github.com:example/news.git\"\n[[library]]\nname = \"b\"\ngit = \"http://example.org/news\"\n[[library]]\nname = \"c\"\npath = \"c\"\nbranch = \"main\"\n"},
	{"mistakes of all kinds at once", "stat = \"var\"\n[library\npath = posts\n[discord]\nguild = 123456789012345678\n[subscription]\nname = “morning”\nchannels = \"web:general\"\nzone: \"Asia/Beijing\"\nwait = \"long\"\n[http]\nlisten = \"8080\"\n"},
	{"hostile text", base + "zone = \"@everyone <!channel>\"\nstyle = \"\u202egnirts\"\nlanguage = \"👩‍👩‍👧\"\nschedule = \"" + strings.Repeat("x", 300) + "\"\n\u001b[31m = 1\n"},
}

// sixteen returns text in UTF-16, with a byte order mark.
func sixteen(text string) string {
	out := []byte{0xff, 0xfe}
	for _, c := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, c)
	}
	return string(out)
}

// TestWrong checks the messages about mistakes. Read the golden file from top to bottom:
// each message says what to write.
func TestWrong(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "What digestbot says about %d wrong configurations. Written by go test ./cmd/digestbot/internal/config -run TestWrong -update\n", len(wrong))
	for _, c := range wrong {
		_, err := Parse("config.toml", []byte(c.text), adapters.Kinds)
		if err == nil {
			t.Errorf("%s: there is no error", c.about)
			continue
		}
		if strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "U+00E2") {
			t.Errorf("%s: %v", c.about, err)
		}
		fmt.Fprintf(&b, "\n# %s\n\n", c.about)
		if !strings.HasPrefix(c.text, "\xff\xfe") {
			for i, line := range strings.Split(strings.TrimSuffix(c.text, "\n"), "\n") {
				fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%4d  %s", i+1, shown(line)), " "))
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%v\n", err)
	}
	golden := filepath.Join("testdata", "wrong.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(b.String(), "\n# "), strings.Split(string(want), "\n# ")
	for i := range min(len(got), len(wanted)) {
		if got[i] != wanted[i] {
			t.Errorf("got\n%s\nwant\n%s", got[i], wanted[i])
		}
	}
	if len(got) != len(wanted) || len(wrong) < 60 {
		t.Errorf("there are %d cases, the golden file has %d", len(got), len(wanted))
	}
}

// shown returns a line with invisible characters escaped, for the golden file.
func shown(line string) string {
	var b strings.Builder
	for _, c := range line {
		if quoted := strconv.QuoteRune(c); c != '\'' && c != '\\' && len(quoted) > 3 && quoted[1] == '\\' {
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
