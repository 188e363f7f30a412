package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// TestPrune: what ended long ago is removed with everything that belongs to it; what may
// still matter stays.
func TestPrune(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	before := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	team := chat.Channel{Adapter: "discord", ID: "12"}
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
	if got, want := rows(t, path, `SELECT (SELECT count(*) FROM parts) || ' ' || (SELECT count(*) FROM payloads)`), "18 18"; got != want {
		t.Errorf("parts and payloads: %s, want %s", got, want)
	}
	if got, want := rows(t, path, `SELECT (SELECT count(*) FROM acts) || ' ' || (SELECT group_concat(digest) FROM seen) || ' ' ||
		(SELECT count(*) FROM subscriptions) || ' ' || (SELECT count(*) FROM follows) || ' ' || (SELECT count(*) FROM halts)`), "1 now 1 1 1"; got != want {
		t.Errorf("of people stays %s, want %s", got, want)
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

// TestPruneDamaged: if a row's record of what it said is not JSON any more, other rows can
// still be removed.
func TestPruneDamaged(t *testing.T) {
	for _, said := range []string{`[{`, `5`, `["a"]`, `{}`} {
		path := filepath.Join(t.TempDir(), "ledger.db")
		l := open(t, path)
		now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
		for i, id := range []string{"damaged", "whole"} {
			d := ledger.NewDelivery(id, "", chat.Channel{Adapter: "web", ID: "general"}, now)
			d.Said = []ledger.Said{{Digest: id, Day: "2026-11-23"}}
			d.Skip("", now)
			if _, err := l.Plan(t.Context(), d); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `UPDATE deliveries SET said = ? WHERE digest = 'damaged'`, said); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, path)
		if n, err := l.Prune(t.Context(), now.AddDate(1, 0, 0)); err != nil || n < 1 {
			t.Errorf("%s: removed %d, %v", said, n, err)
		}
		if all, err := l.List(t.Context(), ledger.Query{}); err != nil || len(all) > 1 {
			t.Errorf("%s: %d are left, %v", said, len(all), err)
		}
		_ = l.Close()
	}
}
