package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
)

var (
	powercut     = flag.String("powercut", "", "DELIVERIES,KILLS: do this to the program as it is built, which keeps its own time: half an hour for 20000,200")
	powercutSeed = flag.Uint64("powercut-seed", 0, "what the moments and the faults are drawn from; 0 for something new")
)

// TestPowerCut kills the program with SIGKILL at random moments while it owes digests of
// one to three parts to many channels of Discord and Slack. It also drops the responses to
// some posts, and leaves the program down for longer than Discord remembers a nonce. At the
// end, each part of each digest must be posted in its channel once and in order. The fakes
// say what is posted; the ledger must say the same.
//
// The program keeps its own pace, and sends nothing in the first second after each start.
// To keep the test to about a minute, it kills four programs in parallel, each with a
// quarter of the work, and their adapters settle sooner and trust a nonce for a shorter
// time than the real ones. With -powercut, it uses a single program, built by go build, at
// full length.
//
// A dispatcher that posts first and marks afterwards is tested in the same way, and must be
// found to post twice.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	t.Parallel()
	seed := cmp.Or(*powercutSeed, rand.Uint64())
	t.Logf("go test -run TestPowerCut ./cmd/digestbot -args -powercut-seed %d draws the same moments and faults", seed)
	digestbot, err := exec.LookPath("digestbot") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	plan := outage{
		program: digestbot, env: []string{"MORTAL=yes", "DEDUP=20s"},
		deliveries: 500, kills: 13, pauses: 1, perChannel: 4,
		window: 20*time.Second + 500*time.Millisecond, early: 1200 * time.Millisecond, soon: 400 * time.Millisecond, patience: 4 * time.Minute,
	}
	side := 4
	if *powercut != "" {
		side = 1
		plan.env, plan.pauses, plan.perChannel = nil, 2, 25
		plan.window, plan.soon, plan.patience = 125*time.Second, 2*time.Second, time.Hour
		if _, err := fmt.Sscanf(*powercut, "%d,%d", &plan.deliveries, &plan.kills); err != nil {
			t.Fatalf("-powercut %s: want DELIVERIES,KILLS: %v", *powercut, err)
		}
		plan.program = filepath.Join(t.TempDir(), "digestbot")
		if out, err := exec.Command("go", "build", "-o", plan.program, ".").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	naive := plan
	naive.program = filepath.Join(filepath.Dir(digestbot), "naive")
	naive.env, naive.deliveries, naive.kills, naive.pauses, naive.perChannel, naive.early, naive.soon = nil, 100, 5, 0, 10, time.Second, 400*time.Millisecond

	var running sync.WaitGroup
	victims := make([]*victim, side)
	for i := range victims {
		victims[i] = newVictim(t, plan, seed+uint64(i))
		running.Go(victims[i].live)
	}
	other := newVictim(t, naive, seed+uint64(side))
	running.Go(other.live)
	running.Wait()
	if t.Failed() {
		return
	}
	all := newSum()
	for _, h := range victims {
		h.judge()
		h.audit()
		all.add(h.sum)
	}
	other.judge()
	t.Logf("digestbot: %v", all)
	t.Logf("a dispatcher that marks after it has sent: %v", other.sum)
	if all.n["lost"]+all.n["twice"]+all.n["out of order"] > 0 {
		t.Errorf("%d are lost, %d stand twice, %d are out of order", all.n["lost"], all.n["twice"], all.n["out of order"])
	}
	// A run that did not meet the intended faults has shown nothing.
	for _, met := range []string{
		"killed while it planned", "killed between promise and call", "killed while a post was on its way", "killed while an answer was on its way",
		"killed with something in doubt", "answers lost", "known by its nonce", "found in the history", "downtimes longer than the window",
	} {
		if all.n[met] == 0 {
			t.Errorf("no %s", met)
		}
	}
	if other.sum.n["twice"] == 0 {
		t.Error("nothing that the naive dispatcher posted stands twice, so this test would not have seen it")
	}
}

// outage describes what is done to a program.
type outage struct {
	program    string
	env        []string
	deliveries int
	kills      int
	pauses     int // longer than window
	perChannel int // digests
	// window is how long Discord remembers a nonce.
	window time.Duration
	// A third of the kills come within early of the start, the others within soon of the
	// first post.
	early, soon time.Duration
	patience    time.Duration // with the last process
}

// victim is a program that is killed, with its state, and the town that it posts to.
type victim struct {
	outage
	*town
	post chan struct{} // has a value when something was posted since it was last received
}

