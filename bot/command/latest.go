package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

var latest = verb{
	Command: chat.Command{
		Name: "latest", Summary: "The newest digest", Private: true,
		Args: []chat.Arg{{Name: "category", Summary: "A category, for example tech; the newest of this channel if left out", Rest: true, Suggest: true}, chat.Share},
	},
	read: func(_ context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		s, _ := d.Serving(r.Channel)
		library, category := d.Library(), args["category"]
		if category == "" {
			newest := d.chosen("", s)
			if newest == nil {
				return compose.NoDigests(d.language(r)), nil
			}
			return d.whole(r, newest, d.asked(r, args, 1, "latest"))
		}
		if in := library.InCategory(category); len(in) > 0 {
			s.Match = subscription.Match{} // every category is available in every channel
			newest := d.newest(s, in)
			if newest == nil {
				return compose.NoDigests(d.language(r)), nil
			}
			return d.whole(r, newest, d.asked(r, args, 1, "latest", category))
		}
		categories := d.index().Categories()
		close := fuzzy.Match(category, categories)
		if len(close) == 0 {
			close = categories[:min(fuzzy.Most, len(categories))]
		}
		return compose.NoCategory(category, insteads(close, func(name string) string { return chat.Line("digest", "latest", name) }), d.language(r)), nil
	},
}

// longShown is how many headlines an answer shows of a digest that is too long to be shown
// completely.
const longShown = 30

// whole returns an answer with a complete digest.
func (d readerDesk) whole(r chat.Request, card *digest.Card, a compose.Asked) (chat.Message, error) {
	dig, err := card.Read()
	if err != nil {
		return chat.Message{}, err
	}
	p := compose.Post{Look: d.look(r), Popular: d.Library().Popular, Asked: a}
	if compose.Long(dig) {
		p = p.Abridge(longShown)
	}
	return compose.Digest(dig, p), nil
}
