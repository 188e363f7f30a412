package dispatch

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Unheard notes that an adapter listens no more until the bot is started again,
// and tells the admins once, however often it is started before that is mended.
// If the platform refuses the account, that is the pause of the adapter: what is
// owed there waits for the same, and nothing is told twice.
func (d *Dispatcher) Unheard(ctx context.Context, adapter string, why error) error {
	ctx = context.WithoutCancel(ctx)
	now, scope := time.Now(), ledger.OfCommands
	if chat.OutcomeOf(why) == chat.RejectedAccount {
		scope = ledger.OfAdapter
	}
	known, err := d.outage(ctx, adapter)
	since := now
	switch {
	case err != nil:
	case known.Scope == scope:
		since = known.Since
	case scope == ledger.OfAdapter:
		since, err = d.refusedSince(ctx, adapter, now)
	case known.Scope == ledger.OfAdapter: // the account is well, and something else is not
		err = d.Heard(ctx, adapter)
	}
	if err != nil {
		return err
	}
	if scope == ledger.OfAdapter {
		c, _ := d.pauses.closeAdapter(adapter, chat.Reason(why), since, now)
		since = c.since
	}
	o := ledger.Outage{Adapter: adapter, Pause: ledger.Pause{Scope: scope, Since: since}, Reason: chat.Reason(why)}
	if err := d.Ledger.Lose(ctx, o); err != nil {
		return err
	}
	if scope == ledger.OfAdapter {
		return d.tellPause(ctx, chat.Channel{Adapter: adapter}, o.Pause, o.Reason, now)
	}
	return d.tell(ctx, compose.CommandsLost(adapter, o.Reason, d.speaks(d.Admin)), now, "commands lost", adapter, stamp(o.Since))
}

// Heard notes that people reach an adapter, and tells the admins if they could
// not since it was last started.
func (d *Dispatcher) Heard(ctx context.Context, adapter string) error {
	ctx = context.WithoutCancel(ctx)
	o, err := d.outage(ctx, adapter)
	if err != nil || o.Adapter == "" {
		return err
	}
	if o.Scope == ledger.OfAdapter {
		err = d.tell(ctx, compose.AdapterTakes(adapter, d.speaks(d.Admin)), time.Now(), "adapter takes", adapter, stamp(o.Since))
	} else {
		err = d.tell(ctx, compose.CommandsHeard(adapter, d.speaks(d.Admin)), time.Now(), "commands heard", adapter, stamp(o.Since))
	}
	if err != nil {
		return err
	}
	_, err = d.Ledger.Regain(ctx, adapter)
	return err
}

// ForgetAbsent drops what is noted of adapters that config.toml has no more.
func (d *Dispatcher) ForgetAbsent(ctx context.Context) error {
	known, err := d.Ledger.Outages(ctx)
	for _, o := range known {
		if d.Adapters[o.Adapter] == nil && err == nil {
			_, err = d.Ledger.Regain(ctx, o.Adapter)
		}
	}
	return err
}

// outage is why an adapter hears no commands; zero if it is not known not to.
func (d *Dispatcher) outage(ctx context.Context, adapter string) (ledger.Outage, error) {
	known, err := d.Ledger.Outages(ctx)
	for _, o := range known {
		if o.Adapter == adapter {
			return o, nil
		}
	}
	return ledger.Outage{}, err
}

// refusedSince is since when a delivery waits because an account is refused; now
// if none does.
func (d *Dispatcher) refusedSince(ctx context.Context, adapter string, now time.Time) (time.Time, error) {
	for x, err := range ledger.Each(ctx, d.Ledger, ledger.Query{Paused: true}) {
		if err != nil {
			return now, err
		}
		if x.Channel.Adapter == adapter && x.Paused.Scope == ledger.OfAdapter {
			return x.Paused.Since, nil
		}
	}
	return now, nil
}
