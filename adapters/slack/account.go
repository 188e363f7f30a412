package slack

import (
	"context"
	"sync"

	"github.com/digestbot/digestbot/adapters/slack/internal/wire"
)

// account caches the account that the bot token belongs to; it is requested only once.
type account struct {
	mu    sync.Mutex
	known *wire.Account // nil until Slack has answered
}

// get returns the account if it is known, or else nil.
func (a *account) get() *wire.Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known
}

// of returns the account, and requests it if necessary.
func (a *account) of(ctx context.Context, client *wire.Client) (wire.Account, error) {
	if known := a.get(); known != nil {
		return *known, nil
	}
	found, err := client.Account(ctx)
	if err != nil {
		return wire.Account{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = &found
	return found, nil
}
