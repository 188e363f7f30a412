package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/zone"
)

// announcer tells the log what serve has, where it is reached and what it waits for.
type announcer struct {
	log   *slog.Logger
	mu    sync.Mutex
	where map[string]string // where each adapter is reached, by name
}

func (s *announcer) begin(h *house) {
	s.log.Info("digestbot: starts", "version", versionText(), "tz_database", zone.Newest().String(), "state", h.config.State)
	for _, l := range h.parts {
		s.library(h, l)
	}
	if all, ok := h.library.(*source.Joined); ok {
		if n := len(all.Library().Copies()); n > 0 {
			s.log.Info("library: digests are left out, because another library tells the same", "digests", n)
		}
	}
}

// library says what is in a library.
func (s *announcer) library(h *house, l libraries.Library) {
	all := l.Library()
	log := s.log.With("path", l.Config.Path)
	if len(h.parts) > 1 {
		log = log.With("library", l.Config.Origin.Name)
	}
	if n := l.LeftOut(); len(n) > 0 {
		log = log.With("left_out", leftOut(n))
	}
	var reader subscription.Subscription
	if all := h.dispatcher.Subscriptions.All(); len(all) > 0 {
		reader.Zone = all[0].Zone
	}
	if newest := reader.NewestOf(all.All(), time.Now()); newest != nil {
		log.Info("library: opened", "digests", all.Len(), "newest", newest.Title, "day", newest.Date.Format(time.DateOnly))
	} else if all.Len() > 0 {
		log.Info("library: opened, and all of its digests are of days to come", "digests", all.Len())
	} else {
		log.Info("library: opened, and it has no digests yet")
	}
	if n := l.Problems(); len(n) > 0 {
		log.Info("library: there are problems in its files: digestbot lint tells which", "problems", len(n))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// listen starts those of the adapters that people can talk to, and waits a moment for
// them.
func (s *announcer) listen(t *tenant, these []namedAdapter) {
	h, ctx := t.house, t.hearing.Context
	var waiting sync.WaitGroup
	for _, a := range these {
		if off := a.Capabilities().Off; off != "" {
			s.log.Info("adapter: off", "adapter", a.name, "reason", off)
			continue
		}
		listener, ok := a.Adapter.(chat.Listener)
		if !ok {
			s.log.Info("adapter: posts only", "adapter", a.name)
			continue
		}
		waiting.Add(1)
		once := sync.OnceFunc(waiting.Done)
		t.hearing.Go(func() {
			defer once()
			tell := func(err error) {
				if err != nil {
					h.log.Error("adapter: admins cannot be told whether commands are heard", "adapter", a.name, "error", err)
				}
			}
			// An error that ended listening for good ends with the process, so once is enough.
			heard := sync.OnceFunc(func() { tell(h.dispatcher.Outages.Heard(ctx, a.name)) })
			err := panics.Contain(h.log, "hear commands", func() error {
				return listener.Listen(ctx, command.Tree(), h.desk, func(where string) {
					heard()
					s.ready(a.name, where)
					once()
				})
			}, "adapter", a.name)
			if err == nil || ctx.Err() != nil || t.early(a.name, err) {
				return
			}
			h.log.Error("adapter: hears no commands until digestbot is started again", "adapter", a.name, "error", err)
			tell(h.dispatcher.Outages.Unheard(ctx, a.name, err))
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

// ready says where an adapter is reached, once for each place.
func (s *announcer) ready(name, where string) {
	s.mu.Lock()
	known := s.where[name] == where
	s.where[name] = where
	s.mu.Unlock()
	if !known {
		s.log.Info("adapter: reached", "adapter", name, "where", where)
	}
}

// connections are where each adapter is reached now, or why it is not.
func (s *announcer) connections(h *house) (all []compose.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range h.adapters {
		c := compose.Connection{Name: a.name, Where: s.where[a.name], Off: a.Capabilities().Off}
		if known, ok := a.Adapter.(chat.Connected); ok && c.Off == "" {
			if err := known.Connection(); err != nil {
				c.Off = chat.Reason(err)
			}
		}
		all = append(all, c)
	}
	return all
}

// slots says what each subscription waits for.
func (s *announcer) slots(h *house, now time.Time) {
	all, lost, library := h.dispatcher.Subscriptions.All(), h.dispatcher.Lost(), h.library.Library()
	examples := library.Len() > 0 && !slices.ContainsFunc(library.All(), func(d *digest.Card) bool { return !d.Example })
	for _, sub := range all {
		for _, c := range sub.Channels {
			switch off := h.dispatcher.Off(c); {
			case slices.ContainsFunc(lost, func(x dispatch.Lost) bool { return x.Subscription.Name == sub.Name }): // the log has said so
			case off != "":
				s.log.Warn("subscription: a channel gets nothing while its adapter is off", "subscription", sub.Name, "channel", c.String(), "reason", off)
			case examples && !h.dispatcher.Platforms.Adapters[c.Adapter].Capabilities().Local:
				s.log.Warn("subscription: a channel gets nothing from the examples of digestbot: set library.path to your own digests", "subscription", sub.Name, "channel", c.String())
			}
		}
		s.log.Info("subscription: next slot", "subscription", sub.Name, "slot", sub.Schedule.Next(now).In(sub.Zone), "zone", sub.Zone.String())
	}
	if len(all) == 0 {
		s.log.Warn("subscription: there is no [[subscription]] in the configuration, and nobody made one with /digest subscribe, so nothing is posted")
	}
}

// outcome is what became of a delivery: its reason, else where it is, if nobody
// has removed it.
func outcome(x ledger.Delivery) string {
	if x.Reason != "" {
		return ": " + x.Reason
	}
	first := x.Parts.First()
	switch {
	case first == nil:
		return ""
	case first.Removed():
		return ": somebody has removed the message"
	}
	return where(first.Receipt)
}

// leftOut says how many files are not in a library, and why, the commonest reason
// first.
func leftOut(counts map[string]int) string {
	total := 0
	var reasons []string
	for _, code := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }) {
		total += counts[code]
		reasons = append(reasons, strconv.Itoa(counts[code])+" "+cmp.Or(reasonOf[code], code))
	}
	files := "files are"
	if total == 1 {
		files = "file is"
	}
	return fmt.Sprintf("%d %s left out: %s", total, files, strings.Join(reasons, ", "))
}

// reasonOf is in words what keeps a file out, where the code does not say it.
var reasonOf = map[string]string{
	"duplicate": "copied or named as another",
	"draft":     "in draft",
	"lfs":       "kept by Git LFS",
	"link":      "behind a link",
	"no-digest": "without stories and text",
	"too-large": "too large",
}
