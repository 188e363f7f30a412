package command

import (
	"context"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
)

// story opens one story, or a whole digest: what the menu of every list says.
var story = verb{
	Command: chat.Command{
		Name: "story", Summary: "One story with its sources, or a whole digest", Private: true,
		Args: []chat.Arg{{Name: "story", Summary: "A story of a list, or a digest's ID", Required: true, Rest: true, Suggest: true}, chat.Share},
	},
	pure: true,
	answer: func(ctx context.Context, d *Desk, r chat.Request, args map[string]string) (chat.Message, error) {
		x, ref := d.index(), args["story"]
		a := d.asked(r, args, 1, "story", ref)
		if dig := chosen(x, ref, nil); dig != nil {
			return d.whole(r, dig, a), nil
		}
		name := ref
		if at := strings.LastIndexByte(ref, '#'); at >= 0 {
			name = ref[:at]
		}
		if name == "" {
			return compose.NoDigest(ref, d.language(r)), nil
		}
		dig := chosen(x, name, nil)
		if dig == nil {
			return d.noneChosen(ctx, r, name)
		}
		i, ok := compose.StoryOf(dig, ref)
		if ok {
			found, err := d.found(ctx, r.Channel, []place{{dig, i}})
			if err != nil {
				return chat.Message{}, err
			}
			return compose.OneStory(found[0], x.library.Popular, a), nil
		}
		places := make([]place, 0, len(dig.Stories))
		for i := range dig.Stories {
			places = append(places, place{dig, i})
		}
		if len(places) == 0 {
			return d.whole(r, dig, a), nil
		}
		found, err := d.found(ctx, r.Channel, places)
		if err != nil {
			return chat.Message{}, err
		}
		return compose.NoStory(dig, found, a), nil
	},
}
