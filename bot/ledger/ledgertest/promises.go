package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// promises: what was saved is there for the next process that opens the ledger, at every
// step of a delivery's life.
func (s suite) promises(t *testing.T) {
	t.Run("at every step", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		plan(t, l, d)
		now := monday
		receipt := func(id string) chat.Receipt {
			return chat.Receipt{Channel: chat.Channel{Adapter: "discord", ID: "987", Thread: "65"}, ID: id, URL: "https://example.org/" + id + "?a=b&c"}
		}
		for _, step := range []struct {
			name string
			do   func() error
		}{
			{"frozen", func() error {
				d.Said = []ledger.Said{{Digest: d.Digest, Day: "2026-11-23", Text: hostile, Headlines: []string{"a", hostile}, Pages: []string{"b"}}, {Digest: "other"}}
				err := d.Freeze(payloads(2), payloads(3)[2])
				d.Parts[0].Publish, d.Parts[1].Publish = ledger.Planned, ledger.Planned
				return err
			}},
			{"promised", func() error { d.Promise(now); return nil }},
			{"retried", func() error { d.Retry("wait "+hostile, now.Add(time.Hour)); return nil }},
			{"paused", func() error {
				d.Refuse(ledger.Refusal{Scope: ledger.OfAdapter, Since: now}, "rejected "+hostile, now.Add(time.Hour))
				return nil
			}},
			{"released", func() error { return d.Release("Ada "+hostile, now) }},
			{"promised again", func() error { d.Promise(now); return nil }},
			{"not seen", func() error { d.Unseen("the answer was lost", now.Add(time.Minute)); return nil }},
			{"held", func() error { d.Hold("nobody can tell", now); return nil }},
			{"released again", func() error { return d.Release("Grace", now) }},
			{"promised once more", func() error { d.Promise(now); return nil }},
			{"posted", func() error { d.Posted(receipt("1"), now); return nil }},
			{"second promised", func() error { d.Promise(now); return nil }},
			{"in doubt", func() error { d.Doubt("the answer was lost", now.Add(time.Minute)); return nil }},
			{"found, without an id", func() error { d.Posted(chat.Receipt{}, now); return nil }},
			{"third promised", func() error { d.Promise(now); return nil }},
			{"third posted", func() error { d.Posted(receipt("3"), now); return nil }},
			{"passed on", func() error { d.Published("", now); return nil }},
			{"revised", func() error {
				d.Said[0].Text = "corrected"
				return d.Revise(now, []chat.Payload{chat.Payload("{}")}, append(payloads(3)[2:], chat.Payload("{\"more\":1}"))...)
			}},
			{"edit promised", func() error { d.Promise(now); return nil }},
			{"edited", func() error { d.Posted(d.Parts.Current().Receipt, now); return nil }},
			{"more promised", func() error { d.Promise(now); return nil }},
			{"correction failed", func() error { d.Fail("rejected "+hostile, now); return nil }},
			{"revised again", func() error { return d.Revise(now, payloads(2)) }},
			{"edit promised again", func() error { d.Promise(now); return nil }},
			{"edited again", func() error { d.Posted(d.Parts.Current().Receipt, now); return nil }},
			{"taken away", func() error { d.Posted(d.Parts.Current().Receipt, now); return nil }},
			{"removed and wanted once more", func() error {
				was := d.Parts[0].Key
				d.Restore("Ada "+hostile, now, was)
				if d.Parts[0].Key == was || ledger.Flaw(&d) != "" {
					return fmt.Errorf("the key is %s, the flaw %q", d.Parts[0].Key, ledger.Flaw(&d))
				}
				return nil
			}},
			{"and promised", func() error { d.Promise(now); return nil }},
		} {
			now = now.Add(time.Second)
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			save(t, l, &d)
			for _, handle := range []ledger.Ledger{l, s.open(t)} {
				if diff := diff(get(t, handle, d.Key), d); diff != "" {
					t.Fatalf("%s:\n%s", step.name, diff)
				}
			}
		}
	})

	t.Run("zero times", func(t *testing.T) {
		l := s.open(t)
		d := ledger.NewDelivery("2026-11-23", "", general, time.Time{})
		plan(t, l, d)
		got := get(t, l, d.Key)
		for name, at := range map[string]time.Time{"slot": got.Slot, "planned": got.Planned, "next": got.Next, "ended": got.Ended} {
			if !at.IsZero() {
				t.Errorf("%s is %s, want the zero time", name, at)
			}
		}
	})

	t.Run("1970", func(t *testing.T) {
		l := s.open(t)
		d := ledger.NewDelivery("2026-11-23", "", general, time.Unix(0, 0))
		plan(t, l, d)
		if got := get(t, l, d.Key).Planned; got.IsZero() || !got.Equal(d.Planned) {
			t.Errorf("got %s, want %s", got, d.Planned)
		}
	})

	t.Run("other zones", func(t *testing.T) {
		l := s.open(t)
		d := ledger.NewDelivery("2026-11-23", "", general, monday.In(time.FixedZone("", 8*3600)))
		plan(t, l, d)
		if got := get(t, l, d.Key).Planned; !got.Equal(monday) || got.Location() != time.UTC {
			t.Errorf("got %s, want %s", got, monday)
		}
	})

	t.Run("payloads never change", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		plan(t, l, d)
		frozen := payloads(2)
		if err := d.Freeze(frozen); err != nil {
			t.Fatal(err)
		}
		save(t, l, &d)
		d.Promise(monday)
		d.Parts = append([]ledger.Part(nil), d.Parts...)
		d.Parts[0].Payload, d.Parts[1].Payload = chat.Payload("{}"), nil
		save(t, l, &d)
		for i, p := range get(t, l, d.Key).Parts {
			if !bytes.Equal(p.Payload, frozen[i]) {
				t.Errorf("payload %d is %s, want %s", i+1, p.Payload, frozen[i])
			}
		}
	})

	t.Run("payloads change when they are revised", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		if err := d.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, d)
		for i := range d.Parts {
			d.Promise(monday)
			d.Posted(chat.Receipt{Channel: team, ID: fmt.Sprint(i)}, monday)
		}
		save(t, l, &d)
		// Revised twice at the same instant, as with a clock that stands still.
		for _, now := range [][]chat.Payload{{chat.Payload("{}"), chat.Payload("[]")}, payloads(3)} {
			if err := d.Revise(monday, now); err != nil {
				t.Fatal(err)
			}
			save(t, l, &d)
			got := get(t, l, d.Key)
			if diff := diff(got, d); diff != "" {
				t.Fatal(diff)
			}
			for i, p := range got.Parts {
				if !bytes.Equal(p.Payload, now[i]) {
					t.Errorf("payload %d is %s, want %s", i+1, p.Payload, now[i])
				}
			}
			for d.Parts.Current() != nil {
				d.Promise(monday)
				d.Posted(chat.Receipt{Channel: team, ID: "1"}, monday)
			}
			save(t, l, &d)
		}
	})

	t.Run("parts never go", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		plan(t, l, d)
		if err := d.Freeze(payloads(2)); err != nil {
			t.Fatal(err)
		}
		save(t, l, &d)
		short := d
		short.Parts = d.Parts[:1]
		if err := l.Save(t.Context(), &short); err == nil || short.Version != d.Version {
			t.Errorf("got error %v and version %d, want an error and version %d", err, short.Version, d.Version)
		}
		if diff := diff(get(t, l, d.Key), d); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("the most parts", func(t *testing.T) {
		l := s.open(t)
		d := delivery("2026-11-23", team)
		if err := d.Freeze(payloads(ledger.PartLimit)); err != nil {
			t.Fatal(err)
		}
		plan(t, l, d)
		for i, p := range get(t, l, d.Key).Parts {
			if want := chat.Key(fmt.Sprintf("%s-%d", d.Key, i+1)); p.Key != want {
				t.Fatalf("part %d has key %s, want %s", i+1, p.Key, want)
			}
		}
	})

	t.Run("unknown", func(t *testing.T) {
		if _, err := s.open(t).Get(t.Context(), hostile); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("got error %v, want %v", err, ledger.ErrNotFound)
		}
	})
}
