package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// patient is a folder with a configuration, and fakes of the platforms that it names.
type patient struct {
	t              *testing.T
	folder, listen string
	discord        *discordfake.Fake
	slack          *slackfake.Fake
	tokens         map[string]string
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	x := &patient{t: t, folder: t.TempDir(), listen: "127.0.0.1:" + port, discord: discordfake.New(discordToken), slack: slackfake.New(), tokens: map[string]string{
		"DISCORD_TOKEN": discordToken, "SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken,
	}}
	x.discord.AddChannel(discordfake.Channel{ID: discordChannel, Guild: "100000000000000001"})
	x.write("library/today.md", fmt.Sprintf("---\ntitle: The news @everyone\ndate: %s\ntags: [AI]\n---\n\n### A story\n\nWhat happened.\n\n**Source:** <https://example.org/a>\n", time.Now().UTC().Format(time.DateOnly)))
	x.configure("", "", "")
	return x
}

func (x *patient) write(name, text string) {
	x.t.Helper()
	path := filepath.Join(x.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		x.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

// configure writes a configuration, with additions to [http], to the subscription, and at
// the end.
func (x *patient) configure(http, subscription, more string) {
	x.t.Helper()
	discordServer, slackServer := httptest.NewServer(x.discord), httptest.NewServer(x.slack)
	x.t.Cleanup(func() {
		x.discord.Drop()
		discordServer.Close()
		slackServer.CloseClientConnections()
		slackServer.Close()
	})
	x.write("config.toml", fmt.Sprintf("[library]\npath = \"library\"\n[http]\nlisten = %q\n%s\n[adapters.discord]\napi_url = \"%s/api/v10\"\n[adapters.slack]\napi_url = \"%s/api/\"\n"+
		"[[subscription]]\nname = \"晨报 <!channel>\"\nschedule = \"weekdays 8:30\"\nstart = \"next\"\nchannels = [\"discord:%s\", \"slack:%s\"]\n%s\n%s\n",
		x.listen, http, discordServer.URL, slackServer.URL, discordChannel, slackfake.General, subscription, more))
}

func (x *patient) run(ctx context.Context, out *screen, args ...string) int {
	p := &program{kinds: adapters.Kinds, out: out, err: out, getenv: func(name string) string { return x.tokens[name] }}
	return run(ctx, p, append([]string{"--config", filepath.Join(x.folder, "config.toml")}, args...))
}

// examined returns what doctor --json finds, and its exit code.
func (x *patient) examined() (found []chat.Finding, code int) {
	x.t.Helper()
	out := &screen{}
	code = x.run(x.t.Context(), out, "doctor", "--json")
	for _, token := range x.tokens {
		if token != "" && strings.Contains(out.String(), token) {
			x.t.Errorf("a token is in\n%s", out)
		}
	}
	for in := json.NewDecoder(bytes.NewBufferString(out.String())); in.More(); {
		var f chat.Finding
		if err := in.Decode(&f); err != nil {
			x.t.Fatalf("%v in\n%s", err, out)
		}
		found = append(found, f)
	}
	return found, code
}

// bad returns the findings that need people.
func bad(found []chat.Finding) (lines []string) {
	for _, f := range found {
		if f.State == chat.Risky || f.State == chat.Failed {
			lines = append(lines, string(f.State)+" "+f.Subject+": "+f.Text)
		}
	}
	return lines
}

// TestDoctor: for a healthy running bot, everything is ok, and nothing is posted, changed
// or disturbed.
func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	x := newPatient(t)
	x.configure(fmt.Sprintf("url = \"http://%s\"", x.listen), "", "[tags]\n\"人工智能\" = \"AI\"")
	found, code := x.examined()
	if code != 0 || !slices.Equal(bad(found), []string{
		"warn serve: it is not running, so nothing is posted, and it is unknown whether people can reach the bot",
		"warn discord commands: people are not offered digest, Details, Why, Resend",
	}) {
		t.Errorf("before the first start: %d, %q", code, bad(found))
	}
	if _, err := os.Stat(filepath.Join(x.folder, "var")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a look made the state: %v", err)
	}

	log := &screen{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- x.run(ctx, log, "serve") }()
	defer func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with %d:\n%s", code, log)
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); strings.Count(log.String(), "adapter: reached") < 3; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not serve:\n%s", log)
		}
	}
	identified, opened := x.discord.Count("IDENTIFY"), x.slack.Calls("apps.connections.open")
	found, code = x.examined()
	for _, f := range found {
		if f.State != chat.Fine {
			t.Errorf("of a healthy bot: %+v", f)
		}
	}
	if code != 0 || len(found) < 20 {
		t.Errorf("ended with %d and %d findings", code, len(found))
	}
	if x.discord.Count("IDENTIFY") != identified || x.slack.Calls("apps.connections.open") != opened {
		t.Error("it opens connections while serve runs")
	}
	if len(x.discord.Messages(discordChannel)) > 0 || x.slack.Calls("chat.postMessage") > 0 {
		t.Error("it posts")
	}

	x.discord.ForgetCommands()
	x.slack.AddChannel(slackfake.Channel{ID: slackfake.General})
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	x.configure(fmt.Sprintf("url = %q", elsewhere.URL), "match = { tags = { any = [\"Zig\"] } }", "[tags]\n\"@everyone\" = \"<b>Zag</b>\"")
	found, code = x.examined()
	got := strings.Join(bad(found), "\n")
	for _, want := range []string{
		"fail http.url: " + elsewhere.URL + " does not lead to serve: it answers 404", "warn alias of <b>Zag</b>: ", "warn subscription 晨报 <!channel>: ",
		"fail discord commands: ", "fail slack:" + slackfake.General + ": the bot is not in the channel",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("found\n%s\nwant %q", got, want)
		}
	}
	if n := len(bad(found)); code != 1 || n != 5 {
		t.Errorf("ended with %d and %d findings:\n%s", code, n, got)
	}
}

