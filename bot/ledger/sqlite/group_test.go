package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// TestGroup: changes that arrive while another is being written are written together; one
// that fails, in any way, fails alone.
func TestGroup(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	twice := func(d *ledger.Delivery) { d.Parts[1].Key = d.Parts[0].Key }
	for _, tc := range []struct {
		name string
		ctx  context.Context
		make func(*ledger.Delivery)
		full bool
		want string // of the one among ten; the others are saved
	}{
		{name: "all are saved"},
		{name: "one is fenced", make: func(d *ledger.Delivery) { d.Version++ }, want: ledger.ErrFenced.Error()},
		{name: "one gave up", ctx: ended, want: context.Canceled.Error()},
		{name: "one breaks a rule", make: twice, want: "UNIQUE"},
		{name: "one is too big", full: true, make: func(d *ledger.Delivery) { d.Parts[0].Payload = make(chat.Payload, 1<<20) }, want: "the disk is full"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
			defer func() { _ = l.Close() }()
			const callers, odd = 10, 4
			var all [callers]ledger.Delivery
			for i := range all {
				all[i] = ledger.NewDelivery(fmt.Sprint(i), "Morning", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
				if _, err := l.Plan(t.Context(), all[i]); err != nil {
					t.Fatal(err)
				}
				if i == odd {
					if err := all[i].Freeze([]chat.Payload{chat.Payload("{}"), chat.Payload("[]")}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if tc.make != nil {
				tc.make(&all[odd])
			}
			if tc.full {
				if err := sqlite.Fill(l); err != nil {
					t.Fatal(err)
				}
			}
			before, version := all, all[odd].Version
			var errs [callers]error
			var group sync.WaitGroup
			release := sqlite.Gather(l, callers)
			for i := range all {
				ctx := t.Context()
				if i == odd && tc.ctx != nil {
					ctx = tc.ctx
				}
				all[i].Reason = "saved"
				group.Go(func() { errs[i] = l.Save(ctx, &all[i]) })
			}
			release()
			group.Wait()
			for i, err := range errs {
				got, readErr := l.Get(t.Context(), all[i].Key)
				if readErr != nil {
					t.Fatal(readErr)
				}
				if i == odd && tc.want != "" {
					if err == nil || !strings.Contains(err.Error(), tc.want) || all[i].Version != version || got.Reason != "" || len(got.Parts) != 0 {
						t.Errorf("the odd one: error %v, version %d, and the row says %q and has %d parts", err, all[i].Version, got.Reason, len(got.Parts))
					}
					continue
				}
				if err != nil || got.Reason != "saved" || got.Version != before[i].Version+1 {
					t.Errorf("%d: error %v, and the row says %q in version %d", i, err, got.Reason, got.Version)
				}
			}
		})
	}

	t.Run("nobody can write", func(t *testing.T) {
		l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				d := ledger.NewDelivery(fmt.Sprint(i), "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
				if _, err := l.Plan(t.Context(), d); err == nil {
					t.Error("planned in a ledger that is closed")
				}
			})
		}
		group.Wait()
	})
}

// TestGroupIsOneCommit: changes that are written together cost one commit.
func TestGroupIsOneCommit(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer func() { _ = l.Close() }()
	const callers = 50
	var group sync.WaitGroup
	begun := sqlite.Commits(l)
	release := sqlite.Gather(l, callers)
	for i := range callers {
		group.Go(func() {
			d := ledger.NewDelivery(fmt.Sprint(i), "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
			if _, err := l.Plan(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	release()
	group.Wait()
	if got := sqlite.Commits(l) - begun; got != 1 {
		t.Errorf("%d changes at once took %d commits, want 1", callers, got)
	}
}
