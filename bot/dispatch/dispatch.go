package dispatch

import (
	"log/slog"
	"slices"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/digest"
)

// Subscription says which digests go to which channels, and when.
type Subscription struct {
	Name     string
	Channels []chat.Channel
	Schedule *schedule.Schedule
	Zone     *time.Location
	Match    Match
	// Wait is how long a slot without a digest waits for one.
	Wait time.Duration
	// MaxAge is how old a digest may be when a slot opens.
	MaxAge time.Duration
	// StartLatest says that a channel begins with the digests of the newest day at
	// once instead of waiting for the first new one.
	StartLatest bool
	// MaxParts is the most messages that one post may take; 0 means the default. A
	// longer post shows headlines alone.
	MaxParts int
	// Bundle makes one post of all that a slot owes to a channel.
	Bundle bool
	// Mention are the platform's ids of the roles or user groups that a post
	// notifies, by the name of the adapter.
	Mention map[string][]string
	// Repeats says what becomes of stories that a digest of the time
	// RepeatsWithin before had already.
	Repeats       Repeats
	RepeatsWithin time.Duration
	// Corrections is how long a post follows its file; zero: it never changes.
	Corrections time.Duration
	// Publish passes posts on to those who follow the channel elsewhere.
	Publish bool
	// OnEmpty says what a channel is told when a slot ends without a digest.
	OnEmpty OnEmpty
	// Since is when it was made or changed in chat: no slot before that opens. It is
	// zero for those of the configuration.
	Since time.Time
	// Home is where it was made in chat, see chat.Homer; empty where an adapter has
	// one home only, and for those of the configuration.
	Home string
	// Look is how digests are composed.
	compose.Look
}

// OnEmpty is what a channel is told when a slot ends without a digest.
type OnEmpty string

// The ways to end a slot without a digest.
const (
	// SilentOnEmpty tells the channel nothing.
	SilentOnEmpty OnEmpty = "silent"
	// NoticeOnEmpty tells it so in a line.
	NoticeOnEmpty OnEmpty = "notice"
)

// AllOnEmpty are all ways to end a slot without a digest, the default first.
var AllOnEmpty = []OnEmpty{SilentOnEmpty, NoticeOnEmpty}

// Repeats is what becomes of a story that was told before.
type Repeats string

// The ways to treat a repeat.
const (
	// ShowRepeats tells it like any other.
	ShowRepeats Repeats = "show"
	// MarkRepeats says since when it is known.
	MarkRepeats Repeats = "mark"
	// HideRepeats leaves out and counts what the channel was told before.
	HideRepeats Repeats = "hide"
)

// AllRepeats are all ways to treat a repeat, the default first.
var AllRepeats = []Repeats{ShowRepeats, MarkRepeats, HideRepeats}

// Match chooses digests. An empty Match chooses all. Categories and tags are
// compared as digest.Fold brings them together. The tags are those of the digest
// itself: a subscription posts whole digests, and one story of twenty says neither
// that the channel is for the others nor that it is not.
type Match struct {
	Categories []string // any of these
	Any        []string // any of these tags
	None       []string // none of these tags
}

// Accepts reports whether the match chooses d.
func (m Match) Accepts(d *digest.Card) bool {
	return m.Lacks(d).Field == ""
}

// Lack is why a match does not choose a digest: the Setting that keeps it
// out, and the values that do. It is zero for one that it chooses.
type Lack struct {
	Field  string
	Values []string
}

// Lacks says why the match does not choose d.
func (m Match) Lacks(d *digest.Card) Lack {
	switch {
	case len(m.Categories) > 0 && !overlap(m.Categories, d.Categories):
		return Lack{"categories", m.Categories}
	case len(m.Any) > 0 && !overlap(m.Any, d.Tags):
		return Lack{"tags", m.Any}
	case overlap(m.None, d.Tags):
		for _, tag := range m.None {
			if overlap([]string{tag}, d.Tags) {
				return Lack{"without", []string{tag}}
			}
		}
	}
	return Lack{}
}

// Fresh reports whether a digest is young enough for a slot that opens at a time.
func (s Subscription) Fresh(d *digest.Card, at time.Time) bool { return s.fresh(d, at) }

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return digest.Fold(x) == digest.Fold(y) })
	})
}

// Dispatcher plans and delivers. Its fields are set before use and not changed.
type Dispatcher struct {
	Ledger   ledger.Ledger
	Adapters map[string]chat.Adapter
	// CheckChannel, if not nil, says what is wrong with a channel that people name: its
	// adapter, or its id for that.
	CheckChannel func(chat.Channel) error
	// CheckHome, if not nil, says why the adapter of a channel does not answer the
	// people of a home, which the channel is in; "" is what is in no home.
	CheckHome func(c chat.Channel, home string) error
	// Subscriptions are those of the configuration. All has those too that people
	// make in chat.
	Subscriptions []Subscription
	// Aliases are other names of tags, for the subscriptions that are made in chat.
	Aliases digest.Aliases
	// Library is the library of this moment.
	Library func() *digest.Library
	Log     *slog.Logger
	// Admin is where the people who run the bot are told what they should know;
	// zero for nowhere.
	Admin chat.Channel
	// Watch, if not nil, is told of each delivery after each step that was saved.
	Watch func(ledger.Delivery)
	// Changed, if not nil, is told when people want something else than before, so
	// that it is planned for at once.
	Changed func()

	pace   pace
	pauses pauses
	sheets sheets
	// stubborn is what fails in the same way each time.
	stubborn stubborn
	people   people
	// resumed says that what an earlier process has left was taken up.
	resumed bool
	// abandoned counts the changes of the subscriptions up to the last for which
	// abandon was done, from 1.
	abandoned int
	// looked is the library that the posts were last compared with, windows how long
	// those of each subscription followed their files then, and wereOff the adapters
	// that could correct none.
	looked  *digest.Library
	windows map[string]time.Duration
	wereOff map[string]bool
	moves   moves
	// bare is since when the library has had no digest; zero while it has some.
	bare time.Time
	// saw is the library whose digests were last noted as seen, seen which were.
	saw  *digest.Library
	seen map[string]bool
	// firstSeen is when the digests whose day is guessed were first seen.
	firstSeen map[string]time.Time
}

// subscription is the one of a name; the zero one, which wants nothing, when
// there is none any more.
func (d *Dispatcher) subscription(name string) Subscription {
	for _, s := range d.All() {
		if s.Name == name {
			return s
		}
	}
	return Subscription{}
}

// Dress gives a delivery the style and language of a subscription.
func (s Subscription) Dress(d ledger.Delivery) ledger.Delivery {
	d.Subscription, d.Style, d.Language = s.Name, string(s.Style), s.Language
	return d
}
