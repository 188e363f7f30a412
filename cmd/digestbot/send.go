package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/retry"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/digest"
)

type sendCmd struct {
	Again  bool   `help:"Post even if the channel already has the digest."`
	To     string `required:"" placeholder:"ADAPTER:CHANNEL" help:"The channel, for example web:general."`
	Style  string `enum:",brief,full,headlines,compact" default:"" help:"brief, full or headlines; by default that of the channel's subscription."`
	Digest string `arg:"" name:"path-or-id" help:"A file, or the ID of a digest in the library."`
}

// Run posts a digest now, through the same ledger as serve: by itself or, if serve is
// running, by waiting for serve to do it.
func (cmd sendCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	h, err := house.Open(ctx, conf, p.outside(c))
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	x, err := cmd.plan(ctx, h)
	if err != nil {
		return err
	}
	var ended ledger.Delivery
	p.printf("“%s” to %s: %s\n", x.Title, x.Channel, count(len(x.Parts), "part"))
	err = p.while(func() string { return waitsFor(ctx, h.Ledger, x.Key) }, func() (err error) {
		ended, err = follow(ctx, p, h, x)
		return err
	})
	if err != nil {
		return err
	}
	switch ended.State {
	case ledger.Sent:
		return nil
	case ledger.Failed:
		p.printf("failed: %s\nit is not tried again; digestbot deliveries release %s does that\n", ended.Reason, x.Key)
	case ledger.Held:
		p.printf("held: %s\nlook in the channel; digestbot deliveries release %s posts it, forget treats it as posted\n", ended.Reason, x.Key)
	default:
		p.printf("%s: %s\n", ended.State, ended.Reason)
	}
	return errSilent
}

// plan adds the delivery to the ledger, composed and frozen: the digest need not be in the
// library of the process that posts it.
func (cmd sendCmd) plan(ctx context.Context, h *house.House) (ledger.Delivery, error) {
	var none ledger.Delivery
	to, err := h.Config.Channel(cmd.To)
	if err != nil {
		return none, err
	}
	if off := h.Dispatcher.Off(to); off != "" {
		return none, fmt.Errorf("%s is off: %s", to.Adapter, off)
	}
	if by, paused := h.Dispatcher.Subscriptions.Paused(to); paused {
		return none, fmt.Errorf("%s is paused by %s: end that first with digestbot ask --as %s '/digest resume'", to, by.By.Name, to)
	}
	dig, err := h.Find(cmd.Digest)
	if err != nil {
		return none, err
	}
	if !cmd.Again {
		if err := has(ctx, h.Ledger, to, dig); err != nil {
			return none, err
		}
	}
	s, _ := h.Dispatcher.Subscriptions.Serving(to)
	if cmd.Style != "" {
		s.Style = compose.Style(cmd.Style)
	}
	x := s.Dress(ledger.NewResend(dig.ID, dig.Label(), to, rand.Text(), operator(), time.Now()))
	if err := h.Dispatcher.Deliverer.Freeze(ctx, &x, dig); err != nil {
		return none, err
	}
	_, err = h.Dispatcher.Resender.Post(ctx, x, time.Now())
	return x, err
}

// has returns an error if a digest is posted in a channel, or is on its way there.
func has(ctx context.Context, l ledger.Deliveries, to chat.Channel, dig *digest.Card) error {
	all, err := l.List(ctx, ledger.Query{Channel: to, Of: []string{dig.ID}, Limit: -1})
	if err != nil {
		return err
	}
	var coming error
	for _, x := range all {
		if x, err = ledger.Lead(ctx, l, x); err != nil {
			return err
		}
		first := x.Parts.First()
		switch {
		case !x.Since.IsZero() && first != nil && !first.Removed():
			return fmt.Errorf("“%s” was posted to %s at %s%s: --again posts it once more", dig.Label(), to, x.Since.Local().Format("2006-01-02 15:04:05"), where(first.Receipt))
		case x.Since.IsZero() && !x.State.Ended() && coming == nil:
			coming = fmt.Errorf("“%s” is already on its way to %s%s; digestbot deliveries release %s tries it at once, and --again posts another one", dig.Label(), to, because(x), x.Key)
		}
	}
	return coming
}

// waitsFor says what a delivery that was sent by hand is waiting for.
func waitsFor(ctx context.Context, l ledger.Deliveries, key chat.Key) string {
	x, err := l.Get(ctx, key)
	if err != nil {
		return "waiting for the ledger"
	}
	before, err := l.List(ctx, ledger.Query{Channel: x.Channel, Waiting: true, Before: key, Limit: -1})
	if n := len(before); err == nil && n > 0 && x.Parts.Round() == 0 {
		return fmt.Sprintf("waiting behind “%s” to %s%s", before[n-1].Title, x.Channel, because(before[n-1]))
	}
	return fmt.Sprintf("waiting until %s takes it%s", x.Channel, because(x))
}

// because returns why a delivery waits, as ": reason", or nothing.
func because(x ledger.Delivery) string {
	if x.Reason == "" {
		return ""
	}
	return ": " + x.Reason
}

// operator returns who runs the command, for the record.
func operator() string {
	if u, err := user.Current(); err == nil {
		return u.Username + " at the terminal"
	}
	return "the terminal"
}

// follow watches the delivery until it ends, and prints a line for each part that is
// posted. The process that holds the dispatcher's lock posts: this one, if serve is not
// running.
func follow(ctx context.Context, p *program, h *house.House, x ledger.Delivery) (ledger.Delivery, error) {
	turn := h.Turn(ctx, x.Channel.Adapter)
	defer turn.Release()
	said := progress{program: p}
	for {
		ours, err := turn.Ours()
		if err != nil {
			return x, err
		}
		if x, err = h.Ledger.Get(ctx, x.Key); err != nil {
			return x, err
		}
		said.tell(x)
		if x.State.Ended() {
			return x, nil
		}
		if ours != nil {
			h.Dispatcher.Deliverer.Watch = said.tell
			if err := h.Dispatcher.Deliverer.Deliver(ours, x); err != nil && !errors.Is(err, ledger.ErrFenced) && ctx.Err() == nil {
				return x, err
			}
		}
		if retry.Sleep(ctx, 100*time.Millisecond) != nil {
			if now, err := h.Ledger.Get(context.WithoutCancel(ctx), x.Key); err == nil {
				x = now
			}
			said.tell(x)
			if x.State.Ended() {
				return x, nil
			}
			who := "serve, which is running, continues it"
			if ours != nil {
				who = "serve continues it when it runs next"
			}
			return x, fmt.Errorf("stopped waiting while the delivery is %s: %s; digestbot deliveries forget %s drops what is not posted yet", x.State, who, x.Key)
		}
	}
}

// progress prints the changes of a delivery.
type progress struct {
	*program
	parts  int
	reason string
}

func (s *progress) tell(x ledger.Delivery) {
	for ; s.parts < len(x.Parts) && x.Parts[s.parts].State == ledger.Sent; s.parts++ {
		s.printf("part %d of %d: posted%s\n", s.parts+1, len(x.Parts), where(x.Parts[s.parts].Receipt))
	}
	if x.Reason != s.reason && x.Reason != "" && !x.State.Ended() {
		s.printf("part %d of %d: %s: %s\n", s.parts+1, len(x.Parts), x.State, x.Reason)
	}
	s.reason = x.Reason
}

func where(r chat.Receipt) string {
	if r.URL == "" {
		return ""
	}
	return " " + r.URL
}
