package ledgertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// plan: planning is idempotent, whoever plans and whenever.
func (s suite) plan(t *testing.T) {
	t.Run("as it is", func(t *testing.T) {
		l := s.open(t)
		want := delivery("2026-11-23", team)
		plan(t, l, want)
		if d := diff(get(t, l, want.Key), want); d != "" {
			t.Error(d)
		}
	})

	t.Run("frozen", func(t *testing.T) {
		l := s.open(t)
		want := ledger.NewResend("2026-11-23", "Morning", team, "request 1", "Ada "+hostile, monday)
		if err := want.Freeze(payloads(3)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, want)
		if d := diff(get(t, l, want.Key), want); d != "" {
			t.Error(d)
		}
	})

	t.Run("ended", func(t *testing.T) {
		l := s.open(t)
		want := delivery("2026-11-23", team)
		want.Skip("older than the subscription", monday)
		plan(t, l, want)
		if d := diff(get(t, l, want.Key), want); d != "" {
			t.Error(d)
		}
	})

	t.Run("twice", func(t *testing.T) {
		l := s.open(t)
		first, second := delivery("2026-11-23", team), delivery("2026-11-23", general)
		plan(t, l, first)
		first.Skip("not wanted", monday)
		save(t, l, &first)

		again := delivery("2026-11-23", team)
		got, err := l.Plan(t.Context(), again, second, second)
		if err != nil {
			t.Fatal(err)
		}
		if want := []chat.Key{second.Key}; !slices.Equal(got, want) {
			t.Errorf("planned %q, want %q", got, want)
		}
		if d := diff(get(t, l, first.Key), first); d != "" {
			t.Errorf("planning again changed the row:\n%s", d)
		}
	})

	t.Run("nothing", func(t *testing.T) {
		plan(t, s.open(t))
	})

	t.Run("by many at once", func(t *testing.T) {
		handles := []ledger.Ledger{s.open(t), s.open(t)}
		var all []ledger.Delivery
		for _, digest := range []string{"a", "b", "c", "d", "e", "f"} {
			all = append(all, delivery(digest, team), delivery(digest, general))
		}
		const planners = 8
		entered := make([][]chat.Key, planners)
		var group sync.WaitGroup
		for i := range planners {
			group.Go(func() {
				// Each starts at a different place, so that they meet in the middle.
				order := append(slices.Clone(all[i:]), all[:i]...)
				for _, d := range order {
					got, err := handles[i%len(handles)].Plan(t.Context(), d)
					if err != nil {
						t.Error(err)
					}
					entered[i] = append(entered[i], got...)
				}
			})
		}
		group.Wait()
		got, want := slices.Sorted(slices.Values(slices.Concat(entered...))), slices.Sorted(slices.Values(keys(all)))
		if !slices.Equal(got, want) {
			t.Errorf("entered %q, want each of %q once", got, want)
		}
	})

	t.Run("cancelled", func(t *testing.T) {
		l := s.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := delivery("2026-11-23", team)
		if _, err := l.Plan(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
		if _, err := l.Get(t.Context(), d.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("got error %v, want %v", err, ledger.ErrNotFound)
		}
	})
}
