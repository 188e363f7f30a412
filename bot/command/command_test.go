package command

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/digest"
)

var general = chat.Channel{Adapter: "web", ID: "general"}

// room is a desk and what it writes down.
type room struct {
	*Desk
	t   *testing.T
	log strings.Builder
}

func newRoom(t *testing.T) *room {
	l, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	library := digest.NewLibrary([]*digest.Digest{
		{ID: "2026-01-21-tech", Title: "今天", Date: time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC), Tags: []string{"AI", "Cloud Native"}, Categories: []string{"tech"},
			Stories: []digest.Story{{Headline: "头条", Sources: []digest.Source{{URL: "https://example.org/1"}}}}},
		{ID: "2026-01-20-tech", Title: "昨天", Date: time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC), Tags: []string{"ai"}, Categories: []string{"tech"}},
		{ID: "2026-01-22-sports", Title: "sports", Date: time.Date(2026, 1, 22, 0, 0, 0, 0, time.UTC), Tags: []string{"agentic-ai"}, Categories: []string{"sports"}},
	})
	r := &room{t: t}
	r.Desk = &Desk{
		Library: func() *digest.Library { return library }, Ledger: l,
		Serving: func(c chat.Channel) (dispatch.Subscription, bool) {
			return dispatch.Subscription{Name: "morning", Match: dispatch.Match{Categories: []string{"tech"}}, Look: compose.Look{Style: "compact", Language: "en"}}, c == general
		},
		Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	return r
}

var (
	reader = chat.User{ID: "u1", Name: "Ada"}
	admin  = chat.User{ID: "u2", Name: "Grace", Admin: true}
)

// says gives a line and returns all words of the reply.
func (r *room) says(u chat.User, line string) string {
	r.t.Helper()
	return words(r.Handle(context.Background(), chat.Request{ID: "r1", Channel: general, User: u, Line: line}))
}

func words(m chat.Message) string {
	out := []string{m.Title, m.Footer}
	for _, b := range m.Blocks {
		switch x := b.(type) {
		case chat.Paragraph:
			out = append(out, x.Title, x.Text.String())
		case chat.Story:
			out = append(out, x.Headline, x.Summary.String())
		case chat.List:
			out = append(out, x.Title)
			for _, item := range x.Items {
				out = append(out, item.String())
			}
		case chat.Notice:
			out = append(out, x.Text.String())
		case chat.Buttons:
			for _, button := range x {
				out = append(out, button.Line)
			}
		}
	}
	return strings.Join(out, "|")
}

func TestVerbs(t *testing.T) {
	r := newRoom(t)
	for _, c := range []struct {
		user       chat.User
		line       string
		want, miss string
	}{
		{reader, "/digest latest", "今天", "sports"}, // what this channel's subscription matches
		{reader, "/digest tag ai", "AI: 3 digests", "None has"},
		{reader, "/digest tag ai", "2 with exactly this tag, then 1 with related ones:|/digest tag agentic-ai", ""},
		{reader, "/digest tag ＡＩ", "昨天", ""},
		{reader, "/digest tag cloud-native", "头条", "昨天"},
		{reader, "/digest tag agentic", "agentic: one digest", "Did you mean"},
		{reader, "/digest tag agent", "/digest tag agentic-ai", "one digest"},
		{reader, "/digest tag @everyone", "No digest has the tag “@everyone”.", "Did you mean"},
		{reader, "/digest tag", "/digest tag needs TAG.", ""},
		{reader, "/digest tags", "AI 2", ""},
		{reader, "/digest help", "/digest resend [DIGEST]", ""},
		{reader, "/digest", "/digest tag TAG", ""},
		{reader, "/digest lastest", "I do not know “lastest”.", ""},
		{reader, "/digest resend", "Only admins may do that.", ""},
		{admin, "/digest resend nonsense", "There is no digest “nonsense”.", ""},
	} {
		got := r.says(c.user, c.line)
		if !strings.Contains(got, c.want) || c.miss != "" && strings.Contains(got, c.miss) {
			t.Errorf("%s: %q, want %q in it and not %q", c.line, got, c.want, c.miss)
		}
	}
}

