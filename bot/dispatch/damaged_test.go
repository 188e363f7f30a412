package dispatch_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// TestDamagedRows: an inconsistent row of the ledger is held with a reason, or ends, and
// never repeats a post; other deliveries are made.
func TestDamagedRows(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, c := range map[string]struct {
		harm   string // SQL; the delivery's key is 'x'
		state  ledger.State
		reason string
		posts  string // in the channel of the delivery
	}{
		"sending without parts": {
			`DELETE FROM payloads; DELETE FROM parts WHERE key LIKE $1; UPDATE deliveries SET state = 'sending' WHERE key = $2`,
			ledger.Held, "it is sending, but none of its parts is", "",
		},
		"in doubt without parts": {
			`DELETE FROM payloads; DELETE FROM parts WHERE key LIKE $1; UPDATE deliveries SET state = 'in doubt' WHERE key = $2`,
			ledger.Held, "it is in doubt, but none of its parts is", "",
		},
		"sending, all parts sent": {
			`UPDATE parts SET state = 'sent' WHERE key LIKE $1; UPDATE deliveries SET state = 'sending' WHERE key = $2`,
			ledger.Held, "it is sending, but none of its parts is", "",
		},
		"in doubt, all parts sent": {
			`UPDATE parts SET state = 'sent' WHERE key LIKE $1; UPDATE deliveries SET state = 'in doubt' WHERE key = $2`,
			ledger.Held, "it is in doubt, but none of its parts is", "",
		},
		"corrected, all parts sent": {
			`UPDATE parts SET state = 'sent' WHERE key LIKE $1; UPDATE deliveries SET state = 'sending', since = 1 WHERE key = $2`,
			ledger.Sent, "what it should say is posted anew with /digest resend", "",
		},
		"planned, all parts sent": {
			`UPDATE parts SET state = 'sent' WHERE key LIKE $1`,
			ledger.Held, "all of its parts are done, but it has not ended", "",
		},
		"in doubt, part planned": {
			`UPDATE deliveries SET state = 'in doubt' WHERE key = $2`,
			ledger.Held, "it is in doubt, but its part 1 is planned", "",
		},
		"planned, part sending": {
			`UPDATE parts SET state = 'sending' WHERE key LIKE $1 AND number = 1`,
			ledger.Held, "it is planned, but its part 1 is sending", "",
		},
		"in doubt, nobody knows since when": {
			`UPDATE parts SET state = 'in doubt' WHERE key LIKE $1 AND number = 1; UPDATE deliveries SET state = 'in doubt' WHERE key = $2`,
			ledger.Held, "it is in doubt, but nobody noted since when", "",
		},
		"state of no name": {
			`UPDATE deliveries SET state = 'sendign' WHERE key = $2`,
			ledger.Held, `its state is "sendign", which is none`, "",
		},
		"state of a part of no name": {
			`UPDATE parts SET state = 'snet' WHERE key LIKE $1 AND number = 1`,
			ledger.Held, `the state of its part 1 is "snet", which is none`, "",
		},
		"part lost": {
			`DELETE FROM payloads WHERE number = 1 AND delivery = (SELECT seq FROM deliveries WHERE key = $2); DELETE FROM parts WHERE key LIKE $1 AND number = 1`,
			ledger.Held, "its part 1 is missing", "",
		},
		"part of a number beyond": {
			`PRAGMA foreign_keys = off; UPDATE parts SET number = 7, key = $2 || '-7' WHERE key LIKE $1 AND number = 2`,
			ledger.Held, "its part 2 is missing", "",
		},
		"text lost": {
			`DELETE FROM payloads WHERE number = 1 AND delivery = (SELECT seq FROM deliveries WHERE key = $2)`,
			ledger.Held, "the text of its part 1 is missing", "",
		},
		"all parts lost": {
			`DELETE FROM payloads; DELETE FROM parts WHERE key LIKE $1; UPDATE deliveries SET said = '[{"digest":"x","text":"y"}]' WHERE key = $2`,
			ledger.Held, "its parts are missing", "",
		},
		"no channel": {
			`UPDATE deliveries SET channel = '' WHERE key = $2`,
			ledger.Held, "it names no channel", "",
		},
		"no adapter": {
			`UPDATE deliveries SET adapter = '' WHERE key = $2`,
			ledger.Held, "it names no channel", "",
		},
		"waiting, but ended": {
			`UPDATE deliveries SET ended = 1 WHERE key = $2`,
			ledger.Held, "it is planned, but it has ended", "",
		},
		"ended, nobody knows when": {
			`UPDATE deliveries SET state = 'failed', reason = 'too big' WHERE key = $2`,
			ledger.Failed, "too big", "",
		},
		"sent, nobody knows when": {
			`UPDATE parts SET state = 'sent' WHERE key LIKE $1; UPDATE deliveries SET state = 'sent' WHERE key = $2`,
			ledger.Sent, "", "",
		},
		"next attempt in a hundred years": {
			`UPDATE deliveries SET next = 4102444800000000000 WHERE key = $2`,
			ledger.Sent, "", "1 2",
		},
		"what it said is no JSON": {
			`UPDATE deliveries SET said = '[{' WHERE key = $2`,
			ledger.Sent, "", "1 2",
		},
		"decisions are no JSON": {
			`UPDATE deliveries SET decisions = '{}' WHERE key = $2`,
			ledger.Sent, "", "1 2",
		},
		"its digest is gone and nothing is frozen": {
			`DELETE FROM payloads WHERE delivery = (SELECT seq FROM deliveries WHERE key = $2); DELETE FROM parts WHERE key LIKE $1`,
			ledger.Skipped, "the digest is no longer in the library", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{}
				b := newBench(t, p)
				b.Notices.Admin = admins
				x := ledger.NewResend("x", "x", general, "x", "Ada", time.Now())
				y := ledger.NewResend("y", "y", chat.Channel{Adapter: "p", ID: "other"}, "y", "Ada", time.Now())
				for _, d := range []*ledger.Delivery{&x, &y} {
					if err := d.Freeze([]chat.Payload{chat.Payload("1"), chat.Payload("2")}); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := b.Ledger.Plan(t.Context(), x, y); err != nil {
					t.Fatal(err)
				}
				b.close()
				tamper(t, b.file, strings.NewReplacer("$1", "'"+string(x.Key)+"-%'", "$2", "'"+string(x.Key)+"'").Replace(
					strings.ReplaceAll(c.harm, "DELETE FROM payloads;", "DELETE FROM payloads WHERE delivery = (SELECT seq FROM deliveries WHERE key = $2);")))
				b.open()
				b.Notices.Admin = admins
				b.until(at(1, 12, 0))
				for channel, want := range map[string]string{"general": c.posts, "other": "1 2"} {
					var posts []string
					for _, x := range p.posts {
						if x.to.ID == channel {
							posts = append(posts, x.text)
						}
					}
					if got := strings.Join(posts, " "); got != want {
						t.Errorf("posted %q to %s, want %q", got, channel, want)
					}
				}
				got, err := b.Ledger.Get(t.Context(), x.Key)
				if err != nil || got.State != c.state || !strings.Contains(got.Reason, c.reason) || got.Ended.IsZero() {
					t.Errorf("it is %s: %s, ended %v, %v; want %s: %s", got.State, got.Reason, got.Ended, err, c.state, c.reason)
				}
				if c.state != ledger.Held {
					return
				}
				if got := notices(t, b, admins); strings.Count(got, "is held: the ledger is damaged: ") != 1 {
					t.Errorf("the admins are told %q", got)
				}
				// An admin can end it in any case, and release it if that is possible.
				switch err := got.Release("Ada", time.Now()); {
				case err == nil:
					if err := b.Ledger.Save(t.Context(), &got); err != nil {
						t.Fatal(err)
					}
					b.until(at(1, 13, 0))
				case !strings.Contains(err.Error(), "forget it and post the digest with /digest resend"):
					t.Errorf("released: %v", err)
				}
				got, err = b.Ledger.Get(t.Context(), x.Key)
				if err != nil || !got.State.Ended() {
					t.Errorf("released it is %s: %s, %v", got.State, got.Reason, err)
				}
				if got.State == ledger.Held {
					if err := got.Forget("Ada", time.Now()); err != nil || b.Ledger.Save(t.Context(), &got) != nil {
						t.Errorf("it cannot be forgotten: %v", err)
					}
				}
			})
		})
	}
}

