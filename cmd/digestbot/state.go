package main

import (
	"context"
	"errors"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type migrateCmd struct{}

// Run migrates the database to the newest format. serve does so by itself; a rollout may
// want to do it first.
func (migrateCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if !conf.Database.Shared() {
		return errors.New("migrate: the configuration names no database in [state]; a ledger in a folder is migrated when serve starts")
	}
	var place string
	err = p.while(words("migrating the database to the newest format"), func() (err error) {
		place, err = house.Migrate(ctx, conf)
		return err
	})
	if err != nil {
		return err
	}
	p.printf("%s has the newest format\n", place)
	return nil
}

type copyStateCmd struct {
	From string `placeholder:"FILE" help:"The ledger to copy: digestbot.db in the state folder that was used until now."`
	To   string `placeholder:"URL" help:"The database. By default, the one in [state] of the configuration; put a password into PGPASSWORD, or the whole URL into the file that state.url_file names, because others can see this command line."`
}

// Run copies the ledger from a file to a database, and retires the file.
func (cmd copyStateCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if cmd.To != "" {
		conf.Database.URL, conf.Database.URLFile = cmd.To, ""
	}
	if !conf.Database.Shared() {
		return errors.New("copy-state: there is no database: name it with --to, or as url or url_file in [state] of the configuration")
	}
	if cmd.From == "" {
		cmd.From = conf.LedgerFile()
	}
	var copied house.Copied
	err = p.while(words("copying the ledger"), func() (err error) {
		copied, err = house.CopyState(ctx, cmd.From, conf)
		return err
	})
	if err != nil {
		return err
	}
	p.printf("%s has all of %s (deliveries: %d)\n%s is retired, as %s. Name the database in [state] of the configuration, if you have not yet, and start digestbot.\n",
		copied.Place, cmd.From, copied.Deliveries, cmd.From, copied.Kept)
	return nil
}
