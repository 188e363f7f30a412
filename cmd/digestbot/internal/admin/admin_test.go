package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// newSessions returns the sessions of a token.
func newSessions(token string, kept Sessions) sessions { return sessions{chat.NewSecret(token), kept} }

// A session ends twelve hours after it began, and two hours after its last request; its ID
// is unique, and its forms have a word of their own.
func TestSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, kept := t.Context(), &inMemory{by: map[string]*visits{}}
		s := newSessions("planted-admin-token", kept)
		begin := func() string {
			id, err := s.begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		find := func(s sessions, id string) *session {
			x, err := s.find(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		first, second := begin(), begin()
		a, b := find(s, first), find(s, second)
		if a == nil || b == nil || a.word == b.word || len(a.word) < 20 || find(s, "") != nil || find(s, a.word) != nil || find(s, a.key) != nil {
			t.Fatalf("sessions %+v and %+v", a, b)
		}
		if find(newSessions("planted-other-token", kept), first) != nil {
			t.Error("a session outlives its token")
		}
		time.Sleep(sessionIdle)
		if find(s, second) != nil {
			t.Error("a session outlives a pause")
		}
		third, began := begin(), time.Now()
		for time.Since(began) < sessionLife-time.Hour {
			if time.Sleep(time.Hour); find(s, third) == nil {
				t.Errorf("who comes each hour is out after %s", time.Since(began))
			}
		}
		if time.Sleep(time.Hour); find(s, third) != nil {
			t.Error("a session outlives its life")
		}
		fourth := begin()
		if len(kept.by) != 1 {
			t.Errorf("%d sessions are kept, want the one that is not over", len(kept.by))
		}
		x := find(s, fourth)
		if err := s.end(ctx, x); err != nil || find(s, fourth) != nil {
			t.Errorf("who signed out is in, %v", err)
		}
		if err := s.say(ctx, x, note{Text: "too late"}); err != nil || find(s, fourth) != nil {
			t.Errorf("a note brings a session back, %v", err)
		}
	})
}

// A session begun by one process is valid in another that shares the stored sessions: its
// forms have the same word, and a note left by one is shown by the other, once.
func TestTwoProcessesOverTheSameSessions(t *testing.T) {
	kept := &inMemory{by: map[string]*visits{}}
	a, b := newSessions("planted-admin-token", kept), newSessions("planted-admin-token", kept)
	id, err := a.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	find := func(s sessions) *session {
		x, err := s.find(t.Context(), id)
		if err != nil || x == nil {
			t.Fatalf("the session is %v, %v", x, err)
		}
		return x
	}
	x := find(a)
	if find(b).word != x.word {
		t.Error("the forms of the two have different words")
	}
	want := note{Text: "Done.", Failed: true}
	if err := a.say(t.Context(), x, want); err != nil {
		t.Fatal(err)
	}
	for _, want := range []note{want, {}} {
		if got, err := b.heard(t.Context(), find(b)); err != nil || got != want {
			t.Errorf("the note is %+v, %v; want %+v", got, err, want)
		}
	}
}

// A form is accepted only with the session's word.
func TestFormsHaveTheSessionsWord(t *testing.T) {
	x := &session{word: "the word of this session"}
	for word, want := range map[string]bool{x.word: true, "": false, "another": false, x.word + " ": false} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(url.Values{"word": {word}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if x.sent(r) != want {
			t.Errorf("a form with %q counts: %t, want %t", word, !want, want)
		}
		r = httptest.NewRequest(http.MethodPost, "/?"+url.Values{"word": {word}}.Encode(), nil)
		if x.sent(r) {
			t.Errorf("the word %q counts in an address", word)
		}
	}
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "it has no token": "It has no token.", "no!": "No!", "config.toml has no adapter": "config.toml has no adapter.",
		"discord:12 is gone": "discord:12 is gone.", "“x” has no stories": "“x” has no stories.", "max_age is over.": "max_age is over.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := code("write `<b>` & \"x\""), "write <code>&lt;b&gt;</code> &amp; &#34;x&#34;"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for n, want := range map[int]string{0: "0 deliveries", 1: "1 delivery", 1200: "1,200 deliveries"} {
		if got := count(n, "delivery"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Times near today are shown relative to today, in the given zone.
func TestMoments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight of 1 January 2000 in UTC
		east := time.FixedZone("", 8*3600)
		for _, c := range []struct {
			in   time.Duration
			zone *time.Location
			want string
		}{
			{0, time.UTC, "today, 00:00 UTC"},
			{17 * time.Hour, time.UTC, "today, 17:00 UTC"},
			{17 * time.Hour, east, "tomorrow, 01:00 UTC+8"},
			{-time.Hour, time.UTC, "yesterday, 23:00 UTC"},
			{-time.Hour, east, "today, 07:00 UTC+8"},
			{-48 * time.Hour, time.UTC, "30 December 1999, 00:00 UTC"},
			{0, nil, "today, 00:00 UTC"},
		} {
			if got := (moment{time.Now().Add(c.in), c.zone}).Text(); got != c.want {
				t.Errorf("in %s: %q, want %q", c.in, got, c.want)
			}
		}
	})
}
