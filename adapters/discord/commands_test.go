package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// large returns a tree with the maximum number of verbs that Discord
// allows, each with arguments, summaries and names in other languages, and
// hidden verbs in addition.
func large() chat.Command {
	root := chat.Command{Name: "digest", Summary: "Read and find tech digests", Summaries: map[string]string{"zh-Hans": "阅读和查找科技摘要", "zh-Hant": "閱讀和尋找科技摘要"}}
	for i := range 25 {
		verb := chat.Command{
			Name: fmt.Sprintf("verb%02d", i), Summary: strings.Repeat("what it does ", 12),
			Names:     map[string]string{"zh-Hans": fmt.Sprint("动词", i), "zh-Hant": fmt.Sprint("動詞", i)},
			Summaries: map[string]string{"zh-Hans": strings.Repeat("做什么", 40), "zh-Hant": "做什麼"},
			Args: []chat.Arg{
				{Name: "style", Summary: "How much", Named: true, Suggest: true},
				{Name: "schedule", Summary: strings.Repeat("when ", 20), Named: true, Required: true},
				{Name: "words", Summary: "What", Rest: true, Suggest: true, Names: map[string]string{"zh-Hans": "词"}},
				chat.Page, chat.Share, chat.Confirm,
			},
		}
		root.Subs = append(root.Subs, verb)
	}
	root.Subs = append(root.Subs, chat.Command{Name: "home", Hidden: true})
	return root
}

// TestTreeFits registers a large tree and checks the result.
func TestTreeFits(t *testing.T) {
	c, lost := slashCommand(large())
	if len(lost) > 0 {
		t.Errorf("lost %q", lost)
	}
	if n := c.characters(); n > 8000 || n < 5000 {
		t.Errorf("the command has %d characters, want more than 5000 and not more than 8000", n)
	}
	if len(c.Options) != 25 || len(c.Names) > 0 || c.Descriptions["zh-CN"] != "阅读和查找科技摘要" || c.Descriptions["zh-TW"] != "閱讀和尋找科技摘要" {
		t.Errorf("got %d verbs, and the descriptions %v", len(c.Options), c.Descriptions)
	}
	verb := c.Options[3]
	var names []string
	for _, o := range verb.Options {
		names = append(names, o.Name)
		if utf8.RuneCountInString(o.Description) > 100 {
			t.Errorf("%s has the description %q", o.Name, o.Description)
		}
	}
	if !slices.Equal(names, []string{"schedule", "style", "words"}) || verb.Names["zh-CN"] != "动词3" || verb.Names["zh-TW"] != "動詞3" || verb.Options[2].Names["zh-CN"] != "词" {
		t.Errorf("got the options %v and the names %v", names, verb.Names)
	}
	for _, o := range verb.Options {
		if o.Autocomplete != (o.Name != "schedule") || o.Required != (o.Name == "schedule") {
			t.Errorf("%s is required %v, completed %v", o.Name, o.Required, o.Autocomplete)
		}
	}
	s := newStand(t)
	s.listeningTo(t, large(), &echo{}) // the fake rejects what Discord would
	if strings.Contains(s.log.String(), "cannot be registered") {
		t.Error(s.log.String())
	}
}

// TestTreeLoses uses names that Discord rejects.
func TestTreeLoses(t *testing.T) {
	root := chat.Command{Name: "digest", Summary: "Read", Names: map[string]string{"zh-Hans": "科技 摘要", "de": "Überblick", "en-XX": "digest", "fr": strings.Repeat("é", 33)}}
	for i := range 26 {
		root.Subs = append(root.Subs, chat.Command{Name: fmt.Sprint("v", i), Summary: "\n", Names: map[string]string{"ja": "同じ"}})
	}
	c, lost := slashCommand(root)
	if want := map[string]string{"de": "überblick"}; fmt.Sprint(c.Names) != fmt.Sprint(want) {
		t.Errorf("got the names %v, want %v", c.Names, want)
	}
	if c.Options[0].Names["ja"] != "同じ" || len(c.Options[1].Names) > 0 || c.Options[0].Description != "v0" || len(c.Options) != 25 {
		t.Errorf("got %+v", c.Options[:2])
	}
	if all := strings.Join(lost, "\n"); len(lost) != 3+1+24 || !strings.Contains(all, "v25 is left out") || !strings.Contains(all, `"科技 摘要" in zh-Hans`) {
		t.Errorf("%d problems are told: %s", len(lost), all)
	}
}

// TestScope changes the server in which the commands are registered, and back.
func TestScope(t *testing.T) {
	const second = "100000000000000002"
	fake := discordfake.New(testToken)
	fake.AddChannel(discordfake.Channel{ID: testChannel, Guild: testGuild})
	fake.AddChannel(discordfake.Channel{ID: otherChan, Guild: second})
	for i, test := range []struct {
		guild  string
		root   chat.Command
		writes int // PUTs in both scopes so far
	}{
		{"", root, 1}, {"", root, 1}, {testGuild, root, 2}, {testGuild, root, 2}, {testGuild, styled, 3}, {second, styled, 4}, {"", large(), 5}, {"", large(), 5}, {"", root, 6},
	} {
		s := &stand{fake: fake, config: Config{Guild: test.guild}}
		s.run(t)
		ctx, cancel := context.WithCancel(t.Context())
		ready, done := make(chan string, 1), make(chan error, 1)
		go func() { done <- s.Listen(ctx, test.root, &echo{}, func(w string) { ready <- w }) }()
		expect(t, ready)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for _, guild := range []string{"", testGuild, second} {
			want := 0
			if guild == test.guild {
				want = 1
			}
			if got := fake.Commands(guild); len(got) != want {
				t.Errorf("step %d: in %q there are the commands %v, want %d", i, guild, got, want)
			}
		}
		if got := fake.Count("PUT /applications/{app}/commands") + fake.Count("PUT /applications/{app}/guilds/{guild}/commands"); got != test.writes {
			t.Errorf("step %d: commands were written %d times, want %d", i, got, test.writes)
		}
	}
}

