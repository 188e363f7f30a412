package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// press is a platform that can do everything: it edits, removes and publishes messages, and
// has threads.
type press struct {
	platform
	// forum opens a thread for every post.
	forum bool
	// luck, if not nil, is called for every edit, removal and publication, which it may
	// refuse and answer with an error.
	luck func(deed string) (done bool, err error)
	// deeds are the edits, removals and publications that were done, and what
	// was wrong with them.
	deeds []string
}

func newPress() *press {
	return &press{platform: platform{caps: chat.Capabilities{Threads: true, Settle: time.Minute}}}
}

// bench returns a bench for the press, with corrections within two days.
func (p *press) bench(t *testing.T, digests ...*digest.Digest) *bench {
	b := benchOf(t, p, &p.platform, digests...)
	b.Subscriptions.Configured[0].Corrections = 48 * time.Hour
	return b
}

func (p *press) Send(ctx context.Context, to chat.Channel, payload chat.Payload, key chat.Key) (chat.Receipt, error) {
	if to.Thread != "" && p.index(to.Thread) < 0 {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("there is no such thread")}
	}
	r, err := p.platform.Send(ctx, to, payload, key)
	if p.forum && to.Thread == "" {
		r.Channel.Thread = r.ID
	}
	r.URL = "https://p/" + string(payload)
	return r, err
}

func (p *press) Find(ctx context.Context, in chat.Channel, key chat.Key, since time.Time) (chat.Receipt, error) {
	r, err := p.platform.Find(ctx, in, key, since)
	if p.forum && in.Thread == "" {
		r.Channel.Thread = r.ID
	}
	return r, err
}

func (p *press) index(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.IndexFunc(p.posts, func(x message) bool { return string(x.key) == id })
}

// do performs one deed on a message.
func (p *press) do(deed string, r chat.Receipt, change func(i int)) error {
	i := p.index(r.ID)
	if i < 0 {
		return chat.ErrNotFound
	}
	done, err := true, error(nil)
	if p.luck != nil {
		done, err = p.luck(deed)
	}
	if done {
		p.mu.Lock()
		p.deeds = append(p.deeds, deed+" "+p.posts[i].text)
		change(i)
		p.mu.Unlock()
	}
	return err
}

func (p *press) Edit(_ context.Context, r chat.Receipt, payload chat.Payload, key chat.Key) error {
	return p.do("edit", r, func(i int) {
		if p.posts[i].key != key {
			p.deeds = append(p.deeds, "with another key")
		}
		if p.posts[i].text == string(payload) {
			p.deeds[len(p.deeds)-1] = "again " + p.posts[i].text
		}
		p.posts[i].text = string(payload)
	})
}

func (p *press) Remove(_ context.Context, r chat.Receipt) error {
	return p.do("remove", r, func(i int) { p.posts = slices.Delete(p.posts, i, i+1) })
}

func (p *press) Publish(_ context.Context, r chat.Receipt) error {
	return p.do("publish", r, func(int) {})
}

// remove removes a message as a moderator would.
func (p *press) remove(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed == nil {
		p.removed = map[chat.Key]time.Time{}
	}
	p.posts = slices.DeleteFunc(p.posts, func(x message) bool {
		if x.text == text {
			p.removed[x.key] = x.at
		}
		return x.text == text
	})
}

func wantDeeds(t *testing.T, p *press, want string) {
	t.Helper()
	if got := strings.Join(p.deeds, ", "); got != want {
		t.Errorf("deeds %q, want %q", got, want)
	}
}

// wantOnce checks deeds and their order. The last one that a process did not record before
// it died may have been repeated, which changes nothing.
func wantOnce(t *testing.T, p *press, want string) {
	t.Helper()
	once := slices.DeleteFunc(slices.Compact(p.deeds), func(deed string) bool { return strings.HasPrefix(deed, "again ") })
	if got := strings.Join(once, ", "); got != want {
		t.Errorf("deeds %q, want %q", got, want)
	}
}

// put replaces the digest with the same ID in the library.
func (b *bench) put(d ...*digest.Digest) {
	b.library = digest.Rules{}.NewLibrary(append(digest.KeepAll(d), b.library.All()...))
}

// with returns a digest with other headlines.
func with(d *digest.Digest, headlines ...string) *digest.Digest {
	d.Stories = nil
	for _, h := range headlines {
		d.Stories = append(d.Stories, digest.Story{Headline: h})
	}
	return d
}

func TestCorrectionIsEditedInPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, tc := range map[string]struct {
		headlines   []string
		posts       string
		deeds, then string // once the headlines are a1 a2 a3 again
	}{
		"a word":     {[]string{"a1", "a2!", "a3"}, "a* a1 a2! a3", "edit a, edit a2", "a* a1 a2 a3"},
		"one more":   {[]string{"a1", "a2", "a3", "a4"}, "a* a1 a2 a3 a4", "edit a", "a* a1 a2 a3"},
		"one less":   {[]string{"a1", "a2"}, "a* a1 a2", "edit a, remove a3", "a* a1 a2 a3"},
		"none left":  {nil, "a*", "edit a, remove a1, remove a2, remove a3", "a* a1 a2 a3"},
		"one before": {[]string{"a0", "a1", "a2", "a3"}, "a* a0 a1 a2 a3", "edit a, edit a1, edit a2, edit a3", "a* a1 a2 a3"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("a", 1, 3))
				b.until(at(1, 9, 0))
				b.put(with(paper("a", 1, 0), tc.headlines...))
				b.until(at(1, 10, 0))
				wantTexts(t, &p.platform, prefixed(tc.posts))
				wantDeeds(t, p, tc.deeds)
				x := b.only()
				if x.State != ledger.Sent || !x.Revised.After(x.Since) || x.Reason != "" {
					t.Errorf("the delivery is %s since %s, revised %s: %s", x.State, x.Since, x.Revised, x.Reason)
				}
				b.put(paper("a", 1, 3))
				b.until(at(1, 11, 0))
				wantTexts(t, &p.platform, prefixed(tc.then))
			})
		})
	}
}

func prefixed(texts string) string {
	return "general:" + strings.ReplaceAll(texts, " ", " general:")
}

func TestWhatIsNoCorrection(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	changed := func() *digest.Digest { return with(paper("a", 1, 0), "a1", "a2!") }
	for name, change := range map[string]func(*bench){
		"the same text, read again": func(b *bench) { b.put(paper("a", 1, 2)) },
		"tags": func(b *bench) {
			d := paper("a", 1, 2)
			d.Tags = []string{"AI"}
			b.put(d)
		},
		"a digest that is gone": func(b *bench) {
			b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("b", -9, 1)}))
		},
		"another layout, and another style": func(b *bench) {
			b.platform.form, b.Subscriptions.Configured[0].Style = "new ", compose.Headlines
			b.restart()
			b.put(paper("a", 1, 2))
		},
		"a subscription without corrections":   func(b *bench) { b.Subscriptions.Configured[0].Corrections = 0; b.put(changed()) },
		"a subscription that is gone":          func(b *bench) { b.Subscriptions.Configured[0].Name = "other"; b.put(changed()) },
		"an adapter that changes no messages":  func(b *bench) { b.Platforms.Adapters["p"] = b.platform; b.put(changed()) },
		"an adapter that is off":               func(b *bench) { b.platform.caps.Off = "no token"; b.put(changed()) },
		"a post that is older than the window": func(b *bench) { time.Sleep(48 * time.Hour); b.put(changed()) },
		"a text that cannot be rendered": func(b *bench) {
			d := changed()
			d.Title = "unrenderable"
			b.put(d)
		},
		"a text that makes Render panic": func(b *bench) {
			d := changed()
			d.Title = "buggy"
			b.put(d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("a", 1, 2))
				b.until(at(1, 9, 0))
				change(b)
				b.until(time.Now().Add(time.Hour))
				wantTexts(t, &p.platform, "general:a general:a1 general:a2")
				wantDeeds(t, p, "")
				list, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "a"})
				if err != nil || len(list) != 1 || list[0].State != ledger.Sent || !list[0].Revised.IsZero() {
					t.Errorf("got %+v, %v, want one delivery that was not revised", list, err)
				}
			})
		})
	}
}

// If a file has not changed but is parsed differently, by a new layout or a new version of
// the reader, no post is corrected or repeated, whatever its headlines are now. A change of
// the file itself still corrects.
func TestFileThatIsReadInAnotherWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	read := func(hash uint64, headlines ...string) *digest.Digest {
		d := with(paper("a", 1, 0), headlines...)
		d.Hash = hash
		return d
	}
	for name, headlines := range map[string][]string{
		"a headline": {"a1", "a2!"}, "other headlines": {"@everyone", "<!channel>"}, "fewer": {"a2"}, "none": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, read(7, "a1", "a2"))
				b.until(at(1, 9, 0))
				b.put(read(7, headlines...))
				b.until(at(3, 9, 0))
				wantTexts(t, &p.platform, "general:a general:a1 general:a2")
				wantDeeds(t, p, "")
				if x := b.only(); x.State != ledger.Sent || !x.Revised.IsZero() || x.Said[0].File != "7" {
					t.Errorf("got %+v", x)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, read(7, "a1", "a2"))
		b.until(at(1, 9, 0))
		b.put(read(8, "a1", "a2!"))
		b.until(at(1, 10, 0))
		wantDeeds(t, p, "edit a, edit a2")
	})
}

// A change that the post does not show makes no request, and does not count as a change
// when the next one comes.
func TestChangeThatNobodySees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 2))
		b.until(at(1, 9, 0))
		d := paper("a", 1, 2)
		d.Stories[0].Summary = digest.Text{{Text: "More of it."}} // which the platform does not show
		b.put(d)
		b.until(at(1, 10, 0))
		wantDeeds(t, p, "")
		x := b.only()
		if got, want := x.Said[0].Text, d.Fingerprint(); x.State != ledger.Sent || got != want {
			t.Errorf("the delivery is %s and says %q, want %q", x.State, got, want)
		}
		e := *d
		e.Title = "b"
		b.put(&e)
		b.until(at(1, 11, 0))
		wantDeeds(t, p, "edit a")
	})
}

