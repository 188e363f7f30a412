package house

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/zone"
)

// announcer logs what serve has, where its adapters can be reached and what it waits for.
type announcer struct {
	log     *slog.Logger
	version string // of the program
	mu      sync.Mutex
	where   map[string]string // where each adapter can be reached, by name
}

func (s *announcer) begin(h *House) {
	s.log.Info("digestbot: starts", "version", s.version, "tz_database", zone.Newest().String(), "state", h.Config.State)
	for _, l := range h.parts {
		s.library(h, l)
	}
	if all, ok := h.library.(*source.Joined); ok {
		if n := len(all.Library().Copies()); n > 0 {
			s.log.Info("library: digests are left out, because another library holds the same", "digests", n)
		}
	}
}

// library logs what is in a library.
func (s *announcer) library(h *House, l libraries.Library) {
	all := l.Library()
	log := s.log.With("path", l.Config.Path)
	if len(h.parts) > 1 {
		log = log.With("library", l.Config.Origin.Name)
	}
	if n := l.LeftOut(); len(n) > 0 {
		log = log.With("left_out", libraries.LeftOut(n))
	}
	var reader subscription.Subscription
	if all := h.Dispatcher.Subscriptions.All(); len(all) > 0 {
		reader.Zone = all[0].Zone
	}
	if newest := reader.NewestOf(all.All(), time.Now()); newest != nil {
		log.Info("library: opened", "digests", all.Len(), "newest", newest.Title, "day", newest.Date.Format(time.DateOnly))
	} else if all.Len() > 0 {
		log.Info("library: opened, and all of its digests are of future days", "digests", all.Len())
	} else {
		log.Info("library: opened, and it has no digests yet")
	}
	if n := l.Problems(); len(n) > 0 {
		log.Info("library: there are problems in its files: digestbot lint lists them", "problems", len(n))
	}
}

// listen starts the given adapters that can listen, and waits a moment for them.
func (s *announcer) listen(t *tenant, these []Adapter) {
	h, ctx := t.House, t.hearing.Context
	var waiting sync.WaitGroup
	for _, a := range these {
		if off := a.Capabilities().Off; off != "" {
			s.log.Info("adapter: off", "adapter", a.Name, "reason", off)
			continue
		}
		listener, ok := a.Adapter.(chat.Listener)
		if !ok {
			s.log.Info("adapter: posts only", "adapter", a.Name)
			continue
		}
		waiting.Add(1)
		once := sync.OnceFunc(waiting.Done)
		t.hearing.Go(func() {
			defer once()
			tell := func(err error) {
				if err != nil {
					h.Log.Error("adapter: admins cannot be told whether commands are received", "adapter", a.Name, "error", err)
				}
			}
			// An error that ends listening permanently also ends the process, so once is
			// enough.
			heard := sync.OnceFunc(func() { tell(h.Dispatcher.Outages.Heard(ctx, a.Name)) })
			if h.replica != nil && a.Capabilities().OneListener {
				once() // another replica may listen
			}
			err := h.alone(ctx, a, func(ctx context.Context) error {
				return panics.Contain(h.Log, "hear commands", func() error {
					return listener.Listen(ctx, command.Tree(), h.Desk, func(where string) {
						heard()
						s.ready(a.Name, where)
						once()
					})
				}, "adapter", a.Name)
			})
			if err == nil || ctx.Err() != nil || t.early(a.Name, err) {
				return
			}
			t.ends(a.Name, err)
			h.Log.Error("adapter: receives no commands until the configuration is reloaded or digestbot is restarted", "adapter", a.Name, "error", err)
			tell(h.Dispatcher.Outages.Unheard(ctx, a.Name, err))
		})
	}
	all := make(chan struct{})
	go func() { waiting.Wait(); close(all) }()
	select {
	case <-all:
	case <-ctx.Done():
	case <-time.After(readyLimit):
	}
}

// ready logs where an adapter can be reached, once for each place.
func (s *announcer) ready(name, where string) {
	s.mu.Lock()
	known := s.where[name] == where
	s.where[name] = where
	s.mu.Unlock()
	if !known {
		s.log.Info("adapter: reached", "adapter", name, "where", where)
	}
}

// connections returns where each adapter can be reached now, or why it cannot.
func (s *announcer) connections(h *House) (all []compose.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range h.adapters {
		c := compose.Connection{Name: a.Name, Where: s.where[a.Name], Off: a.Capabilities().Off}
		if known, ok := a.Adapter.(chat.Connected); ok && c.Off == "" {
			switch err := known.Connection(); {
			case err != nil && h.elsewhere(a.Name):
				c.Where = "another replica"
			case err != nil:
				c.Off = chat.Reason(err)
			}
		}
		all = append(all, c)
	}
	return all
}

// slots logs what each subscription waits for.
func (s *announcer) slots(h *House, now time.Time) {
	all, lost, library := h.Dispatcher.Subscriptions.All(), h.Dispatcher.Lost(), h.library.Library()
	examples := library.Len() > 0 && !slices.ContainsFunc(library.All(), func(d *digest.Card) bool { return !d.Example })
	for _, sub := range all {
		for _, c := range sub.Channels {
			switch off := h.Dispatcher.Off(c); {
			case slices.ContainsFunc(lost, func(x dispatch.Lost) bool { return x.Subscription.Name == sub.Name }): // the log has said so
			case off != "":
				s.log.Warn("subscription: a channel gets nothing while its adapter is off", "subscription", sub.Name, "channel", c.String(), "reason", off)
			case examples && !h.Dispatcher.Platforms.Adapters[c.Adapter].Capabilities().Local:
				s.log.Warn("subscription: a channel gets nothing from the examples of digestbot: set library.path to your own digests", "subscription", sub.Name, "channel", c.String())
			}
		}
		s.log.Info("subscription: next slot", "subscription", sub.Name, "slot", sub.Schedule.Next(now).In(sub.Zone), "zone", sub.Zone.String())
	}
	if len(all) == 0 {
		s.log.Warn("subscription: there is no [[subscription]] in the configuration, and none was made with /digest subscribe, so nothing is posted")
	}
}
