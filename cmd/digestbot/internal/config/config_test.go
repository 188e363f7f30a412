package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/digest"
)

func TestShippedConfig(t *testing.T) {
	c, err := Read(filepath.Join("..", "..", "..", "..", "config.toml"), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(c.Subscriptions), 1; got != want {
		t.Fatalf("%d subscriptions, want %d", got, want)
	}
	s := c.Subscriptions[0]
	if s.Channels[0] != (chat.Channel{Adapter: "web", ID: "general"}) || s.Zone.String() != "Asia/Shanghai" || s.Wait != 2*time.Hour || !s.StartLatest {
		t.Errorf("the shipped subscription was read as %+v", s)
	}
	for _, k := range adapters.Kinds {
		if there := slices.ContainsFunc(c.Adapters, func(a Adapter) bool { return a.Name == k.Name }); there == k.Optional {
			t.Errorf("there is an adapter %s: %v, though it is optional: %v", k.Name, there, k.Optional)
		}
	}
	if got, want := c.Libraries[0].Path, filepath.Join("..", "..", "..", "..", "digest", "example"); got != want {
		t.Errorf("library %s, want it relative to the file: %s", got, want)
	}
}

// good is a valid configuration, from which the invalid ones below are derived.
const good = `state = "var"
[library]
path = "digests"
[adapters.discord]
token_file = "token-file-that-stays-unread"
[[subscription]]
name = "morning"
channels = ["web:general"]
schedule = "30 8 * * *"
zone = "Asia/Shanghai"
match.tags.any = ["AI"]
[[subscription]]
name = "evening"
channels = ["web:general", "web:late"]
[subscription.match]
categories = ["tech"]
`

// TestUnreadable: a file that cannot be read is refused with a remedy.
func TestUnreadable(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte(base), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		folder:                           "it is a folder, not a file: name the file with --config",
		filepath.Join(folder, "none"):    "there is no such file: run digestbot in the folder that has it",
		filepath.Join(file, "@everyone"): "see that the user who runs digestbot may read it: ",
	} {
		if _, err := Read(path, adapters.Kinds); err == nil || !strings.HasPrefix(err.Error(), path+": "+want) {
			t.Errorf("%s: got error %v, want %q", path, err, want)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	if _, err := Parse("config.toml", []byte(good), adapters.Kinds); err != nil {
		t.Fatalf("the configuration that the cases are made of is refused: %v", err)
	}
	for _, c := range []struct {
		name, old, new string
		want           []string // each with its position
	}{
		{"unknown key", `zone =`, `zoen =`, []string{"config.toml:10:1: subscription.zoen: there is no such key: did you mean zone?"}},
		{"unknown key at the top", `state =`, `stat =`, []string{"config.toml:1:1: stat: there is no such key: did you mean state?"}},
		{"unknown key of an adapter", `token_file =`, `token_fil =`, []string{"config.toml:5:1: adapters.discord.token_fil: there is no such key: did you mean token_file?"}},
		{"unknown key below match", `tags.any`, `tags.all`, []string{"config.toml:11:1: subscription.match.tags.all: there is no such key"}},
		{"wrong type", `zone = "Asia/Shanghai"`, `zone = 8`, []string{`config.toml:10:8: subscription.zone: it must be text in quotes, for example zone = "Asia/Shanghai"`}},
		{"wrong type of a list", `channels = ["web:general"]`, `channels = "web:general"`, []string{`config.toml:8:12: subscription.channels: it must be a list of texts in brackets: write channels = ["web:general"]`}},
		{"syntax", `zone = "Asia`, `zone "Asia`, []string{"config.toml:10:6: "}},
		{"schedule", `30 8 * * *`, `90 8 * * *`, []string{"config.toml:9:1: subscription.schedule: ", "minute"}},
		{"schedule with a zone", `30 8 * * *`, `TZ=UTC`, []string{"config.toml:9:1: subscription.schedule: "}},
		{"address", `[library]`, "[http]\nlisten = \"8080\"\nurl = \"digest.example.org\"\n[library]", []string{`config.toml:3:1: http.listen: "8080" is not an address: write host:port`}},
		{"site", `[library]`, "[http]\nurl = \"https://digest.example.org/room?x\"\n[library]", []string{`config.toml:3:1: http.url: "https://digest.example.org/room?x" is not the address of a site`}},
		{"second room", `[adapters.discord]`, "[adapters.annex]\nkind = \"web\"\n[adapters.web]\n[adapters.discord]", []string{`: adapters.web: there is already a web room, adapters.annex`}},
		{"holiday", `30 8 * * *"`, "30 8 * * *\"\nskip = [\"2026-10-01\", \"golden week\"]\nextra = [\"2026-10-07/2026-10-01\"]", []string{
			`config.toml:10:23: subscription.skip: days "golden week": write a day such as "2026-10-01"`, `config.toml:11:10: subscription.extra: days "2026-10-07/2026-10-01": the last day is before the first`,
		}},
		{"details", `zone = "Asia/Shanghai"`, `details = "below"`, []string{`config.toml:10:1: subscription.details: "below" is no place for them: write "button", "thread", "inline" or "none"`}},
		{"repeats", `zone = "Asia/Shanghai"`, "repeats = \"drop\"\nrepeats_within = \"a week\"\ncorrections = \"-1h\"", []string{
			`config.toml:10:1: subscription.repeats: "drop" is not a way to treat them: write "show", "mark" or "hide"`,
			`config.toml:11:1: subscription.repeats_within: "a week" is no length of time`, `config.toml:12:1: subscription.corrections: "-1h" is no length of time`,
		}},
		{"max_parts", `zone = "Asia/Shanghai"`, `max_parts = 1000`, []string{`config.toml:10:1: subscription.max_parts: 1000 is no number of messages: write one from 1 to 999`}},
		{"max_parts of none", `zone = "Asia/Shanghai"`, `max_parts = 0`, []string{`config.toml:10:1: subscription.max_parts: 0 is no number of messages: write one from 1 to 999, or leave it out`}},
		{"max_parts in words", `zone = "Asia/Shanghai"`, `max_parts = "ten"`, []string{`config.toml:10:13: subscription.max_parts: it must be`}},
		{"on_empty", `zone = "Asia/Shanghai"`, `on_empty = "shout"`, []string{`config.toml:10:1: subscription.on_empty: "shout" is not a choice: write "silent" or "notice"`}},
		{"admin channel", `state = "var"`, `admin_channel = "admins"`, []string{`config.toml:1:1: admin_channel: channel "admins": write adapter:id`}},
		{"mention", `zone = "Asia/Shanghai"`, `mention = ["web:team", "everyone", "discord:123456789012345678", "web:the team"]`, []string{
			`config.toml:10:24: subscription.mention: "everyone": write adapter:id`, `config.toml:10:36: subscription.mention: "discord:123456789012345678": no channel of this subscription is on discord`,
			`config.toml:10:66: subscription.mention: "web:the team": `,
		}},
		{"keep", `state = "var"`, "keep = \"a year\"", []string{`config.toml:1:1: keep: "a year" is no length of time: write hours and minutes`}},
		{"keep too short", `state = "var"`, `keep = "887h"`, []string{`config.toml:1:1: keep: "887h" is too short: the ledger would forget posts that a subscription still looks back at: write "888h" or more`}},
		{"zone", `Asia/Shanghai`, `Asia/Beijing`, []string{`config.toml:10:1: subscription.zone: "Asia/Beijing" is no time zone: write`}},
		{"channel", `["web:general"]`, `["general"]`, []string{`config.toml:8:13: subscription.channels: channel "general": write adapter:id`}},
		{"channel of no adapter", `["web:general"]`, `["irc:general"]`, []string{`config.toml:8:13: subscription.channels: channel "irc:general": there is no adapter "irc": write one of discord, slack, web`}},
		{"second channel", `"web:late"`, `"web:la te"`, []string{`config.toml:14:28: subscription.channels: `}},
		{"channel twice", `"web:late"`, `"web:general"`, []string{`config.toml:14:28: subscription.channels: web:general is listed twice`}},
		{"discord channel", `["web:general"]`, `["discord:general"]`, []string{`config.toml:8:13: subscription.channels: channel "discord:general": `}},
		{"slack channel", `["web:general"]`, `["slack:#general"]`, []string{`config.toml:8:13: subscription.channels: channel "slack:#general": `}},
		{"duplicate name", `"evening"`, `"morning"`, []string{`config.toml:13:1: subscription.name: "morning" is already used above: give each subscription a name of its own`}},
		{"no name", "name = \"morning\"\n", "", []string{`config.toml:6:3: subscription: name is missing: write for example name = "morning"`}},
		{"no channels", "channels = [\"web:general\"]\n", "", []string{`config.toml:6:3: subscription.channels: it is missing: write for example channels = ["web:general"]`}},
		{"dotted key behind a text", "[adapters.discord]\n", "[adapters.discord]\nguild.x = \"y\"\n", []string{`config.toml:5:1: adapters.discord.guild: it must be text in quotes`}},
		{"dotted key behind a list", "[adapters.discord]\n", "[adapters.discord]\nadmin_users.x.y = \"z\"\n", []string{`config.toml:5:1: adapters.discord.admin_users: it must be a list of texts in brackets`}},
		{"dotted key behind a name", "name = \"morning\"", "name.x = 1", []string{`config.toml:7:1: subscription.name: it must be text in quotes, for example name = "morning"`}},
		{"dotted key at the top", "[library]", "state.x = 1\n[library]", []string{`config.toml:2:1: state: it is already on line 1: remove one of the two`}},
		{"dotted key behind a tag", "[library]", "tags.AI.x = \"y\"\n[library]", []string{`config.toml:2:1: tags.AI: it must be text in quotes`}},
		{"length that is none", `path = "digests"`, "git = \"https://example.org/news\"\nevery = \"junk\"", []string{`config.toml:4:1: library.every: "junk" is no length of time`}},
		{"no library", "path = \"digests\"\n", "", []string{`config.toml:2:2: library.path: it is missing: write the folder of the digests`}},
		{"branch without a repository", `path = "digests"`, "path = \"digests\"\nbranch = \"main\"\nevery = \"5m\"\ngit_token_file = \"t\"", []string{
			`config.toml:4:1: library.branch: it is about a repository: write git = `, `config.toml:5:1: library.every: `, `config.toml:6:1: library.git_token_file: `,
		}},
		{"repository over ssh", `path = "digests"`, `git = "ssh://git@example.org/news"`, []string{`config.toml:3:1: library.git: it has more than scheme, host and path`}},
		{"repository by scp", `path = "digests"`, `git = "git@example.org:news.git"`, []string{`config.toml:3:1: library.git: it is not a URL that can be fetched: write the one that begins with https://`}},
		{"repository on this machine", `path = "digests"`, `git = "file:///srv/news.git"`, []string{`config.toml:3:1: library.git: it is not a URL that can be fetched`, `a folder on this machine is path = `}},
		{"repository by another protocol", `path = "digests"`, `git = "git://example.org/news"`, []string{`config.toml:3:1: library.git: git:// is not supported`}},
		{"repository over http", `path = "digests"`, `git = "http://example.org/news"`, []string{`config.toml:3:1: library.git: http exposes the token`}},
		{"credentials of a repository", `path = "digests"`, `git = "https://x:ghp_secret@example.org/news"`, []string{`config.toml:3:1: library.git: it has more than scheme, host and path: leave out credentials, query and fragment, and put a token with read access into DIGESTBOT_GIT_TOKEN`}},
		{"folder outside the repository", `path = "digests"`, "git = \"https://example.org/news\"\npath = \"../news\"", []string{`config.toml:4:1: library.path: "../news" leads out of the repository`}},
		{"absolute folder of a repository", `path = "digests"`, "git = \"https://example.org/news\"\npath = \"/srv\"", []string{`config.toml:4:1: library.path: "/srv" leads out of the repository`}},
		{"branch", `path = "digests"`, "git = \"https://example.org/news\"\nbranch = \"*\"", []string{`config.toml:4:1: library.branch: "*" is not a valid branch name`}},
		{"files without a day", `path = "digests"`, "path = \"digests\"\nundated = \"all\"", []string{`config.toml:4:1: library.undated: "all": write "skip", and files without a day are left out, or "post"`}},
		{"files without a day, by another type", `path = "digests"`, "path = \"digests\"\nundated = true", []string{`config.toml:4:11: library.undated: it must be text in quotes, for example undated = "post"`}},
		{"too often", `path = "digests"`, "git = \"https://example.org/news\"\nevery = \"0s\"", []string{`config.toml:4:1: library.every: "0s" is too often`}},
		{"kind", "[adapters.discord]\n", "[adapters.discord]\nkind = \"irc\"\n", []string{`config.toml:5:1: adapters.discord.kind: "irc" is not a platform: write "web", "discord", "paper" or "slack"`}},
		{"adapter of no kind", "[adapters.discord]\ntoken_file", "[adapters.irc]\ntoken_file", []string{`config.toml:4:2: adapters.irc: no platform has this name: write kind = `}},
		{"alias of nothing", "[library]", "[tags]\n\"人工智能\" = \" \"\n[library]", []string{`config.toml:3:1: tags.人工智能: alias "人工智能" = " ": there is no tag without a letter`}},
		{"alias of itself", "[library]", "[tags]\n\"node.js\" = \"Node.JS\"\n[library]", []string{`config.toml:3:1: tags.node.js: alias "node.js" = "Node.JS": these are one tag`}},
		{"alias of an alias", "[library]", "[tags]\n\"人工智能\" = \"AI\"\nAI = \"ML\"\n[library]", []string{`config.toml:4:1: tags.AI: alias "AI" = "ML": "AI" has aliases itself: write "ML" for them too`}},
		{"alias after its alias", "[library]", "[tags]\nAI = \"ML\"\n  \"人工智能\" = \"ai\"\n[library]", []string{`config.toml:4:3: tags.人工智能: alias "人工智能" = "ai": "ai" is an alias itself: write "ML"`}},
		{"cycle of aliases", "[library]", "[tags]\n\"人工智能\" = \"AI\"\nai = \"人工智能\"\n[library]", []string{`config.toml:4:1: tags.ai: alias "ai" = "人工智能": each is the alias of the other`}},
		{"alias twice", "[library]", "[tags]\na-i = \"ML\"\n\"A I\" = \"Math\"\n[library]", []string{`config.toml:4:1: tags.A I: alias "A I": it is an alias of "ML" already`}},
		{"aliases in one line", "[library]", "tags = { ai = \"学习\", \"AI\" = \"Math\" }\n[library]", []string{`config.toml:2:21: tags.AI: alias "AI": it is an alias of "学习" already`}},
		{"alias of the wrong type", "[library]", "[tags]\n\"人工智能\" = [\"AI\"]\n[library]", []string{`config.toml:3:10: tags.人工智能: it must be text in quotes`}},
		{"permalink without a site", `path = "digests"`, "path = \"digests\"\npermalink = \"pretty\"", []string{`config.toml:4:1: library.permalink: it needs a base URL: write for example base_url`}},
		{"permalink", `path = "digests"`, "path = \"digests\"\nbase_url = \"https://example.org\"\npermalink = \"/:yeer/:title\"", []string{`config.toml:5:1: library.permalink: permalink "/:yeer/:title": there is no placeholder :yeer: write one of`}},
		{"site", `path = "digests"`, "path = \"digests\"\nbase_url = \"example.org\"", []string{`config.toml:4:1: library.base_url: it must be the URL of a site`}},
		{"site with a query", `path = "digests"`, "path = \"digests\"\nbase_url = \"https://example.org/?a=b\"", []string{`config.toml:4:1: library.base_url: it must be the URL of a site`}},
		{"several at once", `zone = "Asia/Shanghai"`, "zone = \"Mars\"\nwait = \"long\"\nmax_age = \"-1h\"\nstart = \"now\"\nstyle = \"loud\"\nlanguage = \"vo\"", []string{
			`config.toml:10:1: subscription.zone: "Mars"`, `config.toml:11:1: subscription.wait: "long" is no length of time`, `config.toml:12:1: subscription.max_age: `,
			`config.toml:13:1: subscription.start: "now" is neither`, `config.toml:14:1: subscription.style: "loud" is no style`, `config.toml:15:1: subscription.language: `,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatalf("the case changes nothing: there is no %q", c.old)
			}
			_, err := Parse("config.toml", []byte(text), adapters.Kinds)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.ContainsAny(err.Error(), "{}") || strings.Contains(err.Error(), " is too often") && strings.Contains(err.Error(), " no length") {
				t.Errorf("error:\n%v\nspeaks of Go, or twice of one thing", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error:\n%v\nwant in it:\n%s", err, want)
				}
			}
		})
	}
}

func TestSubscriptionThatIsNoTable(t *testing.T) {
	_, err := Parse("config.toml", []byte("subscription = 5\n[library]\npath = \"x\"\n"), adapters.Kinds)
	if want := "config.toml:1:16: subscription: it must be a list of tables"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error: %v, want %s", err, want)
	}
}

