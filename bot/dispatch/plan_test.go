package dispatch_test

import (
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

// hostileTitle is a malicious title of a digest.
const hostileTitle = "@everyone <!channel> \u202e👩‍👩‍👧"

// withoutNews returns a digest of a day without news.
func withoutNews(id string, day int) *digest.Digest {
	d := paper(id, day, 0)
	d.Stories, d.Lead = nil, digest.Text{{Text: "No important developments today. Possible reasons: a holiday."}}
	return d
}

// example returns a digest that ships with the bot.
func example(id string, day int) *digest.Digest {
	d := paper(id, day, 0)
	d.Example = true
	return d
}

// skipped returns the digests that were skipped in a channel and why, the latest planned
// first.
func (b *bench) skipped(c chat.Channel) string {
	b.t.Helper()
	list, err := b.Ledger.List(b.t.Context(), ledger.Query{Channel: c, State: ledger.Skipped})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, x := range list {
		out = append(out, x.Digest+": "+x.Reason)
	}
	return strings.Join(out, "\n")
}

// A channel does not start with a digest of a future day; it becomes due on its day, on the
// clock of the subscription.
func TestDayToCome(t *testing.T) {
	// It is midnight in London, 16:00 of the day before in Los Angeles and 8:00 in
	// Shanghai.
	for _, c := range []struct {
		zone         string
		next, bundle bool
		start, slot  string // posts at once, and after the slot of the next day there
	}{
		{"UTC", false, false, "general:d1", "general:d1 general:d2"},
		{"UTC", true, false, "", "general:d2"},
		{"UTC", false, true, "general:d1", "general:d1 general:d2"},
		{"Asia/Shanghai", false, false, "general:d1", "general:d1 general:d2"},
		{"America/Los_Angeles", false, false, "general:d0", "general:d0 general:d1"},
	} {
		t.Run(fmt.Sprint(c.zone, c.next, c.bundle), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				zone, err := time.LoadLocation(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				far := paper("far", 400, 0)
				b := newBench(t, &platform{}, paper("d0", 0, 0), paper("d1", 1, 0), paper("d2", 2, 0), far)
				spec := subscription.Spec{"zone": c.zone, "schedule": "daily 8:30", "bundle": c.bundle, "style": "full"}
				s, problems := spec.Subscription(subscription.Names{})
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				s.Name, s.Channels, s.StartLatest = "morning", []chat.Channel{general}, !c.next
				b.Subscriptions.Configured = []subscription.Subscription{s}
				b.until(time.Now().Add(time.Minute))
				wantTexts(t, b.platform, c.start)
				now := time.Now().In(zone)
				b.until(time.Date(now.Year(), now.Month(), now.Day()+1, 8, 35, 0, 0, zone))
				wantTexts(t, b.platform, c.slot)
				if got := b.skipped(general); strings.Contains(got, "far") {
					t.Errorf("skipped %q", got)
				}
			})
		})
	}
}

// All digests of the newest day are owed at a start, in the order of slots.
func TestStartsWithAllOfTheNewestDay(t *testing.T) {
	for bundle, want := range map[bool]string{false: "general:c general:b general:a", true: "general:+c+b+a"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, &platform{}, paper("a", 1, 0), paper("b", 1, 0), paper("c", 1, 0), paper("eve", 0, 0))
			b.Subscriptions.Configured[0].Bundle = bundle
			b.until(at(1, 12, 0))
			wantTexts(t, b.platform, want)
			if got, want := b.skipped(general), "eve: older than the subscription"; got != want {
				t.Errorf("skipped %q, want %q", got, want)
			}
			b.restart()
			b.until(at(2, 12, 0))
			wantTexts(t, b.platform, want)
		})
	}
}

