package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// fence: of several who read the same row, only one may write it.
func (s suite) fence(t *testing.T) {
	t.Run("the second is fenced", func(t *testing.T) {
		ours, theirs := s.open(t), s.open(t)
		d := delivery("2026-11-23", team)
		if err := d.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		plan(t, ours, d)
		mine, yours := get(t, ours, d.Key), get(t, theirs, d.Key)

		yours.Promise(monday)
		save(t, theirs, &yours)

		mine.Skip("not wanted", monday)
		version := mine.Version
		if err := ours.Save(t.Context(), &mine); !errors.Is(err, ledger.ErrFenced) {
			t.Fatalf("got error %v, want %v", err, ledger.ErrFenced)
		}
		if mine.Version != version {
			t.Errorf("version %d after a save that failed, want %d", mine.Version, version)
		}
		if diff := diff(get(t, ours, d.Key), yours); diff != "" {
			t.Errorf("the fenced save changed the row:\n%s", diff)
		}

		mine = get(t, ours, d.Key)
		mine.Posted(chat.Receipt{ID: "1"}, monday)
		save(t, ours, &mine)
	})

	t.Run("nobody's row", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		if err := l.Save(t.Context(), &d); !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("got error %v, want %v", err, ledger.ErrFenced)
		}
		if _, err := l.Get(t.Context(), d.Key); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("got error %v, want %v", err, ledger.ErrNotFound)
		}
	})

	t.Run("one of many", func(t *testing.T) {
		handles := []ledger.Ledger{s.open(t), s.open(t)}
		d := delivery("2026-11-23", team)
		plan(t, handles[0], d)
		const savers, rounds = 6, 5
		for range rounds {
			read := get(t, handles[0], d.Key)
			won := make([]bool, savers)
			var group sync.WaitGroup
			for i := range savers {
				group.Go(func() {
					mine := read
					mine.Reason = fmt.Sprint("saved by ", i)
					err := handles[i%len(handles)].Save(t.Context(), &mine)
					if err != nil && !errors.Is(err, ledger.ErrFenced) {
						t.Error(err)
					}
					won[i] = err == nil
				})
			}
			group.Wait()
			winners := 0
			for i, w := range won {
				if w {
					winners++
					if got, want := get(t, handles[1], d.Key).Reason, fmt.Sprint("saved by ", i); got != want {
						t.Errorf("the row says %q, want %q", got, want)
					}
				}
			}
			if winners != 1 {
				t.Fatalf("%d saves of one version, want 1", winners)
			}
		}
	})

	t.Run("cancelled", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		plan(t, l, d)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		changed := d
		changed.Skip("not wanted", monday)
		if err := l.Save(ctx, &changed); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
		if diff := diff(get(t, l, d.Key), d); diff != "" {
			t.Error(diff)
		}
		save(t, l, &d)
	})
}
