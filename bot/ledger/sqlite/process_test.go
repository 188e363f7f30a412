package sqlite_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

// The test binary starts itself as another process, which plays one of these roles on the
// given file.
var roles = map[string]func(path string) error{
	"step":  func(path string) error { return deliver(path, bufio.NewReader(os.Stdin)) },
	"rush":  func(path string) error { return deliver(path, nil) },
	"crowd": deliverMany,
	"plan":  planMany,
	"lock":  holdLock,
	"begin": openOnly,
}

const roleVariable, pathVariable = "DIGESTBOT_TEST_ROLE", "DIGESTBOT_TEST_PATH"

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(os.Getenv(pathVariable)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// process is a child. It ends with the test at the latest.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

func start(t *testing.T, role, path string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
	p.lines.Buffer(nil, 1<<20)
	t.Cleanup(func() { p.kill(t) })
	return p
}

// line returns the next line of the child's output.
func (p *process) line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the child said no more: %v", p.lines.Err())
	}
	return p.lines.Text()
}

// kill is kill -9. It returns the child's last lines of output.
func (p *process) kill(t *testing.T) (last []string) {
	t.Helper()
	if p.cmd.ProcessState != nil {
		return nil
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	for p.lines.Scan() {
		last = append(last, p.lines.Text())
	}
	_ = p.cmd.Wait() // it was killed, or had reported its error
	return last
}

// writes are the changes of one delivery's life, from the plan to the end.
const writes = 8

// deliver takes one delivery after another through its life and prints what was saved after
// each write. If in is set, each write waits for a line.
func deliver(path string, in *bufio.Reader) error {
	l, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	now := time.Date(2026, 11, 23, 8, 30, 0, 1, time.UTC)
	for i := 0; ; i++ {
		d := ledger.NewDelivery(fmt.Sprint(i), "Morning 晨报", chat.Channel{Adapter: "web", ID: "general"}, now)
		write := func(f func() error) error {
			if in != nil {
				if _, err := in.ReadString('\n'); err != nil {
					return err
				}
			}
			if err := f(); err != nil {
				return err
			}
			return out.Encode(d)
		}
		save := func() error { return l.Save(nocontext, &d) }
		err := write(func() error {
			_, err := l.Plan(nocontext, d)
			return err
		})
		if err != nil {
			return err
		}
		if err := d.Freeze([]chat.Payload{chat.Payload(`{"part":1}`), chat.Payload(strings.Repeat("晨", 3000))}); err != nil {
			return err
		}
		if err := write(save); err != nil {
			return err
		}
		for d.State != ledger.Sent {
			for _, change := range []func(){
				func() { d.Promise(now) },
				func() { d.Doubt("the answer was lost", now) },
				func() { d.Posted(chat.Receipt{Channel: d.Channel, ID: fmt.Sprint(d.Version)}, now) },
			} {
				now = now.Add(time.Second + 1)
				change()
				if err := write(save); err != nil {
					return err
				}
			}
		}
	}
}

// TestKilledAfterEveryWrite: a process is killed after each write of a delivery's life;
// every acknowledged write is there.
func TestKilledAfterEveryWrite(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for n := 1; n <= writes; n++ {
		path := filepath.Join(t.TempDir(), "ledger.db")
		child := start(t, "step", path)
		var said string
		for range n {
			if _, err := io.WriteString(child.stdin, "\n"); err != nil {
				t.Fatal(err)
			}
			said = child.line(t)
		}
		child.kill(t)

		l := open(t, path)
		got, err := l.List(t.Context(), ledger.Query{})
		if err != nil || len(got) != 1 {
			t.Fatalf("after %d writes: got %d deliveries and error %v, want 1", n, len(got), err)
		}
		checkSaid(t, l, said)
		if sent := got[0].State == ledger.Sent; sent != (n == writes) {
			t.Errorf("after %d writes it is %q", n, got[0].State)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// checkSaid compares the child's output about a delivery with the file.
func checkSaid(t *testing.T, l *sqlite.Ledger, said string) {
	t.Helper()
	var want ledger.Delivery
	if err := json.Unmarshal([]byte(said), &want); err != nil {
		t.Fatalf("the child said %q: %v", said, err)
	}
	d, err := l.Get(t.Context(), want.Key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != said {
		t.Errorf("got  %s\nwant %s", got, said)
	}
}

// TestKilledWhileWriting: a process is killed at any moment. The file has every
// acknowledged write, and at most one more, which was in progress.
func TestKilledWhileWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	for range 10 {
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			t.Fatal(err)
		}
		child := start(t, "rush", path)
		var said []string
		for range 1 + rand.IntN(5*writes) {
			said = append(said, child.line(t))
		}
		said = append(said, child.kill(t)...)
		if last := len(said) - 1; !json.Valid([]byte(said[last])) {
			said = said[:last] // it died while printing it
		}

		l := open(t, path)
		all, err := l.List(t.Context(), ledger.Query{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(all)
		var saved int64 // number of writes to the file
		for _, d := range all {
			saved += 1 + d.Version
		}
		if saved < int64(len(said)) || saved > int64(len(said))+1 {
			t.Errorf("the file holds %d writes, want the %d that were acknowledged and at most one more", saved, len(said))
		}
		for n := writes; n <= len(said); n += writes {
			checkSaid(t, l, said[n-1]) // the end of each delivery
		}
		if saved == int64(len(said)) {
			checkSaid(t, l, said[len(said)-1])
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// life returns a delivery after each write of its life.
func life(name string) (after []ledger.Delivery) {
	now := time.Date(2026, 11, 23, 8, 30, 0, 1, time.UTC)
	d := ledger.NewDelivery(name, "Morning 晨报", chat.Channel{Adapter: "web", ID: name}, now)
	note := func() {
		d.Version, d.Parts = int64(len(after)), slices.Clone(d.Parts)
		after = append(after, d)
		now = now.Add(time.Second)
	}
	note()
	if err := d.Freeze([]chat.Payload{chat.Payload(`{"part":1}`), chat.Payload(strings.Repeat("晨", 3000))}); err != nil {
		panic(err)
	}
	note()
	for d.State != ledger.Sent {
		for _, change := range []func(){
			func() { d.Promise(now) },
			func() { d.Doubt("the answer was lost", now) },
			func() { d.Posted(chat.Receipt{Channel: d.Channel, ID: fmt.Sprint(d.Version)}, now) },
		} {
			d.Parts = slices.Clone(d.Parts)
			change()
			note()
		}
	}
	return after
}

// crowd is how many deliveries a child takes through their lives at once.
const crowd = 16

// deliverMany takes many deliveries at once through one life after another, and prints each
// write once it is saved.
func deliverMany(path string) error {
	l, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for i := range crowd {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%d-%d", i, n)
				for version, d := range life(name) {
					var err error
					if version == 0 {
						_, err = l.Plan(nocontext, d)
					} else {
						d.Version--
						err = l.Save(nocontext, &d)
					}
					if err != nil {
						failed <- err
						return
					}
					fmt.Println(name, version)
				}
			}
		}()
	}
	return <-failed
}

// TestKilledInAGroup: a process that writes many changes at a time is killed at any moment.
// For each delivery the file has every acknowledged write, and the write in progress
// completely or not at all.
func TestKilledInAGroup(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	for range 10 {
		path := filepath.Join(t.TempDir(), "ledger.db")
		child := start(t, "crowd", path)
		var said []string
		for range 1 + rand.IntN(40*crowd) {
			said = append(said, child.line(t))
		}
		said = append(said, child.kill(t)...)
		saved := map[string]int64{}
		for _, line := range said {
			var name string
			var version int64
			if n, _ := fmt.Sscan(line, &name, &version); n < 2 {
				continue // it died while printing it
			}
			saved[name] = max(saved[name], version)
		}

		l := open(t, path)
		all, err := l.List(t.Context(), ledger.Query{Limit: -1})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			got, err := l.Get(t.Context(), d.Key)
			if err != nil {
				t.Fatal(err)
			}
			after := life(d.Digest)
			if d.Version >= int64(len(after)) {
				t.Fatalf("%s is in version %d", d.Digest, d.Version)
			}
			if got, want := written(t, got), written(t, after[d.Version]); got != want {
				t.Errorf("half a write:\ngot  %s\nwant %s", got, want)
			}
			version, ok := saved[d.Digest]
			if !ok {
				version = -1
			}
			if d.Version < version || d.Version > version+1 {
				t.Errorf("%s is in version %d; %d was said to be saved, and at most one more was under way", d.Digest, d.Version, version)
			}
			delete(saved, d.Digest)
		}
		if len(saved) > 0 {
			t.Errorf("lost: %v", saved)
		}
		if l.Behind() {
			t.Error("nothing was lost, but the ledger says that it is behind")
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// planned is how many deliveries every planning process plans.
const planned = 40

func planMany(path string) error {
	l, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	for _, i := range rand.Perm(planned) {
		d := ledger.NewDelivery(fmt.Sprint(i), "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
		entered, err := l.Plan(nocontext, d)
		if err != nil {
			return err
		}
		for _, key := range entered {
			fmt.Println(key)
		}
	}
	fmt.Println("done")
	return l.Close()
}

// TestPlannedByProcesses: several processes plan the same while a server holds the lock and
// the file; each delivery is inserted once.
func TestPlannedByProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	release, err := sqlite.Lock(path + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	l := open(t, path)
	defer func() { _ = l.Close() }()

	children := []*process{start(t, "plan", path), start(t, "plan", path), start(t, "plan", path)}
	entered := map[string]int{}
	for _, child := range children {
		for line := child.line(t); line != "done"; line = child.line(t) {
			entered[line]++
		}
	}
	all, err := l.List(t.Context(), ledger.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != planned || len(entered) != planned {
		t.Errorf("%d rows and %d keys said to be entered, want %d", len(all), len(entered), planned)
	}
	for key, times := range entered {
		if times != 1 {
			t.Errorf("%s was entered %d times", key, times)
		}
	}
}

func openOnly(path string) error {
	l, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	fmt.Println("opened")
	return l.Close()
}

// TestOpenedByProcesses: several processes create the file at the same time.
func TestOpenedByProcesses(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "var", "ledger.db")
		var children []*process
		for range 4 {
			children = append(children, start(t, "begin", path))
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				l, err := sqlite.Open(path)
				if err != nil {
					t.Error(err)
					return
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, child := range children {
			if got := child.line(t); got != "opened" {
				t.Error(got)
			}
		}
	}
}

func holdLock(path string) error {
	if _, err := sqlite.Lock(path); err != nil {
		return err
	}
	fmt.Println("locked")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// TestLock: one process has the lock, until it releases it or dies.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "var", "digestbot.lock")
	held := func(want bool) {
		t.Helper()
		if got, err := sqlite.Locked(path); got != want || err != nil {
			t.Errorf("locked %t, %v, want %t", got, err, want)
		}
	}
	held(false)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a look made the file: %v", err)
	}
	refused := func(where string) {
		t.Helper()
		held(true)
		begin := time.Now()
		release, err := sqlite.Lock(path)
		if !errors.Is(err, sqlite.ErrLocked) || release != nil {
			t.Fatalf("%s has it: got error %v, want %v", where, err, sqlite.ErrLocked)
		}
		if time.Since(begin) > 4*time.Second {
			t.Errorf("%s has it: the refusal waited for it", where)
		}
	}

	first := start(t, "lock", path)
	if got := first.line(t); got != "locked" {
		t.Fatal(got)
	}
	refused("a child")
	if got := start(t, "lock", path).line(t); !strings.Contains(got, "another digestbot") {
		t.Errorf("the second child says %q", got)
	}
	first.kill(t)
	held(false)

	release, err := sqlite.Lock(path)
	if err != nil {
		t.Fatalf("the holder was killed: %v", err)
	}
	refused("this process")
	if got := start(t, "lock", path).line(t); !strings.Contains(got, "another digestbot") {
		t.Errorf("the third child says %q", got)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if got := start(t, "lock", path).line(t); got != "locked" {
		t.Errorf("it was given back, but the fourth child says %q", got)
	}
}
