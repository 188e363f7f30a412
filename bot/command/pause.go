package command

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

// pause stops new posts to a channel that a subscription posts to.
var pause = verb{
	changes: true,
	Command: chat.Command{Name: "pause", Summary: "Post nothing new to a channel", Private: true, AdminOnly: true, Args: []chat.Arg{channelArg}},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		if h, ok := d.Dispatch.Subscriptions.Paused(c); ok {
			return compose.Paused(c, h.By.Name, false, d.language(r)), nil
		}
		if _, served := d.Dispatch.Subscriptions.Serving(c); !served { // another channel may be meant, and would go on
			return compose.Unserved(c, false, d.language(r)), nil
		}
		if err := d.record(ctx, r, "pauses "+c.String()); err != nil {
			return chat.Message{}, err
		}
		news, err := d.Dispatch.Subscriptions.Pause(ctx, ledger.Pause{Channel: c, By: doer(r), At: time.Now()})
		return compose.Paused(c, doer(r).Name, news, d.language(r)), err
	},
}

// resume ends a pause.
var resume = verb{
	changes: true,
	Command: chat.Command{Name: "resume", Summary: "Post to a channel again", Private: true, AdminOnly: true, Args: []chat.Arg{channelArg}},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		if _, ok := d.Dispatch.Subscriptions.Paused(c); !ok {
			_, served := d.Dispatch.Subscriptions.Serving(c)
			return compose.NotPaused(c, served, d.language(r)), nil
		}
		if err := d.record(ctx, r, "resumes "+c.String()); err != nil {
			return chat.Message{}, err
		}
		if _, err := d.Dispatch.Resender.Resume(ctx, c, doer(r).Name, time.Now()); err != nil {
			return chat.Message{}, err
		}
		return compose.Resumed(c, d.language(r)), nil
	},
}

// keyArg is the argument that names a delivery.
var keyArg = chat.Arg{Name: "key", Summary: "The key of a post, from /digest status", Required: true, Suggest: true}

// release sends again what is held or has failed, and tries at once what waits.
var release = verb{
	changes: true,
	Command: chat.Command{Name: "release", Summary: "Send a held post again", Private: true, AdminOnly: true, Args: []chat.Arg{keyArg}},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		return d.decide(ctx, r, args["key"], true)
	},
}

// forget treats a held delivery as posted, or as no longer wanted.
var forget = verb{
	changes: true,
	Command: chat.Command{Name: "forget", Summary: "Do not send a held post again", Private: true, AdminOnly: true, Args: []chat.Arg{keyArg}},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		return d.decide(ctx, r, args["key"], false)
	},
}

// decide applies an admin's decision to a delivery.
func (d adminDesk) decide(ctx context.Context, r chat.Request, text string, released bool) (chat.Message, error) {
	key := chat.Key(strings.ToLower(strings.TrimSpace(text)))
	x, err := d.Ledger.Get(ctx, key)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return chat.Message{}, err
	}
	if err != nil || x.Cause == ledger.ForFollow || !d.access().View(r).Has(ctx, x.Channel) {
		return compose.NotHere(text, nil, d.language(r)), nil
	}
	decision, what := (*ledger.Delivery).Forget, "forgets "
	if released {
		decision, what = (*ledger.Delivery).Release, "releases "
	}
	trial := x // a refused decision is not recorded
	if err := decision(&trial, doer(r).Name, time.Now()); err != nil {
		return compose.CannotBeDone(err.Error(), d.language(r)), nil
	}
	if err := d.record(ctx, r, what+string(key)+" to "+x.Channel.String()); err != nil {
		return chat.Message{}, err
	}
	x, err = ledger.Decide(ctx, d.Ledger, key, doer(r).Name, time.Now(), decision)
	if reply, ok := d.refused(r, err); ok {
		return reply, nil
	}
	return compose.Decided(x.Title, x.Channel, released, d.language(r)), err
}

// keyValues suggests the keys of deliveries in this home: held ones, then waiting ones.
func keyValues(d *Desk, r chat.Request, typed string) (list []value) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	waiting, err := adminDesk{d}.waiting(ctx, r)
	if err != nil {
		d.Log.Warn("command: keys cannot be suggested", "error", err)
	}
	for _, x := range waiting {
		if strings.HasPrefix(x.Key, strings.ToLower(typed)) || strings.Contains(strings.ToLower(x.Title), strings.ToLower(typed)) {
			list = append(list, value{text: x.Key, label: x.Key + " – " + x.Title})
		}
	}
	return list
}
