package dispatch_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/ledgertest"
)

// memory is a ledger that keeps the contract except for durability: thousands of histories
// a second cannot wait for a disk.
type memory struct {
	mu    sync.Mutex
	rows  []*ledger.Delivery // in the order of planning
	keys  map[chat.Key]*ledger.Delivery
	parts map[chat.Key]bool
	begun map[string]bool
	slots map[string][]ledger.Slot // by subscription, the latest first
	wishes
}

func newMemory() *memory {
	return &memory{keys: map[chat.Key]*ledger.Delivery{}, parts: map[chat.Key]bool{}, begun: map[string]bool{}, slots: map[string][]ledger.Slot{}}
}

func TestMemoryKeepsTheContract(t *testing.T) {
	stores := sync.Map{}
	ledgertest.Run(t, func(t *testing.T) ledger.Ledger {
		store, _ := stores.LoadOrStore(t.Name(), newMemory())
		return store.(*memory)
	})
}

// plain returns a time as a file stores it.
func plain(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Round(0).UTC()
}

// clone returns a copy of a delivery that shares nothing but payloads.
func clone(d *ledger.Delivery, payloads bool) ledger.Delivery {
	c := *d
	c.Said, c.Decisions = slices.Clone(d.Said), slices.Clone(d.Decisions)
	c.Parts = slices.Clone(d.Parts)
	for _, at := range []*time.Time{&c.Slot, &c.Planned, &c.Next, &c.Ended, &c.Since, &c.Revised, &c.Refused.Since} {
		*at = plain(*at)
	}
	for i := range c.Parts {
		p := &c.Parts[i]
		p.First, p.Last = plain(p.First), plain(p.Last)
		if !payloads {
			p.Payload = nil
		}
	}
	return c
}

func (m *memory) enter(deliveries []ledger.Delivery) ([]chat.Key, error) {
	fresh := map[chat.Key]bool{}
	for _, d := range deliveries {
		if m.keys[d.Key] != nil {
			continue
		}
		if err := m.add(fresh, d.Parts); err != nil {
			return nil, err
		}
	}
	var entered []chat.Key
	for _, d := range deliveries {
		if m.keys[d.Key] == nil {
			row := clone(&d, true)
			m.rows, m.keys[d.Key] = append(m.rows, &row), &row
			entered = append(entered, d.Key)
		}
	}
	maps.Copy(m.parts, fresh)
	return entered, nil
}

// add adds the keys of parts to fresh ones; a duplicate key is an error.
func (m *memory) add(fresh map[chat.Key]bool, parts []ledger.Part) error {
	for _, p := range parts {
		if m.parts[p.Key] || fresh[p.Key] {
			return fmt.Errorf("two parts have the key %s", p.Key)
		}
		fresh[p.Key] = true
	}
	return nil
}

func (m *memory) Plan(ctx context.Context, deliveries ...ledger.Delivery) ([]chat.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return m.enter(deliveries)
}

func (m *memory) Save(ctx context.Context, d *ledger.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	row := m.keys[d.Key]
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if row == nil || row.Version != d.Version {
		return ledger.ErrFenced
	}
	frozen := len(row.Parts)
	rewrite := !row.Revised.Equal(d.Revised)
	if len(d.Parts) < frozen || len(d.Parts) > frozen && frozen > 0 && !rewrite {
		return fmt.Errorf("delivery %s: it has %d parts, but %d were frozen", d.Key, len(d.Parts), frozen)
	}
	fresh := map[chat.Key]bool{}
	if err := m.add(fresh, d.Parts[frozen:]); err != nil {
		return err
	}
	maps.Copy(m.parts, fresh)
	was := row.Parts
	*row = clone(d, true)
	for i := range was {
		if !rewrite {
			row.Parts[i].Payload = was[i].Payload
		}
	}
	d.Version++
	row.Version++
	return nil
}