var errRefused = errors.New("no such channel")

// notices returns the notices in a channel.
func notices(t *testing.T, b *bench, c chat.Channel) string {
	t.Helper()
	all, err := b.Ledger.List(t.Context(), ledger.Query{Channel: c, State: ledger.Sent})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range all {
		out = append(out, x.Title)
	}
	return strings.Join(out, "\n")
}

// tamper changes the file of a closed ledger.
func tamper(t *testing.T, file, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedSlots: an inconsistent slot ends, and its digests are planned.
func TestDamagedSlots(t *testing.T) {
	for name, c := range map[string]struct{ harm, want string }{
		"outcome of no name": {`UPDATE slots SET outcome = 'psoted', closed = NULL`, "2 08:30 psoted: "},
		"no end of waiting":  {`UPDATE slots SET outcome = '', until = NULL, closed = NULL`, "2 08:30 posted late: a digest came 30m0s after the slot opened"},
		"what it belongs to is lost": {`UPDATE deliveries SET state = 'bundled', bundle = 'nothing', since = NULL; UPDATE slots SET outcome = 'posting', closed = NULL`,
			"2 08:30 failed: 0 of 1 posted; p:general: the ledger is damaged, what it was posted with is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, &platform{}, paper("start", 1, 0))
				b.Subscriptions.Configured[0].StartLatest = false
				b.until(at(2, 8, 0))
				b.add(paper("a", 2, 0))
				b.until(at(2, 9, 0))
				b.close()
				tamper(t, b.file, c.harm)
				b.open()
				b.Subscriptions.Configured[0].StartLatest = false
				b.until(at(2, 10, 0))
				if got, _, _ := strings.Cut(outcomes(t, b, "morning"), "\n"); got != c.want {
					t.Errorf("the slot ended %q, want %q", got, c.want)
				}
				b.add(paper("b", 3, 0))
				b.until(at(3, 9, 0))
				if got := b.platform.texts(); !strings.HasSuffix(got, "general:b") {
					t.Errorf("there stands %s, want b too", got)
				}
			})
		})
	}
}

