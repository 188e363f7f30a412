package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
)

// fakes look like secrets. They are assembled here so that secret scanners do not report
// this file.
var fakes = map[string]string{
	"Discord token":   "FAKE" + strings.Repeat("x", 20) + "." + "FAKE12" + "." + strings.Repeat("Ab1", 12),
	"Discord webhook": "https://discord.com/api/" + "webhooks/123456789012345678/" + strings.Repeat("Ab1", 12),
	"Slack token":     "xoxb" + "-1234-" + strings.Repeat("fake", 6),
	"Slack app token": "xapp" + "-1-A0FAKE-" + strings.Repeat("fake", 6),
	"Slack webhook":   "https://hooks.slack.com/" + "services/T000/B000/" + strings.Repeat("fake", 6),
	"signing secret":  strings.Repeat("0af1", 8),
	"GitHub token":    "ghp" + "_" + strings.Repeat("F4ke", 9),
	"PostgreSQL":      "postgres://bot:" + "fakefake" + "@db.example/digest",
	"of no form":      strings.Repeat("fA4ke", 8),
}

// secretPart returns the part of a secret that must not be visible.
func secretPart(secret string) string {
	secret = strings.TrimPrefix(secret, "https://discord.com/api/webhooks/")
	secret = strings.TrimPrefix(secret, "https://hooks.slack.com/services/")
	return strings.TrimSuffix(strings.TrimPrefix(secret, "postgres://"), "@db.example/digest")
}

// tried runs the program with a configuration and returns its output.
func tried(t *testing.T, config string, args ...string) (code int, said string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
	code = run(t.Context(), p, append([]string{"--log-level=info", "--config", path}, args...))
	return code, out.String()
}

