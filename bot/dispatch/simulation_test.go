package dispatch_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose"
	"github.com/digestbot/digestbot/bot/deliver"
	"github.com/digestbot/digestbot/bot/dispatch"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/schedule"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/digest"
)

var (
	seeds = flag.Int("seeds", histories(), "how many histories are simulated (DIGESTBOT_SEEDS)")
	first = flag.Uint64("first", 1, "the first seed; 0 for one that nobody knows")
	seed  = flag.Uint64("seed", 0, "simulate this seed alone, and say what happens")
)

// histories returns the number of histories from the environment, else some hundreds.
func histories() int {
	if n, err := strconv.Atoi(os.Getenv("DIGESTBOT_SEEDS")); err == nil {
		return n
	}
	return 500
}

// TestSimulation runs many histories of some days each, in which responses are lost before
// and after the post, arrive late or not at all, every class of refusal occurs, channels
// and accounts are closed for hours, history shows posts late or cannot be read, the clock
// is set, files are moved and copied, and the process dies anywhere. The rules for each are
// in history.judge.
//
// A seed that fails is printed; -seed replays it.
func TestSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	simulate(t, *seeds, (*history).run, slices.Concat(always, alone))
}

// simulate runs histories from the first seed on, in which all of bites have to happen, or
// the history of one seed alone.
func simulate(t *testing.T, seeds int, run func(*history), bites []string) {
	if *seed != 0 {
		live(t, *seed, slog.New(slog.NewTextHandler(os.Stdout, nil)), tally{}, run)
		return
	}
	from := *first
	if from == 0 {
		from = rand.Uint64()
	}
	began := time.Now()
	var next atomic.Uint64
	sums := []tally{{}, {}}
	t.Run("histories", func(t *testing.T) {
		for i, sum := range sums {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for n := next.Add(1); n <= uint64(seeds) && !t.Failed(); n = next.Add(1) {
					live(t, from+n-1, slog.New(slog.DiscardHandler), sum, run)
				}
			})
		}
	})
	sums[0].add(sums[1])
	for _, what := range bites {
		if sums[0][what] == 0 {
			t.Errorf("no history had %s: the test does not bite", what)
		}
	}
	t.Logf("%d histories from seed %d, %.0f a second: %v", seeds, from, float64(seeds)/time.Since(began).Seconds(), sums[0])
}

// TestDeathAtEveryAwait ends the process at each point of a history at which it waits for a
// ledger or a platform, one after the other.
func TestDeathAtEveryAwait(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for _, seed := range []uint64{1, 2} {
		for at := 1; ; at++ {
			lived := false
			synctest.Test(t, func(t *testing.T) {
				h := newHistory(t, seed, slog.New(slog.DiscardHandler), tally{})
				h.deaths, h.dieAt = 0, at
				h.run()
				lived = h.awaits < at
			})
			if t.Failed() {
				t.Fatalf("seed %d, death at await %d", seed, at)
			}
			if lived {
				if at < 100 {
					t.Errorf("seed %d has only %d awaits: the test does not bite", seed, at)
				}
				break
			}
		}
	}
}

// tally counts events, to prove that they happened.
type tally map[string]int

func (t tally) add(o tally) {
	for what, n := range o {
		t[what] += n
	}
}

// always are the events in the histories of one process and of several; alone are those in
// histories of one process only.
var (
	always = []string{
		"posts", "deaths", "lost answers", "late arrivals", "hanging requests", "limits", "refused payloads", "closed doors", "unreadable histories",
		"histories that lag", "held parts", "releases", "parts that the platform fails on each time", "bugs", "posts of days that were to come",
		"days without news", "files that were moved",
	}
	alone = []string{"clocks that were set", "channels that were corrected", "backlogs that were abandoned"}
)

// live runs one history.
func live(t *testing.T, seed uint64, log *slog.Logger, sum tally, run func(*history)) {
	name, _, _ := strings.Cut(t.Name(), "/")
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("seed %d failed; replay it with: go test ./bot/dispatch -run '%s$' -seed %d", seed, name, seed)
			}
		}()
		run(newHistory(t, seed, log, sum))
	})
}

