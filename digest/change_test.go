package digest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Whatever happens to its digests, a renewed library equals one that is made from
// scratch, and the library before it does not change.
func TestRenewedLibrariesAreLikeNewOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long: run it without -short")
	}
	var aliases Aliases
	if err := aliases.Add("人工智能", "AI"); err != nil {
		t.Fatal(err)
	}
	rules := Rules{Aliases: aliases}
	vocabulary := []string{"AI", "ai", "ＡＩ", "agentic-ai", "人工智能", "人工智能安全", "Rust", "rust lang", "Go", "go", "#Go", " ", "数据库"}
	random := rand.New(rand.NewPCG(3, 5))
	some := func() (out []string) {
		for range random.IntN(5) {
			out = append(out, vocabulary[random.IntN(len(vocabulary))])
		}
		return out
	}
	written := func(id int) *Digest {
		d := &Digest{Card: Card{ID: fmt.Sprint(id), Title: "Daily", Tags: some(), Categories: some()}}
		for range random.IntN(4) { // so that some are copies
			headline := vocabulary[random.IntN(len(vocabulary))]
			d.Stories = append(d.Stories, Story{Headline: headline, Summary: Text{{Text: headline}}})
		}
		if random.IntN(8) > 0 {
			d.Date = day(1).Add(time.Duration(random.IntN(200)) * time.Hour)
		}
		return d
	}
	var digests []*Digest
	for id := range 40 {
		digests = append(digests, written(id))
	}
	l, patched, copies := rules.NewLibrary(KeepAll(digests)), 0, 0
	for step := range 2000 {
		before := slices.Clone(digests)
		for range 1 + random.IntN(3) {
			at := random.IntN(len(digests))
			again := *digests[at]
			switch random.IntN(12) {
			case 0:
				digests = slices.Insert(digests, at, written(random.IntN(80)))
			case 1:
				digests = slices.Delete(digests, at, at+1)
			case 2:
				digests[at] = written(random.IntN(80))
			case 3:
				again.Tags = some()
				digests[at] = &again
			case 4:
				again.Categories = some()
				digests[at] = &again
			case 5:
				again.Date = again.Date.Add(time.Duration(random.IntN(9)-4) * time.Hour)
				digests[at] = &again
			default:
				again.Title = fmt.Sprint(step)
				digests[at] = &again
			}
		}
		next, want := rules.Renew(l, KeepAll(digests)), rules.NewLibrary(KeepAll(digests))
		if !reflect.DeepEqual(next, want) {
			t.Fatalf("step %d: the renewed library is %v with tags %v; want %v with %v", step, ids(next.All()), next.Tags(), ids(want.All()), want.Tags())
		}
		if !reflect.DeepEqual(l, rules.NewLibrary(KeepAll(before))) {
			t.Fatalf("step %d: the library before has changed", step)
		}
		if c, ok := changed(l.digests, next.digests); ok && len(c.old) > 0 {
			patched++
		}
		copies += len(next.Copies())
		l = next
	}
	if patched < 200 || copies < 200 {
		t.Errorf("of 2000 libraries %d were patched, and they left out %d copies: too few to tell", patched, copies)
	}
}