// TestSecretsAreNotShown: wherever a secret is in config.toml, no command prints it, and
// the error gives its position.
func TestSecretsAreNotShown(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const library = "[library]\npath = \".\"\n"
	places := map[string]string{
		"token_file":            library + "[adapters.discord]\ntoken_file = \"%s\"\n",
		"bot_token_file":        library + "[adapters.slack]\nbot_token_file = \"%s\"\n",
		"app_token_file":        library + "[adapters.slack]\napp_token_file = \"%s\"\n",
		"signing_secret_file":   library + "[adapters.slack]\nsigning_secret_file = \"%s\"\n",
		"web token_file":        library + "[adapters.web]\ntoken_file = \"%s\"\n",
		"metrics_token_file":    library + "[http]\nmetrics_token_file = \"%s\"\nlisten = \"127.0.0.1:0\"\n",
		"admin_token_file":      library + "[http]\nadmin_token_file = \"%s\"\nlisten = \"127.0.0.1:0\"\n",
		"git_token_file":        "[library]\ngit = \"http://127.0.0.1:9/news\"\ngit_token_file = \"%s\"\n",
		"channels":              library + "[[subscription]]\nname = \"a\"\nchannels = [\"%s\"]\n",
		"channels, discord":     library + "[[subscription]]\nname = \"a\"\nchannels = [\"discord:%s\"]\n",
		"channels, slack":       library + "[[subscription]]\nname = \"a\"\nchannels = [\"slack:%s\"]\n",
		"channels, web":         library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:%s\"]\n",
		"channels, adapter":     library + "[[subscription]]\nname = \"a\"\nchannels = [\"%s:general\"]\n",
		"mention":               library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nmention = [\"web:%s\"]\n",
		"admin_channel":         "admin_channel = \"%s\"\n" + library,
		"guild":                 library + "[adapters.discord]\nguild = \"%s\"\n",
		"admin_users":           library + "[adapters.discord]\nadmin_users = [\"%s\"]\n",
		"admin_roles":           library + "[adapters.discord]\nadmin_roles = [\"%s\"]\n",
		"public_key":            library + "[adapters.discord]\nlisten = \"http\"\npublic_key = \"%s\"\n",
		"admin_users, slack":    library + "[adapters.slack]\nadmin_users = [\"%s\"]\n",
		"admin_groups":          library + "[adapters.slack]\nadmin_groups = [\"%s\"]\n",
		"api_url":               library + "[adapters.discord]\napi_url = \"x %s\"\n",
		"api_url, slack":        library + "[adapters.slack]\napi_url = \"x %s\"\n",
		"listen, discord":       library + "[adapters.discord]\nlisten = \"%s\"\n",
		"listen, slack":         library + "[adapters.slack]\nlisten = \"%s\"\n",
		"posts_per_minute":      library + "[adapters.slack]\nposts_per_minute = \"%s\"\n",
		"http.listen":           library + "[http]\nlisten = \"%s\"\n",
		"http.url":              library + "[http]\nurl = \"x%s\"\n",
		"kind":                  library + "[adapters.a]\nkind = \"%s\"\n",
		"table":                 library + "[adapters.\"%s\"]\ntoken_file = \"x\"\n",
		"table with a kind":     library + "[adapters.\"%s\"]\nkind = \"slack\"\n",
		"table at the top":      library + "[\"%s\"]\na = 1\n",
		"unknown key":           library + "[adapters.slack]\n\"%s\" = \"x\"\n",
		"unknown key, value":    library + "[adapters.slack]\nbot_token = \"%s\"\n",
		"unknown key, bare":     "\"%s\" = 1\n" + library,
		"subscription":          library + "[[subscription]]\nname = \"%s\"\nchannels = [\"web:a\"]\n",
		"subscriptions":         library + "[[subscription]]\nname = \"%[1]s\"\nchannels = [\"web:a\"]\n[[subscription]]\nname = \"%[1]s\"\nchannels = [\"web:b\"]\n",
		"schedule":              library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nschedule = \"%s\"\n",
		"zone":                  library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nzone = \"%s\"\n",
		"style":                 library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nstyle = \"%s\"\n",
		"skip":                  library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nskip = [\"%s\"]\n",
		"wait":                  library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nwait = \"%s\"\n",
		"language":              library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\nlanguage = \"%s\"\n",
		"keep":                  "keep = \"%s\"\n" + library,
		"undated":               "[library]\npath = \".\"\nundated = \"%s\"\n",
		"permalink":             "[library]\npath = \".\"\nbase_url = \"https://example.org\"\npermalink = \"/:%s\"\n",
		"branch":                "[library]\ngit = \"https://example.org/news\"\nbranch = \"%s *\"\n",
		"git, login":            "[library]\ngit = \"https://x:%s@example.org/news\"\n",
		"git, query":            "[library]\ngit = \"https://example.org/news?token=%s\"\n",
		"syntax, no quotes":     library + "[adapters.slack]\nbot_token_file = %s\n",
		"syntax, open quotes":   library + "[adapters.slack]\nbot_token_file = \"%s\n",
		"syntax, no equals":     library + "[adapters.slack]\n%s\n",
		"syntax, on the line":   library + "[adapters.slack]\nbot_token_file \"%s\"\n",
		"syntax, table":         library + "[adapters.%s\n",
		"syntax, twice":         library + "[adapters.slack]\n\"%[1]s\" = 1\n\"%[1]s\" = 2\n",
		"syntax, escape":        library + "[adapters.slack]\nbot_token_file = \"\\q%s\"\n",
		"alias":                 "[tags]\n\"%[1]s\" = \"%[1]s\"\n" + library,
		"base_url":              "[library]\npath = \".\"\nbase_url = \"%s\"\n",
		"path":                  "[library]\npath = \"absent/%s\"\n",
		"state below a file":    "state = \"config.toml/%s\"\n" + library,
		"publish of wrong type": library + "[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\npublish = \"%s\"\n",
	}
	// A secret without a recognizable form looks like the name of a file or branch.
	named := map[string]bool{"path": true, "state below a file": true, "alias": true}
	at := regexp.MustCompile(`config\.toml:\d+:\d+: `)
	for place, config := range places {
		for kind, secret := range fakes {
			args := []string{"ask", "/digest help"}
			if place == "metrics_token_file" || place == "admin_token_file" {
				args = []string{"serve"}
			}
			code, said := tried(t, fmt.Sprintf(config, secret), args...)
			if strings.Contains(said, secretPart(secret)) && (!named[place] || kind != "signing secret" && kind != "of no form") {
				t.Errorf("%s, %s: it is shown:\n%s", place, kind, said)
			}
			if code == 0 || !at.MatchString(said) {
				if named[place] || kind == "of no form" && place == "public_key" {
					continue
				}
				t.Errorf("%s, %s: exit code %d, want an error with its place:\n%s", place, kind, code, said)
			}
		}
	}
}

// TestSecretsOnTheCommandLine: secrets on the command line are not repeated either.
func TestSecretsOnTheCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const config = "[library]\npath = \".\"\n[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\n"
	for kind, secret := range fakes {
		for _, args := range [][]string{
			{secret}, {"--" + secret}, {"serve", secret}, {"preview", "--style", secret, "x"}, {"slots", "--days", secret},
			{"send", "--to", secret, "x"}, {"send", "--to", "web:a", secret}, {"ask", "--as", secret, "/digest help"}, {"ask", "/digest " + secret},
			{"ask", "/digest help " + secret}, {"ask", "/digest subscribe " + secret}, {"ask", "/digest subscribe x zone=" + secret},
			{"ask", "/digest set a zone=" + secret}, {"ask", "/digest pause " + secret}, {"ask", "/digest unsubscribe " + secret},
			{"deliveries", "release", secret}, {"preview", "--adapter", secret, "x"}, {"preview", "--language", secret, "x"},
		} {
			weak := kind == "signing secret" || kind == "of no form"
			if weak && (args[0] == "send" && args[len(args)-1] == secret || args[0] == "deliveries") {
				continue // the names of files and keys
			}
			if _, said := tried(t, config, args...); strings.Contains(said, secretPart(secret)) {
				t.Errorf("%s: %.20q: it is shown:\n%s", kind, args, said)
			}
		}
	}
	// Secrets that were typed in chat are not printed from the record either.
	for _, args := range [][]string{{"search", fakes["Slack token"]}} {
		if _, said := tried(t, config, args...); strings.Contains(said, fakes["Slack token"]) {
			t.Errorf("%q: it is shown:\n%s", args, said)
		}
	}
}

// TestJSONHidesSecrets: JSON output does not contain secrets from names and contents of
// files either, and is still valid JSON with everything else.
func TestJSONHidesSecrets(t *testing.T) {
	for kind, secret := range fakes {
		if kind == "signing secret" || kind == "of no form" {
			continue // names of files look the same
		}
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			name := "2026-01-21 news.md"
			if !strings.Contains(secret, "/") {
				name = "2026-01-21 " + secret + ".md"
			}
			text := "---\ntitle: " + secret + `\ "quoted" <b>` + "\ndate: '" + secret + "\"'\n---\n### The end of " + secret + `\ "story"` + "\n\nIt is so.\n\n**Source:** <https://example.org/?a=1&b=2>\n"
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"lint", "show"} {
				var out bytes.Buffer
				p := &program{kinds: adapters.Kinds, out: &out, err: io.Discard, getenv: func(string) string { return "" }}
				run(t.Context(), p, []string{command, "--json", "."})
				if out.Len() == 0 || strings.Contains(out.String(), secretPart(secret)) {
					t.Errorf("%s --json shows %s", command, out.String())
				}
				for line := range strings.Lines(out.String()) {
					var v struct{ File, Title string }
					if err := json.Unmarshal([]byte(line), &v); err != nil || !strings.HasPrefix(v.File, "2026-01-21 ") ||
						command == "show" && !strings.HasSuffix(v.Title, `"quoted" <b>`) {
						t.Errorf("%s --json writes %s: %v", command, line, err)
					}
				}
			}
		})
	}
}

