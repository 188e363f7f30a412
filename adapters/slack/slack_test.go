package slack

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// stage is an adapter with a fake Slack.
type stage struct {
	*Adapter
	fake    *slackfake.Fake
	refuse  *atomic.Bool // the next connection
	channel chat.Channel
	address string // to which Slack posts
}

func env(log *slog.Logger) chat.Env {
	return chat.Env{Name: "slack", Log: log, Getenv: func(name string) string {
		return map[string]string{"SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken, "SLACK_SIGNING_SECRET": slackfake.SigningSecret}[name]
	}}
}

// quiet discards the log.
var quiet = slog.New(slog.DiscardHandler)

// open opens an adapter on a new workspace.
func open(t testing.TB, e chat.Env) *stage {
	t.Helper()
	return openWith(t, e, func(*Config) {})
}

// openHTTP opens an adapter to which Slack posts.
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

// ways runs a test with both ways of receiving actions.
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
	a.client.Posts = wire.NewPostLimiter(1_000_000, time.Now().Add(-wire.StartDelay)) // as if it had been open for a while
	a.times = times{Times: wire.Times{Hello: wire.DefaultTimes().Hello, Silence: time.Minute, Pause: time.Millisecond, Move: time.Hour, Drain: wire.DefaultTimes().Drain}, grace: 50 * time.Millisecond, inTime: time.Minute, locale: time.Minute}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{Adapter: a, fake: fake, refuse: &atomic.Bool{}, channel: chat.Channel{Adapter: "slack", ID: slackfake.General}}
	dial := a.client.HTTP.Transport.(*http.Transport).DialContext
	a.client.HTTP.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if s.refuse.CompareAndSwap(true, false) {
			address = closedPort(t)
		}
		return dial(ctx, network, address)
	}
	return s
}

// closedPort returns an address on which nothing listens.
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

// TestConformanceByHTTP runs the checks of commands over HTTP.
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
					return payloadtest.Texts(replies[0].JSON()), replies[0].To == user
				},
				Redeliver: s.fake.Redeliver,
				Secrets:   []string{slackfake.BotToken, slackfake.AppToken, slackfake.SigningSecret},
			}
		},
		Texts:    payloadtest.Texts,
		Notified: payloadtest.Notified,
		Check:    payloadtest.Check,
		Mention:  payloadtest.Groups,
		Golden:   "testdata",
	}
}

func payloads(messages []slackfake.Message) (out []chat.Payload) {
	for _, m := range messages {
		out = append(out, m.JSON())
	}
	return out
}

// fail sets the fault of the next post.
func (s *stage) fail(f adaptertest.Fault) {
	if f == adaptertest.RefusedBefore {
		s.client.HTTP.CloseIdleConnections()
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
		{name: "no such file", env: chat.Env{Name: "other", Getenv: none}, config: Config{APIURL: "https://slack.com/api/", PostsPerMinute: 1, BotTokenFile: "missing"}, err: "adapters.other.bot_token_file: the file that it names in "},
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