// TestTyped converts commands to lines.
func TestTyped(t *testing.T) {
	value := func(name, value string, focused bool) option {
		return option{Name: name, Type: 3, Value: value, Focused: focused}
	}
	for want, options := range map[string][]option{
		`/digest tag`:                                nil,
		`/digest tag AI`:                             {value("tag", "AI", false)},
		`/digest tag "a=b" style=compact`:            {value("style", "compact", false), value("tag", "a=b", false)},
		`/digest tag "say 'x'" style="very compact"`: {value("style", "very compact", false), value("tag", `say "x"`, false)},
		`/digest tag AI style=`:                      {value("style", "", true), value("tag", "AI", false)},
		`/digest tag AI style=co`:                    {value("style", "co", true), value("tag", "AI", false)},
		`/digest tag A`:                              {value("style", "compact", false), value("tag", "A", true)},
		`/digest tag `:                               {value("style", "compact", false), value("tag", "", true)},
		`/digest tag style=co`:                       {value("style", "co", true)},
		`/digest tag "@everyone 「x」" style=👨‍👩‍👧‍👦`: {value("tag", "@everyone 「x」", false), value("style", "👨‍👩‍👧‍👦", false)},
	} {
		if got := commandLine(styled, "digest", []option{{Name: "tag", Type: 1, Options: options}}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestDirect sends direct messages.
func TestDirect(t *testing.T) {
	const friend, foe = "300000000000000001", "300000000000000002"
	s := newStand(t)
	to := s.Direct(friend)
	p := payload(t, s.Adapter, small)
	sent, err := s.Send(t.Context(), to, p, testKey)
	if err != nil {
		t.Fatal(err)
	}
	channel := s.fake.Direct(friend)
	if got := s.fake.Messages(channel); len(got) != 1 || sent.Channel != to || sent.URL != "https://discord.com/channels/@me/"+channel+"/"+got[0].ID {
		t.Errorf("%d messages stand there, and the receipt is %+v", len(got), sent)
	}
	if _, err := s.Send(t.Context(), to, p, testKey); err != nil {
		t.Error(err)
	}
	if got := s.fake.Count("POST /users/@me/channels"); got != 1 {
		t.Errorf("the channel was opened %d times, want once", got)
	}
	clear(s.dir.direct) // as after a restart
	if found, err := s.Find(t.Context(), to, testKey, time.Now().Add(-time.Minute)); err != nil || found != sent {
		t.Errorf("Find gave %+v and %v, want %+v", found, err, sent)
	}
	if err := s.Edit(t.Context(), sent, p, testKey); err != nil {
		t.Error(err)
	}
	if err := s.Publish(t.Context(), sent); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), sent); err != nil || len(s.fake.Messages(channel)) > 0 {
		t.Errorf("Remove gave %v and left %d messages", err, len(s.fake.Messages(channel)))
	}
	s.fake.RefuseDirect(foe)
	for _, user := range []string{foe, "not-a-user", discordfake.BotID, ""} {
		if _, err := s.Send(t.Context(), s.Direct(user), p, "otherkey"); chat.OutcomeOf(err) != chat.RejectedChannel {
			t.Errorf("to %q: got %v, want a rejected channel", user, err)
		}
	}
	s.unreachable.Store(true)
	s.rest.Close()
	if _, err := s.Send(t.Context(), s.Direct("300000000000000003"), p, "thirdkey"); chat.OutcomeOf(err) != chat.Retryable {
		t.Errorf("without a network: got %v, want a retryable one", err)
	}
}

// TestHome looks up the servers of channels.
func TestHome(t *testing.T) {
	s := newStand(t)
	s.fake.AddChannel(discordfake.Channel{ID: otherChan, Guild: testGuild, NoAccess: true})
	for id, want := range map[string]string{testChannel: testGuild, forumChan: testGuild, s.fake.Direct("300000000000000001"): "", "@300000000000000001": ""} {
		for range 2 {
			if got, err := s.Home(t.Context(), chat.Channel{Adapter: "discord", ID: id}); err != nil || got != want {
				t.Errorf("%s: got %q and %v, want %q", id, got, err, want)
			}
		}
	}
	for _, id := range []string{otherChan, missingChan} {
		if got, err := s.Home(t.Context(), chat.Channel{Adapter: "discord", ID: id}); err == nil {
			t.Errorf("%s: got %q and no error, though it cannot be seen", id, got)
		}
	}
	if got := s.fake.Count("GET /channels/{channel}"); got > 5 {
		t.Errorf("channels were asked for %d times", got)
	}
}
