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

// Ledger stores what is owed to which channel, its outcome, and what people want. Every
// method that changes something returns only after the change would survive a power cut.
// All methods are safe for concurrent use.
type Ledger interface {
	Deliveries
	Slots
	Settings
	Outages
	Record
	Close() error
}

// Deliveries stores what is owed to which channel, and its outcome.
type Deliveries interface {
	// Plan inserts the deliveries whose keys have no row yet, as they are (in any state,
	// with any parts), and returns the keys of the inserted ones. It is idempotent.
	Plan(ctx context.Context, deliveries ...Delivery) ([]chat.Key, error)

	// Save writes d and its parts if the row has not changed since d was read, and
	// increments d.Version; otherwise it returns ErrFenced and changes nothing. Payloads
	// are written only if d has been frozen or revised since it was read; otherwise they,
	// and the number of parts, stay the same.
	Save(ctx context.Context, d *Delivery) error

	// Get returns one delivery with its parts, or ErrNotFound.
	Get(ctx context.Context, key chat.Key) (Delivery, error)

	// Due returns, for each channel, the first of the deliveries that have not ended,
	// provided that its Next is not after now; in the order of planning. Within a channel,
	// deliveries that were never posted completely come first, in the order of planning,
	// then those that are being corrected or published. A delivery that has to wait holds
	// up those behind it, so that parts of two never mix.
	Due(ctx context.Context, now time.Time) ([]Turn, error)

	// List returns deliveries with their parts but without payloads, the newest planned
	// first.
	List(ctx context.Context, q Query) ([]Delivery, error)

	// Known returns which of the digests have a delivery to each of the channels, in any
	// state, and what it said of them; by ID, in the order of the channels.
	Known(ctx context.Context, channels []chat.Channel, digests ...string) ([]map[string]Known, error)

	// Digests returns the digests that have deliveries, in any state.
	Digests(ctx context.Context) (map[string]bool, error)

	// Told returns what deliveries say of digests, for those planned at since or later, the
	// newest planned first.
	Told(ctx context.Context, since time.Time) iter.Seq2[Told, error]

	// Move reassigns deliveries to other digests whose files have replaced theirs: all or
	// nothing. A delivery that no longer belongs to its From is left alone. Versions are
	// incremented, so that anyone who is working on a delivery has to read it again.
	Move(ctx context.Context, moves ...Move) error

	// Taken returns which of the keys already have deliveries, and the digests of those.
	Taken(ctx context.Context, keys ...chat.Key) (map[chat.Key]string, error)
}

// Slots stores which slots have opened and how each ended, which channels a subscription
// serves, and when digests were first seen.
type Slots interface {
	// Begun returns the channels that a subscription already serves.
	Begun(ctx context.Context, subscription string) (map[chat.Channel]bool, error)

	// Begin records that a subscription serves channels from now on and plans its first
	// deliveries there, all or nothing. A channel that the subscription already serves is
	// skipped, with its deliveries.
	Begin(ctx context.Context, subscription string, now time.Time, channels []chat.Channel, deliveries ...Delivery) error

	// SaveSlot writes a slot, replacing the one of the same subscription and time.
	SaveSlot(ctx context.Context, s Slot) error

	// Slots returns the slots of a subscription, the latest first, at most limit; a
	// negative limit means all.
	Slots(ctx context.Context, subscription string, limit int) ([]Slot, error)

	// Running returns the slots of a subscription that have not ended, the latest first;
	// for the subscription "" those of all subscriptions.
	Running(ctx context.Context, subscription string) ([]Slot, error)

	// See records when digests were seen, for those that were not seen before.
	See(ctx context.Context, at time.Time, digests ...string) error

	// Seen returns when digests were first seen, by ID.
	Seen(ctx context.Context, digests ...string) (map[string]time.Time, error)
}

