package ledgertest

import (
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// due: the first of each channel's queue is due, in the order of planning.
func (s suite) due(t *testing.T) {
	due := func(t *testing.T, l ledger.Ledger, now time.Time, want ...string) []ledger.Delivery {
		t.Helper()
		got, err := l.Due(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		names, read := []string{}, []ledger.Delivery{}
		for _, turn := range got {
			d, err := l.Get(t.Context(), turn.Key)
			if err != nil || turn != (ledger.Turn{Key: d.Key, Channel: d.Channel, Round: d.Parts.Round()}) {
				t.Fatalf("due is %+v, but there is %+v in round %d, %v", turn, d, d.Parts.Round(), err)
			}
			names, read = append(names, d.Channel.Adapter+" "+d.Digest), append(read, d)
		}
		if !slices.Equal(names, append([]string{}, want...)) {
			t.Fatalf("due is %q, want %q", names, want)
		}
		return read
	}

	t.Run("one of each channel", func(t *testing.T) {
		l := s.open(t)
		due(t, l, monday)
		// The order of the keys and names differs from that of planning.
		queue := []ledger.Delivery{delivery("z", team), delivery("y", general), delivery("a", team), delivery("b", general)}
		plan(t, l, queue[:2]...)
		plan(t, l, queue[2:]...)
		due(t, l, monday.Add(-1))
		got := due(t, l, monday, "discord z", "web y")

		got[0].Skip("not wanted", monday)
		save(t, l, &got[0])
		got = due(t, l, monday, "web y", "discord a")
		got[0].Hold("nobody can tell", monday)
		save(t, l, &got[0])
		due(t, l, monday, "discord a", "web b")
	})

	t.Run("channels of one adapter", func(t *testing.T) {
		l := s.open(t)
		other := chat.Channel{Adapter: team.Adapter, ID: "876543210987654321"}
		plan(t, l, delivery("first", team), delivery("second", team), delivery("third", other))
		due(t, l, monday, "discord first", "discord third")
	})

	t.Run("one that waits holds up the others", func(t *testing.T) {
		l := s.open(t)
		plan(t, l, delivery("first", team), delivery("second", team))
		first := due(t, l, monday, "discord first")[0]
		first.Retry("too many requests", monday.Add(time.Minute))
		save(t, l, &first)
		due(t, l, monday)
		due(t, l, monday.Add(time.Minute-1))
		due(t, l, monday.Add(time.Minute), "discord first")
	})

	t.Run("in every state", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		if err := d.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, d)
		check := func(want ...string) {
			t.Helper()
			save(t, l, &d)
			for _, got := range due(t, l, monday.Add(time.Hour), want...) {
				if diff := diff(got, d); diff != "" {
					t.Error(diff)
				}
			}
		}
		d.Promise(monday)
		check("discord 2026-11-23")
		d.Doubt("the answer was lost", monday)
		check("discord 2026-11-23")
		d.Posted(chat.Receipt{ID: "1"}, monday)
		check("discord 2026-11-23")
		d.Promise(monday)
		d.Posted(chat.Receipt{ID: "2"}, monday)
		check()
	})

	t.Run("what was posted once stands behind", func(t *testing.T) {
		l := s.open(t)
		old, next := delivery("old", team), delivery("next", team)
		if err := old.Freeze(payloads(1)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, old, next)
		old.Promise(monday)
		old.Posted(chat.Receipt{ID: "1"}, monday)
		if err := old.Revise(monday, []chat.Payload{chat.Payload("{}")}); err != nil {
			t.Fatal(err)
		}
		save(t, l, &old)
		due(t, l, monday, "discord next")
		next.Retry("too many requests", monday.Add(time.Minute))
		save(t, l, &next)
		due(t, l, monday)
		next.Skip("not wanted", monday)
		save(t, l, &next)
		due(t, l, monday, "discord old")
	})

	t.Run("a zero time is not after now", func(t *testing.T) {
		l := s.open(t)
		plan(t, l, ledger.NewDelivery("2026-11-23", "", general, time.Time{}))
		due(t, l, monday, "web 2026-11-23")
	})

	t.Run("what another handle planned", func(t *testing.T) {
		serve, send := s.open(t), s.open(t)
		due(t, serve, monday)
		plan(t, send, delivery("2026-11-23", team))
		due(t, serve, monday, "discord 2026-11-23")
	})
}
