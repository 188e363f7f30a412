package discord

import (
	"context"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// pointed is a command tree with verbs for messages and with a form.
var pointed = chat.Command{Name: "digest", Summary: "Read", Subs: []chat.Command{
	{Name: "details", Summary: "More", Private: true, OnPost: "Details", OnPosts: map[string]string{"zh-Hans": "详情", "zh-Hant": "詳情"}, Args: []chat.Arg{{Name: "digest", Summary: "Which", Rest: true}, chat.Post}},
	{Name: "set", Summary: "Change", Private: true, Form: true, Args: []chat.Arg{
		{Name: "name", Summary: "Which"}, {Name: "schedule", Summary: "When", Named: true}, {Name: "style", Summary: "How", Named: true}, {Name: "tags", Summary: "Tags", Named: true},
	}},
}}

// asking is an echo with a form.
type asking struct {
	echo
	form chat.Form
}

func (a *asking) Form(context.Context, chat.Request) (chat.Form, bool) {
	return a.form, len(a.form.Fields) > 0
}

// A command in the context menu of messages includes the message that it was used on.
func TestCommandsOnAMessage(t *testing.T) {
	s := newStand(t)
	h := &asking{}
	s.listeningTo(t, pointed, h)
	if got := s.fake.Commands(""); len(got) != 2 || got[1] != "Details" {
		t.Fatalf("the commands are %q", got)
	}
	posts, err := s.Render(chat.Message{Title: "A digest @everyone", Blocks: []chat.Block{chat.Buttons{{Label: "AI", Line: "/digest details"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Send(t.Context(), chat.Channel{Adapter: "discord", ID: testChannel}, posts[0], "abcdefgh")
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.fake.Point(discordfake.Person{ID: "7", Name: "ada", Locale: "zh-CN"}, testChannel, "Details", r.ID)
	if err != nil {
		t.Fatal(err)
	}
	a, err := i.Wait(t.Context(), 1)
	if err != nil || !a.Private || len(a.Replies) != 1 {
		t.Fatalf("answered %+v, %v", a, err)
	}
	if got, want := h.heard()[0].Line, "/digest details post="+r.ID; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// The context menu of messages has at most as many commands as Discord allows.
func TestMenuOfMessagesIsLimited(t *testing.T) {
	root := chat.Command{Name: "digest", Summary: "Read"}
	for i := range 17 {
		root.Subs = append(root.Subs, chat.Command{Name: "v" + strings.Repeat("x", i), Summary: "Read", OnPost: "V" + strings.Repeat("x", i)})
	}
	all, lost := messageCommands(root)
	if len(all) != 15 || len(lost) != 2 {
		t.Errorf("%d commands, and %d are lost: %q", len(all), len(lost), lost)
	}
}

// A form becomes a modal with five fields, their prefilled values, and menus where
// there are choices. A submitted form becomes a command line.
func TestFormsAreModals(t *testing.T) {
	choices := []chat.Choice{{Label: "full", Value: "full"}, {Label: "<@everyone>", Value: "brief"}}
	form := chat.Form{Title: strings.Repeat("长", 60), Submit: "Save", Cancel: "Cancel", Words: []string{"digest", "set", "morning news"}, Fields: []chat.Field{
		{Arg: "schedule", Label: "When", Hint: strings.Repeat("h", 120), Value: "weekdays 8:30"},
		{Arg: "style", Label: "How", Value: "full", Choices: choices}, {Arg: "tags", Label: "Tags", Value: `AI, "x" @everyone`},
		{Arg: "name", Label: ""}, {Arg: "zone", Label: "Zone"}, {Arg: "sixth", Label: "Sixth"},
	}}
	for name, c := range map[string]struct {
		fill map[string]string
		want string
	}{
		"left as it was": {nil, `/digest set "morning news" schedule="weekdays 8:30" style=full tags="AI, 'x' @everyone"`},
		"changed":        {map[string]string{"How": "brief", "Zone": "UTC"}, `/digest set "morning news" schedule="weekdays 8:30" style=brief tags="AI, 'x' @everyone" zone=UTC`},
		"emptied":        {map[string]string{"How": "", "When": "", "Tags": " "}, `/digest set "morning news" schedule="" style="" tags=""`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			h := &asking{form: form}
			s.listeningTo(t, pointed, h)
			ada := discordfake.Person{ID: "7", Name: "ada", Permissions: discordfake.Admin}
			i, err := s.fake.Say(ada, testChannel, "/digest set")
			if err != nil {
				t.Fatal(err)
			}
			a, err := i.Wait(t.Context(), 0)
			if err != nil || a.Modal == nil || len(a.Modal.Fields) != 5 || a.Modal.Fields[1].Component.Type != 3 {
				t.Fatalf("answered %+v, %v", a, err)
			}
			filled, err := i.Fill(ada, c.fill)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := filled.Wait(t.Context(), 1); err != nil || !a.Private {
				t.Fatalf("answered %+v, %v", a, err)
			}
			if heard := h.heard(); len(heard) != 1 || heard[0].Line != c.want {
				t.Errorf("heard %+v, want %q", heard, c.want)
			}
		})
	}
}

// A form that cannot be shown is answered in words, and so is a complete command.
func TestNoForm(t *testing.T) {
	long := chat.Form{Title: "t", Words: []string{"digest", "set", strings.Repeat("x", 100)}, Fields: []chat.Field{{Arg: "a", Label: "a"}}}
	for name, c := range map[string]struct {
		form chat.Form
		line string
	}{
		"no form": {chat.Form{}, "/digest set"}, "too long a line": {long, "/digest set"},
		"enough said": {chat.Form{Title: "t", Words: []string{"digest", "set"}, Fields: []chat.Field{{Arg: "a", Label: "a"}}}, "/digest set style=full"},
	} {
		s := newStand(t)
		h := &asking{form: c.form}
		s.listeningTo(t, pointed, h)
		i, err := s.fake.Say(discordfake.Person{ID: "7", Name: "ada"}, testChannel, c.line)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := i.Wait(t.Context(), 1); err != nil || a.Modal != nil || len(a.Replies) != 1 {
			t.Errorf("%s: answered %+v, %v", name, a, err)
		}
	}
}

// The handler learns where the bot cannot post, and which permissions it lacks.
func TestPermissionsOfTheBot(t *testing.T) {
	for bits, want := range map[string]string{
		"84992": "", "8": "", "": "", "-1": "", "x": "", "2251799813685247": "",
		"83968": "the bot lacks these permissions here: View Channel",
		"65536": "the bot lacks these permissions here: View Channel, Send Messages, Embed Links",
		"0":     "the bot lacks these permissions here: View Channel, Send Messages, Embed Links",
		"17408": "the bot lacks these permissions here: Send Messages",
	} {
		l := &listener{Adapter: newStand(t).Adapter}
		if got := l.missingPermissions(&interaction{GuildID: "1", Bot: bits}); got != want {
			t.Errorf("%q: %q, want %q", bits, got, want)
		}
		if got := l.missingPermissions(&interaction{Bot: bits}); got != "" {
			t.Errorf("%q in a direct message: %q", bits, got)
		}
	}
}