// history is a world and what happens in it.
type history struct {
	t   *testing.T
	rng *rand.Rand
	log *slog.Logger
	sum tally

	*dispatch.Dispatcher
	subscriptions []subscription.Subscription
	adapters      map[string]chat.Adapter
	seas          []*sea
	memory        *memory
	files         []*digest.Digest
	library       *digest.Library // made from the files
	libraries     []filed         // the last one is the current library
	arrivals      []arrival
	moves         int // number of files that may still be moved or copied
	// calm is when nothing goes wrong any more.
	calm time.Time
	// deaths is how many random deaths may still happen, dieAt is where one certainly
	// happens, and awaits is the current position.
	deaths, dieAt, awaits int
	// unsaved counts outcomes of attempts on the quiet channel that could not be saved:
	// each is settled by one more attempt.
	unsaved int
	clocks  int
	poison  bool // one platform never accepts a certain part
	heavy   bool // it fails on another part each time, until two days after calm
	ahead   bool // a digest of the next day arrives
	// renamed is when the id of the first channel is corrected, with a restart; zero for never.
	renamed time.Time
	wrong   chat.Channel // its previous value
	leave   []chat.Key   // what was owed there and had not begun then
}

// filed is a library with the time from which it is current.
type filed struct {
	at      time.Time
	library *digest.Library
}

// arrival is a digest that is added to the library.
type arrival struct {
	at time.Time
	d  *digest.Digest
}

// morning is the schedule of all histories.
var morning = sync.OnceValue(func() *schedule.Schedule {
	s, err := schedule.Parse("30 8 * * *", time.UTC)
	if err != nil {
		panic(err)
	}
	return s
})

func newHistory(t *testing.T, seed uint64, log *slog.Logger, sum tally) *history {
	time.Sleep(8 * time.Hour) // half an hour before the slot
	h := &history{t: t, rng: rand.New(rand.NewPCG(seed, 0)), log: log, sum: sum, memory: newMemory(), adapters: map[string]chat.Adapter{}}
	h.calm = time.Now().Add(time.Duration(h.rng.Int64N(int64(16 * time.Hour))))
	h.deaths, h.clocks, h.poison = h.rng.IntN(5), h.rng.IntN(3), h.rng.IntN(8) == 0
	h.heavy = seed%8 == 5
	// One recognises keys, one has only a history that lags by up to 25 s, and on the
	// third, which never fails, people must not notice anything.
	window := h.sea("window", chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second, Gap: time.Second}, 3*time.Second)
	lagging := h.sea("lagging", chat.Capabilities{Settle: 25 * time.Second, Looks: 3, Gap: time.Second}, 25*time.Second)
	lagging.late = 40 * time.Second
	quiet := h.sea("quiet", chat.Capabilities{DedupWindow: 2 * time.Minute, Settle: 20 * time.Second}, 0)
	quiet.calm = true
	h.seas = []*sea{window, lagging, quiet}
	s := subscription.Subscription{Name: "morning", Schedule: morning(), Zone: time.UTC, Wait: 2 * time.Hour, MaxAge: 48 * time.Hour,
		StartLatest: true, Bundle: h.rng.IntN(4) == 0, Look: compose.Look{Style: compose.Full}}
	for _, sea := range []*sea{window, lagging} {
		for i := range 1 + h.rng.IntN(2) {
			s.Channels = append(s.Channels, chat.Channel{Adapter: sea.name, ID: fmt.Sprint(i)})
		}
	}
	s.Channels = append(s.Channels, chat.Channel{Adapter: "quiet", ID: "0"})
	h.subscriptions = []subscription.Subscription{s}
	for _, sea := range h.seas[:2] {
		sea.close(s.Channels)
	}
	h.file(paper("start", 1, 1))
	h.moves = h.rng.IntN(6)
	for i := range h.rng.IntN(3) {
		h.arrivals = append(h.arrivals, arrival{time.Now().Add(h.upTo(2 * time.Hour)), paper(fmt.Sprint("d", i), 1, h.rng.IntN(3))})
	}
	if h.ahead = h.rng.IntN(4) == 0; h.ahead {
		h.arrivals = append(h.arrivals, arrival{time.Now().Add(h.upTo(2 * time.Hour)), paper("ahead", 2, 1)})
	}
	if h.rng.IntN(4) == 0 {
		h.arrivals = append(h.arrivals, arrival{time.Now().Add(h.upTo(2 * time.Hour)), withoutNews("quiet", 1)})
	}
	slices.SortFunc(h.arrivals, func(a, b arrival) int { return a.at.Compare(b.at) })
	if h.rng.IntN(4) == 0 {
		h.renamed, h.wrong = time.Now().Add(h.upTo(6*time.Hour)), s.Channels[0]
	}
	return h
}

