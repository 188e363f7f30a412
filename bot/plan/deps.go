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
	// grace is how late a slot may be noticed and still count as on time: a restart at the
	// scheduled time must not lose a slot that does not wait.
	grace = 5 * time.Minute
	// lookBack limits how far back missed slots are recorded after a long downtime.
	lookBack = 7 * 24 * time.Hour
	// recent is the number of slots that are read to find the last one.
	recent = 10
	// planBatch is the number of deliveries that are planned or moved at once: small enough
	// to need little memory, and large enough to need few transactions.
	planBatch = 1000
	// channelBatch is the number of channels whose history is read per query.
	channelBatch = 100
)

// Deps are the dependencies of planning.
type Deps struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Deliverer     *deliver.Deliverer
	// Library returns the current library.
	Library func() *digest.Library
	Log     *slog.Logger
}

// unfit returns why a digest that is due is not posted to a channel, which may be local;
// empty if it is posted.
func unfit(dig *digest.Card, local bool) ledger.Code {
	switch {
	case dig.Example && !local:
		return ledger.IsExample
	case dig.Quiet():
		return ledger.WithoutNews
	}
	return ""
}

// untold returns the record for a digest that is not fit to be posted. Once its file
// changes so that it is, it is owed like a new digest.
func untold(dig *digest.Card) ledger.Said {
	return ledger.Said{Digest: dig.ID, Day: dig.Date.Format(time.DateOnly)}
}