// The library is compared with the posts only after it has changed.
func TestCorrectionsLookOnlyWhenTheLibraryChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPress().bench(t, paper("a", 1, 2))
		b.until(at(1, 9, 0))
		counting := &looking{Ledger: b.Ledger}
		b.over(counting)
		b.Platforms.Adapters["off"] = &platform{caps: chat.Capabilities{Off: "no token"}}
		b.until(at(1, 10, 0)) // what could be corrected now is looked for once
		counting.looks = 0
		b.until(at(1, 20, 0))
		if counting.looks != 0 {
			t.Errorf("it looked %d times at a library that did not change", counting.looks)
		}
		b.put(paper("a", 1, 2))
		b.until(at(1, 22, 0))
		if counting.looks != 1 {
			t.Errorf("it looked %d times at a library that changed once", counting.looks)
		}
	})
}

// A correction that could not be made when its file arrived is made when it can be,
// although the library does not change again.
func TestCorrectionsThatHadToWait(t *testing.T) {
	for name, tc := range map[string]struct{ before, after func(*bench) }{
		"for an adapter that was off": {
			func(b *bench) { b.platform.caps.Off = "no token" },
			func(b *bench) { b.platform.caps.Off = "" },
		},
		"for people who wanted none": {
			func(b *bench) { b.Subscriptions.Configured[0].Corrections = 0 },
			func(b *bench) { b.Subscriptions.Configured[0].Corrections = 48 * time.Hour },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("a", 1, 2))
				b.until(at(1, 9, 0))
				tc.before(b)
				b.put(with(paper("a", 1, 0), "a1", "a2!"))
				b.until(at(1, 11, 0))
				wantDeeds(t, p, "")
				tc.after(b)
				b.until(at(1, 14, 0))
				if len(p.deeds) == 0 {
					t.Error("the correction was never made")
				}
			})
		})
	}
}

// looking counts queries for posted deliveries.
type looking struct {
	ledger.Ledger
	looks int
}

func (l *looking) List(ctx context.Context, q ledger.Query) ([]ledger.Delivery, error) {
	if q.State == ledger.Sent && q.Channel == (chat.Channel{}) {
		l.looks++
	}
	return l.Ledger.List(ctx, q)
}

func TestWhatWasRemovedIsNotPostedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 3))
		b.until(at(1, 9, 0))
		p.remove("a2")
		for i, headlines := range [][]string{{"a1", "b2", "a3"}, {"a1", "c2", "a3!"}, {"a1"}, {"a1", "d2", "d3", "d4"}} {
			b.put(with(paper("a", 1, 0), headlines...))
			b.until(at(1, 10+i, 0))
		}
		// The place of a removed part is free again when a correction needs no part there.
		wantTexts(t, &p.platform, "general:a* general:a1 general:d2 general:d3 general:d4")
		p.remove("a*")
		p.remove("a1")
		d := with(paper("a", 1, 0), "a1!", "d2", "d3", "d4", "d5")
		d.Title = "b"
		b.put(d)
		b.until(at(1, 15, 0))
		wantTexts(t, &p.platform, "general:d2 general:d3 general:d4")
		if x := b.only(); x.State != ledger.Sent || !strings.Contains(x.Reason, "was removed") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

func TestCorrectionThatFailsLeavesThePost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 2))
		b.until(at(1, 9, 0))
		p.luck = func(string) (bool, error) {
			return false, &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("too old to edit")}
		}
		b.put(with(paper("a", 1, 0), "a1", "a2!", "a3"))
		b.until(at(1, 10, 0))
		wantTexts(t, &p.platform, "general:a general:a1 general:a2")
		if x := b.only(); x.State != ledger.Sent || x.Reason != "the correction failed: too old to edit" {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		p.luck = nil
		b.until(at(1, 11, 0))
		wantDeeds(t, p, "")
		b.put(with(paper("a", 1, 0), "a1", "a2!", "a3!")) // the next correction makes up for it
		b.until(at(1, 12, 0))
		wantTexts(t, &p.platform, "general:a* general:a1 general:a2! general:a3!")
		if x := b.only(); x.State != ledger.Sent || x.Reason != "" {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

// An edit whose outcome is unknown is repeated; one that the platform delays is delayed,
// and given up after a day.
func TestEditsAreTriedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for name, tc := range map[string]struct {
		done  bool
		err   error
		fails int
		deeds string
		after time.Duration
		state string
	}{
		"in doubt and done":     {true, errors.New("reset"), 1, "edit a", time.Second, "sent "},
		"in doubt and not done": {false, errors.New("reset"), 3, "edit a", 7 * time.Second, "sent "},
		"limited":               {false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 20 * time.Minute, Err: errors.New("limited")}, 1, "edit a", 20 * time.Minute, "sent "},
		"limited for ever": {false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Hour, Err: errors.New("limited")}, 1000, "", 73 * time.Hour,
			"sent the correction failed: given up after 3 days: limited"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("a", 1, 1))
				b.until(at(1, 9, 0))
				fails, last := 0, time.Time{}
				p.luck = func(string) (bool, error) {
					last = time.Now()
					if fails++; fails <= tc.fails {
						return tc.done, tc.err
					}
					return len(p.deeds) == 0, nil
				}
				d := paper("a", 1, 1)
				d.Title = "b"
				b.put(d)
				began := time.Now()
				b.until(began.Add(74 * time.Hour))
				wantDeeds(t, p, tc.deeds)
				if waited := last.Sub(began); waited < tc.after || waited > tc.after+2*time.Minute {
					t.Errorf("the last attempt came after %v, want %v", waited, tc.after)
				}
				if x := b.only(); fmt.Sprint(x.State, " ", x.Reason) != tc.state {
					t.Errorf("the delivery is %q, want %q", fmt.Sprint(x.State, " ", x.Reason), tc.state)
				}
			})
		})
	}
}

