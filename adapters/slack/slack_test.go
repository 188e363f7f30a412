package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// stage is an adapter before a fake Slack.
type stage struct {
	*Adapter
	fake    *slackfake.Fake
	refuse  *atomic.Bool // the next connection
	channel chat.Channel
	address string // that Slack posts to
}

func env(log *slog.Logger) chat.Env {
	return chat.Env{Name: "slack", Log: log, Getenv: func(name string) string {
		return map[string]string{"SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken, "SLACK_SIGNING_SECRET": slackfake.SigningSecret}[name]
	}}
}

// quiet is a log that nobody reads.
var quiet = slog.New(slog.DiscardHandler)

// open opens an adapter on a fresh workspace.
func open(t testing.TB, e chat.Env) *stage {
	t.Helper()
	return openWith(t, e, func(*Config) {})
}

// openHTTP opens one that Slack posts to.
func openHTTP(t testing.TB, e chat.Env, set ...func(*Config)) *stage {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	e.Mount = mux.Handle
	s := openWith(t, e, func(c *Config) {
		c.Listen = "http"
		for _, f := range set {
			f(c)
		}
	})
	s.address = server.URL + s.path
	s.fake.PostTo(s.address)
	return s
}

// ways runs a test in both ways in which people's acts come.
func ways(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Run("socket", func(t *testing.T) { test(t, open(t, env(quiet))) })
	t.Run("http", func(t *testing.T) { test(t, openHTTP(t, env(quiet))) })
}

func openWith(t testing.TB, e chat.Env, set func(*Config)) *stage {
	t.Helper()
	fake := slackfake.New()
	server := httptest.NewServer(fake)
	t.Cleanup(func() { fake.Close(); server.Close() })
	c := Defaults()
	c.APIURL = server.URL + "/api"
	set(&c)
	a, err := Open(e, c)
	if err != nil {
		t.Fatal(err)
	}
	a.posts = newBudget(1_000_000, time.Now().Add(-rest)) // as if it had been open for a while
	a.times = times{hello: helloWithin, silence: time.Minute, pause: time.Millisecond, grace: 50 * time.Millisecond, inTime: time.Minute, locale: time.Minute}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{Adapter: a, fake: fake, refuse: &atomic.Bool{}, channel: chat.Channel{Adapter: "slack", ID: slackfake.General}}
	dial := a.http.Transport.(*http.Transport).DialContext
	a.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if s.refuse.CompareAndSwap(true, false) {
			address = closedPort(t)
		}
		return dial(ctx, network, address)
	}
	return s
}

// closedPort is an address where nobody listens.
func closedPort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return "127.0.0.1:1"
	}
	_ = l.Close()
	return l.Addr().String()
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, harness(func(t *testing.T) *stage { return open(t, env(quiet)) }))
}

// TestConformanceByHTTP is about commands where Slack posts what people do.
func TestConformanceByHTTP(t *testing.T) {
	adaptertest.RunListen(t, harness(func(t *testing.T) *stage { return openHTTP(t, env(quiet)) }))
}

func harness(open func(*testing.T) *stage) adaptertest.Harness {
	return adaptertest.Harness{
		Open: func(t *testing.T) adaptertest.Stand {
			s := open(t)
			return adaptertest.Stand{
				Adapter:  s.Adapter,
				Channel:  s.channel,
				Missing:  chat.Channel{Adapter: "slack", ID: "C0NOWHERE1"},
				Posted:   func() []chat.Payload { return payloads(s.fake.Messages(slackfake.General)) },
				Replies:  func(in chat.Channel) []chat.Payload { return payloads(s.fake.Replies(in.ID, in.Thread)) },
				Notified: func() []string { return s.fake.Notified(slackfake.General) },
				Requests: func() int { return s.fake.Calls("chat.postMessage") },
				Fail:     s.fail,
				Ask: func(t *testing.T, u chat.User, line string) ([]string, bool) {
					user := slackfake.Reader
					if u.Admin {
						user = slackfake.Admin
					}
					act, err := s.fake.Say(t.Context(), user, slackfake.General, line)
					if err != nil {
						t.Fatal(err)
					}
					replies, err := act.Replies(t.Context(), 1)
					if err != nil {
						t.Fatal(err)
					}
					return texts(replies[0].JSON()), replies[0].To == user
				},
				Redeliver: s.fake.Redeliver,
				Secrets:   []string{slackfake.BotToken, slackfake.AppToken, slackfake.SigningSecret},
			}
		},
		Texts:    texts,
		Notified: notified,
		Check:    check,
		Mention:  groups,
		Golden:   "testdata",
	}
}

