// Package ledgertest is the suite that every ledger passes. It expresses the contract of
// ledger.Ledger as tests, and knows nothing of how a ledger stores its rows.
package ledgertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Run runs the suite. In each test, the first ledger that open returns must be empty; a
// second one must be another handle on the same rows, as another process would have it.
func Run(t *testing.T, open func(t *testing.T) ledger.Ledger) {
	s := suite{open: func(t *testing.T) ledger.Ledger {
		t.Helper()
		l := open(t)
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Errorf("ledger cannot be closed: %v", err)
			}
		})
		return l
	}}
	t.Run("Plan", s.plan)
	t.Run("Promises", s.promises)
	t.Run("Fence", s.fence)
	t.Run("Together", s.together)
	t.Run("Due", s.due)
	t.Run("List", s.list)
	t.Run("Moves", s.moves)
	t.Run("Begin", s.begin)
	t.Run("Slots", s.slots)
	t.Run("People", s.people)
}

type suite struct {
	open func(t *testing.T) ledger.Ledger
}

var (
	general = chat.Channel{Adapter: "web", ID: "general"}
	team    = chat.Channel{Adapter: "discord", ID: "123456789012345678"}

	// monday is the time of every test; its fraction of a second must survive.
	monday = time.Date(2026, 11, 23, 8, 30, 0, 123456789, time.UTC)
)

// hostile is text that a ledger must store unchanged.
const hostile = "@everyone <!channel> '; DROP TABLE deliveries; -- \" ` \\ 晨报 👩‍👩‍👧‍👦 שלום \u202e\n%s ?1 NULL"

// delivery returns a delivery with every field set that planning sets.
func delivery(digest string, to chat.Channel) ledger.Delivery {
	d := ledger.NewDelivery(digest, "Morning of "+digest+" "+hostile, to, monday)
	d.Subscription, d.Style, d.Language, d.Cause = "morning", "full", "zh-Hans", ledger.ForSlot
	d.Slot = monday.Truncate(time.Minute)
	return d
}

// payloads returns n different payloads.
func payloads(n int) []chat.Payload {
	var all []chat.Payload
	for i := range n {
		all = append(all, chat.Payload(fmt.Sprintf("{\"part\":%d,\"text\":%q}", i+1, hostile)))
	}
	return all
}

// diff describes how two deliveries differ, in JSON; it is empty if they do not.
func diff(got, want ledger.Delivery) string {
	g, w := text(got), text(want)
	if g == w {
		return ""
	}
	return fmt.Sprintf("got  %s\nwant %s", g, w)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// get returns a delivery that must exist.
func get(t *testing.T, l ledger.Ledger, key chat.Key) ledger.Delivery {
	t.Helper()
	d, err := l.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// plan inserts deliveries that must be new.
func plan(t *testing.T, l ledger.Ledger, deliveries ...ledger.Delivery) {
	t.Helper()
	got, err := l.Plan(t.Context(), deliveries...)
	if err != nil {
		t.Fatal(err)
	}
	if want := keys(deliveries); !slices.Equal(got, want) {
		t.Fatalf("planned %q, want %q", got, want)
	}
}

// save saves a delivery that must be unchanged.
func save(t *testing.T, l ledger.Ledger, d *ledger.Delivery) {
	t.Helper()
	version := d.Version
	if err := l.Save(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if d.Version != version+1 {
		t.Fatalf("version %d after a save, want %d", d.Version, version+1)
	}
}

func keys(deliveries []ledger.Delivery) []chat.Key {
	var all []chat.Key
	for _, d := range deliveries {
		all = append(all, d.Key)
	}
	return all
}

func digests(deliveries []ledger.Delivery) []string {
	all := []string{}
	for _, d := range deliveries {
		all = append(all, d.Digest)
	}
	return all
}
