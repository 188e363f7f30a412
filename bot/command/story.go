package command

import (
	"context"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/refs"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
)

// story shows one story, or a whole digest: the menus of all lists call it. A person who
// types it may name the story by its headline, or by words of it.
var story = verb{
	Command: chat.Command{
		Name: "story", Summary: "One story with its sources, or a whole digest", Private: true,
		Args: []chat.Arg{{Name: "story", Summary: "A headline or words of it, or a digest's ID", Required: true, Rest: true, Suggest: true}, chat.Page, chat.Share},
	},
	read: func(ctx context.Context, d readerDesk, r chat.Request, args map[string]string) (chat.Message, error) {
		x, ref := d.index(), args["story"]
		a := d.asked(r, args, 1, "story", ref)
		if dig := x.Digest(ref); dig != nil {
			if args[chat.Page.Name] != "" && dig.Len() > 0 {
				return d.storiesOf(ctx, r, dig, args)
			}
			return d.whole(r, dig, a)
		}
		name := ref
		if at := strings.LastIndexByte(ref, '#'); at >= 0 {
			name = ref[:at]
		}
		dig := x.Digest(name)
		if dig == nil {
			return d.storyCalled(ctx, r, name, args)
		}
		whole, err := dig.Read()
		if err != nil {
			return chat.Message{}, err
		}
		if i, ok := refs.FindStory(whole, ref); ok {
			return d.oneStory(ctx, r, vocabulary.Place{Digest: dig, Story: i}, a)
		}
		places := make([]vocabulary.Place, 0, dig.Len())
		for i := range dig.Len() {
			places = append(places, vocabulary.Place{Digest: dig, Story: i})
		}
		if len(places) == 0 {
			return d.whole(r, dig, a)
		}
		found, err := d.found(ctx, r.Channel, places)
		if err != nil {
			return chat.Message{}, err
		}
		return compose.NoStory(whole, found, a), nil
	},
}

// oneStory returns an answer with one story.
func (d readerDesk) oneStory(ctx context.Context, r chat.Request, p vocabulary.Place, a compose.Asked) (chat.Message, error) {
	found, err := d.found(ctx, r.Channel, []vocabulary.Place{p})
	if err != nil {
		return chat.Message{}, err
	}
	return compose.OneStory(found[0], d.Library().Popular, a), nil
}

// storyCalled answers words that do not name a digest: with the only recent story that
// matches them, else with search results. A button may have named a story of a digest that
// is gone.
func (d readerDesk) storyCalled(ctx context.Context, r chat.Request, of string, args map[string]string) (chat.Message, error) {
	called := args["story"]
	if d.gone(ctx, r, of) {
		return compose.Gone(d.language(r)), nil
	}
	if fits := d.index().Headlined(called); len(fits) == 1 {
		return d.oneStory(ctx, r, fits[0].Place, d.asked(r, args, 1, "story", fits[0].Ref))
	}
	return search.read(ctx, d, r, map[string]string{"words": called, chat.Share.Name: args[chat.Share.Name]})
}

// storiesOf returns a page of the stories of one digest.
func (d readerDesk) storiesOf(ctx context.Context, r chat.Request, dig *digest.Card, args map[string]string) (chat.Message, error) {
	a := d.asked(r, args, pagesOf(dig.Len()), "story", refs.Whole(dig.ID))
	places, total := stories([]*digest.Card{dig}, func(int) int { return a.Page })
	found, err := d.found(ctx, r.Channel, places)
	if err != nil {
		return chat.Message{}, err
	}
	whole, err := dig.Read()
	if err != nil {
		return chat.Message{}, err
	}
	return compose.StoriesOf(whole, found, a.Page*compose.Listed < total, a), nil
}
