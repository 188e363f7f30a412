package ledger

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Ledger remembers what is owed to which channel, what became of it, and what
// people want. Every method that changes something returns only after the change
// would survive a power cut. All methods are safe for concurrent use.
type Ledger interface {
	Deliveries
	Slots
	Settings
	Outages
	Record
	Close() error
}

// Deliveries remembers what is owed to which channel and what became of it.
type Deliveries interface {
	// Plan enters the deliveries whose keys have no row yet, as they are (in
	// whatever state, with whatever parts), and returns the keys of those that
	// it entered. Planned twice is planned once.
	Plan(ctx context.Context, deliveries ...Delivery) ([]chat.Key, error)

	// Save writes d and its parts if the row is still as it was when d was
	// read, and counts up d.Version; else it returns ErrFenced and changes
	// nothing. Payloads are written when d was frozen, and when it was revised
	// since it was read; else they stay as they are, and there are as many parts.
	Save(ctx context.Context, d *Delivery) error

	// Get reads one delivery with its parts; ErrNotFound when there is none.
	Get(ctx context.Context, key chat.Key) (Delivery, error)

	// Due reads, for each channel, whose turn it is: that of the delivery that
	// stands first among those that have not ended, if its Next is not after now,
	// in the order in which they were planned. First stand those that were never
	// posted completely, in the order of planning, then those that are
	// corrected or passed on. One that has to wait holds up those behind it, so
	// that parts of two never mix.
	Due(ctx context.Context, now time.Time) ([]Turn, error)

	// List reads deliveries with their parts but without payloads, the newest
	// planned first.
	List(ctx context.Context, q Query) ([]Delivery, error)

	// Known reads which of the digests have a delivery to each of the channels,
	// whatever became of it, and what it said of them; by ID, in the order of the
	// channels.
	Known(ctx context.Context, channels []chat.Channel, digests ...string) ([]map[string]Known, error)

	// Digests reads of which digests there are deliveries, whatever became of them.
	Digests(ctx context.Context) (map[string]bool, error)

	// Told reads what deliveries tell of digests, those that were planned at a time
	// or later, the newest planned first.
	Told(ctx context.Context, since time.Time) iter.Seq2[Told, error]

	// Move gives deliveries to other digests, because the files of those have taken
	// the place of theirs: all or nothing. A delivery that is not of its From any more
	// is left alone. Versions are counted up, so that whoever works on a delivery
	// reads it anew.
	Move(ctx context.Context, moves ...Move) error

	// Taken reads which of the keys deliveries have already, and of which digests
	// those are.
	Taken(ctx context.Context, keys ...chat.Key) (map[chat.Key]string, error)
}

// Slots remembers which slots have opened and how each ended, which channels a
// subscription serves, and when digests came.
type Slots interface {
	// Begun reads the channels that a subscription serves already.
	Begun(ctx context.Context, subscription string) (map[chat.Channel]bool, error)

	// Begin notes that a subscription serves channels from now on and plans
	// what it begins with there, all or nothing. Anything that has begun does not begin
	// again: what is for such a channel is left out.
	Begin(ctx context.Context, subscription string, now time.Time, channels []chat.Channel, deliveries ...Delivery) error

	// SaveSlot writes a slot over the one of the same subscription and time.
	SaveSlot(ctx context.Context, s Slot) error

	// Slots reads the slots of a subscription, the latest first, at most limit; a
	// limit below 0 means all.
	Slots(ctx context.Context, subscription string, limit int) ([]Slot, error)

	// Running reads the slots of a subscription that have not ended, the latest
	// first; for the subscription "" those of all.
	Running(ctx context.Context, subscription string) ([]Slot, error)

	// See notes when digests were seen, for those that were not seen before.
	See(ctx context.Context, at time.Time, digests ...string) error

	// Seen reads when digests were first seen, by ID.
	Seen(ctx context.Context, digests ...string) (map[string]time.Time, error)
}

