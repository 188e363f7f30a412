package main

import (
	"context"
	"text/tabwriter"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

type deliveriesCmd struct {
	JSON  bool `help:"Print one JSON object a line."`
	Limit int  `default:"50" help:"How many, the newest first (${default})."`
}

// listedDelivery is a delivery as deliveries --json prints it.
type listedDelivery struct {
	Key          string       `json:"key"`
	Digest       string       `json:"digest"`
	Title        string       `json:"title"`
	Channel      string       `json:"channel"`
	Subscription string       `json:"subscription,omitempty"`
	Cause        string       `json:"cause"`
	By           string       `json:"by,omitempty"`
	Slot         *time.Time   `json:"slot,omitempty"`
	State        string       `json:"state"`
	Reason       string       `json:"reason,omitempty"`
	Planned      time.Time    `json:"planned"`
	Next         *time.Time   `json:"next,omitempty"`
	Ended        *time.Time   `json:"ended,omitempty"`
	Parts        []listedPart `json:"parts"`
}

type listedPart struct {
	Key      string `json:"key"`
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
	ID       string `json:"id,omitempty"`
	URL      string `json:"url,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Run lists the deliveries of the ledger.
func (cmd deliveriesCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	l, err := sqlite.Open(conf.ledgerFile())
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	deliveries, err := l.List(ctx, ledger.Query{Limit: cmd.Limit})
	if err != nil {
		return err
	}
	if cmd.JSON {
		out := p.json()
		for _, x := range deliveries {
			if err := out.Encode(listed(x)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(deliveries) == 0 {
		p.printf("nothing was delivered yet\n")
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, x := range deliveries {
		at := x.Ended
		if at.IsZero() {
			at = x.Planned
		}
		row := &program{out: table}
		row.printf("%s\t%s\t%s\t%s\t“%s”%s\n", at.Local().Format("2006-01-02 15:04:05"), x.State, x.Cause, x.Channel, x.Title, outcome(x))
	}
	return table.Flush()
}

func listed(x ledger.Delivery) listedDelivery {
	l := listedDelivery{
		Key: string(x.Key), Digest: x.Digest, Title: x.Title, Channel: x.Channel.String(), Subscription: x.Subscription,
		Cause: string(x.Cause), By: x.By, Slot: some(x.Slot), State: string(x.State), Reason: x.Reason,
		Planned: x.Planned, Next: some(x.Next), Ended: some(x.Ended), Parts: []listedPart{},
	}
	for _, part := range x.Parts {
		l.Parts = append(l.Parts, listedPart{
			Key: string(part.Key), State: string(part.State), Attempts: part.Attempts,
			ID: part.Receipt.ID, URL: part.Receipt.URL, Reason: part.Reason,
		})
	}
	return l
}

// some is nil for no time.
func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