func (h *history) upTo(d time.Duration) time.Duration { return time.Duration(h.rng.Int64N(int64(d))) }

// chance returns true once in n times, until calm.
func (h *history) chance(n int) bool { return time.Now().Before(h.calm) && h.rng.IntN(n) == 0 }

// start starts a process.
func (h *history) start() {
	h.Dispatcher = dispatch.New(dispatch.Options{
		Ledger: &mortal{h.memory, h}, Adapters: h.adapters, Subscriptions: h.subscriptions, Log: h.log,
		Library: func() *digest.Library { return h.library }, Admin: chat.Channel{Adapter: "quiet", ID: "admins"},
	})
}

// await is a point at which the process may die.
func (h *history) await() {
	h.awaits++
	if h.awaits == h.dieAt || h.deaths > 0 && h.chance(60) {
		h.deaths--
		die()
	}
}

// run runs the history with one process, and judges it.
func (h *history) run() {
	h.start()
	end := time.Now().Add(12 * 24 * time.Hour)
	for time.Now().Before(end) {
		again, died := h.drive()
		if died {
			h.sum["deaths"]++
			h.log.Info("death", "await", h.awaits)
			h.sleep([]time.Duration{0, time.Second, time.Minute, 10 * time.Minute, time.Hour}[h.rng.IntN(5)])
			h.start()
			continue
		}
		if !h.renamed.IsZero() && !time.Now().Before(h.renamed) {
			h.rename()
			continue
		}
		rest, waiting := h.rest(again)
		if h.ahead && time.Now().Before(at(2, 8, 40)) {
			waiting = true // for its day
		}
		if !waiting && h.renamed.IsZero() && len(h.arrivals) == 0 && time.Now().After(h.calm) {
			if slots, _ := h.memory.Running(context.Background(), "morning"); len(slots) == 0 && !h.decide() {
				break
			}
		}
		if h.clocks > 0 && waiting && h.chance(20) {
			h.setClock()
		}
		if h.moves > 0 && h.rng.IntN(3) == 0 {
			h.move()
		}
		h.sleep(rest)
	}
	h.judge()
}

// rename corrects the id of the first channel, as people do while it is refused, and starts
// the next process.
func (h *history) rename() {
	h.sum["channels that were corrected"]++
	h.log.Info("renamed", "channel", h.wrong.String())
	h.renamed = time.Time{}
	s := h.subscriptions[0]
	s.Channels = slices.Clone(s.Channels)
	s.Channels[0] = chat.Channel{Adapter: h.wrong.Adapter, ID: "right"}
	h.subscriptions = []subscription.Subscription{s}
	for _, x := range h.memory.rows {
		begun := slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return p.State != ledger.Planned || p.Stands() })
		if x.Channel == h.wrong && x.State == ledger.Planned && !begun {
			h.leave = append(h.leave, x.Key)
		}
	}
	h.start()
}

// sleep lets time pass and digests arrive.
func (h *history) sleep(d time.Duration) {
	for until := time.Now().Add(d); ; {
		if len(h.arrivals) == 0 || h.arrivals[0].at.After(until) {
			time.Sleep(time.Until(until))
			return
		}
		time.Sleep(time.Until(h.arrivals[0].at))
		h.file(h.arrivals[0].d)
		h.arrivals = h.arrivals[1:]
	}
}

// file adds files to the library.
func (h *history) file(d *digest.Digest) {
	if len(d.Stories) == 0 {
		d.Lead = digest.Text{{Text: "All is quiet."}}
	}
	h.files = append(h.files, d)
	h.library = digest.Rules{}.NewLibrary(digest.KeepAll(h.files))
	h.libraries = append(h.libraries, filed{time.Now(), h.library})
}

