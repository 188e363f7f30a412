package ledger

import (
	"slices"
)

// Flaw describes an inconsistency in a delivery that has not ended, as in a damaged or
// half-written ledger; it is empty for a consistent one. Working on a delivery with a flaw
// could post it twice. The delivery must have its payloads, as Get returns them.
func Flaw(d *Delivery) string { return flaw(d, true) }

// flaw is Flaw, also for a delivery without its payloads.
func flaw(d *Delivery, payloads bool) string {
	if d.Channel.Adapter == "" || d.Channel.ID == "" {
		return Because(NoChannel)
	}
	if !slices.Contains([]State{Planned, Sending, InDoubt}, d.State) && !d.State.Ended() {
		return Because(NoSuchState, d.State)
	}
	for i, p := range d.Parts {
		switch {
		case !isPartKey(p.Key, d.Key, i):
			return Because(PartMissing, i+1)
		case !slices.Contains([]State{Planned, Sending, InDoubt, Sent, Failed, Gone}, p.State):
			return Because(NoSuchPartState, i+1, p.State)
		case payloads && !p.Done() && !p.Surplus && p.Payload == nil:
			return Because(PartTextMissing, i+1)
		}
	}
	p, begun := d.Parts.Current(), d.State == Sending || d.State == InDoubt
	switch {
	case begun && p == nil:
		return Because(NoPartIs, d.State)
	case len(d.Parts) == 0 && (len(d.Said) > 0 || !d.Since.IsZero()):
		return Because(PartsMissing)
	case len(d.Parts) > 0 && p == nil && d.Parts.Unpublished() == nil:
		return Because(NotEnded)
	case p == nil:
		return ""
	case d.State != p.State && (begun || p.State == Sending || p.State == InDoubt):
		return Because(PartDiffers, d.State, d.Parts.Round()+1, p.State)
	case begun && !p.Stands() && (p.First.IsZero() || p.Last.IsZero()):
		return Because(NotedNever, d.State)
	}
	return ""
}