// Settings stores what people want while the bot runs.
type Settings interface {
	// Revision returns how often the settings were changed, by any process: a cache is
	// stale if this number differs. Each method that changes something increments it in the
	// same transaction.
	Revision(ctx context.Context) (int64, error)

	// Store writes a subscription that was made in chat, replacing the one with its name.
	Store(ctx context.Context, s Stored) error

	// Drop removes a stored subscription, and reports whether it existed. One that takes
	// its name later begins from scratch.
	Drop(ctx context.Context, name string) (bool, error)

	// Stored returns the stored subscriptions, sorted by name.
	Stored(ctx context.Context) ([]Stored, error)

	// Follow records that a user follows a tag in a channel, and reports whether that is
	// new.
	Follow(ctx context.Context, f Follow) (bool, error)

	// Unfollow removes that record, and reports whether it existed.
	Unfollow(ctx context.Context, f Follow) (bool, error)

	// Follows returns what a user follows in a channel, the oldest first; for the user ""
	// what all users follow, by user.
	Follows(ctx context.Context, c chat.Channel, user string) ([]Follow, error)

	// Pause records that nothing new is posted to a channel until Resume, and reports
	// whether that is new. An existing pause keeps its author.
	Pause(ctx context.Context, h Pause) (bool, error)

	// Resume ends a pause, and reports whether there was one.
	Resume(ctx context.Context, c chat.Channel) (bool, error)

	// Pauses returns the paused channels, the oldest pause first.
	Pauses(ctx context.Context) ([]Pause, error)
}

// Outages stores which adapters cannot be reached.
type Outages interface {
	// Lose records that an adapter receives no commands until Regain, replacing any earlier
	// record.
	Lose(ctx context.Context, o Outage) error

	// Regain removes that record, and reports whether it existed.
	Regain(ctx context.Context, adapter string) (bool, error)

	// Outages returns which adapters receive no commands, by name.
	Outages(ctx context.Context) ([]Outage, error)
}

// Record stores what admins did.
type Record interface {
	// Record adds an act of an admin.
	Record(ctx context.Context, a Act) error

	// Acts returns the record, the latest act first.
	Acts(ctx context.Context, q ActQuery) ([]Act, error)
}

// The errors on which callers base decisions.
var (
	// ErrNotFound: there is no such delivery.
	ErrNotFound = errors.New("delivery not found")
	// ErrFenced: the delivery was changed by someone else since it was read.
	ErrFenced = errors.New("delivery was changed by another process")
)

// Turn is a delivery that is due, with only what is needed to choose among those of
// thousands of channels.
type Turn struct {
	Key     chat.Key
	Channel chat.Channel
	// Round is the delivery's Round.
	Round int
}

// Row is a row of a table of a stored ledger, for copying it to another kind of database.
// All kinds have the same tables and columns; times are nanoseconds since 1970.
type Row struct {
	Table   string
	Columns []string // the same slice for all rows of a table
	// Values are each an int64, a string, a []byte or nil.
	Values []any
}

// Query selects deliveries. Zero fields select everything.
type Query struct {
	Adapter string // of the channel
	Channel chat.Channel
	Digest  string
	// Of selects those that contain one of these digests, alone or with others.
	Of    []string
	State State
	// Except leaves out those in this state.
	Except       State
	Subscription string
	Slot         time.Time
	// From and To select those planned at From or later, and before To.
	From, To time.Time
	// Bundle is the key of the delivery with which they are posted.
	Bundle chat.Key
	// Waiting selects those that have not ended.
	Waiting bool
	// Refused selects those that have not ended because the platform refuses them.
	Refused bool
	// Since selects those that were completely posted then or later.
	Since time.Time
	// Before selects those that were planned before the delivery with this key.
	Before chat.Key
	// Limit is the maximum number of results; 0 means 100, a negative number means all.
	Limit int
}

// Each yields what a query selects, in batches, so that ten thousand deliveries need no
// more memory than one page: the newest planned first, each as it is when it is read. It
// ignores the query's Before and Limit, and ends with the first error.
func Each(ctx context.Context, l Deliveries, q Query) iter.Seq2[Delivery, error] {
	const page = 200
	return func(yield func(Delivery, error) bool) {
		q := q // so that the iterator can be used again
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

// Lead returns the delivery with which d is posted. That is d itself if it is posted by
// itself, or if the other does not exist, as in a damaged ledger.
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
	ForNotice Cause = "notice" // the bot's own message
	ForFollow Cause = "follow" // someone follows a tag
)

// State is the state of a delivery or a part. See the package comment.
type State string

// The states. Sent, Failed, Skipped and Bundled are final for a delivery; Held is too,
// until an admin decides. Gone is a part that was removed.
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

// Ended reports whether nothing more happens automatically in this state.
func (s State) Ended() bool {
	return s == Sent || s == Failed || s == Held || s == Skipped || s == Bundled
}

// Delivery is one digest owed to one channel, and the digests that are posted with it.
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
	Slot         time.Time // the slot to which it belongs; zero for none
	Bundle       chat.Key  // key of the delivery with which it is posted; empty if it is posted by itself

	State   State
	Reason  string // why it waits, or how it ended: a Code with its arguments, or a platform's words
	Planned time.Time
	Next    time.Time // when the engine should wake it; zero once it has ended
	Ended   time.Time
	Since   time.Time // when it was first posted completely
	Revised time.Time // when its text was last corrected
	// Said records what the parts say: one entry for each digest, in reading order.
	Said  []Said
	Parts Parts // frozen before the first attempt, in reading order until they are revised
	// Refused says since when the platform refuses it; zero if it does not.
	Refused Refusal
	// Decisions are the decisions that people made about it, the oldest first.
	Decisions []Decision

	// Version is the fence: Save increments it.
	Version int64
}

