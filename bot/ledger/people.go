package ledger

import (
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Person is a user of a platform.
type Person struct {
	ID   string
	Name string
}

// Stored is a subscription that was made in chat.
type Stored struct {
	Name    string
	Channel chat.Channel
	// Home is the server or workspace that the channel belongs to.
	Home string
	// Settings are in the caller's own format.
	Settings string
	By       Person // who changed it last
	At       time.Time
}

// Follow says that a user wants messages about the digests of a channel that have a tag.
// Tags are compared as they are written.
type Follow struct {
	Channel chat.Channel
	User    string // the platform's id
	Tag     string
	At      time.Time
}

// Pause is an admin's order that nothing new is posted to a channel.
type Pause struct {
	Channel chat.Channel
	By      Person
	At      time.Time
}

// Act is an entry of the record: what an admin did.
type Act struct {
	// Number is its position in the record, from 1. Record assigns it.
	Number  int64
	At      time.Time
	By      Person
	Channel chat.Channel // where it was said
	Home    string
	// Line is the command; What is its result in words for an operator.
	Line, What string
}

// ActQuery selects entries of the record.
type ActQuery struct {
	// Adapter and Home select what was done in a home of an adapter; without an adapter,
	// what was done anywhere.
	Adapter, Home string
	// Before selects the entries before the one with this number; 0 means all.
	Before int64
	// Limit is the maximum number of results; 0 means 100, a negative number means all.
	Limit int
}
