package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// list: what was delivered where, and what a channel has.
func (s suite) list(t *testing.T) {
	t.Run("queries", func(t *testing.T) {
		l := s.open(t)
		one, two, three := delivery("one", team), delivery("two", general), delivery("two", team)
		two.Subscription, two.Slot = "evening", monday.Add(time.Hour)
		three.Skip("not wanted", monday)
		four := ledger.NewResend("one", "Morning", team, "request", "Ada", monday)
		five := delivery("five", general)
		five.Subscription, five.Slot, five.Planned = "", time.Time{}, monday.Add(2*time.Hour)
		five.Join(four.Key, monday)
		plan(t, l, one, two, three, four, five)
		if err := four.Freeze(payloads(1)); err != nil {
			t.Fatal(err)
		}
		four.Promise(monday)
		four.Posted(chat.Receipt{Channel: team, ID: "1"}, monday)
		save(t, l, &four)
		two.Refuse(ledger.Refusal{Scope: ledger.OfChannel, Since: monday}, "archived", monday.Add(time.Hour))
		save(t, l, &two)
		for _, tc := range []struct {
			name  string
			query ledger.Query
			want  []chat.Key
		}{
			{"everything", ledger.Query{}, []chat.Key{five.Key, four.Key, three.Key, two.Key, one.Key}},
			{"limit", ledger.Query{Limit: 2}, []chat.Key{five.Key, four.Key}},
			{"before", ledger.Query{Before: four.Key, Limit: 2}, []chat.Key{three.Key, two.Key}},
			{"before the first", ledger.Query{Before: one.Key}, nil},
			{"adapter", ledger.Query{Adapter: general.Adapter}, []chat.Key{five.Key, two.Key}},
			{"waiting on an adapter", ledger.Query{Adapter: team.Adapter, Waiting: true}, []chat.Key{one.Key}},
			{"an adapter that is nowhere", ledger.Query{Adapter: hostile}, nil},
			{"channel", ledger.Query{Channel: general}, []chat.Key{five.Key, two.Key}},
			{"the same id elsewhere", ledger.Query{Channel: chat.Channel{Adapter: "slack", ID: "general"}}, nil},
			{"digest", ledger.Query{Digest: "one"}, []chat.Key{four.Key, one.Key}},
			{"of a digest, alone or with another", ledger.Query{Of: []string{"one", "five", hostile}}, []chat.Key{five.Key, four.Key, one.Key}},
			{"of a digest that was posted with another", ledger.Query{Of: []string{"five"}, State: ledger.Sent}, []chat.Key{four.Key}},
			{"of what is nowhere", ledger.Query{Of: []string{hostile}}, nil},
			{"state", ledger.Query{State: ledger.Skipped}, []chat.Key{three.Key}},
			{"every state but one", ledger.Query{Except: ledger.Skipped}, []chat.Key{five.Key, four.Key, two.Key, one.Key}},
			{"planned from a time on", ledger.Query{From: monday.Add(time.Hour)}, []chat.Key{five.Key}},
			{"planned before a time", ledger.Query{To: monday.Add(time.Hour), Limit: 2}, []chat.Key{four.Key, three.Key}},
			{"planned between", ledger.Query{From: monday, To: monday}, nil},
			{"subscription", ledger.Query{Subscription: "morning"}, []chat.Key{three.Key, one.Key}},
			{"posted with another", ledger.Query{Bundle: four.Key}, []chat.Key{five.Key}},
			{"posted with none", ledger.Query{Bundle: one.Key}, nil},
			{"waiting", ledger.Query{Waiting: true}, []chat.Key{two.Key, one.Key}},
			{"paused", ledger.Query{Refused: true}, []chat.Key{two.Key}},
			{"since", ledger.Query{Since: monday}, []chat.Key{four.Key}},
			{"since later", ledger.Query{Since: monday.Add(1)}, nil},
			{"slot", ledger.Query{Slot: one.Slot}, []chat.Key{three.Key, one.Key}},
			{"slot in another zone", ledger.Query{Slot: two.Slot.In(time.FixedZone("", 8*3600))}, []chat.Key{two.Key}},
			{"all of it", ledger.Query{Channel: team, Digest: "two", State: ledger.Skipped, Subscription: "morning", Slot: three.Slot, Limit: 5}, []chat.Key{three.Key}},
			{"none of it", ledger.Query{Channel: team, Digest: "two", State: ledger.Sent}, nil},
			{"hostile", ledger.Query{Digest: hostile}, nil},
		} {
			got, err := l.List(t.Context(), tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(keys(got), tc.want) {
				t.Errorf("%s: got %q, want %q", tc.name, keys(got), tc.want)
			}
		}
	})

	t.Run("parts without payloads", func(t *testing.T) {
		l := s.open(t)
		want := delivery("2026-11-23", team)
		if err := want.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, want)
		want.Promise(monday)
		want.Posted(chat.Receipt{Channel: team, ID: "1"}, monday)
		save(t, l, &want)
		got, err := l.List(t.Context(), ledger.Query{})
		if err != nil || len(got) != 1 {
			t.Fatalf("got %d deliveries and error %v, want 1", len(got), err)
		}
		want.Parts = slices.Clone(want.Parts)
		for i := range want.Parts {
			want.Parts[i].Payload = nil
		}
		if diff := diff(got[0], want); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("each, page by page, while they change", func(t *testing.T) {
		l := s.open(t)
		planMany(t, l, 401)
		next := 400
		for d, err := range ledger.Each(t.Context(), l, ledger.Query{Waiting: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Digest != fmt.Sprint(next) {
				t.Fatalf("got %s, want %d", d.Digest, next)
			}
			next--
			d.Skip("seen", monday)
			save(t, l, &d)
		}
		if next != -1 {
			t.Errorf("it ended before %d", next)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range ledger.Each(ctx, l, ledger.Query{}) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want %v", err, context.Canceled)
			}
		}
	})

	t.Run("a hundred unless said otherwise", func(t *testing.T) {
		l := s.open(t)
		planMany(t, l, 101)
		for limit, want := range map[int]int{0: 100, 3: 3, 200: 101, -1: 101} {
			got, err := l.List(t.Context(), ledger.Query{Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != want || got[0].Digest != "100" {
				t.Errorf("limit %d: got %d from %q, want %d", limit, len(got), digests(got)[0], want)
			}
		}
	})

	t.Run("known", func(t *testing.T) {
		l := s.open(t)
		said := func(digest, text string) ledger.Said {
			return ledger.Said{Digest: digest, Day: "2026-11-23", Text: text, Headlines: []string{"a", hostile}}
		}
		frozen := func(d ledger.Delivery, said ...ledger.Said) ledger.Delivery {
			t.Helper()
			if err := d.Freeze(payloads(1)); err != nil {
				t.Fatal(err)
			}
			d.Said = said
			return d
		}
		skipped := delivery("skipped", team)
		skipped.Said = []ledger.Said{said("skipped", "then")}
		skipped.Skip("not wanted", monday)
		gone := delivery("gone", team)
		gone.Skip("gone", monday)
		lead := frozen(delivery("lead", team), said("lead", "of the lead"), said("with", "of the other"))
		with := delivery("with", team)
		with.Join(lead.Key, monday)
		open := delivery("open lead", team)
		openWith := delivery("open with", team)
		openWith.Join(open.Key, monday)
		plan(t, l, skipped, gone, lead, with, open, openWith, delivery("elsewhere", general),
			frozen(delivery("twice", team), said("twice", "first")),
			frozen(ledger.NewResend("twice", "", team, "1", "Ada", monday), said("twice", "second")),
			frozen(ledger.NewResend("noted by nobody", "", team, "2", "Ada", monday)))
		all := []string{"skipped", "gone", "lead", "with", "open lead", "open with", "elsewhere", "twice", "noted by nobody", "unknown", hostile}
		for _, tc := range []struct {
			channel chat.Channel
			ids     []string
			want    map[string]ledger.Known
		}{
			{team, all, map[string]ledger.Known{
				"skipped":         {Said: []ledger.Said{said("skipped", "then")}},
				"gone":            {},
				"lead":            {Said: []ledger.Said{said("lead", "of the lead")}},
				"with":            {Said: []ledger.Said{said("with", "of the other")}},
				"open lead":       {Open: true},
				"open with":       {Open: true},
				"twice":           {Said: []ledger.Said{said("twice", "second"), said("twice", "first")}},
				"noted by nobody": {Open: true},
			}},
			{team, []string{"gone", "elsewhere"}, map[string]ledger.Known{"gone": {}}},
			{team, nil, map[string]ledger.Known{}},
			{general, all, map[string]ledger.Known{"elsewhere": {Open: true}}},
			{chat.Channel{Adapter: "discord", ID: "general"}, all, map[string]ledger.Known{}},
		} {
			nowhere := chat.Channel{Adapter: hostile, ID: hostile}
			for _, in := range [][]chat.Channel{{tc.channel}, {nowhere, tc.channel}, {tc.channel, nowhere}} {
				got, err := l.Known(t.Context(), in, tc.ids...)
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range in {
					want := tc.want
					if c == nowhere {
						want = map[string]ledger.Known{}
					}
					if len(got) != len(in) || text(got[i]) != text(want) {
						t.Errorf("%s, of %q:\ngot  %s\nwant %s", c, tc.ids, text(got[i]), text(want))
					}
				}
			}
		}
	})
}

// planMany plans deliveries of the digests 0, 1, 2 and so on.
func planMany(t *testing.T, l ledger.Ledger, n int) {
	t.Helper()
	var many []ledger.Delivery
	for i := range n {
		many = append(many, delivery(fmt.Sprint(i), team))
	}
	plan(t, l, many...)
}