// A new part of a correction whose outcome cannot be determined is not sent again, and the
// post remains.
func TestNewPartInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 1))
		b.until(at(1, 9, 0))
		p.fate = func(int) (bool, error) { return true, errors.New("reset") }
		p.blind = errors.New("no permission to read history")
		b.put(paper("a", 1, 2))
		b.until(at(1, 16, 0))
		wantTexts(t, &p.platform, "general:a* general:a1 general:a2")
		if x := b.only(); x.State != ledger.Sent || !strings.HasPrefix(x.Reason, "the correction failed: it cannot be told") {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		p.fate = nil
		b.put(with(paper("a", 1, 0), "a1", "a2!"))
		b.until(at(1, 17, 0))
		wantTexts(t, &p.platform, "general:a* general:a1 general:a2")
	})
}

// A text that changes while it is being posted is corrected when the post is complete.
func TestChangeWhileItIsPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 2))
		p.fate = func(n int) (bool, error) {
			if n == 2 {
				b.put(with(paper("a", 1, 0), "a1!", "a2"))
			}
			return true, nil
		}
		b.until(at(1, 0, 0))
		wantTexts(t, &p.platform, "general:a* general:a1! general:a2")
		wantDeeds(t, p, "edit a, edit a1")
	})
}

func TestEditsKeepTheirDistanceAndTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		p.caps.Gap = 3 * time.Second
		var times []time.Time
		p.luck = func(string) (bool, error) { times = append(times, time.Now()); return true, nil }
		b := p.bench(t, paper("a", 1, 2))
		b.until(at(2, 8, 0))
		b.put(with(paper("a", 1, 0), "a1!", "a2"))
		b.add(paper("b", 2, 1))
		time.Sleep(time.Until(at(2, 8, 30)))
		b.until(at(2, 8, 31))
		wantTexts(t, &p.platform, "general:a* general:a1! general:a2 general:b general:b1")
		// The digest of the slot is not delayed by the correction of an older one.
		if len(times) != 2 || times[0].Before(p.posts[4].at.Add(p.caps.Gap)) || times[1].Before(times[0].Add(p.caps.Gap)) {
			t.Errorf("edits at %v, after the last post at %v", times, p.posts[4].at)
		}
	})
}

// Pipelines rewrite latest.md every day: each version is a digest of its own.
func TestFileThatIsWrittenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		latest := func(day int, headlines ...string) *digest.Digest {
			d := with(paper("latest", day, 0), headlines...)
			d.Title = fmt.Sprint("of ", day)
			return d
		}
		b := p.bench(t, latest(1, "one", "two"))
		b.until(at(1, 12, 0))
		b.put(latest(2, "three", "four"))
		b.until(at(2, 8, 29))
		const first = "general:of 1 general:one general:two"
		wantTexts(t, &p.platform, first)
		b.until(at(2, 12, 0))
		const second = first + " general:of 2 general:three general:four"
		wantTexts(t, &p.platform, second)

		b.put(latest(1, "one", "two")) // someone restores the text of the day before, and another
		b.until(at(3, 7, 0))
		wantTexts(t, &p.platform, second)

		// If most of a digest of another day is new, one repeated headline does not make it
		// a correction.
		b.put(latest(3, "five", "four", "six"))
		b.until(at(3, 8, 0))
		b.put(latest(3, "five", "four", "six", "seven")) // once more before it is posted
		b.until(at(3, 12, 0))
		const third = second + " general:of 3 general:five general:four general:six general:seven"
		wantTexts(t, &p.platform, third)
		wantDeeds(t, p, "")

		// A correction of the third corrects only the third, although the second had one of
		// its headlines.
		b.put(latest(3, "five!", "four", "six", "seven"))
		b.until(at(3, 13, 0))
		wantTexts(t, &p.platform, second+" general:of 3* general:five! general:four general:six general:seven")
		b.until(at(4, 12, 0))
		if got, want := b.slots(), "4T08:30 nothing to post, 3T08:30 posted, 2T08:30 posted, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
	})
}

