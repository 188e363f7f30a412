package command

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

// posts adds a posted delivery of a digest to general.
func (r *room) posts(id, url string, planned time.Time) {
	r.t.Helper()
	x := ledger.NewResend(id, id, general, url, "x", planned)
	if err := x.Freeze([]chat.Payload{chat.Payload(`{}`)}); err != nil {
		r.t.Fatal(err)
	}
	x.Posted(chat.Receipt{Channel: general, ID: url, URL: url}, planned)
	if _, err := r.Ledger.Plan(r.t.Context(), x); err != nil {
		r.t.Fatal(err)
	}
}

func TestListsLinkToTheMessageInTheChannel(t *testing.T) {
	r := newRoom(t)
	link := func(line string) (url string) {
		r.limiter = rateLimiter{}
		for _, b := range r.Handle(t.Context(), chat.Request{Channel: general, User: reader, Line: line}).Blocks {
			if p, ok := b.(chat.Paragraph); ok && p.Title == "今天" {
				url = p.Text[len(p.Text)-1].URL
			}
		}
		return url
	}
	if got, want := link("/digest tag AI"), "https://site.example/a.html"; got != want {
		t.Errorf("what was not posted is linked to %q, want the site %q", got, want)
	}
	now := time.Now()
	r.posts("2026-01-21-tech", "https://chat.example/1", now)
	if got, want := link("/digest tag AI"), "https://chat.example/1"; got != want {
		t.Errorf("what was posted is linked to %q, want %q", got, want)
	}
	r.posts("2026-01-21-tech", "https://chat.example/2", now.Add(time.Second))
	if got, want := link("/digest search 头条"), "https://chat.example/2"; got != want {
		t.Errorf("what was posted twice is linked to %q, want the later %q", got, want)
	}
	elsewhere := r.Handle(t.Context(), chat.Request{Channel: chat.Channel{Adapter: "web", ID: "other"}, User: reader, Line: "/digest tag AI", Locale: "en"})
	if got := words(elsewhere); strings.Contains(got, "posted here") {
		t.Errorf("another channel is told %q", got)
	}
}

func TestManyQuestionsAtOnce(t *testing.T) {
	r := newRoom(t)
	synctest.Test(t, func(t *testing.T) {
		says := func(u chat.User, line string) string {
			return words(r.Handle(context.Background(), chat.Request{Channel: general, User: u, Line: line}))
		}
		const slow = "That is a lot at once."
		for i := range burst {
			if got := says(reader, "/digest help"); strings.Contains(got, slow) {
				t.Fatalf("question %d is answered %q", i+1, got)
			}
		}
		if got := says(reader, "/digest help"); !strings.Contains(got, slow) {
			t.Errorf("question %d is answered %q", burst+1, got)
		}
		if got := says(admin, "/digest help"); strings.Contains(got, slow) {
			t.Errorf("somebody else is answered %q", got)
		}
		time.Sleep(interval)
		if got := says(reader, "/digest help"); strings.Contains(got, slow) {
			t.Errorf("after a while the answer is %q", got)
		}
		for range burst {
			says(admin, "/digest help")
		}
		if got := says(admin, "/digest help"); strings.Contains(got, slow) {
			t.Errorf("an admin who asks that much is answered %q", got)
		}
	})
}

// large returns a desk over a library with a number of digests and tags.
func large(b *testing.B, digests, tags int) *Desk {
	b.Helper()
	var all []*digest.Digest
	day := time.Date(2026, 1, 21, 0, 0, 0, 0, time.UTC)
	for i := range digests {
		d := &digest.Digest{Card: digest.Card{ID: fmt.Sprintf("%06d-tech", i), Title: "科技动态", Date: day.AddDate(0, 0, -i/4), Tags: []string{"AI"}, Categories: []string{"tech"}}}
		for j := range 4 {
			d.Tags = append(d.Tags, fmt.Sprintf("tag %d of-%d", (i*4+j)%tags, (i*4+j)%tags%17))
		}
		for j := range 8 {
			d.Stories = append(d.Stories, digest.Story{Headline: fmt.Sprintf("头条 number %d of %d", j, i),
				Sources: []digest.Source{{URL: fmt.Sprintf("https://n%d.site%d.example/%d", i%50, j%20, i)}}})
		}
		all = append(all, d)
	}
	l := digest.Rules{}.NewLibrary(digest.KeepAll(all))
	if got := len(l.Tags()); got < tags {
		b.Fatalf("there are %d tags, want %d", got, tags)
	}
	return &Desk{
		Library: func() *digest.Library { return l },
		Serving: func(chat.Channel) (subscription.Subscription, bool) { return subscription.Subscription{}, false },
		Log:     slog.New(slog.DiscardHandler),
	}
}

