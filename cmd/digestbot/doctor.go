package main

import (
	"context"
	"io"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/doctor"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type doctorCmd struct {
	JSON bool `help:"Print one JSON object a line."`
}

// Run looks for problems that keep digests from being delivered, prints what it finds, and
// fails if there is any.
func (cmd doctorCmd) Run(ctx context.Context, p *program, c *cli) error {
	var found []chat.Finding
	_ = p.while(words("checking the configuration, the library and the platforms"), func() error {
		found = p.examine(ctx, c)
		return nil
	})
	if cmd.JSON {
		out := p.json()
		for _, f := range found {
			if err := out.Encode(f); err != nil {
				return err
			}
		}
	} else {
		p.printf("%s", doctor.Lines(found))
	}
	if doctor.Bad(found) {
		return errSilent
	}
	return nil
}

// examine runs all checks from outside serve.
func (p *program) examine(ctx context.Context, c *cli) []chat.Finding {
	log := p.log(c)
	quiet := *p // the checks report what libraries and adapters would log
	quiet.err, quiet.terminal = io.Discard, false
	conf, err := quiet.config(c)
	if err != nil {
		return doctor.Broken(err)
	}
	return house.Examine(ctx, c.Config, conf, quiet.outside(c), log)
}
