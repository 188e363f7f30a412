package discord

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/render"
	"github.com/digestbot/digestbot/adapters/discord/internal/rendertest"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

const (
	testToken   = "MTIzNDU2Nzg5.planted.secret"
	testGuild   = "100000000000000001"
	testChannel = "200000000000000001"
	otherChan   = "200000000000000002"
	forumChan   = "200000000000000003"
	newsChan    = "200000000000000004"
	missingChan = "200000000000000009"
)

// stand is an adapter with a Discord of its own.
type stand struct {
	*Adapter
	fake *discordfake.Fake
	// unreachable makes the next dial fail.
	unreachable atomic.Bool
	log         logText
	// config is the configuration apart from api_url.
	config Config
	// door is the address of the endpoint, and entered means that Discord knows it.
	door    string
	entered sync.Once
}

// logText is the text of the log.
type logText struct {
	mu   sync.Mutex
	text []byte
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func newStand(t *testing.T) *stand { return newStandWith(t, Config{}) }

// newHTTPStand returns a stand that receives interactions over HTTP.
func newHTTPStand(t *testing.T) *stand { return newStandWith(t, Config{Listen: "http"}) }

func newStandWith(t *testing.T, c Config) *stand {
	t.Helper()
	s := &stand{fake: discordfake.New(testToken), config: c}
	s.fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild})
	s.fake.AddChannel(discordfake.Channel{ID: otherChan, Guild: testGuild})
	s.fake.AddChannel(discordfake.Channel{ID: forumChan, Guild: testGuild, Type: discordfake.Forum})
	s.fake.AddChannel(discordfake.Channel{ID: newsChan, Guild: testGuild, Type: discordfake.Announcement})
	s.run(t)
	return s
}

// run serves the fake and opens the adapter.
func (s *stand) run(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(s.fake)
	t.Cleanup(server.Close)
	s.open(t, server.URL+"/api/v10")
}

// open opens the adapter with a base URL.
func (s *stand) open(t testing.TB, base string) {
	t.Helper()
	env := chat.Env{
		Name: "discord", Log: slog.New(slog.NewTextHandler(&s.log, nil)), State: t.TempDir(), Channels: []string{testChannel},
		Getenv: func(name string) string { return map[string]string{"DISCORD_TOKEN": testToken}[name] },
	}
	c := s.config
	c.APIURL = base
	if c.Listen == "http" {
		c.PublicKey = s.fake.PublicKey()
		mux := http.NewServeMux()
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		env.Mount = func(path string, h http.Handler) {
			mux.Handle(path, h)
			s.door = server.URL + path
		}
	}
	a, err := Open(env, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	dial := (&net.Dialer{}).DialContext
	a.rest.Limiter.Permits = wire.NewPermits(wire.GlobalLimit, time.Now(), wire.Spacing) // no previous process
	a.rest.HTTP.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if s.unreachable.Swap(false) {
			addr = "127.0.0.1:1" // nothing listens there
		}
		return dial(ctx, network, addr)
	}
	s.Adapter = a
}

var channelOf = chat.Channel{Adapter: "discord", ID: testChannel}

func TestAdapter(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Open: func(t *testing.T) adaptertest.Stand { return openStand(t, newStand(t)) }, Texts: rendertest.Texts, Notified: notified, Check: rendertest.Check, Mention: rendertest.Roles, Golden: "testdata",
		Ways: map[string]func(t *testing.T) adaptertest.Stand{
			"HTTP": func(t *testing.T) adaptertest.Stand { return openStand(t, newHTTPStand(t)) },
		},
	})
}

var (
	shownLink  = regexp.MustCompile(`\[((?:[^\[\]\\]|\\.)*)\]\(<[^<>]*>\)`)
	beginMarks = regexp.MustCompile(`(?m)^(?:-# |#{1,3} |- )`)
	escapes    = regexp.MustCompile(`\\([[:punct:]])`)
	called     = regexp.MustCompile(`<@&\d+> ?`)
)

// notified returns what a notification shows of a message: the text, as Discord
// reads it, without the panels.
func notified(p chat.Payload) map[string]string {
	var m render.Message
	if err := json.Unmarshal(p, &m); err != nil {
		return map[string]string{"Discord": err.Error()}
	}
	text := beginMarks.ReplaceAllString(called.ReplaceAllString(m.Content, ""), "")
	text = strings.ReplaceAll(shownLink.ReplaceAllString(text, "$1"), "**", "")
	return map[string]string{"Discord": escapes.ReplaceAllString(text, "$1")}
}

