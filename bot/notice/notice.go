// Package notice tells people what happened to their posts: admins, what was not posted, is
// held or has recovered; channels, that a slot ended without a digest; and followers of a
// tag, that a digest has it. Notices go through the ledger like posts, so each is posted
// once. It never decides about a post.
package notice

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Notifier plans notices. Its fields are set before use and not changed.
type Notifier struct {
	Ledger interface {
		ledger.Deliveries
		ledger.Settings
	}
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	// Library returns the current library.
	Library func() *digest.Library
	// FirstID returns the ID that a digest had when the bot first posted it.
	FirstID func(ledger.Said) string
	// Admin is the channel for notices to the people who run the bot; zero for none.
	Admin chat.Channel
	Log   *slog.Logger
}

// Admins plans a notice to the admins, once for each subject (about). It goes through the
// ledger like any other delivery, so that it is neither lost nor repeated.
func (n *Notifier) Admins(ctx context.Context, m chat.Message, now time.Time, about ...string) error {
	if n.Admin == (chat.Channel{}) {
		return nil
	}
	return n.Channel(ctx, n.Admin, m, now, about...)
}

// Channel plans a notice to a channel.
func (n *Notifier) Channel(ctx context.Context, to chat.Channel, m chat.Message, now time.Time, about ...string) error {
	a := n.Platforms.Adapters[to.Adapter]
	if a == nil {
		n.Log.Error("notice: there is no adapter for it", "channel", to.String())
		return nil
	}
	var payloads []chat.Payload
	err := panics.Contain(n.Log, "lay out this notice", func() (err error) {
		payloads, err = a.Render(m)
		return err
	}, "channel", to.String())
	if err != nil {
		n.Log.Error("notice: it cannot be rendered", "channel", to.String(), "error", err)
		return nil
	}
	x, err := ledger.NewNotice(to, compose.Summary(m), payloads, now, about...)
	if err != nil {
		return err
	}
	_, err = n.Ledger.Plan(context.WithoutCancel(ctx), x)
	return err
}

// Language returns the language of the notices to the admins.
func (n *Notifier) Language() string { return n.Subscriptions.Language(n.Admin) }

// Stamp formats a time for the subject of a notice.
func Stamp(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// Broken tells the admins that the platform refuses a channel or an account.
func (n *Notifier) Broken(ctx context.Context, c chat.Channel, p ledger.Refusal, reason string, now time.Time) error {
	if p.Scope == ledger.OfAdapter {
		return n.Admins(ctx, compose.AdapterBlocked(c.Adapter, reason, n.Language()), now, "adapter paused", c.Adapter, Stamp(p.Since))
	}
	return n.Admins(ctx, compose.ChannelBlocked(c, reason, n.Language()), now, "channel paused", c.String(), Stamp(p.Since))
}

// Held tells the admins that they have to decide. A notice that is held does not deserve
// another one.
func (n *Notifier) Held(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	if x.State != ledger.Held || x.Cause == ledger.ForNotice || x.Cause == ledger.ForFollow {
		return nil
	}
	return n.Admins(ctx, compose.Held(x.Title, x.Channel, string(x.Key), x.Reason, n.Language()), now, "held", string(x.Key), fmt.Sprint(len(x.Decisions)))
}

// Abridged tells the admins that only the headlines of a digest are posted: once for each
// digest, however many channels get it.
func (n *Notifier) Abridged(ctx context.Context, x *ledger.Delivery, p post.Post, now time.Time) error {
	if p.Whole == 0 {
		return nil
	}
	n.Log.Warn("notice: a digest is too long, so only its headlines are posted", "digest", x.Digest, "channel", x.Channel.String(), "messages", p.Whole, "posted", p.Messages())
	return n.Admins(ctx, compose.Abridged(x.Title, p.Whole, x.Channel.Adapter, n.Language()), now, "abridged", x.Digest)
}

// Slot tells the admins when slots begin to end without a post, when the reason changes,
// and when slots post again; not about every slot, since there may be one a minute.
func (n *Notifier) Slot(ctx context.Context, s subscription.Subscription, slot, before ledger.Slot, now time.Time) error {
	if slot.Outcome == ledger.SlotDropped || slot.Outcome == ledger.SlotPaused {
		return nil // this was intended
	}
	about := []string{"slot", slot.Subscription, Stamp(slot.At), string(slot.Outcome)}
	at, speaks := slot.At, n.Language()
	if s.Zone != nil {
		at = at.In(s.Zone)
	}
	switch {
	case Well(slot) && !Well(before):
		return n.Admins(ctx, compose.SlotWell(slot.Subscription, speaks), now, about...)
	case Well(slot) || before.Outcome == slot.Outcome && !Well(before):
		return nil
	case slot.Outcome == ledger.SlotNothing && ledger.IsExample.Is(slot.Reason):
		return n.Admins(ctx, compose.SlotOfExamples(slot.Subscription, at, speaks), now, about...)
	case slot.Outcome == ledger.SlotNothing:
		return n.Admins(ctx, compose.SlotEmpty(slot.Subscription, at, speaks), now, about...)
	case slot.Outcome == ledger.SlotMissed:
		return n.Admins(ctx, compose.SlotMissed(slot.Subscription, at, speaks), now, about...)
	default:
		return n.Admins(ctx, compose.SlotFailed(slot.Subscription, at, slot.Reason, speaks), now, about...)
	}
}

// Well reports whether a slot has ended and left no one waiting for a post.
func Well(s ledger.Slot) bool {
	switch s.Outcome {
	case ledger.SlotFailed, ledger.SlotMissed:
		return false
	case ledger.SlotNothing:
		return ledger.ToldAlready.Is(s.Reason)
	}
	return true
}

// Refused tells the admins, once each, of stored subscriptions that cannot be read: nothing
// is posted for them until someone makes them again.
func (n *Notifier) Refused(ctx context.Context, now time.Time) error {
	for _, r := range n.Subscriptions.Refused() {
		p := r.Problem
		err := n.Admins(ctx, compose.NotUnderstood(r.Name, p.Setting.Name, p.Value, n.Language()), now, "refused", r.Name, p.Field, p.Value)
		if err != nil {
			return err
		}
	}
	return nil
}
