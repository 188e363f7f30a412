// Package cache keeps what was recently used, within a limit. It does not know what that
// is.
//
// # Why
//
// The caches of the bot and the adapters only avoid repeated questions, and the records of
// requests only have to recognise a request for as long as it may be repeated. Two maps
// that take turns suffice for both. The list of hashicorp/golang-lru takes 3.7 times as
// much memory for the ids of 100,000 requests, and its expiring one starts a goroutine that
// nothing ends.
package cache

import (
	"cmp"
	"sync"
	"time"
)

// DefaultLimit is the default of Limit.
const DefaultLimit = 10_000

// Recent keeps an entry until more than Limit other entries, or more time than Span, have
// come after its last use, and forgets it soon after that: it never holds more than twice
// Limit. The zero value is ready to use. It is safe for concurrent use.
type Recent[K comparable, V any] struct {
	Limit int           // zero is DefaultLimit
	Span  time.Duration // zero is forever

	mu       sync.Mutex
	now, old map[K]V
	turned   time.Time // when the map now was begun
}

// Get returns the value for a key.
func (c *Recent[K, V]) Get(k K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(k)
}

// Put sets the value for a key.
func (c *Recent[K, V]) Put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire()
	c.keep(k, v)
}

// Add sets the value for a key that has none, and returns the value that is then in the
// cache.
func (c *Recent[K, V]) Add(k K, v V) (kept V, added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.get(k); ok {
		return kept, false
	}
	c.keep(k, v)
	return v, true
}

// Delete removes a key.
func (c *Recent[K, V]) Delete(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.now, k)
	delete(c.old, k)
}

// get is Get. A value that it finds counts as used now. The mutex is held.
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

// expire removes what was not used for the span. The mutex is held.
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

// keep sets a value that is used now. The mutex is held.
func (c *Recent[K, V]) keep(k K, v V) {
	if c.now == nil || len(c.now) >= cmp.Or(c.Limit, DefaultLimit) {
		c.turn()
	}
	c.now[k] = v
}

func (c *Recent[K, V]) turn() {
	c.old, c.now, c.turned = c.now, map[K]V{}, time.Now()
}
