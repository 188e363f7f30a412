package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/digestbot/digestbot"

// room is one line of the table of import rules: what the packages of a folder may import
// besides the standard library. Test files may also import packages below their folder, the
// suites, and testModules.
type room struct {
	// folder is a path.Match pattern. The first matching room counts.
	folder string
	// ours are path.Match patterns of folders.
	ours []string
	// third are import paths that allow whole modules or parts of them.
	third []string
	// why is the reason that is shown when the rule is broken.
	why string
}

// rooms are the import rules of all packages. A package without a line here fails the test:
// add a line, or move the code into an existing package.
var rooms = []room{
	{
		folder: "digest",
		third:  []string{"golang.org/x/text"},
		why:    "digest is the ground: it knows no platform, no schedule and no file",
	},
	{
		folder: "digest/website",
		ours:   []string{"digest"},
		third:  []string{"golang.org/x/text"},
		why:    "a website is a pure function of a card and the options of its site",
	},
	{
		folder: "digest/markdown/lexicon",
		ours:   []string{"digest"},
		why:    "words are words, wherever they appear in a file",
	},
	{
		folder: "digest/markdown/dates",
		ours:   []string{"digest", "digest/markdown/lexicon"},
		why:    "a date is read from words, wherever they appear in a file",
	},
	{
		folder: "digest/markdown/matter",
		ours:   []string{"digest", "digest/markdown/dates", "digest/markdown/lexicon", "digest/website", "digest/zone"},
		third:  []string{"github.com/adrg/frontmatter", "github.com/goccy/go-yaml", "github.com/pelletier/go-toml/v2"},
		why:    "front matter is read without the body, and so is the configuration of a website",
	},
	{
		folder: "digest/markdown/block",
		ours:   []string{"digest", "digest/markdown/lexicon"},
		why:    "a block and its lines speak for themselves, whatever syntax they were written in",
	},
	{
		folder: "digest/markdown/generator",
		ours:   []string{"digest/markdown/lexicon"},
		why:    "what a generator would replace is taken out before Markdown is read",
	},
	{
		folder: "digest/markdown/weburl",
		ours:   []string{"digest/markdown/lexicon"},
		why:    "a URL is read the same way in a body and in front matter",
	},
	{
		folder: "digest/markdown/body",
		ours:   []string{"digest", "digest/markdown/block", "digest/markdown/generator", "digest/markdown/lexicon", "digest/markdown/weburl"},
		third:  []string{"github.com/yuin/goldmark", "github.com/yuin/goldmark-emoji/definition", "golang.org/x/net"},
		why:    "a body is read without its front matter, and never asks which of its blocks are stories",
	},
	{
		folder: "digest/markdown/silence",
		ours:   []string{"digest/markdown/block", "digest/markdown/lexicon"},
		why:    "whether words say that there is no news is a pure function of them",
	},
	{
		folder: "digest/markdown/story",
		ours:   []string{"digest", "digest/markdown/block", "digest/markdown/lexicon"},
		why:    "a story is read from its blocks, however they were found",
	},
	{
		folder: "digest/markdown/stories",
		ours:   []string{"digest", "digest/markdown/block", "digest/markdown/lexicon", "digest/markdown/silence", "digest/markdown/story"},
		why:    "stories are found by what any reader knows, and never by a layout",
	},
	{
		folder: "digest/markdown/layout",
		ours:   []string{"digest", "digest/markdown/block", "digest/markdown/lexicon", "digest/markdown/stories", "digest/markdown/story"},
		third:  []string{"github.com/pelletier/go-toml/v2"},
		why:    "a layout is learned from blocks, and never reads a file",
	},
	{
		folder: "digest/markdown",
		ours:   []string{"digest", "digest/markdown/*"},
		why:    "a reader makes a Digest of a file and never asks who will post it",
	},
	{
		folder: "digest/markdown/markdowntest",
		why:    "mutations change files and never know what a reader makes of them",
	},
	{
		folder: "digest/zone",
		why:    "zones come from one place, so that the pages of a site and all clocks of the bot go by the same database",
	},
	{
		folder: "digest/owner",
		why:    "whoever keeps files in the state creates them in the same way, so this knows none of them",
	},
	{
		folder: "digest/shelf",
		ours:   []string{"digest", "digest/owner"},
		third:  []string{"modernc.org/sqlite"},
		why:    "the shelf keeps what was read and never reads a file itself, so it can be thrown away",
	},
	{
		folder: "digest/source/git",
		ours:   []string{"digest/owner"},
		third:  []string{"github.com/go-git/go-git/v5", "github.com/go-git/go-billy/v5"},
		why:    "git brings commits within limits, whatever is in them",
	},
	{
		folder: "digest/source",
		ours:   []string{"digest", "digest/markdown", "digest/markdown/generator", "digest/markdown/layout", "digest/markdown/matter", "digest/owner", "digest/source/git", "digest/shelf", "digest/website"},
		third:  []string{"github.com/fsnotify/fsnotify", "github.com/go-git/go-git/v5", "golang.org/x/sync"},
		why:    "a source brings files to the reader and never asks who will post them",
	},
	{
		folder: "bot",
		why:    "bot holds the walk through the rooms in prose, and no code",
	},
	{
		folder: "bot/chat",
		why:    "chat is what the bot and the platforms share: if it imports anything, everyone does",
	},
	{
		folder: "bot/panics",
		why:    "every entrance to the bot and to an adapter contains a panic in the same way, so this knows none of them",
	},
	{
		folder: "bot/cache",
		why:    "a cache is for every room of the bot and for adapters, so it knows none of them",
	},
	{
		folder: "bot/fuzzy",
		ours:   []string{"digest"},
		why:    "names are names to a match, whatever they are of, so config.toml and chat can share it",
	},
	{
		folder: "bot/dates",
		third:  []string{"golang.org/x/text"},
		why:    "a day is a pure function of words and a clock",
	},
	{
		folder: "bot/refs",
		ours:   []string{"digest", "bot/chat"},
		why:    "a name on a button outlives what the button says",
	},
	{
		folder: "bot/retry",
		why:    "waits are for every room of the bot and for adapters, so they know none of them",
	},
	{
		folder: "bot/schedule",
		third:  []string{"github.com/robfig/cron/v3"},
		why:    "a slot is a pure function of an expression, a zone and an instant",
	},
	{
		folder: "bot/compose/language",
		ours:   []string{"bot/chat", "bot/dates", "bot/ledger", "bot/schedule"},
		third:  []string{"golang.org/x/text"},
		why:    "a language has words for days, schedules and reasons, whatever message they are in",
	},
	{
		folder: "bot/compose/sentence",
		ours:   []string{"bot/chat"},
		why:    "a sentence ends where it ends, whatever it says",
	},
	{
		folder: "bot/compose",
		ours:   []string{"digest", "digest/zone", "bot/chat", "bot/compose/language", "bot/compose/sentence", "bot/dates", "bot/ledger", "bot/refs", "bot/schedule"},
		why:    "compose words a message of a digest, tells a schedule or a reason of the ledger, and knows no platform",
	},
	{
		folder: "bot/ledger",
		ours:   []string{"digest", "bot/chat"},
		why:    "the ledger is a contract: databases are below it, and delivery is above it",
	},
	{
		folder: "bot/ledger/sqlite",
		ours:   []string{"digest", "digest/owner", "bot/cache", "bot/chat", "bot/ledger"},
		third:  []string{"modernc.org/sqlite"},
		why:    "a kept ledger knows the ledger and its driver",
	},
	{
		folder: "bot/ledger/postgres",
		ours:   []string{"digest", "bot/chat", "bot/ledger"},
		third:  []string{"github.com/jackc/pgx/v5"},
		why:    "a kept ledger knows the ledger and its driver",
	},
	{
		folder: "bot/ledger/postgres/postgrestest",
		third:  append([]string{"github.com/jackc/pgx/v5"}, testModules...),
		why:    "a server serves any room, whatever it keeps there",
	},
	{
		folder: "bot/ledger/ledgertest",
		ours:   []string{"digest", "bot/chat", "bot/ledger"},
		third:  testModules,
		why:    "the suite holds every ledger to one contract and prefers none",
	},
	{
		folder: "bot/subscription",
		ours:   []string{"digest", "digest/zone", "bot/chat", "bot/compose", "bot/compose/language", "bot/schedule", "bot/ledger"},
		third:  []string{"github.com/bmatcuk/doublestar/v4"},
		why:    "a subscription says what people want, and never whether it was done",
	},
	{
		folder: "bot/platforms",
		ours:   []string{"bot/chat", "bot/ledger"},
		why:    "planning, delivery and commands all ask whether a channel can be reached, so this knows none of them",
	},
	{
		folder: "bot/post",
		ours:   []string{"digest", "bot/chat", "bot/compose", "bot/ledger", "bot/panics", "bot/platforms", "bot/subscription"},
		why:    "a post is made of digests and never asks when it goes out or what becomes of it",
	},
	{
		folder: "bot/notice",
		ours:   []string{"digest", "bot/chat", "bot/compose", "bot/ledger", "bot/panics", "bot/platforms", "bot/post", "bot/subscription"},
		why:    "a notice tells what happened and decides nothing",
	},
	{
		folder: "bot/deliver",
		ours:   []string{"digest", "bot/chat", "bot/compose", "bot/ledger", "bot/notice", "bot/panics", "bot/platforms", "bot/post", "bot/retry", "bot/subscription"},
		why:    "deliver posts through chat.Adapter what is owed: the day it knows a platform, adding one stops being cheap",
	},
	{
		folder: "bot/plan",
		ours:   []string{"digest", "bot/chat", "bot/compose", "bot/deliver", "bot/ledger", "bot/notice", "bot/panics", "bot/platforms", "bot/post", "bot/refs", "bot/subscription"},
		why:    "plan decides what is owed and leaves to deliver how it gets there",
	},
	{
		folder: "bot/dispatch",
		ours:   []string{"digest", "bot/chat", "bot/compose", "bot/deliver", "bot/ledger", "bot/notice", "bot/plan", "bot/platforms", "bot/post", "bot/schedule", "bot/subscription"},
		why:    "dispatch puts the rooms together that bring digests to channels, and its tests hold them to their promises together",
	},
	{
		folder: "bot/engine/replicas",
		ours:   []string{"bot/chat", "bot/deliver", "bot/dispatch", "bot/engine/local", "bot/ledger", "bot/ledger/postgres", "bot/panics", "bot/retry"},
		third:  []string{"github.com/riverqueue/river", "github.com/jackc/pgx/v5"},
		why:    "replicas run the loops of one process, each for its share, and leave what happens to dispatch",
	},
	{
		folder: "bot/engine/local",
		ours:   []string{"bot/deliver", "bot/dispatch", "bot/subscription", "bot/ledger", "bot/panics", "bot/retry"},
		why:    "an engine wakes deliveries and leaves what happens to dispatch",
	},
	{
		folder: "bot/access",
		ours:   []string{"bot/chat", "bot/platforms", "bot/refs", "bot/subscription"},
		why:    "access says who reaches which channel, whatever they ask",
	},
	{
		folder: "bot/vocabulary",
		ours:   []string{"digest", "bot/chat", "bot/fuzzy", "bot/refs"},
		why:    "a vocabulary finds what a library has by name, and never knows who asks",
	},
	{
		folder: "bot/command",
		ours:   []string{"digest", "bot/access", "bot/cache", "bot/chat", "bot/compose", "bot/compose/language", "bot/dates", "bot/fuzzy", "bot/ledger", "bot/plan", "bot/refs", "bot/subscription", "bot/dispatch", "bot/panics", "bot/vocabulary"},
		third:  []string{"golang.org/x/time"},
		why:    "a command answers with a chat.Message and never asks which platform carried the question",
	},
	{
		folder: "adapters",
		ours:   []string{"bot/chat", "adapters/*"},
		why:    "the table of platforms plugs adapters in and does nothing else",
	},
	{
		folder: "adapters/layout",
		ours:   []string{"bot/chat"},
		third:  []string{"github.com/rivo/uniseg"},
		why:    "layout cuts text for every platform and knows none",
	},
	{
		folder: "adapters/socket",
		third:  []string{"github.com/gorilla/websocket"},
		why:    "a socket carries what any platform says and knows none",
	},
	{
		folder: "adapters/httpauth",
		ours:   []string{"bot/chat"},
		why:    "httpauth determines who sends an HTTP request and never knows what it asks for",
	},
	{
		folder: "adapters/adaptertest/specimens",
		ours:   []string{"bot/chat"},
		third:  testModules,
		why:    "specimens are messages and prefer no platform",
	},
	{
		folder: "adapters/adaptertest",
		ours:   []string{"bot/chat", "adapters/adaptertest/specimens", "adapters/layout"},
		third:  testModules,
		why:    "the suite holds every adapter to one contract and prefers none",
	},
	{
		folder: "adapters/adaptertest/browser",
		third:  testModules,
		why:    "a browser shows any page and knows none",
	},
	{
		folder: "adapters/adaptertest/growth",
		third:  []string{"golang.org/x/sys/unix"},
		why:    "a stopwatch knows no room",
	},
	{
		folder: "adapters/discord",
		ours:   []string{"bot/cache", "bot/chat", "bot/panics", "bot/retry", "adapters/layout", "adapters/discord/internal/*"},
		third:  []string{"github.com/bwmarrin/discordgo"},
		why:    adapterReason,
	},
	{
		folder: "adapters/discord/internal/wire",
		ours:   []string{"bot/chat", "bot/panics", "bot/retry", "adapters/layout", "adapters/socket"},
		// The connection to the gateway is our own, and x/time/rate spaces requests.
		third: []string{"github.com/bwmarrin/discordgo", "github.com/gorilla/websocket", "golang.org/x/time"},
		why:   "the wire carries requests and events, and never knows what a message says or how it is laid out",
	},
	{
		folder: "adapters/discord/internal/render",
		ours:   []string{"bot/chat", "adapters/layout", "adapters/discord/internal/snowflake"},
		why:    "a payload is a pure function of a message: the layout knows no connection and no SDK",
	},
	{
		folder: "adapters/discord/internal/rendertest",
		ours:   []string{"bot/chat", "adapters/discord/internal/render"},
		why:    "the tests of the adapter and of its layout read payloads in the same way",
	},
	{
		folder: "adapters/discord/internal/snowflake",
		why:    "an id is read the same way by the wire, the layout and the adapter, so this knows none of them",
	},
	{
		folder: "adapters/slack",
		ours:   []string{"bot/cache", "bot/chat", "bot/panics", "adapters/layout", "adapters/slack/internal/*"},
		third:  []string{"github.com/slack-go/slack", "golang.org/x/sync"},
		why:    adapterReason,
	},
	{
		folder: "adapters/slack/internal/render",
		ours:   []string{"bot/chat", "adapters/layout", "adapters/slack/internal/payloadtest"},
		third:  []string{"github.com/slack-go/slack"}, // block types
		why:    "render is pure: it knows messages and blocks, and neither a connection nor a token",
	},
	{
		folder: "adapters/slack/internal/wire",
		ours:   []string{"bot/chat", "bot/panics", "bot/retry", "adapters/layout", "adapters/socket", "adapters/slack/slackfake"}, // layout's JSON
		third:  []string{"github.com/slack-go/slack", "github.com/gorilla/websocket", "golang.org/x/time"},
		why:    "wire carries JSON to Slack and back: it knows outcomes, and no layout of a message",
	},
	{
		folder: "adapters/slack/internal/payloadtest",
		ours:   []string{"bot/chat", "adapters/adaptertest", "adapters/adaptertest/specimens", "adapters/slack/slackfake"},
		why:    "payloadtest reads payloads as Slack does, and never knows how they were laid out",
	},
	{
		folder: "adapters/web",
		// It creates SQLite files, and receives a PostgreSQL database, whose driver only
		// tests import. Of digest, it knows only how files are created.
		ours:  []string{"digest/owner", "bot/chat", "bot/panics", "adapters/layout", "adapters/httpauth", "bot/ledger/postgres/postgrestest"},
		third: []string{"modernc.org/sqlite", "golang.org/x"},
		why:   adapterReason,
	},
	{
		folder: "adapters/*",
		ours:   []string{"bot/cache", "bot/chat", "bot/panics", "bot/retry", "adapters/layout"},
		why:    adapterReason,
	},
	{
		folder: "adapters/*/*fake",
		third:  []string{"github.com/gorilla/websocket"},
		why:    "a fake follows the platform's published contract: it could not contradict what it learned from our code or from the SDK",
	},
	{
		folder: "adapters/*/*fake/cmd",
		ours:   []string{"adapters/*/*fake"},
		why:    "the program starts a fake by hand and has no logic of its own",
	},
	{
		folder: "cmd/digestbot/internal/config",
		ours:   []string{"adapters", "adapters/httpauth", "bot/chat", "bot/compose", "bot/fuzzy", "bot/subscription", "digest", "digest/markdown/layout", "digest/markdown/matter", "digest/source", "digest/website", "digest/zone"},
		third:  []string{"github.com/pelletier/go-toml/v2"},
		why:    "the file is read and checked before anything is opened",
	},
	{
		folder: "cmd/digestbot/internal/libraries",
		ours:   []string{"bot/chat", "bot/compose/language", "cmd/digestbot/internal/config", "digest", "digest/markdown", "digest/shelf", "digest/source"},
		third:  []string{"golang.org/x/sync"},
		why:    "digests are read in one way, whether they are posted, shown or checked",
	},
	{
		folder: "cmd/digestbot/internal/output",
		ours:   []string{"bot/chat", "digest"},
		third:  []string{"golang.org/x/term"},
		why:    "output is made safe for terminals in one place, whatever it says",
	},
	{
		folder: "cmd/digestbot/internal/health",
		ours:   []string{"bot/chat", "bot/deliver", "bot/dispatch", "bot/ledger", "bot/notice", "bot/panics", "bot/retry", "bot/subscription"},
		why:    "health checks a bot and never repairs it",
	},
	{
		folder: "cmd/digestbot/internal/metrics",
		ours:   []string{"bot/chat", "bot/dispatch", "bot/ledger", "bot/subscription", "cmd/digestbot/internal/health", "cmd/digestbot/internal/libraries"},
		third:  []string{"github.com/prometheus/client_golang"},
		why:    "metrics count and look, and never decide",
	},
	{
		folder: "cmd/digestbot/internal/admin",
		ours:   []string{"adapters/httpauth", "bot/access", "bot/chat", "bot/compose", "bot/compose/language", "bot/dispatch", "bot/ledger", "bot/plan", "bot/subscription", "digest"},
		why:    "the page shows and decides for whoever runs the bot, on every platform, and knows none",
	},
	{
		folder: "cmd/digestbot/internal/setup",
		ours:   []string{"adapters", "adapters/discord", "adapters/slack", "bot/chat", "bot/compose", "bot/subscription", "cmd/digestbot/internal/config"},
		why:    "the steps on a platform follow from the configuration, so nothing is opened for them",
	},
	{
		folder: "cmd/digestbot/internal/doctor",
		ours:   []string{"bot/chat", "bot/ledger", "bot/ledger/sqlite", "bot/panics", "bot/retry", "bot/subscription", "cmd/digestbot/internal/config", "digest", "digest/source", "digest/zone"},
		third:  []string{"golang.org/x/sys"},
		why:    "a doctor checks what it is given and never opens an adapter or a library itself",
	},
	{
		folder: "cmd/digestbot/internal/shell",
		third:  []string{"github.com/alecthomas/kong"},
		why:    "completion and the manual page are derived from the command line, whatever the commands do",
	},
	{
		folder: "cmd/digestbot/internal/reload",
		ours:   []string{"adapters/httpauth", "digest/owner"},
		third:  []string{"github.com/fsnotify/fsnotify"},
		why:    "reload signals that the configuration has changed, and never knows what is in it",
	},
	{
		folder: "cmd/digestbot/internal/house",
		ours:   []string{"adapters", "adapters/httpauth", "bot/*", "bot/compose/language", "bot/engine/*", "bot/ledger/postgres", "bot/ledger/sqlite", "cmd/digestbot/internal/*", "digest", "digest/*"},
		third:  []string{"github.com/jackc/pgx/v5", "github.com/prometheus/client_golang"}, // pgx for how adapters use the ledger's connections
		why:    "a house assembles what the configuration names, and never knows the command line",
	},
	{
		folder: "cmd/digestbot",
		ours:   []string{"*", "*/*", "*/*/*", "bot/ledger/postgres/postgrestest", "cmd/digestbot/internal/*"},
		third:  []string{"github.com/alecthomas/kong", "github.com/mattn/go-isatty", "github.com/prometheus/client_golang", "golang.org/x"},
		why:    "cmd assembles everything; what needs an SDK or a database belongs in the room that owns it",
	},
	{
		folder: ".ci/bench/report",
		why:    "a report of tests shows what go test prints and knows nothing of what is tested",
	},
	{
		folder: ".ci/bench/figures",
		why:    "figures are measured and printed in the same way, whatever they measure",
	},
	{
		folder: ".ci/bench/site",
		ours:   []string{".ci/bench/figures"},
		why:    "a build is measured from the outside, so that an earlier one can be measured beside it",
	},
	{
		folder: ".ci/bench/guard",
		ours:   []string{".ci/bench/figures", ".ci/bench/site"},
		third:  []string{"golang.org/x/sync"},
		why:    "a build is measured from the outside, so that an earlier one can be measured beside it",
	},
	{
		folder: ".ci/bench/sites",
		third:  []string{"golang.org/x/net"},
		why:    "digestbot is compared with pages from the outside, by what it prints",
	},
	{
		folder: ".ci/bench/stand",
		ours:   []string{"adapters/*/*fake"},
		why:    "a stand has fakes of the platforms and runs digestbot from the outside",
	},
	{
		folder: ".ci/bench/replicas",
		ours:   []string{".ci/bench/figures", ".ci/bench/stand", "adapters/*/*fake", "bot/ledger/postgres/postgrestest"},
		third:  []string{"github.com/jackc/pgx/v5"},
		why:    "replicas are measured from the outside, and a real database says what they asked of it",
	},
	{
		folder: ".ci/bench/screens",
		ours:   []string{"adapters/discord", "adapters/slack", "adapters/web", "bot/chat", "bot/command", "bot/compose", "bot/compose/language", "bot/dispatch", "bot/ledger/sqlite", "bot/subscription", "bot/vocabulary", "digest", "digest/markdown"},
		why:    "pictures show what the bot posts and answers, so they are made of what it is made of",
	},
	{
		// A floor is the minimum that a library costs, so these may import the SDKs.
		folder: ".ci/bench/*",
		ours:   []string{".ci/bench/figures", ".ci/bench/site", ".ci/bench/stand", "adapters/*/*fake", "adapters/discord", "adapters/slack", "bot/chat", "bot/compose", "digest/markdown", "digest/markdown/layout", "digest/source"},
		third:  []string{"github.com/adrg/frontmatter", "github.com/bwmarrin/discordgo", "github.com/slack-go/slack", "github.com/yuin/goldmark", "golang.org/x/sync"},
		why:    "a program of .ci runs digestbot from the outside, beside fakes and floors",
	},
}

