package slack

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestExamine: for a healthy account, everything is ok; each fault has its finding with a
// fix. Nothing is posted, and no token is shown.
func TestExamine(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	without := func(scopes ...string) func(*slackfake.Fake) {
		return func(f *slackfake.Fake) {
			f.Scopes = slices.DeleteFunc(f.Scopes, func(s string) bool { return slices.Contains(scopes, s) })
		}
	}
	for _, x := range []struct {
		name     string
		config   Config
		fake     func(*slackfake.Fake)
		tokens   map[string]string
		channel  string
		serving  bool
		home     string
		others   int64
		messages int
		want     string // a line of the only bad finding; empty if all is ok
	}{
		{name: "healthy"},
		{name: "healthy, while serve listens", serving: true, messages: 20},
		{name: "wrong token", tokens: map[string]string{"SLACK_BOT_TOKEN": "xoxb-wrong-token"}, want: "fail slack token: Slack refuses it: invalid_auth"},
		{name: "no token", tokens: map[string]string{"SLACK_BOT_TOKEN": ""}, want: "fail slack token: there is no bot token: set SLACK_BOT_TOKEN or bot_token_file, and digests should go there"},
		{name: "wrong app token", tokens: map[string]string{"SLACK_APP_TOKEN": "xapp-wrong-token"}, want: "fail slack commands: Slack refuses the app token: invalid_auth"},
		{name: "no app token", tokens: map[string]string{"SLACK_APP_TOKEN": ""}, want: "warn slack commands: there is no app token, so nobody can give commands"},
		{name: "missing scope", fake: without("channels:history"), want: "fail slack scopes: the token lacks channels:history (to see whether a post has arrived)"},
		{name: "missing optional scope", fake: without("im:write"), want: "warn slack scopes: the token lacks these optional scopes: im:write"},
		{name: "groups of admins", config: Config{AdminGroups: []string{"S0GROUP001"}}, fake: without("usergroups:read"), want: "fail slack scopes: the token lacks usergroups:read"},
		{name: "not invited", channel: slackfake.Random, want: "fail slack:" + slackfake.Random + ": the bot is not in the channel"},
		{name: "deleted channel", channel: "C0NOWHERE1", want: "fail slack:C0NOWHERE1: there is no such channel"},
		{name: "archived channel", fake: func(f *slackfake.Fake) {
			f.AddChannel(slackfake.Channel{ID: slackfake.General, Archived: true})
		}, want: "the channel is archived"},
		{name: "pages of 15", fake: func(f *slackfake.Fake) { f.PageLimit = 15 }, messages: 20, want: "warn slack:" + slackfake.General + ": Slack gives the history 15 messages at a time"},
		{name: "limited history", fake: func(f *slackfake.Fake) { f.Fail("conversations.history", slackfake.Limited("60")) }, want: "or asks to wait"},
		{name: "no history", fake: func(f *slackfake.Fake) { f.Fail("conversations.history", slackfake.Refused("missing_scope")) }, want: "the bot may not read whether a post has arrived: missing_scope"},
		{name: "a second process", serving: true, others: 2, want: "warn slack commands: others held 2 connections with this app token"},
		{name: "http without a home", config: Config{Listen: "http"}, want: "warn slack commands: http.url does not say where Slack reaches the bot"},
		{name: "http without a secret", config: Config{Listen: "http"}, home: "https://digest.example.org", tokens: map[string]string{"SLACK_SIGNING_SECRET": ""}, want: "warn slack commands: there is no signing secret"},
		{name: "Slack is down", fake: func(f *slackfake.Fake) { f.Fail("auth.test", slackfake.ServerError) }, want: "fail slack address: Slack cannot be asked: it answers 500"},
	} {
		t.Run(x.name, func(t *testing.T) {
			fake := slackfake.New()
			if x.fake != nil {
				x.fake(fake)
			}
			server := httptest.NewServer(fake)
			defer server.Close()
			env := chat.Env{Name: "slack", Log: slog.New(slog.DiscardHandler), Getenv: func(name string) string {
				if token, ok := x.tokens[name]; ok {
					return token
				}
				return map[string]string{"SLACK_BOT_TOKEN": slackfake.BotToken, "SLACK_APP_TOKEN": slackfake.AppToken, "SLACK_SIGNING_SECRET": "0123456789abcdef"}[name]
			}}
			if x.home != "" {
				env.URL, _ = url.Parse(x.home)
			}
			c := x.config
			c.APIURL, c.PostsPerMinute = server.URL+"/api/", 300
			a, err := Open(env, c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = a.Close() }()
			for range x.messages {
				if _, err := a.Send(t.Context(), chat.Channel{Adapter: "slack", ID: slackfake.General}, chat.Payload(`{"text":"@everyone <!channel>"}`), "aaaaaaaaaaaaaaaaaaaaaaaaa"); err != nil {
					t.Fatal(err)
				}
			}
			a.others.Store(x.others)
			channel := chat.Channel{Adapter: "slack", ID: slackfake.General}
			if x.channel != "" {
				channel.ID = x.channel
			}
			posts := fake.Calls("chat.postMessage")
			opened := fake.Calls("apps.connections.open")
			found := a.Examine(t.Context(), chat.Examination{Channels: []chat.Channel{channel}, Listening: x.serving})
			adaptertest.CheckFindings(t, found, x.want, "wrong-token", slackfake.BotToken, slackfake.AppToken)
			if fake.Calls("chat.postMessage") != posts {
				t.Error("it has posted")
			}
			if x.serving && fake.Calls("apps.connections.open") != opened {
				t.Error("it opens Socket Mode while serve listens")
			}
		})
	}
}

// TestOthers: processes that listen with the same app token notice each other, and notice when
// the other one has ended, because they move from connection to connection.
func TestOthers(t *testing.T) {
	first := open(t, env(quiet))
	first.times.Move, first.times.Drain = 20*time.Millisecond, 20*time.Millisecond
	first.listen(t, &handler{reply: echo})
	if n := first.Others(); n != 0 {
		t.Errorf("alone, it sees %d others", n)
	}
	second, end := context.WithCancel(t.Context())
	defer end()
	other, err := Open(env(quiet), Config{APIURL: first.client.Base.String(), PostsPerMinute: 300})
	if err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}, 9), make(chan struct{})
	go func() {
		defer close(ended)
		_ = other.Listen(second, tree, &handler{reply: echo}, func(string) { ready <- struct{}{} })
	}()
	<-ready
	if n := other.Others(); n < 1 {
		t.Error("beside another, it sees no others")
	}
	until(t, "the first learns of the second", func() bool { return first.Others() == 1 })
	end()
	<-ended
	until(t, "the first learns that it is alone", func() bool { return first.Others() == 0 })
}

// until waits until something is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so that %s", what)
		}
	}
}
