package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

// which is the argument of the verbs that are about one digest.
var which = chat.Arg{Name: "digest", Summary: "A digest's ID; the newest without one", Rest: true, Suggest: true}

// chosen is the digest that which means, nil when there is none: that of an ID
// or of a button's Ref; without either the newest that is accepted.
func chosen(x *index, which string, accepts func(*digest.Digest) bool) *digest.Digest {
	if which != "" {
		if d := x.library.ByID(which); d != nil || !compose.IsHashRef(which) {
			return d
		}
		return x.refs()[which]
	}
	for _, d := range x.library.All() {
		if accepts(d) {
			return d
		}
	}
	return nil
}

// noneChosen answers that chosen found none. A digest that was posted where it
// is asked for is gone: the button of that post means it.
func (d *Desk) noneChosen(ctx context.Context, r chat.Request, which string) (chat.Message, error) {
	lang := d.language(r)
	if which == "" {
		return compose.NoDigests(lang), nil
	}
	known, err := d.Ledger.Known(ctx, []chat.Channel{r.Channel}, which)
	switch {
	case err != nil:
		return chat.Message{}, err
	case len(known[0]) > 0:
		return compose.Gone(lang), nil
	}
	return compose.NoDigest(which, lang), nil
}