func TestLibraryInARepository(t *testing.T) {
	text := strings.Replace(good, `path = "digests"`, "git = \"https://example.org/news\"\npath = \"./_posts/\"\nbranch = \"next\"\nevery = \"90s\"\ngit_token_file = \"token\"", 1)
	c, err := Parse(filepath.Join("etc", "config.toml"), []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if g := c.Libraries[0].Git; g == nil || g.URL != "https://example.org/news" || g.Path != "_posts" || g.Branch != "next" || g.Every != 90*time.Second {
		t.Errorf("the repository was read as %+v", g)
	}
	c, err = Parse("config.toml", []byte(strings.Replace(good, `path = "digests"`, `git = "http://127.0.0.1:3000/news.git"`, 1)), adapters.Kinds)
	if err != nil || c.Libraries[0].Git == nil || c.Libraries[0].Git.Path != "" || c.Libraries[0].Git.Every != 5*time.Minute {
		t.Errorf("a repository on this machine, with defaults: error %v, %+v", err, c)
	}
}

// several is good with its libraries in three tables.
var several = strings.Replace(good, "[library]\npath = \"digests\"\n", `[[library]]
name = "news"
path = "digests"
[[library]]
name = "纸"
git = "https://example.org/paper"
git_token_file = "token"
[[library]]
name = "web.2"
git = "https://git.example.org/web"
base_url = "https://web.example.org"
undated = "post"
`, 1)

func TestSeveralLibraries(t *testing.T) {
	c, err := Parse("config.toml", []byte(several), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for i := range c.Libraries {
		l := &c.Libraries[i]
		got += fmt.Sprintln(l.Key, l.Origin.Name, l.Origin.Rank, l.Path, l.Git != nil, l.Undated, l.Website != nil, l.OwnToken, c.CloneDir(l))
	}
	// The token in the environment is sent only to the first host.
	want := `library[0] news 0 digests false false false false var/library.git
library[1] 纸 1 https://example.org/paper true false false false var/library-纸.git
library[2] web.2 2 https://git.example.org/web true true true true var/library-web.2.git
`
	if got = filepath.ToSlash(got); got != want {
		t.Errorf("the libraries are\n%s\nwant\n%s", got, want)
	}
	if err := c.Explain(errors.New("library[2].git: it is away")); err.Error() != "config.toml:11:1: library.git: it is away" {
		t.Errorf("an error is explained as %v", err)
	}
	// A single [[library]] table is the same as [library].
	c, err = Parse("config.toml", []byte(strings.Replace(good, "[library]", "[[library]]", 1)), adapters.Kinds)
	if err != nil || len(c.Libraries) != 1 || c.Libraries[0].Origin != nil {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestSeveralLibrariesHaveErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`name = "news"`, ``, `config.toml:2:3: library: name is missing: there are several libraries: write for example name = "news"`},
		{`"纸"`, `"NEWS"`, `config.toml:6:1: library.name: "NEWS" is already used above: give each library a name of its own`},
		{`"纸"`, `"a/b"`, `config.toml:6:1: library.name: "a/b" is not a valid name: write letters, digits, dots, hyphens and underscores, for example "news"`},
		{`"纸"`, `"-a"`, `config.toml:6:1: library.name: "-a" is not a valid name: write letters`},
		{`"纸"`, `"` + strings.Repeat("纸", nameLimit+1) + `"`, `is not a valid name: write letters`},
		{`"纸"`, `"ghp_0123456789abcdefghijABCDEFGHIJ012345"`, `config.toml:6:1: library.name: it looks like a token`},
		{`git = "https://example.org/paper"`, `path = "paper"`, `config.toml:8:1: library.git_token_file: it is about a repository`},
		{`git = "https://git.example.org/web"`, ``, `config.toml:9:3: library.path: it is missing: write the folder of the digests`},
		{`undated = "post"`, `undatde = "post"`, `config.toml:13:1: library.undatde: there is no such key: did you mean undated?`},
		{`undated = "post"`, `zone = "Mars"`, `config.toml:13:1: library.zone: "Mars" is no time zone`},
		{`undated = "post"`, `name.x = 1`, `config.toml:13:`},
		{"[[library]]\nname = \"web.2\"", "[library]\nname = \"web.2\"", `config.toml:9:2: [library]: there is [[library]], too, and each library needs double brackets, with a name below: write [[library]]`},
		{"[[library]]\nname = \"news\"", "[library]\nname = \"news\"", `config.toml:2:2: [library]: there is [[library]], too, and each library needs double brackets, with a name below: write [[library]]`},
		{`match.tags.any = ["AI"]`, `match.library = ["news", "web.3"]`, `config.toml:21:26: subscription.match.library: "web.3" is no library: write "news", "纸" or "web.2"`},
		{`match.tags.any = ["AI"]`, `match.path = ["a", "!../b"]`, `config.toml:21:20: subscription.match.path: "!../b" leads out of the library`},
		{`match.tags.any = ["AI"]`, `match.language = ["Klingon"]`, `config.toml:21:19: subscription.match.language: "Klingon" is no language: write its tag, for example "zh"`},
	} {
		text := strings.Replace(several, c.old, c.new, 1)
		_, err := Parse("config.toml", []byte(text), adapters.Kinds)
		if text == several || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.new, err, c.want)
		}
	}
}

