package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

type deliveriesCmd struct {
	List    listCmd    `cmd:"" default:"withargs" help:"List deliveries: what, where, when and with which result (the default of deliveries)." example:"digestbot deliveries --json --limit 10"`
	Release releaseCmd `cmd:"" help:"Send a held or failed delivery again, or try a waiting one at once; --all sends everything that is held." example:"digestbot deliveries release jodxorqi6keczhejp5ho"`
	Forget  forgetCmd  `cmd:"" help:"Treat a held delivery as posted, or drop a waiting one." example:"digestbot deliveries forget jodxorqi6keczhejp5ho"`
}

type listCmd struct {
	JSON    bool   `help:"Print one JSON object a line."`
	Limit   int    `default:"50" help:"How many, the newest first (${default})."`
	Channel string `placeholder:"ADAPTER:CHANNEL" help:"Only those to this channel."`
	State   string `placeholder:"STATE" help:"Only those in this state: planned, sending, in-doubt, sent, failed, held, skipped or bundled; paused for those that wait because the platform refuses posts."`
	Since   string `placeholder:"DAY|AGE" help:"Only those since a day (2026-01-21) or within an age (36h, 7d)."`
	Skipped bool   `help:"Also those that were skipped, which are hidden unless --state skipped is given."`
}

// paused is the state that people see when a delivery waits because the platform refuses
// posts.
const paused = "paused"

// states maps the names that people use to the states of deliveries.
var states = map[string]ledger.State{
	"planned": ledger.Planned, "sending": ledger.Sending, "in-doubt": ledger.InDoubt, "sent": ledger.Sent, "failed": ledger.Failed,
	"held": ledger.Held, "skipped": ledger.Skipped, "bundled": ledger.Bundled, paused: "",
}

// since parses --since into a time; the zero time means no limit.
func since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return day, nil
	}
	if n, err := strconv.ParseUint(strings.TrimSuffix(text, "d"), 10, 16); err == nil && strings.HasSuffix(text, "d") {
		return now.AddDate(0, 0, -int(n)), nil
	}
	if age, err := time.ParseDuration(text); err == nil && age > 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, fmt.Errorf("since %q: write a day, such as 2026-01-21, or a length of time, such as 36h or 7d", text)
}

// find reads the deliveries that the flags select, and counts those that are left out only
// because they were skipped.
func (cmd listCmd) find(ctx context.Context, l ledger.Deliveries, now time.Time) (found []ledger.Delivery, hidden int, err error) {
	q := ledger.Query{Refused: cmd.State == paused}
	if cmd.Channel != "" {
		if q.Channel, err = chat.ParseChannel(cmd.Channel); err != nil {
			return nil, 0, err
		}
	}
	if cmd.State != "" {
		state, ok := states[cmd.State]
		if !ok {
			return nil, 0, fmt.Errorf("state %q: write %s", chat.MaskValue(cmd.State), subscription.Either(slices.Sorted(maps.Keys(states))))
		}
		q.State = state
	}
	from, err := since(cmd.Since, now)
	if err != nil {
		return nil, 0, err
	}
	for x, err := range ledger.Each(ctx, l, q) {
		switch {
		case err != nil:
			return nil, 0, err
		case last(x).Before(from):
		case x.State == ledger.Skipped && cmd.State == "" && !cmd.Skipped:
			hidden++
		default:
			found = append(found, x)
		}
		if len(found) == cmd.Limit {
			break
		}
	}
	return found, hidden, nil
}

