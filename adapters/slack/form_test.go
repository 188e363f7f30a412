package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// setForm returns the form of the command set.
func setForm(r chat.Request) (chat.Form, bool) {
	if !r.User.Admin {
		return chat.Form{}, false
	}
	return chat.Form{
		Title: "A title of more than twenty-four characters", Submit: "Save & go", Cancel: "Cancel",
		Words: []string{"digest", "set", "morning news"},
		Fields: []chat.Field{
			{Arg: "schedule", Label: "Schedule", Hint: "weekdays 8:30 <!channel>", Value: "daily 8:00", Required: true},
			{Arg: "style", Label: "Style", Value: "full", Choices: []chat.Choice{{Label: "Full", Value: "full"}, {Label: "Headlines", Value: "headlines"}}},
			{Arg: "zone", Label: "Zone"},
		},
	}, true
}

func TestForm(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		h := &handler{form: setForm, reply: func(r chat.Request) chat.Message {
			return chat.Message{Title: "Done", Blocks: []chat.Block{
				chat.Paragraph{Text: chat.Plain(r.Line)}, chat.Buttons{{Label: "Undo", Line: "/digest set m style=full"}},
			}}
		}}
		s.listen(t, h)
		act, err := s.fake.Say(t.Context(), slackfake.Admin, slackfake.General, "/digest set “morning news”")
		if err != nil {
			t.Fatal(err)
		}
		shown, err := s.fake.Modal(t.Context(), slackfake.Admin, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := utf8.RuneCountInString(shown.Title); n > maxViewTitle || !strings.HasPrefix(shown.Title, "A title") || !strings.HasSuffix(shown.Title, "…") {
			t.Errorf("the title is %q", shown.Title)
		}
		if err := act.Acknowledged(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.requests(); len(got) != 0 {
			t.Errorf("beside the form there is an answer in words to %v", got)
		}
		if _, err := s.fake.Fill(t.Context(), slackfake.Admin, map[string]string{"Schedule": ""}); err == nil {
			t.Error("a required field may be empty")
		}
		if act, err = s.fake.Fill(t.Context(), slackfake.Admin, map[string]string{"Schedule": "weekdays 8:30", "Style": ""}); err != nil {
			t.Fatal(err)
		}
		done, err := s.fake.Modal(t.Context(), slackfake.Admin, func(v slackfake.View) bool { return strings.Contains(string(v.Blocks), "Done") })
		if err != nil {
			t.Fatal(err)
		}
		want := `/digest set "morning news" schedule="weekdays 8:30" style=""`
		if got := h.last(); got.Line != want || got.Channel != s.channel || !got.User.Admin {
			t.Errorf("heard %+v, want %s in %v", got, want, s.channel)
		}
		if got := payloadtest.Texts(done.JSON()); !slices.Contains(got, want) || done.Title != shown.Title {
			t.Errorf("the modal shows %q under %q", got, done.Title)
		}
		if err := act.Acknowledged(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Actions in the modal are answered in it, and concern the same channel.
		if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "modal", "Undo"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.fake.Modal(t.Context(), slackfake.Admin, func(v slackfake.View) bool { return strings.Contains(string(v.Blocks), "style=full") }); err != nil {
			t.Fatal(err)
		}
		if got := h.last(); got.Channel != s.channel {
			t.Errorf("heard %+v, want it in %v", got, s.channel)
		}
	})
}

// TestFormThatCannotBeShown: the answer is in words if the user lacks the
// rights, if Slack refuses the form, if there is none, or if it does not fit.
func TestFormThatCannotBeShown(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		var f func(chat.Request) (chat.Form, bool)
		s.listen(t, &handler{reply: echo, form: func(r chat.Request) (chat.Form, bool) { return f(r) }})
		f = setForm
		if _, m := s.say(t, slackfake.Reader, "/digest set"); payloadtest.Texts(m.JSON())[0] != "/digest set" {
			t.Errorf("the reader reads %s", m.JSON())
		}
		s.fake.Fail("views.open", slackfake.Refused("expired_trigger_id"))
		s.say(t, slackfake.Admin, "/digest set")
		for _, bad := range []func(*chat.Form){
			func(f *chat.Form) { f.Fields = nil },
			func(f *chat.Form) { f.Submit = "" },
			func(f *chat.Form) { f.Words = append(f.Words, strings.Repeat("x", maxMetadata)) },
			func(f *chat.Form) { f.Fields[0].Value = strings.Repeat("x", maxInput+1) },
			func(f *chat.Form) { f.Fields[1].Choices = payloadtest.Choices(maxOptions + 1) },
			func(*chat.Form) { panic("in a form") },
		} {
			f = func(r chat.Request) (chat.Form, bool) {
				made, ok := setForm(r)
				bad(&made)
				return made, ok
			}
			s.say(t, slackfake.Admin, "/digest set")
		}
		// With an argument, no form is needed.
		f = setForm
		s.say(t, slackfake.Admin, "/digest set m style=full")
		if n := s.fake.Calls("views.open"); n != 1 {
			t.Errorf("views.open was called %d times, want 1", n)
		}
	})
}

// TestReplyToAFormIsLate: the form is replaced by an ellipsis, and that by
// the reply. The same happens to a reply that is too large for an
// acknowledgement.
func TestReplyToAFormIsLate(t *testing.T) {
	for name, change := range map[string]func(s *stage) string{
		"slow": func(s *stage) string { s.times.inTime = 0; return "x" },
		"big":  func(*stage) string { return strings.Repeat("字", wire.MaxAck) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, env(quiet))
			words := change(s)
			waiting := make(chan struct{})
			s.listen(t, &handler{form: setForm, reply: func(chat.Request) chat.Message {
				if name == "slow" {
					<-waiting
				}
				return chat.Message{Title: "Done", Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain(words)}}}
			}})
			if _, err := s.fake.Say(t.Context(), slackfake.Admin, slackfake.General, "/digest set"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.fake.Modal(t.Context(), slackfake.Admin, nil); err != nil {
				t.Fatal(err)
			}
			act, err := s.fake.Fill(t.Context(), slackfake.Admin, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := act.Acknowledged(t.Context()); err != nil {
				t.Fatal(err)
			}
			close(waiting)
			if _, err := s.fake.Modal(t.Context(), slackfake.Admin, func(v slackfake.View) bool { return strings.Contains(string(v.Blocks), "Done") }); err != nil {
				t.Fatal(err)
			}
			if n := s.fake.Calls("views.update"); n != 1 {
				t.Errorf("views.update was called %d times", n)
			}
		})
	}
}

// TestForgedForm: a forged form does not bypass the check of rights.
func TestForgedForm(t *testing.T) {
	s := openHTTP(t, env(quiet))
	h := &handler{reply: echo}
	s.listen(t, h)
	data, err := json.Marshal(map[string]any{
		"type": "view_submission", "trigger_id": "1.2.x", "user": map[string]string{"id": slackfake.Reader},
		"view": map[string]any{"id": "V1", "type": "modal", "private_metadata": `{"words":["digest","resend"],"channel":"C0OTHER001"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := "payload=" + string(data)
	if status, _, _ := s.posted(t, formType, in, signedAt(in, time.Now())); status != 200 {
		t.Errorf("got %d", status)
	}
	if got := h.last(); got.User.Admin || got.Line != "/digest resend" {
		t.Errorf("heard %+v", got)
	}
}
