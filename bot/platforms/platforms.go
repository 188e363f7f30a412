// Package platforms holds the adapters of a bot: which there are, which channels they
// accept, and why a channel cannot be reached. It knows nothing of what is posted, nor of
// any one platform.
package platforms

import (
	"context"
	"errors"
	"log/slog"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Platforms has the adapters by name. The fields are set before use and not changed.
type Platforms struct {
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, returns what is wrong with a channel that a person named:
	// with its adapter, or with its id for that adapter.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, returns why the adapter of a channel does not serve the home
	// that the channel is in; "" means no home.
	CheckHome func(c chat.Channel, home string) error
	Log       *slog.Logger
}

// Unreachable returns why a channel cannot be reached, regardless of the platform: the
// ledger names an adapter that no longer exists, or one that no longer accepts such a
// channel. It is nil if there is no such obstacle.
func (p *Platforms) Unreachable(c chat.Channel) error {
	if err := p.absent(c); err != nil || p.CheckChannel == nil {
		return err
	}
	return p.CheckChannel(c)
}

// UnreachableIn is Unreachable for a subscription that was made in a home, empty if there
// is only one: the adapter may no longer serve its people, so that they could not end the
// subscription.
func (p *Platforms) UnreachableIn(home string, c chat.Channel) error {
	if err := p.Unreachable(c); err != nil || home == "" || p.CheckHome == nil {
		return err
	}
	return p.CheckHome(c, home)
}

// UnreachableTo is Unreachable for the direct-message channel of a person, which the
// adapter itself named.
func (p *Platforms) UnreachableTo(person chat.Channel) error { return p.absent(person) }

func (p *Platforms) absent(c chat.Channel) error {
	if p.Adapters[c.Adapter] == nil {
		return errors.New(ledger.Because(ledger.NoAdapter, c.Adapter, c.Adapter))
	}
	return nil
}

// AnswersEveryHome reports whether the adapter of a channel serves every home.
func (p *Platforms) AnswersEveryHome(c chat.Channel) bool {
	return p.CheckHome == nil || p.CheckHome(c, "") == nil
}

// Answers reports whether the adapter of a channel serves the people there: otherwise they
// could not tell it that they want no more messages.
func (p *Platforms) Answers(ctx context.Context, c chat.Channel) bool {
	homer, ok := p.Adapters[c.Adapter].(chat.Homer)
	if !ok || p.AnswersEveryHome(c) {
		return true
	}
	home, err := homer.Home(ctx, c)
	if err != nil {
		p.Log.Warn("platforms: the home of a channel cannot be determined, so followers of tags there get no messages", "channel", c.String(), "error", err)
		return false
	}
	return p.CheckHome(c, home) == nil
}

// Off returns why the adapter of a channel is off, or why nothing from a home's
// subscriptions can be posted there; empty if there is no obstacle.
func (p *Platforms) Off(home string, c chat.Channel) string {
	if err := p.UnreachableIn(home, c); err != nil {
		return err.Error()
	}
	return p.Adapters[c.Adapter].Capabilities().Off
}

// AllOff returns the names of the adapters that cannot post now.
func (p *Platforms) AllOff() map[string]bool {
	off := map[string]bool{}
	for name, a := range p.Adapters {
		if a.Capabilities().Off != "" {
			off[name] = true
		}
	}
	return off
}

// Local reports whether posts to a channel are visible only on this machine's own page.
func (p *Platforms) Local(c chat.Channel) bool {
	a := p.Adapters[c.Adapter]
	return a != nil && a.Capabilities().Local
}
