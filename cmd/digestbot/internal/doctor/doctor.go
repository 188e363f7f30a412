// Package doctor finds problems that keep digests from being delivered. For each check it
// says what it found and how to fix it: configuration, state, library, clocks, platforms,
// the running serve. It posts nothing, changes nothing, and does not open adapters or
// libraries itself.
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

// Check is one check, which may have several findings.
type Check struct {
	Subject string // of the finding, if the check does not end
	Look    func(context.Context) []chat.Finding
}

// Limit is the time limit of a check.
const Limit = 20 * time.Second

// Run runs all checks concurrently and returns their findings in the order of the checks. A
// check that exceeds the limit or panics becomes a finding itself.
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
	select { // a check cut short by the same deadline may still return partial findings
	case found := <-done:
		return found
	case <-time.After(time.Second):
		return []chat.Finding{{State: chat.Failed, Subject: c.Subject, Text: fmt.Sprintf("the check did not end within %v", Limit), Fix: "check the network and the disk, and run this again"}}
	}
}

// Bad reports whether anything failed.
func Bad(found []chat.Finding) bool {
	return slices.ContainsFunc(found, func(f chat.Finding) bool { return f.State == chat.Failed })
}

// Lines formats findings for people: a line for each, and one for its fix.
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
	fmt.Fprintf(&b, "%d ok, %d warn, %d fail, %d skip\n", n[chat.Fine], n[chat.Risky], n[chat.Failed], n[chat.Unseen])
	return b.String()
}

// line returns text on one line.
func line(text string) string { return strings.Join(strings.Fields(text), " ") }

// Diary logs new findings: each one once, and again only if it disappeared in between.
type Diary struct {
	Log  *slog.Logger
	told map[string]string // by subject: the findings
}

// Tell logs findings that need people and are new.
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

// firstLook is the delay from the start to the first check: by then adapters have connected
// and registered their commands.
const firstLook = 30 * time.Second

// Nightly calls look soon after the start, and then each night in a time zone, until ctx is
// done.
func Nightly(ctx context.Context, zone func() *time.Location, look func()) {
	for wait := firstLook; retry.Sleep(ctx, wait) == nil; wait = time.Until(Tonight(time.Now(), zone())) {
		look()
	}
}

// The quiet hour is the hour of the night in which the fewest digests are due and clocks do
// not change. The minute is off the hour, when most other programs send requests.
const (
	quietHour   = 4
	quietMinute = 23
)

// Tonight returns the next quiet hour in a time zone.
func Tonight(now time.Time, zone *time.Location) time.Time {
	now = now.In(cmp.Or(zone, time.UTC))
	at := time.Date(now.Year(), now.Month(), now.Day(), quietHour, quietMinute, 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, quietHour, quietMinute, 0, 0, now.Location())
	}
	return at
}
