package local_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/engine/local"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/digest"
)

// line is a platform that records the order in which parts begin to be sent. A payload is
// its number, and the total.
type line struct {
	*platform
	takes time.Duration
	limit map[string]bool // channels that report a rate limit once

	mu   sync.Mutex
	sent []sent
}

type sent struct {
	to   chat.Channel
	part string
}

func (l *line) Send(_ context.Context, to chat.Channel, p chat.Payload, _ chat.Key) (chat.Receipt, error) {
	l.mu.Lock()
	limited := l.limit[to.ID]
	if delete(l.limit, to.ID); !limited {
		l.sent = append(l.sent, sent{to, string(p)})
	}
	l.mu.Unlock()
	if limited {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, RetryAfter: 10 * time.Minute, Err: fmt.Errorf("slow down")}
	}
	time.Sleep(l.takes)
	return chat.Receipt{Channel: to, ID: "1"}, nil
}

func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sent)
}

// in returns the parts that were sent to a channel.
func (l *line) in(channel string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, s := range l.sent {
		if s.to.ID == channel {
			out = append(out, s.part)
		}
	}
	return strings.Join(out, " ")
}

// owe plans a delivery with a number of parts to a channel.
func owe(t testing.TB, l ledger.Ledger, channel string, digest string, parts int) ledger.Delivery {
	x := ledger.NewDelivery(digest, digest, chat.Channel{Adapter: "p", ID: channel}, time.Now())
	payloads := make([]chat.Payload, parts)
	for i := range payloads {
		payloads[i] = chat.Payload(fmt.Sprint(i+1, "/", parts))
	}
	if err := x.Freeze(payloads); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Plan(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	return x
}

// over returns a new ledger and an engine over it, which does not run yet.
func over(t testing.TB, file string, a chat.Adapter) (ledger.Ledger, *local.Engine) {
	l, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	d := dispatch.New(dispatch.Options{
		Ledger: l, Adapters: map[string]chat.Adapter{"p": a}, Log: slog.New(slog.DiscardHandler),
		Library: func() *digest.Library { return digest.Rules{}.NewLibrary(nil) },
	})
	return l, local.New(d, d.Deliverer.Log)
}

// workers is how many channels are served at a time: that many may be one step behind the
// others.
const workers = 16

// Part 1 goes to all channels before part 2 goes to any, whatever lengths the deliveries
// have, and each channel gets its parts in order. A rate-limited channel holds up no other,
// and gets all of its parts afterwards.
func TestRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 0))
		lengths := []int{20}
		for range 40 + rng.IntN(20) {
			lengths = append(lengths, 1+rng.IntN(4))
		}
		limited := rng.IntN(len(lengths))
		folder := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			p := &line{platform: &platform{}, takes: 100 * time.Millisecond, limit: map[string]bool{fmt.Sprint(limited): true}}
			l, e := over(t, filepath.Join(folder, "ledger.db"), p)
			for i, n := range lengths {
				owe(t, l, fmt.Sprint(i), "a", n)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { e.Run(ctx); close(ended) }()
			time.Sleep(8 * time.Minute)
			before := p.count()
			time.Sleep(8 * time.Minute)
			stop()
			<-ended
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if all := sum(lengths) - lengths[limited]; before != all {
				t.Errorf("%d parts were sent while one channel was limited, want %d", before, all)
			}
			for i, n := range lengths {
				var want []string
				for k := range n {
					want = append(want, fmt.Sprint(k+1, "/", n))
				}
				if got := p.in(fmt.Sprint(i)); got != strings.Join(want, " ") {
					t.Errorf("channel %d has %q, want %q", i, got, want)
				}
			}
			highest, late := 0, map[int]int{} // by round: parts of an earlier one that came after its first
			for _, s := range p.sent[:before] {
				var part, of int
				_, _ = fmt.Sscanf(s.part, "%d/%d", &part, &of)
				highest = max(highest, part)
				for round := part + 1; round <= highest; round++ {
					if late[round]++; late[round] > workers {
						t.Fatalf("seed %d: more than %d parts went behind the first of round %d: %v", seed, workers, round, p.sent)
					}
				}
			}
		})
	}
}

func sum(all []int) (n int) {
	for _, x := range all {
		n += x
	}
	return n
}

// A delivery that arrives while a long one is in progress goes before the next part of
// that.
func TestWhatComesLaterGoesBeforeLaterParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &line{platform: &platform{}, takes: time.Second}
		l, e := over(t, filepath.Join(t.TempDir(), "ledger.db"), p)
		for i := range 3 * workers {
			owe(t, l, fmt.Sprint(i), "a", 40)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { e.Run(ctx); close(ended) }()
		time.Sleep(30 * time.Second)
		owe(t, l, "late", "b", 2)
		time.Sleep(4 * time.Second)
		if got := p.in("late"); got != "1/2 2/2" {
			t.Errorf("after some seconds the channel that came late has %q", got)
		}
		stop()
		<-ended
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// counting is a ledger that counts queries for what is due.
type counting struct {
	ledger.Ledger
	looks atomic.Int64
}

func (c *counting) Due(ctx context.Context, now time.Time) ([]ledger.Turn, error) {
	c.looks.Add(1)
	return c.Ledger.Due(ctx, now)
}

// However many deliveries end, the ledger is queried for what is due only a few times a
// second.
func TestLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &line{platform: &platform{}, takes: 20 * time.Millisecond}
		l, _ := over(t, filepath.Join(t.TempDir(), "ledger.db"), p)
		for i := range 400 {
			owe(t, l, fmt.Sprint(i), "a", 1)
		}
		c := &counting{Ledger: l}
		d := dispatch.New(dispatch.Options{Ledger: c, Adapters: map[string]chat.Adapter{"p": p}, Log: slog.New(slog.DiscardHandler),
			Library: func() *digest.Library { return digest.Rules{}.NewLibrary(nil) }})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { local.New(d, d.Deliverer.Log).Run(ctx); close(ended) }()
		time.Sleep(time.Second)
		if sent, looks := p.count(), c.looks.Load(); sent != 400 || looks > 25 {
			t.Errorf("%d parts were sent and the ledger was asked %d times in a second", sent, looks)
		}
		stop()
		<-ended
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Waiting channels take little memory: their deliveries are read when it is their turn.
func TestManyChannelsWait(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	file := filepath.Join(t.TempDir(), "ledger.db")
	p := &line{platform: &platform{}}
	l, e := over(t, file, p)
	payload := chat.Payload(strings.Repeat("x", 8000))
	var all []ledger.Delivery
	for i := range 2000 {
		x := ledger.NewDelivery("a", "a", chat.Channel{Adapter: "p", ID: fmt.Sprint(i)}, time.Now())
		if err := x.Freeze([]chat.Payload{payload, payload}); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	for some := range slices.Chunk(all, 1000) {
		if _, err := l.Plan(t.Context(), some...); err != nil {
			t.Fatal(err)
		}
	}
	p.takes = 20 * time.Millisecond
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { e.Run(ctx); close(ended) }()
	for p.count() < 100 {
		time.Sleep(5 * time.Millisecond)
		peak = max(peak, heap())
	}
	stop()
	<-ended
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if grown := max(peak, before) - before; grown > 16<<20 {
		t.Errorf("%d MB were needed for %d MB that are owed", grown>>20, 2*2000*len(payload)>>20)
	}
}
