package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

func (s suite) moves(t *testing.T) {
	// told formats what was posted since the given time.
	told := func(t *testing.T, l ledger.Ledger, since time.Time) (out []string) {
		t.Helper()
		for x, err := range l.Told(t.Context(), since) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("%s %s %s %t %s%s", x.Key, x.Digest, x.Said.Digest, x.Open, x.Said.Was, x.Said.Text))
		}
		return out
	}
	compose := func(d *ledger.Delivery, digests ...string) {
		d.Parts = nil
		for _, id := range digests {
			d.Said = append(d.Said, ledger.Said{Digest: id, Day: "2026-11-23", Language: "zh-Hans", Text: "text of " + id + hostile, Headlines: []string{"h"}})
		}
	}

	t.Run("told and moved", func(t *testing.T) {
		ours, theirs := s.open(t), s.open(t)
		old, alone, lead, with, open := delivery("old", team), delivery("alone", team), delivery("lead", general), delivery("with", general), delivery("open", team)
		old.Planned = monday.Add(-48 * time.Hour)
		compose(&alone, "alone")
		compose(&lead, "lead", "with")
		with.Join(lead.Key, monday)
		notice, err := ledger.NewNotice(team, "notice", payloads(1), monday, "x")
		if err != nil {
			t.Fatal(err)
		}
		plan(t, ours, old, alone, lead, with, open, notice)
		want := []string{
			fmt.Sprintf("%s open  true ", open.Key),
			fmt.Sprintf("%s with with true text of with%s", with.Key, hostile),
			fmt.Sprintf("%s lead lead true text of lead%s", lead.Key, hostile),
			fmt.Sprintf("%s alone alone true text of alone%s", alone.Key, hostile),
		}
		if got := told(t, theirs, monday); !slices.Equal(got, want) {
			t.Errorf("told %q\nwant %q", got, want)
		}
		if got := told(t, theirs, time.Time{}); len(got) != 5 {
			t.Errorf("told since ever %q, want five", got)
		}
		for x, err := range theirs.Told(t.Context(), time.Time{}) {
			if err != nil || x.Key != open.Key || x.Title != open.Title || x.Subscription != "morning" || !x.Slot.Equal(open.Slot) {
				t.Errorf("told %+v, %v", x, err)
			}
			break // ending the iteration early
		}

		if ids, err := theirs.Digests(t.Context()); err != nil || len(ids) != 5 || !ids["with"] || !ids["old"] || ids[""] {
			t.Errorf("of the digests %v, %v", ids, err)
		}

		mine := get(t, ours, alone.Key)
		if err := theirs.Move(t.Context(), ledger.Move{Key: alone.Key, From: "alone", To: "moved " + hostile}, ledger.Move{Key: with.Key, From: "with", To: "moved"},
			ledger.Move{Key: open.Key, From: "another", To: "moved"}, ledger.Move{Key: "unknown", From: "open", To: "moved"}); err != nil {
			t.Fatal(err)
		}
		if err := ours.Save(t.Context(), &mine); !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("who works on what is moved gets %v, want %v", err, ledger.ErrFenced)
		}
		known, err := ours.Known(t.Context(), []chat.Channel{team, general}, "alone", "moved "+hostile, "with", "moved", "open", "lead")
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]bool{"alone": false, "moved " + hostile: true, "open": true} {
			if _, got := known[0][id]; got != want {
				t.Errorf("%s is known in the first channel: %t, want %t", id, got, want)
			}
		}
		if k := known[1]["moved"]; len(known[1]) != 2 || len(k.Said) != 1 || k.Said[0].Was != "with" || k.Said[0].Language != "zh-Hans" || len(known[1]["lead"].Said) != 1 {
			t.Errorf("known in the second channel %+v", known[1])
		}
		if got := get(t, ours, lead.Key); got.Digest != "lead" || got.Said[0].Digest != "lead" || got.Said[1].Digest != "moved" || got.Version == lead.Version {
			t.Errorf("the one that it is posted with is %+v", got)
		}
		// After a move there and back it has its first ID.
		for _, m := range []ledger.Move{{Key: with.Key, From: "moved", To: "again"}, {Key: with.Key, From: "again", To: "with"}} {
			if err := ours.Move(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if got := get(t, theirs, lead.Key).Said[1]; got.Digest != "with" || got.Was != "with" {
			t.Errorf("there and back it says %+v", got)
		}
		// A delivery in progress is saved under its new ID.
		now := get(t, ours, alone.Key)
		now.Skip("", monday)
		save(t, ours, &now)
		if got := get(t, theirs, alone.Key); got.Digest != "moved "+hostile || got.State != ledger.Skipped || got.Said[0].Was != "alone" {
			t.Errorf("what went on is %+v", got)
		}
	})

	t.Run("taken", func(t *testing.T) {
		l := s.open(t)
		one := delivery("one", team)
		plan(t, l, one)
		taken, err := l.Taken(t.Context(), one.Key, "free", hostile)
		if err != nil || len(taken) != 1 || taken[one.Key] != "one" {
			t.Errorf("taken %q, %v", taken, err)
		}
		if taken, err := l.Taken(t.Context()); err != nil || len(taken) != 0 {
			t.Errorf("taken of none %q, %v", taken, err)
		}
	})

	t.Run("cut short", func(t *testing.T) {
		l := s.open(t)
		one := delivery("one", team)
		plan(t, l, one)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Move(ctx, ledger.Move{Key: one.Key, From: "one", To: "two"}); err == nil {
			t.Error("what was cut short was moved")
		}
		if got := get(t, l, one.Key); got.Digest != "one" {
			t.Errorf("it is of %s", got.Digest)
		}
	})
}