// Settings remembers what people want while the bot runs.
type Settings interface {
	// Revision reads how often what people want was changed, in whatever process:
	// whoever keeps it in memory reads it anew when this number is another one. Each
	// method that changes something counts it up in the same transaction.
	Revision(ctx context.Context) (int64, error)

	// Store writes a subscription that was made in chat over the one of its name.
	Store(ctx context.Context, s Stored) error

	// Drop removes a stored subscription, and reports whether there was one. One
	// that takes its name later begins anew.
	Drop(ctx context.Context, name string) (bool, error)

	// Stored reads the stored subscriptions by their names.
	Stored(ctx context.Context) ([]Stored, error)

	// Follow notes that somebody follows a tag in a channel, and reports whether
	// that is news.
	Follow(ctx context.Context, f Follow) (bool, error)

	// Unfollow takes that back, and reports whether there was anything to take.
	Unfollow(ctx context.Context, f Follow) (bool, error)

	// Follows reads what somebody follows in a channel, the first first; for the
	// user "" what everybody does, by user.
	Follows(ctx context.Context, c chat.Channel, user string) ([]Follow, error)

	// Pause notes that nothing new is posted to a channel until Resume, and reports
	// whether that is news. A pause keeps who made it first.
	Pause(ctx context.Context, h Pause) (bool, error)

	// Resume takes a pause back, and reports whether there was one.
	Resume(ctx context.Context, c chat.Channel) (bool, error)

	// Pauses reads which channels are paused, the first one first.
	Pauses(ctx context.Context) ([]Pause, error)
}

// Outages remembers which adapters cannot be reached.
type Outages interface {
	// Lose notes that an adapter hears no commands until Regain, over what was
	// noted before.
	Lose(ctx context.Context, o Outage) error

	// Regain takes that back, and reports whether there was anything to take.
	Regain(ctx context.Context, adapter string) (bool, error)

	// Outages reads which adapters hear no commands, by name.
	Outages(ctx context.Context) ([]Outage, error)
}

// Record remembers what admins did.
type Record interface {
	// Record enters what an admin did.
	Record(ctx context.Context, a Act) error

	// Acts reads the record, the latest first.
	Acts(ctx context.Context, q ActQuery) ([]Act, error)
}

// The errors that callers decide by.
var (
	// ErrNotFound: there is no such delivery.
	ErrNotFound = errors.New("delivery not found")
	// ErrFenced: somebody else has changed the delivery since it was read.
	ErrFenced = errors.New("delivery was changed by another process")
)

// Turn is a delivery that is due, as far as it has to be known to choose among
// those of thousands of channels.
type Turn struct {
	Key     chat.Key
	Channel chat.Channel
	// Round is the delivery's own.
	Round int
}

// Row is a row of a table of a kept ledger, for copying it to another kind of
// database. All have the same tables and columns; times are nanoseconds since 1970.
type Row struct {
	Table   string
	Columns []string // the same slice for all rows of a table
	// Values are an int64, a string, a []byte or nil each.
	Values []any
}

// Query chooses deliveries. Zero fields choose everything.
type Query struct {
	Adapter string // of the channel
	Channel chat.Channel
	Digest  string
	// Of chooses those that tell of one of these digests, alone or with others.
	Of    []string
	State State
	// Except leaves out those in a state.
	Except       State
	Subscription string
	Slot         time.Time
	// From and To choose those that were planned from a time on, and before one.
	From, To time.Time
	// Bundle is the key of the delivery that they are posted with.
	Bundle chat.Key
	// Waiting chooses those that have not ended.
	Waiting bool
	// Refused chooses those that have not ended because nothing gets through.
	Refused bool
	// Since chooses those that stand in their channel since then or later.
	Since time.Time
	// Before chooses those that were planned before the delivery of this key.
	Before chat.Key
	// Limit is the most that are read; 0 means 100, less means all.
	Limit int
}

