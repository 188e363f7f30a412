package dispatch_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// issue returns a digest of a day with stories that have pages; "one!" has the page of
// "one".
func issue(id, title string, day int, headlines ...string) *digest.Digest {
	d := with(paper(id, day, 0), headlines...)
	d.Title = title
	for i := range d.Stories {
		d.Stories[i].Sources = []digest.Source{{URL: "https://example.org/" + strings.TrimRight(headlines[i], "!")}}
	}
	return d
}

// as returns a digest under another ID.
func as(id string, d *digest.Digest) *digest.Digest {
	moved := *d
	moved.ID = id
	return &moved
}

// have sets the library to these digests.
func (b *bench) have(d ...*digest.Digest) { b.library = digest.Rules{}.NewLibrary(digest.KeepAll(d)) }

// of returns the states of the deliveries of a digest, the latest planned first.
func (b *bench) of(id string) string {
	b.t.Helper()
	list, err := b.Ledger.List(context.Background(), ledger.Query{Digest: id, Limit: -1})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, x := range list {
		out = append(out, x.Channel.ID+" "+string(x.State))
	}
	return strings.Join(out, ", ")
}

const (
	wide   = "300 characters: " // and many more
	ping   = "@everyone <!channel> `\"'"
	family = "👩‍👩‍👧‍👦"
	hebrew = "שלום \u202e עולם"
)

// A digest that was posted is not posted again, wherever its file is moved and whether or
// not the bot is running, and its deliveries follow it.
func TestMovedDigestIsNotPostedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	one := issue("2000-01-02-tech", "Tech", 2, wide+strings.Repeat("x", 280), ping, family, hebrew)
	onlyText := paper("2000-01-02-tech", 2, 0)
	onlyText.Lead = digest.Text{{Text: "All is quiet " + ping}}
	later := as("2000-01-03-tech", one)
	later.Date = at(3, 0, 0)
	for _, c := range []struct {
		name          string
		before, after *digest.Digest
	}{
		{"renamed", one, as("tech", one)},
		{"moved to a folder", one, as("archive/2000/2000-01-02-tech", one)},
		{"moved to the folder of a language", one, as("en/2000-01-02-tech", one)},
		{"without stories", onlyText, as("quiet", onlyText)},
		{"the day in the name was wrong", one, later},
	} {
		for _, stopped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stopped %t", c.name, stopped), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := paper("start", 1, 0)
					p := newPress()
					b := p.bench(t, start)
					b.until(at(1, 12, 0))
					b.have(start, c.before)
					b.until(at(2, 12, 0))
					posts, seen := p.texts(), b.seen(c.before.ID)
					if b.of(c.before.ID) != "general sent" {
						t.Fatalf("posted %q", posts)
					}
					b.have(start, c.after)
					if stopped {
						b.restart()
					}
					b.until(at(4, 12, 0))
					wantTexts(t, &p.platform, posts)
					wantDeeds(t, p, "")
					if got := b.of(c.after.ID) + "; " + b.of(c.before.ID); got != "general sent; " {
						t.Errorf("the deliveries under the new and the old ID are %q", got)
					}
					if got := b.seen(c.after.ID); !got.Equal(seen) {
						t.Errorf("it came at %s under the new name, want %s", got, seen)
					}
				})
			})
		}
	}
}

