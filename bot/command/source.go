package command

import (
	"context"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/digest"
)

var source = verb{
	Command: chat.Command{
		Name: "source", Summary: "Stories from a site", Private: true,
		Args: []chat.Arg{{Name: "host", Summary: "A site, for example github.com; its subdomains count too", Required: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		x, host := d.index(), digest.Site(args["host"])
		places := x.StoriesFrom(host)
		if host == "" || len(places) == 0 {
			return compose.NoHost(args["host"], insteads(x.SimilarHosts(host), func(name string) string { return chat.Line("digest", "source", name) }), x.Library.Tags(), d.language(r)), nil
		}
		a := d.asked(r, args, pagesOf(len(places)), "source", host)
		found, err := d.found(ctx, r.Channel, page(places, a.Page))
		if err != nil {
			return chat.Message{}, err
		}
		return compose.FromHost(host, found, len(places), a), nil
	},
}
