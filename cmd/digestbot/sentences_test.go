package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
)

// person is a user of the bot on any platform.
type person struct {
	name   string
	admin  bool
	locale string
	// id is digits; if it is empty, each use is a different person.
	id string
}

// way is a platform and how people's actions there reach the bot.
type way interface {
	// says types a line, presses presses a button, and chooses chooses an entry of a menu;
	// each returns the answer.
	says(ctx context.Context, p person, line string) (answer, error)
	presses(ctx context.Context, p person, label string) (answer, error)
	chooses(ctx context.Context, p person, menu, label string) (answer, error)
	// types returns the suggestions for an unfinished line.
	types(ctx context.Context, p person, line string) ([]string, error)
	// reads returns the messages that everyone can read in the channel.
	reads() string
}

// answer is what the person who asked reads.
type answer struct {
	text    string
	private bool
}

// voice is a person on a way, who does what the sentences of a test say.
type voice struct {
	t    *testing.T
	way  way
	who  person
	last answer
	did  string
}

func (v *voice) act(did string, do func(ctx context.Context) (answer, error)) *voice {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	defer cancel()
	a, err := do(ctx)
	if err != nil {
		v.t.Fatalf("%s %s: %v\nBefore, %s read:\n%s", v.who.name, did, err, v.who.name, v.last.text)
	}
	v.last, v.did = a, did
	return v
}

// Says types a line.
func (v *voice) Says(line string) *voice {
	v.t.Helper()
	return v.act("says "+line, func(ctx context.Context) (answer, error) { return v.way.says(ctx, v.who, line) })
}

// Searches types a search, until the index of the stories is ready.
func (v *voice) Searches(line string) *voice {
	v.t.Helper()
	for range 10 {
		if v.Says(line); !strings.Contains(v.last.text, "is being prepared") {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	return v
}

// Presses presses a button of the last answer or, if it has none such, of the channel.
func (v *voice) Presses(label string) *voice {
	v.t.Helper()
	return v.act("presses "+label, func(ctx context.Context) (answer, error) { return v.way.presses(ctx, v.who, label) })
}

// Chooses chooses an entry of a menu of the last answer.
func (v *voice) Chooses(menu, label string) *voice {
	v.t.Helper()
	return v.act("chooses "+label, func(ctx context.Context) (answer, error) { return v.way.chooses(ctx, v.who, menu, label) })
}

// Sees expects the words in the last answer, in this order.
func (v *voice) Sees(words ...string) *voice {
	v.t.Helper()
	rest := v.last.text
	for _, w := range words {
		i := strings.Index(rest, w)
		if i < 0 {
			v.t.Errorf("%s %s and does not see %q in its place in:\n%s", v.who.name, v.did, w, v.last.text)
			return v
		}
		rest = rest[i+len(w):]
	}
	return v
}

// SeesNot expects that none of the words is in the last answer.
func (v *voice) SeesNot(words ...string) *voice {
	v.t.Helper()
	for _, w := range words {
		if strings.Contains(v.last.text, w) {
			v.t.Errorf("%s %s and sees %q in:\n%s", v.who.name, v.did, w, v.last.text)
		}
	}
	return v
}

// Privately expects that nobody else can read the last answer; Openly that everyone can.
func (v *voice) Privately() *voice {
	v.t.Helper()
	if !v.last.private {
		v.t.Errorf("%s %s and everybody reads the answer:\n%s", v.who.name, v.did, v.last.text)
	}
	return v
}

func (v *voice) Openly() *voice {
	v.t.Helper()
	if v.last.private {
		v.t.Errorf("%s %s and nobody else reads the answer:\n%s", v.who.name, v.did, v.last.text)
	}
	return v
}

// Types expects a suggestion for an unfinished line.
func (v *voice) Types(line, suggestion string) *voice {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 20*time.Second)
	defer cancel()
	choices, err := v.way.types(ctx, v.who, line)
	if err != nil || !strings.Contains(strings.Join(choices, "\n"), suggestion) {
		v.t.Errorf("%s types %s and is offered %q (%v), want %q", v.who.name, line, choices, err, suggestion)
	}
	return v
}

// theatre is the bot with the fakes of its platforms.
type theatre struct {
	t       *testing.T
	discord *discordfake.Fake
	slack   *slackfake.Fake
	ways    map[string]way
	output  *transcript
	dir     string
}

// transcript is the output of the bot for its operator.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the bot has printed words.
func (s *theatre) await(words string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(s.output.String(), words); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the bot never said %q:\n%s", words, s.output.String())
		}
	}
}

