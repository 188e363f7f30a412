package compose

import (
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
)

// Messages to admins name channels so that a platform can write their names.
func TestAnswersNameChannels(t *testing.T) {
	c := chat.Channel{Adapter: "slack", ID: "C0GENERAL1"}
	d := &digest.Digest{Card: digest.Card{ID: "d", Title: "The digest"}}
	at, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	s := Served{Name: "morning", Ref: "morning", Channel: c, Schedule: at}
	for name, m := range map[string]chat.Message{
		"status":        Status([]Served{s}, []Waiting{{Key: "k", Title: "d", Channel: c, State: "held"}}, []Deed{{By: "Ada", Channel: c, Line: "/digest pause"}}, nil, nil, "en"),
		"subscriptions": Subscriptions([]Served{s}, "zh"), "home": Home([]Served{s}, d, "en"), "why": WhyOf(s, Why{}, "en"), "nobody serves it": Unserved(c, true, "en"),
		"never posted": Resend(digest.Keep(d), c, Posted{}, "", "", nil, nil, "en"), "posted": Resend(digest.Keep(d), c, Posted{At: time.Now()}, "", "", nil, nil, "zh-Hant"),
		"held": Resend(digest.Keep(d), c, Posted{}, "held", "a reason", nil, nil, "en"), "edited": Resent("edit", 0, c, digest.Keep(d), "en"), "missing": Resent("missing", 2, c, digest.Keep(d), "zh"),
		"preview": Preview(chat.Message{}, c, "en"), "made": Subscribed(s, true, []string{"noon"}, "en"), "there is one": SubscribedAlready(c, []Served{s}, "zh"), "settings": Settings(s, nil, "en"), "would go": Unsubscribe(s, "/digest", "zh"),
		"paused": Paused(c, "Ada", true, "en"), "paused already": Paused(c, "Ada", false, "en"), "resumed": Resumed(c, "zh"), "resume first": PausedChannel(c, "Ada", "en"),
		"released": Decided("d", c, true, "en"), "forgotten": Decided("d", c, false, "en"),
	} {
		named := 0
		for _, text := range textsOf(m) {
			for _, span := range text {
				switch {
				case span.Place && span.Text == c.String():
					named++
				case strings.Contains(span.Text, c.ID):
					t.Errorf("%s: %q has the channel as mere text", name, span.Text)
				}
			}
		}
		if named == 0 {
			t.Errorf("%s names no channel", name)
		}
	}
}

// textsOf returns the texts of a message that have spans.
func textsOf(m chat.Message) []chat.Text {
	all := []chat.Text{m.Note}
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case chat.Paragraph:
			all = append(all, b.Text)
		case chat.Notice:
			all = append(all, b.Text)
		case chat.List:
			all = append(all, b.Items...)
		}
	}
	return all
}

// The reason why a day has no slot differs before its slot and on a day without any.
func TestDayWithoutSlot(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at, err := schedule.Parse("30 8 * * *", zone)
	if err != nil {
		t.Fatal(err)
	}
	s := Served{Zone: zone, Schedule: at, Next: time.Date(2026, 1, 22, 0, 30, 0, 0, time.UTC)}
	for day, want := range map[int]string{
		21: "No slot opened on this day. The next one opens 22 January 2026, 08:30 UTC+8.",
		22: "No slot has opened on this day yet. The next one opens 22 January 2026, 08:30 UTC+8.",
	} {
		var said []string
		for _, text := range textsOf(WhyOf(s, Why{Day: time.Date(2026, 1, day, 0, 0, 0, 0, zone)}, "en")) {
			said = append(said, text.String())
		}
		if got := strings.Join(said, "|"); !strings.Contains(got, want) {
			t.Errorf("on day %d: %q, want %q", day, got, want)
		}
	}
}

// A command in a terminal fails if an answer is a refusal, but not if the answer asks first
// or found nothing.
func TestRefused(t *testing.T) {
	daily, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	c := chat.Channel{Adapter: "p", ID: "general"}
	s := Served{Name: "made", Ref: "made", Channel: c, Zone: time.UTC, Schedule: daily}
	for _, lang := range []string{"en", "zh-Hans"} {
		for name, m := range map[string]chat.Message{
			"no verb": NoVerb(&chat.ParseError{Verb: "@everyone"}, []Instead{{"a", "/digest help"}}, lang), "admins": AdminsOnly(lang), "failed": Failed(lang),
			"too much": TooMuch(&chat.ParseError{Verb: "tag", Extra: "x"}, lang), "lacking": Lacking(&chat.ParseError{Verb: "tag", Missing: "tag"}, chat.Select{}, lang),
			"not here": NotHere("x", nil, lang), "taken": Taken("x", lang), "wrong": WrongSettings([]Wrong{{Setting: "style"}}, lang), "fixed": ReadOnly("x", lang),
			"several": WhichSubscription(nil, lang), "none to change": Unserved(c, false, lang), "none to resume": NotPaused(c, false, lang), "there is one": SubscribedAlready(c, []Served{s}, lang),
			"paused": PausedChannel(c, "Ada", lang), "cannot": CannotBeDone("x", lang), "no digest": NoDigest("x", nil, lang), "no day": NoDay("x", nil, lang),
			"cannot follow": CannotFollow(lang), "cannot follow there": CannotFollowAtTerminal(lang), "enough followed": FollowsAlready("x", false, lang), "not followed": NotFollowed("x", nil, lang), "secret": Secret(lang),
		} {
			if !Refused(m) {
				t.Errorf("%s in %s refuses nothing: %+v", name, lang, m)
			}
		}
		for name, m := range map[string]chat.Message{
			"found nothing": NothingFound("x", nil, nil, lang), "no tag": NoTag("x", true, nil, nil, lang), "no host": NoHost("x", nil, nil, lang), "no day": NothingOn(time.Now(), nil, lang),
			"empty": NoDigests(lang), "asks": Unsubscribe(s, "/digest unsubscribe made confirm=x", lang), "paused now": Paused(c, "Ada", true, lang), "paused before": Paused(c, "Ada", false, lang), "resumed before": NotPaused(c, true, lang),
			"made": Subscribed(s, true, nil, lang), "why": Unserved(c, true, lang), "paused why": WhyOf(Served{Name: "x", Channel: c, Zone: time.UTC, Schedule: daily, Paused: "Ada"}, Why{}, lang),
			"followed": FollowsAlready("x", true, lang), "none": {},
		} {
			if Refused(m) {
				t.Errorf("%s in %s refuses: %+v", name, lang, m)
			}
		}
	}
}
