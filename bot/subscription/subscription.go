// Package subscription holds what people want posted: which digests go to which
// channels, when, and in which look. One table, Settings, describes every setting;
// config.toml, chat, the ledger and the documentation are all read and written by it.
//
// It never knows what was posted, a platform, or the configuration file.
package subscription

import (
	"cmp"
	"strings"
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

// Fresh reports whether a digest is neither older than MaxAge at a time nor
// about a day that has not come yet.
func (s Subscription) Fresh(d *digest.Card, at time.Time) bool {
	return at.Sub(s.StartOf(d.Date)) <= s.MaxAge && s.Come(d, at)
}

// Come reports whether the day of a digest has come at a time, on the
// subscription's clock. Before that the digest is neither due nor the newest.
func (s Subscription) Come(d *digest.Card, at time.Time) bool { return !s.StartOf(d.Date).After(at) }

// NewestOf is the first of digests, which are the newest first, that the
// subscription takes and whose day has come; nil if there is none.
func (s Subscription) NewestOf(digests []*digest.Card, now time.Time) *digest.Card {
	for _, d := range digests {
		if s.Match.Accepts(d) && s.Come(d, now) {
			return d
		}
	}
	return nil
}

// StartOf is when a day begins on the subscription's clock.
func (s Subscription) StartOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cmp.Or(s.Zone, time.UTC))
}

// Label is what people call a subscription.
func (s Subscription) Label() string {
	if s.Since.IsZero() {
		return s.Name
	}
	name, _, _ := strings.Cut(s.Name, "@")
	return name
}

// Dress gives a delivery the style and language of a subscription.
func (s Subscription) Dress(d ledger.Delivery) ledger.Delivery {
	d.Subscription, d.Style, d.Language = s.Name, string(s.Style), s.Language
	return d
}
