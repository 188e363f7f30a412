package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

// people is what people want of the dispatcher while it runs.
type people struct {
	mu      sync.RWMutex
	made    []Subscription
	changes int // how often made was read
	// refused are the stored subscriptions that are not understood, with what is
	// wrong with each.
	refused map[string]Problem
	halts   map[chat.Channel]ledger.Halt
	// serving are the first subscriptions that serve each channel; nil until
	// somebody asks.
	serving map[chat.Channel]*Subscription
	// changing is held while the ledger and the rest of this are brought together.
	changing sync.Mutex
}

// All are the subscriptions: those of the configuration, then those that were
// made in chat.
func (d *Dispatcher) All() []Subscription {
	d.people.mu.RLock()
	defer d.people.mu.RUnlock()
	if len(d.people.made) == 0 {
		return d.Subscriptions
	}
	return slices.Concat(d.Subscriptions, d.people.made)
}

// Serving is the subscription that serves a channel, the first if several do.
func (d *Dispatcher) Serving(c chat.Channel) (Subscription, bool) {
	d.people.mu.RLock()
	serving := d.people.serving
	d.people.mu.RUnlock()
	if serving == nil {
		serving = d.serve()
	}
	if s := serving[c]; s != nil {
		return *s, true
	}
	return Subscription{}, false
}

// serve works out what Serving looks up.
func (d *Dispatcher) serve() map[chat.Channel]*Subscription {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	serving := map[chat.Channel]*Subscription{}
	for _, all := range [][]Subscription{d.Subscriptions, d.people.made} {
		for i := range all {
			for _, c := range all[i].Channels {
				if serving[c] == nil {
					serving[c] = &all[i]
				}
			}
		}
	}
	d.people.serving = serving
	return serving
}

// Made are the subscriptions that were made in chat.
func (d *Dispatcher) Made() []Subscription {
	d.people.mu.RLock()
	defer d.people.mu.RUnlock()
	return d.people.made
}

// changes counts how often what people want was read from the ledger.
func (d *Dispatcher) changes() int {
	d.people.mu.RLock()
	defer d.people.mu.RUnlock()
	return d.people.changes
}

// Load reads from the ledger what people want. It is called before anything
// else is.
func (d *Dispatcher) Load(ctx context.Context) error {
	d.people.changing.Lock()
	defer d.people.changing.Unlock()
	return d.load(ctx)
}

func (d *Dispatcher) load(ctx context.Context) error {
	stored, err := d.Ledger.Stored(ctx)
	if err != nil {
		return err
	}
	halts, err := d.Ledger.Halts(ctx)
	if err != nil {
		return err
	}
	var made []Subscription
	refused := map[string]Problem{}
	for _, x := range stored {
		s, problems := d.read(x)
		if len(problems) > 0 {
			// Written by a version that knew other words.
			d.Log.Error("subscription of chat cannot be read", "subscription", x.Name, "problem", problems[0].Field+": "+problems[0].Text)
			refused[x.Name] = problems[0]
			continue
		}
		made = append(made, s)
	}
	halted := map[chat.Channel]ledger.Halt{}
	for _, h := range halts {
		halted[h.Channel] = h
	}
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	d.people.made, d.people.halts, d.people.serving, d.people.refused = made, halted, nil, refused
	d.people.changes++
	return nil
}

// tellRefused tells the admins, once each, of stored subscriptions that are not
// understood: nothing is posted for them until somebody makes them anew.
func (d *Dispatcher) tellRefused(ctx context.Context, now time.Time) error {
	d.people.mu.RLock()
	refused := d.people.refused
	d.people.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		p := refused[name]
		err := d.tell(ctx, compose.NotUnderstood(name, p.Setting.Name, p.Value, d.speaks(d.Admin)), now, "refused", name, p.Field, p.Value)
		if err != nil {
			return err
		}
	}
	return nil
}

// read is the subscription that was stored.
func (d *Dispatcher) read(x ledger.Stored) (Subscription, []Problem) {
	spec, err := SpecOf(x)
	if err != nil {
		return Subscription{}, []Problem{{Field: "settings", Text: err.Error()}}
	}
	s, problems := spec.Subscription(d.Names)
	s.Name, s.Channels, s.Since, s.Home = x.Name, []chat.Channel{x.Channel}, x.At, x.Home
	return s, problems
}

// SpecOf is what a stored subscription was made of.
func SpecOf(x ledger.Stored) (spec Spec, err error) {
	if err := json.Unmarshal([]byte(x.Settings), &spec); err != nil {
		return spec, fmt.Errorf("subscription %s: its settings cannot be read: %w", x.Name, err)
	}
	return spec, nil
}

// StoredName is the name under which a subscription that is made in chat is
// stored: its own one, which differs within its home, and that of the home. The
// ledger keeps slots by it.
func StoredName(name, adapter, home string) string {
	return name + "@" + strings.TrimSuffix(adapter+"."+home, ".")
}

// Label is what people call a subscription.
func (s Subscription) Label() string {
	if s.Since.IsZero() {
		return s.Name
	}
	name, _, _ := strings.Cut(s.Name, "@")
	return name
}