const adapterReason = "an adapter knows chat and its own SDK: no digest, nothing else of the bot, no other platform, or platforms can no longer be added one at a time"

// testModules are for test files and for the suites that they run.
var testModules = []string{
	"github.com/adrg/frontmatter", // with goldmark, the reference for the speed of reading
	"github.com/chromedp/cdproto",
	"github.com/chromedp/chromedp",
	"github.com/goccy/go-yaml", // to read a manifest as its platform does
	"github.com/rogpeppe/go-internal",
	"github.com/yuin/goldmark",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

// testRooms are the folders that only test files, and each other, may import.
var testRooms = []string{"adapters/adaptertest", "adapters/adaptertest/browser", "adapters/adaptertest/growth", "adapters/adaptertest/specimens", "bot/ledger/ledgertest", "bot/ledger/postgres/postgrestest", "digest/markdown/markdowntest", "adapters/*/*fake", "adapters/*/internal/*test", ".ci/bench/*"}

// sharedInTests are packages that test files of every room of the bot may also use. There
// are no mocks, so a test of the bot uses the real ledger in a temporary folder, and real
// packages to give it something to do.
var sharedInTests = []string{"bot/ledger/ledgertest", "bot/ledger/postgres/postgrestest", "bot/ledger/sqlite", "bot/chat", "bot/schedule", "digest"}

// sharedOnPlatform are the folders that all test files of a platform may use.
var sharedOnPlatform = []string{"adapters/*/*fake", "adapters/*/internal/rendertest"}

func TestWhoMayKnowWhom(t *testing.T) {
	broken, files, err := inspect(os.DirFS("../.."))
	if err != nil {
		t.Fatalf("reading the repository: %v", err)
	}
	if files == 0 {
		t.Fatal("no Go file was found, so nothing was inspected")
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// TestWhoMayKnowWhomBites shows that each rule catches violations, and nothing else.
func TestWhoMayKnowWhomBites(t *testing.T) {
	const ours = module + "/"
	for _, tt := range []struct {
		file, imports string
		want          string // a part of the complaint; empty when the import is fine
	}{
		{"digest/digest.go", "golang.org/x/text/width", ""},
		{"digest/digest.go", ours + "bot/chat", "digest/digest.go imports bot/chat: digest may know nothing of ours"},
		{"digest/digest.go", ours + "digest/markdown", "digest may know nothing of ours"},
		{"digest/digest_test.go", ours + "digest/markdown", ""},
		{"digest/markdown/read.go", ours + "digest", ""},
		{"digest/markdown/matter/read.go", "github.com/goccy/go-yaml/ast", ""},
		{"digest/markdown/matter/read.go", "github.com/goccy/go-yamlish", "may import only github.com/adrg/frontmatter"},
		{"bot/chat/chat.go", ours + "digest", "may know nothing of ours"},
		{"bot/chat/chat.go", "log/slog", ""},
		{"bot/chat/chat.go", "golang.org/x/text/width", "may import only the standard library"},
		{"bot/plan/plan.go", ours + "adapters/discord", "may know of ours only digest, bot/chat, bot/compose, bot/deliver, bot/ledger, bot/notice, bot/panics, bot/platforms, bot/post, bot/refs, bot/subscription: plan decides"},
		{"bot/plan/plan.go", "github.com/robfig/cron/v3", "may import only the standard library"},
		{"bot/plan/plan.go", ours + "bot/ledger/sqlite", "may know of ours only"},
		{"bot/plan/plan_test.go", ours + "bot/ledger/sqlite", ""},
		{"bot/plan/plan_test.go", ours + "bot/plan", ""},
		{"bot/plan/plan_test.go", ours + "adapters/web", "may know of ours only"},
		{"bot/ledger/sqlite/open.go", ours + "bot/ledger/ledgertest", "bot/ledger/ledgertest is for test files"},
		{"bot/ledger/sqlite/open_test.go", ours + "bot/ledger/ledgertest", ""},
		{"adapters/adapters.go", ours + "adapters/slack", ""},
		{"adapters/adapters.go", ours + "adapters/adaptertest", "adapters/adaptertest is for test files"},
		{"adapters/discord/render.go", ours + "digest", "an adapter knows chat and its own SDK"},
		{"adapters/discord/render.go", ours + "adapters/slack", "an adapter knows chat and its own SDK"},
		{"adapters/discord/render.go", "github.com/slack-go/slack", "may import only github.com/bwmarrin/discordgo"},
		{"adapters/discord/render_test.go", ours + "digest", "an adapter knows chat and its own SDK"},
		{"adapters/discord/send.go", ours + "adapters/discord/discordfake", "adapters/discord/discordfake is for test files"},
		{"adapters/discord/send_test.go", ours + "adapters/discord/discordfake", ""},
		{"adapters/discord/internal/wire/gateway_test.go", ours + "adapters/discord/discordfake", ""},
		{"adapters/discord/internal/wire/gateway_test.go", ours + "adapters/slack/slackfake", "the wire carries requests and events"},
		{"adapters/discord/internal/wire/gateway.go", ours + "adapters/discord/discordfake", "adapters/discord/discordfake is for test files"},
		{"adapters/discord/internal/wire/gateway.go", ours + "adapters/discord", "the wire carries requests and events"},
		{"adapters/discord/internal/render/render.go", ours + "bot/chat", ""},
		{"adapters/discord/internal/render/render.go", ours + "adapters/discord/internal/wire", "the layout knows no connection"},
		{"adapters/discord/internal/render/render.go", "github.com/bwmarrin/discordgo", "the layout knows no connection"},
		{"adapters/discord/internal/render/render_test.go", ours + "adapters/discord/internal/rendertest", ""},
		{"adapters/discord/render.go", ours + "adapters/discord/internal/rendertest", "rendertest is for test files"},
		{"adapters/discord/send_test.go", ours + "adapters/slack/slackfake", "an adapter knows chat and its own SDK"},
		{"adapters/discord/send_test.go", "go.uber.org/goleak", ""},
		{"adapters/discord/send_test.go", "modernc.org/sqlite", "may import only"},
		{"adapters/discord/send.go", "go.uber.org/goleak", "may import only"},
		{"adapters/discord/discordfake/fake.go", "github.com/gorilla/websocket", ""},
		{"adapters/discord/discordfake/fake.go", "github.com/bwmarrin/discordgo", "a fake follows the platform's published contract"},
		{"adapters/discord/discordfake/fake.go", ours + "bot/chat", "may know nothing of ours"},
		{"adapters/discord/discordfake/cmd/main.go", ours + "adapters/discord/discordfake", ""},
		{"adapters/layout/split.go", "github.com/rivo/uniseg", ""},
		{"adapters/layout/split.go", "golang.org/x/text/width", "may import only github.com/rivo/uniseg"},
		{"adapters/telegram/telegram.go", ours + "bot/chat", ""},
		{"adapters/telegram/telegram.go", ours + "bot/ledger", "an adapter knows chat and its own SDK"},
		{"bot/compose/words.go", ours + "cmd/digestbot", "may know of ours only"},
		{"cmd/digestbot/main.go", ours + "bot/ledger/sqlite", ""},
		{"cmd/digestbot/main.go", "github.com/bwmarrin/discordgo", "what needs an SDK"},
		{"cmd/digestbot/main.go", ours + "adapters/slack/slackfake", "adapters/slack/slackfake is for test files"},
		{"cmd/digestbot/main_test.go", ours + "adapters/slack/slackfake", ""},
		{".ci/bench/answers/main.go", "github.com/slack-go/slack", ""},
		{".ci/bench/answers/main.go", ours + "adapters/slack/slackfake", ""},
		{".ci/bench/answers/main.go", ours + "bot/ledger", "a program of .ci runs digestbot from the outside"},
		{".ci/bench/stand/stand.go", ours + "adapters/slack/slackfake", ""},
		{".ci/bench/guard/main.go", ours + "digest/source", "a build is measured from the outside"},
		{".ci/bench/figures/figures.go", "golang.org/x/sync/errgroup", "may import only the standard library"},
		{".ci/loose.go", "fmt", ".ci has no room"},
		{"cmd/digestbot/main.go", ours + ".ci/bench/figures", ".ci/bench/figures is for test files"},
		{".github/loose.go", ours + "cmd/digestbot", ""},
		{"digest/testdata/broken.go", ours + "cmd/digestbot", ""},
		{"bot/util/strings.go", "strings", "bot/util has no room: give it one"},
		{"main.go", "fmt", "the top of the repository has no room"},
	} {
		t.Run(tt.file+" imports "+tt.imports, func(t *testing.T) {
			source := "package p\n\nimport _ " + strconv.Quote(tt.imports) + "\n"
			broken, _, err := inspect(fstest.MapFS{tt.file: {Data: []byte(source)}})
			if err != nil {
				t.Fatalf("inspect: %v", err)
			}
			switch {
			case tt.want == "" && len(broken) > 0:
				t.Errorf("got complaints %q, want none", broken)
			case tt.want != "" && (len(broken) != 1 || !strings.Contains(broken[0], tt.want)):
				t.Errorf("got complaints %q, want one with %q", broken, tt.want)
			}
		})
	}
}

// TestTopOfRepository keeps the top of the repository tidy: one look at the listing shows
// where everything is.
func TestTopOfRepository(t *testing.T) {
	allowed := []string{
		"adapters", "bot", "cmd", "digest", "findings",
		"CHANGELOG.md", "Dockerfile", "LICENSE", "README.md", "config.toml", "go.mod", "go.sum",
	}
	ignored, err := os.ReadFile("../../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(ignored)) {
		allowed = append(allowed, strings.Trim(line, "/\n"))
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s is at the top of the repository: move it into the room that it belongs to", e.Name())
		}
	}
}

// inspect reads the imports of every Go file of a repository, whatever its build tags, and
// returns a complaint for each import that the table does not allow.
func inspect(repository fs.FS) (broken []string, files int, err error) {
	err = fs.WalkDir(repository, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") && name != ".ci" || d.Name() == "testdata" || name == "var") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		files++
		complaints, err := judge(repository, name)
		broken = append(broken, complaints...)
		return err
	})
	return broken, files, err
}

// judge returns a complaint for each import of one file that the table does
// not allow.
func judge(repository fs.FS, file string) ([]string, error) {
	folder := path.Dir(file)
	i := slices.IndexFunc(rooms, func(r room) bool { return matches(r.folder, folder) })
	if i < 0 {
		if folder == "." {
			folder = "the top of the repository"
		}
		return []string{fmt.Sprintf("%s: %s has no room: give it one in the table of house_test.go, with what it may know", file, folder)}, nil
	}
	r := rooms[i]

	source, err := fs.ReadFile(repository, file)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var broken []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", file, spec.Path.Value, err)
		}
		if reason := r.forbids(file, name); reason != "" {
			broken = append(broken, fmt.Sprintf("%s imports %s: %s", file, strings.TrimPrefix(name, module+"/"), reason))
		}
	}
	return broken, nil
}