// move renames or copies a file.
func (h *history) move() {
	h.moves--
	h.sum["files that were moved"]++
	i := h.rng.IntN(len(h.files))
	d := as(fmt.Sprintf("moved/%d %s", h.moves, h.files[i].ID), h.files[i])
	if h.rng.IntN(2) == 0 {
		h.files = slices.Delete(slices.Clone(h.files), i, i+1)
	}
	h.log.Info("file is moved", "to", d.ID, "files", len(h.files)+1)
	h.file(d)
}

// called reports whether an ID is the name of a digest, even after its file was moved.
func called(id, name string) bool { return id == name || strings.HasSuffix(id, " "+name) }

// rest returns how long nothing will happen by itself.
func (h *history) rest(again time.Time) (rest time.Duration, waiting bool) {
	rest = time.Until(again)
	for _, x := range h.memory.rows {
		if !x.State.Ended() {
			waiting = true
			if next := time.Until(x.Next); next > 0 { // else it waits behind another
				rest = min(rest, next)
			}
		}
	}
	if len(h.arrivals) > 0 {
		rest = min(rest, time.Until(h.arrivals[0].at))
	}
	return max(rest, time.Millisecond), waiting
}

// drive plans and delivers like the engine, and reports whether the process died.
func (h *history) drive() (again time.Time, died bool) {
	var living sync.WaitGroup
	var err error
	died = true
	living.Go(func() {
		again, err = drive(h.Dispatcher)
		died = false
	})
	living.Wait()
	if err != nil {
		h.t.Fatal(err)
	}
	return again, died
}

// die ends the process, which is the goroutine that drive has started: code that contains
// panics cannot stop that.
func die() { runtime.Goexit() }

// setClock sets the clock by some hours while the process runs and survives: a death at
// that moment is one of the cases that cannot be guaranteed.
func (h *history) setClock() {
	h.clocks--
	h.sum["clocks that were set"]++
	by := h.upTo(6*time.Hour) - 3*time.Hour
	h.log.Info("clock is set", "by", by)
	h.memory.moved(-by)
	deaths, dieAt := h.deaths, h.dieAt
	h.deaths, h.dieAt = 0, 0
	defer func() { h.deaths, h.dieAt = deaths, dieAt }()
	if err := h.Deliverer.ClockSet(context.Background(), by, func(ledger.Delivery) bool { return false }); err != nil {
		h.t.Fatal(err)
	}
}

// decide acts as an admin on held deliveries: it checks whether the post is there, and
// releases or forgets the delivery.
func (h *history) decide() (decided bool) {
	held, err := h.memory.List(context.Background(), ledger.Query{State: ledger.Held})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, x := range held {
		h.sum["held parts"]++
		if strings.Contains(x.Reason, "fails on it each time") {
			h.sum["parts that the platform fails on each time"]++
		}
		if h.heavy && strings.Contains(x.Reason, "500") && time.Now().Before(h.calm.Add(heavyFor)) {
			decided = true // to wait until the platform accepts it
			continue
		}
		if h.posted(x.Parts.Current().Key) > 0 && x.Parts.Current() == &x.Parts[len(x.Parts)-1] {
			err = x.Forget("Ada", time.Now())
		} else if h.posted(x.Parts.Current().Key) > 0 {
			continue
		} else {
			h.sum["releases"]++
			decided = true
			err = x.Release("Ada", time.Now())
		}
		if err = errors.Join(err, h.memory.Save(context.Background(), &x)); err != nil {
			h.t.Fatal(err)
		}
	}
	return decided
}

func (h *history) posted(key chat.Key) (n int) {
	for _, s := range h.seas {
		for _, x := range s.arrived() {
			if x.key == key {
				n++
			}
		}
	}
	return n
}

