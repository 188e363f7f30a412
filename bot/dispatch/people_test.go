package dispatch_test

import (
	"context"
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

var (
	ada    = ledger.Person{ID: "1", Name: "Ada"}
	team   = chat.Channel{Adapter: "p", ID: "team"}
	direct = func(user string) chat.Channel { return chat.Channel{Adapter: "p", ID: "@" + user} }
)

// letters is a platform that can send direct messages.
type letters struct{ doors }

func (l *letters) Direct(user string) chat.Channel { return direct(user) }

// outcomes returns how the slots of a subscription ended, the latest first.
func outcomes(t *testing.T, b *bench, name string) string {
	t.Helper()
	slots, err := b.Ledger.Slots(t.Context(), name, -1)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range slots {
		out = append(out, fmt.Sprintf("%s %s: %s", s.At.Format("2 15:04"), s.Outcome, s.Reason))
	}
	return strings.Join(out, "\n")
}

func (b *bench) subscribe(spec subscription.Spec) {
	b.t.Helper()
	spec["style"] = "full" // the platform shows only headlines
	problems, err := b.Subscriptions.Subscribe(b.t.Context(), ledger.Stored{Name: subscription.StoredName("noon", "p", "home"), Channel: team, Home: "home", By: ada, At: time.Now()}, spec)
	if err != nil || len(problems) > 0 {
		b.t.Fatal(problems, err)
	}
}

// A subscription made in chat is planned for at once, also by the next process; changing it
// opens no past slot; dropping it ends its slot with a reason, and nothing that the slot
// has planned is posted.
func TestSubscriptionsChangeWhileRunning(t *testing.T) {
	const noon = "noon@p.home"
	synctest.Test(t, func(t *testing.T) {
		p := &platform{}
		b := newBench(t, p, paper("start", 1, 0))
		b.Notices.Admin = admins
		changed := 0
		b.Subscriptions.Changed = func() { changed++ }
		b.Subscriptions.Configured = nil
		b.until(at(1, 12, 30))
		b.subscribe(subscription.Spec{"schedule": "daily 12:00", "wait": "1h"})
		b.until(at(1, 12, 31))
		wantTexts(t, p, "team:start") // it begins with the newest, and opens no past slot
		if got := outcomes(t, b, noon); got != "" {
			t.Errorf("slots: %s", got)
		}
		b.add(paper("a", 2, 0))
		b.Dispatcher = b.process(b.Ledger)
		b.Subscriptions.Configured, b.Notices.Admin = nil, admins
		if err := b.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.until(at(2, 12, 10))
		wantTexts(t, p, "team:start team:a")

		b.Subscriptions.Changed = func() { changed++ }
		b.until(at(2, 15, 0))
		b.subscribe(subscription.Spec{"schedule": "daily 14:00", "wait": "1h"})
		b.until(at(3, 14, 30)) // and it waits
		if got, want := outcomes(t, b, noon), "3 14:00 : \n2 12:00 posted: "; got != want {
			t.Errorf("slots:\n%s\nwant\n%s", got, want)
		}
		for _, want := range []bool{true, false} {
			if ok, err := b.Subscriptions.Unsubscribe(t.Context(), noon); ok != want || err != nil {
				t.Errorf("dropped %t, %v", ok, err)
			}
		}
		b.until(at(3, 14, 31))
		if got, want := outcomes(t, b, noon), "3 14:00 withdrawn: the subscription is there no more\n2 12:00 posted: "; got != want {
			t.Errorf("slots:\n%s\nwant\n%s", got, want)
		}

		// Made again, it begins from scratch; if it is dropped before anything of its slot
		// was posted, nothing is posted.
		b.add(paper("b", 4, 0))
		b.until(at(4, 12, 0))
		b.subscribe(subscription.Spec{"schedule": "daily 14:00", "start": "next"})
		b.until(at(4, 13, 59))
		b.add(paper("c", 4, 0))
		p.fate = func(int) (bool, error) {
			return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Minute, Err: errors.New("busy")}
		}
		b.until(at(4, 14, 0).Add(30 * time.Second))
		if _, err := b.Subscriptions.Unsubscribe(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		p.fate = nil
		b.until(at(4, 14, 10))
		wantTexts(t, p, "team:start team:a")
		if got := outcomes(t, b, noon); !strings.HasPrefix(got, "4 14:00 withdrawn: no subscription names the channel any more\n") {
			t.Errorf("slots:\n%s", got)
		}
		if got := told(p); got != "" {
			t.Errorf("the admins are told %q of what they wanted", got)
		}
		if changed != 6 {
			t.Errorf("planned anew %d times, want 6", changed)
		}
	})
}

func TestSubscribeRefusesInFields(t *testing.T) {
	b := newBench(t, &platform{})
	problems, err := b.Subscriptions.Subscribe(t.Context(), ledger.Stored{Name: "x", Channel: team}, subscription.Spec{
		"schedule": "now and then", "zone": "@everyone", "style": "<!channel>", "skip": []string{"2026-01-01", "tomorrow"}, "max_age": "169h", "language": "vo", "wait": "-1h",
	})
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s=%s%s", p.Field, p.Value, p.Setting.Choices))
	}
	if want := "zone=@everyone[] schedule=now and then[] wait=-1h[] style=<!channel>[brief full headlines] language=vo[en zh-Hans zh-Hant] max_age=169h[]"; strings.Join(got, " ") != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", strings.Join(got, " "), err, want)
	}
	if stored, err := b.Ledger.Stored(t.Context()); err != nil || len(stored) > 0 {
		t.Errorf("stored %+v, %v", stored, err)
	}
}