// Rewording the only headline is a correction.
func TestHeadlineInOtherWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		about := func(headline string, day int, page string) *digest.Digest {
			d := with(paper("a", day, 0), headline)
			d.Stories[0].Sources = []digest.Source{{URL: "https://example.org/" + page}}
			return d
		}
		p := newPress()
		b := p.bench(t, about("Helo", 1, "1"))
		b.until(at(1, 12, 0))
		b.put(about("Hello", 1, "1"))
		b.until(at(2, 7, 0))
		wantTexts(t, &p.platform, "general:a* general:Hello")
		b.put(about("World", 2, "1")) // the page of every day, on another day
		b.until(at(2, 9, 0))
		wantTexts(t, &p.platform, "general:a* general:Hello general:a general:World")
	})
}

// A digest that existed when a subscription began is not posted; the one that replaces it
// in its file is.
func TestFileThatIsWrittenAnewAfterTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, with(paper("latest", 1, 0), "one"))
		b.Subscriptions.Configured[0].StartLatest = false
		b.until(at(1, 12, 0))
		b.put(with(paper("latest", 1, 0), "one", "two"))
		b.until(at(2, 8, 0))
		b.put(with(paper("latest", 2, 0), "three"))
		b.until(at(2, 9, 0))
		wantTexts(t, &p.platform, "general:latest general:three")
	})
}

func TestResendsAreCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("a", 1, 1))
		b.until(at(1, 9, 0))
		s, _ := b.Subscriptions.Serving(general)
		if _, err := b.Ledger.Plan(t.Context(), s.Dress(ledger.NewResend("a", "a", general, "request", "me", time.Now()))); err != nil {
			t.Fatal(err)
		}
		b.until(at(1, 10, 0))
		b.put(paper("a", 1, 2))
		b.until(at(1, 11, 0))
		wantTexts(t, &p.platform, "general:a* general:a1 general:a* general:a1 general:a2 general:a2")
	})
}

// sections returns a digest with a section about its stories.
func sections(d *digest.Digest, text string) *digest.Digest {
	d.Sections = []digest.Section{{Title: "Analysis", Text: digest.Text{{Text: text}}}}
	return d
}

func TestThreads(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	threads := func(s *subscription.Subscription) { s.Details = compose.Thread }
	for name, tc := range map[string]struct {
		arrange func(*press)
		want    string
		then    string // after a correction of the section
		reason  string
	}{
		"under the first": {func(*press) {}, "general:a general/:a1 general/:§why", "general:a* general/:a1 general/:§because", ""},
		"in a forum": {func(p *press) { p.forum = true },
			"general:a general/:a1 general/:§why", "general:a* general/:a1 general/:§because", ""},
		"on a platform without": {func(p *press) { p.caps.Threads = false }, "general:a general:a1 general:§why", "general:a* general:a1 general:§because", ""},
		"in doubt, on a platform that knows its keys": {func(p *press) {
			p.caps.DedupWindow = 2 * time.Minute
			p.fate = func(n int) (bool, error) { return true, map[bool]error{true: errors.New("reset")}[n%2 == 1] }
		}, "general:a general/:a1 general/:§why", "general:a* general/:a1 general/:§because", ""},
		"in doubt, looked for in the thread": {func(p *press) {
			p.fate = func(n int) (bool, error) { return n%2 == 0, errors.New("reset") }
		}, "general:a general/:a1 general/:§why", "general:a* general/:a1 general/:§because", ""},
		"of a message that was removed": {func(p *press) {
			p.fate = func(n int) (bool, error) {
				if n == 2 {
					p.posts = nil
					return false, &chat.SendError{Outcome: chat.Retryable, Err: errors.New("wait")}
				}
				return true, nil
			}
		}, "", "", "there is no such thread"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, sections(paper("a", 1, 1), "why"))
				threads(&b.Subscriptions.Configured[0])
				tc.arrange(p)
				b.until(at(1, 9, 0))
				wantTexts(t, &p.platform, tc.want)
				if x := b.only(); x.Reason != tc.reason || !x.State.Ended() {
					t.Errorf("the delivery is %s: %s", x.State, x.Reason)
				}
				b.put(sections(paper("a", 1, 1), "because"))
				b.until(at(1, 10, 0))
				wantTexts(t, &p.platform, tc.then)
			})
		})
	}
}

// A part in the thread of a message that was removed is left out.
func TestThreadOfAMessageThatWasRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &forgetful{newPress()}
		b := benchOf(t, p, &p.platform, sections(paper("a", 1, 0), "why"))
		b.Subscriptions.Configured[0].Details = compose.Thread
		b.until(at(1, 9, 0))
		x := b.only()
		if p.attempts != 1 || x.State != ledger.Sent || !strings.Contains(x.Reason, "the message that it belongs to was removed") {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
	})
}

