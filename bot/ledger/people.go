package ledger

import (
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Person is somebody as a platform knows them.
type Person struct {
	ID   string
	Name string
}

// Stored is a subscription that somebody made in chat.
type Stored struct {
	Name    string
	Channel chat.Channel
	// Home is the server or workspace that the channel belongs to.
	Home string
	// Settings are in a form that whoever stores them reads back.
	Settings string
	By       Person // who changed it last
	At       time.Time
}

// Follow is somebody's wish to be told of the digests of a channel that have a
// tag. Tags are compared as they are written.
type Follow struct {
	Channel chat.Channel
	User    string // the platform's id
	Tag     string
	At      time.Time
}

// Pause is an admin's word that nothing new is posted to a channel.
type Pause struct {
	Channel chat.Channel
	By      Person
	At      time.Time
}

// Act is what an admin did: an entry of the record.
type Act struct {
	// Number is its place in the record, from 1. Record chooses it.
	Number  int64
	At      time.Time
	By      Person
	Channel chat.Channel // where it was said
	Home    string
	// Line is what was said, What what came of it in words for an operator.
	Line, What string
}

// ActQuery chooses entries of the record.
type ActQuery struct {
	// Adapter and Home choose what was said in a home of an adapter; without an adapter,
	// what was said anywhere.
	Adapter, Home string
	// Before chooses those before the one of this number; 0 means all.
	Before int64
	// Limit is the most that are read; 0 means 100, less means all.
	Limit int
}
