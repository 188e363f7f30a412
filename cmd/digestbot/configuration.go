package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Report everything that is wrong with the configuration, or summarize it." example:"digestbot config check --config /etc/digestbot/config.toml" refuses:"state-dir"`
	Show  configShowCmd  `cmd:"" help:"Print the configuration with its defaults, as TOML." example:"digestbot config show"`
}

type configCheckCmd struct{}

// Run checks the configuration as serve does before it starts. It contacts no platform and
// leaves no state.
func (configCheckCmd) Run(_ context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	about, err := house.Verify(conf, p.outside(c))
	if err != nil {
		return err
	}
	p.printf("%s: %s\n", c.Config, about)
	return nil
}

type configShowCmd struct{}

// Run prints the configuration in force.
func (configShowCmd) Run(p *program, c *cli) error {
	data, err := os.ReadFile(c.Config)
	if err != nil {
		_, err = config.Read(c.Config, p.kinds) // its error says what to do
		return err
	}
	text, err := config.Show(c.Config, data, p.kinds)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(filepath.Dir(c.Config))
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	p.printf("# %s with its defaults. Paths are relative to %s.\n", filepath.Base(c.Config), folder)
	for flag, value := range map[string]string{"state-dir": c.State, "library": c.Library} {
		if value != "" {
			p.printf("# --%s overrides this value: %s\n", flag, value)
		}
	}
	p.printf("\n%s", text)
	return nil
}
