// Package snowflake parses Discord's ids. It is pure and knows nothing else
// about Discord.
// https://docs.discord.com/developers/reference#snowflakes
package snowflake

import (
	"regexp"
	"time"
)

// Epoch is the time at which ids start, in Unix milliseconds.
const Epoch = 1420070400000

var form = regexp.MustCompile(`^[0-9]{17,20}$`)

// Valid reports whether s has the form of an id: 17 to 20 digits.
func Valid(s string) bool { return form.MatchString(s) }

// At returns the smallest possible id of something created at t.
func At(t time.Time) uint64 { return uint64(max(t.UnixMilli()-Epoch, 0)) << 22 }

// Time returns when the object with an id was created.
func Time(id uint64) time.Time { return time.UnixMilli(int64(id>>22) + Epoch) }
