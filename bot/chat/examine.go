package chat

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Examiner is an Adapter that can check whether its platform lets it work: token, scopes,
// channels, permissions, commands, addresses.
type Examiner interface {
	// Examine reports what it found, good or bad. It posts and changes nothing, and opens
	// no connection that would take events away from a running bot. If one thing cannot be
	// checked, a finding says so and the other checks still run.
	Examine(ctx context.Context, x Examination) []Finding
}

// Examination is what an Examiner looks at.
type Examination struct {
	// Command is the command that people are offered.
	Command Command
	// Channels are those for which posts are wanted. Threads are those of them where posts
	// get threads.
	Channels, Threads []Channel
	// Listening says that a running bot is now listening on this account.
	Listening bool
}

// Crowded is a Connected that can tell whether other processes listen on its account.
type Crowded interface {
	// Others returns the number of other processes' connections when the platform last
	// reported it.
	Others() int
}

// State is the result of one check.
type State string

// The states. Unseen marks what could not be checked.
const (
	Fine   State = "ok"
	Risky  State = "warn"
	Failed State = "fail"
	Unseen State = "skip"
)

// Finding is the result of checking one thing, in words for an operator, without any
// secret.
type Finding struct {
	State   State  `json:"state"`
	Subject string `json:"subject"` // what was checked: a file, "discord token", a channel
	Text    string `json:"text"`
	Fix     string `json:"fix,omitempty"` // what to do about it; empty for Fine and Unseen
}

// Findings collects the results of an Examiner, in the order of its checks.
type Findings struct {
	Of  string // the name of the adapter
	All []Finding
}

// Add records a finding about a channel, or about something of the account, whose name has
// no colon.
func (f *Findings) Add(state State, subject, fix, format string, args ...any) {
	if !strings.Contains(subject, ":") {
		subject = f.Of + " " + subject
	}
	f.All = append(f.All, Finding{State: state, Subject: subject, Text: fmt.Sprintf(format, args...), Fix: fix})
}

// Off records that the adapter is off, and why. That is a failure if posts are wanted
// there.
func (f *Findings) Off(why string, channels []Channel) {
	if len(channels) == 0 {
		f.Add(Unseen, "token", "", "%s, and nothing is posted there", why)
		return
	}
	f.Add(Failed, "token", "set it, or remove the channels of "+f.Of+" from the configuration", "%s, and digests should go there", why)
}

// Each calls look for the first channels, at most most of them, and records how many are
// left out.
func (f *Findings) Each(channels []Channel, most int, look func(Channel)) {
	for _, c := range channels[:min(len(channels), most)] {
		look(c)
	}
	if n := len(channels) - most; n > 0 {
		f.Add(Unseen, "channels", "", "%d more are not checked", n)
	}
}

// A clock that is off by more than clockGrace deserves a warning. One that is off by more
// than clockLimit makes signed requests of platforms look forged
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
const (
	clockGrace = 30 * time.Second
	clockLimit = 5 * time.Minute
)

// ExamineClock compares this machine's clock with the Date header of a platform's response.
// The request was sent at asked and answered at answered.
func ExamineClock(platform, date string, asked, answered time.Time) Finding {
	f := Finding{State: Unseen, Subject: platform + " clock", Text: "the platform's answer has no date to compare the machine's clock with"}
	theirs, err := http.ParseTime(date)
	if err != nil {
		return f
	}
	off, ahead := time.Duration(0), "ahead of"
	switch last := theirs.Add(time.Second); { // the header has whole seconds
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