func (b *bench) seen(id string) time.Time {
	seen, err := b.Ledger.Seen(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen[id]
}

// A different digest is posted, however similar to one that has gone.
func TestAnotherDigestIsNoMove(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	tech := issue("tech", "Tech", 2, "a", "b", "c", "d", "e")
	lang := func(l string, d *digest.Digest) *digest.Digest { d.Language = l; return d }
	heads := func(id, page string) *digest.Digest {
		d := issue(id, "Daily", 2, "AI", "Cloud", "Security")
		for i := range d.Stories {
			d.Stories[i].Sources[0].URL = fmt.Sprint("https://example.org/", page, i)
		}
		return d
	}
	bare := func(id, lead string) *digest.Digest {
		d := with(paper(id, 2, 0), "News", "News")
		d.Title, d.Lead = "Daily", digest.Text{{Text: lead}}
		return d
	}
	for _, c := range []struct {
		name        string
		gone, other *digest.Digest
	}{
		{"of another day", tech, issue("tech-3", "Tech", 3, "a", "b", "c", "d", "f")},
		{"with a story or two in common", tech, issue("cloud", "Cloud", 2, "a", "b", "x", "y", "z")},
		{"under the same title", tech, issue("tech-evening", "Tech", 2, "a", "b", "x", "y", "z")},
		{"of a series", issue("issue-12", "Issue 12", 2, "Sponsor", "a", "b"), issue("issue-13", "Issue 13", 2, "Sponsor", "x", "y")},
		{"in another language", lang("en", issue("x", "AI", 2, "GPT-5", "Go 1.26")), lang("zh", issue("y", "AI", 2, "GPT-5", "Go 1.26"))},
		{"named as another language", issue("x-en", "AI", 2, "GPT-5", "Go 1.26"), issue("x-zh", "AI", 2, "GPT-5", "Go 1.26")},
		{"under the headings of always", heads("a", "one"), heads("b", "two")},
		{"under the one heading of always", bare("a", "one"), bare("b", "two")},
		{"with the same page under the one heading of always", issue("a", "A", 2, "News", "x"), issue("b", "B", 2, "News", "y")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := paper("start", 1, 0)
				p := newPress()
				b := p.bench(t, start)
				b.until(at(1, 12, 0))
				b.have(start, c.gone)
				b.until(at(2, 12, 0))
				b.have(start, c.other)
				b.until(at(3, 12, 0))
				if got := b.of(c.gone.ID) + ", " + b.of(c.other.ID); got != "general sent, general sent" {
					t.Errorf("deliveries %q, want one of each", got)
				}
			})
		})
	}
}

// A file that is edited while it is moved is corrected in place.
func TestMovedAndEdited(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, stopped := range []bool{false, true} {
		for _, three := range []bool{false, true} {
			t.Run(fmt.Sprintf("stopped %t, three stories %t", stopped, three), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start, before := paper("start", 1, 0), []string{"one", "two", "three", "four"}
					if three {
						before = before[:3]
					}
					after := slices.Clone(before)
					after[0] = "one!"
					after = append(after, "new")
					p := newPress()
					b := p.bench(t, start)
					b.until(at(1, 12, 0))
					b.have(start, issue("tech", "Tech", 2, before...))
					b.until(at(2, 12, 0))
					moved := issue("archive/tech", "Tech", 2, after...)
					moved.Stories[1].Summary = digest.Text{{Text: "Put into other words."}}
					b.have(start, moved)
					if stopped {
						b.restart()
					}
					b.until(at(3, 12, 0))
					want := "general:start general:Tech* general:one! general:two"
					for _, h := range after[2:] {
						want += " general:" + h
					}
					wantTexts(t, &p.platform, want)
					if got := b.of("archive/tech"); got != "general sent" {
						t.Errorf("deliveries %q", got)
					}
				})
			})
		}
	}
}

// Pipelines rewrite latest.md, and keep its previous content in an archive, before or after
// that.
func TestLatestIsRotated(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	const days = 5
	for _, order := range []string{"archive first", "latest first", "at once", "stopped"} {
		t.Run(order, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				of := func(id string, day int) *digest.Digest {
					return issue(id, "Daily", day, fmt.Sprint(day, "a"), fmt.Sprint(day, "b"), fmt.Sprint(day, "c"), fmt.Sprint(day%2, "d"))
				}
				latest := of("latest", 1)
				b := p.bench(t, latest)
				want := "general:Daily general:1a general:1b general:1c general:1d"
				b.until(at(1, 12, 0))
				var archive []*digest.Digest
				for day := 2; day <= days; day++ {
					kept := as(fmt.Sprint("archive/2000-01-", day-1), latest)
					b.until(at(day, 7, 0))
					if order == "archive first" {
						b.have(append(archive, kept, latest)...)
						b.until(at(day, 7, 1))
					}
					latest = of("latest", day)
					if order == "latest first" {
						b.have(append(archive, latest)...)
						b.until(at(day, 7, 2))
					}
					archive = append(archive, kept)
					b.have(append(archive, latest)...)
					if order == "stopped" {
						b.restart()
					}
					b.until(at(day, 12, 0))
					want += fmt.Sprintf(" general:Daily general:%da general:%db general:%dc general:%dd", day, day, day, day%2)
					wantTexts(t, &p.platform, want)
				}
				wantDeeds(t, p, "")
				for day := 1; day < days; day++ {
					if got := b.of(fmt.Sprint("archive/2000-01-", day)); got != "general sent" {
						t.Errorf("of the archive's file of day %d are %q", day, got)
					}
				}
				if got := b.of("latest"); got != "general sent" {
					t.Errorf("of latest are %q", got)
				}
			})
		})
	}
}

