package sqlite_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
)

var (
	damages    = flag.Int("damages", 1000, "how many cuts and flips the ledger is tried with")
	damageSeed = flag.Uint64("damage-seed", 1, "what they are drawn from; 0 for something new")
)

// lived is what a killed process leaves of a ledger: its files, what it contained after
// each commit, and its deliveries at the end.
type lived struct {
	file, log, mark []byte
	held            map[string]int // which of the commits left it like this
	deliveries      []ledger.Delivery
}

// live creates a ledger with some dozen commits.
func live(t *testing.T) (left lived) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { _ = l.Close() }()
	if err := sqlite.KeepLog(l); err != nil {
		t.Fatal(err)
	}
	left.held = map[string]int{holds(t, l): 0}
	now := time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)
	noted := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		left.held[holds(t, l)] = len(left.held)
	}
	for i := range 8 {
		d := ledger.NewDelivery(fmt.Sprint("digest ", i), "Morning 晨报", chat.Channel{Adapter: "web", ID: "general"}, now)
		_, err := l.Plan(t.Context(), d)
		noted(err)
		if err := d.Freeze([]chat.Payload{chat.Payload(`{"part":1}`), chat.Payload(strings.Repeat("晨", 100))}); err != nil {
			t.Fatal(err)
		}
		for d.State != ledger.Sent {
			d.Promise(now)
			noted(l.Save(t.Context(), &d))
			d.Posted(chat.Receipt{Channel: d.Channel, ID: fmt.Sprint(d.Version)}, now)
			noted(l.Save(t.Context(), &d))
		}
		left.deliveries = append(left.deliveries, d)
	}
	for _, part := range []struct {
		to     *[]byte
		suffix string
	}{{&left.file, ""}, {&left.log, "-wal"}, {&left.mark, ".mark"}} {
		data, err := os.ReadFile(path + part.suffix)
		if err != nil {
			t.Fatal(err)
		}
		*part.to = data
	}
	return left
}