// elsewhere is a channel of another server with the bot.
const elsewhere = "423456789012345678"

// signingSecret is planted, like the tokens.
const signingSecret = slackfake.SigningSecret

// play starts the bot with digests. byHTTP selects whether platforms send events over HTTP;
// config is appended to config.toml.
func play(t *testing.T, byHTTP bool, digests map[string]string, config string) *theatre {
	t.Helper()
	s := &theatre{t: t, discord: discordfake.New(discordToken), slack: slackfake.New(), output: &transcript{}}
	s.discord.AddChannel(discordfake.Channel{ID: discordChannel, Guild: "9"})
	s.discord.AddChannel(discordfake.Channel{ID: elsewhere, Guild: "10"})
	d, sl := httptest.NewServer(s.discord), httptest.NewServer(s.slack)
	t.Cleanup(func() {
		d.CloseClientConnections()
		d.Close()
		s.slack.Close()
		sl.CloseClientConnections()
		sl.Close()
	})
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dir, address := t.TempDir(), "http://127.0.0.1:"+port
	s.dir = dir
	modes := [2]string{"", ""}
	if byHTTP {
		modes = [2]string{"listen = \"http\"\npublic_key = \"" + s.discord.PublicKey() + "\"\n", "listen = \"http\"\n"}
	}
	text := fmt.Sprintf(`[library]
path = "posts"
[http]
listen = "127.0.0.1:%s"
[adapters.discord]
api_url = "%s/api/v10"
%s[adapters.slack]
api_url = "%s/api/"
%s[[subscription]]
name = "morning"
channels = ["web:general", "discord:%s", "slack:%s"]
zone = "UTC"
%s`, port, d.URL, modes[0], sl.URL, modes[1], discordChannel, slackfake.General, config)
	files := map[string]string{"config.toml": text}
	for name, text := range digests {
		files[filepath.Join("posts", name)] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secrets := map[string]string{"DISCORD_TOKEN": discordToken, "SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken, "SLACK_SIGNING_SECRET": signingSecret}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		p := &program{kinds: adapters.Kinds, out: s.output, err: s.output, getenv: func(name string) string { return secrets[name] }}
		ended <- run(ctx, p, []string{"serve", "--config", filepath.Join(dir, "config.toml")})
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the bot ended with %d:\n%s", code, s.output.String())
		}
		for _, secret := range secrets {
			if strings.Contains(s.output.String(), secret) {
				t.Error("a secret came out")
			}
		}
		if err := noToken(filepath.Join(dir, "var")); err != nil {
			t.Error(err)
		}
	})
	s.ways = map[string]way{"web": &onWeb{address: address, fetch: &http.Client{}}}
	brought := "discord over the gateway"
	onSlack, slackBy := &onSlack{fake: s.slack}, "slack over its socket"
	if byHTTP {
		brought, slackBy = "discord by HTTP", "slack by HTTP"
		s.slack.PostTo(address + "/slack/")
	}
	s.ways[brought], s.ways[slackBy] = &onDiscord{fake: s.discord, channel: discordChannel}, onSlack
	for _, channel := range []string{"web:general", "discord:" + discordChannel, "slack:" + slackfake.General} {
		s.await(`"channel":"` + channel + `","subscription":"morning","parts":`) // posted
	}
	if byHTTP {
		if err := s.discord.SetEndpoint(address + "/discord/discord"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// each runs sentences on every way, as subtests.
func (s *theatre) each(do func(t *testing.T, as func(person) *voice)) {
	for name, w := range s.ways {
		s.t.Run(name, func(t *testing.T) {
			strangers := 100
			do(t, func(p person) *voice {
				if p.id == "" {
					strangers++
					p.id = fmt.Sprint(strangers)
				}
				if _, web := w.(*onWeb); web {
					p.admin = true // everyone who may open the room is an admin
				}
				return &voice{t: t, way: w, who: p}
			})
		})
	}
}

// onDiscord is Discord.
type onDiscord struct {
	fake    *discordfake.Fake
	channel string
	last    *discordfake.Interaction
}

func (w *onDiscord) person(p person) discordfake.Person {
	out := discordfake.Person{ID: userID(p), Name: p.name, Locale: p.locale}
	if p.admin {
		out.Permissions = discordfake.Admin
	}
	return out
}

// userID returns a snowflake for a person.
func userID(p person) string { return fmt.Sprintf("5%017s", p.id) }

func (w *onDiscord) answered(ctx context.Context, i *discordfake.Interaction, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	a, err := i.Wait(ctx, 1)
	w.last = i
	var text []string
	for _, r := range a.Replies {
		text = append(text, texts(r))
	}
	return answer{strings.Join(text, "\n"), a.Private}, err
}

func (w *onDiscord) says(ctx context.Context, p person, line string) (answer, error) {
	i, err := w.fake.Say(w.person(p), w.channel, line)
	return w.answered(ctx, i, err)
}

func (w *onDiscord) presses(ctx context.Context, p person, label string) (answer, error) {
	if w.last != nil {
		if i, err := w.last.Press(w.person(p), label); err == nil {
			return w.answered(ctx, i, nil)
		}
	}
	i, err := w.fake.Press(w.person(p), w.channel, label)
	return w.answered(ctx, i, err)
}

func (w *onDiscord) chooses(ctx context.Context, p person, _, label string) (answer, error) {
	i, err := w.last.Choose(w.person(p), label)
	return w.answered(ctx, i, err)
}

func (w *onDiscord) types(ctx context.Context, p person, line string) (choices []string, err error) {
	i, err := w.fake.Type(w.person(p), w.channel, line)
	if err != nil {
		return nil, err
	}
	a, err := i.Wait(ctx, 0)
	for _, c := range a.Choices {
		choices = append(choices, c.Name)
	}
	return choices, err
}

func (w *onDiscord) reads() string {
	var all []string
	for _, m := range w.fake.Messages(w.channel) {
		all = append(all, texts(m.Body))
	}
	return strings.Join(all, "\n")
}

// onSlack is Slack.
type onSlack struct{ fake *slackfake.Fake }

func (w *onSlack) user(p person) string {
	id := "U0PERSON" + p.id
	w.fake.AddUser(slackfake.User{ID: id, Name: p.name, Admin: p.admin, Locale: p.locale})
	return id
}

func (w *onSlack) answered(ctx context.Context, a *slackfake.Act, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	replies, err := a.Replies(ctx, 1)
	out := answer{private: true}
	for _, m := range replies {
		out.text += texts(m.Blocks) + "\n"
		out.private = out.private && m.To != ""
	}
	return out, err
}

func (w *onSlack) says(ctx context.Context, p person, line string) (answer, error) {
	a, err := w.fake.Say(ctx, w.user(p), slackfake.General, line)
	return w.answered(ctx, a, err)
}

func (w *onSlack) presses(ctx context.Context, p person, label string) (answer, error) {
	a, err := w.fake.Press(ctx, w.user(p), slackfake.General, label)
	return w.answered(ctx, a, err)
}

func (w *onSlack) chooses(ctx context.Context, p person, menu, label string) (answer, error) {
	a, err := w.fake.Choose(ctx, w.user(p), slackfake.General, menu, label)
	return w.answered(ctx, a, err)
}

// types returns nothing: Slack does not send what is typed after a command.
func (w *onSlack) types(context.Context, person, string) ([]string, error) {
	return nil, errNoSuggestions
}

var errNoSuggestions = errors.New("nothing is suggested there")

func (w *onSlack) reads() string {
	var all []string
	for _, m := range w.fake.Messages(slackfake.General) {
		if m.To == "" {
			all = append(all, texts(m.Blocks))
		}
	}
	return strings.Join(all, "\n")
}

// onWeb is the web room.
type onWeb struct {
	address string
	fetch   *http.Client
	last    string // the last reply
}

func (w *onWeb) get(ctx context.Context, p person, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, w.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Language", p.locale)
	resp, err := w.fetch.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, data)
	}
	return data, err
}

