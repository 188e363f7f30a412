package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Ledger remembers what is owed to which channel and what became of it. Every
// method that changes something returns only after the change would survive a
// power cut. All methods are safe for concurrent use.
type Ledger interface {
	// Plan enters the deliveries whose keys have no row yet, as they are (in
	// whatever state, with whatever parts), and returns the keys of those that
	// it entered. Planned twice is planned once.
	Plan(ctx context.Context, deliveries ...Delivery) ([]chat.Key, error)

	// Save writes d and its parts if the row is still as it was when d was
	// read, and counts up d.Version; else it returns ErrFenced and changes
	// nothing. The payloads of a part never change once they were saved.
	Save(ctx context.Context, d *Delivery) error

	// Get reads one delivery with its parts; ErrNotFound when there is none.
	Get(ctx context.Context, key chat.Key) (Delivery, error)

	// Due reads, for each channel, the delivery that stands first in the order
	// of planning among those that have not ended, if its Next is not after
	// now: with its parts, in the order in which they were planned. One that
	// has to wait holds up those behind it, so that parts of two never mix.
	Due(ctx context.Context, now time.Time) ([]Delivery, error)

	// List reads deliveries with their parts but without payloads, the newest
	// planned first.
	List(ctx context.Context, q Query) ([]Delivery, error)

	// Known reads the IDs of the digests that have a delivery to the channel,
	// whatever became of it.
	Known(ctx context.Context, channel chat.Channel) (map[string]bool, error)

	// Begun reports whether a subscription serves a channel already.
	Begun(ctx context.Context, subscription string, channel chat.Channel) (bool, error)

	// Begin notes that a subscription serves a channel from now on and plans
	// what it begins with, both or neither. What has begun does not begin again:
	// then it does nothing.
	Begin(ctx context.Context, subscription string, channel chat.Channel, now time.Time, deliveries ...Delivery) error

	// SaveSlot writes a slot over the one of the same subscription and time.
	SaveSlot(ctx context.Context, s Slot) error

	// Slots reads the slots of a subscription, the latest first, at most limit.
	Slots(ctx context.Context, subscription string, limit int) ([]Slot, error)

	Close() error
}

// The errors that callers decide by.
var (
	// ErrNotFound: there is no such delivery.
	ErrNotFound = errors.New("delivery not found")
	// ErrFenced: somebody else has changed the delivery since it was read.
	ErrFenced = errors.New("delivery was changed by another process")
)

// Query chooses deliveries. Zero fields choose everything.
type Query struct {
	Channel      chat.Channel
	Digest       string
	State        State
	Subscription string
	Slot         time.Time
	// Limit is the most that are read; 0 means 100.
	Limit int
}

// Cause says why a delivery was planned.
type Cause string

// The causes.
const (
	ForStart  Cause = "start"  // a new subscription starts with the latest digest
	ForSlot   Cause = "slot"   // a slot of a subscription opened
	ForResend Cause = "resend" // an admin asked
)

// State is where a delivery, or a part of one, stands. See the package comment.
type State string

// The states. Sent, Failed, Skipped are the ends; Held waits for an admin.
const (
	Planned State = "planned"
	Sending State = "sending"
	InDoubt State = "in doubt"
	Sent    State = "sent"
	Failed  State = "failed"
	Held    State = "held"
	Skipped State = "skipped"
)

// Ended reports whether nothing more happens by itself in this state.
func (s State) Ended() bool { return s == Sent || s == Failed || s == Held || s == Skipped }

// Delivery is one digest owed to one channel.
type Delivery struct {
	Key          chat.Key
	Digest       string // the digest's ID
	Title        string // the digest's title when it was planned
	Channel      chat.Channel
	Subscription string
	Style        string // how it is composed
	Language     string // of our words; empty: the digest's own
	Cause        Cause
	By           string    // who asked for a resend
	Slot         time.Time // the slot that it belongs to; zero for none

	State   State
	Reason  string // why it waits, or how it ended, in words for an operator
	Planned time.Time
	Next    time.Time // when the engine should wake it; zero when it ended
	Ended   time.Time
	Parts   []Part // frozen before the first attempt, in reading order

	// Version is the fence: Save counts it up.
	Version int64
}

// Part is one payload of a delivery.
type Part struct {
	Key      chat.Key
	Payload  chat.Payload
	State    State // Planned, Sending, InDoubt, Sent or Failed
	Attempts int
	// First is when the first attempt began that may have reached the
	// platform, Last when the latest one began.
	First, Last time.Time
	Receipt     chat.Receipt
	Reason      string
}

