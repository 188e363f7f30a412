package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// TestSaveWritesWhatChanged: whatever either of two processes changes in a delivery, both
// read it, and saving from an older state is refused, although a change writes only what it
// affects.
func TestSaveWritesWhatChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	ledgers := []*sqlite.Ledger{open(t, path), open(t, path)}
	for _, l := range ledgers {
		defer func() { _ = l.Close() }()
	}
	now := time.Now().UTC()
	histories := 0
	rapid.Check(t, func(r *rapid.T) {
		histories++
		l := ledgers[0]
		d := ledger.NewDelivery(fmt.Sprint("digest", histories), "Morning @everyone", chat.Channel{Adapter: "web", ID: "general"}, now)
		if _, err := l.Plan(t.Context(), d); err != nil {
			r.Fatal(err)
		}
		if err := d.Freeze([]chat.Payload{chat.Payload("{}"), chat.Payload("[]"), chat.Payload(`"晨"`)}); err != nil {
			r.Fatal(err)
		}
		if err := l.Save(t.Context(), &d); err != nil {
			r.Fatal(err)
		}
		old := d
		old.Parts = slices.Clone(d.Parts)
		for range rapid.IntRange(1, 12).Draw(r, "changes") {
			l = ledgers[rapid.IntRange(0, 1).Draw(r, "process")]
			if rapid.Bool().Draw(r, "read anew") {
				got, err := l.Get(t.Context(), d.Key)
				if err != nil {
					r.Fatal(err)
				}
				d = got
			}
			at := now.Add(time.Duration(rapid.IntRange(0, 1000).Draw(r, "at")) * time.Millisecond)
			part := &d.Parts[rapid.IntRange(0, len(d.Parts)-1).Draw(r, "part")]
			switch rapid.IntRange(0, 9).Draw(r, "change") {
			case 0:
				d.State, d.Next = ledger.Sending, at
				part.State, part.Last = ledger.Sending, at
				part.Attempts++
			case 1:
				part.State, part.Receipt = ledger.Sent, chat.Receipt{Channel: d.Channel, ID: fmt.Sprint(at.UnixNano()), URL: "https://example.com/"}
			case 2:
				d.State, d.Reason, part.Reason = ledger.InDoubt, "<!channel> 502", "502"
			case 3:
				d.State, d.Ended, d.Next = ledger.Held, at, time.Time{}
			case 4:
				d.State, d.Ended, d.Next = ledger.Planned, time.Time{}, at
			case 5:
				d.Refused, d.Decisions = ledger.Refusal{Scope: ledger.OfChannel, Since: at}, append(slices.Clone(d.Decisions), ledger.Decision{At: at, By: "reader", What: ledger.Released})
			case 6:
				d.Said = []ledger.Said{{Digest: d.Digest, Headlines: []string{fmt.Sprint(at.UnixNano())}}}
			case 7:
				d.Revised, part.Payload = at.Add(time.Duration(d.Version)), chat.Payload(fmt.Sprint(at.UnixNano()))
			case 8:
				part.Looks, part.Publish, part.Thread, part.Surplus = part.Looks+1, ledger.Planned, !part.Thread, !part.Surplus
			case 9:
				d.Title, d.Slot, d.Bundle = d.Title+"!", at, "another"
			}
			if err := l.Save(t.Context(), &d); err != nil {
				r.Fatal(err)
			}
			for i, l := range ledgers {
				got, err := l.Get(t.Context(), d.Key)
				if err != nil {
					r.Fatal(err)
				}
				if got, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", d); got != want {
					r.Fatalf("process %d reads\n%s, want\n%s", i, got, want)
				}
				stale := old
				stale.Reason = "stale"
				if err := l.Save(t.Context(), &stale); !errors.Is(err, ledger.ErrFenced) {
					r.Fatalf("process %d: an older state was saved with error %v", i, err)
				}
			}
		}
	})
}