// enter makes the endpoint known to Discord, if the stand uses HTTP. Listen must be
// running.
func (s *stand) enter(t *testing.T) {
	t.Helper()
	if s.door == "" {
		return
	}
	s.entered.Do(func() {
		if err := s.fake.SetEndpoint(s.door); err != nil {
			t.Fatal(err)
		}
	})
}

// standing returns the messages in a channel or a thread.
func (s *stand) standing(channel string) (out []chat.Payload) {
	for _, m := range s.fake.Messages(channel) {
		out = append(out, chat.Payload(m.Body))
	}
	return out
}

func openStand(t *testing.T, s *stand) adaptertest.Stand {
	var last *discordfake.Interaction
	read := func(t *testing.T, i *discordfake.Interaction, err error) (reply []string, answer discordfake.Answer) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		last, answer = i, wait(t, i, 1)
		for _, r := range answer.Replies {
			reply = append(reply, rendertest.Texts(chat.Payload(r))...)
		}
		return reply, answer
	}
	return adaptertest.Stand{
		Adapter: s.Adapter,
		Channel: channelOf,
		Missing: chat.Channel{Adapter: "discord", ID: missingChan},
		Posted:  func() []chat.Payload { return s.standing(testChannel) },
		Replies: func(thread chat.Channel) []chat.Payload {
			return slices.DeleteFunc(s.standing(thread.Thread), func(p chat.Payload) bool {
				// A forum thread begins with the message that it belongs to.
				return thread.ID == forumChan && string(p) == string(s.fake.Messages(thread.Thread)[0].Body)
			})
		},
		Forum:         chat.Channel{Adapter: "discord", ID: forumChan},
		Announcements: chat.Channel{Adapter: "discord", ID: newsChan},
		Published:     func() int { return s.fake.Published(newsChan) },
		Notified:      func() []string { return s.fake.Pings(testChannel) },
		Requests:      func() int { return s.fake.Count("POST /channels/{channel}/messages") },
		Fail: func(f adaptertest.Fault) {
			if f == adaptertest.RefusedBefore {
				s.rest.Close() // an idle connection would need no dial
				s.unreachable.Store(true)
				return
			}
			s.fake.Fail(map[adaptertest.Fault]discordfake.Fault{
				adaptertest.AnswerLost:       discordfake.AnswerLost,
				adaptertest.ServerError:      discordfake.ServerError,
				adaptertest.ServerErrorAfter: discordfake.BadGateway,
				adaptertest.Limited:          discordfake.Limited,
				adaptertest.Garbled:          discordfake.Garbled,
				adaptertest.Hang:             discordfake.Hang,
				adaptertest.NoAccount:        discordfake.Unauthorized,
				adaptertest.Forbidden:        discordfake.Forbidden,
				adaptertest.BadPayload:       discordfake.Invalid,
			}[f])
		},
		Ask: func(t *testing.T, u chat.User, line string) ([]string, bool) {
			t.Helper()
			s.enter(t)
			i, err := s.fake.Say(person(u), testChannel, line)
			reply, answer := read(t, i, err)
			return reply, answer.Private
		},
		Press: func(t *testing.T, u chat.User, label string) ([]string, bool, bool) {
			t.Helper()
			i, err := last.Press(person(u), label)
			if err != nil {
				i, err = last.Choose(person(u), label)
			}
			reply, answer := read(t, i, err)
			return reply, answer.Private, answer.Turned
		},
		Suggest: func(t *testing.T, u chat.User, line string) (values []string) {
			t.Helper()
			s.enter(t)
			i, err := s.fake.Type(person(u), testChannel, line)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range wait(t, i, 0).Choices {
				values = append(values, c.Value)
			}
			return values
		},
		Redeliver: func() {
			if err := s.fake.Redeliver(last); err != nil {
				t.Fatal(err)
			}
		},
		Secrets: []string{testToken},
	}
}

func person(u chat.User) discordfake.Person {
	p := discordfake.Person{ID: u.ID, Name: u.Name, Locale: "zh-CN"}
	if u.Admin {
		p.Permissions = discordfake.Admin
	}
	return p
}

