package command

import (
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dates"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// A digest of a future day is never the newest before that day begins on the clock of the
// channel, else of the first subscription in config.toml; a request by its name or day
// finds it.
func TestNewestHasCome(t *testing.T) {
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	// These two always have different days.
	west, east := zone("Etc/GMT+12"), zone("Pacific/Kiritimati")
	news := func(id string, day time.Time) *digest.Digest {
		return &digest.Digest{
			Card:     digest.Card{ID: id, Title: id + " @everyone <!channel>", Date: dates.Midnight(day), Categories: []string{"tech"}, Language: "en"},
			Stories:  []digest.Story{{Headline: "story of " + id}},
			Sections: []digest.Section{{Title: "Why", Text: digest.Text{{Text: "because of " + id}}}},
		}
	}
	now := time.Now()
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		news("old", now.In(west).AddDate(0, 0, -9)), news("western", now.In(west)), news("eastern", now.In(east)), news("far", now.AddDate(1, 0, 0)),
		{Card: digest.Card{ID: "later", Title: "later", Date: dates.Midnight(now.AddDate(2, 0, 0)), Categories: []string{"sports"}}},
	}))
	for _, c := range []struct {
		serves, config *time.Location
		want, miss     string
	}{
		{west, nil, "western", "eastern"},
		{east, nil, "eastern", "western"},
		{nil, west, "western", "eastern"},
		{nil, east, "eastern", "western"},
		{west, east, "western", "eastern"},
	} {
		r := newRoom(t)
		r.Library = func() *digest.Library { return library }
		r.Serving = func(chat.Channel) (subscription.Subscription, bool) {
			return subscription.Subscription{Name: "s", Zone: c.serves}, c.serves != nil
		}
		if c.config != nil {
			r.Dispatch.Subscriptions.Configured = []subscription.Subscription{{Name: "first", Zone: c.config}}
		}
		for _, line := range []string{
			"/digest latest", "/digest latest tech", "/digest today", "/digest details", "/digest home", "/digest preview", "/digest resend",
		} {
			got := words(r.ask("1", general, admin, line))
			if !strings.Contains(got, c.want) || strings.Contains(got, c.miss) || strings.Contains(got, "far") {
				t.Errorf("serves %v, config %v: %s is answered\n%q, want %s and not %s", c.serves, c.config, line, got, c.want, c.miss)
			}
		}
		for line, want := range map[string]string{
			"/digest latest sports": "There are no digests yet",
			"/digest story far":     "story of far",
			"/digest date " + dates.Midnight(now.AddDate(1, 0, 0)).Format(time.DateOnly): "story of far",
		} {
			if got := words(r.ask("1", general, admin, line)); !strings.Contains(got, want) {
				t.Errorf("%s is answered %q, want %q", line, got, want)
			}
		}
	}
}

// For a day without news the answer has the digest's words, but not if there is also news.
func TestQuietDay(t *testing.T) {
	day := time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC)
	quiet := func(id string) *digest.Digest {
		return &digest.Digest{Card: digest.Card{ID: id, Title: id, Date: day, Language: "en"}, Lead: digest.Text{{Text: "Nothing important, says " + id + " @everyone."}}}
	}
	news := &digest.Digest{Card: digest.Card{ID: "news", Title: "news", Date: day, Language: "en"}, Stories: []digest.Story{{Headline: "It happened"}}}
	for _, c := range []struct {
		digests    []*digest.Digest
		line       string
		want, miss string
	}{
		{[]*digest.Digest{quiet("a")}, "/digest latest", "Nothing important, says a", ""},
		{[]*digest.Digest{quiet("a")}, "/digest home", "Nothing important, says a", ""},
		{[]*digest.Digest{quiet("a"), quiet("b")}, "/digest date 2026-01-20", "Nothing important, says a", "says b"},
		{[]*digest.Digest{quiet("a"), news, quiet("b")}, "/digest date 2026-01-20", "It happened", "Nothing important"},
	} {
		r := newRoom(t)
		library := digest.Rules{}.NewLibrary(digest.KeepAll(c.digests))
		r.Library = func() *digest.Library { return library }
		r.Serving = func(chat.Channel) (subscription.Subscription, bool) { return subscription.Subscription{}, false }
		if got := words(r.ask("1", general, reader, c.line)); !strings.Contains(got, c.want) || c.miss != "" && strings.Contains(got, c.miss) {
			t.Errorf("%s is answered\n%q, want %q and not %q", c.line, got, c.want, c.miss)
		}
	}
}
