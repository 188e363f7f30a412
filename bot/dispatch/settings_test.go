package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// recorder is a platform that does everything that a subscription can ask for. It writes
// down what it is asked to do, and when.
type recorder struct {
	platform
	lines []string
}

// Render makes one part of everything but the blocks, and one of each block.
func (r *recorder) Render(m chat.Message) ([]chat.Payload, error) {
	blocks := m.Blocks
	m.Blocks = nil
	parts := []chat.Payload{fmt.Appendf(nil, "%+v", m)}
	for _, b := range blocks {
		parts = append(parts, fmt.Appendf(nil, "%T %+v", b, b))
	}
	return parts, nil
}

func (r *recorder) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	place := "channel"
	if to.Thread != "" {
		place = "thread"
	}
	r.record("%s: %s", place, p)
	return r.platform.Send(ctx, to, p, key)
}

func (r *recorder) Edit(_ context.Context, _ chat.Receipt, p chat.Payload, _ chat.Key) error {
	r.record("edit: %s", p)
	return nil
}

func (r *recorder) Remove(context.Context, chat.Receipt) error {
	r.record("remove")
	return nil
}

func (r *recorder) Publish(context.Context, chat.Receipt) error {
	r.record("publish")
	return nil
}

func (r *recorder) record(format string, args ...any) {
	r.lines = append(r.lines, time.Now().UTC().Format("2 15:04 ")+fmt.Sprintf(format, args...))
}

// Every setting of a subscription has an effect on what is posted: a value other than the
// default makes a channel look different after five days. A new setting needs a value here
// and, if the days do not show its effect, something to happen in them.
func TestSettingsHaveAnEffect(t *testing.T) {
	type spec = subscription.Spec
	other := map[string]struct{ also, set spec }{
		"zone":           {set: spec{"zone": "Asia/Shanghai"}},
		"schedule":       {set: spec{"schedule": "weekdays 8:30"}},
		"skip":           {set: spec{"skip": []string{"2000-01-02"}}},
		"extra":          {also: spec{"schedule": "weekdays 8:30"}, set: spec{"extra": []string{"2000-01-02"}}},
		"categories":     {set: spec{"categories": []string{"tech"}}},
		"tags":           {set: spec{"tags": []string{"AI"}}},
		"without":        {set: spec{"without": []string{"AI"}}},
		"languages":      {set: spec{"languages": []string{"zh"}}},
		"paths":          {set: spec{"paths": []string{"posts/ai/**"}}},
		"libraries":      {set: spec{"libraries": []string{"news"}}},
		"wait":           {set: spec{"wait": "30m"}},
		"max_age":        {set: spec{"max_age": "5h"}},
		"on_empty":       {set: spec{"on_empty": "notice"}},
		"start":          {set: spec{"start": "next"}},
		"style":          {set: spec{"style": "headlines"}},
		"stories_shown":  {set: spec{"stories_shown": 2}},
		"details":        {set: spec{"details": "thread"}},
		"picture":        {set: spec{"picture": true}},
		"bundle":         {set: spec{"bundle": false}},
		"max_parts":      {set: spec{"max_parts": 3}},
		"repeats":        {set: spec{"repeats": "hide"}},
		"repeats_within": {also: spec{"repeats": "mark"}, set: spec{"repeats_within": "24h"}},
		"corrections":    {set: spec{"corrections": "0h"}},
		"publish":        {set: spec{"publish": true}},
		"language":       {set: spec{"language": "zh"}},
	}
	usual := fiveDays(t, nil)
	if again := fiveDays(t, nil); again != usual {
		t.Fatal("the same days are never the same: the test does not bite")
	}
	for _, of := range subscription.Settings {
		t.Run(of.Name, func(t *testing.T) {
			x, ok := other[of.Name]
			if !ok || len(x.set) != 1 || x.set[of.Name] == nil {
				t.Fatal("no value of the setting is here whose effect is seen: add one")
			}
			without := usual
			if x.also != nil {
				without = fiveDays(t, x.also)
			}
			for name, value := range x.also {
				x.set[name] = value
			}
			if with := fiveDays(t, x.set); with == without {
				t.Errorf("%v has no effect; with and without it, this was posted:\n%s", x.set, with)
			}
		})
	}
}

// fiveDays returns what a subscription posts in the first five days of 2000, the first of
// which is a Saturday: a digest that is there at the beginning, two of the 2nd, a late one
// of the 3rd, which repeats a story and is corrected later, and none of the 4th.
func fiveDays(t *testing.T, spec subscription.Spec) (posted string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, problems := spec.Subscription(subscription.Names{Libraries: []string{"news", "notes"}})
		if len(problems) > 0 {
			t.Fatalf("%v: %+v", spec, problems)
		}
		s.Name, s.Channels = "morning", []chat.Channel{general}
		r := &recorder{platform: platform{caps: chat.Capabilities{DedupWindow: time.Hour, Threads: true}}}
		first := paper("posts/ai/first", 1, 6)
		first.Categories, first.Tags, first.Origin = []string{"tech"}, []string{"AI"}, &digest.Origin{Name: "news"}
		first.Image = digest.Image{URL: "https://example.org/first.png", Alt: "a chart"}
		first.Stories[0].Sources = []digest.Source{{URL: "https://example.org/again"}}
		first.Sections = []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: "Why @everyone cares."}}}}
		b := benchOf(t, r, &r.platform, first)
		b.Subscriptions.Configured = []subscription.Subscription{s}
		b.until(at(1, 12, 0))

		second := paper("posts/second", 2, 2)
		second.Language, second.Tags = "zh-Hans", []string{"databases"}
		b.add(second, paper("posts/third", 2, 1))
		b.until(at(3, 9, 15))

		late := paper("posts/late", 3, 2)
		late.Stories[0].Sources = first.Stories[0].Sources
		b.add(late)
		b.until(at(3, 20, 0))

		corrected := paper("posts/late", 3, 2)
		corrected.Stories = append([]digest.Story{late.Stories[0]}, digest.Story{Headline: "late2, corrected"})
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{first, second, corrected}))
		b.until(at(6, 0, 0))
		posted = strings.Join(r.lines, "\n")
	})
	return posted
}
