package house

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/digest"
)

// lookBack is how much older than MaxAge a digest may be and still be wanted by a slot: the
// longest time that a slot waits or is made up for.
const lookBack = 8 * 24 * time.Hour

// sameDay reports whether two digests are of the same day: at a start, all digests of the
// newest day are posted.
func sameDay(a, b *digest.Card) bool {
	return a.Date.Format(time.DateOnly) == b.Date.Format(time.DateOnly)
}

// catchUp makes sure that a ledger that is behind posts nothing again. Anything missing
// from the ledger may have been posted already. So digests that exist now are skipped, and
// parts that had begun are put in doubt and looked for. It returns how many digests,
// counted per channel, were skipped.
func (h *House) catchUp(ctx context.Context, now time.Time) (passed int, err error) {
	library := h.library.Library()
	if library.Len() == 0 && len(h.Dispatcher.Subscriptions.All()) > 0 {
		return 0, errors.New("ledger: it is older than the one used last, and without digests it is unknown what may have been posted since: start digestbot when its library is available")
	}
	waiting, err := h.Ledger.List(ctx, ledger.Query{State: ledger.Planned, Limit: -1})
	if err != nil {
		return 0, err
	}
	for _, x := range waiting {
		part := x.Parts.Current()
		switch {
		case len(x.Parts) == 0:
			x.Skip(ledger.Because(ledger.AfterRestore), now)
			passed++
		case part == nil || part.Stands():
			continue // this can safely be done twice
		default:
			part.First, part.Last = x.Planned, now
			x.Doubt(ledger.Because(ledger.AfterRestore), now)
		}
		if err := h.Ledger.Save(ctx, &x); err != nil {
			return passed, err
		}
	}
	for _, s := range h.Dispatcher.Subscriptions.All() {
		var digests []*digest.Card
		var ids []string
		for _, d := range library.All() {
			if s.Match.Accepts(d) && s.Come(d, now) && (len(digests) == 0 || sameDay(d, digests[0]) || now.Sub(d.Date) <= s.MaxAge+lookBack) {
				digests, ids = append(digests, d), append(ids, d.ID)
			}
		}
		for _, c := range s.Channels {
			known, err := h.Ledger.Known(ctx, []chat.Channel{c}, ids...)
			if err != nil {
				return passed, err
			}
			var unknown []ledger.Delivery
			for _, d := range digests {
				said := ledger.Said{Digest: d.ID, Text: d.Fingerprint(), Headlines: d.HeadlineHashes(), Pages: d.PageHashes(), Day: d.Date.Format(time.DateOnly)}
				x := ledger.NewDelivery(d.ID, d.Label(), c, now)
				if told, ok := known[0][d.ID]; ok {
					if told.Open || slices.ContainsFunc(told.Said, func(x ledger.Said) bool { return x.Text == said.Text }) {
						continue
					}
					x = ledger.NewEdition(said, d.Label(), c, now)
				}
				x = s.Dress(x)
				x.Cause, x.Said = ledger.ForStart, []ledger.Said{said}
				x.Skip(ledger.Because(ledger.AfterRestore), now)
				unknown = append(unknown, x)
			}
			entered, err := h.Ledger.Plan(ctx, unknown...)
			if err != nil {
				return passed, err
			}
			passed += len(entered)
		}
	}
	return passed, h.Ledger.CaughtUp(ctx)
}