func (w *onWeb) says(ctx context.Context, p person, line string) (answer, error) {
	before := w.reads()
	body, err := json.Marshal(map[string]string{"channel": "general", "line": line})
	if err != nil {
		return answer{}, err
	}
	data, err := w.get(ctx, p, http.MethodPost, "/api/command", body)
	if err != nil {
		return answer{}, err
	}
	var reply struct{ HTML string }
	if err := json.Unmarshal(data, &reply); err != nil {
		return answer{}, err
	}
	if reply.HTML == "" { // it is a message in the channel
		return answer{strings.TrimSuffix(w.reads(), before), false}, nil
	}
	w.last = reply.HTML
	return answer{plainHTML(reply.HTML), true}, nil
}

// line returns the command behind a button or menu entry.
func (w *onWeb) line(ctx context.Context, p person, label string) (string, error) {
	page, err := w.get(ctx, p, http.MethodGet, "/c/general", nil)
	if err != nil {
		return "", err
	}
	for _, text := range []string{w.last, string(page)} {
		for _, m := range regexp.MustCompile(`(?s)<(?:button[^>]* data-line|option value)="([^"]*)"[^>]*>([^<]*)</`).FindAllStringSubmatch(text, -1) {
			if html.UnescapeString(m[2]) == label {
				return html.UnescapeString(m[1]), nil
			}
		}
	}
	return "", fmt.Errorf("nobody offers %q", label)
}

