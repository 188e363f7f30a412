package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// discordToken is planted: no output and no file may contain it.
const discordToken = "planted-discord-token"

// gitToken is the token that the fake git host requires.
const gitToken = "planted-git-token"

// The channels of the fake Discord.
const (
	discordChannel       = "123456789012345678"
	discordAnnouncements = "223456789012345678"
	discordForum         = "323456789012345678"
)

// TestMain makes this test binary act as the program when a story runs it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"digestbot": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if os.Getenv("AS_NOBODY") != "" && os.Geteuid() == 0 {
				if err := becomeNobody(); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(3)
				}
			}
			if os.Getenv("TELL_HEAP") != "" {
				tellHeap()
			}
			if code := run(ctx, tested(), os.Args[1:]); code != 0 {
				os.Exit(code)
			}
		},
		"naive": naive,
	})
}

// becomeNobody drops the process's right to write files that are not world-writable; nil if
// there is no such user.
var becomeNobody func() error

// tested returns the program, with mortal adapters if the environment asks for them.
func tested() *program {
	kinds := adapters.Kinds
	if os.Getenv("MORTAL") != "" {
		kinds = mortal(kinds)
	}
	return &program{kinds: kinds, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
}

// mortal returns adapters that settle at once and remember keys for DEDUP, if that is
// shorter. If DIE is "before" or "after", they kill their process with SIGKILL before or
// after the promised post is made, and before its result is recorded.
func mortal(kinds []adapters.Kind) []adapters.Kind {
	var out []adapters.Kind
	for _, k := range kinds {
		open := k.Open
		k.Open = func(env chat.Env, config any) (adapters.Adapter, error) {
			a, err := open(env, config)
			if err != nil {
				return nil, err
			}
			return mortalAdapter{a, a.(chat.Finder), a.(chat.Listener)}, nil
		}
		out = append(out, k)
	}
	return out
}

type mortalAdapter struct {
	adapters.Adapter
	chat.Finder
	chat.Listener
}

func (a mortalAdapter) Capabilities() chat.Capabilities {
	c := a.Adapter.Capabilities()
	c.Settle = min(c.Settle, time.Second)
	if window, err := time.ParseDuration(os.Getenv("DEDUP")); err == nil {
		c.DedupWindow = min(c.DedupWindow, window)
	}
	return c
}

func (a mortalAdapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if os.Getenv("DIE") == "before" {
		die()
	}
	r, err := a.Adapter.Send(ctx, to, p, key)
	if os.Getenv("DIE") == "after" {
		die()
	}
	return r, err
}

func die() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // wait for the signal
}

// platforms are the fakes of a story.
type platforms struct {
	discord *discordfake.Fake
	slack   *slackfake.Fake
}

// TestStories runs the stories in testdata/script: the whole program against fakes of
// Discord and Slack, over real sockets, with a real ledger.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"expand":     expand,
			"eventually": eventually,
			"posted":     posted,
			"standing":   standing,
			"framed":     framed,
			"asked":      asked,
			"capture":    capture,
			"removed":    removed,
		},
	})
}

// openSlots returns the times of two slots that have opened today in UTC, ten and five
// minutes ago, unless the day is too young.
func openSlots() (slot, later time.Time) {
	for {
		now := time.Now().UTC()
		minutes := min(10, now.Hour()*60+now.Minute())
		if slot, later = now.Add(-time.Duration(minutes)*time.Minute), now.Add(-time.Duration(minutes/2)*time.Minute); minutes >= 2 {
			return slot, later
		}
		time.Sleep(time.Second) // the day is not two minutes old yet
	}
}

