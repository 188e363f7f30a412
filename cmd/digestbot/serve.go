package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/zone"
)

// readyLimit is how long serve waits for its listeners before it begins to
// post: one that cannot listen at all should end the program before that.
const readyLimit = 2 * time.Second

type serveCmd struct{}

// Run serves until it is told to stop.
func (serveCmd) Run(ctx context.Context, p *program, c *cli) (err error) {
	contents := reload.Contents(absolute(c.Config))
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	listen := conf.HTTP.Listen // before its port is known
	if err := conf.CheckLibraries(); err != nil {
		return p.all(conf, c, err)
	}
	if err := makeState(conf); err != nil {
		return err
	}
	warnState(conf, p.log(c))
	release, err := sqlite.Lock(conf.LockFile())
	if errors.Is(err, sqlite.ErrLocked) {
		return fmt.Errorf("another digestbot serves the state in %s: stop it first, or use another --state", conf.State)
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	s := &serving{
		program: p, cli: c, log: p.log(c), say: &announcer{program: p, where: map[string]string{}}, front: &front{},
		listen: listen, asks: make(chan request), failed: make(chan error, 1),
	}
	return s.run(ctx, conf, contents)
}

// learned is the least time between two looks at the library: answers must not wait for
// a processor that follows a library which changes every second.
const learned = 5 * time.Second

// learn works out what the desk needs of the library, now and after changes, until the
// context is done.
func (h *house) learn(ctx context.Context, changed <-chan struct{}) {
	for {
		_ = panics.Contain(h.log, "learn the library", func() error { h.desk.Learn(); return nil })
		select {
		case <-ctx.Done():
			return
		case <-time.After(learned):
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// announcer tells the operator in a few lines what serve does.
type announcer struct {
	*program
	mu    sync.Mutex
	where map[string]string // where each adapter is reached, by name
}

func (s *announcer) line(what, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.printf("%-9s %s\n", what, fmt.Sprintf(format, args...))
}

func (s *announcer) begin(h *house) {
	s.line("digestbot", "%s", versionText())
	s.line("zones", "tz database %s", zone.Newest())
	for _, l := range h.parts {
		s.library(h, l)
	}
	if all, ok := h.library.(*source.Joined); ok {
		if n := len(all.Library().Copies()); n > 0 {
			s.line("", "%s left out, because another library tells the same", count(n, "digest"))
		}
	}
	s.line("state", "%s", h.config.LedgerFile())
}

// library says what is in a library.
func (s *announcer) library(h *house, l libraries.Library) {
	name, all, out := l.Config.Path, l.Library(), ""
	if len(h.parts) > 1 {
		name = l.Config.Origin.Name + ": " + name
	}
	if n := l.LeftOut(); len(n) > 0 {
		out = "; " + leftOut(n)
	}
	var reader subscription.Subscription
	if all := h.dispatcher.Subscriptions.All(); len(all) > 0 {
		reader.Zone = all[0].Zone
	}
	if newest := reader.NewestOf(all.All(), time.Now()); newest != nil {
		s.line("library", "%s: %s, the newest is “%s” of %s%s", name, count(all.Len(), "digest"), newest.Title, newest.Date.Format("2 January 2006"), out)
	} else if all.Len() > 0 {
		s.line("library", "%s: %s of days to come%s", name, count(all.Len(), "digest"), out)
	} else {
		s.line("library", "%s: no digests yet%s", name, out)
	}
	where := l.Config.Path
	if repository, ok := l.Source.(*source.Repository); ok {
		where = "in a checkout of it"
		if err := repository.Outage(); err != nil {
			s.line("", "this is what was fetched last: %v", err)
		}
	}
	if n := l.Problems(); len(n) > 0 {
		s.line("", "%s in its files: digestbot show %s tells which", count(len(n), "problem"), where)
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
	h, ctx := t.house, t.hearing.ctx
	var waiting sync.WaitGroup
	for _, a := range these {
		if off := a.Capabilities().Off; off != "" {
			s.ready(a.name, "off: "+off)
			continue
		}
		listener, ok := a.Adapter.(chat.Listener)
		if !ok {
			s.ready(a.name, "posts only")
			continue
		}
		waiting.Add(1)
		once := sync.OnceFunc(waiting.Done)
		t.hearing.Go(func() {
			defer once()
			tell := func(err error) {
				if err != nil {
					h.log.Error("admins cannot be told whether commands are heard", "adapter", a.name, "error", err)
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
			h.log.Error("commands cannot be heard until digestbot is started again", "adapter", a.name, "error", err)
			s.line(a.name, "hears no commands until digestbot is started again: %v", err)
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

// ready says where an adapter is reached, or why it is not, once for each.
func (s *announcer) ready(name, where string) {
	s.mu.Lock()
	known := s.where[name] == where
	s.where[name] = where
	s.mu.Unlock()
	if !known {
		s.line(name, "%s", where)
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
			switch {
			case slices.ContainsFunc(lost, func(x dispatch.Lost) bool { return x.Subscription.Name == sub.Name }): // the log has said so
			case h.dispatcher.Off(c) != "":
				s.line(sub.Name, "%s gets nothing while %s is off", c, c.Adapter)
			case examples && !h.dispatcher.Platforms.Adapters[c.Adapter].Capabilities().Local:
				s.line(sub.Name, "%s gets nothing from the examples of digestbot: set library.path to your own digests", c)
			}
		}
		next := sub.Schedule.Next(now).In(sub.Zone)
		s.line(sub.Name, "the next slot opens %s (%s)", next.Format("Monday 2 January 15:04 MST"), sub.Zone)
	}
	if len(all) == 0 {
		s.line("", "there is no [[subscription]] in the configuration, and nobody made one with /digest subscribe, so nothing is posted")
	}
}

// delivery says how a delivery ended.
func (s *announcer) delivery(x ledger.Delivery) {
	if !x.State.Ended() {
		return
	}
	what := string(x.State)
	if x.State == ledger.Sent && !x.Revised.IsZero() {
		what = "corrected"
	}
	s.line(what, "“%s” to %s%s", x.Title, x.Channel, outcome(x))
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
