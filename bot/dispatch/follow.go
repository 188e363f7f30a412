package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/digest"
)

// stands notes that the current part of x stands, and saves it. When that makes
// the first posting complete, those who follow one of its tags are owed a word
// before that is saved, so that they get it for certain.
func (d *Dispatcher) stands(ctx context.Context, x *ledger.Delivery, r chat.Receipt, now time.Time) error {
	before := x.Since
	x.Posted(r, now)
	if before.IsZero() && !x.Since.IsZero() && (x.Cause == ledger.ForSlot || x.Cause == ledger.ForStart) {
		// The post stands, whatever becomes of the words about it.
		err := panics.Contain(d.Log, "tell the followers of this digest", func() error { return d.tellFollowers(ctx, x, now) },
			"digest", x.Digest, "channel", x.Channel.String())
		if err != nil && !panics.Contained(err) {
			return err
		}
	}
	return d.save(ctx, x)
}

// tellFollowers owes a word to each person who follows in the channel a tag that
// a digest of x has: one for each digest, whatever number of tags and channels
// there are.
func (d *Dispatcher) tellFollowers(ctx context.Context, x *ledger.Delivery, now time.Time) error {
	a := d.Adapters[x.Channel.Adapter]
	writes, ok := a.(chat.Correspondent)
	if !ok {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	follows, err := d.Ledger.Follows(ctx, x.Channel, "")
	if err != nil || len(follows) == 0 || !d.answers(ctx, x.Channel) {
		return err
	}
	l := d.Library()
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
		tags := map[string][]string{} // that the digest has, by user
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
		// A file that was written anew is another digest, one that was moved is not.
		about := append([]string{d.moves.firstID(said)}, cmp.Or(said.Day, stamp(x.Planned)))
		for _, user := range users {
			m := compose.Followed(whole, tags[user], x.First().Receipt.URL, d.subscription(x.Subscription).Language)
			payloads, err := a.Render(m)
			if err != nil {
				d.Log.Error("word to a follower cannot be rendered", "digest", said.Digest, "error", err)
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
	_, err = d.Ledger.Plan(ctx, words...)
	return err
}