func (w *onWeb) presses(ctx context.Context, p person, label string) (answer, error) {
	line, err := w.line(ctx, p, label)
	if err != nil {
		return answer{}, err
	}
	return w.says(ctx, p, line)
}

func (w *onWeb) chooses(ctx context.Context, p person, _, label string) (answer, error) {
	return w.presses(ctx, p, label)
}

func (w *onWeb) types(ctx context.Context, p person, line string) (choices []string, err error) {
	data, err := w.get(ctx, p, http.MethodGet, "/api/suggest?"+query("channel", "general", "line", line), nil)
	if err != nil {
		return nil, err
	}
	var in struct{ Choices []struct{ Label string } }
	err = json.Unmarshal(data, &in)
	for _, c := range in.Choices {
		choices = append(choices, c.Label)
	}
	return choices, err
}

func (w *onWeb) reads() string {
	data, err := w.get(context.Background(), person{}, http.MethodGet, "/c/general", nil)
	if err != nil {
		return err.Error()
	}
	return plainHTML(strings.Join(regexp.MustCompile(`(?s)<article class="message".*?</article>`).FindAllString(string(data), -1), "\n"))
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// plainHTML returns the text of a page, and the targets of its links.
func plainHTML(page string) string {
	page = regexp.MustCompile(`<a [^>]*href="([^"]*)"[^>]*>`).ReplaceAllString(page, "$1 ")
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, ""))
}

// texts returns all texts of a payload, in order.
func texts(payload []byte) string {
	var all []string
	d := json.NewDecoder(bytes.NewReader(payload))
	var walk func(key string)
	walk = func(key string) {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch x := token.(type) {
		case json.Delim:
			object := x == '{'
			for d.More() {
				name := key
				if object {
					t, err := d.Token()
					if err != nil {
						return
					}
					name, _ = t.(string)
				}
				walk(name)
			}
			_, _ = d.Token()
		case string:
			switch key {
			case "type", "style", "action_id", "block_id", "custom_id", "value", "verbatim":
			default:
				all = append(all, x)
			}
		}
	}
	walk("")
	return strings.Join(all, "\n")
}

// The people of the sentences.
var (
	rui    = person{name: "Rui", locale: "en-US"}
	lena   = person{name: "Lena", locale: "en-US", id: "001"}
	bo     = person{name: "Bo", locale: "en-GB", admin: true}
	xiaoyu = person{name: "小雨", locale: "zh-CN"}
	meihua = person{name: "美華", locale: "zh-TW"}
)

