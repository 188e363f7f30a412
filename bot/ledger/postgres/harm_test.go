package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// TestBrokenConnections: two replicas save while their connections break.
func TestBrokenConnections(t *testing.T) {
	harm(t, func(t *testing.T, server *postgrestest.Server) { server.Drop(t) })
}

// TestRestart: two replicas save while the server is restarted, and once crashes.
func TestRestart(t *testing.T) {
	crash := true
	harm(t, func(t *testing.T, server *postgrestest.Server) {
		if crash {
			server.Crash(t)
			server.Start(t)
		} else {
			server.Restart(t)
		}
		crash = !crash
	})
}

// harm makes two replicas save 200 deliveries at the same time, while something harms the
// server. An acknowledged change is there, one that was refused as fenced is not, and no
// version counts twice; and the handles continue to work without being reopened.
func harm(t *testing.T, do func(t *testing.T, server *postgrestest.Server)) {
	const each, rounds, harms = 200, 4, 6
	server := postgrestest.Start(t)
	url := server.Database(t)
	handles := []*postgres.Ledger{opened(t, url), opened(t, url)}
	all := planned(t, handles[0], each)
	begun := all[0].Version

	var saved, failed atomic.Int64
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			d := all[i]
			for n := 1; n <= rounds; {
				l := handles[(i+n)%2]
				want := fmt.Sprint("change ", n)
				d.Retry(want, monday.Add(time.Duration(n)))
				err := l.Save(t.Context(), &d)
				if err == nil {
					n++
					saved.Add(1)
					continue
				}
				failed.Add(1)
				// It is unknown whether the change was made. The row tells.
				now, readErr := l.Get(t.Context(), d.Key)
				for ; readErr != nil && t.Context().Err() == nil; now, readErr = l.Get(t.Context(), d.Key) {
					time.Sleep(50 * time.Millisecond)
				}
				switch {
				case errors.Is(err, ledger.ErrFenced):
					t.Errorf("a change of the newest version was fenced: the row is of %d, ours is %d", now.Version, d.Version)
					return
				case now.Version == d.Version+1 && now.Reason == want && now.Parts[0].Reason == want:
					n++ // it was made
					saved.Add(1)
				case now.Version == d.Version && now.Reason != want:
				default:
					t.Errorf("the row is of version %d and says %q; version %d was to be changed to %q", now.Version, now.Reason, d.Version, want)
					return
				}
				d = now
			}
			all[i] = d
		})
	}
	for harmed := range int64(harms) {
		for saved.Load() < (harmed*2+1)*each*rounds/(harms*2) && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		do(t, server)
	}
	group.Wait()
	if failed.Load() == 0 {
		t.Error("nothing was harmed")
	}
	got, err := handles[0].List(t.Context(), ledger.Query{Limit: -1})
	if err != nil || len(got) != each {
		t.Fatalf("there are %d, %v", len(got), err)
	}
	for _, d := range got {
		if d.Version != begun+rounds || d.Reason != fmt.Sprint("change ", rounds) {
			t.Errorf("%s is of version %d and says %q, want version %d", d.Channel.ID, d.Version, d.Reason, begun+rounds)
		}
	}
	for _, l := range handles {
		if err := l.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestFrozen: a transaction that is idle holds up the others only for a while.
func TestFrozen(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	l, frozen := opened(t, url), opened(t, url)
	planned(t, l, 1)
	begins, ends := make(chan struct{}), make(chan struct{})
	frozen.Wake = func(context.Context, pgx.Tx, []postgres.Wake) error {
		close(begins)
		<-ends
		return nil
	}
	result := make(chan error, 1)
	go func() {
		_, err := frozen.Plan(t.Context(), ledger.NewDelivery("frozen", "", team, monday))
		result <- err
	}()
	<-begins
	if _, err := l.Plan(t.Context(), ledger.NewDelivery("beside", "", team, monday)); err != nil {
		t.Error(err)
	}
	close(ends)
	if err := <-result; err == nil {
		t.Error("the frozen one has planned")
	}
	all, err := l.List(t.Context(), ledger.Query{Channel: team})
	if err != nil || len(all) != 1 || all[0].Digest != "beside" {
		t.Errorf("planned are %v, %v", all, err)
	}
}

// TestIdleConnections: no call fails because connections broke while they were idle.
func TestIdleConnections(t *testing.T) {
	server := postgrestest.Start(t)
	l := opened(t, server.Database(t))
	d := planned(t, l, 1)[0]
	for range 3 {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := l.Pool().Exec(t.Context(), "SELECT pg_sleep(0.1)"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		server.Drop(t)
		if _, err := l.Get(t.Context(), d.Key); err != nil {
			t.Error(err)
		}
		server.Drop(t)
		d.Retry("limited", monday)
		if err := l.Save(t.Context(), &d); err != nil {
			t.Error(err)
		}
	}
}