// A team does not start with a digest that is too old for a slot, but the local page does.
func TestStartIsFreshExceptOnTheLocalPage(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, c := range []struct {
		local, next bool
		day         int
		want        string
		skipped     string
	}{
		{false, false, -700, "", "farewell: older than max_age when the subscription began"},
		{false, false, -1, "", "farewell: older than max_age when the subscription began"},
		{false, false, 0, "general:farewell", ""},
		{false, true, -700, "", ""},
		{true, false, -700, "general:farewell", ""},
		{true, true, -700, "", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Hour)
			b := newBench(t, &platform{caps: chat.Capabilities{Local: c.local}}, paper("farewell", c.day, 0), paper("older", c.day-1, 0))
			b.Subscriptions.Configured[0].StartLatest = !c.next
			b.Subscriptions.Configured[0].MaxAge = 40 * time.Hour
			b.until(at(1, 8, 0))
			b.until(at(3, 8, 0))
			wantTexts(t, b.platform, c.want)
			if got := b.skipped(general); got != c.skipped {
				t.Errorf("local %t, next %t, day %d: skipped %q, want %q", c.local, c.next, c.day, got, c.skipped)
			}
		})
	}
}

// The examples that ship with the bot are posted only to its own page, by a start and by a
// slot; once changed into a digest of one's own, an example is posted.
func TestExamples(t *testing.T) {
	const reason = "an example digest of digestbot: set library.path to your own digests, or remove example: true"
	synctest.Test(t, func(t *testing.T) {
		p := &doors{}
		b := benchOf(t, p, &p.platform, example("a", 1), paper("own", 0, 0))
		b.Notices.Admin = admins
		b.until(at(1, 8, 0))
		wantTexts(t, &p.platform, "general:own") // the newest that may be posted there
		if got, want := b.skipped(general), "a: "+reason; got != want {
			t.Errorf("skipped %q, want %q", got, want)
		}
		b.add(example("b", 2))
		b.until(at(3, 8, 0))
		if got, want := outcomes(t, b, "morning"), "2 08:30 nothing to post: "+reason+"\n"; !strings.HasPrefix(got, want) {
			t.Errorf("slots:\n%s\nwant\n%s", got, want)
		}
		if got, want := told(&p.platform), "only digestbot's examples came. Set library.path"; strings.Count(got, want) != 1 {
			t.Errorf("told %q, want %q", got, want)
		}
		own := paper("b", 2, 1)
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{own, example("c", 3)}))
		b.until(at(3, 9, 0))
		if got := p.texts(); !strings.Contains(got, "general:b general:b1") || strings.Contains(got, "general:c") {
			t.Errorf("posted %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{caps: chat.Capabilities{Local: true}}, example("a", -30), example("b", -30), example("c", -40))
		b.until(at(1, 8, 0))
		wantTexts(t, b.platform, "general:b general:a")
		b.add(example("d", 2))
		b.until(at(2, 9, 0))
		wantTexts(t, b.platform, "general:b general:a general:d")
	})
}