// tellings returns digests of the last days, the newest of today, including one with many
// stories.
func tellings(now time.Time) map[string]string {
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	story := func(headline, address string) string {
		return "### " + headline + "\n\nWhat happened, in a sentence.\n\n**Source:** [Page](" + address + ")\n\n"
	}
	front := func(title, day, tags string) string {
		return "---\ntitle: " + title + "\ndate: " + day + "\ncategories: [tech]\ntags: [" + tags + "]\n---\n\n"
	}
	many := front("Many things", day(2), "AI, machine learning")
	for i := range 20 {
		many += story(fmt.Sprintf("Thing number %d", i+1), fmt.Sprintf("https://things.example/%d", i+1))
	}
	return map[string]string{
		day(0) + "-tech.md": front("Today in tech", day(0), "AI, Kubernetes") +
			story("Kubernetes gets a new scheduler", "https://kubernetes.example/scheduler") +
			story("A hole in Chainlit", "https://security.example/chainlit") + "## Analysis\n\nSchedulers matter.\n",
		day(1) + "-tech.md":   front("Yesterday in tech", day(1), "security") + story("An older story of @everyone and <!channel>", "https://papers.example/old"),
		day(2) + "-things.md": many,
	}
}

func TestReadersAsk(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	now := time.Now().UTC()
	digests, oldest := tellings(now), now.AddDate(0, 0, -2).Format("2 January 2006")
	for _, byHTTP := range []bool{false, true} {
		play(t, byHTTP, digests, "").each(func(t *testing.T, as func(person) *voice) {
			as(rui).Says("/digest latest").Sees("Today in tech", "Kubernetes gets a new scheduler").Privately()
			as(rui).Says("/digest latest tech").Sees("Today in tech")
			as(rui).Says("/digest latest sports").SeesNot("Today in tech")
			as(rui).Says("/digest today").Sees("A hole in Chainlit").SeesNot("Yesterday in tech").Privately()
			as(rui).Says("/digest date yesterday").Sees("An older story of").SeesNot("Chainlit")
			as(rui).Says("/digest date 2020-02-02").SeesNot("Chainlit").Presses(oldest).Sees("Thing number 1")
			as(rui).Says("/digest tag kubernetes").Sees("Kubernetes gets a new scheduler").SeesNot("Thing number 1").Privately()
			as(rui).Says("/digest tag AI -kubernetes").Sees("Thing number 1").SeesNot("scheduler")
			as(rui).Says("/digest tag “machine learning”").Sees("Thing number 1")
			as(rui).Says("/digest tag kubernets").Sees("Kubernetes").Presses("Kubernetes").Sees("Kubernetes gets a new scheduler")
			as(rui).Says("/digest tags").Sees("AI")
			as(rui).Searches("/digest search Chainlit").Sees("A hole in Chainlit").SeesNot("scheduler")
			as(rui).Says("/digest source security.example").Sees("A hole in Chainlit").SeesNot("scheduler")
			as(rui).Searches("/digest search Chainlit").Chooses("Open a digest or a story", "A hole in Chainlit").Sees("A hole in Chainlit").Sees("https://security.example/chainlit").Privately()
			as(rui).Says("/digest story hole chainlit").Sees("A hole in Chainlit").Sees("https://security.example/chainlit").Privately()
			as(rui).Says("/digest story gets").Sees("Kubernetes gets a new scheduler").Presses("The whole digest").Sees("A hole in Chainlit").Privately()
			as(rui).Says("/digest tag scheduler").Sees("These stories contain it", "Kubernetes gets a new scheduler").Privately()
			as(rui).Says("/digest tag AI, Kubernetes").Sees("AI + Kubernetes").Privately()
			as(rui).Says("/digest today").Presses("Analysis").Sees("Schedulers matter.").Privately()

			list := as(rui)
			list.Says("/digest tag AI -kubernetes").Sees("Thing number 1").SeesNot("Thing number 20")
			list.Presses("Older →").Sees("Thing number 9").SeesNot("Thing number 1\n").Privately()
			list.Presses("← Newer").Sees("Thing number 1").Privately()

			as(lena).Says("/digest following").Privately()
			as(lena).Says("/digest follow kubernetes").Sees("Kubernetes").Privately()
			as(lena).Says("/digest following").Sees("Kubernetes").Privately()
			as(lena).Says("/digest unfollow kubernetes").Sees("Kubernetes").Privately()

			as(xiaoyu).Says("/digest help").Sees("/digest latest", "最新").Privately()
			as(meihua).Says("/digest help").Sees("/digest latest", "摘要").SeesNot("频道").Privately()
			as(xiaoyu).Says("/digest date yesterday").Sees("An older story of")
			as(rui).Says("/digest tag @everyone<!channel>").Privately()
		})
	}
}

