package ledgertest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// list: what was delivered where, and what a channel knows.
func (s suite) list(t *testing.T) {
	t.Run("queries", func(t *testing.T) {
		l := s.open(t)
		one, two, three := delivery("one", team), delivery("two", general), delivery("two", team)
		two.Subscription, two.Slot = "evening", monday.Add(time.Hour)
		three.Skip("not wanted", monday)
		four := ledger.NewResend("one", "Morning", team, "request", "Ada", monday)
		plan(t, l, one, two, three, four)
		for _, tc := range []struct {
			name  string
			query ledger.Query
			want  []chat.Key
		}{
			{"everything", ledger.Query{}, []chat.Key{four.Key, three.Key, two.Key, one.Key}},
			{"limit", ledger.Query{Limit: 2}, []chat.Key{four.Key, three.Key}},
			{"channel", ledger.Query{Channel: general}, []chat.Key{two.Key}},
			{"the same id elsewhere", ledger.Query{Channel: chat.Channel{Adapter: "slack", ID: "general"}}, nil},
			{"digest", ledger.Query{Digest: "one"}, []chat.Key{four.Key, one.Key}},
			{"state", ledger.Query{State: ledger.Skipped}, []chat.Key{three.Key}},
			{"subscription", ledger.Query{Subscription: "morning"}, []chat.Key{three.Key, one.Key}},
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

	t.Run("a hundred unless said otherwise", func(t *testing.T) {
		l := s.open(t)
		var many []ledger.Delivery
		for i := range 101 {
			many = append(many, delivery(fmt.Sprint(i), team))
		}
		plan(t, l, many...)
		for limit, want := range map[int]int{0: 100, 3: 3, 200: 101} {
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
		skipped := delivery("skipped", team)
		skipped.Skip("not wanted", monday)
		plan(t, l, delivery("planned", team), skipped, delivery("elsewhere", general),
			ledger.NewResend("resent", "", team, "1", "Ada", monday), ledger.NewResend("resent", "", team, "2", "Ada", monday))
		for channel, want := range map[chat.Channel][]string{
			team:                                {"planned", "resent", "skipped"},
			general:                             {"elsewhere"},
			{Adapter: "discord", ID: "general"}: {},
		} {
			got, err := l.Known(t.Context(), channel)
			if err != nil {
				t.Fatal(err)
			}
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
				t.Errorf("%s knows %q, want %q", channel, names, want)
			}
			for name, known := range got {
				if !known {
					t.Errorf("%s: %q is in the map and not known", channel, name)
				}
			}
		}
	})
}
