package cache

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBound(t *testing.T) {
	for _, tt := range []struct{ limit, want int }{{1, 2}, {3, 6}, {0, 2 * DefaultLimit}} {
		c := Recent[int, int]{Limit: tt.limit}
		most := 0
		for i := range 5 * tt.want {
			switch i % 3 {
			case 0:
				c.Put(i, i)
			case 1:
				c.Add(i, i)
			default:
				c.Get(i / 2) // a hit counts as use, and moves the entry
			}
			most = max(most, len(c.now)+len(c.old))
		}
		if most == 0 || most > tt.want {
			t.Errorf("with Limit %d there were %d entries, want at most %d", tt.limit, most, tt.want)
		}
	}
}

func TestUsedEntriesStay(t *testing.T) {
	const limit = 4
	for _, tt := range []struct {
		name   string
		others int // number of others used after it
		used   func(c *Recent[string, int])
		want   bool
	}{
		{name: "as many as Limit", others: limit, want: true},
		{name: "twice as many", others: 2 * limit},
		{name: "asked for in between", others: 3 * limit, used: func(c *Recent[string, int]) { c.Get("it") }, want: true},
		{name: "added again in between", others: 3 * limit, used: func(c *Recent[string, int]) { c.Add("it", 2) }, want: true},
		{name: "put again in between", others: 3 * limit, used: func(c *Recent[string, int]) { c.Put("it", 1) }, want: true},
		{name: "deleted", used: func(c *Recent[string, int]) { c.Delete("it") }},
		{name: "deleted when it is old", others: limit, used: func(c *Recent[string, int]) { c.Delete("it") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for before := range limit { // wherever it is in its half
				c := Recent[string, int]{Limit: limit}
				for i := range before {
					c.Put(fmt.Sprint("before ", i), 0)
				}
				c.Put("it", 1)
				for i := range tt.others {
					c.Put(fmt.Sprint("after ", i), 0)
					if i%limit == limit-1 && tt.used != nil {
						tt.used(&c)
					}
				}
				if tt.others == 0 {
					tt.used(&c)
				}
				if v, ok := c.Get("it"); ok != tt.want || ok && v != 1 {
					t.Errorf("behind %d others: got %d, %v, want %v", before, v, ok, tt.want)
				}
			}
		})
	}
}

func TestSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const span = time.Minute
		c := Recent[int, struct{}]{Span: span}
		for second := range 3600 {
			if _, added := c.Add(second, struct{}{}); !added {
				t.Fatalf("%d is known before it came", second)
			}
			if n := len(c.now) + len(c.old); n > int(2*span/time.Second) {
				t.Fatalf("%d are kept with one each second", n)
			}
			ago := second - int(span/time.Second) + 1
			_, isNow := c.now[ago] // Get would keep it longer
			if _, isOld := c.old[ago]; ago >= 0 && !isNow && !isOld {
				t.Fatalf("%d is forgotten within the span", ago)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(2 * span)
		c.Put(1, struct{}{})
		if _, ok := c.Get(1); !ok {
			t.Error("what is put after a long rest is forgotten at once")
		}
		time.Sleep(2 * span)
		if _, ok := c.Get(3599); ok || len(c.now)+len(c.old) > 0 {
			t.Error("it is known after twice the span")
		}
	})
}

func TestOneOfManyAdds(t *testing.T) {
	var c Recent[int, int]
	var added atomic.Int32
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if kept, ok := c.Add(7, i); ok {
				added.Add(1)
				if kept != i {
					t.Errorf("Add(7, %d) kept %d", i, kept)
				}
			}
			c.Put(i, i)
			c.Delete(i + 100)
		})
	}
	all.Wait()
	if added.Load() > 1 {
		t.Errorf("%d of 64 added the same key", added.Load())
	}
}

// BenchmarkAdd records ids, like those of requests.
func BenchmarkAdd(b *testing.B) {
	c := Recent[uint64, struct{}]{Limit: 50_000}
	var id uint64
	for b.Loop() {
		c.Add(id, struct{}{})
		id++
	}
}
