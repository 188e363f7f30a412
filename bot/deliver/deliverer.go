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

// Deliverer delivers. Its fields are set before use and not changed.
type Deliverer struct {
	Ledger        ledger.Ledger
	Platforms     *platforms.Platforms
	Subscriptions *subscription.Registry
	Posts         *post.Renderer
	Notices       *notice.Notifier
	Planner       Planner
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
	// Watch, if not nil, is told of each delivery after each step that was saved.
	Watch func(ledger.Delivery)
	// Attempted, if not nil, is told of each attempt to post or to correct a part how it
	// ended: nil for well, else as chat.OutcomeOf says.
	Attempted func(adapter string, err error)

	gaps     gaps
	breakers breakers
	repeated repeated
	journal  journal
}

// Planner is what a Deliverer asks who plans.
type Planner interface {
	// Behind reports whether a file that is missing in a library at a time may only have
	// moved, or be on its way.
	Behind(l *digest.Library, now time.Time) bool
	// Correct opens a delivery that has ended once more if its digests say something
	// else now.
	Correct(ctx context.Context, x *ledger.Delivery, now time.Time) error
}

// Save writes x, also when the bot is stopping, and tells the log and Watch, and the
// admins if they have to decide.
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

// Refused is what the platforms refuse now, as far as it was tried.
func (d *Deliverer) Refused() []Refused { return d.breakers.open() }

// flawed is why a delivery is held that has a flaw, or its correction given up.
func flawed(x *ledger.Delivery, flaw string) string {
	if !x.Since.IsZero() {
		return ledger.Because(ledger.DamagedInCorrection, flaw)
	}
	return ledger.Because(ledger.DamagedInPost, flaw)
}