// BenchmarkSuggest completes what people type, over 5,000 tags and 10,000
// digests.
func BenchmarkSuggest(b *testing.B) {
	d := large(b, 10_000, 5000)
	d.Learn()
	for _, line := range []string{"/digest tag ", "/digest tag t", "/digest tag 49", "/digest tag zzz", "/digest tag AI -tag 4", "/digest tag a b c d e f g h", "/digest source site1", "/digest story 99", "/digest date 2025", "/digest details 99", "/digest latest t"} {
		b.Run(strings.ReplaceAll(strings.TrimPrefix(line, "/digest "), " ", "_"), func(b *testing.B) {
			for b.Loop() {
				d.Suggest(b.Context(), chat.Request{Channel: general, Line: line})
			}
		})
	}
}

// BenchmarkAnswer answers a tag.
func BenchmarkAnswer(b *testing.B) {
	r := large(b, 10_000, 5000)
	r.Ledger = noPosts{}
	i := 0
	r.Handle(b.Context(), chat.Request{Channel: general, Line: "/digest tag AI"})
	for b.Loop() {
		i++
		r.Handle(b.Context(), chat.Request{Channel: general, User: chat.User{ID: fmt.Sprint(i % 1000)}, Line: "/digest tag AI"})
		if i%1000 == 0 {
			r.limiter = rateLimiter{}
		}
	}
}

// noPosts is a ledger of a channel without posts.
type noPosts struct{ ledger.Ledger }

func (noPosts) List(context.Context, ledger.Query) ([]ledger.Delivery, error) { return nil, nil }

// A request that needs only the library is answered, even while the ledger is unreachable.
func TestCommandsWithoutTheLedger(t *testing.T) {
	well, away := newRoom(t), newRoom(t)
	if err := away.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"/digest help", "/digest help tag", "/digest latest", "/digest latest tech", "/digest today", "/digest tags", "/digest tags c",
		"/digest tag AI", "/digest tag Cloud Native", "/digest tag @everyone", "/digest tag <!channel>", "/digest search 头条", "/digest search 👩‍👩‍👧",
		"/digest source example.org", "/digest source", "/digest date 2026-01-21", "/digest date 2026-01-25",
		"/digest story 2026-01-21-tech", "/digest story 2026-01-21-tech#1", "/digest story 头条", "/digest story nothing of the kind",
		"/digest details", "/digest details 2026-01-21-tech", "/digest details " + farAway, "/digest details @everyone", "/digest details ~aaaaaaaaaa",
	} {
		want := well.says(reader, line)
		if got := away.says(reader, line); got != want {
			t.Errorf("%s is answered with %q, want %q", line, got, want)
		}
	}
	if got := away.log.String(); !strings.Contains(got, "no links to posts") || strings.Contains(got, "ERROR") {
		t.Errorf("logged %s", got)
	}
	if got := away.says(reader, "/digest following"); !strings.Contains(got, "Sorry") {
		t.Errorf("what only the ledger knows is answered with %q", got)
	}
}

// tardy is a ledger that answers too late, like a database behind a pooler that holds back
// what it cannot forward.
type tardy struct{ ledger.Ledger }

func (tardy) List(ctx context.Context, _ ledger.Query) ([]ledger.Delivery, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (tardy) Known(ctx context.Context, _ []chat.Channel, _ ...string) ([]map[string]ledger.Known, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (tardy) Revision(ctx context.Context) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// The answer comes before platforms stop waiting, even while the engine waits for the
// ledger.
func TestTheLedgerHoldsUpNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well, slow := newRoom(t), newRoom(t)
		slow.Ledger = tardy{slow.Ledger}
		slow.Dispatch = dispatch.New(dispatch.Options{
			Ledger: slow.Ledger, Adapters: map[string]chat.Adapter{"web": &stage{}}, Library: func() *digest.Library { return slow.Library() }, Log: slow.Log,
		})
		slow.Dispatch.Planner.Shared = true
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = slow.Dispatch.Subscriptions.Refresh(ctx) }() // as the engine does, for as long as it runs
		synctest.Wait()
		for _, line := range []string{"/digest tag AI", "/digest search 头条", "/digest details 2026-01-21-tech", "/digest details @everyone", "/digest story nothing of the kind"} {
			began := time.Now()
			if got, want := slow.says(reader, line), well.says(reader, line); got != want || time.Since(began) > 2*time.Second {
				t.Errorf("%s: got %q after %v, want %q", line, got, time.Since(began), want)
			}
		}
		stop()
	})
}