func setUp(e *testscript.Env) error {
	p := &platforms{discord: discordfake.New(discordToken), slack: slackfake.New()}
	p.discord.AddChannel(discordfake.Channel{ID: discordChannel, Guild: "9"})
	p.discord.AddChannel(discordfake.Channel{ID: discordAnnouncements, Guild: "9", Type: discordfake.Announcement})
	p.discord.AddChannel(discordfake.Channel{ID: discordForum, Guild: "9", Type: discordfake.Forum, Tags: []discordfake.Tag{{ID: "71", Name: "databases"}, {ID: "727272", Name: "ai"}}})
	d, s := httptest.NewServer(p.discord), httptest.NewServer(p.slack)
	e.Defer(func() {
		d.CloseClientConnections()
		d.Close()
		p.slack.Close()
		s.CloseClientConnections()
		s.Close()
	})
	work := e.WorkDir
	host, err := gitHost(filepath.Join(work, "host"))
	if err != nil {
		return err
	}
	g := httptest.NewServer(host)
	e.Defer(g.Close)
	port, err := freePort()
	if err != nil {
		return err
	}
	e.Values["platforms"] = p
	slot, later := openSlots()
	e.Vars = append(
		e.Vars,
		"WEB=127.0.0.1:"+port,
		"PORT="+port,
		"DISCORD_API="+d.URL+"/api/v10",
		"SLACK_API="+s.URL+"/api/",
		"GIT_HOST="+g.URL,
		"DISCORD_CHANNEL="+discordChannel,
		"DISCORD_ANNOUNCEMENTS="+discordAnnouncements,
		"DISCORD_FORUM="+discordForum,
		"SLACK_CHANNEL="+slackfake.General,
		// The tokens that a story can give to the program.
		"DISCORD="+discordToken, "SLACK_BOT="+slackfake.BotToken, "SLACK_APP="+slackfake.AppToken, "GIT_TOKEN="+gitToken,
		"SLOT="+fmt.Sprintf("%d %d * * *", slot.Minute(), slot.Hour()),
		"LATER_SLOT="+fmt.Sprintf("%d %d * * *", later.Minute(), later.Hour()),
		"TODAY="+slot.Format("2006-01-02"),
		"TOMORROW="+slot.AddDate(0, 0, 1).Format("2006-01-02"),
		"LONG_AGO=2020-02-02",
	)
	e.Defer(func() {
		if err := noToken(work); err != nil {
			e.T().Log(err)
			e.T().Fatal("a token came out")
		}
	})
	return nil
}

// gitHost serves the bare repositories in a folder to clients with the token, with git's
// own server. A story that needs it must check for git first.
func gitHost(root string) (http.Handler, error) {
	git, err := exec.LookPath("git")
	if errors.Is(err, exec.ErrNotFound) {
		return http.NotFoundHandler(), nil
	}
	if err != nil {
		return nil, err
	}
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}, Stderr: io.Discard}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, token, _ := r.BasicAuth(); user != "x-access-token" || token != gitToken {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}), nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// noToken searches for the planted tokens in all files that a story has left.
func noToken(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Base(path) == "token" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, token := range []string{discordToken, slackfake.BotToken, slackfake.AppToken, gitToken} {
			if strings.Contains(string(data), token) {
				return fmt.Errorf("%s holds a token", path)
			}
		}
		return nil
	})
}

// expand copies a file and replaces its $VARIABLES: expand FROM TO.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expand FROM TO")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	// Replace it at once, as an editor does.
	temporary := ts.MkAbs(args[1]) + ".part"
	ts.Check(os.WriteFile(temporary, []byte(text), 0o600))
	ts.Check(os.Rename(temporary, ts.MkAbs(args[1])))
}

// capture sets a variable to a group of a regexp in the last output: capture NAME REGEXP.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s is not in\n%s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

// patience is how long a story waits for an event: far longer than it takes, so that slow
// machines cause no false failures.
const patience = 90 * time.Second

// eventually runs a command until its output matches: eventually REGEXP COMMAND ARG...
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually REGEXP COMMAND ARG...")
	}
	want := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v never printed %s; at last %v:\n%s", args[1:], args[0], err, ts.ReadFile("stdout"))
		}
	}
}