// While an admin has paused a channel, its slots end normally without a post, planned
// deliveries wait, deliveries in progress continue, and other channels get theirs.
func TestHalt(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	synctest.Test(t, func(t *testing.T) {
		p, b := newDoors(t)
		pause := func(c chat.Channel) {
			t.Helper()
			if ok, err := b.Subscriptions.Pause(t.Context(), ledger.Pause{Channel: c, By: ada, At: time.Now()}); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		pause(general)
		b.add(paper("a", 2, 0))
		b.until(at(2, 9, 0))
		b.until(at(3, 11, 0)) // with nothing new
		wantTexts(t, &p.platform, "other:a")
		pause(chat.Channel{Adapter: "p", ID: "other"})
		p.posts = nil
		b.add(paper("b", 4, 0))
		b.until(at(4, 9, 0))
		b.until(at(5, 11, 0))
		wantTexts(t, &p.platform, "")
		if got, want := outcomes(t, b, "morning"), "5 08:30 paused: paused by Ada\n4 08:30 paused: paused by Ada\n3 08:30 nothing to post: what there is was posted already\n2 08:30 posted: "; !strings.HasPrefix(got, want) {
			t.Errorf("slots:\n%s\nwant\n%s", got, want)
		}
		for _, c := range b.Subscriptions.Configured[0].Channels {
			if ok, err := b.Resender.Resume(t.Context(), c, "Ada", time.Now()); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		b.add(paper("c", 6, 0))
		b.until(at(6, 9, 0)) // what is new, and nothing of what was skipped
		wantTexts(t, &p.platform, "general:c other:c")

		// A delivery that was planned before waits, for longer than any retry, also in
		// another process; one that has begun continues.
		p.posts = nil
		busy := &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Hour, Err: errors.New("busy")}
		p.fate = func(int) (bool, error) { return false, busy }
		p.closed["general"] = busy
		b.add(paper("d", 7, 0))
		b.until(at(7, 8, 30))
		planned, err := b.Ledger.List(t.Context(), ledger.Query{Waiting: true})
		if err != nil || len(planned) != 2 {
			t.Fatal(planned, err)
		}
		pause(general)
		x := b.Subscriptions.Configured[0].Dress(ledger.NewDelivery("c2", "c2", general, time.Now()))
		x.Cause = ledger.ForSlot
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		b.add(paper("c2", 6, 0))
		p.fate, p.closed["general"] = nil, nil
		b.restart()
		if err := b.Subscriptions.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.until(at(11, 12, 0))
		wantTexts(t, &p.platform, "general:d other:d admins:“morning” posted nothing at 9 January 2000, 08:30 UTC: no digest came.")
		if waits, err := b.Ledger.Get(t.Context(), x.Key); err != nil || waits.State != ledger.Planned || waits.Reason != "paused by Ada" {
			t.Errorf("it is %s: %s, %v", waits.State, waits.Reason, err)
		}
		if _, err := b.Resender.Resume(t.Context(), general, "Grace", time.Now()); err != nil {
			t.Fatal(err)
		}
		b.until(at(11, 12, 1))
		if got := p.texts(); !strings.HasSuffix(got, "general:c2") {
			t.Errorf("there stands %s", got)
		}
	})
}

// A follower of a tag gets one message for each digest that has it, whatever the number of
// tags and channels, and however often the bot dies in between.
func TestFollowersAreToldOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, dies := range []bool{false, true} {
		t.Run(fmt.Sprintf("dies %t", dies), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &letters{doors{closed: map[string]error{}}}
				b := benchOf(t, p, &p.platform, paper("start", 1, 0))
				b.Notices.Admin = admins
				b.Subscriptions.Configured[0].Channels = append(b.Subscriptions.Configured[0].Channels, team)
				follow := func(c chat.Channel, user string, tags ...string) {
					for _, tag := range tags {
						if _, err := b.Ledger.Follow(t.Context(), ledger.Follow{Channel: c, User: user, Tag: tag, At: time.Now()}); err != nil {
							t.Fatal(err)
						}
					}
				}
				follow(general, "7", "AI", "rust", "agentic")
				follow(team, "7", "ai")
				follow(general, "8", "go")
				follow(team, "9", "Rust")
				follow(chat.Channel{Adapter: "p", ID: "elsewhere"}, "6", "AI")
				b.until(at(1, 12, 0)) // the first posting of what has no tags
				a := paper("a", 2, 0)
				a.Tags = []string{"Agentic-AI", "Rust"}
				b.add(a)
				p.closed["@9"] = &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("takes no messages from strangers")}
				if dies {
					b.over(&forgetting{Ledger: b.Ledger})
				}
				b.mustDrive(at(2, 9, 0))
				b.mustDrive(at(3, 12, 0))
				if got := strings.Count(p.texts(), "@7:"); got != 1 {
					t.Errorf("the follower was told %d times: %s", got, p.texts())
				}
				for _, miss := range []string{"@8", "@6", "@9"} {
					if strings.Contains(p.texts(), miss) {
						t.Errorf("%s was told: %s", miss, p.texts())
					}
				}
				if n := p.knocks["@9"]; n != 1 {
					t.Errorf("who takes no messages was tried %d times", n)
				}
				if got := told(&p.platform); strings.Contains(got, "@9") || strings.Contains(got, "takes no") {
					t.Errorf("the admins are told %q", got)
				}
				words, err := b.Ledger.List(t.Context(), ledger.Query{Channel: direct("9")})
				if err != nil || len(words) != 1 || words[0].State != ledger.Failed || words[0].Cause != ledger.ForFollow {
					t.Errorf("the word is %+v, %v", words, err)
				}
				// A resend by hand and a correction are not news.
				if _, err := b.Ledger.Plan(t.Context(), b.Subscriptions.Configured[0].Dress(ledger.NewResend("a", "a", general, "r", "Ada", time.Now()))); err != nil {
					t.Fatal(err)
				}
				b.mustDrive(at(3, 13, 0))
				if got := strings.Count(p.texts(), "general:a"); got != 2 {
					t.Errorf("it stands %d times", got)
				}
				if got := strings.Count(p.texts(), "@7:"); got != 1 {
					t.Errorf("the follower was told %d times: %s", got, p.texts())
				}
			})
		})
	}
}