// Refusal is a period in which the platform accepts nothing: for one channel, or from the
// adapter's account as a whole.
type Refusal struct {
	Scope Scope
	Since time.Time
}

// Scope says what is refused.
type Scope string

// The scopes. If an account is refused, it receives no commands either.
const (
	OfChannel  Scope = "channel"
	OfAdapter  Scope = "adapter"
	OfCommands Scope = "commands"
)

// Outage says why and since when an adapter receives no commands: OfCommands if posting may
// continue, OfAdapter if its account is refused.
type Outage struct {
	Adapter string
	Refusal
	Reason string
}

// Decision is a person's decision about a delivery.
type Decision struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What Verdict   `json:"what"`
	// Was is the delivery's previous state, with its reason.
	Was string `json:"was"`
}

// Verdict is the result of a decision.
type Verdict string

// The verdicts.
const (
	Released  Verdict = "released"  // it is sent, even if it was posted already
	Forgotten Verdict = "forgotten" // it is treated as posted, or is no longer wanted
	Restored  Verdict = "restored"  // its missing parts are posted again
)

// Said records what a delivery says of a digest, in a form that can be compared with what
// the digest says later.
type Said struct {
	Digest    string   `json:"digest"`
	Was       string   `json:"was,omitempty"`       // the digest's first ID, if its file has been moved since
	Day       string   `json:"day,omitempty"`       // of the digest
	Language  string   `json:"language,omitempty"`  // of the digest; not recorded before 2026-12
	Text      string   `json:"text,omitempty"`      // digest.Digest.Fingerprint; empty: nothing of it was posted
	File      string   `json:"file,omitempty"`      // digest.Card.Hash, in hexadecimal; not recorded before 2026-12
	Headlines []string `json:"headlines,omitempty"` // digest.Digest.HeadlineHashes
	Pages     []string `json:"pages,omitempty"`     // digest.Digest.PageHashes
}

// SameFile reports whether both were read from the same bytes. Even if they were parsed
// differently, nothing has changed then.
func (s Said) SameFile(other Said) bool { return s.File != "" && s.File == other.File }

// Known is what was posted of a digest in a channel.
type Known struct {
	// Said is what each of its deliveries said, the latest planned first, for those where
	// that was recorded.
	Said []Said
	// Open says that one of its deliveries is not composed yet: it will contain what the
	// digest says by then.
	Open bool
}

// Told is what a delivery says of its digest.
type Told struct {
	Key          chat.Key
	Digest       string
	Title        string // the digest's title when the delivery was planned
	Subscription string
	Slot         time.Time
	Open         bool // it, or the one with which it is posted, has not ended
	// Said has an empty Digest if nothing was composed, or if it was not recorded.
	Said Said
}

// Move reassigns a delivery from the digest From to the digest To.
type Move struct {
	Key      chat.Key
	From, To string
}

// Moved returns said with the entry of the digest From moved to the digest To.
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
	// Thread says that it belongs in the thread of the first part.
	Thread bool
	// Surplus says that a correction has no payload for it: it is removed.
	Surplus bool
	// State is Planned, Sending, InDoubt, Sent, Failed or Gone.
	State    State
	Attempts int
	// First is the beginning of the first attempt that may have reached the platform, Last
	// that of the latest attempt.
	First, Last time.Time
	// Looks is how many consecutive searches since then have not found it.
	Looks int
	// Receipt is the receipt of the message. If a part is Sent and its receipt has no ID,
	// someone removed the message or its place is unknown; it is not posted again.
	Receipt chat.Receipt
	// Publish is empty for a part that is not published to followers, else Planned, Sent or
	// Failed.
	Publish State
	Reason  string
}

// Slot is one scheduled time of a subscription.
type Slot struct {
	Subscription string
	At           time.Time
	// Until is when the wait for a digest ends.
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
	SlotQuiet      SlotOutcome = "no news" // the digests that arrived have no stories
	SlotFailed     SlotOutcome = "failed"
	SlotMissed     SlotOutcome = "missed"
	SlotPaused     SlotOutcome = "paused"    // an admin paused the channels
	SlotDropped    SlotOutcome = "withdrawn" // the subscription was changed or removed
)

