package command

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/refs"
)

// pointedAt is how many deliveries, newest first, are searched for the message on which a
// command was given.
const pointedAt = 2000

// pointed returns the delivery to which a message in a channel belongs; ok is false if the
// message is not one of the bot's posts.
func pointed(ctx context.Context, l ledger.Ledger, c chat.Channel, message string) (x ledger.Delivery, ok bool, err error) {
	c.Thread = ""
	n := 0
	for x, err := range ledger.Each(ctx, l, ledger.Query{Channel: c}) {
		if err != nil {
			return x, false, err
		}
		for _, p := range x.Parts {
			if p.Receipt.ID == message && x.Digest != "" {
				return x, true, nil
			}
		}
		if n++; n == pointedAt {
			break
		}
	}
	return x, false, nil
}

// around returns the channel of the post in whose thread a command was given on a message:
// for Discord a thread is a channel of its own, and each post of a forum has one. If there
// is no such post, it returns the channel itself.
func (d *Desk) around(ctx context.Context, c chat.Channel, message string) (chat.Channel, error) {
	if _, ok := d.Serving(c); ok || message == "" {
		return c, nil
	}
	n := 0
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{}) {
		if err != nil {
			return c, err
		}
		for _, p := range x.Parts {
			if in := p.Receipt.Channel; p.Receipt.ID == message && in.Adapter == c.Adapter && in.Thread == c.ID {
				return x.Channel, nil
			}
		}
		if n++; n == pointedAt {
			break
		}
	}
	return c, nil
}

// digestAt returns the digest that a verb is about: that of the argument, or of the message
// on which the command was given. A reply that is not nil says that there is none, or asks
// which of several is meant.
func (d *Desk) digestAt(ctx context.Context, r chat.Request, verb string, args map[string]string) (which string, reply *chat.Message, err error) {
	if args[chat.Post.Name] == "" {
		return args["digest"], nil, nil
	}
	x, ok, err := pointed(ctx, d.Ledger, r.Channel, args[chat.Post.Name])
	if err != nil {
		return "", nil, err
	}
	if !ok {
		m := compose.NoPost(d.language(r))
		return "", &m, nil
	}
	if len(x.Said) < 2 {
		return refs.Digest(x.Digest), nil, nil
	}
	var several []compose.Instead
	for _, said := range x.Said {
		label := said.Digest
		if dig := d.Library().ByID(said.Digest); dig != nil {
			label = dig.Label()
		}
		several = append(several, compose.Instead{Label: label, Line: chat.Line("digest", verb, refs.Digest(said.Digest))})
	}
	m := compose.WhichDigest(several, d.language(r))
	return "", &m, nil
}

// dayAt returns the day that why is about: when the message on which the command was given
// was posted, on the clock of the channel.
func (d adminDesk) dayAt(ctx context.Context, r chat.Request, args map[string]string) (day string, reply *chat.Message, err error) {
	if args[chat.Post.Name] == "" {
		return args["day"], nil, nil
	}
	x, ok, err := pointed(ctx, d.Ledger, r.Channel, args[chat.Post.Name])
	if err != nil {
		return "", nil, err
	}
	if !ok {
		m := compose.NoPost(d.language(r))
		return "", &m, nil
	}
	at := x.Since
	if at.IsZero() {
		at = x.Planned
	}
	s, _ := d.Serving(r.Channel)
	return at.In(d.clock(s).Location()).Format(time.DateOnly), nil, nil
}
