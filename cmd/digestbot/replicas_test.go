//go:build unix

package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/ledger/postgres"
	"github.com/digestbot/digestbot/bot/ledger/postgres/postgrestest"
)

var (
	replicas     = flag.Int("replicas", 0, "owe so many deliveries, harm the replicas more often, and take the program as it is built: some four minutes for 3000")
	replicasSeed = flag.Uint64("replicas-seed", 0, "what the moments and the faults are drawn from; 0 for something new")
)

// TestReplicas has three processes of the program post from one PostgreSQL, with three
// tokens. Meanwhile each of them is killed, frozen for longer than a lease lasts, and
// replaced; the connections to the database break, and the database is restarted. The
// responses to some posts are lost, too. At the end, each part of each digest must be
// posted in its channel once and in order, and the platforms' rate limits must be kept. The
// fakes say what is posted; the ledger must say the same.
//
// The program runs at full length: its adapters settle as long as the real ones, because a
// process that was frozen may post for that long.
//
// Processes that have leases, but post first and mark afterwards, are tested in the same
// way, and must be found to post twice.
func TestReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes four minutes")
	}
	server := postgrestest.Start(t)
	seed := cmp.Or(*replicasSeed, rand.Uint64())
	t.Logf("go test -run TestReplicas ./cmd/digestbot -args -replicas-seed %d draws the same moments and faults", seed)
	digestbot, err := exec.LookPath("digestbot") // TestMain put it there
	if err != nil {
		t.Fatal(err)
	}
	plan := harm{program: digestbot, deliveries: 600, each: 10, kills: 2, freezes: 1, rolls: 1, drops: 2, restarts: 1, perMinute: 150, pause: 5 * time.Second, patience: 5 * time.Minute}
	if *replicas > 0 {
		plan.deliveries, plan.each, plan.kills, plan.freezes, plan.rolls, plan.drops, plan.perMinute, plan.patience = *replicas, 25, 5, 3, 3, 8, 750, 15*time.Minute
		plan.program = filepath.Join(t.TempDir(), "digestbot")
		if out, err := exec.Command("go", "build", "-o", plan.program, ".").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	f := newFleet(t, server, plan, seed)
	f.live()
	if t.Failed() {
		return
	}
	f.judge()
	f.audit(f.ledger)
	t.Logf("digestbot: %v", f.sum)
	t.Logf("%.1f messages a second", float64(f.posts)/f.last.Sub(f.began).Seconds())
	if len(f.idle) > 0 {
		slices.Sort(f.idle)
		t.Logf("%v from SIGKILL to the next post on its token by another replica: the median of %v", f.idle[len(f.idle)/2], f.idle)
	}
	for _, wrong := range []string{"lost", "twice", "out of order", "429 of Slack's", "429 of Discord's for all"} {
		if n := f.sum.n[wrong]; n > 0 {
			t.Errorf("%s: %d", wrong, n)
		}
	}
	// A run that did not meet the intended faults has shown nothing.
	for _, met := range []string{
		"killed while it posted", "frozen while it posted", "replaced while it posted", "connections dropped", "PostgreSQL restarted",
		"answers lost", "known by its nonce", "found in the history",
	} {
		if f.sum.n[met] == 0 {
			t.Errorf("no %s", met)
		}
	}

	plan = harm{program: filepath.Join(filepath.Dir(digestbot), "naive"), deliveries: 60, each: 10, kills: 1, pause: 3 * time.Second, patience: time.Minute}
	other := newFleet(t, server, plan, seed+1)
	other.live()
	other.judge()
	t.Logf("replicas that mark after they have sent: %v", other.sum)
	if other.sum.n["twice"] == 0 {
		t.Error("nothing that the naive replicas posted stands twice, so this test would not have seen it")
	}
}

// harm describes what is done to three replicas: the number of kills, freezes and rolling
// restarts of each, and of dropped connections and restarts of the database.
type harm struct {
	program               string
	deliveries, each      int // each: to a channel
	kills, freezes, rolls int
	drops, restarts       int
	perMinute             int           // Slack's limit of posts; none if 0
	pause                 time.Duration // maximum pause between two faults
	patience              time.Duration // time for everything to be posted afterwards
}

// fleet is three replicas, their database, and the town that they post to.
type fleet struct {
	harm
	*town
	server   *postgrestest.Server
	ledger   *postgres.Ledger
	replicas []*replica

	starts time.Time
	mu     sync.Mutex
	posts  int
	began  time.Time
	last   time.Time
	// owner is the replica that last posted on an adapter, and when.
	owner map[string]deed
	// killed is the replica that was killed while it was the owner, and when.
	killed map[string]deed
	idle   []time.Duration // pause in posting after each of these kills
}

// deed is the last action of a replica, and when.
type deed struct {
	replica int
	at      time.Time
}