// groups are user groups that may be notified.
var groups = []string{"S0GROUP001", "S0GROUP002"}

func payloads(messages []slackfake.Message) (out []chat.Payload) {
	for _, m := range messages {
		out = append(out, m.JSON())
	}
	return out
}

// fail arranges the fate of the next post.
func (s *stage) fail(f adaptertest.Fault) {
	if f == adaptertest.RefusedBefore {
		s.http.CloseIdleConnections()
		s.refuse.Store(true)
		return
	}
	s.fake.Fail("chat.postMessage", map[adaptertest.Fault]slackfake.Fault{
		adaptertest.AnswerLost:       slackfake.AnswerLost,
		adaptertest.ServerError:      slackfake.ServerError,
		adaptertest.ServerErrorAfter: slackfake.ServerErrorAfter,
		adaptertest.Limited:          slackfake.Limited("2"),
		adaptertest.Garbled:          slackfake.Garbled,
		adaptertest.Hang:             slackfake.Hang,
		adaptertest.NoAccount:        slackfake.NoAccount,
		adaptertest.Forbidden:        slackfake.Forbidden,
		adaptertest.BadPayload:       slackfake.BadPayload,
	}[f])
}

// object is any JSON object of a payload.
type object struct {
	Type     string          `json:"type"`
	Text     json.RawMessage `json:"text"`
	URL      string          `json:"url"`
	Value    string          `json:"value"`
	ActionID string          `json:"action_id"`
	Group    string          `json:"usergroup_id"`
	Channel  string          `json:"channel_id"`
	ImageURL string          `json:"image_url"`
	Alt      string          `json:"alt_text"`
	At       int64           `json:"timestamp"`
	Elements []object        `json:"elements"`
	Options  []object        `json:"options"`

	Placeholder struct {
		Text json.RawMessage `json:"text"`
	} `json:"placeholder"`
}

func (o object) string() (s string) {
	_ = json.Unmarshal(o.Text, &s) // a button's text is an object
	return s
}

func (o object) object() (t object) {
	_ = json.Unmarshal(o.Text, &t)
	return t
}

// notified is what a notification shows: on a phone the text, on a desktop the
// words of the first blocks
// (https://docs.slack.dev/changelog, 13 July 2026).
func notified(p chat.Payload) map[string]string {
	text, blocks := decode(p)
	var desktop []string
	for _, b := range blocks {
		switch b.Type {
		case "header":
			desktop = append(desktop, b.object().string())
		case "context":
			for _, e := range b.Elements {
				desktop = append(desktop, unescape.Replace(link.ReplaceAllString(e.string(), "$2")))
			}
		case "rich_text":
			for _, e := range b.Elements {
				var words strings.Builder
				for _, leaf := range e.Elements {
					words.WriteString(leaf.string())
				}
				desktop = append(desktop, words.String())
			}
		}
	}
	return map[string]string{"a phone": unescape.Replace(subteam.ReplaceAllString(text, "")), "a desktop": strings.Join(desktop, "\n")}
}

// nameOf is the name of a menu.
func nameOf(o object) string { return object{Text: o.Placeholder.Text}.string() }

func decode(p chat.Payload) (text string, blocks []object) {
	var body struct {
		Text   string   `json:"text"`
		Blocks []object `json:"blocks"`
	}
	if err := json.Unmarshal(p, &body); err != nil {
		return "", nil
	}
	return body.Text, body.Blocks
}

