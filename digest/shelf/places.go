package shelf

import (
	"cmp"
	"slices"
	"sync/atomic"
	"weak"

	"github.com/digestbot/digestbot/digest"
)

// place is where a library has a reading: an index of its cards.
type place struct {
	reading int64
	card    int
}

// places are those of a library, by reading. They do not keep the library in memory.
type places struct {
	of  weak.Pointer[digest.Library]
	all []place
}

// placeCache keeps the places of the library that was asked about last.
type placeCache struct{ last atomic.Pointer[places] }

// in are the places of all readings in a library that are on a shelf.
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
	if written { // else there are more in a moment
		c.last.Store(&places{of, all})
	}
	return all
}