// last returns when a delivery ended or, if it has not, when it was planned.
func last(x ledger.Delivery) time.Time {
	if x.Ended.IsZero() {
		return x.Planned
	}
	return x.Ended
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
	Paused       *time.Time `json:"paused,omitempty"` // when the platform began to refuse posts

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
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if cmd.Limit < 1 {
		return fmt.Errorf("limit: %d is not a number of deliveries", cmd.Limit)
	}
	l, err := house.ReadLedger(ctx, conf, p.log(c))
	if errors.Is(err, house.ErrNoLedger) {
		if !cmd.JSON {
			p.printf("nothing was delivered yet\n")
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	deliveries, hidden, err := cmd.find(ctx, l, time.Now())
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
		p.printf("%-9s receives no commands since %s: %s\n", o.Adapter, o.Since.Local().Format("2006-01-02 15:04:05"), o.Reason)
	}
	switch {
	case len(deliveries) > 0:
	case hidden > 0:
		p.printf("nothing but %d skipped: --skipped shows them\n", hidden)
		return nil
	case cmd.Channel+cmd.State+cmd.Since != "":
		p.printf("no delivery matches\n")
		return nil
	default:
		p.printf("nothing was delivered yet\n")
		return nil
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, x := range deliveries {
		state := string(x.State)
		if x.Refused.Scope != "" {
			state = paused
		}
		row := &program{out: table}
		row.printf("%s\t%s\t%s\t%s\t“%s”%s%s\n", last(x).Local().Format("2006-01-02 15:04:05"), state, x.Cause, x.Channel, x.Title, outcome(x), decisions(x))
	}
	if err := table.Flush(); err != nil || hidden == 0 {
		return err
	}
	p.printf("%d skipped not shown: --skipped shows them\n", hidden)
	return nil
}

// decisions names what the operator can decide about a delivery, with its key; empty if
// nothing.
func decisions(x ledger.Delivery) string {
	var can []string
	for _, of := range []struct {
		name   string
		decide func(*ledger.Delivery, string, time.Time) error
	}{{"release", (*ledger.Delivery).Release}, {"forget", (*ledger.Delivery).Forget}} {
		trial := x
		trial.Parts = slices.Clone(x.Parts)
		if of.decide(&trial, "", time.Now()) == nil {
			can = append(can, of.name)
		}
	}
	if len(can) == 0 {
		return ""
	}
	return " (" + strings.Join(can, " or ") + " " + string(x.Key) + ")"
}

type releaseCmd struct {
	All bool   `help:"Release everything that is held."`
	Key string `arg:"" optional:"" help:"The key of a delivery, as deliveries and the notices show it."`
}

// Validate refuses a command line that does not say what to release.
func (cmd releaseCmd) Validate() error {
	switch {
	case cmd.All && cmd.Key != "":
		return errors.New("write a key or --all, not both")
	case !cmd.All && cmd.Key == "":
		return errors.New("write the key of a delivery, as digestbot deliveries shows it, or --all for everything that is held")
	}
	return nil
}

// Run releases one delivery, or all that are held. serve sends them, now or when it runs
// next.
func (cmd releaseCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.All {
		return cmd.all(ctx, p, c)
	}
	x, err := p.decide(ctx, c, cmd.Key, (*ledger.Delivery).Release)
	if err != nil {
		return err
	}
	p.printf("“%s” to %s is released: serve sends it\n", x.Title, x.Channel)
	return nil
}

// all releases everything that is held. A delivery that cannot be sent as it is does not
// keep others from being released.
func (cmd releaseCmd) all(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	l, err := house.ChangeLedger(ctx, conf, p.log(c))
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	held, err := l.List(ctx, ledger.Query{State: ledger.Held, Limit: -1})
	if err != nil {
		return err
	}
	if len(held) == 0 {
		p.printf("nothing is held\n")
	}
	var refused bool
	for _, x := range slices.Backward(held) { // the first planned first
		_, err := ledger.Decide(ctx, l, x.Key, operator(), time.Now(), (*ledger.Delivery).Release)
		if _, ok := errors.AsType[*ledger.RefusedError](err); ok {
			refused = true
			_, _ = fmt.Fprintln(p.err, "digestbot:", err)
			continue
		}
		if err != nil {
			return err
		}
		p.printf("“%s” to %s is released: serve sends it\n", x.Title, x.Channel)
	}
	if refused {
		return errSilent
	}
	return nil
}

type forgetCmd struct {
	Key string `arg:"" help:"The key of a delivery, as deliveries and the notices show it."`
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

// decide records the operator's decision about a delivery.
func (p *program) decide(ctx context.Context, c *cli, key string, decision func(*ledger.Delivery, string, time.Time) error) (ledger.Delivery, error) {
	conf, err := p.config(c)
	if err != nil {
		return ledger.Delivery{}, err
	}
	l, err := house.ChangeLedger(ctx, conf, p.log(c))
	if err != nil {
		return ledger.Delivery{}, err
	}
	defer func() { _ = l.Close() }()
	return ledger.Decide(ctx, l, chat.Key(key), operator(), time.Now(), decision)
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

// some returns a pointer to t, or nil if t is zero.
func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// outcome returns the reason of a delivery; without one, the URL of its message, unless
// that was removed.
func outcome(x ledger.Delivery) string {
	if x.Reason != "" {
		return ": " + x.Reason
	}
	first := x.Parts.First()
	switch {
	case first == nil:
		return ""
	case first.Removed():
		return ": the message was removed"
	}
	return where(first.Receipt)
}
