package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type backupCmd struct {
	File string `arg:"" help:"The copy; it must not exist yet."`
}

// Run copies the ledger, whether or not serve is running.
func (cmd backupCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	l, err := house.ChangeLedger(ctx, conf, p.log(c))
	if errors.Is(err, house.ErrNoLedger) {
		return fmt.Errorf("backup: there is no ledger in %s", conf.State)
	}
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if err := p.while(words("copying the ledger, and checking the copy"), func() error { return l.Backup(ctx, cmd.File) }); err != nil {
		return err
	}
	p.printf("%s is a complete, verified copy of %s\n", cmd.File, conf.LedgerFile())
	return nil
}
