package shelf

import (
	"cmp"
	"slices"
	"sync/atomic"
	"weak"

	"github.com/digestbot/digestbot/digest"
)

// place says which card of a library has a reading; card is its index.
type place struct {
	reading int64
	card    int
}

// places are those of a library, sorted by reading. They do not keep the library in
// memory.
type places struct {
	of  weak.Pointer[digest.Library]
	all []place
}

// placeCache caches the places of the library that was searched last.
type placeCache struct{ last atomic.Pointer[places] }

// in returns the places of all cards in a library whose readings are on shelf s.
func (c *placeCache) in(l *digest.Library, s *Shelf) []place {
	of := weak.Make(l)
	if known := c.last.Load(); known != nil && known.of == of {
		return known.all
	}
	cards := l.All()
	all := make([]place, 0, len(cards))
	written := true
	for i, card := range cards {
		if t, ok := card.Text().(*text); ok && t.shelf == s {
			if id := t.reading(); id != 0 {
				all = append(all, place{id, i})
			} else {
				written = false
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.reading, b.reading), cmp.Compare(a.card, b.card)) })
	if written { // otherwise more places will follow soon
		c.last.Store(&places{of, all})
	}
	return all
}
