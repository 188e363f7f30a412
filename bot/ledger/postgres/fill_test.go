package postgres_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// TestFill: a ledger that was copied from a file gives the same answers as the file to
// every query, and continues after it.
func TestFill(t *testing.T) {
	server := postgrestest.Start(t)
	rounds := 10 // a database is slow
	rapid.Check(t, func(r *rapid.T) {
		if rounds--; rounds < 0 {
			return
		}
		from, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
		if err != nil {
			r.Fatal(err)
		}
		defer func() { _ = from.Close() }()
		live(r, t, from)
		to := open(t, server.Database(t))
		defer func() { _ = to.Close() }()
		if err := to.Fill(t.Context(), from.Rows(t.Context())); err != nil {
			r.Fatal(err)
		}
		same(r, t, to, from)
		// Both continue in the same way.
		for _, l := range []ledger.Ledger{from, to} {
			if _, err := l.Plan(t.Context(), ledger.NewDelivery("behind", "", team, monday.Add(time.Hour))); err != nil {
				r.Fatal(err)
			}
			if err := l.Record(t.Context(), ledger.Act{At: monday, Line: "behind"}); err != nil {
				r.Fatal(err)
			}
			waiting, err := l.List(t.Context(), ledger.Query{Waiting: true, Limit: -1})
			if err != nil {
				r.Fatal(err)
			}
			for _, d := range waiting {
				d, err := l.Get(t.Context(), d.Key)
				if err != nil {
					r.Fatal(err)
				}
				d.Retry("goes on", monday.Add(time.Hour))
				if err := l.Save(t.Context(), &d); err != nil {
					r.Fatal(err)
				}
			}
		}
		same(r, t, to, from)
		if err := to.Check(t.Context()); err != nil {
			r.Error(err)
		}
	})
}

var names = []string{"one", "two", "three", "four", "@everyone '; DROP TABLE deliveries; -- \\ 晨报 👩‍👩‍👧‍👦 שלום\n"}

// live performs operations on a ledger.
func live(r *rapid.T, t *testing.T, l ledger.Ledger) {
	name := func(label string) string { return rapid.SampledFrom(names).Draw(r, label) }
	channel := func() chat.Channel {
		return chat.Channel{Adapter: rapid.SampledFrom([]string{"discord", "slack"}).Draw(r, "adapter"), ID: name("channel")}
	}
	now := monday
	person := ledger.Person{ID: "1", Name: "Ada " + names[4]}
	must := func(err error) {
		if err != nil {
			r.Fatal(err)
		}
	}
	for range rapid.IntRange(5, 25).Draw(r, "steps") {
		now = now.Add(time.Minute + 1)
		d := ledger.NewDelivery(name("digest"), name("title"), channel(), now)
		d.Subscription, d.Slot = name("subscription"), monday
		switch rapid.IntRange(0, 9).Draw(r, "step") {
		case 0, 1, 2, 3:
			must(d.Freeze([]chat.Payload{chat.Payload(names[4]), {}}, chat.Payload("\x00\xff")))
			d.Said = []ledger.Said{{Digest: d.Digest, Day: "2026-11-23", Text: name("text"), Headlines: names}}
			_, err := l.Plan(t.Context(), d)
			must(err)
			d, err = l.Get(t.Context(), d.Key)
			must(err)
			for range rapid.IntRange(0, 3).Draw(r, "parts") {
				if d.State != ledger.Planned || d.Parts.Current() == nil {
					break
				}
				d.Promise(now)
				must(l.Save(t.Context(), &d))
				d.Posted(chat.Receipt{Channel: d.Channel, ID: name("id"), URL: "https://example.com"}, now)
				must(l.Save(t.Context(), &d))
			}
			if d.State == ledger.Sent && rapid.Bool().Draw(r, "revised") {
				must(d.Revise(now, []chat.Payload{chat.Payload("{}")}))
				must(l.Save(t.Context(), &d))
			}
			if d.State == ledger.Planned && d.Parts.Current() != nil && rapid.Bool().Draw(r, "held") {
				d.Promise(now)
				d.Hold("nobody can tell", now)
				if d.Since.IsZero() {
					must(d.Release("Ada", now))
				}
				must(l.Save(t.Context(), &d))
			}
		case 4:
			must(l.Begin(t.Context(), name("subscription"), now, []chat.Channel{channel()}, d))
		case 5:
			must(l.SaveSlot(t.Context(), ledger.Slot{Subscription: name("subscription"), At: monday, Until: now, Outcome: rapid.SampledFrom([]ledger.SlotOutcome{"", ledger.SlotPosting, ledger.SlotPosted}).Draw(r, "outcome"), Reason: name("reason")}))
			must(l.See(t.Context(), now, name("seen")))
		case 6:
			must(l.Store(t.Context(), ledger.Stored{Name: name("name"), Channel: channel(), Home: "9", Settings: "{}", By: person, At: now}))
			_, err := l.Follow(t.Context(), ledger.Follow{Channel: channel(), User: "7", Tag: name("tag"), At: now})
			must(err)
		case 7:
			_, err := l.Pause(t.Context(), ledger.Pause{Channel: channel(), By: person, At: now})
			must(err)
			must(l.Lose(t.Context(), ledger.Outage{Adapter: name("outage"), Refusal: ledger.Refusal{Scope: ledger.OfAdapter, Since: now}, Reason: "revoked"}))
		case 8:
			must(l.Record(t.Context(), ledger.Act{At: now, By: person, Channel: channel(), Home: "9", Line: name("line"), What: name("what")}))
		case 9:
			must(l.Move(t.Context(), ledger.Move{Key: d.Key, From: d.Digest, To: name("moved")}))
		}
	}
}