// Slot is one opening of a subscription's schedule.
type Slot struct {
	Subscription string
	At           time.Time
	// Until is when waiting ends.
	Until time.Time
	// Outcome is empty while the slot waits for a digest.
	Outcome SlotOutcome
	Reason  string
	Closed  time.Time
}

// SlotOutcome is how a slot ended.
type SlotOutcome string

// The outcomes of a slot.
const (
	SlotPosting    SlotOutcome = "posting" // planned, its deliveries have not all ended
	SlotPosted     SlotOutcome = "posted"
	SlotPostedLate SlotOutcome = "posted late"
	SlotNothing    SlotOutcome = "nothing to post"
	SlotFailed     SlotOutcome = "failed"
	SlotMissed     SlotOutcome = "missed"
)

// NewDelivery is a planned delivery of a digest to a channel. Its key is made
// of the two, so that overlapping subscriptions post once.
func NewDelivery(digestID, title string, to chat.Channel, now time.Time) Delivery {
	return Delivery{
		Key: key("digest", to.String(), digestID), Digest: digestID, Title: title,
		Channel: to, State: Planned, Planned: now, Next: now,
	}
}

// NewResend is a planned delivery that an admin asked for. Its key is made of
// the request's id too, so that a request delivered twice posts once.
func NewResend(digestID, title string, to chat.Channel, request, by string, now time.Time) Delivery {
	d := NewDelivery(digestID, title, to, now)
	d.Key = key("resend", to.String(), digestID, request)
	d.Cause, d.By = ForResend, by
	return d
}

// key derives 20 characters of a-z and 2-7 from the parts.
func key(parts ...string) chat.Key {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return chat.Key(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20]))
}

// PartLimit is the most parts of a delivery: what fits behind its key in 25
// characters.
const PartLimit = 999

// Freeze fixes the payloads before the first attempt.
func (d *Delivery) Freeze(payloads []chat.Payload) error {
	if len(d.Parts) > 0 {
		return fmt.Errorf("delivery %s: it is frozen already", d.Key)
	}
	if len(payloads) == 0 || len(payloads) > PartLimit {
		return fmt.Errorf("delivery %s: %d parts, want 1 to %d", d.Key, len(payloads), PartLimit)
	}
	for i, p := range payloads {
		d.Parts = append(d.Parts, Part{Key: chat.Key(fmt.Sprintf("%s-%d", d.Key, i+1)), Payload: p, State: Planned})
	}
	return nil
}

// Current is the part to work on: the first that is not sent; nil when all are.
func (d *Delivery) Current() *Part {
	for i := range d.Parts {
		if d.Parts[i].State != Sent {
			return &d.Parts[i]
		}
	}
	return nil
}

// Promise notes that an attempt begins. It must be saved before the call, and
// there must be a current part.
func (d *Delivery) Promise(now time.Time) {
	p := d.Current()
	if p.First.IsZero() {
		p.First = now
	}
	p.Last = now
	p.Attempts++
	p.State, d.State = Sending, Sending
	d.Next = now
}

// Posted notes that the current part stands in the channel.
func (d *Delivery) Posted(r chat.Receipt, now time.Time) {
	p := d.Current()
	p.State, p.Receipt, p.Reason = Sent, r, ""
	d.State, d.Reason, d.Next = Planned, "", now
	if d.Current() == nil {
		d.end(Sent, "", now)
	}
}

// Retry notes that the current part is certainly not there and is to be tried
// again at a time.
func (d *Delivery) Retry(reason string, at time.Time) {
	if p := d.Current(); p != nil {
		p.State, p.Reason, p.First = Planned, reason, time.Time{}
	}
	d.State, d.Reason, d.Next = Planned, reason, at
}

// Doubt notes that nobody knows whether the current part is there; it is
// looked into at a time.
func (d *Delivery) Doubt(reason string, at time.Time) {
	p := d.Current()
	p.State, p.Reason = InDoubt, reason
	d.State, d.Reason, d.Next = InDoubt, reason, at
}

// Fail notes that the current part is not there and never will be.
func (d *Delivery) Fail(reason string, now time.Time) {
	if p := d.Current(); p != nil {
		p.State, p.Reason = Failed, reason
	}
	d.end(Failed, reason, now)
}

// Hold notes that it cannot be told whether the current part is there. An
// admin decides.
func (d *Delivery) Hold(reason string, now time.Time) { d.end(Held, reason, now) }

// Skip notes that the delivery is not wanted.
func (d *Delivery) Skip(reason string, now time.Time) { d.end(Skipped, reason, now) }

func (d *Delivery) end(s State, reason string, now time.Time) {
	d.State, d.Reason, d.Ended, d.Next = s, reason, now, time.Time{}
}
