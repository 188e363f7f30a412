package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

func TestAgreement(t *testing.T) { agree(t, postgrestest.Start(t).Database(t)) }

// agree tests how replicas coordinate, in an empty database.
func agree(t *testing.T, url string) {
	t.Run("Lease", func(t *testing.T) {
		ours, theirs := opened(t, url), opened(t, url)
		const name = "adapter discord"
		ask := func(l *postgres.Ledger, holder string, want bool) {
			t.Helper()
			if held, err := l.Lease(t.Context(), name, holder, time.Hour); err != nil || held != want {
				t.Fatalf("%s asks: held is %t, %v, want %t", holder, held, err, want)
			}
		}
		has := func(want string) {
			t.Helper()
			if holders, _, err := ours.Renew(t.Context(), "nobody", time.Hour, name); err != nil || holders[name] != want {
				t.Errorf("%v, %v: want it to be of %q", holders, err, want)
			}
		}
		giveBack := func(l *postgres.Ledger, holder string) {
			t.Helper()
			if err := l.Return(t.Context(), name, holder); err != nil {
				t.Fatal(err)
			}
		}
		has("")
		ask(ours, "a", true)
		has("a")
		ask(theirs, "b", false)
		ask(ours, "a", true)
		giveBack(theirs, "b") // it is not theirs
		ask(theirs, "b", false)
		giveBack(ours, "a")
		has("")
		ask(theirs, "b", true)
		ask(ours, "a", false)
		// It ends by the clock of the database, regardless of anyone's own.
		raw(t, url, "UPDATE digestbot.leases SET until = clock_timestamp() - interval '1 microsecond'")
		has("")
		if holders, _, err := theirs.Renew(t.Context(), "b", time.Hour, name); err != nil || holders[name] != "" {
			t.Errorf("%v, %v: what has ended is renewed", holders, err)
		}
		ask(ours, "a", true)
		has("a")
		if holders, at, err := ours.Renew(t.Context(), "a", time.Hour, name); err != nil || holders[name] != "a" || at.Location() != time.UTC || time.Since(at).Abs() > time.Minute {
			t.Errorf("%v at %v, %v", holders, at, err)
		}
	})

	t.Run("one of many takes a lease", func(t *testing.T) {
		handles := []*postgres.Ledger{opened(t, url), opened(t, url)}
		for round := range 5 {
			var held atomic.Int64
			var group sync.WaitGroup
			for i := range 8 {
				group.Go(func() {
					ours, err := handles[i%2].Lease(t.Context(), fmt.Sprint("race ", round), fmt.Sprint(i), time.Hour)
					if err != nil {
						t.Error(err)
					}
					if ours {
						held.Add(1)
					}
				})
			}
			group.Wait()
			if held.Load() != 1 {
				t.Errorf("%d hold it", held.Load())
			}
		}
	})

	t.Run("Claim", func(t *testing.T) {
		handles := []*postgres.Ledger{opened(t, url), opened(t, url)}
		for round := range 5 {
			var firsts atomic.Int64
			var group sync.WaitGroup
			for i := range 8 {
				group.Go(func() {
					first, err := handles[i%2].Claim(t.Context(), fmt.Sprint("interaction ", round), time.Hour)
					if err != nil {
						t.Error(err)
					}
					if first {
						firsts.Add(1)
					}
				})
			}
			group.Wait()
			if firsts.Load() != 1 {
				t.Errorf("%d were the first", firsts.Load())
			}
		}
		raw(t, url, "UPDATE digestbot.claims SET until = clock_timestamp() - interval '1 second' WHERE key <> 'interaction 0'")
		for key, want := range map[string]bool{"interaction 0": false, "interaction 1": true} {
			if first, err := handles[0].Claim(t.Context(), key, time.Hour); err != nil || first != want {
				t.Errorf("%s: first is %t, %v", key, first, err)
			}
		}
		left, err := handles[0].Pool().Exec(t.Context(), "SELECT FROM digestbot.claims")
		if err != nil || left.RowsAffected() != 2 {
			t.Errorf("%d claims are left, %v", left.RowsAffected(), err)
		}
	})

	t.Run("Guard", func(t *testing.T) {
		ours, theirs := opened(t, url), opened(t, url)
		ours.Guard("a", func(adapter string) string { return "guard " + adapter }, "guard plan")
		d := planned(t, theirs, 1)[0]
		if _, err := ours.Lease(t.Context(), "guard discord", "a", time.Hour); err != nil {
			t.Fatal(err)
		}
		d.Promise(monday)
		if err := ours.Save(t.Context(), &d); err != nil {
			t.Fatal(err)
		}
		raw(t, url, "UPDATE digestbot.leases SET until = clock_timestamp() WHERE name = 'guard discord'")
		refused := d
		refused.Promise(monday.Add(time.Second))
		if err := ours.Save(t.Context(), &refused); !errors.Is(err, ledger.ErrFenced) || refused.Version != d.Version {
			t.Errorf("a promise behind the end of the lease: %v", err)
		}
		if _, err := theirs.Lease(t.Context(), "guard discord", "b", time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := ours.Save(t.Context(), &refused); !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("a promise after the lease moved: %v", err)
		}
		if got, err := theirs.Get(t.Context(), d.Key); err != nil || got.Version != d.Version || got.Parts[0].Attempts != 1 {
			t.Errorf("it is %+v, %v", got, err)
		}
		// The outcome of the request is recorded nevertheless, and a handle without a guard
		// is unrestricted.
		d.Doubt("lost", monday)
		if err := ours.Save(t.Context(), &d); err != nil {
			t.Error(err)
		}
		d.Promise(monday)
		if err := theirs.Save(t.Context(), &d); err != nil {
			t.Error(err)
		}

		slot := ledger.Slot{Subscription: "morning", At: monday, Until: monday}
		plans := map[string]func(l *postgres.Ledger) error{
			"SaveSlot": func(l *postgres.Ledger) error { return l.SaveSlot(t.Context(), slot) },
			"Move": func(l *postgres.Ledger) error {
				return l.Move(t.Context(), ledger.Move{Key: d.Key, From: d.Digest, To: d.Digest})
			},
			"Begin": func(l *postgres.Ledger) error {
				return l.Begin(t.Context(), "morning", monday, []chat.Channel{d.Channel})
			},
		}
		for name, plan := range plans {
			if err := plan(ours); !errors.Is(err, ledger.ErrFenced) {
				t.Errorf("%s without the lease of planning: %v", name, err)
			}
			if err := plan(theirs); err != nil {
				t.Errorf("%s without a guard: %v", name, err)
			}
		}
		if _, err := ours.Lease(t.Context(), "guard plan", "a", time.Hour); err != nil {
			t.Fatal(err)
		}
		for name, plan := range plans {
			if err := plan(ours); err != nil {
				t.Errorf("%s with the lease of planning: %v", name, err)
			}
		}
	})
}