// TestLogHidesSecrets: the log does not contain secrets either, whoever writes to it.
func TestLogHidesSecrets(t *testing.T) {
	for kind, secret := range fakes {
		if kind == "signing secret" || kind == "of no form" {
			continue
		}
		var out bytes.Buffer
		p := &program{err: output.Text{Writer: &out}}
		p.log(&cli{LogLevel: "info"}).With("of", secret).Error("it failed", "why", secret, "error", fmt.Errorf("post %s: no", secret), "any", map[string]string{"a": secret})
		if strings.Contains(out.String(), secretPart(secret)) || strings.Count(out.String(), "[secret]") < 4 {
			t.Errorf("%s: %s", kind, out.String())
		}
	}
}

// TestConfigErrorsHaveAPlace: every error in an adapter's table begins with file, line and
// column, as the other errors do (TestConfigErrors).
func TestConfigErrorsHaveAPlace(t *testing.T) {
	const head = "[library]\npath = \".\"\n"
	key := strings.Repeat("0a", 32)
	for _, c := range []struct{ table, want string }{
		{"[adapters.discord]\ntoken_file = \"absent\"", `4:1: adapters.discord.token_file: the file that it names in `},
		{"[adapters.discord]\ntoken_file = \"empty\"", `4:1: adapters.discord.token_file: the file that it names is empty`},
		{"[adapters.discord]\ntoken_file = \"lines\"", `4:1: adapters.discord.token_file: the token has more than one line: write the token alone into the file`},
		{"[adapters.slack]\nbot_token_file = \"lines\"", `4:1: adapters.slack.bot_token_file: the token has more than one line`},
		{"[adapters.slack]\napp_token_file = \"lines\"", `4:1: adapters.slack.app_token_file: the token has more than one line`},
		{"[adapters.slack]\nsigning_secret_file = \"lines\"", `4:1: adapters.slack.signing_secret_file: the token has more than one line`},
		{"[adapters.web]\ntoken_file = \"lines\"", `4:1: adapters.web.token_file: the token has more than one line`},
		{"[library]\ngit = \"http://127.0.0.1:9/news\"\ngit_token_file = \"lines\"", `3:1: library.git_token_file: the token has more than one line`},
		{"[adapters.discord]\ntoken_file = \".\"", `4:1: adapters.discord.token_file: `},
		{"[adapters.discord]\napi_url = \"discord.com\"", `4:1: adapters.discord.api_url: "discord.com" is not an address`},
		{"[adapters.discord]\nguild = \"My server\"", `4:1: adapters.discord.guild: "My server" is not a server`},
		{"[adapters.discord]\nadmin_users = [\"Ada\"]", `4:16: adapters.discord.admin_users: "Ada" is not a Discord user`},
		{"[adapters.discord]\nadmin_roles = [\"admins\"]", `4:16: adapters.discord.admin_roles: "admins" is not a Discord role`},
		{"[adapters.discord]\nlisten = \"telnet\"", `4:1: adapters.discord.listen: "telnet" is not supported`},
		{"[adapters.discord]\nlisten = \"http\"", `3:2: adapters.discord.public_key: it must be 64 hexadecimal digits`},
		{"[adapters.discord]\nlisten = \"http\"\npublic_key = \"" + key[1:] + "\"", `5:1: adapters.discord.public_key: it must be 64 hexadecimal digits`},
		{"[adapters.acme]\nkind = \"discord\"\n  guild = \"My server\"", `5:3: adapters.acme.guild: `},
		{"[adapters]\ndiscord = { guild = \"My server\" }", `4:13: adapters.discord.guild: `},
		{"[adapters]\ndiscord.guild = \"My server\"", `4:1: adapters.discord.guild: `},
		{"[adapters.slack]\nbot_token_file = \"absent\"", `4:1: adapters.slack.bot_token_file: the file that it names in `},
		{"[adapters.slack]\napp_token_file = \"absent\"", `4:1: adapters.slack.app_token_file: the file that it names in `},
		{"[adapters.slack]\nsigning_secret_file = \"absent\"", `4:1: adapters.slack.signing_secret_file: the file that it names in `},
		{"[adapters.slack]\napi_url = \"slack.com\"", `4:1: adapters.slack.api_url: "slack.com" is not an address`},
		{"[adapters.slack]\nposts_per_minute = 0", `4:1: adapters.slack.posts_per_minute: 0 is no number of posts`},
		{"[adapters.slack]\nlisten = \"telnet\"", `4:1: adapters.slack.listen: "telnet" is not supported`},
		{"[adapters.slack]\nadmin_users = [\"Ada\"]", `4:16: adapters.slack.admin_users: "Ada": a Slack user`},
		{"[adapters.slack]\nadmin_groups = [\"admins\"]", `4:17: adapters.slack.admin_groups: "admins": a Slack user group`},
		{"[adapters.slack]\nbot_token_file = \"app\"", `3:2: adapters.slack: the tokens are mixed up`},
		{"[adapters.slack]\nadmin_users = [\n  \"U0123456789\",\n  \"Ada\",\n]", `6:3: adapters.slack.admin_users: "Ada": a Slack user`},
		{"[adapters.slack]\nadmin_groups = [\"S0123456789\",\n\"admins\"]", `5:1: adapters.slack.admin_groups: "admins": a Slack user group`},
		{"[adapters.discord]\nadmin_users = [\"123456789012345678\",\n \"Ada\"]", `5:2: adapters.discord.admin_users: "Ada" is not a Discord user`},
		{"[adapters.discord]\nadmin_roles = [\n\"123456789012345678\", \"admins\"]", `5:23: adapters.discord.admin_roles: "admins" is not a Discord role`},
		{"[adapters.acme]\nkind = \"slack\"\nadmin_users = [\"Ada\"]", `5:16: adapters.acme.admin_users: `},
		{"[adapters.web]\ntoken_file = \"absent\"", `4:1: adapters.web.token_file: the file that it names in `},
		{"[adapters.room]\nkind = \"web\"\ntoken_file = \"absent\"", `5:1: adapters.room.token_file: the file that it names in `},
		{"[library]\ngit = \"http://127.0.0.1:9/news\"\ngit_token_file = \"absent\"", `3:1: library.git_token_file: the file that it names in `},
		{"[http]\nlisten = \"0.0.0.0:0\"", `4:1: http.listen: 0.0.0.0:`},
		{"[http]\nlisten = \"192.0.2.1:0\"\n[adapters.web]\ntoken_file = \"long\"", `4:1: http.listen: `},
		{"[http]\nmetrics_token_file = \"absent\"\nlisten = \"127.0.0.1:0\"", `4:1: http.metrics_token_file: the file that it names in `},
		{"[http]\nadmin_token_file = \"absent\"\nlisten = \"127.0.0.1:0\"", `4:1: http.admin_token_file: the file that it names in `},
	} {
		dir, text := t.TempDir(), head+c.table+"\n"
		if strings.HasPrefix(c.table, "[library]") {
			text = c.table + "\n"
		}
		for name, text := range map[string]string{"config.toml": text, "empty": " \n", "app": "xapp-fake", "lines": "a-token-that-is-long-enough\nanother-that-is-long-enough\n", "long": "a-token-that-is-long-enough"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Chdir(dir)
		var out bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
		if code := run(t.Context(), p, []string{"serve", "--log-format", "text"}); code != 1 || !strings.Contains(out.String(), "digestbot: config.toml:"+c.want) {
			t.Errorf("%s:\nexit code %d, said\n%swant config.toml:%s", c.table, code, out.String(), c.want)
		}
	}
}

// oddNames are file names with control sequences or misleading characters, and how they are
// shown.
var oddNames = map[string]string{
	"\x1b[2J\x1b[31mred.md":  `"\x1b[2J\x1b[31mred.md"`,
	"two\nlines.md":          `"two\nlines.md"`,
	"back\rover.md":          `"back\rover.md"`,
	"tab\tbed.md":            `"tab\tbed.md"`,
	"\u202edm.exe.md":        `"\u202edm.exe.md"`,
	"iso\u2067late\u2069.md": `"iso\u2067late\u2069.md"`,
	"no\u200bwidth.md":       `"no\u200bwidth.md"`,
	"c1\u009b31m.md":         `"c1\u009b31m.md"`,
	"line\u2028end.md":       `"line\u2028end.md"`,
	"\xff\xfe.md":            `"\xff\xfe.md"`,
	"晨报 👩‍👩‍👧 שלום.md":       "晨报 👩‍👩‍👧 שלום.md",
	"with \"quotes\" 'x'.md": "with \"quotes\" 'x'.md",
}

// TestOddNames: lint, show, their JSON and the log show such a name on one line, visibly,
// and write no control sequences to the terminal.
func TestOddNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere such names cannot be made")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("posts", 0o700); err != nil {
		t.Fatal(err)
	}
	// The problem also quotes a line with control sequences.
	const text = "---\ntitle: \"A \\x1b[31m\\u202e title\"\ndate: \"someday \\u202e\\x9b\"\n---\n### One \u202e story\n\nIt is so.\n\n**Source:** <https://example.org/>\n"
	for name := range oddNames {
		if err := os.WriteFile(filepath.Join("posts", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("config.toml", []byte("[library]\npath = \"posts\"\n[[subscription]]\nname = \"a\"\nchannels = [\"web:a\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := func(args ...string) (string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		p := &program{kinds: adapters.Kinds, out: &out, err: &errs, getenv: func(string) string { return "" }}
		run(t.Context(), p, args)
		for _, text := range []string{out.String(), errs.String()} {
			if i := strings.IndexAny(text, "\x00\x1b\r\x7f\u0085\u009b\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"); i >= 0 && !strings.HasPrefix(text[i:], "\u200b") || strings.Contains(text, "\xff") {
				t.Errorf("%q shows %q", args, text[max(0, i-40):min(len(text), i+40)])
			}
		}
		return out.String(), errs.String()
	}
	lint, _ := said("lint", "posts")
	show, _ := said("show", "posts")
	for name, want := range oddNames {
		where := "posts/" + want
		if strings.HasPrefix(want, `"`) {
			where = `"posts/` + want[1:]
		}
		if !strings.Contains(lint, "\n"+where+":") && !strings.HasPrefix(lint, where+":") {
			t.Errorf("lint does not name %q as %s:\n%s", name, where, lint)
		}
		if !strings.Contains("\n"+show, "\n"+where+"\n") {
			t.Errorf("show does not name %q as %s", name, where)
		}
	}
	for i, line := range strings.Split(strings.TrimSuffix(lint, "\n"), "\n") {
		if !regexp.MustCompile(`^"?posts/.*:\d+:\d+: (error|warning): .* \[[a-z-]+\]$`).MatchString(line) {
			t.Errorf("line %d of lint is none of a problem: %q", i+1, line)
		}
	}
	names := map[string]bool{}
	for _, args := range [][]string{{"lint", "--json", "posts"}, {"show", "--json", "posts"}} {
		out, _ := said(args...)
		for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
			var v struct {
				File string `json:"file"`
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Errorf("%q: %v in %q", args, err, line)
			}
			names[v.File] = true
		}
	}
	for name, want := range oddNames {
		file := "posts/" + name
		if strings.Contains(name, "\xff") { // JSON cannot represent it
			file = `"posts/` + want[1:]
		}
		if !names[file] {
			t.Errorf("no JSON has %q", file)
		}
	}
	said("--log-level=info", "ask", "/digest latest")
	for name, want := range oddNames {
		if _, errs := said("show", filepath.Join("absent", name)); strings.HasPrefix(want, `"`) && !strings.Contains(name, "\xff") && (!strings.Contains(errs, want[1:len(want)-1]) || strings.Count(errs, "\n") != 1) {
			t.Errorf("the error about %q is %q", name, errs)
		}
	}
}

// TestFilesOfSecretsAreBesideTheConfig: the name of every secret file is relative to
// config.toml, wherever the program is started.
func TestFilesOfSecretsAreBesideTheConfig(t *testing.T) {
	const folder = "[library]\npath = \".\"\n[http]\nlisten = \"127.0.0.1:0\"\n"
	configs := map[string]string{ // by key
		"library.git_token_file":  "[library]\ngit = \"http://127.0.0.1:9/news\"\ngit_token_file = \"tok\"\n",
		"http.metrics_token_file": folder + "metrics_token_file = \"tok\"\n",
		"heartbeat.url_file":      folder + "[heartbeat]\nurl_file = \"tok\"\n",
		"http.admin_token_file":   folder + "admin_token_file = \"tok\"\n",
	}
	for _, k := range adapters.Kinds {
		table := reflect.TypeOf(k.Config()).Elem()
		for i := range table.NumField() {
			if key := table.Field(i).Tag.Get("toml"); strings.HasSuffix(key, "_file") {
				configs["adapters."+k.Name+"."+key] = folder + "[adapters." + k.Name + "]\n" + key + " = \"tok\"\n"
				configs["adapters.acme."+key] = folder + "[adapters.acme]\nkind = \"" + k.Name + "\"\n" + key + " = \"tok\"\n"
			}
		}
	}
	if len(configs) < 10 {
		t.Fatalf("there are %d keys: the adapters' are not found", len(configs))
	}
	for key, text := range configs {
		t.Run(key, func(t *testing.T) {
			dir := t.TempDir()
			sub := filepath.Join(dir, "sub")
			if err := errors.Join(os.Mkdir(sub, 0o700), os.WriteFile(filepath.Join(sub, "tok"), []byte(" \n"), 0o600),
				os.WriteFile(filepath.Join(sub, "config.toml"), []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			var out bytes.Buffer
			p := &program{kinds: adapters.Kinds, out: &out, err: &out, getenv: func(string) string { return "" }}
			code := run(t.Context(), p, []string{"--config", filepath.Join("sub", "config.toml"), "serve"})
			if want := key + ": the file that it names is empty"; code != 1 || !strings.Contains(out.String(), want) {
				t.Errorf("exit code %d, said\n%swant %s", code, out.String(), want)
			}
		})
	}
}