func newFleet(t *testing.T, server *postgrestest.Server, plan harm, seed uint64) *fleet {
	f := &fleet{
		harm: plan, server: server, owner: map[string]deed{}, killed: map[string]deed{},
		town: newTown(t, seed, (plan.deliveries+plan.each-1)/plan.each, plan.each, 125*time.Second, "discord", "slack", "discord-2"),
	}
	f.town.posted = f.posted
	if plan.perMinute > 0 {
		f.town.perMinute = plan.perMinute
		f.slack["slack"].PerMinute = plan.perMinute
	}
	database := server.Database(t)
	f.write("database", database)
	for n := range 3 {
		r := &replica{fleet: f, number: n, config: fmt.Sprintf("replica-%d.toml", n), rng: rand.New(rand.NewPCG(f.rng.Uint64(), 0))}
		f.write(r.config, f.config(n)+fmt.Sprintf("[state]\npath = \"replica-%d\"\nurl_file = \"database\"\n", n))
		f.replicas = append(f.replicas, r)
	}
	var err error
	if f.ledger, err = postgres.Open(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.ledger.Close() }) // only used for reading
	return f
}

func (f *fleet) naive() bool { return filepath.Base(f.program) == "naive" }

// posted records a post by a replica.
func (f *fleet) posted(adapter string, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.posts++; f.posts == 1 {
		f.began = now
	}
	f.last, f.owner[adapter] = now, deed{by, now}
	if k, ok := f.killed[adapter]; ok && k.replica != by {
		f.idle = append(f.idle, now.Sub(k.at))
		f.t.Logf("%6.1f s: replica %d posts on %s, %v after replica %d was killed", now.Sub(f.starts).Seconds(), by, adapter, now.Sub(k.at), k.replica)
		delete(f.killed, adapter)
	} else if ok && now.Sub(k.at) > 2*time.Second { // too late to have been in flight
		delete(f.killed, adapter)
	}
}

// told matches expected errors: the database is unavailable, nobody listens in the middle
// of a takeover, or a check met a rate limit.
var told = regexp.MustCompile(`"subject":"\S+ connection"|HTTP 429|SQLSTATE 57P0|failed to connect|the connection to the database broke|conn closed|unexpected EOF|connection re(set|fused)`)

// met counts an event of a run.
func (f *fleet) met(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.n[what]++
}

// count queries a number from the database.
func (f *fleet) count(query string) (n int) {
	if err := f.ledger.Pool().QueryRow(context.Background(), query).Scan(&n); err != nil {
		return -1 // it is being restarted
	}
	return n
}

// owes reports whether there is still work to do.
func (f *fleet) owes() bool {
	if f.naive() {
		marked, _ := os.ReadFile(filepath.Join(f.dir, "sent")) // there is none before the first
		return len(slices.Compact(slices.Sorted(strings.Lines(string(marked))))) < f.owed()
	}
	return f.count(`SELECT count(*) FROM digestbot.deliveries WHERE cause = 'slot' AND ended IS NOT NULL`) != f.owed() ||
		f.count(`SELECT (SELECT count(*) FROM digestbot.deliveries WHERE ended IS NULL) + (SELECT count(*) FROM digestbot.slots WHERE closed IS NULL)`) != 0
}

// live runs the replicas, causes the faults, and lets them finish.
func (f *fleet) live() {
	f.starts = time.Now()
	f.writeOld()
	if f.naive() {
		f.arrive()
	}
	for _, r := range f.replicas {
		r.start()
	}
	if !f.naive() {
		f.until(time.Minute, "all channels are served", func() bool { return f.count(`SELECT count(*) FROM digestbot.beginnings`) == len(f.where) })
		f.arrive()
	}
	var harmed, running sync.WaitGroup
	over := make(chan struct{})
	for _, r := range f.replicas {
		harmed.Add(1)
		running.Go(func() {
			r.suffer()
			harmed.Done()
			r.t.Logf("%6.1f s: replica %d has suffered", time.Since(r.starts).Seconds(), r.number)
			for f.alive(over) {
				r.rest(100 * time.Millisecond)
			}
			r.stop()
		})
	}
	f.harmDatabase()
	harmed.Wait()
	f.until(f.patience, "all is posted", func() bool { return !f.owes() })
	close(over)
	running.Wait()
}

// until waits until a condition holds.
func (f *fleet) until(patience time.Duration, what string, is func() bool) {
	for until := time.Now().Add(patience); !f.t.Failed() && !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			f.t.Errorf("within %v it is not so that %s", patience, what)
		}
	}
}

// end evaluates the output of a process.
func (f *fleet) end(p *process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.town.end(p, func(line string) bool {
		f.sum.n["errors that tell of this harm"]++
		return told.MatchString(line)
	})
}

func (f *fleet) alive(over chan struct{}) bool {
	select {
	case <-over:
		return false
	default:
		return true
	}
}

