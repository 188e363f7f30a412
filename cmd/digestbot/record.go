package main

import (
	"context"
	"errors"
	"text/tabwriter"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type recordCmd struct {
	JSON  bool `help:"Print one JSON object a line."`
	Limit int  `default:"50" help:"How many, the latest first (${default})."`
}

// recordedAct is an admin's act as record --json prints it.
type recordedAct struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	ByID    string    `json:"by_id"`
	Channel string    `json:"channel"`
	Home    string    `json:"home,omitempty"`
	Line    string    `json:"line"`
	What    string    `json:"what"`
}

// Run prints what admins did in chat and on the operator page.
func (cmd recordCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	var acts []ledger.Act
	l, err := house.ReadLedger(ctx, conf, p.log(c))
	if err == nil {
		defer func() { _ = l.Close() }()
		acts, err = l.Acts(ctx, ledger.ActQuery{Limit: cmd.Limit})
	}
	if err != nil && !errors.Is(err, house.ErrNoLedger) {
		return err
	}
	if cmd.JSON {
		out := p.json()
		for _, a := range acts {
			if err := out.Encode(recordedAct{a.At, a.By.Name, a.By.ID, a.Channel.String(), a.Home, a.Line, a.What}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(acts) == 0 {
		p.printf("no admin has changed anything yet\n")
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, a := range acts {
		row := &program{out: table}
		row.printf("%s\t%s\t%s\t%s\t%s\n", a.At.Local().Format("2006-01-02 15:04:05"), a.By.Name, a.Channel, a.Line, a.What)
	}
	return table.Flush()
}