func TestResendIsPlannedOnceForARequestAndOnlyHere(t *testing.T) {
	r := newRoom(t)
	if got := r.says(admin, "/digest resend 2026-01-20-tech"); !strings.Contains(got, "昨天") {
		t.Errorf("reply %q", got)
	}
	if got := r.says(admin, "/digest resend 2026-01-20-tech"); !strings.Contains(got, "asked already") {
		t.Errorf("the same request once more is answered %q", got)
	}
	list, err := r.Ledger.List(t.Context(), ledger.Query{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d deliveries, %v, want one", len(list), err)
	}
	x := list[0]
	if x.Channel != general || x.By != "Grace" || x.Cause != ledger.ForResend || x.Style != "compact" || x.Digest != "2026-01-20-tech" {
		t.Errorf("planned %+v", x)
	}
}

func TestRefusedCommandsPlanNothing(t *testing.T) {
	r := newRoom(t)
	r.says(reader, "/digest resend")
	if list, err := r.Ledger.List(t.Context(), ledger.Query{}); err != nil || len(list) != 0 {
		t.Errorf("%d deliveries, %v, want none", len(list), err)
	}
}

// brokenLedger fails with a cause that is for operators only.
type brokenLedger struct{ ledger.Ledger }

func (brokenLedger) Plan(context.Context, ...ledger.Delivery) ([]chat.Key, error) {
	return nil, errors.New("disk is full")
}

func TestFailuresAreWordedForReadersAndLoggedForOperators(t *testing.T) {
	r := newRoom(t)
	r.Ledger = brokenLedger{}
	if got := r.says(admin, "/digest resend"); !strings.Contains(got, "Sorry") || strings.Contains(got, "disk") {
		t.Errorf("reply %q", got)
	}
	if !strings.Contains(r.log.String(), "disk is full") || !strings.Contains(r.log.String(), "user=u2") {
		t.Errorf("log %q, want the cause and who asked", r.log.String())
	}
	r.log.Reset()
	r.Ledger = nil // a nil interface panics
	if got := r.says(admin, "/digest resend"); !strings.Contains(got, "Sorry") {
		t.Errorf("reply %q", got)
	}
	if !strings.Contains(r.log.String(), "stack=") {
		t.Errorf("log %q, want a stack", r.log.String())
	}
}

func TestSuggestions(t *testing.T) {
	r := newRoom(t)
	for _, c := range []struct {
		user       chat.User
		line, want string
	}{
		{reader, "", "latest details tag tags help"},
		{reader, "/dig", "latest details tag tags help"},
		{admin, "/digest ", "latest details tag tags help resend"},
		{reader, "/digest ta", "tag tags"},
		{reader, "/digest tag ", "AI agentic-ai Cloud Native"},
		{reader, "/digest tag a", "AI agentic-ai Cloud Native"},
		{reader, "/digest tag Ai", "AI agentic-ai"},
		{reader, `/digest tag "cloud n`, "Cloud Native"},
		{reader, "/digest tag zzz", ""},
		{reader, "/digest resend 2026", ""},
		{admin, "/digest resend sports", "2026-01-22-sports"},
		{reader, "/digest unknown x", ""},
	} {
		var got []string
		for _, choice := range r.Suggest(t.Context(), chat.Request{Channel: general, User: c.user, Line: c.line}) {
			got = append(got, choice.Value)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q suggests %q, want %q", c.line, strings.Join(got, " "), c.want)
		}
	}
	choice := r.Suggest(t.Context(), chat.Request{Channel: general, Line: "/digest tag cloud"})[0]
	if got, want := choice.Line, `/digest tag "Cloud Native"`; got != want {
		t.Errorf("the line becomes %q, want %q", got, want)
	}
}

func TestSuggestionsAreNoMoreThanAPlatformTakes(t *testing.T) {
	r := newRoom(t)
	d := &digest.Digest{ID: "many"}
	for i := range 100 {
		d.Tags = append(d.Tags, "tag"+strings.Repeat("x", i))
	}
	r.Library = func() *digest.Library { return digest.NewLibrary([]*digest.Digest{d}) }
	if got := len(r.Suggest(t.Context(), chat.Request{Line: "/digest tag t"})); got != suggestions {
		t.Errorf("%d suggestions, want %d", got, suggestions)
	}
}

func TestAnswersAreInTheReadersLanguage(t *testing.T) {
	r := newRoom(t)
	m := r.Handle(t.Context(), chat.Request{Channel: general, Line: "/digest help", Locale: "zh-CN"})
	if m.Title != "可以这样问" {
		t.Errorf("title %q", m.Title)
	}
	m = r.Handle(t.Context(), chat.Request{Channel: chat.Channel{Adapter: "web", ID: "x"}, Line: "/digest help"})
	if m.Title != "What you can ask" {
		t.Errorf("title %q", m.Title)
	}
}