// TestDoctorOfWhatCannotStart: mistakes that prevent a start do not hide other checks.
func TestDoctorOfWhatCannotStart(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	x := newPatient(t)
	x.tokens["DISCORD_TOKEN"] = "not-" + discordToken
	x.write("var", "no folder")
	if err := os.RemoveAll(filepath.Join(x.folder, "library")); err != nil {
		t.Fatal(err)
	}
	found, code := x.examined()
	got := strings.Join(bad(found), "\n")
	for _, want := range []string{"var is not a folder", "fail library: ", "fail discord token: Discord refuses it"} {
		if !strings.Contains(got, want) {
			t.Errorf("found\n%s\nwant %q", got, want)
		}
	}
	if code != 1 || !slices.ContainsFunc(found, func(f chat.Finding) bool {
		return f.Subject == "slack:"+slackfake.General && f.State == chat.Fine
	}) {
		t.Errorf("ended with %d: %v", code, found)
	}
	x.write("config.toml", "keep = \"soon\"\nadmin_channel = \"@everyone\"\n")
	found, code = x.examined()
	if len(bad(found)) != 3 || code != 1 {
		t.Errorf("of three mistakes: %d, %q", code, bad(found))
	}
}

// TestDoctorOfADamagedLedger: doctor finds the damage for which serve refuses to start, and
// changes nothing.
func TestDoctorOfADamagedLedger(t *testing.T) {
	x := newPatient(t)
	x.write("config.toml", fmt.Sprintf("[library]\npath = \"library\"\n[http]\nlisten = %q\n[adapters.web]\n[[subscription]]\nname = \"晨报\"\nchannels = [\"web:general\"]\n", x.listen))
	path := filepath.Join(x.folder, "var", "digestbot.db")
	l, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if _, err := l.Plan(t.Context(), ledger.NewDelivery(fmt.Sprint("digest ", i), "晨报 @everyone", chat.Channel{Adapter: "web", ID: "general"}, time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	ofLedger := func() string {
		t.Helper()
		found, _ := x.examined()
		i := slices.IndexFunc(found, func(f chat.Finding) bool { return f.Subject == "ledger" })
		if i < 0 {
			t.Fatalf("nothing is found of the ledger: %v", found)
		}
		return string(found[i].State) + " " + found[i].Text
	}
	if got := ofLedger(); !strings.HasPrefix(got, "ok ") { // while it is open
		t.Errorf("of an open ledger: %s", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := ofLedger(); !strings.HasPrefix(got, "ok ") {
		t.Errorf("of a closed ledger: %s", got)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xff}, 40000-4096), 4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := ofLedger(); !strings.HasPrefix(got, "fail ") || !strings.Contains(got, "the file is damaged; stop digestbot and put its newest backup in its place") {
		t.Errorf("of a damaged ledger: %s", got)
	}
	left, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) || !slices.Equal(left, []string{path, path + ".mark"}) {
		t.Errorf("it changes the ledger or leaves files: %v, %q", err, left)
	}
	out := &screen{}
	if code := x.run(t.Context(), out, "serve"); code != 1 || !strings.Contains(out.String(), "the file is damaged") {
		t.Errorf("serve ends with %d:\n%s", code, out)
	}
}