// The evening edition takes the name of the morning edition, which is kept elsewhere, and
// has a story of it.
func TestEditionsOfOneDay(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprintf("stopped %t", stopped), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				morning := issue("latest", "Daily", 1, "one", "two", "three")
				b := p.bench(t, morning)
				b.until(at(1, 9, 0))
				b.have(as("archive/morning", morning), issue("latest", "Daily", 1, "three", "four", "five"))
				if stopped {
					b.restart()
				}
				b.until(at(2, 12, 0))
				wantTexts(t, &p.platform, "general:Daily general:one general:two general:three general:Daily general:three general:four general:five")
				wantDeeds(t, p, "")
			})
		})
	}
}

// A copy beside its original is the same digest, also after the original is deleted.
func TestCopiesArePostedOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	one := issue("2000-01-02-tech", "Tech", 2, "one", "two", "three")
	const once = "general:start general:Tech general:one general:two general:three"
	for _, id := range []string{"2000-01-02-tech 2", "2000-01-02-tech (1)", "other/2000-01-02-tech", "2000-01-02-tech.sync-conflict-20000102-083000-ABCDEFG",
		"2000-01-02-tech (Ada's conflicted copy 2000-01-02)", "2000-01-02-tech 副本", "a"} {
		copied := as(id, one)
		if id != "a" {
			copied.Stories = slices.Clone(one.Stories)
			copied.Stories[2].Summary = digest.Text{{Text: "Edited."}}
		}
		for _, lands := range []time.Time{at(2, 8, 0), at(2, 9, 0), at(3, 8, 0)} {
			t.Run(id+" lands at "+lands.Format("2T15:04"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := paper("start", 1, 0)
					p := newPress()
					b := p.bench(t, start)
					b.Subscriptions.Configured[0].Corrections = 0
					b.until(at(1, 12, 0))
					b.have(start, one)
					b.until(lands)
					b.have(start, copied, one)
					b.until(at(3, 12, 0))
					wantTexts(t, &p.platform, once)
					b.have(start, copied)
					b.until(at(3, 13, 0))
					b.restart()
					b.until(at(4, 12, 0))
					wantTexts(t, &p.platform, once)
					b.have(start, one) // and back
					b.until(at(5, 12, 0))
					wantTexts(t, &p.platform, once)
				})
			})
		}
	}
}

// From A to B and back to A, and then another digest under the name B.
func TestMovedThereAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		a := issue("a", "Tech", 1, "one", "two")
		b := p.bench(t, a)
		b.until(at(1, 12, 0))
		for i := range 3 {
			b.have(as("b", a))
			b.until(at(1, 13+2*i, 0))
			b.have(a)
			b.until(at(1, 14+2*i, 0))
		}
		const once = "general:Tech general:one general:two"
		wantTexts(t, &p.platform, once)
		b.have(as("b", a))
		b.until(at(2, 7, 0))
		b.have(as("b", a), issue("a", "Tech", 2, "three")) // takes a name that was used before
		b.until(at(2, 12, 0))
		wantTexts(t, &p.platform, once+" general:Tech general:three")
		b.have(as("c", issue("", "Tech", 2, "three")), issue("a", "Tech", 3, "four"), as("b", a))
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, once+" general:Tech general:three general:Tech general:four")
		if got := b.of("a") + "; " + b.of("b") + "; " + b.of("c"); got != "general sent; general sent; general sent" {
			t.Errorf("deliveries %q", got)
		}
	})
}

// In a bundle, too, the keys of moved digests are not mistaken for those of the digests
// that now have their names.
func TestBundleUnderUsedNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		a1, b1 := issue("a", "A", 1, "one"), issue("b", "B", 1, "two")
		b := p.bench(t, a1, b1)
		b.Subscriptions.Configured[0].Bundle, b.Subscriptions.Configured[0].StartLatest = true, false
		b.until(at(1, 12, 0))
		a2, b2 := issue("a", "A", 2, "three"), issue("b", "B", 2, "four")
		old := []*digest.Digest{as("old/a", a1), as("old/b", b1)}
		b.have(append(old, a2, b2)...)
		b.until(at(2, 12, 0))
		if got := p.texts(); !strings.HasPrefix(got, "general:+") || !strings.HasSuffix(got, " general:four general:three") {
			t.Fatalf("posted %q, want one post of both", got)
		}
		posts := p.texts()
		b.have(append(old, as("old/a2", a2), as("old/b2", b2))...)
		b.until(at(2, 13, 0))
		b.restart()
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, posts)
		if got := b.of("old/a2") + "; " + b.of("old/b2") + "; " + b.of("old/a"); got != "general bundled; general sent; general skipped" {
			t.Errorf("deliveries %q", got)
		}
	})
}

