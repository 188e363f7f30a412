package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type healthCmd struct {
	Live bool `help:"Check only whether the process answers, as a liveness probe should: a platform that is down is no reason to restart."`
}

// Run asks the running serve whether it can do its work, and prints the answer. With
// --state-dir, a configuration that has mistakes is no obstacle: serve keeps the previous
// one.
func (cmd healthCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	switch {
	case err != nil && c.State == "":
		return fmt.Errorf("%w\nWith --state-dir, the running digestbot is asked nevertheless: it keeps its previous configuration", err)
	case err != nil:
		p.log(c).Warn("config: it has mistakes, so the running digestbot keeps the previous one", "error", err)
		conf = &config.Config{State: c.State}
	}
	at := house.Address(conf)
	if cmd.Live {
		if _, err := health.Ask(ctx, at, "/healthz", chat.Secret{}); err != nil {
			return fmt.Errorf("health: %w", err)
		}
		p.printf("alive\n")
		return nil
	}
	token := chat.Secret{} // not needed if this machine may see names without one
	if !conf.HTTP.Local() {
		if token, err = house.MetricsToken(conf, p.getenv); err != nil {
			return err
		}
	}
	var says string
	err = p.while(words("asking "+at), func() (err error) {
		says, err = health.Ask(ctx, at, "/readyz", token)
		return err
	})
	not := errors.Is(err, health.ErrNotReady)
	if err != nil && !not {
		return fmt.Errorf("health: %w", err)
	}
	if not && says == "not ready\n" {
		says += "To see why, set " + house.MetricsVariable + " or http.metrics_token_file for this command and for serve.\n"
	}
	p.printf("%s", says)
	if not {
		return errSilent
	}
	p.printf("healthy\n")
	return nil
}