func (m *memory) Get(_ context.Context, key chat.Key) (ledger.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if row := m.keys[key]; row != nil {
		return clone(row, true), nil
	}
	return ledger.Delivery{}, fmt.Errorf("delivery %s: %w", key, ledger.ErrNotFound)
}

func (m *memory) Due(_ context.Context, now time.Time) ([]ledger.Turn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := map[chat.Channel]*ledger.Delivery{}
	for _, row := range m.rows {
		if before := first[row.Channel]; !row.State.Ended() && (before == nil || !before.Since.IsZero() && row.Since.IsZero()) {
			first[row.Channel] = row
		}
	}
	var due []ledger.Turn
	for _, row := range m.rows {
		if first[row.Channel] == row && !row.Next.After(now) {
			due = append(due, ledger.Turn{Key: row.Key, Channel: row.Channel, Round: row.Parts.Round()})
		}
	}
	return due, nil
}

func (m *memory) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	var list []ledger.Delivery
	reached := q.Before == ""
	for _, row := range slices.Backward(m.rows) {
		switch {
		case !reached:
			reached = row.Key == q.Before
		case q.Limit > 0 && len(list) == q.Limit:
			return list, nil
		case q.Adapter != "" && row.Channel.Adapter != q.Adapter,
			q.Channel != (chat.Channel{}) && row.Channel != q.Channel,
			q.Digest != "" && row.Digest != q.Digest,
			len(q.Of) > 0 && !m.tells(row, q.Of),
			q.State != "" && row.State != q.State,
			q.Except != "" && row.State == q.Except,
			!q.From.IsZero() && row.Planned.Before(q.From),
			!q.To.IsZero() && !row.Planned.Before(q.To),
			q.Subscription != "" && row.Subscription != q.Subscription,
			!q.Slot.IsZero() && !row.Slot.Equal(q.Slot),
			q.Bundle != "" && row.Bundle != q.Bundle,
			(q.Waiting || q.Refused) && row.State.Ended(),
			q.Refused && row.Refused.Scope == "",
			!q.Since.IsZero() && (row.Since.IsZero() || row.Since.Before(q.Since)):
		default:
			list = append(list, clone(row, false))
		}
	}
	return list, nil
}

// tells reports whether a row, or one that is posted with it, is of one of the digests.
func (m *memory) tells(row *ledger.Delivery, of []string) bool {
	return slices.ContainsFunc(m.rows, func(x *ledger.Delivery) bool {
		return (x == row || x.Bundle != "" && x.Bundle == row.Key) && slices.Contains(of, x.Digest)
	})
}

func (m *memory) Known(_ context.Context, channels []chat.Channel, digests ...string) (all []map[string]ledger.Known, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range channels {
		all = append(all, m.known(c, digests))
	}
	return all, nil
}

func (m *memory) known(channel chat.Channel, digests []string) map[string]ledger.Known {
	known := map[string]ledger.Known{}
	for _, row := range slices.Backward(m.rows) {
		lead := row
		if row.Bundle != "" {
			lead = m.keys[row.Bundle]
		}
		if row.Channel != channel || lead == nil || !slices.Contains(digests, row.Digest) {
			continue
		}
		k := known[row.Digest]
		k.Open = k.Open || !lead.State.Ended() && len(lead.Said) == 0
		for _, s := range lead.Said {
			if s.Digest == row.Digest {
				k.Said = append(k.Said, s)
			}
		}
		known[row.Digest] = k
	}
	return known
}

func (m *memory) Digests(context.Context) (map[string]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := map[string]bool{}
	for _, row := range m.rows {
		if row.Digest != "" {
			ids[row.Digest] = true
		}
	}
	return ids, nil
}