// A delivery in progress when its file is moved continues, and is posted once.
func TestMovedWhileUnderWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	one := issue("a", "Tech", 2, "one", "two", "three")
	const once = "general:start general:Tech general:one general:two general:three"
	for name, fate := range map[string]func(attempt int) (bool, error){
		"in doubt, and there":     func(n int) (bool, error) { return true, failFor(n == 3, errors.New("connection reset")) },
		"in doubt, and not there": func(n int) (bool, error) { return n != 3, failFor(n == 3, errors.New("connection reset")) },
		"retried": func(n int) (bool, error) {
			return n != 3, failFor(n == 3, &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Hour, Err: errors.New("slow down")})
		},
		"before anything was composed": func(n int) (bool, error) {
			closed := n > 1 && time.Now().Before(at(2, 8, 40))
			return !closed, failFor(closed, &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("revoked")})
		},
	} {
		for _, stopped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stopped %t", name, stopped), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := paper("start", 1, 0)
					p := newPress()
					p.fate = fate
					b := p.bench(t, start)
					if name == "before anything was composed" {
						// The other one is refused, so this one is not begun.
						b.Subscriptions.Configured[0].Bundle = false
						b.until(at(1, 12, 0))
						b.have(start, issue("0", "Zero", 2, "zero"), one)
					} else {
						b.until(at(1, 12, 0))
						b.have(start, one)
					}
					b.until(at(2, 8, 30))
					if stopped {
						b.restart()
					}
					if name == "before anything was composed" {
						b.have(start, issue("0", "Zero", 2, "zero"), as("b", one))
					} else {
						b.have(start, as("b", one))
					}
					b.until(at(3, 12, 0))
					got := p.texts()
					got = strings.Replace(got, " general:Zero general:zero", "", 1)
					if got != once {
						t.Errorf("posted %q, want %q", got, once)
					}
					if got := b.of("b") + ";" + b.of("a"); got != "general sent;" {
						t.Errorf("deliveries %q", got)
					}
					if got := b.slots(); !strings.HasPrefix(got, "3T08:30 nothing to post, 2T08:30 posted") {
						t.Errorf("slots %q", got)
					}
				})
			})
		}
	}
}

// The file is moved while the request is in flight: the outcome cannot be recorded, so the
// post is searched for, and is there once.
func TestMovedDuringAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, one := paper("start", 1, 0), issue("a", "Tech", 2, "one", "two")
		p := newPress()
		b := p.bench(t, start)
		b.until(at(1, 12, 0))
		b.have(start, one)
		p.fate = func(n int) (bool, error) {
			if n == 3 {
				b.have(start, as("b", one))
				if _, err := b.Planner.Plan(t.Context(), time.Now()); err != nil {
					t.Error(err)
				}
			}
			return true, nil
		}
		time.Sleep(time.Until(at(2, 8, 30)))
		if _, err := drive(b.Dispatcher); !errors.Is(err, ledger.ErrFenced) {
			t.Fatalf("got %v, want %v", err, ledger.ErrFenced)
		}
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, "general:start general:Tech general:one general:two")
		if got := b.of("b") + ";" + b.of("a"); got != "general sent;" {
			t.Errorf("deliveries %q", got)
		}
	})
}

// failFor returns an error if a condition is true.
func failFor(is bool, err error) error {
	if is {
		return err
	}
	return nil
}

// Of two channels, the one that has the digest gets nothing, and the other one gets it,
// even if another subscription begins there.
func TestMovedBetweenChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		a := issue("a", "Tech", 1, "one", "two")
		b := p.bench(t, a)
		b.until(at(1, 12, 0))
		b.have(as("b", a))
		second := everyMorning(t)
		second.Name, second.Channels = "second", []chat.Channel{general, team}
		b.Subscriptions.Configured = append(b.Subscriptions.Configured, second)
		b.until(at(2, 12, 0))
		want := "general:Tech general:one general:two"
		for _, text := range []string{"Tech", "one", "two"} {
			want += " " + team.ID + ":" + text
		}
		wantTexts(t, &p.platform, want)
	})
}

