package chat

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Examiner is an Adapter that can look whether its platform lets it do its work: token,
// scopes, channels, permissions, commands, addresses.
type Examiner interface {
	// Examine says what it found, good or bad. It posts and changes nothing, and opens no
	// connection that would take events from a bot that listens. Where one thing cannot be
	// looked at, a finding says so, and the others are looked at all the same.
	Examine(ctx context.Context, x Examination) []Finding
}

// Examination is what an Examiner looks at.
type Examination struct {
	// Command is the command that people are offered.
	Command Command
	// Channels are those that somebody wants posts in, and Threads those of them where
	// posts get threads.
	Channels, Threads []Channel
	// Listening says that a running bot hears people on this account now.
	Listening bool
}

// Crowded is a Connected that can tell whether other processes listen on its account.
type Crowded interface {
	// Others is how many connections others had when the platform last told.
	Others() int
}

// State is how something is that was looked at.
type State string

// The states. Unseen is what could not be looked at.
const (
	Fine   State = "ok"
	Risky  State = "warn"
	Failed State = "fail"
	Unseen State = "skip"
)

// Finding is what was found of one thing, in words for an operator, without any secret.
type Finding struct {
	State   State  `json:"state"`
	Subject string `json:"subject"` // of what: a file, "discord token", a channel
	Text    string `json:"text"`
	Fix     string `json:"fix,omitempty"` // what to do about it; empty for Fine and Unseen
}

// Findings collects what an Examiner finds, in the order of its looks.
type Findings struct {
	Of  string // the name of the adapter
	All []Finding
}

// Add notes what was found of a channel, or of something of the account's own, whose name
// has no colon.
func (f *Findings) Add(state State, subject, fix, format string, args ...any) {
	if !strings.Contains(subject, ":") {
		subject = f.Of + " " + subject
	}
	f.All = append(f.All, Finding{State: state, Subject: subject, Text: fmt.Sprintf(format, args...), Fix: fix})
}

// Off notes that the adapter is off, and why, which is bad if somebody wants posts there.
func (f *Findings) Off(why string, channels []Channel) {
	if len(channels) == 0 {
		f.Add(Unseen, "token", "", "%s, and nothing is posted there", why)
		return
	}
	f.Add(Failed, "token", "set it, or remove the channels of "+f.Of+" from the configuration", "%s, and digests should go there", why)
}

// Each looks at the first channels, at most most, and notes how many more there are.
func (f *Findings) Each(channels []Channel, most int, look func(Channel)) {
	for _, c := range channels[:min(len(channels), most)] {
		look(c)
	}
	if n := len(channels) - most; n > 0 {
		f.Add(Unseen, "channels", "", "%d more are not looked at", n)
	}
}

// A clock that is further off is worth a look, and one that is off by more than
// clockLimit makes signed requests of platforms look forged
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
const (
	clockGrace = 30 * time.Second
	clockLimit = 5 * time.Minute
)

// ExamineClock compares the clock of this machine with the Date of a platform's answer to
// a request that was made at asked and answered at answered.
func ExamineClock(platform, date string, asked, answered time.Time) Finding {
	f := Finding{State: Unseen, Subject: platform + " clock", Text: "the platform's answer has no date to compare the machine's clock with"}
	theirs, err := http.ParseTime(date)
	if err != nil {
		return f
	}
	off, ahead := time.Duration(0), "ahead of"
	switch last := theirs.Add(time.Second); { // it tells whole seconds
	case asked.After(last):
		off = asked.Sub(last)
	case answered.Before(theirs):
		off, ahead = theirs.Sub(answered), "behind"
	}
	if off = off.Round(time.Second); off <= clockGrace {
		f.State, f.Text = Fine, "the machine's clock agrees with the platform's"
		return f
	}
	f.State, f.Text = Risky, fmt.Sprintf("the machine's clock is %v %s the platform's", off, ahead)
	f.Fix = "set the clock, and keep it right with NTP (timedatectl set-ntp true)"
	if off > clockLimit {
		f.State = Failed
	}
	return f
}
