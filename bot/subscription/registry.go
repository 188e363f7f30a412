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

// Registry has the subscriptions of this moment, those of the configuration and
// those that people made in chat, and the channels that admins have paused. Each
// wish is in the ledger first and in memory then. The fields are set before
// use and not changed.
type Registry struct {
	// Configured are the subscriptions of the configuration.
	Configured []Subscription
	// Names are what the subscriptions that are made in chat may name.
	Names    Names
	Settings ledger.Settings
	Log      *slog.Logger
	// Changed, if not nil, is told when people want something else than before, so
	// that it is planned for at once.
	Changed func()

	mu      sync.RWMutex
	made    []Subscription
	version int // counts how often made was read
	// revision is that of the ledger's settings when they were read last.
	revision int64
	refused  []Refused
	pauses   map[chat.Channel]ledger.Pause
	// serving are the first subscriptions that serve each channel; nil until
	// somebody asks.
	serving map[chat.Channel]*Subscription
	// changing has room for the one who brings the ledger and the rest of this together.
	// A lock would keep a request waiting for longer than its context lasts, because the
	// ledger may be away.
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

// Refused is a subscription that was made in chat and that this version cannot read,
// with the first thing that is wrong with it.
type Refused struct {
	Name    string
	Problem Problem
}

// All are the subscriptions: those of the configuration, then those that were
// made in chat.
func (r *Registry) All() []Subscription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.made) == 0 {
		return r.Configured
	}
	return slices.Concat(r.Configured, r.made)
}

// Serving is the subscription that serves a channel, the first if several do.
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

// serve works out what Serving looks up.
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

// Made are the subscriptions that were made in chat.
func (r *Registry) Made() []Subscription {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.made
}

// Named is the subscription of a name; the zero one, which wants nothing, when
// there is none any more.
func (r *Registry) Named(name string) Subscription {
	for _, s := range r.All() {
		if s.Name == name {
			return s
		}
	}
	return Subscription{}
}

// Version counts how often what people want was read from the ledger.
func (r *Registry) Version() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.version
}

// Refused are the stored subscriptions that are not understood, by name: nothing is
// posted for them until somebody makes them anew.
func (r *Registry) Refused() []Refused {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.refused
}

// Load reads from the ledger what people want. It is called before anything
// else is.
func (r *Registry) Load(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	return r.load(ctx)
}

// Refresh reads anew what people want if another process has changed it, such as a
// command in a terminal, and has it planned for at once.
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

// reload reads what people want and has it planned for.
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
	// It is read first: a change between the two is noticed by the next Refresh.
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
			// Written by a version that knew other words.
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

// read is the subscription that was stored.
func (r *Registry) read(x ledger.Stored) (Subscription, []Problem) {
	spec, err := SpecOf(x)
	if err != nil {
		return Subscription{}, []Problem{{Field: "settings", Text: err.Error()}}
	}
	s, problems := spec.Subscription(r.Names)
	s.Name, s.Channels, s.Since, s.Home = x.Name, []chat.Channel{x.Channel}, x.At, x.Home
	return s, problems
}

// Subscribe stores a subscription that somebody made or changed in chat, and
// goes by it from now on; or says what is wrong with it.
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

// Unsubscribe removes a subscription that was made in chat, and reports whether
// there was one. Anything its slots have planned and nothing of which was posted is
// abandoned, unless another subscription names the channel.
func (r *Registry) Unsubscribe(ctx context.Context, name string) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Drop(ctx, name)
		return err
	})
	return ok, err
}

// change changes what people want, and has it planned for at once.
func (r *Registry) change(ctx context.Context, do func() error) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	if err := do(); err != nil {
		return err
	}
	return r.reload(context.WithoutCancel(ctx)) // it is stored, so it must not be cut short here
}

// Paused is who paused a channel, if somebody did.
func (r *Registry) Paused(c chat.Channel) (ledger.Pause, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h, ok := r.pauses[c]
	return h, ok
}

// Pause has nothing new posted to a channel: what has begun goes on, what is
// planned waits, and what slots would owe is skipped. It reports whether that is
// news.
func (r *Registry) Pause(ctx context.Context, h ledger.Pause) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Pause(ctx, h)
		return err
	})
	return ok, err
}

// Resume takes a pause back, and reports whether there was one.
func (r *Registry) Resume(ctx context.Context, c chat.Channel) (ok bool, err error) {
	err = r.change(ctx, func() (err error) {
		ok, err = r.Settings.Resume(ctx, c)
		return err
	})
	return ok, err
}

// Language is that of the bot's own words in a channel: the one of the subscription
// that serves it, else that of the first subscription.
func (r *Registry) Language(c chat.Channel) string {
	if s, ok := r.Serving(c); ok {
		return s.Language
	}
	if all := r.All(); len(all) > 0 {
		return all[0].Language
	}
	return ""
}

// ZoneFor is the time zone that a new subscription of a channel has if nothing
// is said: that of the others of the channel, else of the first in config.toml;
// empty if there is none.
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

// NameLimit is the most bytes of the name of a subscription that is made while the
// bot runs: it goes into the lines of buttons.
const NameLimit = 24

// FreeName is the name that a new subscription of a home gets; ok is false when
// it is taken, or is no name.
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
