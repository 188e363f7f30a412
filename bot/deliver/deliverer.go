package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
	"github.com/digestbot/digestbot/bot/platforms"
	"github.com/digestbot/digestbot/bot/post"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// Deliverer makes deliveries. Its fields are set before use and not changed.
type Deliverer struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Planner       Planner
	// Library returns the current library.
	Library func() *digest.Library
	Log     *slog.Logger
	// Watch, if not nil, is called with each delivery after each saved step.
	Watch func(ledger.Delivery)
	// Attempted, if not nil, is called with the result of each attempt to post or to
	// correct a part: nil for success, else an error for chat.OutcomeOf.
	Attempted func(adapter string, err error)

	gaps     gaps
	breakers breakers
	repeated repeated
	journal  journal
}

// Planner is what a Deliverer needs of the planner.
type Planner interface {
	// Behind reports whether a file that is missing from a library may only have moved, or
	// not have arrived yet.
	Behind(l *digest.Library, now time.Time) bool
	// Correct reopens a delivery that has ended if its digests say something else now.
	Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error
}

// Save writes x, even if the bot is stopping. It reports to the log and to Watch, and to
// the admins if they have to decide.
func (d *Deliverer) Save(ctx context.Context, x *ledger.Delivery) error {
	if err := d.Ledger.Save(context.WithoutCancel(ctx), x); err != nil {
		return fmt.Errorf("delivery %s: %w", x.Key, err)
	}
	now := time.Now()
	d.journal.tell(d.Log, x, now)
	if d.Watch != nil {
		d.Watch(*x)
	}
	return d.Notices.Held(ctx, x, now)
}

// Refused returns what the platforms refuse now, as known from the attempts of this
// process.
func (d *Deliverer) Refused() []Refused { return d.breakers.open() }

// flawed returns why a delivery with a flaw is held, or why its correction is given up.
func flawed(x *ledger.Delivery, flaw string) string {
	if !x.Since.IsZero() {
		return ledger.Because(ledger.DamagedInCorrection, flaw)
	}
	return ledger.Because(ledger.DamagedInPost, flaw)
}
