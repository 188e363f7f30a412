package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Registry has the current subscriptions, from the configuration and from chat, and the
// channels that admins have paused. Each change is written to the ledger first and then
// applied in memory. The fields are set before use and not changed.
type Registry struct {
	// Configured are the subscriptions of the configuration.
	Configured []Subscription
	// Names are the names that subscriptions made in chat may use.
	Names    Names
	Settings ledger.Settings
	Log      *slog.Logger
	// Changed, if not nil, is called when a subscription or pause changes, so that planning
	// happens at once.
	Changed func()

	mu      sync.RWMutex
	made    []Subscription
	version int // counts how often made was read
	// revision is the revision of the ledger's settings when they were last read.
	revision int64
	refused  []Refused
	pauses   map[chat.Channel]ledger.Pause
	// serving maps each channel to the first subscription that serves it; nil until it is
	// first needed.
	serving map[chat.Channel]*Subscription
	// changing is a semaphore of one, for changing the ledger and the memory together. A
	// mutex could keep a request waiting beyond the end of its context, because the ledger
	// may be unreachable.
	changing chan struct{}
	ready    sync.Once
}

func (r *Registry) lock(ctx context.Context) error {
	r.ready.Do(func() { r.changing = make(chan struct{}, 1) })
	select {
	case r.changing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Registry) unlock() { <-r.changing }

// Refused is a subscription that was made in chat and that this version cannot read, with
// the first of its problems.
type Refused struct {
	Name    string
	Problem Problem
}

// All returns the subscriptions: those from the configuration, then those made in chat.
func (r *Registry) All() []Subscription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.made) == 0 {
		return r.Configured
	}
	return slices.Concat(r.Configured, r.made)
}

// Serving returns the subscription that serves a channel, the first if there are several.
func (r *Registry) Serving(c chat.Channel) (Subscription, bool) {
	r.mu.RLock()
	serving := r.serving
	r.mu.RUnlock()
	if serving == nil {
		serving = r.serve()
	}
	if s := serving[c]; s != nil {
		return *s, true
	}
	return Subscription{}, false
}

// serve computes the map that Serving uses.
func (r *Registry) serve() map[chat.Channel]*Subscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	serving := map[chat.Channel]*Subscription{}
	for _, all := range [][]Subscription{r.Configured, r.made} {
		for i := range all {
			for _, c := range all[i].Channels {
				if serving[c] == nil {
					serving[c] = &all[i]
				}
			}
		}
	}
	r.serving = serving
	return serving
}

// Made returns the subscriptions that were made in chat.
func (r *Registry) Made() []Subscription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.made
}

// Named returns the named subscription. If there is none any more, it returns the zero
// Subscription, which chooses nothing.
func (r *Registry) Named(name string) Subscription {
	for _, s := range r.All() {
		if s.Name == name {
			return s
		}
	}
	return Subscription{}
}

// Version counts how often the settings were read from the ledger.
func (r *Registry) Version() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.version
}

// Refused returns the stored subscriptions that cannot be read, by name: nothing is posted
// for them until someone makes them again.
func (r *Registry) Refused() []Refused {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.refused
}

// Load reads the settings from the ledger. It is called before any other method.
func (r *Registry) Load(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	return r.load(ctx)
}

// Refresh reloads the settings if another process has changed them, for example a command
// in a terminal, and triggers planning at once.
func (r *Registry) Refresh(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	revision, err := r.Settings.Revision(ctx)
	if err != nil || revision == r.revision {
		return err
	}
	return r.reload(ctx)
}

// reload reads the settings and triggers planning.
func (r *Registry) reload(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return err
	}
	if r.Changed != nil {
		r.Changed()
	}
	return nil
}

