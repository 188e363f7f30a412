package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// replyTo is the reply to an act.
func replyTo(t *testing.T) func(act *slackfake.Act, err error) slackfake.Message {
	return func(act *slackfake.Act, err error) slackfake.Message {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return reply(t, act)
	}
}

// TestPagesTurnInPlace of the private message that they stand in, and of no
// other.
func TestPagesTurnInPlace(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
			m := echo(r)
			if strings.Contains(r.Line, "long") && strings.Contains(r.Line, "page=") {
				m.Blocks = append(m.Blocks, chat.Paragraph{Text: chat.Plain(strings.Repeat("字", maxTotal-100))}, chat.Paragraph{Text: chat.Plain("end")})
			}
			return m
		}})
		_, first := s.say(t, slackfake.Reader, "/digest tag AI")
		second := replyTo(t)(s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Next"))
		if second.TS != first.TS || second.To != slackfake.Reader || payloadtest.Texts(second.JSON())[0] != "/digest tag AI page=2" {
			t.Errorf("got %s to %q at %s, want it at %s", second.JSON(), second.To, second.TS, first.TS)
		}
		third := replyTo(t)(s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Next"))
		if third.TS != first.TS {
			t.Error("the third page does not stand in the place of the second")
		}
		again := replyTo(t)(s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Share"))
		if again.TS == first.TS || again.To != "" {
			t.Error("what is shared stands in the place of what was private")
		}
		// In the public message a page is for the one who turned it.
		page := replyTo(t)(s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Again"))
		if page.TS == again.TS {
			t.Error("a public message was replaced")
		}

		_, first = s.say(t, slackfake.Reader, "/digest tag long")
		act, err := s.fake.Press(t.Context(), slackfake.Reader, slackfake.General, "Next")
		if err != nil {
			t.Fatal(err)
		}
		parts, err := act.Replies(t.Context(), 2)
		if err != nil || len(parts) != 2 || parts[0].TS != first.TS || parts[1].TS == first.TS {
			t.Errorf("got %d parts %v, want the first in place and the second under it", len(parts), err)
		}
	})
}

// TestConfirmationFromAForgedButton reaches the handler with no more rights.
func TestConfirmationFromAForgedButton(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		h := &handler{reply: echo}
		s.listen(t, h)
		for _, line := range []string{
			"/digest resend", "resend", "RESEND", "/digest　resend", "/digest \"resend\"", "/digest set m style=full", "/digest resend confirm=post",
		} {
			replyTo(t)(s.fake.Forge(t.Context(), slackfake.Reader, slackfake.General, line))
			if got := h.last(); got.User.Admin || got.Line != line {
				t.Errorf("%q: heard %+v", line, got)
			}
		}
	})
}

// TestMenus say the line of what is chosen.
func TestMenus(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		typed := make(chan string, 100)
		h := &handler{
			reply: func(r chat.Request) chat.Message {
				m := chat.Message{Title: r.Line}
				if strings.HasSuffix(r.Line, "latest") {
					m.Blocks = []chat.Block{
						chat.Select{Label: "Few", Choices: payloadtest.Choices(3)},
						chat.Select{Label: "Many", Line: "/digest tag", Choices: payloadtest.Choices(3)},
						chat.Select{Label: "Any", Line: "/digest tag"},
					}
				}
				return m
			},
			suggest: func(_ context.Context, r chat.Request) []chat.Choice {
				typed <- r.Line
				if strings.Contains(r.Line, "panic") {
					panic("in a suggestion")
				}
				var out []chat.Choice
				for _, c := range payloadtest.Choices(500) {
					if strings.HasPrefix(c.Line, strings.TrimSpace(r.Line)) || !strings.Contains(r.Line, "tag-") {
						out = append(out, c)
					}
				}
				return append(out, chat.Choice{Label: "too long", Line: strings.Repeat("x", maxOptionValue+1)})
			},
		}
		s.listen(t, h)
		s.say(t, slackfake.Reader, "/digest latest")
		m := replyTo(t)(s.fake.Choose(t.Context(), slackfake.Reader, slackfake.General, "Few", "tag-001"))
		if m.To != slackfake.Reader || h.last().Line != "/digest tag tag-001" {
			t.Errorf("got %+v to %q", h.last(), m.To)
		}
		for text, want := range map[string]int{"": maxOptions, "tag-4": maxOptions, "tag-49": 10, "tag-499": 1, "panic": 0, "nothing tag-9": 0} {
			got, err := s.fake.Type(t.Context(), slackfake.Reader, slackfake.General, "Many …", text)
			if err != nil || len(got) != want {
				t.Errorf("typed %q: %d choices %v, want %d", text, len(got), err, want)
			}
			if line := <-typed; line != "/digest tag "+text {
				t.Errorf("typed %q: the handler heard %q", text, line)
			}
		}
		for _, menu := range []string{"Many", "Any"} {
			replyTo(t)(s.fake.Choose(t.Context(), slackfake.Reader, slackfake.General, menu, "tag-002"))
			if h.last().Line != "/digest tag tag-002" {
				t.Errorf("%s: got %+v", menu, h.last())
			}
		}
		s.say(t, slackfake.Reader, "/digest latest")
		m = replyTo(t)(s.fake.Choose(t.Context(), slackfake.Reader, slackfake.General, "Many …", "tag-321"))
		if h.last().Line != "/digest tag tag-321" {
			t.Errorf("got %+v to %q", h.last(), m.To)
		}
	})
}