// judge reports what is wrong with the end of the history: no part and no digest is posted
// twice, parts are in order, every delivery and every slot has ended, what can be found
// ended as sent, admins get no notice twice, and the quiet channel has everything after the
// expected number of attempts.
func (h *history) judge() {
	t := h.t
	var all []message
	for _, s := range h.seas {
		all = append(all, s.arrived()...)
	}
	h.sum["posts"] += len(all)
	order := map[chat.Key]int{}
	for i, x := range all {
		if _, twice := order[x.key]; twice {
			t.Errorf("part %s stands twice in %s: %q", x.key, x.to, x.text)
		}
		order[x.key] = i
	}
	for _, key := range h.leave {
		h.sum["backlogs that were abandoned"]++
		x, err := h.memory.Get(context.Background(), key)
		if err != nil || x.State != ledger.Skipped || h.posted(key+"-1") > 0 {
			t.Errorf("delivery %s of %q to %s, which nobody names any more, is %s: %s, %v", key, x.Title, x.Channel, x.State, x.Reason, err)
		}
	}
	for _, c := range h.subscriptions[0].Channels {
		owed := slices.ContainsFunc(h.memory.rows, func(x *ledger.Delivery) bool { return x.Channel == c && called(x.Digest, "ahead") })
		if h.ahead && !owed {
			t.Errorf("the digest of the 2nd was never owed to %s", c)
		}
	}
	for _, x := range all {
		switch {
		case strings.HasPrefix(x.text, "quiet"):
			t.Errorf("a day without news was posted to %s", x.to)
		case strings.HasPrefix(x.text, "ahead") && x.at.Before(at(2, 0, 0)):
			t.Errorf("a digest of the 2nd was posted to %s at %s", x.to, x.at)
		case x.text == "ahead":
			h.sum["posts of days that were to come"]++
		}
	}
	for _, x := range h.memory.rows {
		if called(x.Digest, "quiet") && x.State != ledger.Skipped {
			t.Errorf("a day without news is %s in %s", x.State, x.Channel)
		} else if called(x.Digest, "quiet") {
			h.sum["days without news"]++
		}
		heavy := h.heavy && slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return string(p.Payload) == heavyPayload })
		if s := h.adapters[x.Channel.Adapter].(*sea); (x.State == ledger.Held || len(x.Decisions) > 0) && s.blindFor() < 5*time.Hour && !heavy {
			t.Errorf("delivery %s of %q to %s was held, though it could be looked for: %s", x.Key, x.Title, x.Channel, x.Reason)
		}
		poisoned := slices.ContainsFunc(x.Parts, func(p ledger.Part) bool { return h.poisoned(x.Channel, p.Payload) })
		switch {
		case !x.State.Ended():
			t.Errorf("delivery %s of %q to %s never ended: %s: %s", x.Key, x.Title, x.Channel, x.State, x.Reason)
		case x.State == ledger.Failed && poisoned, x.State == ledger.Skipped, x.State == ledger.Bundled:
			continue
		case x.State == ledger.Held && h.posted(x.Parts.Current().Key) > 0:
			continue
		case x.State != ledger.Sent:
			t.Errorf("delivery %s of %q to %s is %s: %s", x.Key, x.Title, x.Channel, x.State, x.Reason)
		}
		last := -1
		for i, p := range x.Parts {
			at, there := order[p.Key]
			if !there && x.State == ledger.Sent {
				t.Errorf("delivery %s of %q to %s is sent, but its part %d is not there", x.Key, x.Title, x.Channel, i+1)
			}
			if there && at < last {
				t.Errorf("delivery %s of %q to %s: part %d stands before the one before it", x.Key, x.Title, x.Channel, i+1)
			}
			last = max(last, at)
		}
	}
	told := map[string]int{}
	for _, x := range h.memory.rows {
		if state := h.memory.lead(x).State; x.Digest != "" && state != ledger.Skipped && state != ledger.Failed {
			told[x.Title+" in "+x.Channel.String()]++
		}
	}
	for _, x := range h.memory.rows {
		if ledger.NotInLibrary.Is(x.Reason) && told[x.Title+" in "+x.Channel.String()] == 0 {
			t.Errorf("digest %q is lost in %s: %s", x.Title, x.Channel, x.Reason)
		}
	}
	for what, n := range told {
		if n > 1 {
			t.Errorf("digest %s has %d deliveries", what, n)
		}
	}
	if slots, _ := h.memory.Running(context.Background(), "morning"); len(slots) > 0 {
		t.Errorf("slots never ended: %+v", slots)
	}
	var notices []string
	for _, x := range h.memory.rows {
		if x.Cause == ledger.ForNotice {
			notices = append(notices, x.Title)
		}
	}
	if len(notices) > 24 {
		t.Errorf("%d notices:\n%s", len(notices), strings.Join(notices, "\n"))
	}
	if quiet := h.seas[2]; quiet.attempts > len(quiet.posts)+4+h.unsaved {
		t.Errorf("%d attempts for %d posts where nothing goes wrong but deaths", quiet.attempts, len(quiet.posts))
	}
}

