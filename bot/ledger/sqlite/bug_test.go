package sqlite

import (
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A change that panics fails alone: its writes are rolled back, the changes in the same
// group are written, and so is the next change.
func TestBugInAChange(t *testing.T) {
	l, err := Open(filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	note := func(p *pen, name string) error {
		_, err := p.exec(`INSERT INTO seen (digest, at) VALUES (?, 1)`, name)
		return err
	}
	for round := range 20 {
		errs := make([]error, 8)
		var writers sync.WaitGroup
		for i := range errs {
			writers.Go(func() {
				errs[i] = l.update(t.Context(), func(p *pen) error {
					err := note(p, strconv.Itoa(100*round+i))
					if i == 3 {
						panic("a bug in a change")
					}
					return err
				})
			})
		}
		writers.Wait()
		for i, err := range errs {
			if bug := i == 3; bug != (err != nil && strings.Contains(err.Error(), "digestbot has a bug") && strings.Contains(err.Error(), "TestBugInAChange")) {
				t.Errorf("change %d ends with %v", i, err)
			}
		}
	}
	var rows int
	if err := l.read.QueryRow(`SELECT count(*) FROM seen`).Scan(&rows); err != nil || rows != 20*7 {
		t.Errorf("%d rows were written, %v, want %d", rows, err, 20*7)
	}
}
