package ledger

import (
	"fmt"
	"slices"

	"github.com/digestbot/digestbot/bot/chat"
)

// Flaw says what is impossible about a delivery that has not ended, as it is in a
// damaged or half-written ledger; it is empty for one that can be worked on. To
// work on one with a flaw could repeat a post. The delivery must have its payloads,
// as Get reads them.
func (d *Delivery) Flaw() string { return d.flaw(true) }

// flaw is Flaw, also of a delivery without its payloads.
func (d *Delivery) flaw(payloads bool) string {
	if d.Channel.Adapter == "" || d.Channel.ID == "" {
		return "it names no channel"
	}
	if !slices.Contains([]State{Planned, Sending, InDoubt}, d.State) && !d.State.Ended() {
		return fmt.Sprintf("its state is %q, which is none", d.State)
	}
	for i, p := range d.Parts {
		switch {
		case p.Key != d.partKey(i):
			return fmt.Sprintf("its part %d is missing", i+1)
		case !slices.Contains([]State{Planned, Sending, InDoubt, Sent, Failed, Gone}, p.State):
			return fmt.Sprintf("the state of its part %d is %q, which is none", i+1, p.State)
		case payloads && !p.Done() && !p.Surplus && p.Payload == nil:
			return fmt.Sprintf("the text of its part %d is missing", i+1)
		}
	}
	p, begun := d.Current(), d.State == Sending || d.State == InDoubt
	switch {
	case begun && p == nil:
		return fmt.Sprintf("it is %s, but none of its parts is", d.State)
	case len(d.Parts) == 0 && (len(d.Said) > 0 || !d.Since.IsZero()):
		return "its parts are missing"
	case len(d.Parts) > 0 && p == nil && d.Unpublished() == nil:
		return "all of its parts are done, but it has not ended"
	case p == nil:
		return ""
	case d.State != p.State && (begun || p.State == Sending || p.State == InDoubt):
		return fmt.Sprintf("it is %s, but its part %d is %s", d.State, d.Round()+1, p.State)
	case begun && !p.Stands() && (p.First.IsZero() || p.Last.IsZero()):
		return fmt.Sprintf("it is %s, but nobody noted since when", d.State)
	}
	return ""
}

// partKey is the key of the part at an index.
func (d *Delivery) partKey(i int) chat.Key { return chat.Key(fmt.Sprintf("%s-%d", d.Key, i+1)) }