// sea is a platform on which everything can happen.
type sea struct {
	platform
	h    *history
	name string
	calm bool
	// reach is the maximum delay of a post in the history, late the maximum delay between
	// the promise and the arrival of a request that was given up.
	reach, late time.Duration
	// underWay are requests whose process died or gave up on them.
	underWay []message
	visible  map[chat.Key]time.Time
	closed   []door
	blindAt  []span
}

type span struct{ from, to time.Time }

func (s span) now() bool { n := time.Now(); return !n.Before(s.from) && n.Before(s.to) }

// door says that a channel, or the account, is refused for a while.
type door struct {
	span
	id  string
	err error
}

func (h *history) sea(name string, caps chat.Capabilities, reach time.Duration) *sea {
	s := &sea{h: h, name: name, reach: reach, late: deliver.SendTimeout, platform: platform{caps: caps}, visible: map[chat.Key]time.Time{}}
	h.adapters[name] = s
	return s
}

// close creates doors that are closed for a while, and periods in which history cannot be
// read.
func (s *sea) close(channels []chat.Channel) {
	while := func(most time.Duration) span {
		from := time.Now().Add(s.h.upTo(3 * time.Hour))
		return span{from, from.Add(s.h.upTo(most))}
	}
	for _, c := range channels {
		if c.Adapter == s.name && s.h.rng.IntN(6) == 0 {
			s.closed = append(s.closed, door{while(20 * time.Hour), c.ID, archived})
		}
	}
	if s.h.rng.IntN(8) == 0 {
		s.closed = append(s.closed, door{while(20 * time.Hour), "", revoked})
	}
	for range s.h.rng.IntN(3) {
		s.blindAt = append(s.blindAt, while(9*time.Hour))
	}
}

// blindFor returns for how long history could not be read in total.
func (s *sea) blindFor() (d time.Duration) {
	for _, b := range s.blindAt {
		d += b.to.Sub(b.from)
	}
	return d
}

// arrived lets requests that are under way arrive and returns all messages.
func (s *sea) arrived() []message {
	slices.SortStableFunc(s.underWay, func(a, b message) int { return a.at.Compare(b.at) })
	for len(s.underWay) > 0 && !s.underWay[0].at.After(time.Now()) {
		x := s.underWay[0]
		s.underWay = s.underWay[1:]
		s.put(x)
	}
	return s.posts
}

// put makes a post, unless its key is known.
func (s *sea) put(x message) {
	for _, known := range s.posts {
		if known.key == x.key && x.at.Sub(known.at) < s.caps.DedupWindow {
			return
		}
	}
	s.h.log.Info("arrives", "at", x.at, "in", x.to.String(), "key", x.key)
	s.posts = append(s.posts, x)
	visible := x.at
	if s.reach > 0 && !s.calm && s.h.rng.IntN(3) > 0 {
		s.h.sum["histories that lag"]++
		visible = visible.Add(s.h.upTo(s.reach))
	}
	if _, shown := s.visible[x.key]; !shown {
		s.visible[x.key] = visible
	}
}

// poisoned reports whether a platform never accepts a part.
func (h *history) poisoned(c chat.Channel, p chat.Payload) bool {
	return h.poison && c.Adapter == "window" && string(p) == "d01"
}