// forbids returns why a file of the room may not import a package, or nothing if it may.
func (r room) forbids(file, name string) string {
	folder := path.Dir(file)
	isTest := strings.HasSuffix(file, "_test.go")
	target, isOurs := strings.CutPrefix(name, module+"/")
	first, _, _ := strings.Cut(name, "/")
	switch {
	case isOurs && !isTest && anyMatches(testRooms, target) && !anyMatches(testRooms, folder) && !matches("adapters/*/*fake/cmd", folder):
		return target + " is for test files, and must not be built into the program"
	case isOurs && (anyMatches(r.ours, target) || isTest && within(folder, target)):
		return ""
	case isOurs && isTest && strings.HasPrefix(folder, "bot/") && anyMatches(sharedInTests, target):
		return ""
	case isOurs && isTest && strings.HasPrefix(folder, "adapters/") && within("adapters/adaptertest", target):
		return ""
	case isOurs && isTest && anyMatches(sharedOnPlatform, target) && within(strings.TrimSuffix(path.Dir(target), "/internal"), folder):
		return ""
	case isOurs && len(r.ours) == 0:
		return fmt.Sprintf("%s may know nothing of ours: %s", folder, r.why)
	case isOurs:
		return fmt.Sprintf("%s may know of ours only %s: %s", folder, strings.Join(r.ours, ", "), r.why)
	case !strings.Contains(first, "."):
		return "" // the standard library
	case anyWithin(r.third, name) || isTest && anyWithin(testModules, name):
		return ""
	case len(r.third) == 0:
		return fmt.Sprintf("%s may import only the standard library: %s", folder, r.why)
	default:
		return fmt.Sprintf("%s may import only %s: %s", folder, strings.Join(r.third, ", "), r.why)
	}
}

// within reports whether an import path is root or lies below it.
func within(root, name string) bool { return name == root || strings.HasPrefix(name, root+"/") }

func anyWithin(roots []string, name string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return within(root, name) })
}

// matches is path.Match for the patterns of the tables, which are well formed.
func matches(pattern, folder string) bool {
	ok, err := path.Match(pattern, folder)
	return err == nil && ok
}

func anyMatches(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, folder) })
}
