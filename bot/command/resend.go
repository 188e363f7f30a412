package command

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// resend shows what stands of a digest in a channel, and does what is pressed
// then.
var resend = verb{
	Command: chat.Command{
		Name: "resend", Summary: "Post a digest again, edit it in place or post what is missing", Private: true, AdminOnly: true,
		Args: []chat.Arg{{Name: "digest", Summary: "A digest's ID; the newest without one", Suggest: true}, channelArg, chat.Confirm},
	},
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		c, refusal, err := d.place(ctx, r, args["channel"])
		if err != nil || refusal != nil {
			return whole(refusal), err
		}
		s, _ := d.Serving(c)
		dig := d.chosen(args["digest"], s)
		if dig == nil {
			return d.noneChosen(ctx, r, "resend", args["digest"])
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
	serving dispatch.Subscription // of the channel
	digest  *digest.Digest
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
func (d *Desk) decision(ctx context.Context, c chat.Channel, s dispatch.Subscription, dig *digest.Digest) (decision, error) {
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
	on.choices = d.choices(on)
	on.stamp = stampOf(append(on.choices, string(latest), string(on.lead.Key))...)
	return on, nil
}

// The choices of a resend, as the line of a button has them.
const (
	editChoice    = "edit"
	againChoice   = "again"
	missingChoice = "missing"
	nowChoice     = "now"
)

// choices are what can be done.
func (d *Desk) choices(on decision) (whats []string) {
	a := d.Dispatch.Adapters[on.channel.Adapter]
	_, edits := a.(chat.Editor)
	_, finds := a.(chat.Finder)
	switch lead := on.lead; {
	case on.stands() && lead.State == ledger.Sent:
		if edits && len(lead.Said) > 0 {
			whats = append(whats, editChoice)
		}
		whats = append(whats, againChoice)
		if finds {
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
func (d *Desk) askResend(r chat.Request, on decision) chat.Message {
	c, lead := on.channel, on.lead
	if h, ok := d.Dispatch.Halted(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r))
	}
	line := chat.Line("digest", "resend", compose.Ref(on.digest.ID))
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
func (d *Desk) resend(ctx context.Context, r chat.Request, on decision, what, stamp string) (chat.Message, error) {
	c, dig, lead := on.channel, on.digest, on.lead
	if h, ok := d.Dispatch.Halted(c); ok {
		return compose.PausedChannel(c, h.By.Name, d.language(r)), nil
	}
	if off := d.Dispatch.Off(c); off != "" {
		return compose.CannotBeDone(c.Adapter+" is off: "+off, d.language(r)), nil
	}
	now := time.Now()
	posts := what == againChoice || what == nowChoice
	another := on.serving.Dress(ledger.NewResend(dig.ID, dig.Title, c, "pressed "+stamp, doer(r).Name, now))
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
		if changed, err = d.Dispatch.EditInPlace(ctx, lead.Key, now); !changed {
			what = "same"
		}
	case missingChoice:
		if err = d.record(ctx, r, "posts what is missing of “"+dig.ID+"” in "+c.String()); err != nil {
			return chat.Message{}, err
		}
		if n, err = d.Dispatch.PostMissing(ctx, lead.Key, r.User.Name, now); n == 0 {
			what = "whole"
		}
	default:
		if err = d.record(ctx, r, "posts “"+dig.ID+"” to "+c.String()); err != nil {
			return chat.Message{}, err
		}
		var planned []chat.Key
		if planned, err = d.Ledger.Plan(ctx, another); err == nil && len(planned) == 0 {
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
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		dig := d.chosen(args["digest"], s)
		if dig == nil {
			return d.noneChosen(ctx, r, "preview", args["digest"])
		}
		m, err := d.Dispatch.Preview(ctx, s, r.Channel, dig)
		return compose.Preview(m, r.Channel, d.language(r)), err
	},
}