func (s *sea) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (r chat.Receipt, err error) {
	h := s.h
	defer func() {
		h.log.Info("send", "at", time.Now(), "to", to.String(), "key", key, "text", string(p), "error", err)
	}()
	s.attempts++
	h.await()
	s.arrived()
	for _, d := range s.closed {
		if d.now() && (d.id == "" || d.id == to.ID) {
			h.sum["closed doors"]++
			return chat.Receipt{}, d.err
		}
	}
	if h.poisoned(to, p) {
		h.sum["refused payloads"]++
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedPayload, Err: errors.New("harmful link")}
	}
	if h.heavy && s.name == "window" && string(p) == heavyPayload && time.Now().Before(h.calm.Add(heavyFor)) {
		return chat.Receipt{}, errors.New("500")
	}
	x := message{to, key, string(p), time.Now()}
	receipt := chat.Receipt{Channel: to, ID: string(key)}
	if s.calm || !h.chance(2) {
		s.put(x)
		h.await()
		return receipt, nil
	}
	switch h.rng.IntN(9) {
	case 8: // a bug in the adapter, before or after the post
		h.sum["bugs"]++
		if h.rng.IntN(2) == 0 {
			s.put(x)
		}
		panic("a bug in Send")
	case 0: // the response is lost
		h.sum["lost answers"]++
		s.put(x)
		return chat.Receipt{}, errors.New("connection reset")
	case 1: // the request is lost, and the outcome unknown
		return chat.Receipt{}, errors.New("connection reset")
	case 2: // the connection is closed, the request arrives later
		h.sum["late arrivals"]++
		x.at = s.arrival(ctx)
		s.underWay = append(s.underWay, x)
		return chat.Receipt{}, errors.New("connection closed")
	case 3: // it is posted, and there is no response
		h.sum["hanging requests"]++
		s.put(x)
		<-ctx.Done()
		return chat.Receipt{}, ctx.Err()
	case 4: // it takes long
		select {
		case <-ctx.Done(): // and too long
			return chat.Receipt{}, ctx.Err()
		case <-time.After(h.upTo(deliver.SendTimeout - time.Second)):
			x.at = time.Now()
			s.put(x)
			return receipt, nil
		}
	case 5:
		h.sum["limits"]++
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, RetryAfter: h.upTo(10 * time.Minute), Err: errors.New("slow down")}
	case 6:
		return chat.Receipt{}, &chat.SendError{Outcome: chat.InDoubt, Err: errors.New("500")}
	default: // the process dies in the meantime, and the request arrives
		x.at = s.arrival(ctx)
		s.underWay = append(s.underWay, x)
		if h.deaths--; h.deaths >= 0 {
			die()
		}
		return chat.Receipt{}, errors.New("connection closed")
	}
}

// arrival returns when a request arrives that was given up: it has its time limit from the
// promise on, like its context.
func (s *sea) arrival(ctx context.Context) time.Time {
	over, _ := ctx.Deadline()
	return time.Now().Add(s.h.upTo(time.Until(over) - deliver.SendTimeout + s.late))
}

// heavyPayload is a payload on which a platform fails each time, until heavyFor after calm.
const (
	heavyPayload = "start1"
	heavyFor     = 48 * time.Hour
)

func (s *sea) Find(_ context.Context, in chat.Channel, key chat.Key, since time.Time) (r chat.Receipt, err error) {
	defer func() {
		s.h.log.Info("find", "at", time.Now(), "in", in.String(), "key", key, "since", since, "error", err)
	}()
	s.h.await()
	if slices.ContainsFunc(s.blindAt, span.now) {
		s.h.sum["unreadable histories"]++
		if s.h.rng.IntN(7) == 0 {
			s.h.sum["bugs"]++
			panic("a bug in Find")
		}
		return chat.Receipt{}, errors.New("history cannot be read")
	}
	for _, x := range s.arrived() {
		if x.key == key && x.to == in && !x.at.Before(since) && !time.Now().Before(s.visible[key]) {
			return chat.Receipt{Channel: in, ID: string(key)}, nil
		}
	}
	return chat.Receipt{}, chat.ErrNotFound
}

// mortal is a ledger whose process may die before or after a change is durable.
type mortal struct {
	ledger.Ledger
	h *history
}

func (l *mortal) Save(ctx context.Context, d *ledger.Delivery) error {
	l.h.await()
	defer l.h.await()
	return l.Ledger.Save(ctx, d)
}

func (l *mortal) Plan(ctx context.Context, ds ...ledger.Delivery) ([]chat.Key, error) {
	l.h.await()
	defer l.h.await()
	return l.Ledger.Plan(ctx, ds...)
}

func (l *mortal) Begin(ctx context.Context, s string, now time.Time, cs []chat.Channel, ds ...ledger.Delivery) error {
	l.h.await()
	defer l.h.await()
	return l.Ledger.Begin(ctx, s, now, cs, ds...)
}

func (l *mortal) SaveSlot(ctx context.Context, s ledger.Slot) error {
	l.h.await()
	defer l.h.await()
	return l.Ledger.SaveSlot(ctx, s)
}
