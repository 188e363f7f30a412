package plan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/digest"
)

// corrections keeps posts in step with their files.
type corrections struct {
	*Deps
	// looked is the library with which the posts were last compared. windows is how long
	// the posts of each subscription followed their files then, and wereOff has the
	// adapters that could not correct any.
	looked  *digest.Library
	windows map[string]time.Duration
	wereOff map[string]bool
	// until is when posts were last compared while other processes were posting, too.
	until time.Time
}

// forget makes the next comparison like the first one after a restart.
func (c *corrections) forget() { *c = corrections{Deps: c.Deps} }

// correctAll compares recent posts with what has changed in the library since the last
// time, and reopens the deliveries whose text was corrected.
//
// Other processes may post from a library that is behind this one. So, while the ledger is
// shared, each new post is compared, too.
func (c *corrections) correctAll(ctx context.Context, shared bool, now time.Time) error {
	l, windows := c.Library(), map[string]time.Duration{}
	for _, s := range c.Subscriptions.All() {
		windows[s.Name] = s.Corrections
	}
	longest := slices.Max(append(slices.Collect(maps.Values(windows)), 0))
	off := c.Platforms.AllOff()
	all := c.looked == nil || !maps.Equal(windows, c.windows) || !maps.Equal(off, c.wereOff)
	if longest > 0 && !all && shared {
		if err := c.correctThose(ctx, ledger.Query{State: ledger.Sent, Since: c.until.Add(-lagging)}, l, now); err != nil {
			return err
		}
		c.until = now
	}
	if longest <= 0 || !all && l == c.looked {
		return nil
	}
	q := ledger.Query{State: ledger.Sent, Since: now.Add(-longest)}
	if !all {
		q.Of = changed(c.looked, l)
	}
	if all || len(q.Of) > 0 {
		if err := c.correctThose(ctx, q, l, now); err != nil {
			return err
		}
	}
	c.looked, c.windows, c.wereOff, c.until = l, windows, off, now
	return nil
}

// lagging bounds two delays between processes: how long after its recorded time another
// process may save a post, and how much later one process may see a file than another.
const lagging = time.Minute

// changed returns the ids of digests that are new in a library, or whose text has changed.
// A library keeps the digests that did not change.
func changed(before, after *digest.Library) (ids []string) {
	for _, dig := range after.All() {
		if before.ByID(dig.ID) != dig {
			ids = append(ids, dig.ID)
		}
	}
	return ids
}

func (c *corrections) correctThose(ctx context.Context, q ledger.Query, l *digest.Library, now time.Time) error {
	for x, err := range ledger.Each(ctx, c.Ledger, q) {
		if err != nil {
			return err
		}
		err := panics.Contain(c.Log, "correct this post", func() error { return c.correctOne(ctx, x, l, now) },
			"digest", x.Digest, "channel", x.Channel.String())
		if err != nil && !panics.Contained(err) {
			return err
		}
	}
	return nil
}

// correctOne corrects a listed delivery, which has no payloads, if it is outdated.
func (c *corrections) correctOne(ctx context.Context, x ledger.Delivery, l *digest.Library, now time.Time) error {
	if c.outdated(&x, l, now) == nil {
		return nil
	}
	x, err := c.Ledger.Get(ctx, x.Key)
	if err != nil {
		return err
	}
	return c.correct(ctx, &x, l, now)
}

// outdated returns the digests of a post whose text no longer matches them, provided that
// it is posted and still follows its files; nil if there is nothing to correct. A digest
// that has left the library corrects nothing.
func (c *corrections) outdated(x *ledger.Delivery, l *digest.Library, now time.Time) (digests []*digest.Card) {
	a := c.Platforms.Adapters[x.Channel.Adapter]
	if _, ok := a.(chat.Editor); !ok || a.Capabilities().Off != "" {
		return nil
	}
	window := c.Subscriptions.Named(x.Subscription).Corrections
	if x.State != ledger.Sent || window <= 0 || now.Sub(x.Since) > window {
		return nil
	}
	changed := false
	for _, before := range x.Said {
		dig := l.ByID(before.Digest)
		if dig == nil {
			return nil
		}
		after := c.Posts.Said(dig)
		if rewritten(before, after) {
			return nil
		}
		digests = append(digests, dig)
		changed = changed || after.Text != before.Text && !after.SameFile(before)
	}
	if !changed {
		return nil
	}
	return digests
}

// correct reopens an outdated delivery, so that its parts match the library. A change that
// readers cannot see is only recorded.
func (c *corrections) correct(ctx context.Context, x *ledger.Delivery, l *digest.Library, now time.Time) error {
	digests := c.outdated(x, l, now)
	if digests == nil {
		return nil
	}
	if latest, err := c.latest(ctx, x); err != nil || !latest {
		return err
	}
	was, err := c.Posts.Render(ctx, x, l, digests, x.Revised)
	var is post.Post
	if err == nil {
		is, err = c.Posts.Render(ctx, x, l, digests, now)
	}
	if _, ok := errors.AsType[*post.Error](err); ok {
		c.Log.Error("plan: a post cannot be corrected", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.Notices.Abridged(ctx, x, is, now); err != nil {
		return err
	}
	x.Said = is.Said
	if x.Parts.Tell(was.Payloads, was.Thread...) {
		return c.Ledger.Save(context.WithoutCancel(ctx), x)
	}
	if err := x.Revise(now, is.Payloads, is.Thread...); err != nil {
		return err
	}
	c.Posts.MarkPublished(x)
	return c.Deliverer.Save(ctx, x)
}

// latest reports whether no other digests have been posted in the channel since x under the
// ids of its digests.
func (c *corrections) latest(ctx context.Context, x *ledger.Delivery) (bool, error) {
	var ids []string
	for _, s := range x.Said {
		ids = append(ids, s.Digest)
	}
	known, err := c.Ledger.Known(ctx, []chat.Channel{x.Channel}, ids...)
	if err != nil {
		return false, err
	}
	for _, s := range x.Said {
		if told := known[0][s.Digest].Said; len(told) > 0 && rewritten(s, told[0]) {
			return false, nil
		}
	}
	return true, nil
}
