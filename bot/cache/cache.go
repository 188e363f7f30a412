// Package cache keeps what was used lately, within a bound. It never knows what
// that is.
//
// # Why
//
// The caches of the bot and the adapters only spare a question, and the memories
// of requests only have to know a request for as long as it may come again. Two
// maps that take turns do for both. The list of hashicorp/golang-lru takes 3.7 times
// as much memory for the ids of 100,000 requests, and its expiring one starts a
// goroutine that nothing ends.
package cache

import (
	"cmp"
	"sync"
	"time"
)

// DefaultLimit is the Limit of a cache that has none of its own.
const DefaultLimit = 10_000

// Recent keeps an entry until more than Limit others, or time of more than Span,
// came after its last use, and forgets it soon after that: it never holds more than
// twice Limit. The zero value is ready, and safe for concurrent use.
type Recent[K comparable, V any] struct {
	Limit int           // zero is DefaultLimit
	Span  time.Duration // zero is for ever

	mu       sync.Mutex
	now, old map[K]V
	turned   time.Time // when now was begun
}

// Get gives what is kept for a key.
func (c *Recent[K, V]) Get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(k)
}

// Put keeps v for a key.
func (c *Recent[K, V]) Put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire()
	c.keep(k, v)
}

// Add keeps v for a key that has nothing, and gives what is kept for it.
func (c *Recent[K, V]) Add(k K, v V) (kept V, added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.get(k); ok {
		return kept, false
	}
	c.keep(k, v)
	return v, true
}

// Delete forgets a key.
func (c *Recent[K, V]) Delete(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.now, k)
	delete(c.old, k)
}

// get is Get. Anything it finds has been used now. The mutex is held.
func (c *Recent[K, V]) get(k K) (v V, ok bool) {
	c.expire()
	if v, ok = c.now[k]; ok {
		return v, true
	}
	if v, ok = c.old[k]; ok {
		c.keep(k, v)
	}
	return v, ok
}

// expire forgets what was not used for the span. The mutex is held.
func (c *Recent[K, V]) expire() {
	age := time.Since(c.turned)
	if c.Span == 0 || age < c.Span {
		return
	}
	if age >= 2*c.Span {
		c.now = nil
	}
	c.turn()
}

// keep keeps what is used now. The mutex is held.
func (c *Recent[K, V]) keep(k K, v V) {
	if c.now == nil || len(c.now) >= cmp.Or(c.Limit, DefaultLimit) {
		c.turn()
	}
	c.now[k] = v
}

func (c *Recent[K, V]) turn() {
	c.old, c.now, c.turned = c.now, map[K]V{}, time.Now()
}
