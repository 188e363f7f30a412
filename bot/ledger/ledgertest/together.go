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

// together: concurrent writers do not interfere with each other. Each gets the result of
// its own change, and only that.
func (s suite) together(t *testing.T) {
	const each, rounds = 8, 4
	for round := range rounds {
		t.Run(fmt.Sprint(round+1), func(t *testing.T) {
			handles := []ledger.Ledger{s.open(t), s.open(t)}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			kinds := []struct {
				name string
				ctx  context.Context
				make func(d *ledger.Delivery)
				want func(error) bool
			}{
				{"saved", t.Context(), func(*ledger.Delivery) {}, func(err error) bool { return err == nil }},
				{"fenced", t.Context(), func(d *ledger.Delivery) { d.Version-- }, func(err error) bool { return errors.Is(err, ledger.ErrFenced) }},
				{"cancelled", ended, func(*ledger.Delivery) {}, func(err error) bool { return errors.Is(err, context.Canceled) }},
				{"refused", t.Context(), func(d *ledger.Delivery) {
					d.Parts[1].Key = d.Parts[0].Key // cannot be stored
				}, func(err error) bool { return err != nil && !errors.Is(err, ledger.ErrFenced) }},
			}
			var group sync.WaitGroup
			begin := make(chan struct{})
			for _, kind := range kinds {
				for i := range each {
					l := handles[i%len(handles)]
					d := delivery(fmt.Sprint(kind.name, i), chat.Channel{Adapter: "web", ID: fmt.Sprint(i)})
					plan(t, l, d)
					before := d
					if err := d.Freeze(payloads(2)); err != nil {
						t.Fatal(err)
					}
					d.Promise(monday)
					kind.make(&d)
					version := d.Version
					group.Go(func() {
						<-begin
						err := l.Save(kind.ctx, &d)
						if !kind.want(err) {
							t.Errorf("%s: got error %v", kind.name, err)
						}
						want := before
						if kind.name == "saved" {
							want, version = d, version+1
						}
						if d.Version != version {
							t.Errorf("%s: version %d, want %d", kind.name, d.Version, version)
						}
						got, err := handles[(i+1)%len(handles)].Get(t.Context(), d.Key)
						if err != nil {
							t.Error(err)
						}
						if diff := diff(got, want); diff != "" {
							t.Errorf("%s:\n%s", kind.name, diff)
						}
					})
					group.Go(func() {
						<-begin
						other := delivery(fmt.Sprint("beside ", kind.name, i), team)
						if got, err := l.Plan(t.Context(), other); err != nil || len(got) != 1 {
							t.Errorf("planned beside them: got %q and error %v", got, err)
						}
					})
				}
			}
			close(begin)
			group.Wait()
			all, err := handles[0].List(t.Context(), ledger.Query{Limit: -1})
			if want := 2 * each * len(kinds); err != nil || len(all) != want {
				t.Errorf("got %d deliveries and error %v, want %d", len(all), err, want)
			}
		})
	}
}