func TestRulesOfTheLibrary(t *testing.T) {
	text := strings.Replace(good, "[library]", "[tags]\n\"人工智能\" = \"AI\"\n\"machine intelligence\" = \"AI\"\n[library]\nbase_url = \"https://example.org/\"", 1)
	c, err := Parse("config.toml", []byte(text), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	d := &digest.Digest{Card: digest.Card{ID: "2026-01-21-tech-news", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Tags: []string{"人工智能"}, Categories: []string{"tech"}}}
	if got, want := c.Libraries[0].Website.URL(digest.Keep(d)), "https://example.org/tech/2026/01/21/tech-news.html"; got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
	if found, _ := (digest.Rules{Aliases: c.Names.Aliases}).NewLibrary(digest.KeepAll([]*digest.Digest{d})).Tag("Machine-Intelligence"); found.Name != "AI" || found.Exact != 1 {
		t.Errorf("the alias finds %q, %d exact", found.Name, found.Exact)
	}
	// A subscription to a tag includes its aliases.
	if !c.Subscriptions[0].Match.Accepts(digest.Keep(d)) {
		t.Errorf("%+v does not match a digest that has an alias of its tag", c.Subscriptions[0].Match)
	}
}

// A secret in the file must not appear in an error about a neighbouring line. A zone that
// people are likely to misunderstand is accepted, with a warning.
func TestConfigWarnings(t *testing.T) {
	for zone, want := range map[string][]string{
		"Asia/Shanghai": nil,
		"EST":           {"config.toml:10:1: subscription.zone: EST has no daylight saving time. Perhaps you mean America/New_York."},
		"Etc/GMT+8":     {"config.toml:10:1: subscription.zone: The clock of Etc/GMT+8 is 8 h behind UTC: the sign in such a name is reversed. Perhaps you mean Etc/GMT-8."},
		"Etc/GMT-8":     {"config.toml:10:1: subscription.zone: The clock of Etc/GMT-8 is 8 h ahead of UTC: the sign in such a name is reversed. Perhaps you mean Etc/GMT+8."},
	} {
		c, err := Parse("config.toml", []byte(strings.Replace(good, "Asia/Shanghai", zone, 1)), adapters.Kinds)
		if err != nil || !slices.Equal(c.Warnings, want) {
			t.Errorf("%s: the warnings are %q, %v, want %q", zone, c.Warnings, err, want)
		}
	}
}

func TestConfigErrorsShowNoNeighbours(t *testing.T) {
	const secret = "xoxb-planted-secret"
	for _, text := range []string{
		"[adapters.slack]\nbot_token = \"" + secret + "\"\nbot_token_fiel = \"x\"\n",
		"[adapters.slack]\nbot_token_file = 5\n# " + secret + "\n",
		"[adapters.slack]\ntoken = \"" + secret + "\"\nzone 5\n",
		"[library]\ngit = \"https://x:" + secret + "@example.org/news\"\n",
		"[library]\ngit = \"https://" + secret + "@example.org/%zz\"\n",
		"[library]\ngit = \"https://example.org/news?access_token=" + secret + "\"\n",
		"[adapters.slack]\ntoken = " + secret + "\n",
		"[adapters.slack]\ntoken = \"" + secret + "\n",
	} {
		_, err := Parse("config.toml", []byte(text), adapters.Kinds)
		if err == nil {
			t.Fatalf("no error for\n%s", text)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestTwoAdaptersOfOneKind(t *testing.T) {
	text := good + "[adapters.acme]\nkind = \"slack\"\n"
	c, err := Parse("config.toml", []byte(strings.Replace(text, `"web:late"`, `"acme:C0123456789"`, 1)), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range c.Adapters {
		names = append(names, a.Name+"/"+a.Kind.Name)
	}
	if got, want := strings.Join(names, " "), "acme/slack discord/discord slack/slack web/web"; got != want {
		t.Errorf("adapters %s, want %s", got, want)
	}

	// There is only one room, under any name.
	c, err = Parse("config.toml", []byte("[library]\npath = \".\"\n[adapters.room]\nkind = \"web\"\n"), adapters.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if got := AdapterNames(c.Adapters); got != "discord, room, slack" {
		t.Errorf("adapters %s, want the room by its name alone", got)
	}
}

func TestNoConfig(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "config.toml"), adapters.Kinds)
	if err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("error %v, want one that says what to do", err)
	}
	if _, err := os.Stat("var"); err == nil {
		t.Error("reading the configuration leaves a folder")
	}
}
