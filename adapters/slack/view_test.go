package slack

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters/slack/internal/payloadtest"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
	"github.com/digestbot/digestbot/bot/chat"
)

// replyTo returns the reply to an act.
func replyTo(t *testing.T) func(act *slackfake.Act, err error) slackfake.Message {
	return func(act *slackfake.Act, err error) slackfake.Message {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return reply(t, act)
	}
}

// TestPagesTurnInPlace: a page replaces the private message of its button,
// and no other.
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
		// Under a public message, a page is only for the person who turned it.
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

// TestConfirmationFromAForgedButton: it reaches the handler without additional rights.
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

// TestMenus: a menu gives the line of the selected choice.
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

// eventually waits until a condition is true; if it never is, the test fails.
func eventually(t *testing.T, failure string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(failure)
		}
	}
}