// forgetful reports each message as posted and removed.
type forgetful struct{ *press }

func (f *forgetful) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	_, err := f.press.Send(ctx, to, p, key)
	return chat.Receipt{Channel: to}, err
}

// A forum has a thread for every post, so the whole post goes there.
func TestForum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		p.forum = true
		p.fate = func(n int) (bool, error) { return true, map[bool]error{true: errors.New("reset")}[n == 1] }
		b := p.bench(t, paper("a", 1, 1))
		b.until(at(1, 9, 0))
		b.put(paper("a", 1, 2))
		b.until(at(1, 10, 0))
		wantTexts(t, &p.platform, "general:a* general/:a1 general/:a2")
	})
}

func TestPublish(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	limited := &chat.SendError{Outcome: chat.Retryable, RetryAfter: 25 * time.Minute, Err: errors.New("limited")}
	refused := &chat.SendError{Outcome: chat.RejectedChannel, Err: errors.New("nobody may")}
	for name, tc := range map[string]struct {
		fails  int
		err    error
		deeds  string
		reason string
	}{
		"at once":        {0, nil, "publish a, publish a1", ""},
		"in doubt":       {1, errors.New("reset"), "publish a, publish a1", ""},
		"limited":        {1, limited, "publish a, publish a1", ""},
		"limited always": {1000, limited, "", "it was not published: limited"},
		"refused":        {1000, refused, "", "it was not published: nobody may"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, sections(paper("a", 1, 1), "why"))
				b.Subscriptions.Configured[0].Publish = true
				fails := 0
				p.luck = func(string) (bool, error) {
					if fails++; fails <= tc.fails {
						return false, tc.err
					}
					return true, nil
				}
				b.until(at(2, 7, 0))
				wantDeeds(t, p, tc.deeds)
				wantTexts(t, &p.platform, "general:a general:a1")
				if x := b.only(); x.State != ledger.Sent || x.Reason != tc.reason || x.Since.After(at(1, 0, 1)) {
					t.Errorf("the delivery is %s since %s: %q, want %q", x.State, x.Since, x.Reason, tc.reason)
				}
				// A correction publishes what is new, and nothing twice.
				p.luck, p.deeds = nil, nil
				b.put(sections(paper("a", 1, 2), "why"))
				b.until(at(2, 8, 0))
				wantDeeds(t, p, "edit a, publish a2")
			})
		})
	}
}

// Parts in a thread are not published, and nothing is if the platform cannot publish.
func TestPublishOnlyWhatCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, sections(paper("a", 1, 1), "why"))
		b.Subscriptions.Configured[0].Publish, b.Subscriptions.Configured[0].Details = true, compose.Thread
		b.until(at(1, 9, 0))
		wantDeeds(t, p, "publish a")

		plain := newBench(t, &platform{}, paper("a", 1, 1))
		plain.Subscriptions.Configured[0].Publish = true
		plain.until(at(1, 10, 0))
		if x := plain.only(); x.State != ledger.Sent || x.Reason != "" {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
	})
}

// A post that cannot be published yet does not hold up the next one.
func TestPublishHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		p.luck = func(string) (bool, error) {
			return false, &chat.SendError{Outcome: chat.Retryable, RetryAfter: time.Hour, Err: errors.New("limited")}
		}
		b := p.bench(t, paper("a", 1, 0))
		b.Subscriptions.Configured[0].Publish = true
		b.until(at(1, 0, 1))
		x := ledger.NewResend("a", "a", general, "request", "me", time.Now())
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		b.until(at(1, 0, 2))
		wantTexts(t, &p.platform, "general:a general:a")
	})
}

func TestBundle(t *testing.T) {
	general, other := general, chat.Channel{Adapter: "p", ID: "other"}
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("start", 1, 0))
		b.Subscriptions.Configured[0].Bundle, b.Subscriptions.Configured[0].Channels = true, []chat.Channel{general, other}
		b.until(at(1, 12, 0))
		p.posts = nil
		x := ledger.NewResend("b", "b", other, "request", "me", time.Now()) // so that other knows b
		b.add(paper("a", 2, 1), paper("b", 2, 1), paper("c", 2, 1))
		if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		b.until(at(2, 9, 0))
		wantTexts(t, &p.platform, "other:b other:b1 general:+c+b+a other:+c+a general:c1 other:c1 general:b1 other:a1 general:a1")
		if got, want := b.slots(), "2T08:30 posted, 1T08:30 nothing to post"; got != want {
			t.Errorf("slots %q, want %q", got, want)
		}
		p.posts = slices.DeleteFunc(p.posts, func(x message) bool { return x.to == other })
		b.put(with(paper("b", 2, 0), "b1!"), with(paper("a", 2, 0), "a1", "a2"))
		b.until(at(2, 10, 0))
		// The file of b has become another digest, and until it is posted nothing replaces
		// the old one.
		wantTexts(t, &p.platform, "general:+c+b+a general:c1 general:b1 general:a1")
		b.put(paper("b", 2, 1), with(paper("a", 2, 0), "a1", "a2"))
		b.until(at(2, 11, 0))
		wantTexts(t, &p.platform, "general:+c+b+a* general:c1 general:b1 general:a1 general:a2")
	})
}

