package discord

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/discord/internal/wire"
	"github.com/digestbot/digestbot/bot/chat"
)

// TestExamine: for a healthy account, everything is ok; each fault has its finding with a
// fix. Nothing is posted or changed, and the token appears nowhere.
func TestExamine(t *testing.T) {
	const token, guild, place = "token.of.the-fake", "100000000000000001", "200000000000000001"
	hostile := chat.Command{Name: "digest", Summary: "@everyone <!channel> \u202e 👩‍👩‍👧 " + strings.Repeat("x", 300), Subs: []chat.Command{
		{Name: "latest", Summary: "The newest", OnPost: "Latest"},
	}}
	for _, x := range []struct {
		name      string
		config    Config
		fake      func(*discordfake.Fake)
		token     string
		channels  []string
		threads   bool
		listening bool
		home      string
		want      string // a line of the only bad finding; empty if all is ok
	}{
		{name: "healthy", listening: true, threads: true},
		{name: "healthy forum", fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, Type: discordfake.Forum})
		}},
		{name: "wrong token", token: "not-" + token, want: "fail discord token: Discord refuses it"},
		{name: "no token", token: "-", want: "fail discord token: it has no token: set DISCORD_TOKEN or token_file, and digests should go there"},
		{name: "deleted channel", channels: []string{"200000000000000009"}, want: "fail discord:200000000000000009: the channel was deleted"},
		{name: "hidden channel", fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, NoAccess: true})
		}, want: "fail discord:" + place + ": the bot cannot see the channel"},
		{name: "no right to post", fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, NoPosts: true})
		}, want: "the bot lacks Send Messages (to post"},
		{name: "no right to read", fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, NoHistory: true})
		}, want: "the bot lacks Read Message History (to see"},
		{name: "no right to threads", threads: true, fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, NoThreads: true})
		}, want: "the bot lacks Create Public Threads"},
		{name: "no threads are needed", fake: func(f *discordfake.Fake) {
			f.AddChannel(discordfake.Channel{ID: place, Guild: guild, NoThreads: true})
		}},
		{name: "another server", config: Config{Guild: "100000000000000002"}, want: "warn discord:" + place + ": it is in server " + guild},
		{name: "missing commands", listening: true, fake: forgetCommands, want: "fail discord commands: people are not offered digest, Latest"},
		{name: "missing commands before the start", fake: forgetCommands, want: "warn discord commands: people are not offered digest, Latest"},
		{name: "few starts", fake: func(f *discordfake.Fake) { f.SetStarts(3) }, want: "warn discord gateway: 3 of 1000 starts"},
		{name: "http that Discord does not know", config: Config{Listen: "http"}, home: "https://digest.example.org", want: "fail discord endpoint: Discord sends interactions to the gateway, and the bot listens to http"},
		{name: "http on this machine alone", config: Config{Listen: "http"}, home: "http://localhost:8080", want: "warn discord endpoint: http.url does not say"},
		{name: "http without a home", config: Config{Listen: "http"}, want: "warn discord endpoint: http.url does not say"},
		{name: "another key", config: Config{Listen: "http", PublicKey: strings.Repeat("ab", 32)}, home: "https://digest.example.org", want: "fail discord endpoint: public_key is not that of the application"},
	} {
		t.Run(x.name, func(t *testing.T) {
			fake := discordfake.New(token)
			fake.AddChannel(discordfake.Channel{ID: place, Guild: guild})
			server := httptest.NewServer(fake)
			defer server.Close()
			env := chat.Env{Name: "discord", Log: slog.New(slog.DiscardHandler), Getenv: func(string) string {
				switch x.token {
				case "":
					return token
				case "-":
					return ""
				}
				return x.token
			}}
			if x.home != "" {
				env.URL, _ = url.Parse(x.home)
			}
			c := x.config
			c.APIURL = server.URL + "/api/v10"
			if c.Listen == "http" && c.PublicKey == "" {
				c.PublicKey = fake.PublicKey()
			}
			if _, err := hex.DecodeString(c.PublicKey); err != nil {
				t.Fatal(err)
			}
			a, err := Open(env, c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = a.Close() }()
			if a.off == "" {
				a.rest.Limiter.Permits = wire.NewPermits(wire.GlobalLimit, time.Now(), wire.Spacing) // no previous process
			}
			if a.off == "" && x.token == "" {
				l := &listener{Adapter: a, root: hostile}
				if err := l.register(t.Context(), discordfake.AppID); err != nil {
					t.Fatal(err)
				}
			}
			if x.fake != nil {
				x.fake(fake)
			}
			channels := []chat.Channel{{Adapter: "discord", ID: place}}
			if x.channels != nil {
				channels = []chat.Channel{{Adapter: "discord", ID: x.channels[0]}}
			}
			look := chat.Examination{Command: hostile, Channels: channels, Listening: x.listening}
			if x.threads {
				look.Threads = channels
			}
			commands := fake.Commands(c.Guild)
			found := a.Examine(t.Context(), look)
			adaptertest.CheckFindings(t, found, x.want, token)
			if len(fake.Messages(place)) > 0 || !slices.Equal(fake.Commands(c.Guild), commands) || fake.Count("IDENTIFY") > 0 {
				t.Error("it has posted, changed commands or listened")
			}
		})
	}
}

func forgetCommands(f *discordfake.Fake) { f.ForgetCommands() }

// TestExamineWhilePosting: an account is not reported as broken because posts use up
// the rate limit.
func TestExamineWhilePosting(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, free := range []int{0, 1} {
		s := newStand(t)
		for range wire.GlobalLimit - free {
			if _, err := s.rest.Limiter.Permits.Take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), wire.RateWindow/2)
		defer cancel()
		found := s.Examine(ctx, chat.Examination{Channels: []chat.Channel{channelOf, channelOf}})
		var unseen int
		for _, f := range found {
			switch f.State {
			case chat.Unseen:
				unseen++
				if f.Text != postsFirst || f.Fix != "" {
					t.Errorf("got %+v", f)
				}
			case chat.Fine:
			default:
				t.Errorf("%d permits are free: got %+v", free, f)
			}
		}
		if unseen == 0 {
			t.Errorf("%d permits are free: %+v does not say that something was not looked at", free, found)
		}
	}
}