func newVictim(t *testing.T, o outage, seed uint64) *victim {
	h := &victim{o, newTown(t, seed, (o.deliveries+o.perChannel-1)/o.perChannel, o.perChannel, o.window, "slack", "discord"), make(chan struct{}, 1)}
	h.posted = func(string, int) {
		select {
		case h.post <- struct{}{}:
		default:
		}
	}
	h.write("config.toml", h.config(0))
	return h
}

// arrive makes the owed digests arrive, after the bot has served the channels with an old
// one.
func (h *victim) arrive() {
	h.writeOld()
	if !h.naive() {
		p := h.start()
		h.waitUntil(p, 2*time.Minute, "has begun to serve all channels", func() bool {
			begun := 0
			h.rows(`SELECT count(*) FROM beginnings`, func(r *sql.Rows) error { return r.Scan(&begun) })
			return begun == len(h.where)
		})
		h.stop(p)
	}
	h.town.arrive()
}

func (h *victim) start() *process { return h.begin(h.program, "config.toml", h.env...) }

// live runs the program, kills it the required number of times, and lets the last process
// finish.
func (h *victim) live() {
	h.arrive()
	long := map[int]bool{}
	for i := range h.pauses {
		long[(i+1)*h.kills/(h.pauses+1)] = true
	}
	for i := range h.kills {
		p := h.start()
		if h.t.Failed() {
			_ = p.Process.Kill()
			_ = p.Wait()
			return
		}
		if i%3 == 0 && !long[i] {
			time.Sleep(h.upTo(h.early))
		} else {
			h.waitForPost(p)
			time.Sleep(h.upTo(h.soon))
		}
		stages, looking := h.snapshot()
		_ = p.Process.Kill()
		_ = p.Wait()
		h.end(p, func(string) bool { return false })
		h.sum.n["kills"]++
		h.count(stages, looking)
		switch {
		case long[i]:
			h.sum.n["downtimes longer than the window"]++
			time.Sleep(h.window + 500*time.Millisecond)
		case h.rng.IntN(3) == 0:
			time.Sleep(h.upTo(time.Second))
		}
	}
	p := h.start()
	h.waitUntil(p, h.patience, "owes nothing", func() bool { return h.owes() == 0 && h.waiting() == 0 })
	h.stop(p)
}

// waitUntil waits until a condition holds while a process runs.
func (h *victim) waitUntil(p *process, patience time.Duration, what string, is func() bool) {
	for until := time.Now().Add(patience); !h.t.Failed() && !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(until) {
			h.late(p, patience, what)
		}
	}
}

// late fails because a process did not get there in time.
func (h *victim) late(p *process, patience time.Duration, what string) {
	_ = p.Process.Kill()
	_ = p.Wait()
	h.t.Errorf("within %v it is not so that %s %s:\n%s", patience, h.program, what, p.said.String())
}

// stop stops a process as an operator does.
func (h *victim) stop(p *process) {
	if h.t.Failed() {
		_ = p.Process.Kill()
	}
	_ = p.Process.Signal(os.Interrupt)
	if err := p.Wait(); err != nil && !h.t.Failed() {
		h.t.Errorf("%v\n%s", err, p.said.String())
	}
	h.end(p, func(string) bool { return false })
}

// waitForPost waits until something is posted.
func (h *victim) waitForPost(p *process) {
	select {
	case <-h.post: // left by an earlier process
	default:
	}
	const patience = 2 * time.Minute
	select {
	case <-h.post:
	case <-time.After(patience):
		h.late(p, patience, "posts")
	}
}

// rows queries the ledger of a program that may be dead, without changing what the next
// process will find.
func (h *victim) rows(query string, each func(*sql.Rows) error) {
	path := filepath.Join(h.dir, "var", "digestbot.db")
	if _, err := os.Stat(path); err != nil {
		return // it was never created
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		h.t.Error(err)
		return
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query(query)
	if err != nil {
		return // the process died before it created the tables
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			h.t.Error(err)
		}
	}
	if err := rows.Err(); err != nil {
		h.t.Error(err)
	}
}

// planned returns how many deliveries were planned, and how many of them have ended.
func (h *victim) planned() (planned, ended int) {
	h.rows(`SELECT count(*), count(ended) FROM deliveries WHERE cause = 'slot'`, func(r *sql.Rows) error { return r.Scan(&planned, &ended) })
	return planned, ended
}

