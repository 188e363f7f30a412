package dispatch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/digest"
)

// correctAll compares what was posted lately with what has changed in the library
// since the last time, and opens the deliveries whose text was corrected once
// more.
func (d *Dispatcher) correctAll(ctx context.Context, now time.Time) error {
	l, windows := d.Library(), map[string]time.Duration{}
	for _, s := range d.All() {
		windows[s.Name] = s.Corrections
	}
	longest := slices.Max(append(slices.Collect(maps.Values(windows)), 0))
	off := d.off()
	all := d.looked == nil || !maps.Equal(windows, d.windows) || !maps.Equal(off, d.wereOff)
	if longest <= 0 || !all && l == d.looked {
		return nil
	}
	q := ledger.Query{State: ledger.Sent, Since: now.Add(-longest)}
	if !all {
		q.Of = changed(d.looked, l)
	}
	if all || len(q.Of) > 0 {
		if err := d.correctThose(ctx, q, l, now); err != nil {
			return err
		}
	}
	d.looked, d.windows, d.wereOff = l, windows, off
	return nil
}

// changed are the ids of the digests that a library has and the one before had
// not, or in other words. A library keeps the digests that did not change.
func changed(before, after *digest.Library) (ids []string) {
	for _, dig := range after.All() {
		if before.ByID(dig.ID) != dig {
			ids = append(ids, dig.ID)
		}
	}
	return ids
}

// off are the names of the adapters that post nothing now.
func (d *Dispatcher) off() map[string]bool {
	off := map[string]bool{}
	for name, a := range d.Adapters {
		if a.Capabilities().Off != "" {
			off[name] = true
		}
	}
	return off
}

func (d *Dispatcher) correctThose(ctx context.Context, q ledger.Query, l *digest.Library, now time.Time) error {
	for x, err := range ledger.Each(ctx, d.Ledger, q) {
		if err != nil {
			return err
		}
		err := panics.Contain(d.Log, "correct this post", func() error { return d.correctOne(ctx, x, l, now) },
			"digest", x.Digest, "channel", x.Channel.String())
		if err != nil && !panics.Contained(err) {
			return err
		}
	}
	return nil
}

// correctOne corrects a delivery as it is listed, without its payloads, if it is
// outdated.
func (d *Dispatcher) correctOne(ctx context.Context, x ledger.Delivery, l *digest.Library, now time.Time) error {
	if d.outdated(&x, l, now) == nil {
		return nil
	}
	x, err := d.Ledger.Get(ctx, x.Key)
	if err != nil {
		return err
	}
	return d.correct(ctx, &x, l, now)
}

// outdated are the digests of a post that stands, follows its files and does
// not say what they say now; nil when there is nothing to correct. A digest
// that has left the library corrects nothing.
func (d *Dispatcher) outdated(x *ledger.Delivery, l *digest.Library, now time.Time) (digests []*digest.Card) {
	a := d.Adapters[x.Channel.Adapter]
	if _, ok := a.(chat.Editor); !ok || a.Capabilities().Off != "" {
		return nil
	}
	window := d.subscription(x.Subscription).Corrections
	if x.State != ledger.Sent || window <= 0 || now.Sub(x.Since) > window {
		return nil
	}
	changed := false
	for _, before := range x.Said {
		dig := l.ByID(before.Digest)
		if dig == nil {
			return nil
		}
		after := d.said(dig)
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

// correct opens a delivery that is outdated once more, so that its parts say
// what the library says. A change that readers do not see is only noted.
func (d *Dispatcher) correct(ctx context.Context, x *ledger.Delivery, l *digest.Library, now time.Time) error {
	digests := d.outdated(x, l, now)
	if digests == nil {
		return nil
	}
	if latest, err := d.latest(ctx, x); err != nil || !latest {
		return err
	}
	was, err := d.sheet(ctx, x, l, digests, x.Revised)
	var is sheet
	if err == nil {
		is, err = d.sheet(ctx, x, l, digests, now)
	}
	if _, ok := errors.AsType[*renderError](err); ok {
		d.Log.Error("post cannot be corrected", "digest", x.Digest, "channel", x.Channel.String(), "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.tellAbridged(ctx, x, is, now); err != nil {
		return err
	}
	x.Said = is.said
	if x.Tells(was.posts, was.thread...) {
		return d.Ledger.Save(context.WithoutCancel(ctx), x)
	}
	if err := x.Revise(now, is.posts, is.thread...); err != nil {
		return err
	}
	d.pass(x)
	return d.save(ctx, x)
}

// latest reports whether the channel was told of no other digests under the
// names of those of x since.
func (d *Dispatcher) latest(ctx context.Context, x *ledger.Delivery) (bool, error) {
	var ids []string
	for _, s := range x.Said {
		ids = append(ids, s.Digest)
	}
	known, err := d.Ledger.Known(ctx, []chat.Channel{x.Channel}, ids...)
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

// rewritten reports whether a file has become another digest: none of its
// headlines was in what was said before, or it is about another day and most of
// them were not. When most of the pages of that day are the same, only the
// headlines were put into other words.
func rewritten(before, now ledger.Said) bool {
	if now.SameFile(before) { // which is read in another way now, by a new layout or a new version
		return false
	}
	sameDay, headlines := before.Day == now.Day, kept(before.Headlines, now.Headlines)
	switch pages := kept(before.Pages, now.Pages); {
	case otherNews(before, now):
		return true
	case sameDay && pages > 0 && 2*pages >= len(now.Pages):
		return false
	case headlines == 0 && len(before.Headlines) > 0 && len(now.Headlines) > 0:
		return true
	}
	return !sameDay && 2*headlines < max(len(now.Headlines), 1)
}

// otherNews reports whether nothing of another day's pages is left, so that the
// same headlines are the headings of always over other news.
func otherNews(before, now ledger.Said) bool {
	return before.Day != now.Day && len(before.Pages) > 0 && len(now.Pages) > 0 && kept(before.Pages, now.Pages) == 0
}

// kept is how many of now were there before.
func kept(before, now []string) (n int) {
	for _, x := range now {
		if slices.Contains(before, x) {
			n++
		}
	}
	return n
}

// anew reports whether a digest is owed to a channel that knows its file: the
// file has become another digest, or fit to be posted, and none that the channel
// was told before.
func anew(known ledger.Known, now ledger.Said) bool {
	if known.Open || len(known.Said) == 0 {
		return false
	}
	if fit := known.Said[0].Text == "" && len(now.Headlines) > 0; !fit && !rewritten(known.Said[0], now) {
		return false
	}
	return !slices.ContainsFunc(known.Said, func(before ledger.Said) bool {
		return now.SameFile(before) || now.Text != "" && before.Text == now.Text || len(now.Headlines) > 0 && kept(before.Headlines, now.Headlines) == len(now.Headlines) && !otherNews(before, now)
	})
}
