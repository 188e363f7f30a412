package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
)

// Parts are the parts of a delivery, in the order in which they are in the channel.
type Parts []Part

// Current returns the part to work on: the first that is neither sent nor gone; nil if
// there is none.
func (ps Parts) Current() *Part {
	if i := ps.Round(); i < len(ps) {
		return &ps[i]
	}
	return nil
}

// Round returns the number of parts before the current one; all, if there is none.
func (ps Parts) Round() int {
	for i := range ps {
		if !ps[i].Done() {
			return i
		}
	}
	return len(ps)
}

// Unpublished returns the first part that is still to be published; nil if there is none.
func (ps Parts) Unpublished() *Part {
	for i := range ps {
		if p := &ps[i]; p.Publish == Planned && p.State == Sent && p.Stands() {
			return p
		}
	}
	return nil
}

// First returns the part whose thread the others may belong to; nil before there is one.
func (ps Parts) First() *Part {
	if len(ps) == 0 {
		return nil
	}
	return &ps[0]
}

// Tell reports whether the parts have exactly these payloads, and nothing remains to be
// done.
func (ps Parts) Tell(payloads []chat.Payload, thread ...chat.Payload) bool {
	var now [2][]chat.Payload
	for _, p := range ps {
		switch {
		case p.State == Gone:
		case p.State != Sent:
			return false
		case p.Thread:
			now[1] = append(now[1], p.Payload)
		default:
			now[0] = append(now[0], p.Payload)
		}
	}
	same := func(a, b chat.Payload) bool { return bytes.Equal(a, b) }
	return slices.EqualFunc(now[0], payloads, same) && slices.EqualFunc(now[1], thread, same)
}

// with appends parts.
func (ps Parts) with(delivery chat.Key, payloads []chat.Payload, thread bool) Parts {
	for _, p := range payloads {
		ps = append(ps, Part{Key: partKey(delivery, len(ps)), Payload: p, Thread: thread, State: Planned})
	}
	return ps
}

// partKey is the key of the part at an index.
func partKey(delivery chat.Key, i int) chat.Key { return chat.Key(fmt.Sprintf("%s-%d", delivery, i+1)) }

// isPartKey reports whether a key is that of the part at an index, or of one that replaced
// it.
func isPartKey(key, delivery chat.Key, i int) bool {
	end, ok := strings.CutPrefix(string(key), string(partKey(delivery, i)))
	return ok && (end == "" || len(end) == 1 && strings.Contains(renewals, end))
}

// renewals are the suffixes for the keys of parts that are posted again, in order.
const renewals = "abcdefghijklmnopqrstuvwxyz"

// renew gives the part a new key. For some minutes a platform would answer the old one with
// the message that it posted before, even if that has since been removed.
func (p *Part) renew() {
	key, last := string(p.Key), len(p.Key)-1
	if i := strings.IndexByte(renewals, key[last]); i >= 0 {
		p.Key = chat.Key(key[:last] + string(renewals[(i+1)%len(renewals)]))
		return
	}
	p.Key = chat.Key(key + renewals[:1])
}

// revise gives the part the first of the payloads and returns the others.
func (p *Part) revise(payloads []chat.Payload) []chat.Payload {
	if len(payloads) == 0 {
		p.Surplus, p.State, p.Attempts, p.Reason = true, Planned, 0, ""
		if !p.Stands() {
			p.State = Gone
		}
		return nil
	}
	told, removed := p.State == Sent && bytes.Equal(p.Payload, payloads[0]), p.Removed()
	p.Payload, p.Surplus = payloads[0], false
	if !told && !removed {
		p.State, p.Attempts, p.Reason = Planned, 0, ""
	}
	return payloads[1:]
}

// Stands reports whether the part has a message, with any text. An attempt on such a part
// changes its message.
func (p *Part) Stands() bool { return p.Receipt.ID != "" }

// Removed reports whether someone removed the message of the part, which is known once it
// was looked for.
func (p *Part) Removed() bool { return p.State == Sent && !p.Stands() }

// Done reports whether nothing remains to be posted of the part.
func (p *Part) Done() bool { return p.State == Sent || p.State == Gone }
