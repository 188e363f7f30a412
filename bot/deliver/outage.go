package deliver

import (
	"context"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/notice"
)

// Outages records which adapters receive no commands, and notifies the admins.
type Outages struct{ Deliverer *Deliverer }

// Unheard records that an adapter will not listen again until the bot is restarted. It
// notifies the admins once, however often the bot is restarted before that is fixed. If the
// platform refuses the account, this counts as the adapter's refusal: deliveries to it wait
// as well, and there is only one notice.
func (o *Outages) Unheard(ctx context.Context, adapter string, why error) error {
	ctx = context.WithoutCancel(ctx)
	now, scope := time.Now(), ledger.OfCommands
	if chat.OutcomeOf(why) == chat.RejectedAccount {
		scope = ledger.OfAdapter
	}
	known, err := o.outage(ctx, adapter)
	since := now
	switch {
	case err != nil:
	case known.Scope == scope:
		since = known.Since
	case scope == ledger.OfAdapter:
		since, err = o.refusedSince(ctx, adapter, now)
	case known.Scope == ledger.OfAdapter: // the account is fine, and something else is not
		err = o.Heard(ctx, adapter)
	}
	if err != nil {
		return err
	}
	if scope == ledger.OfAdapter {
		c, _ := o.Deliverer.breakers.openAdapter(adapter, chat.Reason(why), since, now)
		since = c.since
	}
	lost := ledger.Outage{Adapter: adapter, Refusal: ledger.Refusal{Scope: scope, Since: since}, Reason: chat.Reason(why)}
	if err := o.Deliverer.Ledger.Lose(ctx, lost); err != nil {
		return err
	}
	if scope == ledger.OfAdapter {
		return o.Deliverer.Notices.Broken(ctx, chat.Channel{Adapter: adapter}, lost.Refusal, lost.Reason, now)
	}
	return o.Deliverer.Notices.Admins(ctx, compose.CommandsLost(adapter, lost.Reason, o.Deliverer.Notices.Language()), now, "commands lost", adapter, notice.Stamp(lost.Since))
}

// Heard records that people can reach an adapter, and notifies the admins if they could not
// since it was last started.
func (o *Outages) Heard(ctx context.Context, adapter string) error {
	ctx = context.WithoutCancel(ctx)
	known, err := o.outage(ctx, adapter)
	if err != nil || known.Adapter == "" {
		return err
	}
	if known.Scope == ledger.OfAdapter {
		err = o.Deliverer.Notices.Admins(ctx, compose.AdapterTakes(adapter, o.Deliverer.Notices.Language()), time.Now(), "adapter takes", adapter, notice.Stamp(known.Since))
	} else {
		err = o.Deliverer.Notices.Admins(ctx, compose.CommandsHeard(adapter, o.Deliverer.Notices.Language()), time.Now(), "commands heard", adapter, notice.Stamp(known.Since))
	}
	if err != nil {
		return err
	}
	_, err = o.Deliverer.Ledger.Regain(ctx, adapter)
	return err
}

// PruneOutages deletes the outage records of adapters that are no longer configured.
func (o *Outages) PruneOutages(ctx context.Context) error {
	known, err := o.Deliverer.Ledger.Outages(ctx)
	for _, x := range known {
		if o.Deliverer.Platforms.Adapters[x.Adapter] == nil && err == nil {
			_, err = o.Deliverer.Ledger.Regain(ctx, x.Adapter)
		}
	}
	return err
}

// outage returns why an adapter receives no commands; zero if no outage is known.
func (o *Outages) outage(ctx context.Context, adapter string) (ledger.Outage, error) {
	known, err := o.Deliverer.Ledger.Outages(ctx)
	for _, x := range known {
		if x.Adapter == adapter {
			return x, nil
		}
	}
	return ledger.Outage{}, err
}

// refusedSince returns since when a delivery has been waiting because an account is
// refused; now if none is.
func (o *Outages) refusedSince(ctx context.Context, adapter string, now time.Time) (time.Time, error) {
	for x, err := range ledger.Each(ctx, o.Deliverer.Ledger, ledger.Query{Adapter: adapter, Refused: true}) {
		if err != nil {
			return now, err
		}
		if x.Refused.Scope == ledger.OfAdapter {
			return x.Refused.Since, nil
		}
	}
	return now, nil
}
