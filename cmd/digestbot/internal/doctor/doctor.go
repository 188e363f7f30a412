// Package doctor looks for what keeps digests from getting where they should, and says of
// each thing how it is and what to do: configuration, state, library, clocks, platforms,
// the running serve. It posts nothing, changes nothing, and never opens an adapter or a
// library itself.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/bot/retry"
)

// Check is one look, which may find several things.
type Check struct {
	Subject string // what it looks at, where it comes to no end
	Look    func(context.Context) []chat.Finding
}

// Limit is how long a check may take.
const Limit = 20 * time.Second

// Run makes all checks at once and gives what they found in the order of the checks. One
// that comes to no end within the limit, or panics, is a finding itself.
func Run(ctx context.Context, log *slog.Logger, checks []Check) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	found := make([][]chat.Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { found[i] = c.run(ctx, log) })
	}
	all.Wait()
	return slices.Concat(found...)
}

func (c Check) run(ctx context.Context, log *slog.Logger) []chat.Finding {
	done := make(chan []chat.Finding, 1)
	go func() {
		var found []chat.Finding
		err := panics.Contain(log, "examine", func() error { found = c.Look(ctx); return nil })
		if err != nil {
			found = []chat.Finding{{State: chat.Failed, Subject: c.Subject, Text: "a bug ended the check", Fix: "report it with the log: https://github.com/digestbot/digestbot/issues"}}
		}
		done <- found
	}()
	select {
	case found := <-done:
		return found
	case <-ctx.Done():
	}
	select { // what was cut short by the same end may still say how far it got
	case found := <-done:
		return found
	case <-time.After(time.Second):
		return []chat.Finding{{State: chat.Failed, Subject: c.Subject, Text: fmt.Sprintf("the check did not end within %v", Limit), Fix: "look at the network and at the disk, and run this again"}}
	}
}

// Bad reports whether anything failed.
func Bad(found []chat.Finding) bool {
	return slices.ContainsFunc(found, func(f chat.Finding) bool { return f.State == chat.Failed })
}

// Lines are the findings for people: a line for each, and one for what to do.
func Lines(found []chat.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%-4s  %s: %s\n", f.State, line(f.Subject), line(f.Text))
		if f.Fix != "" {
			fmt.Fprintf(&b, "      %s\n", line(f.Fix))
		}
	}
	n := map[chat.State]int{}
	for _, f := range found {
		n[f.State]++
	}
	fmt.Fprintf(&b, "%d ok, %d to look at, %d failed, %d not looked at\n", n[chat.Fine], n[chat.Risky], n[chat.Failed], n[chat.Unseen])
	return b.String()
}

// line is text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// Diary tells the log what is new: what a finding says is told once, and again after it
// was well in between.
type Diary struct {
	Log  *slog.Logger
	told map[string]string // by subject: what was found there
}

// Tell logs what needs people and is new.
func (d *Diary) Tell(found []chat.Finding) {
	now := map[string]string{}
	for _, f := range found {
		if f.State == chat.Risky || f.State == chat.Failed {
			now[f.Subject] += f.Text + "\n"
		}
	}
	for _, f := range found {
		if now[f.Subject] == "" || now[f.Subject] == d.told[f.Subject] || f.State != chat.Risky && f.State != chat.Failed {
			continue
		}
		level := slog.LevelWarn
		if f.State == chat.Failed {
			level = slog.LevelError
		}
		d.Log.Log(context.Background(), level, "doctor: something needs a look", "subject", f.Subject, "problem", line(f.Text), "remedy", line(f.Fix))
	}
	d.told = now
}

// firstLook is how long after the start a bot is looked at: by then its adapters have
// connected and registered their commands.
const firstLook = 30 * time.Second

// Nightly looks soon after the start, and then each night on the clock of a zone, until
// ctx is done.
func Nightly(ctx context.Context, zone func() *time.Location, look func()) {
	for wait := firstLook; retry.Sleep(ctx, wait) == nil; wait = time.Until(Tonight(time.Now(), zone())) {
		look()
	}
}

// The quiet hour is that of the night in which the fewest digests are due and clocks are
// not set; the minute is off the hour, when everybody else asks platforms.
const (
	quietHour   = 4
	quietMinute = 23
)

// Tonight is the next quiet hour on the clock of a zone.
func Tonight(now time.Time, zone *time.Location) time.Time {
	now = now.In(cmp.Or(zone, time.UTC))
	at := time.Date(now.Year(), now.Month(), now.Day(), quietHour, quietMinute, 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, quietHour, quietMinute, 0, 0, now.Location())
	}
	return at
}