// harmDatabase causes the faults that affect all replicas.
func (f *fleet) harmDatabase() {
	does := append(slices.Repeat([]bool{false}, f.drops), slices.Repeat([]bool{true}, f.restarts)...)
	f.rng.Shuffle(len(does), func(i, j int) { does[i], does[j] = does[j], does[i] })
	for _, restart := range does {
		time.Sleep(f.upTo(2 * f.pause))
		f.t.Logf("%6.1f s: connections break, PostgreSQL restarts: %v", time.Since(f.starts).Seconds(), restart)
		if restart {
			f.server.Restart(f.t)
			f.met("PostgreSQL restarted")
		} else {
			f.server.Drop(f.t)
			f.met("connections dropped")
		}
	}
}

// replica is a series of processes, one at a time.
type replica struct {
	*fleet
	number int
	config string
	rng    *rand.Rand
	*process
	ended chan error // of the process
}

func (r *replica) start() {
	p := r.begin(r.program, r.config)
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	r.process, r.ended = p, ended
}

// rest waits. As a supervisor does, it restarts a process that could not start because the
// database was unavailable.
func (r *replica) rest(d time.Duration) {
	select {
	case <-time.After(d):
		return
	case err := <-r.ended:
		r.end(r.process)
		if said := r.said.String(); strings.Contains(said, "digestbot: starts") {
			r.t.Errorf("replica %d has ended: %v\n%s", r.number, err, said)
		}
		r.met("starts without the database")
		time.Sleep(time.Second)
		r.start()
	}
}

// suffer causes the faults that affect only this replica.
func (r *replica) suffer() {
	does := slices.Concat(slices.Repeat([]func(){r.kill}, r.kills), slices.Repeat([]func(){r.freeze}, r.freezes), slices.Repeat([]func(){r.roll}, r.rolls))
	r.rng.Shuffle(len(does), func(i, j int) { does[i], does[j] = does[j], does[i] })
	for _, do := range does {
		r.rest(r.upTo(r.pause))
		if r.t.Failed() {
			return
		}
		do()
	}
}

func (r *replica) upTo(d time.Duration) time.Duration { return time.Duration(r.rng.Int64N(int64(d))) }

// owns returns the adapters that the replica has posted on just now.
func (r *replica) owns() (adapters []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, last := range r.owner {
		if last.replica == r.number && time.Since(last.at) < time.Second {
			adapters = append(adapters, name)
		}
	}
	return adapters
}

// note counts a fault, and whether it hits a replica that posts: most faults wait a while
// for that.
func (r *replica) note(what string) (owned []string) {
	if r.rng.IntN(8) > 0 {
		for until := time.Now().Add(15 * time.Second); len(r.owns()) == 0 && time.Now().Before(until); {
			r.rest(50 * time.Millisecond)
		}
	}
	r.met(what)
	if owned = r.owns(); len(owned) > 0 {
		r.met(what + " while it posted")
	}
	r.t.Logf("%6.1f s: replica %d is %s; it posts on %v", time.Since(r.starts).Seconds(), r.number, what, owned)
	return owned
}

// kill kills the replica with SIGKILL and restarts it, sometimes at once.
func (r *replica) kill() {
	owned := r.note("killed")
	_ = r.Process.Kill()
	now := time.Now()
	r.mu.Lock()
	for _, name := range owned {
		r.killed[name] = deed{r.number, now}
		delete(r.owner, name)
	}
	r.mu.Unlock()
	r.bury()
	r.end(r.process)
	if r.rng.IntN(3) > 0 {
		time.Sleep(r.upTo(4 * time.Second))
	}
	r.start()
}

// bury waits until a killed process has ended.
func (r *replica) bury() {
	if err := <-r.ended; err == nil {
		r.t.Errorf("replica %d has ended by itself:\n%s", r.number, r.said.String())
	}
}

// freeze stops the replica with SIGSTOP for longer than a lease lasts.
func (r *replica) freeze() {
	r.note("frozen")
	_ = r.Process.Signal(syscall.SIGSTOP)
	time.Sleep(9*time.Second + r.upTo(3*time.Second))
	_ = r.Process.Signal(syscall.SIGCONT)
}

// roll stops the replica as an operator does, and restarts it.
func (r *replica) roll() {
	r.note("replaced")
	r.stop()
	r.start()
}

// stop stops the replica as an operator does.
func (r *replica) stop() {
	_ = r.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-r.ended:
		if err != nil && strings.Contains(r.said.String(), "digestbot: starts") {
			r.t.Errorf("replica %d: %v\n%s", r.number, err, r.said.String())
		}
	case <-time.After(time.Minute):
		r.t.Errorf("replica %d does not stop:\n%s", r.number, r.said.String())
		_ = r.Process.Kill()
		r.bury()
	}
	r.end(r.process)
}