func TestAnswersAreShared(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	digests := tellings(time.Now().UTC())
	for _, byHTTP := range []bool{false, true} {
		play(t, byHTTP, digests, "").each(func(t *testing.T, as func(person) *voice) {
			v := as(rui)
			v.Searches("/digest search Chainlit").Privately()
			v.Presses("Share here").Sees("A hole in Chainlit").Openly().SeesNot("Share here")
		})
	}
}

// adminLines returns lines for every admin verb.
func adminLines(t *testing.T) (lines []string) {
	t.Helper()
	for _, c := range command.Tree().Subs {
		if !c.AdminOnly {
			continue
		}
		line := chat.Line("digest", c.Name)
		for _, a := range c.Args {
			if a.Required && !a.Named {
				line += " x"
			}
		}
		lines = append(lines, line)
	}
	if len(lines) < 12 {
		t.Fatalf("there are %d verbs for admins, want 12 at least", len(lines))
	}
	return lines
}

func TestNobodyElseIsAnAdmin(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	digests := tellings(time.Now().UTC())
	for _, byHTTP := range []bool{false, true} {
		stage := play(t, byHTTP, digests, "")
		stage.each(func(t *testing.T, as func(person) *voice) {
			if !as(rui).who.admin {
				for _, line := range adminLines(t) {
					as(rui).Says(line).Sees("Only admins can do that").SeesNot("morning", "Today in tech").Privately()
				}
			}
		})
		// A button that was never offered.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		onDiscord := &onDiscord{fake: stage.discord, channel: discordChannel}
		id := person{id: "7"}
		for _, line := range []string{"/digest resend confirm=now.x", "/digest unsubscribe morning confirm=yes", "/digest status", "/digest pause"} {
			i, err := stage.discord.Send(onDiscord.person(id), discordChannel, map[string]any{"component_type": 2, "custom_id": "|" + line})
			forged, err := onDiscord.answered(ctx, i, err)
			if err != nil || !forged.private || !strings.Contains(forged.text, "Only admins can do that") {
				t.Errorf("a forged button of %s is answered %+v, %v", line, forged, err)
			}
			act, err := stage.slack.Forge(ctx, (&onSlack{stage.slack}).user(id), slackfake.General, line)
			forged, err = (&onSlack{stage.slack}).answered(ctx, act, err)
			if err != nil || !forged.private || !strings.Contains(forged.text, "Only admins can do that") {
				t.Errorf("a forged button of %s is answered %+v, %v", line, forged, err)
			}
		}
	}
}

