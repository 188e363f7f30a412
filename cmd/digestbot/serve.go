package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/reload"
)

type serveCmd struct{}

// Run serves until it is stopped.
func (serveCmd) Run(ctx context.Context, p *program, c *cli) error {
	c.LogLevel, c.LogFormat = cmp.Or(c.LogLevel, "info"), cmp.Or(c.LogFormat, output.FormatFor(p.bareErr()))
	return house.Serve(ctx, c.Config, func() (*config.Config, error) { return p.config(c) }, p.outside(c))
}

type reloadCmd struct{}

// another reports whether two names certainly are those of different files.
func another(one, other string) bool {
	a, err := os.Stat(one)
	b, bad := os.Stat(other)
	return err == nil && bad == nil && !os.SameFile(a, b)
}

// Run has the running serve load the configuration, and prints the result.
func (reloadCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return fmt.Errorf("%w\nA running digestbot keeps its current configuration", err)
	}
	if at, err := reload.Find(conf.State); err == nil && another(at.Config, c.Config) {
		return fmt.Errorf("reload: the digestbot that has the state %s reads %s: change that file, or restart digestbot with --config", config.Absolute(conf.State), at.Config)
	}
	about := ""
	err = p.while(words("waiting for the running digestbot"), func() (err error) {
		about, err = reload.Ask(ctx, conf.State)
		return err
	})
	if refused, ok := errors.AsType[*reload.RefusedError](err); ok {
		return fmt.Errorf("%s\nA running digestbot keeps its current configuration", refused.Why)
	}
	if errors.Is(err, reload.ErrNotServing) {
		return fmt.Errorf("state %s: %w: it reads the configuration when it starts", config.Absolute(conf.State), err)
	}
	if err != nil {
		return err
	}
	p.printf("reloaded: %s\n", about)
	return nil
}
