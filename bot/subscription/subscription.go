// Package subscription describes what people want posted: which digests go to which
// channels, when, and in which style. One table, Settings, describes every setting;
// config.toml, chat, the ledger and the documentation are all read and written with it.
//
// It knows nothing of posts, platforms, or the configuration file.
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
	// MaxAge is the maximum age of a digest when a slot opens.
	MaxAge time.Duration
	// StartLatest says that a new channel gets the digests of the newest day at once
	// instead of waiting for the first new one.
	StartLatest bool
	// MaxParts is the maximum number of messages for one post; 0 means the default. A
	// longer post shows only headlines.
	MaxParts int
	// Bundle combines everything that a slot owes to a channel in one post.
	Bundle bool
	// Mention has the platform's ids of the roles or user groups that a post notifies, by
	// adapter name.
	Mention map[string][]string
	// Repeats says how to treat stories that were already in a digest of the preceding
	// RepeatsWithin.
	Repeats       Repeats
	RepeatsWithin time.Duration
	// Corrections is how long a post follows its file; zero means that it never changes.
	Corrections time.Duration
	// Publish passes posts on to followers of the channel elsewhere.
	Publish bool
	// OnEmpty says what to post in a channel if a slot ends without a digest.
	OnEmpty OnEmpty
	// Since is when it was made or changed in chat: no earlier slot opens. It is zero for
	// subscriptions from the configuration.
	Since time.Time
	// Home is the home in which it was made in chat, see chat.Homer. It is empty if the
	// adapter has only one home, and for subscriptions from the configuration.
	Home string
	// Look is how digests are composed.
	compose.Look
}

// OnEmpty says what to post in a channel if a slot ends without a digest.
type OnEmpty string

// The ways to end a slot without a digest.
const (
	// SilentOnEmpty posts nothing.
	SilentOnEmpty OnEmpty = "silent"
	// NoticeOnEmpty posts a one-line notice.
	NoticeOnEmpty OnEmpty = "notice"
)

// AllOnEmpty are all ways to end a slot without a digest, the default first.
var AllOnEmpty = []OnEmpty{SilentOnEmpty, NoticeOnEmpty}

// Repeats says how to treat a story that was posted before.
type Repeats string

// The ways to treat a repeat.
const (
	// ShowRepeats shows it like any other.
	ShowRepeats Repeats = "show"
	// MarkRepeats marks it with the date of the earlier one.
	MarkRepeats Repeats = "mark"
	// HideRepeats leaves out and counts what was posted in the channel before.
	HideRepeats Repeats = "hide"
)

// AllRepeats are all ways to treat a repeat, the default first.
var AllRepeats = []Repeats{ShowRepeats, MarkRepeats, HideRepeats}

// Fresh reports whether a digest is not older than MaxAge at the given time, and not about
// a day that has not begun yet.
func (s Subscription) Fresh(d *digest.Card, at time.Time) bool {
	return at.Sub(s.StartOf(d.Date)) <= s.MaxAge && s.Come(d, at)
}

// Come reports whether the day of a digest has begun at the given time, on the
// subscription's clock. Before that the digest is neither due nor the newest.
func (s Subscription) Come(d *digest.Card, at time.Time) bool { return !s.StartOf(d.Date).After(at) }

// NewestOf returns the first digest that the subscription accepts and whose day has begun;
// nil if there is none. digests must be sorted newest first.
func (s Subscription) NewestOf(digests []*digest.Card, now time.Time) *digest.Card {
	for _, d := range digests {
		if s.Match.Accepts(d) && s.Come(d, now) {
			return d
		}
	}
	return nil
}

// StartOf returns when a day begins on the subscription's clock.
func (s Subscription) StartOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cmp.Or(s.Zone, time.UTC))
}

// Label returns the name of a subscription for people.
func (s Subscription) Label() string {
	if s.Since.IsZero() {
		return s.Name
	}
	name, _, _ := strings.Cut(s.Name, "@")
	return name
}

// Dress returns a delivery with the style and language of the subscription.
func (s Subscription) Dress(d ledger.Delivery) ledger.Delivery {
	d.Subscription, d.Style, d.Language = s.Name, string(s.Style), s.Language
	return d
}