// A day without news is an outcome of its own: nothing of it is posted, the slot waits for
// another digest as it would for a first one, and channels get a notice if they get notices
// of empty slots.
func TestDayWithoutNews(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const noNews = "There is no news today."
	for name, c := range map[string]struct {
		wants  func(*subscription.Subscription)
		during func(b *bench) // what happens before and in the slot
		want   string         // the posts on the 2nd at 11:00, after start
		slot   string
		after  string // on the 3rd at 11:00
		told   string // notices to the admins until then
	}{
		"silent": {
			func(*subscription.Subscription) {}, func(b *bench) { b.add(withoutNews("q", 2)) },
			"", "no news: “q” has no stories", "", "no digest came",
		},
		"with a notice": {
			func(s *subscription.Subscription) { s.OnEmpty = subscription.NoticeOnEmpty }, func(b *bench) { b.add(withoutNews("q", 2)) },
			"general:" + noNews, "no news: “q” has no stories", "general:There is no digest this time.", "no digest came",
		},
		"that does not wait": {
			func(s *subscription.Subscription) { s.Wait = 0 }, func(b *bench) { b.add(withoutNews("q", 2)) },
			"", "no news: “q” has no stories", "", "no digest came",
		},
		"beside one with news": {
			func(s *subscription.Subscription) { s.Bundle = true }, func(b *bench) { b.add(withoutNews("q", 2), paper("a", 2, 0), paper("z", 2, 0)) },
			"general:+z+a", "posted: ", "", "",
		},
		"before one with news": {
			func(*subscription.Subscription) {}, func(b *bench) {
				b.add(withoutNews("q", 2))
				b.until(at(2, 10, 0))
				b.add(paper("a", 2, 0))
			},
			"general:a", "posted late: a digest came 1h30m0s after the slot opened", "", "",
		},
		"that is corrected in time": {
			func(*subscription.Subscription) {}, func(b *bench) {
				b.add(withoutNews("q", 2))
				b.until(at(2, 10, 0))
				b.put(paper("q", 2, 1))
			},
			"general:q general:q1", "posted late: a digest came 1h30m0s after the slot opened", "", "",
		},
		"that is corrected later": {
			func(*subscription.Subscription) {}, func(b *bench) {
				b.add(withoutNews("q", 2))
				b.until(at(2, 10, 45))
				b.put(paper("q", 2, 1))
			},
			"", "no news: “q” has no stories", "general:q general:q1", "",
		},
		"twice under one name": {
			func(*subscription.Subscription) {}, func(b *bench) {
				b.add(withoutNews("latest", 2))
				b.until(at(2, 10, 45))
				b.put(withoutNews("latest", 3))
			},
			"", "no news: “latest” has no stories", "", "",
		},
		"for two subscriptions": {
			func(s *subscription.Subscription) { s.OnEmpty = subscription.NoticeOnEmpty }, func(b *bench) { b.add(withoutNews("q", 2)) },
			"general:" + noNews, "no news: “q” has no stories", "general:There is no digest this time. general:There is no digest this time.", "no digest came",
		},
		"overtaken by the next slot": {
			func(s *subscription.Subscription) { s.Wait = 36 * time.Hour }, func(b *bench) {
				b.until(at(2, 9, 0)) // the slot of the 1st has ended
				b.add(withoutNews("q", 2))
			},
			"", ": ", "", "posts again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				d := &doors{platform: platform{caps: p.caps}}
				b := benchOf(t, d, &d.platform, paper("start", 1, 0))
				b.Notices.Admin = admins
				c.wants(&b.Subscriptions.Configured[0])
				if name == "for two subscriptions" {
					b.Subscriptions.Configured = append(b.Subscriptions.Configured, b.Subscriptions.Configured[0])
					b.Subscriptions.Configured[1].Name = "second"
				}
				b.until(at(1, 12, 0))
				b.until(at(2, 8, 0))
				d.posts = nil
				c.during(b)
				b.until(at(2, 11, 0))
				wantTexts(t, &d.platform, c.want)
				if got := outcomes(t, b, "morning"); !strings.HasPrefix(got, "2 08:30 "+c.slot+"\n") {
					t.Errorf("slots:\n%s\nwant %s", got, c.slot)
				}
				d.posts = nil
				b.until(at(3, 11, 0))
				var stands []string
				for _, x := range d.posts {
					if x.to != admins {
						stands = append(stands, x.to.ID+":"+x.text)
					}
				}
				if got := strings.Join(stands, " "); got != c.after {
					t.Errorf("on the next day %q was posted, want %q", got, c.after)
				}
				if got, want := outcomes(t, b, "morning"), "\n2 08:30 no news: “q” has no stories\n"; c.slot == ": " && !strings.Contains(got, want) {
					t.Errorf("slots:\n%s\nwant%s", got, want)
				}
				if got := told(&d.platform); (got == "") != (c.told == "") || !strings.Contains(got, c.told) {
					t.Errorf("told %q, want %q", got, c.told)
				}
			})
		})
	}
}

// A start posts the newest day that has news.
func TestStartPassesOverADayWithoutNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, withoutNews("q", 1), paper("a", 0, 0), paper("older", -1, 0))
		b.until(at(1, 11, 0))
		wantTexts(t, b.platform, "general:a")
		if got, want := b.slots(), "1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