// Each reads what a query chooses, some at a time, so that ten thousand
// deliveries need no more memory than a page of them: the newest planned first,
// each as it is then, whatever the query's Before and Limit. It ends with the
// first error.
func Each(ctx context.Context, l Deliveries, q Query) iter.Seq2[Delivery, error] {
	const page = 200
	return func(yield func(Delivery, error) bool) {
		q := q // the next time begins anew
		q.Before, q.Limit = "", page
		for {
			found, err := l.List(ctx, q)
			if err != nil {
				yield(Delivery{}, err)
				return
			}
			for _, d := range found {
				if !yield(d, nil) {
					return
				}
			}
			if len(found) < page {
				return
			}
			q.Before = found[page-1].Key
		}
	}
}

// Lead reads the delivery that another is posted with; it is the other itself when
// that is posted by itself, or when there is no such delivery, as in a damaged
// ledger.
func Lead(ctx context.Context, l Deliveries, d Delivery) (Delivery, error) {
	if d.Bundle == "" {
		return d, nil
	}
	lead, err := l.Get(ctx, d.Bundle)
	if errors.Is(err, ErrNotFound) {
		return d, nil
	}
	return lead, err
}

// Cause says why a delivery was planned.
type Cause string

// The causes.
const (
	ForStart  Cause = "start"  // a new subscription starts with the latest digest
	ForSlot   Cause = "slot"   // a slot of a subscription opened
	ForResend Cause = "resend" // an admin asked
	ForNotice Cause = "notice" // the bot has something to say of itself
	ForFollow Cause = "follow" // somebody follows a tag
)

// State is where a delivery, or a part of one, stands. See the package comment.
type State string

// The states. Sent, Failed, Skipped and Bundled are the ends of a delivery; Held
// is one until an admin decides. Gone is a part that was taken away.
const (
	Planned State = "planned"
	Sending State = "sending"
	InDoubt State = "in doubt"
	Sent    State = "sent"
	Failed  State = "failed"
	Held    State = "held"
	Skipped State = "skipped"
	Bundled State = "bundled"
	Gone    State = "gone"
)

// Ended reports whether nothing more happens by itself in this state.
func (s State) Ended() bool {
	return s == Sent || s == Failed || s == Held || s == Skipped || s == Bundled
}

// Delivery is one digest owed to one channel, and those that are posted with it.
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
	Bundle       chat.Key  // of the delivery that it is posted with; empty when it is posted by itself

	State   State
	Reason  string // why it waits, or how it ended: a Code with what it is about, or a platform's words
	Planned time.Time
	Next    time.Time // when the engine should wake it; zero when it ended
	Ended   time.Time
	Since   time.Time // when all of it stood in the channel for the first time
	Revised time.Time // when its text was last corrected
	// Said is what the parts tell: one of each digest, in reading order.
	Said  []Said
	Parts Parts // frozen before the first attempt, in reading order until they are revised
	// Refused says since when the platform refuses it; zero when it does not.
	Refused Refusal
	// Decisions are what people decided about it, the first one first.
	Decisions []Decision

	// Version is the fence: Save counts it up.
	Version int64
}

// Refusal is a time in which the platform takes nothing: for one channel, or from
// the adapter's account at all.
type Refusal struct {
	Scope Scope
	Since time.Time
}

// Scope is what a refusal is of.
type Scope string

// The scopes. Commands are not heard either from an account that is refused.
const (
	OfChannel  Scope = "channel"
	OfAdapter  Scope = "adapter"
	OfCommands Scope = "commands"
)

// Outage says why and since when an adapter hears no commands: OfCommands when
// posts may go on, OfAdapter when its account is refused.
type Outage struct {
	Adapter string
	Refusal
	Reason string
}

// Decision is what somebody decided about a delivery.
type Decision struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What Verdict   `json:"what"`
	// Was is what the delivery was, and why.
	Was string `json:"was"`
}

// Verdict is what a decision comes to.
type Verdict string

// The verdicts.
const (
	Released  Verdict = "released"  // it is sent, whatever may be there
	Forgotten Verdict = "forgotten" // it is taken as posted, or not wanted any more
	Restored  Verdict = "restored"  // its parts that are not there are posted once more
)

