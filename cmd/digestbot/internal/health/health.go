// Package health determines whether digests are delivered: whether people can reach the bot
// on each platform, whether each subscribed channel takes posts, whether the ledger can be
// read and written, and whether the last slot of each subscription left no reader waiting.
// While that is so, it sends a heartbeat. It repairs nothing, and does not know who asks.
package health

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/subscription"
)

// Checker checks a running bot. Its fields are set before use and not changed.
type Checker struct {
	// Adapters are the names of the adapters, in the order of the report.
	Adapters   []string
	Dispatcher *dispatch.Dispatcher
	// Ping returns what keeps the ledger from being read or written.
	Ping func(context.Context) error
	// Library, unless it is nil, returns why nothing new is read.
	Library func() error
	// Elsewhere, unless it is nil, reports whether another replica listens on an adapter
	// instead of this one. Idle returns why this one plans and posts nothing; empty if it
	// does.
	Elsewhere func(adapter string) bool
	Idle      func() string
	// Outdated, unless it is nil, reports whether a changed configuration was refused.
	Outdated func() bool

	ping    ping
	missing missing
}

// Line is the state of one thing.
type Line struct {
	Subject string // an adapter, a channel, "ledger"
	Is      string // in words
	Well    bool
}

func (l Line) String() string { return l.Subject + ": " + l.Is }

// Elsewhere is the text of a Line for an adapter that another replica listens on.
const Elsewhere = "another replica is connected"

// Outdated is the text of a Line for a configuration that is not the one in the file.
const Outdated = "the one in the file was refused, so the previous one is in force"

// lineLimit is the maximum number of channels listed one by one.
const lineLimit = 50

// Ready reports whether digests can be posted and commands received, with a line for each
// adapter, for each channel that takes no posts, and for the ledger. It is cheap, because
// strangers can call it.
func (c *Checker) Ready(ctx context.Context) (lines []Line, well bool) {
	refused := map[chat.Channel]deliver.Refused{}
	for _, x := range c.Dispatcher.Deliverer.Refused() {
		refused[x.Channel] = x
	}
	for _, name := range c.Adapters {
		lines = append(lines, c.adapter(name, refused))
	}
	lines = append(lines, c.channels(refused)...)
	is := Line{Subject: "ledger", Is: "ok", Well: true}
	if err := c.ping.ask(ctx, c.Ping); err != nil {
		is.Is, is.Well = strings.TrimPrefix(err.Error(), "ledger "), false
	}
	lines = append(lines, is)
	if c.Library != nil {
		if err := c.Library(); err != nil {
			lines = append(lines, Line{Subject: "library", Is: err.Error()})
		}
	}
	if c.Idle != nil {
		if why := c.Idle(); why != "" {
			lines = append(lines, Line{Subject: "replica", Is: why})
		}
	}
	if c.Outdated != nil && c.Outdated() {
		lines = append(lines, Line{Subject: "configuration", Is: Outdated, Well: true})
	}
	well = true
	for _, l := range lines {
		well = well && l.Well
	}
	return lines, well
}

// Connected reports whether people can reach an adapter now, and whether it is on at all.
func Connected(a chat.Adapter) (up, on bool) {
	if a.Capabilities().Off != "" {
		return false, false
	}
	c, ok := a.(chat.Connected)
	return !ok || c.Connection() == nil, true
}

func (c *Checker) adapter(name string, refused map[chat.Channel]deliver.Refused) Line {
	up, on := Connected(c.Dispatcher.Platforms.Adapters[name])
	x, closed := refused[chat.Channel{Adapter: name}]
	elsewhere := c.Elsewhere != nil && c.Elsewhere(name)
	switch {
	case !on:
		if n := c.wanted(name); n > 0 {
			return Line{Subject: name, Is: fmt.Sprintf("off, but subscriptions post there (channels: %d)", n)}
		}
		return Line{Subject: name, Is: "off", Well: true}
	case !up && !elsewhere:
		return Line{Subject: name, Is: "not connected"}
	case closed:
		return Line{Subject: name, Is: is(x)}
	case !up:
		return Line{Subject: name, Is: Elsewhere, Well: true}
	}
	l := Line{Subject: name, Is: "connected", Well: true}
	if x, ok := c.Dispatcher.Platforms.Adapters[name].(chat.Crowded); ok && x.Others() > 0 {
		l.Is = fmt.Sprintf("connected, but other processes receive some of the events: at the last hello, %d of the connections were theirs", x.Others())
	}
	return l
}

// is says since when and why posts are refused.
func is(x deliver.Refused) string {
	return fmt.Sprintf("takes no posts since %s: %s", x.Since.UTC().Format("2006-01-02 15:04 MST"), strings.Join(strings.Fields(x.Reason), " "))
}

// wanted returns how many channels of an adapter have subscriptions.
func (c *Checker) wanted(adapter string) (n int) {
	c.each(func(_ subscription.Subscription, to chat.Channel) {
		if to.Adapter == adapter {
			n++
		}
	})
	return n
}