func TestAdminsDecide(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	now := time.Now().UTC()
	digests := tellings(now)
	const morning = "start = \"latest\"\nschedule = \"30 8 * * *\"\n"
	for _, byHTTP := range []bool{false, true} {
		play(t, byHTTP, digests, morning).each(func(t *testing.T, as func(person) *voice) {
			as(bo).Says("/digest status").Sees("Subscriptions", "morning", "Today in tech", "Connections").Privately()
			as(bo).Says("/digest subscriptions").Sees("morning", "from config.toml").Privately()
			as(bo).Says("/digest why").Sees("Today in tech").Privately()
			as(bo).Says("/digest preview " + now.AddDate(0, 0, -1).Format(time.DateOnly) + "-tech").Sees("Yesterday in tech").Privately()

			posts := strings.Count(as(bo).way.reads(), "Kubernetes gets a new scheduler")
			v := as(bo)
			v.Says("/digest resend").Sees("It was posted to").Privately()
			v.Presses("Edit it in place").Sees("already matches the file").Privately()
			v = as(bo)
			v.Says("/digest resend").Presses("Post it again").Sees("is being posted to").Privately()
			for deadline := time.Now().Add(patience); strings.Count(v.way.reads(), "Kubernetes gets a new scheduler") <= posts; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it was not posted again")
				}
			}
			as(bo).Says("/digest status").Sees("Recent commands of admins", "resend", "again")

			as(bo).Says(`/digest subscribe evening schedule="weekdays 18:30" zone=Asia/Shanghai tags=security style=compact`).Sees("evening").Privately()
			as(bo).Says("/digest subscriptions").Sees("evening", "weekdays at 18:30")
			as(bo).Says(`/digest set evening schedule="每天 9:00"`).Sees("evening", "is changed")
			as(bo).Says("/digest subscriptions").Sees("daily at 9:00")
			as(bo).Says(`/digest set evening schedule="whenever"`).Sees("Nothing was changed", "weekdays 8:30")
			as(bo).Says("/digest set morning style=compact").Sees("is set in config.toml")
			as(bo).Says("/digest unsubscribe evenning").Sees("There is no").Presses("evening").Presses("Unsubscribe").Sees("evening", "is removed")
			as(bo).Says("/digest subscriptions").SeesNot("evening")

			as(bo).Says("/digest pause").Sees("is paused").Presses("Resume").Sees("gets digests again")
			as(bo).Says("/digest release abc").Privately()
		})
	}
}

func TestAServerKnowsItsOwnAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	digests := tellings(time.Now().UTC())
	stage := play(t, false, digests, "")
	there := func() *voice {
		return &voice{t: t, way: &onDiscord{fake: stage.discord, channel: elsewhere}, who: person{name: "Eve", locale: "en-US", id: "66", admin: true}}
	}
	there().Says("/digest status").SeesNot("morning", "Today in tech", discordChannel)
	there().Says("/digest subscriptions").SeesNot("morning", discordChannel)
	key := stage.key(t, "discord:"+discordChannel)
	for _, line := range []string{
		"/digest pause discord:" + discordChannel, "/digest resume discord:" + discordChannel, "/digest resend " + time.Now().UTC().Format(time.DateOnly) + "-tech discord:" + discordChannel,
		"/digest why channel=discord:" + discordChannel, "/digest subscribe mine channel=discord:" + discordChannel, "/digest subscribe mine channel=slack:" + slackfake.General,
		"/digest unsubscribe morning", "/digest set morning style=compact", "/digest release " + key, "/digest forget " + key,
	} {
		there().Says(line).SeesNot("is paused", "gets digests again", "It was posted to", "is ready", "is removed", "is changed", "This removes", "will not be sent to", "is being sent", "Today in tech").Privately()
	}
	here := &voice{t: t, way: stage.ways["discord over the gateway"], who: person{name: "Bo", locale: "en-US", id: "77", admin: true}}
	here.Says("/digest status").Sees("morning").SeesNot("paused by", "Eve")
}

// key returns the key of the delivery to a channel.
func (s *theatre) key(t *testing.T, channel string) string {
	t.Helper()
	var out bytes.Buffer
	p := &program{kinds: adapters.Kinds, out: &out, err: io.Discard, getenv: func(string) string { return "" }}
	if code := run(t.Context(), p, []string{"deliveries", "--json", "--config", filepath.Join(s.dir, "config.toml")}); code != 0 {
		t.Fatalf("deliveries ended with %d", code)
	}
	for d := json.NewDecoder(&out); d.More(); {
		var x struct{ Key, Channel string }
		if err := d.Decode(&x); err != nil {
			t.Fatal(err)
		}
		if x.Channel == channel {
			return x.Key
		}
	}
	t.Fatalf("nothing was delivered to %s", channel)
	return ""
}

