package admin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A session ends twelve hours after it began, and two after its last request; its id is
// nobody else's, and its forms have a word of their own.
func TestSessionsEnd(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	s := sessions{by: map[hash]*session{}}
	first, second := s.begin(now), s.begin(now)
	a, b := s.find(first, now), s.find(second, now)
	if a == nil || b == nil || a == b || a.word == b.word || len(a.word) < 20 || s.find("", now) != nil || s.find(a.word, now) != nil {
		t.Fatalf("sessions %+v and %+v", a, b)
	}
	for at := time.Duration(0); at < sessionLife; at += time.Hour {
		if s.find(first, now.Add(at)) == nil {
			t.Errorf("who comes each hour is out after %s", at)
		}
	}
	if s.find(first, now.Add(sessionLife)) != nil {
		t.Error("a session outlives its life")
	}
	if s.find(second, now.Add(sessionIdle)) != nil {
		t.Error("a session outlives a pause")
	}
	third := s.begin(now.Add(sessionLife))
	if len(s.by) != 1 {
		t.Errorf("%d sessions are kept, want the one that is not over", len(s.by))
	}
	if s.end(s.find(third, now.Add(sessionLife))); s.find(third, now.Add(sessionLife)) != nil {
		t.Error("who signed out is in")
	}
}

// A form is the session's if it has the session's word.
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

// Times near today say so, on the clock that they are told by.
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