// messages returns the messages in a platform's channel, as the platform stores them.
func messages(ts *testscript.TestScript, platform string) (texts []string) {
	p := ts.Value("platforms").(*platforms)
	discord := func(channel string) {
		for _, m := range p.discord.Messages(channel) {
			texts = append(texts, string(m.Body))
		}
	}
	switch platform {
	case "discord":
		discord(discordChannel)
	case "discord-threads":
		for _, m := range p.discord.Messages(discordChannel) {
			discord(m.ID) // a thread has the ID of its message
		}
	case "discord-announcements":
		discord(discordAnnouncements)
	case "discord-forum":
		for _, t := range p.discord.Threads(discordForum) {
			texts = append(texts, fmt.Sprintf("%+v", t))
			discord(t.ID)
		}
	case "discord-pings":
		texts = p.discord.Pings(discordChannel)
	case "discord-published":
		texts = make([]string, p.discord.Published(discordAnnouncements))
	case "slack-threads":
		for _, parent := range p.slack.Messages(slackfake.General) {
			for _, m := range p.slack.Replies(slackfake.General, parent.TS) {
				texts = append(texts, m.Text+string(m.Blocks))
			}
		}
	case "slack-pings":
		texts = p.slack.Notified(slackfake.General)
	case "slack":
		for _, m := range p.slack.Messages(slackfake.General) {
			texts = append(texts, m.Text+string(m.Blocks))
		}
	case "web", "admins":
		channel := map[string]string{"web": "general"}[platform]
		texts = regexp.MustCompile(`(?s)<article[^>]* id="m.*?</article>`).FindAllString(page(ts, cmp.Or(channel, platform), ""), -1)
	default:
		ts.Fatalf("there is no platform %q", platform)
	}
	return texts
}

// posted waits until N messages are in a platform's channel, and then checks that there are
// no more: posted PLATFORM N.
func posted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: posted PLATFORM N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	for deadline := time.Now().Add(patience); len(messages(ts, args[0])) < want; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%d messages on %s, want %d", len(messages(ts, args[0])), args[0], want)
		}
	}
	if got := len(messages(ts, args[0])); got != want {
		ts.Fatalf("%d messages on %s, want %d", got, args[0], want)
	}
}

// removed deletes the newest message of Discord's channel, as a moderator does.
func removed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: removed")
	}
	p := ts.Value("platforms").(*platforms)
	messages := p.discord.Messages(discordChannel)
	p.discord.Delete(discordChannel, messages[len(messages)-1].ID)
}

// standing waits until N messages in a platform's channel contain words: standing PLATFORM
// WORDS N.
func standing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: standing PLATFORM WORDS N")
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		n := 0
		for _, text := range messages(ts, args[0]) {
			if strings.Contains(text, args[1]) {
				n++
			}
		}
		if strconv.Itoa(n) == args[2] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%d messages on %s say %q, want %s", n, args[0], args[1], args[2])
		}
	}
}

// framed expects the web room's page in a certain language, with certain words of ours, for
// a reader's languages: framed ACCEPT-LANGUAGE LANGUAGE WORDS.
func framed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: framed ACCEPT-LANGUAGE LANGUAGE WORDS")
	}
	got := page(ts, "general", args[0])
	if !strings.Contains(got, `<html lang="`+args[1]+`">`) || !strings.Contains(got, args[2]) {
		ts.Fatalf("the page is not in %s with %q: %s", args[1], args[2], got)
	}
}

// asked waits until the bot's HTTP server answers a path with a status and matching words,
// for a request with the headers.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: asked PATH STATUS WORDS [NAME:VALUE...]")
	}
	words := regexp.MustCompile(args[2])
	got := "nothing"
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		request, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("WEB")+args[0], nil)
		ts.Check(err)
		for _, header := range args[3:] {
			name, value, _ := strings.Cut(header, ":")
			request.Header.Set(name, value)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			continue // not yet
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		ts.Check(err)
		if got = strconv.Itoa(response.StatusCode) + " " + string(body); strings.HasPrefix(got, args[1]+" ") && words.Match(body) {
			return
		}
	}
	ts.Fatalf("%s is answered with %.500s", args[0], got)
}

// page returns a channel of the web room from the running serve, for a reader's languages.
func page(ts *testscript.TestScript, channel, languages string) string {
	request, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("WEB")+"/c/"+channel, nil)
	ts.Check(err)
	request.Header.Set("Accept-Language", languages)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "" // not yet
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	return string(body)
}