// longest is how far a subscription that is made in chat may look back: the
// ledger remembers more in any case.
const longest = 7 * 24 * time.Hour

// Subscribe stores a subscription that somebody made or changed in chat, and
// goes by it from now on; or says what is wrong with it.
func (d *Dispatcher) Subscribe(ctx context.Context, x ledger.Stored, spec Spec) ([]Problem, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	if problems := d.Check(spec); len(problems) > 0 {
		return problems, nil
	}
	x.Settings = string(text)
	return nil, d.change(ctx, func() error { return d.Ledger.Store(ctx, x) })
}

// Check says what Subscribe would refuse.
func (d *Dispatcher) Check(spec Spec) []Problem {
	s, problems := spec.Subscription(d.Names)
	for _, of := range Settings {
		if of.length != nil && *of.length(&s) > longest {
			text := spec.Written(of.Name)
			problems = append(problems, Problem{Setting: of, Field: of.Name, Key: of.Key, Value: text, Text: fmt.Sprintf("%q is too long: a week is the most", text)})
		}
	}
	return problems
}

// Unsubscribe removes a subscription that was made in chat, and reports whether
// there was one. Anything its slots have planned and nothing of which was posted is
// abandoned, unless another subscription names the channel.
func (d *Dispatcher) Unsubscribe(ctx context.Context, name string) (ok bool, err error) {
	err = d.change(ctx, func() (err error) {
		ok, err = d.Ledger.Drop(ctx, name)
		return err
	})
	return ok, err
}

// change changes what people want, and has it planned for at once.
func (d *Dispatcher) change(ctx context.Context, do func() error) error {
	d.people.changing.Lock()
	defer d.people.changing.Unlock()
	if err := do(); err != nil {
		return err
	}
	// It is stored, so it must not be cut short here.
	if err := d.load(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if d.Changed != nil {
		d.Changed()
	}
	return nil
}

// Halted is who halted a channel, if somebody did.
func (d *Dispatcher) Halted(c chat.Channel) (ledger.Halt, bool) {
	d.people.mu.RLock()
	defer d.people.mu.RUnlock()
	h, ok := d.people.halts[c]
	return h, ok
}

// Halt has nothing new posted to a channel: what has begun goes on, what is
// planned waits, and what slots would owe is skipped. It reports whether that is
// news.
func (d *Dispatcher) Halt(ctx context.Context, h ledger.Halt) (ok bool, err error) {
	err = d.change(ctx, func() (err error) {
		ok, err = d.Ledger.Halt(ctx, h)
		return err
	})
	return ok, err
}

// Resume takes a halt back: what waits goes on, and the next slot posts what is
// new. It reports whether there was a halt.
func (d *Dispatcher) Resume(ctx context.Context, c chat.Channel, by string, now time.Time) (ok bool, err error) {
	err = d.change(ctx, func() (err error) {
		ok, err = d.Ledger.Resume(ctx, c)
		return err
	})
	if err != nil {
		return ok, err
	}
	waiting, err := d.Ledger.List(ctx, ledger.Query{Channel: c, Waiting: true, Limit: -1})
	for _, x := range waiting {
		if err == nil && fresh(&x) && ledger.PausedBy.Is(x.Reason) {
			// How long it has waited is nobody's fault.
			_, err = d.Decide(ctx, x.Key, by, now, (*ledger.Delivery).Release)
		}
	}
	return ok, err
}

// Decide has somebody's decision made about a delivery. If it is just worked on,
// it is read anew. An error that is no *RefusedError is the ledger's.
func (d *Dispatcher) Decide(ctx context.Context, key chat.Key, by string, now time.Time, decision func(*ledger.Delivery, string, time.Time) error) (ledger.Delivery, error) {
	for {
		x, err := d.Ledger.Get(ctx, key)
		if err != nil {
			return x, err
		}
		if err := decision(&x, by, now); err != nil {
			return x, &RefusedError{err}
		}
		if err := d.Ledger.Save(ctx, &x); !errors.Is(err, ledger.ErrFenced) {
			return x, err
		}
	}
}

// RefusedError says why something cannot be done with a delivery as it is.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }

// pausedReason is why something is not posted to a halted channel.
func pausedReason(h ledger.Halt) string { return ledger.Because(ledger.PausedBy, h.By.Name) }

// fresh reports whether nothing was done yet about a delivery.
func fresh(x *ledger.Delivery) bool {
	return x.State == ledger.Planned && x.Since.IsZero() && !slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return p.Attempts > 0 })
}

// haltedLook is how long what waits for a halt to end is left alone; Resume
// wakes it.
const haltedLook = time.Hour

// holdBack reports whether x has to wait because its channel is halted, and has
// it do so.
func (d *Dispatcher) holdBack(x *ledger.Delivery, now time.Time) bool {
	h, ok := d.Halted(x.Channel)
	if !ok || x.Cause != ledger.ForSlot && x.Cause != ledger.ForStart || !fresh(x) {
		return false
	}
	x.Retry(pausedReason(h), now.Add(haltedLook))
	return true
}