// TestFollowersAreTold: a follower of a tag in a channel gets one direct message when the
// channel gets its first digest.
func TestFollowersAreTold(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	digests := tellings(time.Now().UTC())
	for _, byHTTP := range []bool{false, true} {
		stage := play(t, byHTTP, digests, "")
		there := &onDiscord{fake: stage.discord, channel: elsewhere}
		as := func(p person) *voice { return &voice{t: t, way: there, who: p} }
		as(lena).Says("/digest follow kubernetes").Sees("Kubernetes").Privately()
		as(lena).Says("/digest follow AI").Sees("AI").Privately()
		as(person{name: "Bo", id: "77", admin: true}).Says(`/digest subscribe local schedule="30 8 * * *"`).Sees("local")
		inbox := func() []discordfake.Message { return stage.discord.Messages(stage.discord.Direct(userID(lena))) }
		for deadline := time.Now().Add(patience); len(inbox()) == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nobody told Lena:\n%s", stage.output)
			}
		}
		if !strings.Contains(there.reads(), "Today in tech") {
			t.Error("the digest is not in the channel")
		}
		told := inbox()
		if says := texts(told[0].Body); len(told) != 1 || !strings.Contains(says, "Today in tech") || !strings.Contains(says, "/channels/10/"+elsewhere+"/") {
			t.Errorf("Lena was told %d times:\n%s", len(told), says)
		}
	}
}

// TestSlackAsksInForms: an admin fills in forms, and a reader opens the App Home.
func TestSlackAsksInForms(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	digests := tellings(time.Now().UTC())
	for _, byHTTP := range []bool{false, true} {
		stage := play(t, byHTTP, digests, "")
		on := &onSlack{stage.slack}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		admin := on.user(person{name: "Bo", id: "88", admin: true, locale: "en-US"})
		if _, err := stage.slack.Say(ctx, admin, slackfake.General, "/digest subscribe noon"); err != nil {
			t.Fatal(err)
		}
		form, err := stage.slack.Modal(ctx, admin, nil)
		if err != nil || !strings.Contains(texts(form.JSON()), "weekdays 8:30") {
			t.Fatalf("the form is %s, %v", texts(form.JSON()), err)
		}
		if _, err := stage.slack.Fill(ctx, admin, map[string]string{"Schedule": "weekdays 12:15"}); err != nil {
			t.Fatalf("%v in\n%s", err, texts(form.JSON()))
		}
		if _, err := stage.slack.Modal(ctx, admin, func(v slackfake.View) bool {
			return strings.Contains(texts(v.JSON()), "noon") && strings.Contains(texts(v.JSON()), "weekdays at 12:15")
		}); err != nil {
			t.Errorf("the form is answered with nothing of that: %v", err)
		}
		if a, err := on.says(ctx, person{name: "Bo", id: "88", admin: true, locale: "en-US"}, "/digest tag"); err != nil || !strings.Contains(a.text, "needs TAG") {
			t.Errorf("a line that lacks something is answered %q, %v", a.text, err)
		}
		if a, err := on.chooses(ctx, person{name: "Bo", id: "88", admin: true, locale: "en-US"}, "Choose one", "Kubernetes · 1"); err != nil || !strings.Contains(a.text, "Kubernetes gets a new scheduler") {
			t.Errorf("what is chosen then is answered %q, %v", a.text, err)
		}
		reader := on.user(person{name: "小雨", id: "89", locale: "zh-CN"})
		if _, err := stage.slack.OpenHome(ctx, reader); err != nil {
			t.Fatal(err)
		}
		home, err := stage.slack.Home(ctx, reader, nil)
		if says := texts(home.JSON()); err != nil || !strings.Contains(says, "noon") || !strings.Contains(says, "Kubernetes gets a new scheduler") || !strings.Contains(says, "订阅") {
			t.Errorf("the App Home is %v:\n%s", err, says)
		}
		if _, err := stage.slack.Say(ctx, reader, slackfake.General, "/digest subscribe mine"); err != nil {
			t.Fatal(err)
		}
		if a, err := on.says(ctx, person{name: "小雨", id: "89", locale: "zh-CN"}, "/digest set noon"); err != nil || !strings.Contains(a.text, "管理员") {
			t.Errorf("somebody else is answered %q, %v", a.text, err)
		}
	}
}
