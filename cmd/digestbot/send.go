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
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/retry"
)

type sendCmd struct {
	To     string `required:"" placeholder:"ADAPTER:CHANNEL" help:"The channel, for example web:general."`
	Style  string `enum:",brief,full,headlines,compact" default:"" help:"brief, full or headlines; else as the channel's subscription has it."`
	Digest string `arg:"" name:"path-or-id" help:"A file, or the ID of a digest in the library."`
}

// Run posts a digest now, through the same ledger as serve: by itself, or, if
// serve is running, by waiting for serve to do it.
func (cmd sendCmd) Run(ctx context.Context, p *program, c *cli) error {
	h, err := p.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	x, err := cmd.plan(ctx, h)
	if err != nil {
		return err
	}
	p.printf("“%s” to %s: %s\n", x.Title, x.Channel, count(len(x.Parts), "part"))
	if x, err = follow(ctx, p, h, x); err != nil {
		return err
	}
	if x.State != ledger.Sent {
		p.printf("%s: %s\n", x.State, x.Reason)
		return errSilent
	}
	return nil
}

// plan enters the delivery, composed and frozen: the digest need not be in the
// library of the process that posts it.
func (cmd sendCmd) plan(ctx context.Context, h *house) (ledger.Delivery, error) {
	var none ledger.Delivery
	to, err := h.config.Channel(cmd.To)
	if err != nil {
		return none, err
	}
	if off := h.dispatcher.Off(to); off != "" {
		return none, fmt.Errorf("%s is off: %s", to.Adapter, off)
	}
	dig, err := h.find(cmd.Digest)
	if err != nil {
		return none, err
	}
	s, _ := h.dispatcher.Subscriptions.Serving(to)
	if cmd.Style != "" {
		s.Style = compose.Style(cmd.Style)
	}
	x := s.Dress(ledger.NewResend(dig.ID, dig.Label(), to, rand.Text(), operator(), time.Now()))
	if err := h.dispatcher.Deliverer.Freeze(ctx, &x, dig); err != nil {
		return none, err
	}
	_, err = h.ledger.Plan(ctx, x)
	return x, err
}

// operator is who runs the command.
func operator() string {
	if u, err := user.Current(); err == nil {
		return u.Username + " at the terminal"
	}
	return "the terminal"
}

// follow sees the delivery to its end and prints a line for each part that is
// posted. The process that holds the dispatcher's lock does the work: this one, if
// serve is not running.
func follow(ctx context.Context, p *program, h *house, x ledger.Delivery) (ledger.Delivery, error) {
	var release func() error
	defer func() {
		if release != nil {
			_ = release()
		}
	}()
	said := progress{program: p}
	for {
		var err error
		if release == nil {
			release, err = sqlite.Lock(h.config.LockFile())
			if err != nil && !errors.Is(err, sqlite.ErrLocked) {
				return x, err
			}
		}
		if x, err = h.ledger.Get(ctx, x.Key); err != nil {
			return x, err
		}
		said.tell(x)
		if x.State.Ended() {
			return x, nil
		}
		if release != nil {
			h.dispatcher.Deliverer.Watch = said.tell
			if err := h.dispatcher.Deliverer.Deliver(ctx, x); err != nil && !errors.Is(err, ledger.ErrFenced) {
				return x, err
			}
		}
		if retry.Sleep(ctx, 100*time.Millisecond) != nil {
			return x, fmt.Errorf("stopped while the delivery is %s; serve goes on with it", x.State)
		}
	}
}

// progress prints what has changed about a delivery.
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