// By hand, a digest is posted again wherever its file is.
func TestMovedAndResent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		a := issue("a", "Tech", 1, "one")
		b := p.bench(t, a)
		b.until(at(1, 12, 0))
		b.have(as("b", a))
		b.until(at(1, 13, 0))
		if _, err := b.Ledger.Plan(t.Context(), b.Subscriptions.Configured[0].Dress(ledger.NewResend("b", "Tech", general, "request", "Ada", time.Now()))); err != nil {
			t.Fatal(err)
		}
		b.until(at(2, 12, 0))
		wantTexts(t, &p.platform, "general:Tech general:one general:Tech general:one")
		b.have(as("c", a))
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, "general:Tech general:one general:Tech general:one")
	})
}

// A file that is moved between plan and delivery is waited for until its new place is
// known, alone and in a bundle.
func TestMovedBeforeItIsComposed(t *testing.T) {
	for _, bundle := range []bool{false, true} {
		t.Run(fmt.Sprintf("bundle %t", bundle), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, one, two := paper("start", 1, 0), issue("a", "A", 2, "one"), issue("b", "B", 2, "two")
				p := newPress()
				b := p.bench(t, start)
				b.Subscriptions.Configured[0].Bundle = bundle
				b.until(at(1, 12, 0))
				b.have(start, one, two)
				time.Sleep(time.Until(at(2, 8, 30)))
				if _, err := b.Planner.Plan(t.Context(), time.Now()); err != nil {
					t.Fatal(err)
				}
				b.have(start, as("a/moved", one), as("b/moved", two))
				for range 2 {
					due, err := b.Ledger.Due(t.Context(), time.Now())
					if err != nil || len(due) != 1 {
						t.Fatalf("due %v, %v", due, err)
					}
					x, err := b.Ledger.Get(t.Context(), due[0].Key)
					if err == nil {
						err = b.Deliverer.Deliver(t.Context(), x)
					}
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Second)
				}
				b.until(at(3, 12, 0))
				want := "general:start general:B general:two general:A general:one"
				if bundle {
					want = "general:start general:+B+A general:two general:one"
				}
				wantTexts(t, &p.platform, want)
				if got := b.slots(); got != "3T08:30 nothing to post, 2T08:30 posted, 1T08:30 nothing to post" {
					t.Errorf("slots %q", got)
				}
			})
		})
	}
}

// The first deliveries for a channel have no slot. They are posted even if the file is
// moved, and the title changed, before they are composed.
func TestMovedBeforeAChannelBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := issue("start", "A", 1, "one")
		p := newPress()
		b := p.bench(t, start)
		time.Sleep(time.Until(at(1, 6, 0)))
		if _, err := b.Planner.Plan(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		moved := as("a/moved", start)
		moved.Title = "B"
		b.have(moved)
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, "general:B general:one")
		if x := b.only(); x.Cause != ledger.ForStart {
			t.Errorf("delivery %+v", x)
		}
	})
}

// A replica that begins to plan may see a file later than the previous planner. It does not
// consider the file gone, unless that lasts.
func TestLibraryThatLagsBehind(t *testing.T) {
	for _, c := range []struct {
		lag  time.Duration
		want string
	}{{30 * time.Second, "general:start general:new"}, {time.Hour, "general:start"}} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{}
			b := newBench(t, p, paper("start", 1, 0))
			b.until(at(1, 12, 0))
			before := b.library
			b.add(paper("new", 2, 0))
			after := b.library
			time.Sleep(time.Until(at(2, 8, 30)))
			if _, err := b.Planner.Plan(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			b.over(b.Ledger)
			b.Planner.Shared, b.library = true, before
			b.until(time.Now().Add(c.lag))
			b.library = after
			b.until(at(2, 12, 0))
			wantTexts(t, p, c.want)
		})
	}
}

// A follower of a tag in two channels gets one message, even if the file was moved between
// the two posts, and the bot was restarted.
func TestFollowersOfWhatWasMoved(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, stopped := range []bool{false, true} {
		t.Run(fmt.Sprintf("stopped %t", stopped), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &letters{doors{closed: map[string]error{}}}
				start := paper("start", 1, 0)
				b := benchOf(t, p, &p.platform, start)
				b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, team)
				for _, c := range b.Subscriptions.Configured[0].Channels {
					if _, err := b.Ledger.Follow(t.Context(), ledger.Follow{Channel: c, User: "7", Tag: "AI", At: time.Now()}); err != nil {
						t.Fatal(err)
					}
				}
				b.until(at(1, 12, 0))
				a := issue("a", "Tech", 2, "one", "two")
				a.Tags = []string{"AI"}
				p.closed[team.ID] = archived
				b.have(start, a)
				b.until(at(2, 9, 0))
				b.have(start, as("b", a))
				b.until(at(2, 10, 0))
				if stopped {
					b.restart()
				}
				delete(p.closed, team.ID)
				b.until(at(3, 12, 0))
				for text, want := range map[string]int{"general:Tech": 1, "team:Tech": 1, "@7:": 1} {
					if got := strings.Count(p.texts(), text); got != want {
						t.Errorf("%s stands %d times in %q, want %d", text, got, p.texts(), want)
					}
				}
			})
		})
	}
}

