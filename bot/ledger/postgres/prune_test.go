package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

// TestPrune: what ended long ago is removed with everything that belongs to it; what may
// still matter stays.
func TestPrune(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	l := opened(t, url)
	before := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	row := func(name string, ended time.Duration, day string, do func(*ledger.Delivery, time.Time)) ledger.Delivery {
		at := before.Add(ended)
		d := ledger.NewDelivery(name, name, team, at)
		if err := d.Freeze([]chat.Payload{chat.Payload("{}"), chat.Payload("[]")}); err != nil {
			t.Fatal(err)
		}
		if day != "none" {
			d.Said = []ledger.Said{{Digest: name, Day: day}}
		}
		do(&d, at)
		if _, err := l.Plan(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	sent := func(d *ledger.Delivery, at time.Time) {
		for d.Parts.Current() != nil {
			d.Promise(at)
			d.Posted(chat.Receipt{Channel: team, ID: "1"}, at)
		}
	}
	skipped := func(d *ledger.Delivery, at time.Time) { d.Skip("not wanted", at) }
	into := func(lead ledger.Delivery) func(*ledger.Delivery, time.Time) {
		return func(d *ledger.Delivery, at time.Time) {
			d.Parts, d.Said = nil, nil
			d.Join(lead.Key, at)
		}
	}

	const old, older = "2026-10-10", "2025-10-10"
	row("sent", -time.Hour, old, sent)
	row("skipped", -time.Hour, old, skipped)
	row("failed", -time.Hour, old, func(d *ledger.Delivery, at time.Time) { d.Fail("no", at) })
	row("with, gone", -2*time.Hour, "", into(row("lead, gone", -time.Hour, older, sent)))
	row("word", -time.Hour, "none", func(d *ledger.Delivery, at time.Time) { d.Cause = ledger.ForFollow; sent(d, at) })
	row("notice", -time.Hour, "none", func(d *ledger.Delivery, at time.Time) { d.Cause = ledger.ForNotice; sent(d, at) })
	for i := range 250 { // more than one batch
		row(fmt.Sprint("many ", i), -time.Hour, old, skipped)
	}
	stay := []ledger.Delivery{
		row("just ended", 0, old, sent),
		row("waits", -time.Hour, old, func(*ledger.Delivery, time.Time) {}),
		row("sending", -time.Hour, old, func(d *ledger.Delivery, at time.Time) { d.Promise(at) }),
		row("in doubt", -time.Hour, old, func(d *ledger.Delivery, at time.Time) { d.Promise(at); d.Doubt("lost", at) }),
		row("held", -time.Hour, old, func(d *ledger.Delivery, at time.Time) { d.Promise(at); d.Hold("lost", at) }),
		row("without a day", -time.Hour, "", sent),
		row("of a later day", -time.Hour, "2026-11-23", sent),
		row("nothing noted", -time.Hour, "none", skipped),
	}
	lead := row("lead, stays", -time.Hour, "", sent)
	stay = append(stay, lead, row("with, stays", -time.Hour, "", into(lead)))

	slot := func(subscription string, day int, o ledger.SlotOutcome, closed time.Duration) {
		s := ledger.Slot{Subscription: subscription, At: before.AddDate(0, 0, day), Outcome: o}
		if o != "" && o != ledger.SlotPosting {
			s.Closed = before.Add(closed)
		}
		if err := l.SaveSlot(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	for day := range 120 {
		slot("morning", -200+day, ledger.SlotPosted, -time.Hour)
	}
	slot("morning", -5, "", 0)
	slot("morning", -4, ledger.SlotPosting, 0)
	slot("morning", -3, ledger.SlotMissed, -time.Hour)
	slot("morning", -2, ledger.SlotPosted, time.Hour)
	slot("evening", -300, ledger.SlotPosted, -time.Hour)

	person := ledger.Person{ID: "1", Name: "Ada"}
	for i := range 150 {
		if err := l.Record(t.Context(), ledger.Act{At: before.Add(time.Duration(i-149) * time.Second), By: person, Channel: team}); err != nil {
			t.Fatal(err)
		}
	}
	for at, id := range map[time.Duration]string{-1: "long ago", 0: "now"} {
		if err := l.See(t.Context(), before.Add(at), id); err != nil {
			t.Fatal(err)
		}
	}
	// Settings do not end.
	if err := l.Store(t.Context(), ledger.Stored{Name: "morning", Channel: team, By: person, At: before.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Follow(t.Context(), ledger.Follow{Channel: team, User: "1", Tag: "AI", At: before.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Pause(t.Context(), ledger.Pause{Channel: team, By: person, At: before.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}

	for key, keep := range map[string]time.Duration{"over": 0, "goes on": time.Hour} {
		if _, err := l.Claim(t.Context(), key, keep); err != nil {
			t.Fatal(err)
		}
	}

	for _, name := range []string{"of a process long gone", "given back"} {
		if _, err := l.Lease(t.Context(), name, "replica", 0); err != nil {
			t.Fatal(err)
		}
	}
	raw(t, url, "UPDATE digestbot.leases SET until = until - interval '25 hours' WHERE name LIKE 'of %'")

	for round, want := range []int{256, 0} {
		if got, err := l.Prune(t.Context(), before); err != nil || got != want {
			t.Errorf("round %d: removed %d and error %v, want %d", round+1, got, err, want)
		}
	}
	all, err := l.List(t.Context(), ledger.Query{Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, d := range all {
		got = append(got, d.Digest)
	}
	for _, d := range slices.Backward(stay) {
		want = append(want, d.Digest)
	}
	if !slices.Equal(got, want) {
		t.Errorf("these stay: %q\nwant        %q", got, want)
	}
	for _, d := range stay {
		if got, err := l.Get(t.Context(), d.Key); err != nil || len(got.Parts) != len(d.Parts) {
			t.Errorf("%s has %d parts and error %v, want %d", d.Digest, len(got.Parts), err, len(d.Parts))
		}
	}
	for table, want := range map[string]int{"parts": 18, "payloads": 18, "acts": 1, "seen": 1, "subscriptions": 1, "follows": 1, "halts": 1, "claims": 1, "leases": 1} {
		var got int
		if err := l.Pool().QueryRow(t.Context(), "SELECT count(*) FROM digestbot."+table).Scan(&got); err != nil || got != want {
			t.Errorf("%d %s stay, want %d; %v", got, table, want, err)
		}
	}
	for subscription, want := range map[string]string{"morning": " posting posted", "evening": "posted"} {
		slots, err := l.Slots(t.Context(), subscription, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range slices.Backward(slots) {
			got = append(got, string(s.Outcome))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s has the slots %q, want %q", subscription, got, want)
		}
	}
}

// TestPruneDamaged: a delivery whose record of what it said is not a list any more is not
// removed, but all others are.
func TestPruneDamaged(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	l := opened(t, url)
	for i, said := range []string{`[{`, `5`, `["a"]`, `{}`, `null`, ``, `[{"day":"2026-11-22"}]`} {
		d := ledger.NewDelivery(fmt.Sprint(i), said, team, monday)
		d.Skip("", monday)
		if _, err := l.Plan(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	raw(t, url, "UPDATE digestbot.deliveries SET said = title")
	if n, err := l.Prune(t.Context(), monday.AddDate(1, 0, 0)); err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	if all, err := l.List(t.Context(), ledger.Query{}); err != nil || len(all) != 6 {
		t.Errorf("%d are left, %v", len(all), err)
	}
	if err := l.Check(t.Context()); err != nil {
		t.Error(err)
	}
	d := planned(t, l, 1)[0]
	raw(t, url, "DELETE FROM digestbot.parts WHERE number = 1")
	if err := l.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "the database is damaged") || !strings.Contains(err.Error(), string(d.Key)) {
		t.Errorf("got %v", err)
	}
}