// mustDrive is until, tolerating failures.
func (b *bench) mustDrive(at time.Time) {
	b.t.Helper()
	for time.Now().Before(at) {
		_, _ = drive(b.Dispatcher)
		time.Sleep(10 * time.Minute)
	}
}

// forgetting dies once before each time that a delivery is recorded as sent.
type forgetting struct {
	ledger.Ledger
	died map[chat.Key]bool
}

func (f *forgetting) Save(ctx context.Context, d *ledger.Delivery) error {
	if f.died == nil {
		f.died = map[chat.Key]bool{}
	}
	if d.State == ledger.Sent && !f.died[d.Key] {
		f.died[d.Key] = true
		return errors.New("died")
	}
	return f.Ledger.Save(ctx, d)
}

// On request, a post is updated in place to what its file says now.
func TestEditInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 2))
		b.Subscriptions.Configured[0].Corrections = 0
		b.until(at(1, 9, 0))
		x := b.only()
		if changed, err := b.Resender.EditInPlace(t.Context(), x.Key, time.Now()); changed || err != nil {
			t.Errorf("changed %t, %v though it says the same", changed, err)
		}
		after := paper("a", 1, 3)
		after.Title = "A"
		b.put(after)
		b.until(at(1, 10, 0))
		wantTexts(t, &p.platform, "general:a general:a1 general:a2")
		if changed, err := b.Resender.EditInPlace(t.Context(), x.Key, time.Now()); !changed || err != nil {
			t.Fatal(changed, err)
		}
		b.until(at(1, 11, 0))
		wantTexts(t, &p.platform, "general:A* general:a1 general:a2 general:a3")
		b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("other", 1, 0)}))
		if _, err := b.Resender.EditInPlace(t.Context(), x.Key, time.Now()); !isRefused(err) {
			t.Errorf("error %v, want a refusal", err)
		}
	})
}