// setForm is the form of the command set.
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
		// Anything pressed in the modal is answered in it, about the same channel.
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

// TestFormThatCannotBeShown is answered in words: to who may not, where Slack
// does not take it, where there is none, and where it has no room.
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
		// With an argument it is no question.
		f = setForm
		s.say(t, slackfake.Admin, "/digest set m style=full")
		if n := s.fake.Calls("views.open"); n != 1 {
			t.Errorf("views.open was called %d times, want 1", n)
		}
	})
}

// TestReplyToAFormIsLate: the form gives way to an ellipsis, and that to the
// reply. So does one that an acknowledgement cannot carry.
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

// TestNothingOvertakesAnAcknowledgement: an answer that comes while the
// acknowledgement is on its way goes on when it is out.
func TestNothingOvertakesAnAcknowledgement(t *testing.T) {
	a := newAdmission(t.Context(), quiet)
	if !a.acquire() {
		t.Fatal("there is no slot")
	}
	sending := make(chan struct{})
	var out atomic.Bool
	send := func([]byte, bool) {
		close(sending)
		time.Sleep(50 * time.Millisecond) // for whoever does not wait
		out.Store(true)
	}
	a.acknowledgeWithin(0, nil, send, func(keep keep) {
		<-sending
		if keep(nil, false) {
			t.Error("the acknowledgement carries what came too late")
		}
		if !out.Load() {
			t.Error("the answer has overtaken the acknowledgement")
		}
	})
}

// TestForgedForm is no way around the question of rights.
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