// Each digest is posted once in a channel, whatever subscriptions owe it and in whatever
// order they are planned.
func TestBundlesThatOverlap(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	names := []string{"all", "some", "single"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("start", 1, 0))
				all := everyMorning(t)
				all.Name, all.Bundle = names[0], true
				some, single := all, all
				some.Name, some.Match = names[1], subscription.Match{Any: []string{"some"}}
				single.Name, single.Match, single.Bundle = names[2], subscription.Match{Any: []string{"single"}}, false
				subscriptions := []subscription.Subscription{all, some, single}
				b.Subscriptions.Configured = nil
				for _, i := range order {
					b.Subscriptions.Configured = append(b.Subscriptions.Configured, subscriptions[i])
				}
				b.until(at(1, 12, 0))
				for id, tags := range map[string][]string{"a": {"some"}, "b": {"some", "single"}, "c": {"single"}, "d": nil, "e": {"some"}} {
					d := paper(id, 2, 1)
					d.Tags = tags
					b.add(d)
				}
				b.until(at(2, 12, 0))
				for _, want := range []string{"a1", "b1", "c1", "d1", "e1"} {
					if n := strings.Count(p.texts(), ":"+want); n != 1 {
						t.Errorf("%s is posted %d times: %q", want, n, p.texts())
					}
				}
				for _, name := range names {
					slots, err := b.Ledger.Slots(t.Context(), name, 1)
					if err != nil || slots[0].Outcome != ledger.SlotPosted && slots[0].Outcome != ledger.SlotNothing {
						t.Errorf("%s: %+v, %v", name, slots, err)
					}
				}
			})
		})
	}
}

func TestBundleOfWhichSomeIsGoneOrFails(t *testing.T) {
	for name, tc := range map[string]struct {
		arrange func(*bench)
		texts   string
		slot    ledger.SlotOutcome
		reason  string
	}{
		"the first is gone": {func(b *bench) {
			b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("a", 2, 1)}))
		}, "general:a general:a1", ledger.SlotPosted, ""},
		"another is gone": {func(b *bench) {
			b.library = digest.Rules{}.NewLibrary(digest.KeepAll([]*digest.Digest{paper("b", 2, 1)}))
		}, "general:b general:b1", ledger.SlotPosted, ""},
		"all are gone": {func(b *bench) { b.library = digest.Rules{}.NewLibrary(nil) }, "", ledger.SlotFailed, "0 of 2 posted; p:general: the digest is no longer in the library"},
		"the post is refused": {func(b *bench) {
			b.platform.fate = func(int) (bool, error) {
				return false, &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("harmful")}
			}
		}, "", ledger.SlotFailed, "0 of 2 posted; p:general: harmful"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				b := p.bench(t, paper("start", 1, 0))
				b.Subscriptions.Configured[0].Bundle = true
				b.until(at(1, 12, 0))
				p.posts = nil
				b.add(paper("a", 2, 1), paper("b", 2, 1))
				time.Sleep(time.Until(at(2, 8, 30)))
				if _, err := b.Planner.Plan(t.Context(), time.Now()); err != nil {
					t.Fatal(err)
				}
				tc.arrange(b)
				b.until(at(2, 12, 0))
				wantTexts(t, &p.platform, tc.texts)
				slots, err := b.Ledger.Slots(t.Context(), "morning", 1)
				if err != nil || slots[0].Outcome != tc.slot || slots[0].Reason != tc.reason {
					t.Errorf("slot %+v, %v, want %s: %s", slots, err, tc.slot, tc.reason)
				}
			})
		})
	}
}