// Said is what a delivery tells of a digest, in a form that can be compared
// with what the digest says later.
type Said struct {
	Digest    string   `json:"digest"`
	Was       string   `json:"was,omitempty"`       // the digest's first ID, if its file was moved since
	Day       string   `json:"day,omitempty"`       // that the digest is about
	Language  string   `json:"language,omitempty"`  // of the digest; not noted before 2026-12
	Text      string   `json:"text,omitempty"`      // digest.Digest.Fingerprint; empty: nothing was told of it
	File      string   `json:"file,omitempty"`      // digest.Card.Hash, in hexadecimal; not noted before 2026-12
	Headlines []string `json:"headlines,omitempty"` // digest.Digest.HeadlineHashes
	Pages     []string `json:"pages,omitempty"`     // digest.Digest.PageHashes
}

// SameFile reports whether the same bytes were read both times. They may be read in
// another way, and still nothing has changed.
func (s Said) SameFile(other Said) bool { return s.File != "" && s.File == other.File }

// Known is what a channel was told of a digest.
type Known struct {
	// Said is what each delivery of it said, the latest planned first, as far
	// as that was noted.
	Said []Said
	// Open says that a delivery of it is not composed yet: it will say what the
	// digest says then.
	Open bool
}

// Told is what a delivery tells of its digest.
type Told struct {
	Key          chat.Key
	Digest       string
	Title        string // the digest's title when the delivery was planned
	Subscription string
	Slot         time.Time
	Open         bool // it, or the one that it is posted with, has not ended
	// Said has an empty Digest when nothing was composed, or nobody noted it.
	Said Said
}

// Move gives a delivery of the digest From to the digest To.
type Move struct {
	Key      chat.Key
	From, To string
}

// Moved is what is said of the digest From, as a move to another leaves it.
func (m Move) Moved(said []Said) []Said {
	said = slices.Clone(said)
	for i := range said {
		if s := &said[i]; s.Digest == m.From {
			s.Digest, s.Was = m.To, cmp.Or(s.Was, m.From)
		}
	}
	return said
}

// Part is one payload of a delivery.
type Part struct {
	Key     chat.Key
	Payload chat.Payload
	// Thread says that it hangs under the first part.
	Thread bool
	// Surplus says that a correction has no payload for it: it is taken away.
	Surplus bool
	// State is Planned, Sending, InDoubt, Sent, Failed or Gone.
	State    State
	Attempts int
	// First is when the first attempt began that may have reached the
	// platform, Last when the latest one began.
	First, Last time.Time
	// Looks is how often in a row it was looked for since then and not found.
	Looks int
	// Receipt is of the message. One without an ID says of a part that is Sent
	// that somebody removed it, or that nobody knows where it is: it is not
	// posted again.
	Receipt chat.Receipt
	// Publish is empty for a part that is not passed on to followers, else
	// Planned, Sent or Failed.
	Publish State
	Reason  string
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
	SlotQuiet      SlotOutcome = "no news" // the digests that came have no stories
	SlotFailed     SlotOutcome = "failed"
	SlotMissed     SlotOutcome = "missed"
	SlotPaused     SlotOutcome = "paused"    // somebody wanted nothing to be posted
	SlotDropped    SlotOutcome = "withdrawn" // the subscription was changed or is gone
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

// NewEdition is a planned delivery of a digest under whose ID another one went to
// the channel before: its file was written anew, or has taken the place of one
// that was moved. Its key is made of the headlines too.
func NewEdition(now Said, title string, to chat.Channel, at time.Time) Delivery {
	d := NewDelivery(now.Digest, title, to, at)
	d.Key = key(append([]string{"edition", to.String(), now.Digest, now.Day}, now.Headlines...)...)
	return d
}

// NewNotice is a planned delivery of what the bot says of itself. Its key is made
// of what it is about, so that it is said once.
func NewNotice(to chat.Channel, title string, payloads []chat.Payload, now time.Time, about ...string) (Delivery, error) {
	d := NewDelivery("", title, to, now)
	d.Key, d.Cause = key(append([]string{"notice", to.String()}, about...)...), ForNotice
	return d, d.Freeze(payloads)
}

// NewWord is a planned delivery of what somebody is told because they follow a
// tag. Its key is made of what it is about, so that it is said once.
func NewWord(to chat.Channel, title string, payloads []chat.Payload, now time.Time, about ...string) (Delivery, error) {
	d := NewDelivery("", title, to, now)
	d.Key, d.Cause = key(append([]string{"follow", to.String()}, about...)...), ForFollow
	return d, d.Freeze(payloads)
}

// key derives 20 characters of a-z and 2-7 from the parts.
func key(parts ...string) chat.Key {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return chat.Key(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20]))
}

