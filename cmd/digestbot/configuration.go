package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Say everything that is wrong with the configuration, or what it sets up." example:"digestbot config check --config /etc/digestbot/config.toml" refuses:"state-dir"`
	Show  configShowCmd  `cmd:"" help:"Print the configuration with its defaults, as TOML." example:"digestbot config show"`
}

type configCheckCmd struct{}

// Run checks the configuration as serve does before it starts. It reaches no platform and
// leaves no state.
func (configCheckCmd) Run(_ context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	about, err := p.verify(conf, c)
	if err != nil {
		return err
	}
	p.printf("%s: %s\n", c.Config, about)
	return nil
}

type configShowCmd struct{}

// Run prints what is in force.
func (configShowCmd) Run(p *program, c *cli) error {
	data, err := os.ReadFile(c.Config)
	if err != nil {
		_, err = config.Read(c.Config, p.kinds) // which says what to do
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
			p.printf("# --%s takes the place of what stands here: %s\n", flag, value)
		}
	}
	p.printf("\n%s", text)
	return nil
}

// verify finds everything that is wrong with what a configuration names: folders that are
// not there, tokens that cannot be read, tables that an adapter refuses. It reaches no
// platform and leaves no state. It says in a line what is set up.
func (p *program) verify(conf *config.Config, c *cli) (about string, err error) {
	errs := []error{conf.CheckLibraries()}
	env := chat.Env{Getenv: p.getenv, Folder: conf.Folder}
	if _, err := p.metricsToken(conf); err != nil {
		errs = append(errs, err)
	}
	if _, err := httpauth.Token(env, admin.TokenVariable, admin.TokenKey, conf.HTTP.AdminTokenFile); err != nil {
		errs = append(errs, conf.Explain(err))
	}
	if _, err := p.heartbeat(conf, &health.Checker{}, p.log(c)); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, p.libraries(conf, p.log(c)).CheckTokens())
	apart, forget, err := scratch(conf)
	if err != nil {
		return "", err
	}
	defer forget()
	var on, off []string
	for _, ac := range conf.Adapters {
		a, err := p.openAdapter(apart, ac, p.log(c), nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if why := a.Capabilities().Off; why == "" {
			on = append(on, ac.Name)
		} else {
			off = append(off, ac.Name)
		}
		errs = append(errs, a.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return conf.About(on, off), nil
}

// all is everything that verify finds, if it finds something, in the place of the first
// error alone.
func (p *program) all(conf *config.Config, c *cli, first error) error {
	if _, err := p.verify(conf, c); err != nil {
		return err
	}
	return first
}