// wait returns the answer to an interaction once it has that many replies.
func wait(t *testing.T, i *discordfake.Interaction, replies int) discordfake.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, err := i.Wait(ctx, replies)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOpen(t *testing.T) {
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte("Bot "+testToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		adapter string
		config  Config
		env     string
		off     string // part of Capabilities().Off
		err     string // part of the error
	}{
		{name: "token in the environment", adapter: "discord", config: Defaults(), env: testToken},
		{name: "token in a file", adapter: "discord", config: Config{APIURL: Defaults().APIURL, TokenFile: tokenFile}},
		{name: "no token", adapter: "discord", config: Defaults(), off: "set DISCORD_TOKEN or token_file"},
		{name: "another name reads no variable", adapter: "second", config: Defaults(), env: testToken, off: "set token_file"},
		{name: "token file is missing", adapter: "discord", config: Config{APIURL: Defaults().APIURL, TokenFile: tokenFile + ".no"}, err: "adapters.discord.token_file: " + tokenFile + ".no cannot be read"},
		{name: "api_url is no address", adapter: "discord", config: Config{APIURL: "discord.com"}, env: testToken, err: "adapters.discord.api_url"},
		{name: "no way in", adapter: "discord", config: Config{APIURL: Defaults().APIURL, Listen: "webhook"}, env: testToken, err: `adapters.discord.listen: "webhook" is not supported`},
		{name: "http without a key", adapter: "discord", config: Config{APIURL: Defaults().APIURL, Listen: "http"}, env: testToken, err: "adapters.discord.public_key: it must be 64 hexadecimal digits"},
		{name: "a key that is cut", adapter: "discord", config: Config{APIURL: Defaults().APIURL, Listen: "http", PublicKey: strings.Repeat("ab", 31)}, env: testToken, err: "adapters.discord.public_key"},
		{name: "a role by its name", adapter: "discord", config: Config{APIURL: Defaults().APIURL, AdminRoles: []string{testGuild, "@editors"}}, env: testToken, err: `adapters.discord.admin_roles[1]: "@editors" is not a Discord role`},
		{name: "a user by name", adapter: "discord", config: Config{APIURL: Defaults().APIURL, AdminUsers: []string{"<@1>"}}, env: testToken, err: `adapters.discord.admin_users[0]: "<@1>" is not a Discord user`},
		{name: "guild is no id", adapter: "discord", config: Config{APIURL: Defaults().APIURL, Guild: "my server"}, err: "adapters.discord.guild"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := Open(chat.Env{Name: test.adapter, Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return test.env }}, test.config)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want %q in it", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if off := a.Capabilities().Off; (off == "") != (test.off == "") || !strings.Contains(off, test.off) {
				t.Errorf("got Off %q, want %q in it", off, test.off)
			}
			if test.off == "" && a.token.Reveal() != testToken {
				t.Error("the token is not the bare one")
			}
			if test.off != "" {
				_, err := a.Send(t.Context(), channelOf, nil, "key")
				if chat.OutcomeOf(err) != chat.RejectedAccount {
					t.Errorf("Send without a token gave %v, want a rejected account", err)
				}
				if err := a.Listen(t.Context(), chat.Command{}, nil, nil); err == nil {
					t.Error("Listen without a token gave no error")
				}
			}
		})
	}
}

func TestCheckHome(t *testing.T) {
	const another = "100000000000000077"
	for _, c := range []struct{ guild, server, want string }{
		{"", testGuild, ""},
		{"", "", ""},
		{testGuild, testGuild, ""},
		{another, testGuild, "it is in the server " + testGuild + ", and guild names another one, " + another},
		{another, "", "it is in no server, and guild names one"},
	} {
		err := CheckHome(Config{Guild: c.guild}, c.server)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("guild %q, server %q: %v, want %q", c.guild, c.server, err, c.want)
		}
	}
}

func TestCheckChannel(t *testing.T) {
	for id, good := range map[string]bool{
		testChannel: true, "12345678901234567890": true,
		"": false, "general": false, "#general": false, "123": false, "20000000000000000x": false, "@" + testChannel: false, "<#200000000000000001>": false,
	} {
		if err := CheckChannel(id); (err == nil) != good {
			t.Errorf("CheckChannel(%q) = %v", id, err)
		}
		if err := CheckMention(id); (err == nil) != good {
			t.Errorf("CheckMention(%q) = %v", id, err)
		}
	}
}

// listenAt listens on an address that was free a moment ago.
func listenAt(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unreachable returns a client whose requests all fail at once.
func unreachable(t *testing.T) *wire.Client {
	t.Helper()
	r := wire.NewClient(&url.URL{Scheme: "http", Host: "discord.invalid"}, chat.NewSecret(testToken))
	r.HTTP.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }
	return r
}