// same compares all answers of two ledgers.
func same(r *rapid.T, t *testing.T, got, want ledger.Ledger) {
	t.Helper()
	a, b := answers(r, t, got), answers(r, t, want)
	for _, question := range slices.Sorted(maps.Keys(b)) {
		if !reflect.DeepEqual(a[question], b[question]) {
			r.Errorf("%s:\ngot  %+v\nwant %+v", question, a[question], b[question])
		}
	}
}

// answers returns a ledger's answers to every possible query.
func answers(r *rapid.T, t *testing.T, l ledger.Ledger) map[string]any {
	t.Helper()
	all := map[string]any{}
	note := func(question string, answer any, err error) {
		if all[question] = answer; err != nil {
			r.Fatal(question, err)
		}
	}
	list, err := l.List(t.Context(), ledger.Query{Limit: -1})
	note("list", list, err)
	var channels []chat.Channel
	var keys []chat.Key
	for _, d := range list {
		whole, err := l.Get(t.Context(), d.Key)
		note(fmt.Sprint("get ", d.Key), whole, err)
		channels, keys = append(channels, d.Channel), append(keys, d.Key)
		before, err := l.List(t.Context(), ledger.Query{Before: d.Key, Limit: 2})
		note(fmt.Sprint("before ", d.Key), before, err)
	}
	due, err := l.Due(t.Context(), monday.Add(time.Hour))
	note("due", due, err)
	known, err := l.Known(t.Context(), channels, names...)
	note("known", known, err)
	digests, err := l.Digests(t.Context())
	note("digests", digests, err)
	taken, err := l.Taken(t.Context(), keys...)
	note("taken", taken, err)
	var told []ledger.Told
	for x, err := range l.Told(t.Context(), time.Time{}) {
		note("told", nil, err)
		told = append(told, x)
	}
	note("told", told, nil)
	for _, name := range names {
		begun, err := l.Begun(t.Context(), name)
		note("begun "+name, begun, err)
		slots, err := l.Slots(t.Context(), name, -1)
		note("slots "+name, slots, err)
		for _, adapter := range []string{"discord", "slack"} {
			follows, err := l.Follows(t.Context(), chat.Channel{Adapter: adapter, ID: name}, "")
			note("follows "+adapter+name, follows, err)
		}
	}
	running, err := l.Running(t.Context(), "")
	note("running", running, err)
	seen, err := l.Seen(t.Context(), names...)
	note("seen", seen, err)
	revision, err := l.Revision(t.Context())
	note("revision", revision, err)
	stored, err := l.Stored(t.Context())
	note("stored", stored, err)
	pauses, err := l.Pauses(t.Context())
	note("pauses", pauses, err)
	outages, err := l.Outages(t.Context())
	note("outages", outages, err)
	acts, err := l.Acts(t.Context(), ledger.ActQuery{Limit: -1})
	note("acts", acts, err)
	return all
}

// TestFillAllOrNothing: a database that is not empty is refused, and an interrupted copy
// leaves nothing behind.
func TestFillAllOrNothing(t *testing.T) {
	from, err := sqlite.Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	for i := range 3 {
		if _, err := from.Plan(t.Context(), ledger.NewDelivery(fmt.Sprint(i), "", team, monday)); err != nil {
			t.Fatal(err)
		}
	}
	server := postgrestest.Start(t)
	to := opened(t, server.Database(t))
	var missing []string
	if err := to.Pool().QueryRow(t.Context(), `SELECT coalesce(array_agg(tablename), '{}') FROM pg_tables WHERE schemaname = 'digestbot' AND tablename <> ALL ($1)`,
		append(postgres.Tables(), "format")).Scan(&missing); err != nil || len(missing) > 0 {
		t.Errorf("tables that are not seen to be empty: %q, %v", missing, err)
	}
	broken := errors.New("the file broke")
	for name, rows := range map[string]func(yield func(ledger.Row, error) bool){
		"the file broke": func(yield func(ledger.Row, error) bool) {
			n := 0
			for row, err := range from.Rows(t.Context()) {
				if n++; n == 3 {
					row, err = ledger.Row{}, broken
				}
				if !yield(row, err) {
					return
				}
			}
		},
		"has a table moods": func(yield func(ledger.Row, error) bool) {
			for row, err := range from.Rows(t.Context()) {
				if !yield(row, err) {
					return
				}
			}
			yield(ledger.Row{Table: "moods", Columns: []string{"mood"}, Values: []any{"good"}}, nil)
		},
	} {
		if err := to.Fill(t.Context(), rows); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
		if all, err := to.List(t.Context(), ledger.Query{}); err != nil || len(all) != 0 {
			t.Errorf("%s: %d are left, %v", name, len(all), err)
		}
	}
	if err := to.Fill(t.Context(), from.Rows(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := to.Fill(t.Context(), from.Rows(t.Context())); err == nil || !strings.Contains(err.Error(), "the database has rows already, in digestbot.deliveries") {
		t.Errorf("filled twice: %v", err)
	}
	for what, do := range map[string]func(l *postgres.Ledger) error{
		"subscriptions": func(l *postgres.Ledger) error {
			return l.Store(t.Context(), ledger.Stored{Name: "morning", Channel: team})
		},
		"leases": func(l *postgres.Ledger) error { _, err := l.Lease(t.Context(), "x", "a", time.Hour); return err },
	} {
		l := opened(t, server.Database(t))
		if err := do(l); err != nil {
			t.Fatal(err)
		}
		if err := l.Fill(t.Context(), from.Rows(t.Context())); err == nil || !strings.Contains(err.Error(), "has rows already, in digestbot."+what) {
			t.Errorf("with %s: %v", what, err)
		}
	}
}