// PartLimit is the most parts of a delivery: what fits behind its key in 25
// characters.
const PartLimit = 999

// Freeze fixes the payloads before the first attempt: those that go to the
// channel, and those that hang under the first of them.
func (d *Delivery) Freeze(payloads []chat.Payload, thread ...chat.Payload) error {
	if len(d.Parts) > 0 {
		return fmt.Errorf("delivery %s: it is frozen already", d.Key)
	}
	if n := len(payloads) + len(thread); len(payloads) == 0 || n > PartLimit {
		return fmt.Errorf("delivery %s: %d parts, want 1 to %d", d.Key, n, PartLimit)
	}
	d.Parts = d.Parts.with(d.Key, payloads, false)
	d.Parts = d.Parts.with(d.Key, thread, true)
	return nil
}

// Revise opens a delivery that is Sent once more, so that its parts become
// these payloads, at the same places. A part that tells its payload already is
// left alone; one that somebody removed, or that nobody can find, stays away.
// Anything too much is taken away and what is more is posted behind the others.
func (d *Delivery) Revise(now time.Time, payloads []chat.Payload, thread ...chat.Payload) error {
	if d.State != Sent {
		return fmt.Errorf("delivery %s: it is %s, not sent, and cannot be revised", d.Key, d.State)
	}
	if n := len(payloads) + len(thread); len(payloads) == 0 || len(d.Parts)+n > PartLimit {
		return fmt.Errorf("delivery %s: %d parts cannot take the place of %d", d.Key, n, len(d.Parts))
	}
	d.Parts = slices.Clone(d.Parts) // whoever has the old ones keeps them
	for i := range d.Parts {
		switch p := &d.Parts[i]; {
		case p.State == Gone:
		case p.Thread:
			thread = p.revise(thread)
		default:
			payloads = p.revise(payloads)
		}
	}
	d.Parts = d.Parts.with(d.Key, payloads, false)
	d.Parts = d.Parts.with(d.Key, thread, true)
	if !now.After(d.Revised) {
		now = d.Revised.Add(1) // each revision has its own time
	}
	d.Ended, d.Revised = time.Time{}, now
	d.goOn(now)
	return nil
}

// Place is where the current part goes: into the thread of the first if it
// hangs there, or if the platform has opened one for the post, else into the
// channel. ok is false when the message that it belongs to was removed, so that
// there is no such place any more.
func (d *Delivery) Place() (place chat.Channel, ok bool) {
	p, first := d.Parts.Current(), d.Parts.First()
	switch {
	case p == first:
		return d.Channel, true
	case !first.Stands():
		return d.Channel, !p.Thread && d.Revised.IsZero()
	case p.Thread:
		return chat.Under(first.Receipt), true
	case first.Receipt.Channel.Thread != "":
		return first.Receipt.Channel, true
	}
	return d.Channel, true
}

// Promise notes that an attempt begins. It must be saved before the call, and
// there must be a current part.
func (d *Delivery) Promise(now time.Time) {
	p := d.Parts.Current()
	if p.First.IsZero() {
		p.First = now
	}
	p.Last, p.Looks = now, 0
	p.Attempts++
	p.State, d.State = Sending, Sending
	d.Next = now
}

// Posted notes that the current part stands in the channel as its payload says,
// or, if it is surplus, that it stands there no more. The receipt has no ID if
// somebody removed it.
func (d *Delivery) Posted(r chat.Receipt, now time.Time) {
	p := d.Parts.Current()
	p.State, p.Receipt, p.Reason = Sent, r, ""
	if p.Surplus {
		p.State = Gone
	}
	d.goOn(now)
}