var (
	link      = regexp.MustCompile(`<(https?://[^|<>\s]+)\|([^|<>\n]+)>`)
	date      = regexp.MustCompile(`<!date\^(\d+)\^[^|<>^]+(?:\^(https?://[^|<>\s^]+))?\|[^|<>\n]+>`)
	channelOf = regexp.MustCompile(`<(#[A-Z0-9]+)>`) // a channel, which notifies nobody
	subteam   = regexp.MustCompile(`<!subteam\^(\w+)>`)
	unescape  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// texts is what a reader sees of the blocks, and where they lead.
func texts(p chat.Payload) (out []string) {
	_, blocks := decode(p)
	for _, b := range blocks {
		switch b.Type {
		case "header":
			out = append(out, b.object().string())
		case "context":
			for _, e := range b.Elements {
				if e.Type == "plain_text" {
					out = append(out, e.string())
					continue
				}
				told := date.ReplaceAllStringFunc(e.string(), func(s string) string {
					at, _ := strconv.ParseInt(date.FindStringSubmatch(s)[1], 10, 64)
					return instant(at)
				})
				out = append(out, unescape.Replace(channelOf.ReplaceAllString(link.ReplaceAllString(told, "$2"), "$1")))
				for _, m := range date.FindAllStringSubmatch(e.string(), -1) {
					out = append(out, unescape.Replace(m[2]))
				}
				for _, m := range link.FindAllStringSubmatch(e.string(), -1) {
					out = append(out, unescape.Replace(m[1]))
				}
			}
		case "actions":
			for _, e := range b.Elements {
				out = append(out, e.object().string(), e.URL, nameOf(e))
				for _, o := range e.Options {
					out = append(out, o.object().string())
				}
			}
		case "image":
			out = append(out, b.Alt, b.ImageURL)
		case "divider", "container": // a button has what a container has
		case "rich_text":
			out = append(out, rtexts(b.Elements)...)
		default:
			out = append(out, "no text is read from a "+b.Type)
		}
	}
	return out
}

// instant is a time as the suite reads it.
func instant(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// rtexts are the texts of rich_text elements: one for each section.
func rtexts(elements []object) (out []string) {
	for _, e := range elements {
		if e.Type == "rich_text_list" {
			out = append(out, rtexts(e.Elements)...)
			continue
		}
		var words strings.Builder
		var links []string
		for _, leaf := range e.Elements {
			words.WriteString(leaf.string())
			switch leaf.Type {
			case "date":
				words.WriteString(instant(leaf.At))
			case "channel":
				words.WriteString("#" + leaf.Channel)
			}
			if leaf.URL != "" {
				links = append(links, leaf.URL)
			}
		}
		out = append(append(out, words.String()), links...)
	}
	return out
}

// check posts a payload to a fake of its own, which knows Slack's limits, and
// looks for anything that could ping.
func check(p chat.Payload) error {
	var body map[string]any
	if err := json.Unmarshal(p, &body); err != nil {
		return err
	}
	for name, want := range map[string]any{"unfurl_links": false, "unfurl_media": false, "parse": "none", "link_names": false} {
		if body[name] != want {
			return fmt.Errorf("%s is %v, want %v", name, body[name], want)
		}
	}
	body["channel"] = slackfake.General
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req := httptest.NewRequest(http.MethodPost, "/api/chat.postMessage", bytes.NewReader(data))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+slackfake.BotToken)
	answer := httptest.NewRecorder()
	fake := slackfake.New()
	fake.ServeHTTP(answer, req)
	if len(fake.Messages(slackfake.General)) != 1 {
		return fmt.Errorf("the fake answers %s", answer.Body)
	}

	for _, who := range fake.Messages(slackfake.General)[0].Notified {
		if !slices.Contains(groups, who) {
			return fmt.Errorf("%s is notified", who)
		}
	}
	text, blocks := decode(p)
	if n := utf8.RuneCountInString(text); n == 0 || n > 3000 || len(text) > 3800 {
		return fmt.Errorf("the fallback text has %d characters and %d bytes", n, len(text))
	}
	if strings.ContainsAny(subteam.ReplaceAllString(text, ""), "<>") {
		return fmt.Errorf("the fallback text is not escaped: %q", text)
	}
	total, ids := 0, map[string]bool{}
	var walk func(objects []object) error
	walk = func(objects []object) error {
		for _, o := range objects {
			total += length(o.object().string()) + utf8.RuneCountInString(o.URL)
			if o.Type == "mrkdwn" { // which is escaped
				total += utf8.RuneCountInString(o.string())
			} else {
				total += length(o.string())
			}
			if o.Type == "header" {
				total += 100
			}
			if rest := channelOf.ReplaceAllString(date.ReplaceAllString(link.ReplaceAllString(o.string(), ""), ""), ""); o.Type == "mrkdwn" && strings.ContainsAny(rest, "<>") {
				return fmt.Errorf("mrkdwn has more than links in it: %q", rest)
			}
			if slices.Contains([]string{"user", "broadcast"}, o.Type) {
				return fmt.Errorf("a %s mentions somebody", o.Type)
			}
			if o.ActionID != "" && ids[o.ActionID] {
				return fmt.Errorf("two buttons are %s", o.ActionID)
			}
			ids[o.ActionID] = true
			if err := walk(o.Elements); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(blocks); err != nil {
		return err
	}
	if total > 9000 {
		return fmt.Errorf("the blocks have %d characters", total)
	}
	return nil
}

func TestOpen(t *testing.T) {
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	set := func(name string) string { return "xoxb-of-" + name }
	none := func(string) string { return "" }
	for _, tt := range []struct {
		name   string
		env    chat.Env
		config Config
		off    bool
		err    string
	}{
		{name: "environment", env: chat.Env{Name: "slack", Getenv: func(v string) string {
			return map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}[v]
		}}, config: Defaults()},
		{name: "nothing", env: chat.Env{Name: "slack", Getenv: none}, config: Defaults(), off: true},
		{name: "the environment is of the first", env: chat.Env{Name: "other", Getenv: set}, config: Defaults(), off: true},
		{name: "files", env: chat.Env{Name: "other", Getenv: none}, config: Config{APIURL: "https://slack-gov.com/api/", PostsPerMinute: 600, BotTokenFile: file("xoxb-1\n"), AppTokenFile: file("xapp-1\n")}},
		{name: "no such file", env: chat.Env{Name: "other", Getenv: none}, config: Config{APIURL: "https://slack.com/api/", PostsPerMinute: 1, BotTokenFile: "missing"}, err: "adapters.other.bot_token_file: the file that it names cannot be read"},
		{name: "mixed up", env: chat.Env{Name: "other", Getenv: none}, config: Config{APIURL: "https://slack.com/api/", PostsPerMinute: 1, BotTokenFile: file("xapp-1")}, err: "mixed up"},
		{name: "address", env: chat.Env{Name: "slack", Getenv: none}, config: Config{APIURL: "slack.com/api", PostsPerMinute: 1}, err: `adapters.slack.api_url: "slack.com/api"`},
		{name: "no posts", env: chat.Env{Name: "slack", Getenv: none}, config: Config{APIURL: "https://slack.com/api/"}, err: "adapters.slack.posts_per_minute: 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.env.Log = quiet
			a, err := Open(tt.env, tt.config)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "xapp-1") {
					t.Fatalf("got %v, want an error about %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if off := a.Capabilities().Off; (off != "") != tt.off {
				t.Errorf("Off: got %q", off)
			}
			if tt.off {
				if _, err := a.Send(t.Context(), chat.Channel{ID: slackfake.General}, chat.Payload(`{"text":"x"}`), "k"); chat.OutcomeOf(err) != chat.RejectedAccount {
					t.Errorf("Send: got %v", err)
				}
				if _, err := a.Render(chat.Message{Title: "x"}); err != nil {
					t.Errorf("Render: %v", err)
				}
			}
		})
	}
}

func TestCheckChannel(t *testing.T) {
	for _, id := range []string{"C0123456789", "G01234567", "D01234567"} {
		if err := CheckChannel(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"", "#general", "general", "C1", "c0123456789", "U0123456789", "123456789012345678"} {
		if err := CheckChannel(id); err == nil {
			t.Errorf("%q is taken for a channel", id)
		}
	}
}

func TestCheckMention(t *testing.T) {
	for _, id := range append(groups, "S0123456789") {
		if err := CheckMention(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{"", "@readers", "readers", "S1", "s0123456789", "U0123456789", "S0123456789>", "<!subteam^S0123456789>"} {
		if err := CheckMention(id); err == nil {
			t.Errorf("%q is taken for a user group", id)
		}
	}
}
