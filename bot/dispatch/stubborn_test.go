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
)

// wall is a platform that fails on long payloads each time, and can halve them.
type wall struct {
	doors
	limit  int
	halves bool
	keys   map[chat.Key]string
	t      *testing.T
}

func (w *wall) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if before, ok := w.keys[key]; ok && before != string(p) {
		w.t.Errorf("key %s was of %q and is of %q", key, before, p)
	}
	w.keys[key] = string(p)
	if to != admins && len(p) > w.limit {
		w.attempts++
		return chat.Receipt{}, errors.New("500: Internal Server Error")
	}
	return w.doors.Send(ctx, to, p, key)
}

func (w *wall) Split(p chat.Payload) []chat.Payload {
	if !w.halves {
		return nil
	}
	return []chat.Payload{p[:len(p)/2], p[len(p)/2:]}
}

// What the platform fails on each time is laid out smaller once, with keys of its
// own, before what is behind it; if that does not help it is held, and the admins
// are told.
func TestStubborn(t *testing.T) {
	const words = "abcdefghijkl"
	for _, test := range []struct {
		limit   int
		halves  bool
		others  bool // something else is posted meanwhile
		within  time.Duration
		want    string
		state   ledger.State
		attempt int // at most
	}{
		{8, true, true, 10 * time.Minute, "general:a general:abcdef general:ghijkl general:a2", ledger.Sent, 20},
		{8, true, false, 2 * time.Hour, "general:a general:abcdef general:ghijkl general:a2", ledger.Sent, 40},
		{5, true, true, 4 * time.Hour, "general:a", ledger.Held, 50},
		{8, false, true, 4 * time.Hour, "general:a", ledger.Held, 40},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wall{limit: test.limit, halves: test.halves, keys: map[chat.Key]string{}, t: t}
				w.caps = chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}
				d := paper("a", 1, 2)
				d.Stories[0].Headline = words
				b := benchOf(t, w, &w.platform, d)
				b.Admin = admins
				end := time.Now().Add(test.within)
				for i := 0; time.Now().Before(end); i++ {
					b.until(time.Now().Add(time.Minute))
					if test.others {
						x, err := ledger.NewNotice(chat.Channel{Adapter: "p", ID: "other"}, "n", []chat.Payload{chat.Payload("n")}, time.Now(), fmt.Sprint(i))
						if err != nil {
							t.Fatal(err)
						}
						if _, err := b.Ledger.Plan(t.Context(), x); err != nil {
							t.Fatal(err)
						}
					}
				}
				var posts []string
				for _, x := range w.posts {
					if x.to == general {
						posts = append(posts, "general:"+x.text)
					}
				}
				if got := strings.Join(posts, " "); got != test.want {
					t.Errorf("posted %q, want %q", got, test.want)
				}
				all, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "a"})
				if err != nil || len(all) != 1 {
					t.Fatalf("%+v, %v", all, err)
				}
				x := all[0]
				if x.State != test.state || x.Halved() != test.halves {
					t.Errorf("the delivery is %s, halved %t: %s", x.State, x.Halved(), x.Reason)
				}
				if test.halves && (x.Parts[1].State != ledger.Split || !strings.Contains(x.Parts[1].Reason, "500")) {
					t.Errorf("the part is %s: %s", x.Parts[1].State, x.Parts[1].Reason)
				}
				if held := strings.Count(told(&w.platform), "is held"); (held == 1) != (test.state == ledger.Held) || held > 1 {
					t.Errorf("told %d times that it is held: %s", held, told(&w.platform))
				}
				attempts := 0
				for _, p := range x.Parts {
					attempts += p.Attempts
				}
				if attempts > test.attempt {
					t.Errorf("%d attempts, want at most %d", attempts, test.attempt)
				}
			})
		})
	}
}

// A platform that takes nothing for a while is not one that fails on a part:
// what it does not take then is neither held nor laid out smaller soon.
func TestAnOutageSplitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wall{limit: 0, halves: true, keys: map[chat.Key]string{}, t: t}
		w.caps = chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}
		b := benchOf(t, w, &w.platform, paper("a", 1, 2))
		b.until(time.Now().Add(10 * time.Minute))
		w.limit = 100
		b.until(time.Now().Add(time.Hour))
		wantTexts(t, &w.platform, "general:a general:a1 general:a2")
	})
}
