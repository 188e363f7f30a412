package ledgertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// begin: a subscription begins in a channel once, with its first deliveries.
func (s suite) begin(t *testing.T) {
	begun := func(t *testing.T, l ledger.Ledger, subscription string, c chat.Channel, want bool) {
		t.Helper()
		all, err := l.Begun(t.Context(), subscription)
		if err != nil {
			t.Fatal(err)
		}
		if got := all[c]; got != want {
			t.Errorf("%s in %s: begun %t, want %t", subscription, c, got, want)
		}
	}

	t.Run("once", func(t *testing.T) {
		l := s.open(t)
		begun(t, l, "morning", team, false)
		first, second := delivery("first", team), delivery("second", team)
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team}, first); err != nil {
			t.Fatal(err)
		}
		begun(t, s.open(t), "morning", team, true)
		begun(t, l, "morning", general, false)
		begun(t, l, "evening", team, false)
		if diff := diff(get(t, l, first.Key), first); diff != "" {
			t.Error(diff)
		}
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team}, second); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Get(t.Context(), second.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("it began twice: got error %v, want %v", err, ledger.ErrNotFound)
		}
	})

	t.Run("with nothing, or what is planned already", func(t *testing.T) {
		l := s.open(t)
		planned := delivery("planned", team)
		plan(t, l, planned)
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team}, delivery("planned", team)); err != nil {
			t.Fatal(err)
		}
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{general}); err != nil {
			t.Fatal(err)
		}
		begun(t, l, "morning", team, true)
		begun(t, l, "morning", general, true)
	})

	t.Run("in some that have begun", func(t *testing.T) {
		l := s.open(t)
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team}); err != nil {
			t.Fatal(err)
		}
		old, fresh := delivery("old", team), delivery("fresh", general)
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team, general}, old, fresh); err != nil {
			t.Fatal(err)
		}
		begun(t, l, "morning", general, true)
		get(t, l, fresh.Key)
		if _, err := l.Get(t.Context(), old.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("it began twice: got error %v, want %v", err, ledger.ErrNotFound)
		}
	})

	t.Run("all or nothing", func(t *testing.T) {
		l := s.open(t)
		good, bad := delivery("good", team), delivery("bad", team)
		// Two parts with the same key cannot be stored.
		if err := bad.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		bad.Parts[1].Key = bad.Parts[0].Key
		if err := l.Begin(t.Context(), "morning", monday, []chat.Channel{team}, good, bad); err == nil {
			t.Fatal("two parts of one key were kept")
		}
		begun(t, l, "morning", team, false)
		if _, err := l.Get(t.Context(), good.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("got error %v, want %v", err, ledger.ErrNotFound)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Begin(ctx, "morning", monday, []chat.Channel{team}, good); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
		begun(t, l, "morning", team, false)
	})

	t.Run("by many at once", func(t *testing.T) {
		handles := []ledger.Ledger{s.open(t), s.open(t)}
		var group sync.WaitGroup
		for i := range 6 {
			group.Go(func() {
				d := delivery(string(rune('a'+i)), team)
				if err := handles[i%len(handles)].Begin(t.Context(), "morning", monday, []chat.Channel{team}, d); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		got, err := handles[0].List(t.Context(), ledger.Query{})
		if err != nil || len(got) != 1 {
			t.Errorf("got %q and error %v, want what one of them began with", digests(got), err)
		}
	})
}

// slots: each scheduled time ends with an outcome that is kept.
func (s suite) slots(t *testing.T) {
	l := s.open(t)
	slot := func(day int) ledger.Slot {
		at := monday.Truncate(time.Minute).AddDate(0, 0, day)
		return ledger.Slot{Subscription: "morning", At: at, Until: at.Add(4 * time.Hour)}
	}
	kept := []ledger.Slot{slot(2), slot(1), slot(0)}
	other := slot(3)
	other.Subscription = "evening"
	for _, x := range []ledger.Slot{kept[1], kept[2], other, kept[0]} {
		if err := l.SaveSlot(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	// One ends; its time may be given in any zone.
	kept[1].Outcome, kept[1].Reason, kept[1].Closed = ledger.SlotPostedLate, hostile, monday.Add(time.Hour)
	ended := kept[1]
	ended.At = ended.At.In(time.FixedZone("", -5*3600))
	if err := l.SaveSlot(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int][]ledger.Slot{10: kept, 2: kept[:2], 3: kept, -1: kept} {
		for _, handle := range []ledger.Ledger{l, s.open(t)} {
			got, err := handle.Slots(t.Context(), "morning", limit)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("limit %d:\ngot  %s\nwant %s", limit, text(got), text(want))
			}
		}
	}
	// A slot that is posting has not ended yet.
	posting := kept[2]
	posting.Outcome = ledger.SlotPosting
	if err := l.SaveSlot(t.Context(), posting); err != nil {
		t.Fatal(err)
	}
	if got, err := s.open(t).Running(t.Context(), "morning"); err != nil || !slices.Equal(got, []ledger.Slot{kept[0], posting}) {
		t.Errorf("running: got %s and error %v, want %s and %s", text(got), err, text(kept[0]), text(posting))
	}
	if got, err := s.open(t).Running(t.Context(), ""); err != nil || !slices.Equal(got, []ledger.Slot{other, kept[0], posting}) {
		t.Errorf("running of all: got %s and error %v, want %s, %s and %s", text(got), err, text(other), text(kept[0]), text(posting))
	}
	if got, err := l.Slots(t.Context(), hostile, 10); err != nil || len(got) != 0 {
		t.Errorf("got %s and error %v, want none", text(got), err)
	}
}