// TestLostAdapter: if config.toml no longer has the adapter or the channel of a
// subscription that was made in chat, its slots fail with that reason, until it is back.
func TestLostAdapter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		b := newBench(t, p, paper("start", 1, 0))
		b.Notices.Admin, b.Subscriptions.Configured = admins, nil
		b.subscribe(subscription.Spec{"schedule": "daily 12:00", "wait": "1h"})
		b.until(at(1, 13, 0))
		wantTexts(t, p, "team:start")
		if lost := b.Lost(); len(lost) != 0 {
			t.Errorf("lost %+v", lost)
		}
		const noon = "noon@p.home"

		again := func(adapters map[string]chat.Adapter, check func(chat.Channel) error) {
			t.Helper()
			b.Dispatcher = b.process(b.Ledger)
			b.Subscriptions.Configured, b.Notices.Admin, b.Platforms.Adapters, b.Platforms.CheckChannel = nil, chat.Channel{Adapter: "q", ID: "admins"}, adapters, check
			if err := b.Subscriptions.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		q := &platform{}
		again(map[string]chat.Adapter{"q": q}, nil)
		const want = `there is no adapter "p": add [adapters.p] to config.toml`
		if lost := b.Lost(); len(lost) != 1 || lost[0].Subscription.Name != noon || lost[0].Channel != team || lost[0].Err.Error() != want {
			t.Errorf("lost %+v", lost)
		}
		if got := b.Off(team); got != want {
			t.Errorf("off: %s", got)
		}
		b.add(paper("a", 2, 0))
		b.until(at(2, 13, 0))
		if got, want := outcomes(t, b, noon), "2 12:00 failed: 0 of 1 posted; p:team: "+want; !strings.HasPrefix(got, want) {
			t.Errorf("slots:\n%s\nwant\n%s", got, want)
		}
		if got := notices(t, b, b.Notices.Admin); !strings.Contains(got, "config.toml has no adapter “p”; add [adapters.p].") {
			t.Errorf("the admins are told %q", got)
		}
		if _, err := b.Resender.Preview(t.Context(), b.Subscriptions.All()[0], team, digest.Keep(paper("a", 2, 0))); err == nil {
			t.Error("a preview for no adapter")
		}

		none := func(chat.Channel) error { return errRefused }
		again(map[string]chat.Adapter{"p": p, "q": q}, none)
		b.add(paper("b", 3, 0))
		b.until(at(3, 13, 0))
		if got := outcomes(t, b, noon); !strings.HasPrefix(got, "3 12:00 failed: 0 of 1 posted; p:team: "+errRefused.Error()) {
			t.Errorf("slots:\n%s", got)
		}

		again(map[string]chat.Adapter{"p": p, "q": q}, nil)
		b.add(paper("c", 4, 0))
		b.until(at(4, 13, 0))
		wantTexts(t, p, "team:start team:c")
		if got := outcomes(t, b, noon); !strings.HasPrefix(got, "4 12:00 posted: ") || len(b.Lost()) != 0 {
			t.Errorf("slots:\n%s", got)
		}
	})
}