// owes returns how many deliveries have not ended. The naive dispatcher exits by itself.
func (h *victim) owes() int {
	if h.naive() {
		if _, err := os.Stat(filepath.Join(h.dir, "ended")); err == nil {
			return 0
		}
		return len(h.where) * len(h.digests)
	}
	_, ended := h.planned()
	return h.owed() - ended
}

// waiting returns how many rows of any kind have not ended.
func (h *victim) waiting() (n int) {
	h.rows(`SELECT (SELECT count(*) FROM deliveries WHERE ended IS NULL) + (SELECT count(*) FROM slots WHERE closed IS NULL)`,
		func(r *sql.Rows) error { return r.Scan(&n) })
	return n
}

func (h *victim) naive() bool { return filepath.Base(h.program) == "naive" }

// count records what a kill has hit.
func (h *victim) count(stages map[string]stage, looking int) {
	hit := map[string]bool{}
	planned, ended := h.planned()
	hit["killed while it planned"] = planned < h.owed()
	hit["killed with nothing left to do"] = ended == h.owed()
	hit["killed while it looked"] = looking > 0
	h.rows(`SELECT key, state FROM parts WHERE state IN ('sending', 'in doubt')`, func(r *sql.Rows) error {
		var key, state string
		if err := r.Scan(&key, &state); err != nil {
			return err
		}
		switch at := stages[key]; {
		case state == string(ledger.InDoubt):
			hit["killed with something in doubt"] = true
		case at == there:
			hit["killed while a post was on its way"] = true
		case at == back:
			hit["killed while an answer was on its way"] = true
		case at == done:
			hit["killed between answer and receipt"] = true
		default:
			hit["killed between promise and call"] = true
		}
		return nil
	})
	for what, is := range hit {
		if is {
			h.sum.n[what]++
		}
	}
}

// audit compares the ledger with the posted messages.
func (h *victim) audit() {
	l, err := sqlite.Open(filepath.Join(h.dir, "var", "digestbot.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if l.Behind() {
		h.t.Error("the ledger takes itself for an older one")
	}
	h.town.audit(l)
}

// naive is a simplistic dispatcher: it posts, retries failures, and marks what was sent. If
// there are several, it takes turns with them.
func naive() {
	if err := postNaively(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "panic:", err) // end looks for it
		os.Exit(1)
	}
}

func postNaively() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, flags := tested(), &cli{Config: os.Args[len(os.Args)-1]}
	conf, err := p.config(flags)
	if err != nil {
		return err
	}
	h, err := house.Open(ctx, conf, p.outside(flags))
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	file, err := os.OpenFile("sent", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	turns := map[string]house.Turn{}
	for name := range h.Dispatcher.Platforms.Adapters {
		turns[name] = h.Turn(ctx, name)
		defer turns[name].Release()
	}
	// ours waits until this process may post, and reports whether the delivery is still
	// owed.
	ours := func(x *ledger.Delivery) bool {
		for ctx.Err() == nil {
			marked, err := os.ReadFile("sent")
			if err != nil || bytes.Contains(marked, []byte(x.Key)) {
				return false
			}
			if !h.Config.Database.Shared() {
				return true
			}
			if turn, err := turns[x.Channel.Adapter].Ours(); err == nil && turn != nil {
				return true
			}
			time.Sleep(100 * time.Millisecond)
		}
		return false
	}
	var running errgroup.Group
	for _, s := range h.Config.Subscriptions {
		for _, c := range s.Channels {
			running.Go(func() error {
				for _, dig := range slices.Backward(h.Desk.Library().All()) {
					x := s.Dress(ledger.NewDelivery(dig.ID, dig.Title, c, time.Now()))
					if !ours(&x) {
						continue
					}
					if err := h.Dispatcher.Deliverer.Freeze(ctx, &x, dig); err != nil {
						return err
					}
					for p := x.Parts.Current(); p != nil && ctx.Err() == nil; p = x.Parts.Current() {
						place, _ := x.Place()
						r, err := h.Dispatcher.Platforms.Adapters[c.Adapter].Send(ctx, place, p.Payload, chat.Key(strconv.FormatUint(rand.Uint64(), 36)))
						if err != nil {
							time.Sleep(100 * time.Millisecond)
							continue
						}
						x.Posted(r, time.Now())
					}
					if _, err := fmt.Fprintln(file, x.Key); err != nil {
						return err
					}
					if err := file.Sync(); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	if err := errors.Join(running.Wait(), os.WriteFile("ended", nil, 0o600)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
