package plan

import (
	"log/slog"
	"time"

	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

const (
	// grace is how late a slot may be noticed and still count as in time: a
	// restart over the opening must not lose a slot that does not wait.
	grace = 5 * time.Minute
	// lookBack bounds the missed slots that are written down after a long
	// downtime.
	lookBack = 7 * 24 * time.Hour
	// recent is how many slots are read to find the last one.
	recent = 10
	// planBatch is the number of deliveries that are planned or moved at once: few
	// enough for little memory, and enough to need few changes of the ledger.
	planBatch = 1000
	// channelBatch is the number of channels whose history is read per query.
	channelBatch = 100
)

// Deps are the parts of the bot that planning needs.
type Deps struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Deliverer     *deliver.Deliverer
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
}

// unfit is why a digest that is due is not posted to a channel, which may be local;
// empty if it is.
func unfit(dig *digest.Card, local bool) ledger.Code {
	switch {
	case dig.Example && !local:
		return ledger.IsExample
	case dig.Quiet():
		return ledger.WithoutNews
	}
	return ""
}

// untold is what a delivery says of a digest that is not fit to be posted. When
// its file is changed so that it is, it is owed like another digest.
func untold(dig *digest.Card) ledger.Said {
	return ledger.Said{Digest: dig.ID, Day: dig.Date.Format(time.DateOnly)}
}
