package discord

import (
	"context"
	"errors"
	"fmt"

	"github.com/digestbot/digestbot/bot/chat"
)

// Home returns the server of a channel. Direct messages have none.
func (a *Adapter) Home(ctx context.Context, c chat.Channel) (string, error) {
	if _, ok := directUser(c); ok {
		return "", nil
	}
	if guild := a.dir.guild(c.ID); guild != "" {
		return guild, nil
	}
	if err := a.checkToken(); err != nil {
		return "", err
	}
	where, err := a.dir.place(ctx, c.ID)
	if err != nil {
		return "", fmt.Errorf("discord: channel: %w", err)
	}
	return where.Guild, nil
}

// CheckHome says in words why a bot with this configuration does not answer the
// people of a server.
func CheckHome(c Config, server string) error {
	switch {
	case c.Guild == "" || server == c.Guild:
		return nil
	case server == "":
		return errors.New("it is in no server, and guild names one")
	default:
		return fmt.Errorf("it is in the server %s, and guild names another one, %s: take guild out of config.toml, or name that server", server, c.Guild)
	}
}
