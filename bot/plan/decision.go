package plan

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Choice is one thing that an admin can do with a digest in a channel. The values are part
// of buttons that are already in chat.
type Choice string

// The choices.
const (
	Edit    Choice = "edit"    // update the post to what the digest says now
	Again   Choice = "again"   // post it again
	Missing Choice = "missing" // post the parts that are missing
	Now     Choice = "now"     // post what was not posted yet
)

// Posts reports whether a choice plans another delivery.
func (c Choice) Posts() bool { return c == Again || c == Now }

// Decision is what an admin can decide about a digest in a channel.
type Decision struct {
	Channel chat.Channel
	Digest  *digest.Card
	// Lead is the relevant delivery of the digest there: the latest if it is on its way,
	// else the latest that was posted completely, else the latest; the zero value if there
	// is none.
	Lead ledger.Delivery
	// Choices are the possible actions. Whether parts of the post are missing is not looked
	// up: Resender.Complete does that.
	Choices []Choice
	// Stamp changes whenever the state on which the choices depend changes. A button
	// carries the stamp with which it was shown.
	Stamp string
}

// Stands reports whether the digest is posted in the channel.
func (on Decision) Stands() bool { return !on.Lead.Since.IsZero() }

// Another returns a delivery that posts the digest again, as a subscription would. Its key
// is derived from the stamp of what admins were shown, so that if several press the same
// button there is only one post.
func (on Decision) Another(s subscription.Subscription, stamp, by string, now time.Time) ledger.Delivery {
	return s.Dress(ledger.NewResend(on.Digest.ID, on.Digest.Label(), on.Channel, "pressed "+stamp, by, now))
}

// Decision returns what can be decided about a digest in a channel.
func (r *Resender) Decision(ctx context.Context, c chat.Channel, dig *digest.Card) (Decision, error) {
	on := Decision{Channel: c, Digest: dig}
	all, err := r.Ledger.List(ctx, ledger.Query{Channel: c, Digest: dig.ID, Limit: -1})
	if err != nil {
		return on, err
	}
	var latest chat.Key
	for _, x := range all {
		if x, err = ledger.Lead(ctx, r.Ledger, x); err != nil {
			return on, err
		}
		latest = cmp.Or(latest, x.Key)
		if on.Lead.Key == "" || !x.Since.IsZero() {
			on.Lead = x
		}
		if on.Stands() || coming(on.Lead) {
			break
		}
	}
	on.Choices = r.choices(on)
	var shown []string
	for _, what := range on.Choices {
		if what != Missing { // parts may go missing without any action
			shown = append(shown, string(what))
		}
	}
	on.Stamp = refs.Stamp(append(shown, string(latest), string(on.Lead.Key))...)
	return on, nil
}

// coming reports whether a delivery is on its way, without an admin's help.
func coming(x ledger.Delivery) bool {
	return x.Key != "" && x.Since.IsZero() && !x.State.Ended() && x.State != ledger.Held
}

// choices returns the possible actions.
func (r *Resender) choices(on Decision) []Choice {
	a := r.Platforms.Adapters[on.Channel.Adapter]
	_, edits := a.(chat.Editor)
	_, finds := a.(chat.Finder)
	switch lead := on.Lead; {
	case on.Stands() && lead.State == ledger.Sent:
		can := []Choice{Edit, Again, Missing}
		return slices.DeleteFunc(can, func(what Choice) bool {
			return what == Edit && (!edits || len(lead.Said) == 0) || what == Missing && !finds
		})
	case on.Stands():
		return []Choice{Again}
	case lead.State == ledger.Held || lead.State == ledger.Failed:
		if len(lead.Parts) > 0 {
			return []Choice{Missing, Again}
		}
		return []Choice{Again}
	case coming(lead):
		return nil
	}
	return []Choice{Now}
}