// homes is a platform whose account is in several homes: the channel team is in the home
// "home", all others are in "elsewhere".
type homes struct {
	letters
	unknown bool
}

func (h *homes) Home(_ context.Context, c chat.Channel) (string, error) {
	switch {
	case h.unknown:
		return "", errors.New("the platform does not answer")
	case c == team:
		return "home", nil
	default:
		return "elsewhere", nil
	}
}

// TestLostHome: if the adapter no longer serves a home, the slots of subscriptions made
// there fail with that reason, and its people get no direct messages; subscriptions from
// config.toml continue. Everything continues when the home is served again.
func TestLostHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &homes{letters: letters{doors{closed: map[string]error{}}}}
		b := benchOf(t, p, &p.platform, paper("start", 1, 0))
		named := b.Subscriptions.Configured
		b.Notices.Admin, b.Subscriptions.Configured = admins, nil
		b.subscribe(subscription.Spec{"schedule": "daily 12:00", "wait": "1h"})
		for user, c := range map[string]chat.Channel{"7": team, "8": general} {
			if _, err := b.Ledger.Follow(t.Context(), ledger.Follow{Channel: c, User: user, Tag: "AI", At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		again := func(only string, configured []subscription.Subscription) {
			t.Helper()
			b.Dispatcher = b.process(b.Ledger)
			b.Subscriptions.Configured, b.Notices.Admin = configured, admins
			b.Platforms.CheckHome = func(_ chat.Channel, home string) error {
				if only != "" && home != only {
					return errRefused
				}
				return nil
			}
			if err := b.Subscriptions.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		about := func(name string, day int) {
			d := paper(name, day, 0)
			d.Tags = []string{"AI"}
			b.add(d)
			b.until(at(day, 13, 0))
		}
		const noon = "noon@p.home"

		again("home", nil)
		about("a", 2)
		if got := p.texts(); !strings.Contains(got, "team:a") || !strings.Contains(got, "@7:") || len(b.Lost()) != 0 {
			t.Errorf("its own home: there stands %s", got)
		}

		again("another", nil)
		about("b", 3)
		if got := outcomes(t, b, noon); !strings.HasPrefix(got, "3 12:00 failed: 0 of 1 posted; p:team: "+errRefused.Error()) {
			t.Errorf("slots:\n%s", got)
		}
		if lost := b.Lost(); len(lost) != 1 || lost[0].Subscription.Name != noon || lost[0].Channel != team || !errors.Is(lost[0].Err, errRefused) {
			t.Errorf("lost %+v", lost)
		}
		if got := b.Off(team); got != errRefused.Error() {
			t.Errorf("off: %s", got)
		}
		if _, err := b.Resender.Preview(t.Context(), b.Subscriptions.All()[0], team, digest.Keep(paper("b", 3, 0))); !errors.Is(err, errRefused) {
			t.Errorf("a preview: %v", err)
		}
		if got := p.texts(); strings.Contains(got, "team:b") || strings.Count(got, "@7:") != 1 {
			t.Errorf("another home: there stands %s", got)
		}

		for i, unknown := range []bool{false, true} {
			p.unknown = unknown
			again("another", named) // which names general
			about(fmt.Sprint("c", i), 4+i)
			if got := p.texts(); !strings.Contains(got, fmt.Sprint("general:c", i)) || strings.Contains(got, "@8:") || strings.Contains(got, "team:c") {
				t.Errorf("what config.toml names: there stands %s", got)
			}
		}

		again("", nil)
		about("d", 6)
		if got := p.texts(); !strings.Contains(got, "team:d") || strings.Count(got, "@7:") != 2 || len(b.Lost()) != 0 {
			t.Errorf("every home: there stands %s", got)
		}
	})
}