// each calls do for the channels of all subscriptions, once per channel.
func (c *Checker) each(do func(subscription.Subscription, chat.Channel)) {
	known := map[chat.Channel]bool{}
	for _, s := range c.Dispatcher.Subscriptions.All() {
		for _, to := range s.Channels {
			if !known[to] {
				known[to] = true
				do(s, to)
			}
		}
	}
}

// channels returns a line for each subscribed or admin channel that takes no posts, unless
// its whole adapter is refused.
func (c *Checker) channels(refused map[chat.Channel]deliver.Refused) (lines []Line) {
	more := 0
	add := func(l Line) {
		if len(lines) < lineLimit {
			lines = append(lines, l)
		} else {
			more++
		}
	}
	for _, x := range c.Dispatcher.Deliverer.Refused() {
		_, served := c.Dispatcher.Subscriptions.Serving(x.Channel)
		if x.Channel.ID != "" && (served || x.Channel == c.Dispatcher.Notices.Admin) {
			add(Line{Subject: x.Channel.String(), Is: is(x)})
		}
	}
	for _, x := range c.Dispatcher.Lost() {
		add(Line{Subject: x.Channel.String(), Is: x.Err.Error()})
	}
	if more > 0 {
		lines = append(lines, Line{Subject: "channels", Is: fmt.Sprintf("%d more take no posts", more)})
	}
	return lines
}

// Refused returns how many subscribed channels of each adapter take no posts now,
// individually or because the account is refused.
func (c *Checker) Refused() map[string]int {
	refused, n := map[chat.Channel]bool{}, map[string]int{}
	for _, x := range c.Dispatcher.Deliverer.Refused() {
		refused[x.Channel] = true
	}
	c.each(func(_ subscription.Subscription, to chat.Channel) {
		if refused[to] || refused[chat.Channel{Adapter: to.Adapter}] {
			n[to.Adapter]++
		}
	})
	return n
}

// Paused returns how many subscribed channels of each adapter an admin has paused.
func (c *Checker) Paused() map[string]int {
	n := map[string]int{}
	c.each(func(_ subscription.Subscription, to chat.Channel) {
		if _, paused := c.Dispatcher.Subscriptions.Paused(to); paused {
			n[to.Adapter]++
		}
	})
	return n
}

const (
	// overdue is how long after its wait a slot may still be posting before it is reported.
	overdue = time.Hour
	// slotsBack is how many slots back to look for the last one that has ended.
	slotsBack = 10
)

// Missing reports whether the digest of a subscription did not arrive: its last slot ended
// without it for a reason that needs people, or is not done long after its wait, and one of
// its channels has received nothing since that slot opened. A pause, a day without news,
// and a digest that was posted before do not count.
func (c *Checker) Missing(ctx context.Context, s subscription.Subscription, now time.Time) (bool, error) {
	slots, err := c.Dispatcher.Ledger.Slots(ctx, s.Name, slotsBack)
	if err != nil {
		return false, err
	}
	for _, slot := range slots {
		switch {
		case slot.Closed.IsZero() && now.Sub(slot.Until) < overdue:
			continue // it is waiting or posting
		case !slot.Closed.IsZero() && notice.Well(slot):
			return false, nil
		}
		return c.missing.ask(s.Name, slot.At, now, func() (bool, error) { return c.without(ctx, s, slot) })
	}
	return false, nil
}

// missingFor is how long a result of Missing is cached, because it takes a query for each
// channel.
const missingFor = time.Minute

// missing caches findings about slots that ended without their digest, by subscription.
type missing struct {
	mu    sync.Mutex
	found map[string]finding
}

// finding is the result for a slot at a time.
type finding struct {
	slot, at time.Time
	missing  bool
}

func (m *missing) ask(subscription string, slot, now time.Time, look func() (bool, error)) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.found[subscription]; known.slot.Equal(slot) && now.Sub(known.at) < missingFor {
		return known.missing, nil
	}
	is, err := look()
	if err != nil {
		return false, err
	}
	if m.found == nil {
		m.found = map[string]finding{}
	}
	m.found[subscription] = finding{slot, now, is}
	return is, nil
}

// without reports whether a channel has received nothing since a slot opened.
func (c *Checker) without(ctx context.Context, s subscription.Subscription, slot ledger.Slot) (bool, error) {
	for _, to := range s.Channels {
		if _, paused := c.Dispatcher.Subscriptions.Paused(to); paused {
			continue
		}
		got := false
		for x, err := range ledger.Each(ctx, c.Dispatcher.Ledger, ledger.Query{Channel: to, State: ledger.Sent, Since: slot.At}) {
			if err != nil {
				return false, err
			}
			if got = x.Cause != ledger.ForNotice && x.Cause != ledger.ForFollow; got {
				break
			}
		}
		if !got {
			return true, nil
		}
	}
	return false, nil
}

// pingFor is how long an answer of the ledger is cached, and pingLimit its time limit.
const (
	pingFor   = 10 * time.Second
	pingLimit = 5 * time.Second
)

// ping queries the ledger at intervals, however often it is called.
type ping struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (p *ping) ask(ctx context.Context, do func(context.Context) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.at.IsZero() || now.Sub(p.at) >= pingFor {
		// A caller that cancels must not decide the result for later callers.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingLimit)
		defer cancel()
		p.err, p.at = do(ctx), now
	}
	return p.err
}