// holds returns the whole content of a ledger.
func holds(t *testing.T, l *sqlite.Ledger) string {
	t.Helper()
	all, err := l.List(t.Context(), ledger.Query{Limit: -1})
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// harm truncates the data, or changes a few bytes, or a sector.
func harm(data []byte, draw *rand.Rand) ([]byte, string) {
	data = append([]byte(nil), data...)
	switch at := draw.IntN(len(data)); draw.IntN(4) {
	case 0:
		return data[:at], fmt.Sprintf("cut at %d", at)
	case 1:
		data[at] ^= 1 << draw.IntN(8)
		return data, fmt.Sprintf("one bit of %d", at)
	case 2:
		for range 1 + draw.IntN(8) {
			data[draw.IntN(len(data))] = byte(draw.Uint32())
		}
		return data, "a few bytes"
	default:
		at -= at % 512
		clear(data[at:min(at+512, len(data))])
		return data, fmt.Sprintf("the sector at %d", at)
	}
}

// damaged runs a test on n ledgers, several at a time.
func damaged(t *testing.T, n int, test func(t *testing.T, path string, draw *rand.Rand, number int)) {
	seed := *damageSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-damage-seed %d", seed)
	// In memory if possible: no power cut is simulated here.
	folder, err := os.MkdirTemp("/dev/shm", "digestbot")
	if err != nil {
		folder = t.TempDir()
	}
	defer func() { _ = os.RemoveAll(folder) }()
	numbers := make(chan int)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range numbers {
				path := filepath.Join(folder, fmt.Sprint(i), "ledger.db")
				if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
					t.Error(err)
					continue
				}
				test(t, path, rand.New(rand.NewPCG(seed, uint64(i))), i)
				if err := os.RemoveAll(filepath.Dir(path)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	group.Wait()
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Error(err)
	}
}

// TestDamagedLog: whatever happens to the log of a ledger in use, the ledger is refused
// with an explanation, or is as it was after one of its commits; if that was not the last
// one, it knows that it is behind.
func TestDamagedLog(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	left := live(t)
	var mu sync.Mutex
	refused, whole, behind := 0, 0, 0
	damaged(t, *damages, func(t *testing.T, path string, draw *rand.Rand, number int) {
		log, what := harm(left.log, draw)
		write(t, path, left.file)
		write(t, path+"-wal", log)
		write(t, path+".mark", left.mark)
		l, err := sqlite.Open(path)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "ledger "+path+": the file is ") {
				t.Errorf("%d, %s: refused with %v", number, what, err)
			}
			mu.Lock()
			refused++
			mu.Unlock()
			return
		}
		last, ok := left.held[holds(t, l)]
		if !ok {
			t.Errorf("%d, %s: after no commit it held %.500s", number, what, holds(t, l))
		}
		if got, want := l.Behind(), last < len(left.held)-1; got != want {
			t.Errorf("%d, %s: commit %d of %d is the last, behind %t", number, what, last, len(left.held)-1, got)
		}
		if number%10 == 0 { // which takes as long as everything else
			if err := l.Check(t.Context()); err != nil {
				t.Errorf("%d, %s: %v", number, what, err)
			}
		}
		if err := l.Close(); err != nil {
			t.Errorf("%d, %s: %v", number, what, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if last == len(left.held)-1 {
			whole++
		} else {
			behind++
		}
	})
	t.Logf("%d refused, %d whole, %d behind", refused, whole, behind)
	if behind == 0 || whole == 0 {
		t.Error("the damage does not bite")
	}
}

// TestDamagedFile: whatever happens to the file of a closed ledger, it is refused with an
// explanation, or nothing that was sent is posted again.
func TestDamagedFile(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	left := live(t)
	path := filepath.Join(t.TempDir(), "ledger.db")
	write(t, path, left.file)
	write(t, path+"-wal", left.log)
	write(t, path+".mark", left.mark)
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	refused := 0
	damaged(t, *damages/4, func(t *testing.T, path string, draw *rand.Rand, number int) {
		file, what := harm(file, draw)
		write(t, path, file)
		write(t, path+".mark", left.mark)
		err := func() error {
			l, err := sqlite.Open(path)
			if err != nil {
				return err
			}
			defer func() { _ = l.Close() }()
			if err := l.Check(t.Context()); err != nil {
				return err
			}
			if due, err := l.Due(t.Context(), time.Now().AddDate(1, 0, 0)); err != nil || len(due) > 0 {
				t.Errorf("%d, %s: %d are due and error %v", number, what, len(due), err)
			}
			if entered, err := l.Plan(t.Context(), left.deliveries...); err != nil || len(entered) > 0 {
				t.Errorf("%d, %s: planned %q once more and error %v", number, what, entered, err)
			}
			return nil
		}()
		if err == nil {
			return
		}
		if !strings.HasPrefix(err.Error(), "ledger "+path+": ") || strings.Count(err.Error(), "the file ")+strings.Count(err.Error(), "it is another") == 0 {
			t.Errorf("%d, %s: refused with %v", number, what, err)
		}
		mu.Lock()
		refused++
		mu.Unlock()
	})
	t.Logf("%d of %d refused", refused, *damages/4)
	if refused == 0 {
		t.Error("the damage does not bite")
	}
}

// TestRemovedInUse: a ledger whose file is removed or replaced while it is open records
// nothing any more, so that nothing is sent, and explains why.
func TestRemovedInUse(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, path string){
		"removed": func(t *testing.T, path string) { remove(t, path) },
		"replaced": func(t *testing.T, path string) {
			write(t, path+".new", nil)
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			l := open(t, path)
			enter(t, l, "first")
			harm(t, path)
			d := ledger.NewDelivery("second", "", chat.Channel{Adapter: "web", ID: "general"}, time.Now())
			if _, err := l.Plan(t.Context(), d); err == nil || !strings.Contains(err.Error(), "the file was removed or replaced while it was in use, so nothing can be recorded") {
				t.Errorf("got error %v", err)
			}
			_ = l.Close() // it may find nothing to close
			if _, err := sqlite.Open(path); err == nil || !strings.Contains(err.Error(), "the file is gone or empty") {
				t.Errorf("opened after that: got error %v", err)
			}
		})
	}
}