// A slot ends as a day without news, with one notice, wherever the process dies.
func TestDeathOnADayWithoutNews(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, after := range []bool{false, true} {
		deaths := 0
		for n := 1; ; n++ {
			died := false
			synctest.Test(t, func(t *testing.T) {
				d := &doors{}
				b := benchOf(t, d, &d.platform, paper("start", 1, 0))
				b.Subscriptions.Configured[0].OnEmpty = subscription.NoticeOnEmpty
				b.Notices.Admin = admins
				b.until(at(2, 8, 0))
				d.posts = nil
				b.add(withoutNews("q", 2))
				subscriptions := b.Subscriptions.Configured
				first := b.process(&dying{b.Ledger, n, after})
				first.Subscriptions.Configured, first.Notices.Admin = subscriptions, admins
				for time.Now().Before(at(2, 10, 40)) {
					if _, err := drive(first); errors.Is(err, errCrash) {
						died = true
						break
					} else if err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Minute)
				}
				b.restart()
				b.until(at(2, 11, 0))
				wantTexts(t, &d.platform, "general:There is no news today.")
				if got, want := outcomes(t, b, "morning"), "2 08:30 no news: “q” has no stories\n"; !strings.HasPrefix(got, want) {
					t.Errorf("slots:\n%s\nwant\n%s", got, want)
				}
			})
			if t.Failed() {
				t.Fatalf("death at change %d, after %v", n, after)
			}
			if !died {
				break
			}
			deaths++
		}
		if deaths < 5 {
			t.Errorf("only %d deaths: the test does not bite", deaths)
		}
	}
}

// A backlog is not posted to a channel that no subscription names any more.
func TestBacklogOfAChannelThatNobodyNames(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const reason = "no subscription names the channel any more"
	right := chat.Channel{Adapter: "p", ID: "right"}
	for name, c := range map[string]struct {
		closed error
		bundle bool
		change func(b *bench)
		want   string // posts when the platform accepts posts again
		left   string // what was skipped in the wrong channel
		slot   string
	}{
		"corrected while the token was bad": {
			revoked, false, func(b *bench) { b.Subscriptions.Configured[0].Channels = []chat.Channel{right} },
			"right:b", "b: " + reason + "\na: " + reason, "withdrawn: " + reason,
		},
		"corrected while the channel was closed": {
			archived, false, func(b *bench) { b.Subscriptions.Configured[0].Channels = []chat.Channel{right} },
			"right:b", "b: " + reason + "\na: " + reason, "withdrawn: " + reason,
		},
		"of a bundle": {
			revoked, true, func(b *bench) { b.Subscriptions.Configured[0].Channels = []chat.Channel{right} },
			"right:b", "b: " + reason + "\na: " + reason + "\na2: " + reason, "withdrawn: " + reason,
		},
		"that another subscription names": {
			revoked, false, func(b *bench) {
				other := b.Subscriptions.Configured[0]
				other.Name, other.StartLatest = "other", false
				b.Subscriptions.Configured[0].Channels = []chat.Channel{right}
				b.Subscriptions.Configured = append(b.Subscriptions.Configured, other)
			},
			"general:a right:b general:b", "", "posted: ",
		},
		"that is the admins' now": {
			revoked, false, func(b *bench) {
				b.Subscriptions.Configured[0].Channels, b.Notices.Admin = []chat.Channel{right}, general
			},
			"right:b", "b: " + reason + "\na: " + reason, "withdrawn: " + reason,
		},
		"in doubt": {
			errors.New("reset"), false, func(b *bench) { b.Subscriptions.Configured[0].Channels = []chat.Channel{right} },
			"right:b general:a", "b: " + reason, "withdrawn: " + reason,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &doors{closed: map[string]error{}, platform: platform{caps: chat.Capabilities{Settle: 5 * time.Hour}}}
				b := benchOf(t, p, &p.platform, paper("start", 1, 0))
				b.Subscriptions.Configured[0].Bundle, b.Notices.Admin = c.bundle, admins
				b.until(at(1, 12, 0))
				p.posts = nil
				p.closed[""] = c.closed
				b.add(paper("a", 2, 0))
				if c.bundle {
					b.add(paper("a2", 2, 0))
				}
				b.until(at(2, 12, 0))
				b.add(paper("b", 3, 0))
				b.until(at(3, 8, 40))
				// A resend by hand is posted, and a notice to admins whose channel has
				// changed is not.
				hand := ledger.NewResend("start", "start", general, "r", "Ada", time.Now())
				if name == "that is the admins' now" {
					if _, err := b.Ledger.Plan(t.Context(), hand); err != nil {
						t.Fatal(err)
					}
				}
				c.change(b)
				b.restart()
				delete(p.closed, "")
				p.posts = nil
				b.until(at(3, 20, 0))
				var stands []string
				for _, x := range p.posts {
					if x.to != admins && x.text != "start" && !strings.Contains(x.text, " ") {
						stands = append(stands, x.to.ID+":"+x.text)
					}
				}
				if got := strings.Join(stands, " "); got != c.want {
					t.Errorf("posted %q, want %q", got, c.want)
				}
				if got := b.skipped(general); got != c.left {
					t.Errorf("skipped %q, want %q", got, c.left)
				}
				if got := outcomes(t, b, "morning"); !strings.HasPrefix(got, "3 08:30 "+c.slot) {
					t.Errorf("slots:\n%s\nwant %s", got, c.slot)
				}
				if name == "that is the admins' now" {
					if got := b.skipped(admins); !strings.Contains(got, reason) {
						t.Errorf("of the notices to the admins before, %q were skipped", got)
					}
					if x, err := b.Ledger.Get(t.Context(), hand.Key); err != nil || x.State != ledger.Sent {
						t.Errorf("what was asked for by hand is %s: %s, %v", x.State, x.Reason, err)
					}
				}
			})
		})
	}
}