// A digest that goes to a thousand channels in one form is rendered once.
func TestRenderedOnce(t *testing.T) {
	p := newPress()
	b := p.bench(t, paper("a", 1, 2))
	var lanes sync.WaitGroup
	for i := range 1000 {
		x := b.Subscriptions.Configured[0].Dress(ledger.NewDelivery("a", "a", chat.Channel{Adapter: "p", ID: fmt.Sprint(i)}, time.Now()))
		lanes.Go(func() {
			if err := b.Deliverer.Freeze(t.Context(), &x, b.library.ByID("a")); err != nil || len(x.Parts) != 3 {
				t.Errorf("%d parts, %v, want 3", len(x.Parts), err)
			}
		})
	}
	lanes.Wait()
	if p.renders != 1 {
		t.Errorf("rendered %d times, want once", p.renders)
	}
	// Posts that depend on different inputs are made separately.
	for name, change := range map[string]func(*subscription.Subscription){
		"style":    func(s *subscription.Subscription) { s.Style = compose.Brief },
		"language": func(s *subscription.Subscription) { s.Language = "zh" },
		"mention":  func(s *subscription.Subscription) { s.Mention = map[string][]string{"p": {"1"}} },
		"picture":  func(s *subscription.Subscription) { s.Picture = true },
		"details":  func(s *subscription.Subscription) { s.Details = compose.Nowhere },
	} {
		s, was := b.Subscriptions.Configured[0], p.renders
		change(&b.Subscriptions.Configured[0])
		x := b.Subscriptions.Configured[0].Dress(ledger.NewDelivery("a", "a", general, time.Now()))
		if err := b.Deliverer.Freeze(t.Context(), &x, b.library.ByID("a")); err != nil || p.renders != was+1 {
			t.Errorf("another %s: rendered %d times, %v, want once", name, p.renders-was, err)
		}
		b.Subscriptions.Configured[0] = s
	}
	was := p.renders
	b.put(with(paper("a", 1, 0), "b"))
	x := b.Subscriptions.Configured[0].Dress(ledger.NewDelivery("a", "a", general, time.Now()))
	if err := b.Deliverer.Freeze(t.Context(), &x, b.library.ByID("a")); err != nil || p.renders != was+1 || string(x.Parts[1].Payload) != "b" {
		t.Errorf("another library: rendered %d times, %v, want once", p.renders-was, err)
	}
}

func TestRepeats(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	story := func(headline, source string) digest.Story {
		return digest.Story{Headline: headline, Sources: []digest.Source{{URL: "https://example.org/" + source}}}
	}
	for _, tc := range []struct {
		how        subscription.Repeats
		here, away string
	}{
		{subscription.ShowRepeats, "b old new", "b old new"},
		{"", "b old new", "b old new"},
		{subscription.MarkRepeats, "b old↻https://p/a new", "b old↻ new"},
		{subscription.HideRepeats, "b* new", "b old new"},
	} {
		t.Run(string(tc.how), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPress()
				a, b := paper("a", 1, 0), paper("b", 2, 0)
				a.Stories = []digest.Story{story("first", "1")}
				b.Stories = []digest.Story{story("old", "1"), story("new", "2")}
				bench := p.bench(t, a)
				s := &bench.Subscriptions.Configured[0]
				s.Repeats, s.RepeatsWithin = tc.how, 48*time.Hour
				bench.until(at(1, 12, 0))
				wantTexts(t, &p.platform, "general:a general:first")
				p.posts = p.posts[:1]
				other := *s // begins too late for a
				other.Name, other.Channels, other.StartLatest = "other", []chat.Channel{{Adapter: "p", ID: "other"}}, false
				bench.Subscriptions.Configured = append(bench.Subscriptions.Configured, other)
				bench.until(at(1, 13, 0))
				bench.add(b)
				bench.until(at(2, 9, 0))
				want := "general:a"
				away := strings.Fields(strings.ReplaceAll(prefixed(tc.away), "general", "other"))
				for i, here := range strings.Fields(prefixed(tc.here)) { // alternating
					want += " " + here + " " + away[i]
				}
				want = strings.Join(append(strings.Fields(want), away[len(strings.Fields(tc.here)):]...), " ")
				wantTexts(t, &p.platform, want)
			})
		})
	}
}

// A repeat of a story from a bundle links to that post.
func TestRepeatOfABundle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		b := p.bench(t, paper("start", 1, 0))
		s := &b.Subscriptions.Configured[0]
		s.Bundle, s.Repeats, s.RepeatsWithin = true, subscription.MarkRepeats, 72*time.Hour
		b.until(at(1, 12, 0))
		source := []digest.Source{{URL: "https://example.org/1"}}
		first, second := paper("a", 2, 1), paper("b", 3, 1)
		first.Stories[0].Sources, second.Stories[0].Sources = source, source
		b.add(first, paper("z", 2, 1))
		b.until(at(2, 12, 0))
		b.add(second)
		b.until(at(3, 12, 0))
		wantTexts(t, &p.platform, "general:start general:+z+a general:z1 general:a1 general:b general:b1↻https://p/+z+a")
	})
}

// A part that was in doubt when the adapter lost its token is still in doubt when the token
// is back.
func TestDoubtOutlastsAnAdapterThatIsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPress()
		p.fate = func(n int) (bool, error) {
			p.caps.Off = "no token"
			return true, errors.New("reset")
		}
		b := p.bench(t, paper("a", 1, 0))
		b.until(at(1, 1, 0))
		if x := b.only(); x.State != ledger.InDoubt || x.Reason != "p is off: no token" {
			t.Errorf("the delivery is %s: %s", x.State, x.Reason)
		}
		p.caps.Off, p.fate = "", nil
		b.until(at(1, 2, 0))
		wantTexts(t, &p.platform, "general:a")
		if x := b.only(); x.State != ledger.Sent || p.attempts != 1 {
			t.Errorf("after %d attempts the delivery is %s: %s", p.attempts, x.State, x.Reason)
		}
	})
}
