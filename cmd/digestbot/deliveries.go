package main

import (
	"context"
	"errors"
	"text/tabwriter"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

type deliveriesCmd struct {
	List    listCmd    `cmd:"" default:"withargs" help:"List what was delivered where, when and how it ended (what deliveries does by itself)." example:"digestbot deliveries --json --limit 10"`
	Release releaseCmd `cmd:"" help:"Send what is held or has failed again, or try at once what waits." example:"digestbot deliveries release 3f9c1e"`
	Forget  forgetCmd  `cmd:"" help:"Take what is held as posted, or drop what waits." example:"digestbot deliveries forget 3f9c1e"`
}

type listCmd struct {
	JSON  bool `help:"Print one JSON object a line."`
	Limit int  `default:"50" help:"How many, the newest first (${default})."`
}

// listedDelivery is a delivery as deliveries --json prints it.
type listedDelivery struct {
	Key          string     `json:"key"`
	Digest       string     `json:"digest"`
	Title        string     `json:"title"`
	Channel      string     `json:"channel"`
	Subscription string     `json:"subscription,omitempty"`
	Cause        string     `json:"cause"`
	By           string     `json:"by,omitempty"`
	Slot         *time.Time `json:"slot,omitempty"`
	State        string     `json:"state"`
	Reason       string     `json:"reason,omitempty"`
	Planned      time.Time  `json:"planned"`
	Next         *time.Time `json:"next,omitempty"`
	Ended        *time.Time `json:"ended,omitempty"`
	Paused       *time.Time `json:"paused,omitempty"` // since when nothing gets through

	Decisions []ledger.Decision `json:"decisions,omitempty"`
	Parts     []listedPart      `json:"parts"`
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
func (cmd listCmd) Run(ctx context.Context, p *program, c *cli) error {
	l, err := p.ledger(c)
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
	lost, err := l.Outages(ctx)
	if err != nil {
		return err
	}
	for _, o := range lost {
		p.printf("%-9s hears no commands since %s: %s\n", o.Adapter, o.Since.Local().Format("2006-01-02 15:04:05"), o.Reason)
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
		state, decide := string(x.State), ""
		if x.Refused.Scope != "" {
			state = "paused"
		}
		if x.State == ledger.Held || x.Refused.Scope != "" {
			decide = " (release or forget " + string(x.Key) + ")"
		}
		row := &program{out: table}
		row.printf("%s\t%s\t%s\t%s\t“%s”%s%s\n", at.Local().Format("2006-01-02 15:04:05"), state, x.Cause, x.Channel, x.Title, outcome(x), decide)
	}
	return table.Flush()
}

// ledger opens the ledger alone.
func (p *program) ledger(c *cli) (*sqlite.Ledger, error) {
	conf, err := p.config(c)
	if err != nil {
		return nil, err
	}
	return openLedger(conf, p.log(c))
}

type releaseCmd struct {
	Key string `arg:"" help:"The key of a delivery, as deliveries --json and the notices have it."`
}

// Run has a delivery sent again. Serve does it, now or when it runs next.
func (cmd releaseCmd) Run(ctx context.Context, p *program, c *cli) error {
	x, err := p.decide(ctx, c, cmd.Key, (*ledger.Delivery).Release)
	if err != nil {
		return err
	}
	p.printf("“%s” to %s is released: serve sends it\n", x.Title, x.Channel)
	return nil
}

type forgetCmd struct {
	Key string `arg:"" help:"The key of a delivery, as deliveries --json and the notices have it."`
}

// Run ends a delivery without sending anything.
func (cmd forgetCmd) Run(ctx context.Context, p *program, c *cli) error {
	x, err := p.decide(ctx, c, cmd.Key, (*ledger.Delivery).Forget)
	if err != nil {
		return err
	}
	p.printf("“%s” to %s is forgotten\n", x.Title, x.Channel)
	return nil
}

// decide notes what the operator has decided about a delivery. If serve is just
// working on it, it is read anew.
func (p *program) decide(ctx context.Context, c *cli, key string, decision func(*ledger.Delivery, string, time.Time) error) (ledger.Delivery, error) {
	l, err := p.ledger(c)
	if err != nil {
		return ledger.Delivery{}, err
	}
	defer func() { _ = l.Close() }()
	for {
		x, err := l.Get(ctx, chat.Key(key))
		if err != nil {
			return x, err
		}
		if err := decision(&x, operator(), time.Now()); err != nil {
			return x, err
		}
		if err := l.Save(ctx, &x); !errors.Is(err, ledger.ErrFenced) {
			return x, err
		}
	}
}

func listed(x ledger.Delivery) listedDelivery {
	l := listedDelivery{
		Key: string(x.Key), Digest: x.Digest, Title: x.Title, Channel: x.Channel.String(), Subscription: x.Subscription,
		Cause: string(x.Cause), By: x.By, Slot: some(x.Slot), State: string(x.State), Reason: x.Reason,
		Planned: x.Planned, Next: some(x.Next), Ended: some(x.Ended),
		Paused: some(x.Refused.Since), Decisions: x.Decisions, Parts: []listedPart{},
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