// A subscription that this version cannot read still names its channel.
func TestBacklogOfASubscriptionThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		b := newBench(t, p, paper("a", 1, 0))
		b.Subscriptions.Configured = nil
		x := ledger.NewDelivery("a", hostileTitle, team, time.Now())
		x.Cause, x.Subscription = ledger.ForSlot, "noon@p.home"
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if err := b.Ledger.Store(t.Context(), ledger.Stored{Name: "noon@p.home", Channel: team, At: time.Now(), Settings: `{"style": "of the future"}`}); err != nil {
			t.Fatal(err)
		}
		if err := b.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.until(at(1, 1, 0))
		wantTexts(t, p, "team:a")
		if _, err := b.Ledger.Drop(t.Context(), "noon@p.home"); err != nil {
			t.Fatal(err)
		}
		x = ledger.NewResend("a", hostileTitle, team, "r", "Ada", time.Now())
		x.Cause = ledger.ForSlot
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if err := b.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.until(at(1, 2, 0))
		wantTexts(t, p, "team:a")
	})
}

// The admins get one notice about a stored subscription that this version cannot read, such
// as one with an ambiguous schedule.
func TestNotUnderstoodIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		b := newBench(t, p, paper("a", 1, 1))
		b.Subscriptions.Configured, b.Notices.Admin = nil, chat.Channel{Adapter: "p", ID: "admins"}
		team := chat.Channel{Adapter: "p", ID: "team"}
		if err := b.Ledger.Store(t.Context(), ledger.Stored{Name: "noon@p.home", Channel: team, At: time.Now(), Settings: `{"schedule": "Monday 9am Friday @everyone"}`}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := b.Subscriptions.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.until(time.Now().Add(time.Hour))
		}
		told, err := b.Ledger.List(t.Context(), ledger.Query{Channel: b.Notices.Admin})
		if err != nil || len(told) != 1 || !strings.Contains(told[0].Title, "“noon@p.home” posts nothing: the bot no longer understands “Monday 9am Friday @everyone” as its setting schedule") {
			t.Errorf("the admins were told %+v, %v", told, err)
		}
	})
}

// The files of an archive without dates may all have the date of its copy: only the highest
// number is new at a start, and none is later.
func TestArchiveWithTheDayOfItsCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		archive := func(day, last int) (digests []*digest.Digest) {
			for i := 1; i <= last; i++ {
				d := paper(fmt.Sprintf("issue-%d", i), day, 1)
				d.Guessed = true
				digests = append(digests, d)
			}
			return digests
		}
		p := &platform{}
		b := newBench(t, p, archive(1, 12)...)
		b.until(at(1, 12, 0))
		wantTexts(t, p, "general:issue-12 general:issue-121")
		// The folder is copied again: its files have today's date again.
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll(archive(9, 12)))
		b.until(at(9, 12, 0))
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll(archive(10, 14)))
		b.until(at(10, 12, 0))
		wantTexts(t, p, "general:issue-12 general:issue-121 general:issue-13 general:issue-131 general:issue-14 general:issue-141")
	})
}
