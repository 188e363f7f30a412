package command

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// resend shows what stands of a digest in a channel, and does what is pressed
// then.
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
			return d.noneChosen(ctx, r, "resend", which)
		}
		on, err := d.decision(ctx, c, s, dig)
		if err != nil {
			return chat.Message{}, err
		}
		what, stamp, _ := strings.Cut(args["confirm"], ".")
		if what == "" {
			return d.askResend(r, on), nil
		}
		return d.resend(ctx, r, on, what, stamp)
	},
}

// decision is what there is to decide of a digest in a channel.
type decision struct {
	channel chat.Channel
	serving subscription.Subscription // of the channel
	digest  *digest.Card
	// lead is the delivery that tells of the digest there: the latest if it is on
	// its way, else the latest that stands, else the latest; a zero one without any.
	lead    ledger.Delivery
	choices []string
	// stamp is another one after anything was done that counts: buttons have that
	// of what they were shown with.
	stamp string
}

// stands reports whether the digest stands in the channel.
func (on decision) stands() bool { return !on.lead.Since.IsZero() }

// coming reports whether a delivery is on its way, without an admin's help.
func coming(x ledger.Delivery) bool {
	return x.Key != "" && x.Since.IsZero() && !x.State.Ended() && x.State != ledger.Held
}

// decision looks up what can be decided.
func (d adminDesk) decision(ctx context.Context, c chat.Channel, s subscription.Subscription, dig *digest.Card) (decision, error) {
	on := decision{channel: c, serving: s, digest: dig}
	all, err := d.Ledger.List(ctx, ledger.Query{Channel: c, Digest: dig.ID, Limit: -1})
	if err != nil {
		return on, err
	}
	var latest chat.Key
	for _, x := range all {
		if x, err = ledger.Lead(ctx, d.Ledger, x); err != nil {
			return on, err
		}
		latest = cmp.Or(latest, x.Key)
		if on.lead.Key == "" || !x.Since.IsZero() {
			on.lead = x
		}
		if on.stands() || coming(on.lead) {
			break
		}
	}
	on.choices = d.choices(ctx, on)
	// Whether a part is missing changes by itself.
	counts := slices.DeleteFunc(slices.Clone(on.choices), func(what string) bool { return what == missingChoice })
	on.stamp = stampOf(append(counts, string(latest), string(on.lead.Key))...)
	return on, nil
}

// The choices of a resend, as the line of a button has them.
const (
	editChoice    = "edit"
	againChoice   = "again"
	missingChoice = "missing"
	nowChoice     = "now"
)

// looking is how long an admin waits until it is known whether parts of a post are
// missing.
const looking = 5 * time.Second

// missing reports whether parts of what was posted may be missing: not when all
// of them are known to stand there.
func (d adminDesk) missing(ctx context.Context, lead *ledger.Delivery) bool {
	if _, finds := d.Dispatch.Platforms.Adapters[lead.Channel.Adapter].(chat.Finder); !finds {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	complete, err := d.Dispatch.Resender.Complete(ctx, lead)
	return err != nil || !complete
}

// choices are what can be done.
func (d adminDesk) choices(ctx context.Context, on decision) (whats []string) {
	_, edits := d.Dispatch.Platforms.Adapters[on.channel.Adapter].(chat.Editor)
	switch lead := on.lead; {
	case on.stands() && lead.State == ledger.Sent:
		if edits && len(lead.Said) > 0 {
			whats = append(whats, editChoice)
		}
		whats = append(whats, againChoice)
		if d.missing(ctx, &lead) {
			whats = append(whats, missingChoice)
		}
	case on.stands():
		whats = []string{againChoice}
	case lead.State == ledger.Held || lead.State == ledger.Failed:
		if len(lead.Parts) > 0 {
			whats = append(whats, missingChoice)
		}
		whats = append(whats, againChoice)
	case coming(lead):
	default:
		whats = []string{nowChoice}
	}
	return whats
}

// askResend asks what is to be done.
func (d adminDesk) askResend(r chat.Request, on decision) chat.Message {
	c, lead := on.channel, on.lead
	if h, ok := d.Dispatch.Subscriptions.Paused(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r))
	}
	line := chat.Line("digest", "resend", refs.Digest(on.digest.ID))
	if c.Adapter != r.Channel.Adapter {
		line += " " + chat.Quote(c.String())
	} else if c.ID != r.Channel.ID {
		line += " " + chat.Quote(c.ID)
	}
	var choices []compose.Choice
	for _, what := range on.choices {
		choices = append(choices, compose.Choice{What: what, Line: chat.With(line, chat.Confirm, what+"."+on.stamp)})
	}
	was := compose.Posted{}
	if on.stands() {
		was = posted(lead)
	}
	return compose.Resend(on.digest, c, was, string(lead.State), lead.Reason, on.serving.Zone, choices, d.language(r))
}

// resend does what was pressed. Another post of a digest is made for what the
// admin was shown, so that it is made once, whoever else presses; where something
// was done since, it is asked anew.
func (d adminDesk) resend(ctx context.Context, r chat.Request, on decision, what, stamp string) (chat.Message, error) {
	c, dig, lead := on.channel, on.digest, on.lead
	if h, ok := d.Dispatch.Subscriptions.Paused(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r)), nil
	}
	if off := d.Dispatch.Off(c); off != "" {
		return compose.CannotBeDone(ledger.Because(ledger.AdapterOff, c.Adapter, off), d.language(r)), nil
	}
	now := time.Now()
	posts := what == againChoice || what == nowChoice
	another := on.serving.Dress(ledger.NewResend(dig.ID, dig.Label(), c, "pressed "+stamp, doer(r).Name, now))
	if posts {
		if _, unknown := d.Ledger.Get(ctx, another.Key); unknown == nil {
			return compose.ResentAlready(d.language(r)), nil
		}
	}
	if !slices.Contains(on.choices, what) || posts && stamp != on.stamp {
		return d.askResend(r, on), nil
	}
	var n int
	var err error
	switch what {
	case editChoice:
		if err = d.record(ctx, r, "edits “"+dig.ID+"” in "+c.String()+" in place"); err != nil {
			return chat.Message{}, err
		}
		var changed bool
		if changed, err = d.Dispatch.Resender.EditInPlace(ctx, lead.Key, now); !changed {
			what = "same"
		}
	case missingChoice:
		if err = d.record(ctx, r, "posts what is missing of “"+dig.ID+"” in "+c.String()); err != nil {
			return chat.Message{}, err
		}
		if n, err = d.Dispatch.Resender.PostMissing(ctx, lead.Key, r.User.Name, now); n == 0 {
			what = "whole"
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
	return compose.Resent(what, n, c, dig, d.language(r)), err
}

// preview shows a digest as its channel would get it.
var preview = verb{
	Command: chat.Command{
		Name: "preview", Summary: "A digest as this channel would get it, for you alone", Private: true, AdminOnly: true,
		Args: []chat.Arg{which},
	},
	manage: func(ctx context.Context, d adminDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := d.chosen(args["digest"], s)
		if dig == nil {
			return d.noneChosen(ctx, r, "preview", args["digest"])
		}
		m, err := d.Dispatch.Resender.Preview(ctx, s, r.Channel, dig)
		return compose.Preview(m, r.Channel, d.language(r)), err
	},
}
