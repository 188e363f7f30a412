package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// which is the argument of the verbs that are about one digest.
var which = chat.Arg{Name: "digest", Summary: "A digest's ID; the newest if left out", Rest: true, Suggest: true}

// chosen returns the digest with an ID or with the Ref of a button, or the newest of a
// channel's subscription if which is empty; nil if there is none.
func (d *Desk) chosen(which string, s subscription.Subscription) *digest.Card {
	if which != "" {
		return d.index().Digest(which)
	}
	return d.newest(s, d.Library().All())
}

// newest returns the first digest that a channel's subscription accepts and whose day has
// begun there; nil if there is none.
func (d *Desk) newest(s subscription.Subscription, digests []*digest.Card) *digest.Card {
	now := d.clock(s)
	s.Zone = now.Location()
	return s.NewestOf(digests, now)
}

// gone reports whether a name that chosen did not find belongs to a digest that was
// removed: a button names it, or the ledger says that it was posted in this channel.
func (d *Desk) gone(ctx context.Context, r chat.Request, which string) bool {
	if refs.IsHash(which) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, ledgerPatience)
	defer cancel()
	known, err := d.Ledger.Known(ctx, []chat.Channel{r.Channel}, which)
	return err == nil && len(known[0]) > 0
}

// noneChosen answers that chosen found no digest, and offers the verb with the digests that
// may have been meant.
func (d *Desk) noneChosen(ctx context.Context, r chat.Request, verb, which string) chat.Message {
	lang := d.language(r)
	switch {
	case which == "":
		return compose.NoDigests(lang)
	case d.gone(ctx, r, which):
		return compose.Gone(lang)
	default:
		return compose.NoDigest(which, insteads(d.nearDigests(r, which), func(id string) string {
			return chat.Line("digest", verb, refs.Digest(id))
		}), lang)
	}
}

// nearDigests returns the IDs of recent digests that the words may have meant: those with
// the words in their ID or title, else those whose IDs are a typing error away.
func (d *Desk) nearDigests(r chat.Request, words string) (ids []string) {
	for _, v := range digestValues(d, r, words) {
		ids = append(ids, v.text)
	}
	if len(ids) == 0 {
		all := d.Library().All()
		for _, dig := range all[:min(vocabulary.Newest, len(all))] {
			ids = append(ids, dig.ID)
		}
		ids = fuzzy.Match(words, ids)
	}
	return ids[:min(fuzzy.Most, len(ids))]
}
