package notice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// Followers plans a message to each user who follows a tag in the channel that a digest of
// x has: one per digest, however many tags and channels match.
func (n *Notifier) Followers(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	a := n.Platforms.Adapters[x.Channel.Adapter]
	writes, ok := a.(chat.Correspondent)
	if !ok {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	follows, err := n.Ledger.Follows(ctx, x.Channel, "")
	if err != nil || len(follows) == 0 || !n.Platforms.Answers(ctx, x.Channel) {
		return err
	}
	l := n.Library()
	having := map[string][]*digest.Card{} // by tag
	for _, f := range follows {
		if _, ok := having[f.Tag]; !ok {
			found, _ := l.Tag(f.Tag)
			having[f.Tag] = found.Digests
		}
	}
	var words []ledger.Delivery
	for _, said := range x.Said {
		dig := l.ByID(said.Digest)
		if dig == nil {
			continue
		}
		tags := map[string][]string{} // tags of the digest, by user
		var users []string
		for _, f := range follows {
			if slices.Contains(having[f.Tag], dig) {
				if tags[f.User] == nil {
					users = append(users, f.User)
				}
				tags[f.User] = append(tags[f.User], f.Tag)
			}
		}
		if len(users) == 0 {
			continue
		}
		whole, err := dig.Read()
		if err != nil {
			return err
		}
		// A rewritten file is another digest, a moved one is not.
		about := append([]string{n.FirstID(said)}, cmp.Or(said.Day, Stamp(x.Planned)))
		for _, user := range users {
			m := compose.Followed(whole, tags[user], x.Parts.First().Receipt.URL, n.Subscriptions.Named(x.Subscription).Language)
			payloads, err := a.Render(m)
			if err != nil {
				n.Log.Error("notice: a message to a follower cannot be rendered", "digest", said.Digest, "error", err)
				break
			}
			w, err := ledger.NewWord(writes.Direct(user), m.Title, payloads, now, about...)
			if err != nil {
				return err
			}
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return nil
	}
	_, err = n.Ledger.Plan(ctx, words...)
	return err
}