// Drop notes that the current part is not posted and not missed.
func (d *Delivery) Drop(reason string, now time.Time) {
	p := d.Parts.Current()
	p.State, p.Reason = Gone, reason
	d.goOn(now)
}

// Published notes that a part was passed on; or, with a reason, that it cannot
// be.
func (d *Delivery) Published(reason string, now time.Time) {
	p := d.Parts.Unpublished()
	p.Publish = Sent
	if reason != "" {
		p.Publish, p.Reason = Failed, Because(NotPublished, reason)
	}
	d.goOn(now)
}

// goOn turns to what is to be done next, and ends the delivery if that is
// nothing.
func (d *Delivery) goOn(now time.Time) {
	d.State, d.Reason, d.Next, d.Refused = Planned, "", now, Refusal{}
	if d.Parts.Current() != nil {
		return
	}
	if d.Since.IsZero() {
		d.Since = now
	}
	if d.Parts.Unpublished() != nil {
		return
	}
	var reasons []string
	for _, p := range d.Parts {
		if p.Reason != "" && !slices.Contains(reasons, p.Reason) {
			reasons = append(reasons, p.Reason)
		}
	}
	d.end(Sent, strings.Join(reasons, "; "), now)
}

// Retry notes that the current part is certainly not there, or not as it should
// be, and is to be tried again at a time.
func (d *Delivery) Retry(reason string, at time.Time) {
	if p := d.Parts.Current(); p != nil {
		p.State, p.Reason, p.First = Planned, reason, time.Time{}
	}
	d.State, d.Reason, d.Next = Planned, reason, at
}

// Doubt notes that nobody knows whether the current part is there; it is
// looked into at a time.
func (d *Delivery) Doubt(reason string, at time.Time) {
	p := d.Parts.Current()
	p.State, p.Reason = InDoubt, reason
	d.State, d.Reason, d.Next = InDoubt, reason, at
}

// Unseen notes that the current part was looked for and not found, which does not
// mean yet that it is not there; it is looked for again at a time.
func (d *Delivery) Unseen(reason string, at time.Time) {
	d.Doubt(reason, at)
	d.Parts.Current().Looks++
}

// Refuse notes that nothing gets through; it is tried again at a time. Anything in
// doubt stays so.
func (d *Delivery) Refuse(p Refusal, reason string, at time.Time) {
	if d.State == InDoubt {
		d.Doubt(reason, at)
	} else {
		d.Retry(reason, at)
	}
	d.Refused = p
}

// Wake has what waits looked into at another time than was noted. Looks count
// only if they were as far apart as they should be, so they begin anew.
func (d *Delivery) Wake(at time.Time) {
	d.Next = at
	if p := d.Parts.Current(); p != nil {
		p.Looks = 0
	}
}

// Tried is since when it has been tried without anybody saying anything new.
func (d *Delivery) Tried() time.Time {
	since := d.Planned
	if d.Revised.After(since) {
		since = d.Revised
	}
	if n := len(d.Decisions); n > 0 && d.Decisions[n-1].At.After(since) {
		since = d.Decisions[n-1].At
	}
	return since
}

// ReleasedAt is when somebody released it, if nobody has decided anything since; else
// zero.
func (d *Delivery) ReleasedAt() time.Time {
	if n := len(d.Decisions); n > 0 && d.Decisions[n-1].What == Released {
		return d.Decisions[n-1].At
	}
	return time.Time{}
}

