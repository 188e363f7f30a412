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

// wall is a platform that fails on long payloads each time.
type wall struct {
	doors
	limit int
}

func (w *wall) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	if to != admins && len(p) > w.limit {
		return chat.Receipt{}, errors.New("500: Internal Server Error @everyone")
	}
	return w.doors.Send(ctx, to, p, key)
}

// A part on which the platform fails each time while it accepts other posts is held, and
// the admins get one notice. A platform that accepts nothing has an outage: then nothing is
// held.
func TestStubborn(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, test := range []struct {
		others bool // something else is posted in the meantime
		state  ledger.State
	}{
		{true, ledger.Held},
		{false, ledger.InDoubt},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wall{limit: 5}
				w.caps = chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}
				d := paper("a", 1, 2)
				d.Stories[0].Headline = "abcdefghijkl"
				b := benchOf(t, w, &w.platform, d)
				b.Notices.Admin = admins
				end := time.Now().Add(4 * time.Hour)
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
						posts = append(posts, x.text)
					}
				}
				if got := strings.Join(posts, " "); got != "a" {
					t.Errorf("posted %q, want the first part alone", got)
				}
				all, err := b.Ledger.List(t.Context(), ledger.Query{Digest: "a"})
				if err != nil || len(all) != 1 {
					t.Fatalf("%+v, %v", all, err)
				}
				x := all[0]
				if x.State != test.state || !strings.Contains(x.Reason+x.Parts[1].Reason, "500") {
					t.Errorf("the delivery is %s: %s", x.State, x.Reason)
				}
				held := 0
				if test.state == ledger.Held {
					held = 1
				}
				if n := strings.Count(told(&w.platform), "is held"); n != held {
					t.Errorf("told %d times that it is held: %s", n, told(&w.platform))
				}
				if n := x.Parts[1].Attempts; n < manyAttempts || n > 60 {
					t.Errorf("%d attempts", n)
				}
			})
		})
	}
}

// manyAttempts is the number of attempts after which a part is held.
const manyAttempts = 10

// A post that waited out an outage is made when the platform accepts posts again.
func TestAnOutageHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wall{limit: 0}
		w.caps = chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}
		b := benchOf(t, w, &w.platform, paper("a", 1, 2))
		b.until(time.Now().Add(10 * time.Minute))
		w.limit = 100
		b.until(time.Now().Add(time.Hour))
		wantTexts(t, &w.platform, "general:a general:a1 general:a2")
	})
}
