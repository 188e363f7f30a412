package command

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/plan"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
)

// resend shows the state of a digest in a channel, and does what is then pressed.
var resend = verb{
	changes: true,
	Command: chat.Command{
		Name: "resend", Summary: "Post a digest again, edit it in place or post its missing parts", Private: true, AdminOnly: true, OnPost: "Resend",
		Args: []chat.Arg{{Name: "digest", Summary: "A digest's ID; the newest if left out", Suggest: true}, channelArg, chat.Post, chat.Confirm},
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		if r.Unfit != "" && c.ID == r.Channel.ID && c.Adapter == r.Channel.Adapter {
			return compose.CannotBeDone(r.Unfit, d.language(r)), nil
		}
		which, reply, err := d.digestAt(ctx, r, "resend", args)
		if err != nil || reply != nil {
			return whole(reply), err
		}
		s, _ := d.Serving(c)
		dig := d.chosen(which, s)
		if dig == nil {
			return d.noneChosen(ctx, r, "resend", which), nil
		}
		on, err := d.Dispatch.Resender.Decision(ctx, c, dig)
		if err != nil {
			return chat.Message{}, err
		}
		on = d.offer(ctx, on)
		what, stamp, _ := strings.Cut(args["confirm"], ".")
		if what == "" {
			return d.askResend(r, on, s), nil
		}
		return d.resend(ctx, r, on, s, plan.Choice(what), stamp)
	},
}

// looking is how long an admin waits while the bot checks for missing parts of a post.
const looking = 5 * time.Second

// offer returns the decision to show to an admin: without the choice to post missing parts
// if all parts are known to be there.
func (d adminDesk) offer(ctx context.Context, on plan.Decision) plan.Decision {
	if !on.Stands() || !slices.Contains(on.Choices, plan.Missing) {
		return on
	}
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	if complete, err := d.Dispatch.Resender.Complete(ctx, &on.Lead); err == nil && complete {
		on.Choices = slices.DeleteFunc(slices.Clone(on.Choices), func(what plan.Choice) bool { return what == plan.Missing })
	}
	return on
}

// askResend asks what to do.
func (d adminDesk) askResend(r chat.Request, on plan.Decision, s subscription.Subscription) chat.Message {
	c, lead := on.Channel, on.Lead
	if h, ok := d.Dispatch.Subscriptions.Paused(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r))
	}
	line := chat.Line("digest", "resend", refs.Digest(on.Digest.ID))
	if c.Adapter != r.Channel.Adapter {
		line += " " + chat.Quote(c.String())
	} else if c.ID != r.Channel.ID {
		line += " " + chat.Quote(c.ID)
	}
	var choices []compose.Choice
	for _, what := range on.Choices {
		choices = append(choices, compose.Choice{What: string(what), Line: chat.With(line, chat.Confirm, string(what)+"."+on.Stamp)})
	}
	was := compose.Posted{}
	if on.Stands() {
		was = posted(lead)
	}
	return compose.Resend(on.Digest, c, was, string(lead.State), lead.Reason, s.Zone, choices, d.language(r))
}

// resend does what was pressed. The key of a new post is derived from what the admin was
// shown, so that there is only one, no matter how many people press. If something was done
// in the meantime, it asks again.
func (d adminDesk) resend(ctx context.Context, r chat.Request, on plan.Decision, s subscription.Subscription, what plan.Choice, stamp string) (chat.Message, error) {
	c, dig, lead := on.Channel, on.Digest, on.Lead
	if h, ok := d.Dispatch.Subscriptions.Paused(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r)), nil
	}
	if off := d.Dispatch.Off(c); off != "" {
		return compose.CannotBeDone(ledger.Because(ledger.AdapterOff, c.Adapter, off), d.language(r)), nil
	}
	now := time.Now()
	posts := what.Posts()
	another := on.Another(s, stamp, doer(r).Name, now)
	if posts {
		if _, unknown := d.Ledger.Get(ctx, another.Key); unknown == nil {
			return compose.ResentAlready(d.language(r)), nil
		}
	}
	if !slices.Contains(on.Choices, what) || posts && stamp != on.Stamp {
		return d.askResend(r, on, s), nil
	}
	did := string(what)
	var n int
	var err error
	switch what {
	case plan.Edit:
		if err = d.record(ctx, r, "edits “"+dig.ID+"” in "+c.String()+" in place"); err != nil {
			return chat.Message{}, err
		}
		var changed bool
		if changed, err = d.Dispatch.Resender.EditInPlace(ctx, lead.Key, now); !changed {
			did = "same"
		}
	case plan.Missing:
		if err = d.record(ctx, r, "posts what is missing of “"+dig.ID+"” in "+c.String()); err != nil {
			return chat.Message{}, err
		}
		if n, err = d.Dispatch.Resender.PostMissing(ctx, lead.Key, r.User.Name, now); n == 0 {
			did = "whole"
		}
	default:
		if err = d.record(ctx, r, "posts “"+dig.ID+"” to "+c.String()); err != nil {
			return chat.Message{}, err
		}
		var news bool
		if news, err = d.Dispatch.Resender.Post(ctx, another, now); err == nil && !news {
			return compose.ResentAlready(d.language(r)), nil
		}
	}
	if reply, ok := d.refused(r, err); ok {
		return reply, nil
	}
	return compose.Resent(did, n, c, dig, d.language(r)), err
}

// preview shows a digest as this channel would get it.
var preview = verb{
	Command: chat.Command{
		Name: "preview", Summary: "A digest as this channel would get it, for you alone", Private: true, AdminOnly: true,
		Args: []chat.Arg{which},
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := d.chosen(args["digest"], s)
		if dig == nil {
			return d.noneChosen(ctx, r, "preview", args["digest"]), nil
		}
		m, err := d.Dispatch.Resender.Preview(ctx, s, r.Channel, dig)
		return compose.Preview(m, r.Channel, d.language(r)), err
	},
}