func (r *Registry) load(ctx context.Context) error {
	// The revision is read first: a change after it is noticed by the next Refresh.
	revision, err := r.Settings.Revision(ctx)
	if err != nil {
		return err
	}
	stored, err := r.Settings.Stored(ctx)
	if err != nil {
		return err
	}
	pauses, err := r.Settings.Pauses(ctx)
	if err != nil {
		return err
	}
	var made []Subscription
	var refused []Refused
	for _, x := range stored {
		s, problems := r.read(x)
		if len(problems) > 0 {
			// Written by a version with other settings.
			r.Log.Error("subscription: one of chat cannot be read", "subscription", x.Name, "problem", problems[0].Field+": "+problems[0].Text)
			refused = append(refused, Refused{x.Name, problems[0]})
			continue
		}
		made = append(made, s)
	}
	paused := map[chat.Channel]ledger.Pause{}
	for _, h := range pauses {
		paused[h.Channel] = h
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made, r.pauses, r.serving, r.refused = made, paused, nil, refused
	r.version++
	r.revision = revision
	return nil
}

// read converts a stored subscription.
func (r *Registry) read(x ledger.Stored) (Subscription, []Problem) {
	spec, err := SpecOf(x)
	if err != nil {
		return Subscription{}, []Problem{{Field: "settings", Text: err.Error()}}
	}
	s, problems := spec.Subscription(r.Names)
	s.Name, s.Channels, s.Since, s.Home = x.Name, []chat.Channel{x.Channel}, x.At, x.Home
	return s, problems
}

// Subscribe stores a subscription that someone made or changed in chat, and applies it from
// now on. If something is wrong with it, it returns the problems instead.
func (r *Registry) Subscribe(ctx context.Context, x ledger.Stored, spec Spec) ([]Problem, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	if problems := spec.Check(r.Names); len(problems) > 0 {
		return problems, nil
	}
	x.Settings = string(text)
	return nil, r.change(ctx, func() error { return r.Settings.Store(ctx, x) })
}

// Unsubscribe removes a subscription that was made in chat, and reports whether it existed.
// Deliveries that its slots have planned and of which nothing was posted are abandoned,
// unless another subscription names the channel.
func (r *Registry) Unsubscribe(ctx context.Context, name string) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Drop(ctx, name)
		return err
	})
	return ok, err
}

// change changes the stored settings and triggers planning at once.
func (r *Registry) change(ctx context.Context, do func() error) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if err := do(); err != nil {
		return err
	}
	return r.reload(context.WithoutCancel(ctx)) // the change is stored, so this must not be interrupted
}

// Paused returns the pause of a channel, if there is one.
func (r *Registry) Paused(c chat.Channel) (ledger.Pause, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h, ok := r.pauses[c]
	return h, ok
}

// Pause stops new posts to a channel: what has begun continues, what is planned waits, and
// what slots would owe is skipped. It reports whether the channel was not paused before.
func (r *Registry) Pause(ctx context.Context, h ledger.Pause) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Pause(ctx, h)
		return err
	})
	return ok, err
}

// Resume ends a pause, and reports whether there was one.
func (r *Registry) Resume(ctx context.Context, c chat.Channel) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Resume(ctx, c)
		return err
	})
	return ok, err
}

// Language returns the language of the bot's own words in a channel: that of the
// subscription that serves it, else that of the first subscription.
func (r *Registry) Language(c chat.Channel) string {
	if s, ok := r.Serving(c); ok {
		return s.Language
	}
	if all := r.All(); len(all) > 0 {
		return all[0].Language
	}
	return ""
}

// ZoneFor returns the default time zone for a new subscription of a channel: that of the
// channel's other subscriptions, else of the first in config.toml; empty if there is none.
func (r *Registry) ZoneFor(c chat.Channel) string {
	c.Thread = ""
	s, ok := r.Serving(c)
	if !ok && len(r.Configured) > 0 {
		s = r.Configured[0]
	}
	if s.Zone == nil {
		return ""
	}
	return s.Zone.String()
}

// NameLimit is the maximum length in bytes of the name of a subscription that is made while
// the bot runs: the name is part of buttons' lines.
const NameLimit = 24

// FreeName returns the name for a new subscription of a home; ok is false if the name is
// taken or not valid.
func (r *Registry) FreeName(name, adapter, home string) (free string, ok bool) {
	taken := func(name string) bool {
		return slices.ContainsFunc(r.All(), func(s Subscription) bool {
			return s.Name == StoredName(name, adapter, home) || s.Since.IsZero() && s.Name == name
		})
	}
	if name == "" {
		for n := 1; ; n++ {
			if name = "digest"; n > 1 {
				name = fmt.Sprintf("digest-%d", n)
			}
			if !taken(name) {
				return name, true
			}
		}
	}
	name = strings.ToLower(name)
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' && r != '.'
	})
	return name, !odd && len(name) <= NameLimit && !taken(name)
}
