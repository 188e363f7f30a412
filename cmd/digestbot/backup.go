package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
)

type backupCmd struct {
	File string `arg:"" help:"The copy; it must not exist yet."`
}

// Run copies the ledger, while serve runs or not.
func (cmd backupCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if _, err := os.Stat(conf.LedgerFile()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("backup: there is no ledger in %s", conf.State)
	}
	l, err := openLedger(conf, p.log(c))
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if err := p.while(words("copying the ledger, and checking the copy"), func() error { return l.Backup(ctx, cmd.File) }); err != nil {
		return err
	}
	p.printf("%s is a copy of %s, whole and checked\n", cmd.File, conf.LedgerFile())
	return nil
}

// openLedger opens the ledger, and tells of a copy that was kept of an older one, and of
// a new one: where it was not expected, somebody has moved the old one.
func openLedger(conf *config.Config, log *slog.Logger) (*sqlite.Ledger, error) {
	l, err := sqlite.Open(conf.LedgerFile())
	if err == nil && l.Kept() != "" {
		log.Warn("ledger: it was brought to a new format; an older digestbot can read the copy only", "copy", l.Kept())
	}
	if err == nil && l.Fresh() {
		log.Info("ledger: a new one is made, and nothing is known of earlier posts", "file", conf.LedgerFile())
	}
	return l, err
}

const (
	// firstPrune is how long after the start old rows are looked for, and
	// pruneEvery how often from then on.
	firstPrune = 5 * time.Minute
	pruneEvery = 24 * time.Hour
)

// prune removes what the ledger need not remember any more, until ctx is done.
func (h *house) prune(ctx context.Context) {
	for wait := firstPrune; ; wait = pruneEvery {
		if retry.Sleep(ctx, wait) != nil {
			return
		}
		var n int
		err := panics.Contain(h.log, "remove old deliveries", func() (err error) {
			n, err = h.ledger.Prune(ctx, time.Now().Add(-h.config.Keep))
			return err
		})
		switch {
		case err != nil && ctx.Err() == nil:
			h.log.Warn("ledger: old deliveries cannot be removed, trying again tomorrow", "error", err)
		case n > 0:
			h.log.Info("ledger: old deliveries were removed", "deliveries", n)
		}
	}
}

// lookBack is how much older than MaxAge a digest may be that a slot still
// wanted: for so long a slot may wait or be made up for.
const lookBack = 8 * 24 * time.Hour

// sameDay reports whether two digests are about one day: a start posts all of the
// newest day.
func sameDay(a, b *digest.Card) bool {
	return a.Date.Format(time.DateOnly) == b.Date.Format(time.DateOnly)
}

// catchUp sees to it that a ledger that is behind posts nothing again. Anything that it
// does not know of may stand in the channel: digests that are there already are
// passed over, and what had begun is looked for. It returns how many digests and
// channels that concerns.
func (h *house) catchUp(ctx context.Context, now time.Time) (passed int, err error) {
	library := h.library.Library()
	if library.Len() == 0 && len(h.dispatcher.Subscriptions.All()) > 0 {
		return 0, errors.New("ledger: it is an older one than stood here, and there are no digests to tell by what may have been posted since: start digestbot when its library is there")
	}
	waiting, err := h.ledger.List(ctx, ledger.Query{State: ledger.Planned, Limit: -1})
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
			continue // that can be done twice
		default:
			part.First, part.Last = x.Planned, now
			x.Doubt(ledger.Because(ledger.AfterRestore), now)
		}
		if err := h.ledger.Save(ctx, &x); err != nil {
			return passed, err
		}
	}
	for _, s := range h.dispatcher.Subscriptions.All() {
		var digests []*digest.Card
		var ids []string
		for _, d := range library.All() {
			if s.Match.Accepts(d) && s.Come(d, now) && (len(digests) == 0 || sameDay(d, digests[0]) || now.Sub(d.Date) <= s.MaxAge+lookBack) {
				digests, ids = append(digests, d), append(ids, d.ID)
			}
		}
		for _, c := range s.Channels {
			known, err := h.ledger.Known(ctx, []chat.Channel{c}, ids...)
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
			entered, err := h.ledger.Plan(ctx, unknown...)
			if err != nil {
				return passed, err
			}
			passed += len(entered)
		}
	}
	return passed, h.ledger.CaughtUp(ctx)
}