// The rows of an older build are recognised under other names, although that build recorded
// neither the language of a digest nor its first ID.
func TestLedgerOfAnOlderBuild(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ledger.db")
	tables, err := os.ReadFile(filepath.Join("..", "ledger", "sqlite", "testdata", "format6.sql"))
	if err != nil {
		t.Fatal(err)
	}
	dump, err := os.ReadFile(filepath.Join("testdata", "ledger6.sql"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = db.Exec(string(tables) + string(dump))
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	l, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()

	told := func(id, title string, stories ...string) *digest.Digest {
		d := &digest.Digest{Card: digest.Card{ID: id, Title: title, Language: "en", Date: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)}}
		for i, s := range stories {
			headline, page, _ := strings.Cut(s, "|")
			d.Stories = append(d.Stories, digest.Story{
				Headline: headline, Summary: digest.Text{{Text: []string{"It is faster.", "Second.", "Third."}[i]}},
				Sources: []digest.Source{{Title: []string{"there", "here", "here"}[i], URL: page}},
			})
		}
		return d
	}
	general := chat.Channel{Adapter: "web", ID: "general"}
	s := everyMorning(t)
	s.Channels, s.Bundle, s.Corrections = []chat.Channel{general}, true, 48*time.Hour
	library := digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{
		told("archive/tech", "The week in databases", "PostgreSQL 18 is out @everyone|https://www.postgresql.org/about/news/18", family+"|x", "Go 1.26|https://example.org/3"),
		told("2026-11-29-cloud 2", "The week in clouds", "Kubernetes 1.36 is out @everyone|https://www.clouds.example/about/news/18", "Talos "+family+"|https://clouds.example/2", "Helm 5|https://clouds.example/3"),
		told("lang", "The languages", "Rust 2 is out @everyone|https://lang.example/about/news/18", "C "+family+"|https://lang.example/2", "Zig 1|https://lang.example/3"),
	}))
	p := newPress()
	d := dispatch.New(dispatch.Options{
		Ledger: l, Adapters: map[string]chat.Adapter{"web": p}, Log: slog.New(slog.DiscardHandler),
		Library: func() *digest.Library { return library }, Subscriptions: []subscription.Subscription{s},
	})
	for _, now := range []time.Time{time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, 8, 31, 0, 0, time.UTC)} {
		if _, err := d.Planner.Plan(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	all, err := l.List(t.Context(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range all {
		got = append(got, x.Digest+" "+string(x.State))
	}
	// The second headline of the first digest was edited in the meantime.
	if got, want := strings.Join(got, ", "), "2026-11-29-cloud 2 bundled, lang sent, archive/tech planned"; got != want {
		t.Errorf("deliveries %q, want %q", got, want)
	}
	if said := all[1].Said; len(said) != 2 || said[0].Digest != "lang" || said[1].Digest != "2026-11-29-cloud 2" || said[1].Was != "2026-11-29-cloud" {
		t.Errorf("the bundle says %+v", said)
	}
}

// A file whose headings stay the same but whose day and pages change is another digest.
func TestTheSameHeadingsOverOtherNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("start", 1, 1))
		b.until(at(1, 12, 0))
		today := issue("latest", "Markets", 2, "Oil", "Gold", "Gas")
		b.have(today)
		b.until(at(2, 12, 0))
		tomorrow := issue("latest", "Markets", 3, "Oil", "Gold", "Gas")
		for i := range tomorrow.Stories {
			tomorrow.Stories[i].Sources = []digest.Source{{URL: "https://example.org/3/" + tomorrow.Stories[i].Headline}}
		}
		b.have(tomorrow)
		b.until(at(3, 12, 0))
		wantDeeds(t, p, "")
		if got := strings.Count(p.texts(), "general:Oil"); got != 2 {
			t.Errorf("posted %q, want each day's", p.texts())
		}
	})
}
