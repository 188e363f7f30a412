// Package platforms holds the adapters of a bot: which there are, which channels they
// take, and why nothing gets to one. It never knows what is posted there, nor any
// one platform.
package platforms

import (
	"context"
	"errors"
	"log/slog"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
)

// Platforms are the adapters by name. The fields are set before use and not changed.
type Platforms struct {
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, says what is wrong with a channel that people name: its
	// adapter, or its id for that.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, says why the adapter of a channel does not answer the
	// people of a home, which the channel is in; "" is what is in no home.
	CheckHome func(c chat.Channel, home string) error
	Log       *slog.Logger
}

// Unreachable is why nothing gets to a channel whatever the platform says: the ledger
// names an adapter that there is no more, or one that takes no such channel any
// more; nil if something may.
func (p *Platforms) Unreachable(c chat.Channel) error {
	if err := p.absent(c); err != nil || p.CheckChannel == nil {
		return err
	}
	return p.CheckChannel(c)
}

// UnreachableIn is Unreachable for what people asked for in a home, empty where there
// is one only: the adapter may not answer them any more, so that they cannot end it.
func (p *Platforms) UnreachableIn(home string, c chat.Channel) error {
	if err := p.Unreachable(c); err != nil || home == "" || p.CheckHome == nil {
		return err
	}
	return p.CheckHome(c, home)
}

// UnreachableTo is Unreachable for the channel of one person, which the adapter
// itself has named.
func (p *Platforms) UnreachableTo(person chat.Channel) error { return p.absent(person) }

func (p *Platforms) absent(c chat.Channel) error {
	if p.Adapters[c.Adapter] == nil {
		return errors.New(ledger.Because(ledger.NoAdapter, c.Adapter, c.Adapter))
	}
	return nil
}

// AnswersEveryHome reports whether the adapter of a channel answers the people of
// every home.
func (p *Platforms) AnswersEveryHome(c chat.Channel) bool {
	return p.CheckHome == nil || p.CheckHome(c, "") == nil
}

// Answers reports whether the adapter of a channel answers the people there: whom it
// does not answer cannot tell it that they want no more of it.
func (p *Platforms) Answers(ctx context.Context, c chat.Channel) bool {
	homer, ok := p.Adapters[c.Adapter].(chat.Homer)
	if !ok || p.AnswersEveryHome(c) {
		return true
	}
	home, err := homer.Home(ctx, c)
	if err != nil {
		p.Log.Warn("platforms: the home of a channel cannot be told, so nobody who follows a tag there is written to", "channel", c.String(), "error", err)
		return false
	}
	return p.CheckHome(c, home) == nil
}

// Off is why the adapter of a channel is off, or why nothing that people asked for in
// a home gets there; empty if something may.
func (p *Platforms) Off(home string, c chat.Channel) string {
	if err := p.UnreachableIn(home, c); err != nil {
		return err.Error()
	}
	return p.Adapters[c.Adapter].Capabilities().Off
}

// AllOff are the names of the adapters that post nothing now.
func (p *Platforms) AllOff() map[string]bool {
	off := map[string]bool{}
	for name, a := range p.Adapters {
		if a.Capabilities().Off != "" {
			off[name] = true
		}
	}
	return off
}

// Local reports whether nobody sees what is posted to a channel but on this
// machine's own page.
func (p *Platforms) Local(c chat.Channel) bool {
	a := p.Adapters[c.Adapter]
	return a != nil && a.Capabilities().Local
}