func (m *memory) Told(_ context.Context, since time.Time) iter.Seq2[ledger.Told, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []ledger.Told
	for _, row := range slices.Backward(m.rows) {
		if row.Digest == "" || row.Planned.Before(since) {
			continue
		}
		t := ledger.Told{Key: row.Key, Digest: row.Digest, Title: row.Title, Subscription: row.Subscription, Slot: row.Slot, Open: !m.lead(row).State.Ended()}
		for _, s := range m.lead(row).Said {
			if s.Digest == row.Digest {
				t.Said = s
				break
			}
		}
		all = append(all, t)
	}
	return func(yield func(ledger.Told, error) bool) {
		for _, t := range all {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// lead returns the row with which a row is posted.
func (m *memory) lead(row *ledger.Delivery) *ledger.Delivery {
	if lead := m.keys[row.Bundle]; lead != nil {
		return lead
	}
	return row
}

func (m *memory) Move(ctx context.Context, moves ...ledger.Move) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, move := range moves {
		row := m.keys[move.Key]
		if row == nil || row.Digest != move.From {
			continue
		}
		row.Digest = move.To
		row.Version++
		if lead := m.lead(row); slices.ContainsFunc(lead.Said, func(s ledger.Said) bool { return s.Digest == move.From }) {
			lead.Said = move.Moved(lead.Said)
			lead.Version++
		}
	}
	return nil
}

func (m *memory) Taken(_ context.Context, keys ...chat.Key) (map[chat.Key]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := map[chat.Key]string{}
	for _, key := range keys {
		if row := m.keys[key]; row != nil {
			taken[key] = row.Digest
		}
	}
	return taken, nil
}

func (m *memory) Begun(_ context.Context, subscription string) (map[chat.Channel]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	begun := map[chat.Channel]bool{}
	for key, is := range m.begun {
		if of, channel, _ := strings.Cut(key, " "); is && of == subscription {
			c, err := chat.ParseChannel(channel)
			if err != nil {
				return nil, err
			}
			begun[c] = true
		}
	}
	return begun, nil
}

func (m *memory) Begin(ctx context.Context, subscription string, _ time.Time, channels []chat.Channel, deliveries ...ledger.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	begun := func(d ledger.Delivery) bool { return m.begun[subscription+" "+d.Channel.String()] }
	if _, err := m.enter(slices.DeleteFunc(slices.Clone(deliveries), begun)); err != nil {
		return err
	}
	for _, c := range channels {
		m.begun[subscription+" "+c.String()] = true
	}
	return nil
}

func (m *memory) SaveSlot(_ context.Context, s ledger.Slot) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.At, s.Until, s.Closed = plain(s.At), plain(s.Until), plain(s.Closed)
	all := m.slots[s.Subscription]
	i, found := slices.BinarySearchFunc(all, s, func(a, b ledger.Slot) int { return b.At.Compare(a.At) })
	if found {
		all[i] = s
	} else {
		m.slots[s.Subscription] = slices.Insert(all, i, s)
	}
	return nil
}

func (m *memory) Slots(_ context.Context, subscription string, limit int) ([]ledger.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.slots[subscription]
	if limit < 0 {
		limit = len(all)
	}
	return slices.Clone(all[:min(limit, len(all))]), nil
}

func (m *memory) Running(_ context.Context, subscription string) ([]ledger.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var running []ledger.Slot
	for name, slots := range m.slots {
		for _, s := range slots {
			if (subscription == "" || name == subscription) && (s.Outcome == "" || s.Outcome == ledger.SlotPosting) {
				running = append(running, s)
			}
		}
	}
	slices.SortStableFunc(running, func(a, b ledger.Slot) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Subscription, b.Subscription))
	})
	return running, nil
}

func (m *memory) Close() error { return nil }

// moved moves the times of all deliveries, to simulate that the clock was set in the
// opposite direction.
func (m *memory) moved(by time.Duration) {
	for _, row := range m.rows {
		at := []*time.Time{&row.Planned, &row.Next, &row.Ended, &row.Since, &row.Revised}
		for i := range row.Parts {
			at = append(at, &row.Parts[i].First, &row.Parts[i].Last)
		}
		for _, t := range at {
			if !t.IsZero() {
				*t = t.Add(by)
			}
		}
	}
}