// NewDelivery returns a planned delivery of a digest to a channel. Its key is derived from
// the two, so that overlapping subscriptions post once.
func NewDelivery(digestID, title string, to chat.Channel, now time.Time) Delivery {
	return Delivery{
		Key: key("digest", to.String(), digestID), Digest: digestID, Title: title,
		Channel: to, State: Planned, Planned: now, Next: now,
	}
}

// NewResend returns a planned delivery that an admin asked for. Its key is also derived
// from the request's id, so that a request that is delivered twice posts once.
func NewResend(digestID, title string, to chat.Channel, request, by string, now time.Time) Delivery {
	d := NewDelivery(digestID, title, to, now)
	d.Key = key("resend", to.String(), digestID, request)
	d.Cause, d.By = ForResend, by
	return d
}

// NewEdition returns a planned delivery of a digest whose ID was that of another digest
// when that went to the channel: the file was rewritten, or has replaced one that was
// moved. Its key is also derived from the headlines.
func NewEdition(now Said, title string, to chat.Channel, at time.Time) Delivery {
	d := NewDelivery(now.Digest, title, to, at)
	d.Key = key(append([]string{"edition", to.String(), now.Digest, now.Day}, now.Headlines...)...)
	return d
}

// NewNotice returns a planned delivery of a message of the bot itself. Its key is derived
// from its subject, so that it is posted once.
func NewNotice(to chat.Channel, title string, payloads []chat.Payload, now time.Time, about ...string) (Delivery, error) {
	d := NewDelivery("", title, to, now)
	d.Key, d.Cause = key(append([]string{"notice", to.String()}, about...)...), ForNotice
	return d, d.Freeze(payloads)
}

// NewWord returns a planned delivery of a message to a follower of a tag. Its key is
// derived from its subject, so that it is posted once.
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

// PartLimit is the maximum number of parts of a delivery: the part number and the
// delivery's key must fit into 25 characters.
const PartLimit = 999

// Freeze fixes the payloads before the first attempt: those for the channel, and those for
// the thread of the first of them.
func (d *Delivery) Freeze(payloads []chat.Payload, thread ...chat.Payload) error {
	if len(d.Parts) > 0 {
		return fmt.Errorf("delivery %s: it is already frozen", d.Key)
	}
	if n := len(payloads) + len(thread); len(payloads) == 0 || n > PartLimit {
		return fmt.Errorf("delivery %s: %d parts, want 1 to %d", d.Key, n, PartLimit)
	}
	d.Parts = d.Parts.with(d.Key, payloads, false)
	d.Parts = d.Parts.with(d.Key, thread, true)
	return nil
}