func TestHome(t *testing.T) {
	ways(t, func(t *testing.T, s *stage) {
		var n atomic.Int64
		h := &handler{reply: func(r chat.Request) chat.Message {
			m := echo(r)
			m.Footer = fmt.Sprint("seen ", n.Add(1))
			for range 120 {
				m.Blocks = append(m.Blocks, chat.Story{Headline: "H", Summary: chat.Plain(strings.Repeat("字", 200))})
			}
			return m
		}}
		s.listen(t, h)
		for range 2 { // it is refreshed each time
			if _, err := s.fake.OpenHome(t.Context(), slackfake.Admin); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.fake.WaitCalls(t.Context(), "views.publish", 2); err != nil {
			t.Fatal(err)
		}
		if got := h.last(); got.Line != "/digest home" || got.User.ID != slackfake.Admin || !got.User.Admin || got.Channel != s.Direct(slackfake.Admin) || got.ID == "" {
			t.Errorf("heard %+v", got)
		}
		if _, err := s.fake.Home(t.Context(), slackfake.Admin, nil); err != nil {
			t.Fatal(err)
		}
		// Anything pressed there is answered in a modal.
		if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "Again"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.fake.Modal(t.Context(), slackfake.Admin, nil); err != nil {
			t.Fatal(err)
		}
		// Or in a message, when that is too late.
		s.fake.Fail("views.open", slackfake.Refused("expired_trigger_id"))
		if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "Again"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nothing was written to the one who asked", func() bool { return len(s.fake.Messages(slackfake.Direct(slackfake.Admin))) > 0 })
	})
}

// TestLateReplyFromTheHome is a post like any other to the workspace, and goes
// without a picture that Slack cannot fetch.
func TestLateReplyFromTheHome(t *testing.T) {
	s := open(t, env(quiet))
	s.client.Posts = wire.NewPostLimiter(2, time.Now().Add(-wire.StartDelay))
	s.listen(t, &handler{reply: func(r chat.Request) chat.Message {
		m := echo(r)
		if !strings.HasSuffix(r.Line, "home") {
			m.Picture = chat.Picture{URL: "https://gone.example/a.png", Alt: "A cup"}
		}
		m.Blocks = append(m.Blocks, chat.Buttons{{Label: "More", Line: "/digest latest"}})
		return m
	}})
	if _, err := s.fake.OpenHome(t.Context(), slackfake.Admin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.fake.Home(t.Context(), slackfake.Admin, nil); err != nil {
		t.Fatal(err)
	}
	s.fake.Fail("views.open", slackfake.Refused("expired_trigger_id"))
	s.fake.Fail("chat.postMessage", noPicture)
	if _, err := s.fake.PressIn(t.Context(), slackfake.Admin, "home", "More"); err != nil {
		t.Fatal(err)
	}
	in := slackfake.Direct(slackfake.Admin)
	eventually(t, "nothing was written to the one who asked", func() bool { return len(s.fake.Messages(in)) > 0 })
	m := s.fake.Messages(in)[0]
	if got := payloadtest.SmallPrints(m.JSON()); len(got) != 1 || got[0] != "<https://gone.example/a.png|A cup>" || len(m.Metadata) != 0 || strings.Contains(string(m.Blocks), blockMark) {
		t.Errorf("got %s, want a link to the picture and no key", m.JSON())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := s.client.Posts.Take(ended); err == nil {
		t.Error("the posts hold no permits")
	}
}

// TestHomeFailsSoftly and is shown the next time.
func TestHomeFailsSoftly(t *testing.T) {
	var l log
	s := open(t, env(l.logger()))
	s.listen(t, &handler{reply: echo})
	s.fake.Fail("views.publish", slackfake.Refused("not_enabled"))
	for range 2 {
		if _, err := s.fake.OpenHome(t.Context(), slackfake.Reader); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.fake.Home(t.Context(), slackfake.Reader, nil); err != nil {
		t.Fatal(err)
	}
	// Either of the two may be the one that failed, and be the later to say so.
	eventually(t, "the log does not say it", func() bool { return strings.Contains(l.String(), "App Home could not be shown") })
}

// eventually waits until something is so; if it never is, the test has failed.
func eventually(t *testing.T, failure string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(failure)
		}
	}
}

func TestDirect(t *testing.T) {
	s := open(t, env(quiet))
	to := s.Direct(slackfake.Reader)
	if err := CheckChannel(to.ID); err == nil {
		t.Error("config.toml takes the conversation with a person for a channel")
	}
	p := chat.Payload(payloadOfTest)
	r, err := s.Send(t.Context(), to, p, "thekeyofthispart")
	if err != nil || r.Channel != to {
		t.Fatalf("got %+v %v", r, err)
	}
	found, err := s.Find(t.Context(), to, "thekeyofthispart", time.Now().Add(-time.Minute))
	if err != nil || found.ID != r.ID || !strings.Contains(found.URL, "/archives/"+slackfake.Direct(slackfake.Reader)+"/") {
		t.Errorf("found %+v %v", found, err)
	}
	if err := s.Edit(t.Context(), r, p, "thekeyofthispart"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), r); err != nil {
		t.Error(err)
	}
	if n := s.fake.Calls("conversations.open"); n != 1 {
		t.Errorf("conversations.open was called %d times", n)
	}
	if got := s.fake.Messages(slackfake.Direct(slackfake.Reader)); len(got) != 0 {
		t.Errorf("%d messages stand there", len(got))
	}
}

func TestDirectFails(t *testing.T) {
	for name, tt := range map[string]struct {
		fault slackfake.Fault
		want  chat.Outcome
	}{
		"no such user":  {slackfake.Refused("user_not_found"), chat.RejectedChannel},
		"not visible":   {slackfake.Refused("user_not_visible"), chat.RejectedChannel},
		"disabled":      {slackfake.Refused("user_disabled"), chat.RejectedChannel},
		"a bot":         {slackfake.Refused("cannot_dm_bot"), chat.RejectedChannel},
		"no scope":      {slackfake.Refused("missing_scope"), chat.RejectedChannel},
		"no account":    {slackfake.NoAccount, chat.RejectedAccount},
		"server error":  {slackfake.ServerError, chat.Retryable},
		"answer lost":   {slackfake.AnswerLost, chat.Retryable},
		"garbled":       {slackfake.Garbled, chat.Retryable},
		"unknown error": {slackfake.Refused("never_heard_of"), chat.Retryable},
		"no channel":    {slackfake.Fault{Status: 200, Body: `{"ok":true}`}, chat.Retryable},
		"limited":       {slackfake.Limited("7"), chat.Retryable},
	} {
		s := open(t, env(quiet))
		s.fake.Fail("conversations.open", tt.fault)
		_, err := s.Send(t.Context(), s.Direct(slackfake.Reader), chat.Payload(payloadOfTest), "k")
		if got := chat.OutcomeOf(err); got != tt.want {
			t.Errorf("%s: got %v (%v), want %v", name, got, err, tt.want)
		}
		if e, _ := errors.AsType[*chat.SendError](err); name == "limited" && e.RetryAfter != 7*time.Second {
			t.Errorf("limited: wait %v", e.RetryAfter)
		}
		if n := s.fake.Calls("chat.postMessage"); n != 0 {
			t.Errorf("%s: it was posted all the same", name)
		}
	}
}