// If people have removed parts of a post, the missing ones are posted.
func TestPostMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		p.caps.DedupWindow = 7 * 24 * time.Hour // a removed part has to be posted at once
		b := p.bench(t, paper("a", 1, 2))
		b.until(at(1, 9, 0))
		x := b.only()
		if n, err := b.Resender.PostMissing(t.Context(), x.Key, "Ada", time.Now()); n != 0 || err != nil {
			t.Errorf("missing %d, %v", n, err)
		}
		p.remove("a1")
		p.blind = errors.New("history cannot be read")
		if _, err := b.Resender.PostMissing(t.Context(), x.Key, "Ada", time.Now()); !isRefused(err) {
			t.Errorf("error %v, want a refusal", err)
		}
		p.blind = nil
		for _, want := range []int{1, -1} { // the second is too soon
			n, err := b.Resender.PostMissing(t.Context(), x.Key, "Ada", time.Now())
			if want >= 0 && (n != want || err != nil) || want < 0 && !isRefused(err) {
				t.Errorf("missing %d, %v", n, err)
			}
		}
		b.until(at(1, 10, 0))
		wantTexts(t, &p.platform, "general:a general:a2 general:a1")
		x = b.only()
		if len(x.Decisions) != 1 || x.Decisions[0].What != ledger.Restored || x.Decisions[0].By != "Ada" || x.State != ledger.Sent {
			t.Errorf("it is %s, decisions %+v", x.State, x.Decisions)
		}
		// A failed delivery continues where it ended.
		p.fate = func(n int) (bool, error) {
			if n == 2 {
				return false, &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("too big")}
			}
			return true, nil
		}
		p.attempts = 0
		b.add(paper("b", 2, 2))
		b.until(at(2, 9, 0))
		failed, err := b.Ledger.List(t.Context(), ledger.Query{State: ledger.Failed})
		if err != nil || len(failed) != 1 {
			t.Fatal(failed, err)
		}
		if n, err := b.Resender.PostMissing(t.Context(), failed[0].Key, "Ada", time.Now()); n != 2 || err != nil {
			t.Errorf("missing %d, %v", n, err)
		}
		b.until(at(2, 10, 0))
		if got := p.texts(); !strings.HasSuffix(got, "general:b general:b1 general:b2") {
			t.Errorf("there stands %s", got)
		}
	})
}

func isRefused(err error) bool {
	_, ok := errors.AsType[*ledger.RefusedError](err)
	return ok
}

// It is known later when a file arrived, for digests that may be due.
func TestSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &platform{}, paper("old", 1, 0), paper("eve", 8, 0))
		b.Subscriptions.Configured = nil
		time.Sleep(time.Until(at(9, 8, 0)))
		b.until(at(9, 8, 5))
		came := paper("came", 9, 0)
		b.add(came)
		b.until(at(9, 8, 40))
		b.Dispatcher = b.process(b.Ledger)
		b.until(at(9, 9, 0))
		got, err := b.Ledger.Seen(t.Context(), "old", "eve", "came")
		if err != nil || len(got) != 2 || !got["eve"].Equal(at(9, 8, 0)) || !got["came"].Equal(at(9, 8, 5)) {
			t.Errorf("seen %v, %v", got, err)
		}
	})
}