// Revise reopens a delivery that is Sent, so that its parts become these payloads, in the
// same places. A part that already has its payload is left alone; one whose message was
// removed or cannot be found is not posted again. Surplus parts are removed, and additional
// payloads are posted after the others.
func (d *Delivery) Revise(now time.Time, payloads []chat.Payload, thread ...chat.Payload) error {
	if d.State != Sent {
		return fmt.Errorf("delivery %s: it is %s, not sent, and cannot be revised", d.Key, d.State)
	}
	if n := len(payloads) + len(thread); len(payloads) == 0 || len(d.Parts)+n > PartLimit {
		return fmt.Errorf("delivery %s: %d parts cannot take the place of %d", d.Key, n, len(d.Parts))
	}
	d.Parts = slices.Clone(d.Parts) // the caller may still hold the old ones
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

// Place returns where the current part goes: into the thread of the first part if it
// belongs there or if the platform has opened one for the post, else into the channel. ok
// is false if the message to which it belongs was removed, so that the place no longer
// exists.
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

// Promise records that an attempt begins. It must be saved before the call, and there must
// be a current part.
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

// Posted records that the current part's message is in the channel with its payload, or, if
// the part is surplus, that its message has been removed. The receipt has no ID if someone
// removed the message.
func (d *Delivery) Posted(r chat.Receipt, now time.Time) {
	p := d.Parts.Current()
	p.State, p.Receipt, p.Reason = Sent, r, ""
	if p.Surplus {
		p.State = Gone
	}
	d.goOn(now)
}

// Drop records that the current part is not posted, and is not needed.
func (d *Delivery) Drop(reason string, now time.Time) {
	p := d.Parts.Current()
	p.State, p.Reason = Gone, reason
	d.goOn(now)
}

// Published records that a part was published or, with a reason, that it cannot be.
func (d *Delivery) Published(reason string, now time.Time) {
	p := d.Parts.Unpublished()
	p.Publish = Sent
	if reason != "" {
		p.Publish, p.Reason = Failed, Because(NotPublished, reason)
	}
	d.goOn(now)
}

// goOn moves on to the next step, and ends the delivery if there is none.
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

// Retry records that the current part is certainly not posted, or not edited, and will be
// tried again at the given time.
func (d *Delivery) Retry(reason string, at time.Time) {
	if p := d.Parts.Current(); p != nil {
		p.State, p.Reason, p.First = Planned, reason, time.Time{}
	}
	d.State, d.Reason, d.Next = Planned, reason, at
}

// Doubt records that the current part is in doubt and will be reconciled at the given time.
func (d *Delivery) Doubt(reason string, at time.Time) {
	p := d.Parts.Current()
	p.State, p.Reason = InDoubt, reason
	d.State, d.Reason, d.Next = InDoubt, reason, at
}

// Unseen records that a search did not find the current part, which is not yet proof of
// absence; the search is repeated at the given time.
func (d *Delivery) Unseen(reason string, at time.Time) {
	d.Doubt(reason, at)
	d.Parts.Current().Looks++
}

// Refuse records that the platform refuses the delivery; it is tried again at the given
// time. A part in doubt remains in doubt.
func (d *Delivery) Refuse(p Refusal, reason string, at time.Time) {
	if d.State == InDoubt {
		d.Doubt(reason, at)
	} else {
		d.Retry(reason, at)
	}
	d.Refused = p
}

// Wake changes the time at which a waiting delivery is next looked at. Looks count only at
// the required distance, so they start again.
func (d *Delivery) Wake(at time.Time) {
	d.Next = at
	if p := d.Parts.Current(); p != nil {
		p.Looks = 0
	}
}

// Tried returns since when it has been tried without a new decision by anyone.
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

// ReleasedAt returns when it was released, if that is the latest decision; else zero.
func (d *Delivery) ReleasedAt() time.Time {
	if n := len(d.Decisions); n > 0 && d.Decisions[n-1].What == Released {
		return d.Decisions[n-1].At
	}
	return time.Time{}
}

// Release records that someone wants it to be sent: at once if it waits, or again, from its
// current part on, if it is held or has failed.
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
		again.Said = nil // it is composed again
	default:
		again.goOn(now)
	}
	if damage := flaw(&again, false); damage != "" && !again.State.Ended() {
		return errors.New(Because(NotSendable, d.Key, damage))
	}
	*d = again
	return nil
}

// Restore records that parts which were posted are missing, and that someone wants them to
// be posted again, under new keys.
func (d *Delivery) Restore(by string, now time.Time, parts ...chat.Key) {
	d.decide(Restored, by, now)
	d.Parts = slices.Clone(d.Parts) // the caller may still hold the old ones
	for i := range d.Parts {
		if p := &d.Parts[i]; p.State == Sent && slices.Contains(parts, p.Key) {
			p.State, p.Attempts, p.Looks, p.First, p.Reason = Planned, 0, 0, time.Time{}, ""
			p.Receipt, p.Publish = chat.Receipt{}, ""
			p.renew()
		}
	}
	d.State, d.Reason, d.Next, d.Ended = Planned, Because(RestoredBy, by), now, time.Time{}
}

// Forget records that someone considers it posted, or no longer wants it.
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

// Fail records that the current part is not posted, or not edited, and never will be. A
// delivery that was posted completely before remains Sent.
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

// Hold records that it is impossible to tell whether the current part was posted. An admin
// decides; in a correction, however, the part counts as removed.
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

// Finish sets the time when a delivery ended, for one whose state is final but whose time
// the ledger has lost.
func (d *Delivery) Finish(now time.Time) {
	if d.State == Sent && d.Since.IsZero() {
		d.Since = now
	}
	d.end(d.State, d.Reason, now)
}

// Skip records that the delivery is not wanted.
func (d *Delivery) Skip(reason string, now time.Time) { d.end(Skipped, reason, now) }

// Join records that the delivery is posted with another.
func (d *Delivery) Join(other chat.Key, now time.Time) {
	d.Bundle = other
	d.end(Bundled, "", now)
}

func (d *Delivery) end(s State, reason string, now time.Time) {
	d.State, d.Reason, d.Ended, d.Next, d.Refused = s, reason, now, time.Time{}, Refusal{}
}