// Release notes that somebody wants it to be sent: at once if it waits, and
// again, from its current part on, if it is held or has failed.
func (d *Delivery) Release(by string, now time.Time) error {
	switch {
	case d.State == Planned || d.State == InDoubt:
		d.decide(Released, by, now)
		d.Wake(now)
		return nil
	case d.State != Held && d.State != Failed:
		return errors.New(Because(NotReleasable, d.Key, d.State))
	}
	again := *d
	again.Parts, again.Ended = slices.Clone(d.Parts), time.Time{}
	again.decide(Released, by, now)
	again.State, again.Reason, again.Next = Planned, Because(ReleasedBy, by), now
	switch p := again.Parts.Current(); {
	case p != nil:
		p.State, p.Attempts, p.Looks, p.First, p.Reason = Planned, 0, 0, time.Time{}, ""
	case len(again.Parts) == 0:
		again.Said = nil // it is composed anew
	default:
		again.goOn(now)
	}
	if damage := flaw(&again, false); damage != "" && !again.State.Ended() {
		return errors.New(Because(NotSendable, d.Key, damage))
	}
	*d = again
	return nil
}

// Restore notes that parts which were posted are not there any more, and that
// somebody wants them to be posted once more, under keys of their own.
func (d *Delivery) Restore(by string, now time.Time, parts ...chat.Key) {
	d.decide(Restored, by, now)
	d.Parts = slices.Clone(d.Parts) // whoever has the old ones keeps them
	for i := range d.Parts {
		if p := &d.Parts[i]; p.State == Sent && slices.Contains(parts, p.Key) {
			p.State, p.Attempts, p.Looks, p.First, p.Reason = Planned, 0, 0, time.Time{}, ""
			p.Receipt, p.Publish = chat.Receipt{}, ""
			p.renew()
		}
	}
	d.State, d.Reason, d.Next, d.Ended = Planned, Because(RestoredBy, by), now, time.Time{}
}

// Forget notes that somebody takes it as posted, or does not want it any more.
func (d *Delivery) Forget(by string, now time.Time) error {
	if !d.Since.IsZero() || d.State != Held && d.State != Planned && d.State != InDoubt {
		return errors.New(Because(NotForgettable, d.Key, d.State))
	}
	was := d.Reason
	d.decide(Forgotten, by, now)
	reason := Because(ForgottenBy, by)
	if was != "" {
		reason = Because(ForgottenWas, by, was)
	}
	d.end(Skipped, reason, now)
	return nil
}

func (d *Delivery) decide(what Verdict, by string, now time.Time) {
	was := string(d.State)
	if d.Reason != "" {
		was += ": " + d.Reason
	}
	d.Decisions = append(slices.Clone(d.Decisions), Decision{At: now, By: by, What: what, Was: was})
}

// Fail notes that the current part is not there, or not as it should be, and
// never will be. Anything that stood completely before stays Sent.
func (d *Delivery) Fail(reason string, now time.Time) {
	p := d.Parts.Current()
	if p != nil {
		p.State, p.Reason = Failed, reason
	}
	switch {
	case d.Since.IsZero():
		d.end(Failed, reason, now)
	case p == nil:
		d.end(Sent, Because(NotPublished, reason), now)
	default:
		d.end(Sent, Because(NotCorrected, reason), now)
	}
}

// Hold notes that it cannot be told whether the current part is there. An
// admin decides; but in a correction it counts as removed.
func (d *Delivery) Hold(reason string, now time.Time) {
	if d.Since.IsZero() {
		d.end(Held, reason, now)
		return
	}
	if p := d.Parts.Current(); p != nil {
		p.State, p.Receipt, p.Reason = Sent, chat.Receipt{Channel: d.Channel}, reason
	}
	d.end(Sent, Because(NotCorrected, reason), now)
}

// Finish notes when a delivery ended whose state says that it did, where the
// ledger has lost that.
func (d *Delivery) Finish(now time.Time) {
	if d.State == Sent && d.Since.IsZero() {
		d.Since = now
	}
	d.end(d.State, d.Reason, now)
}

// Skip notes that the delivery is not wanted.
func (d *Delivery) Skip(reason string, now time.Time) { d.end(Skipped, reason, now) }

// Join notes that the delivery is posted with another.
func (d *Delivery) Join(other chat.Key, now time.Time) {
	d.Bundle = other
	d.end(Bundled, "", now)
}

func (d *Delivery) end(s State, reason string, now time.Time) {
	d.State, d.Reason, d.Ended, d.Next, d.Refused = s, reason, now, time.Time{}, Refusal{}
}
