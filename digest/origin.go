package digest

import (
	"path"
	"strings"
)

// Origin is one of the libraries that a bot reads.
//
// # Why the first has plain IDs
//
// The ledger and the buttons of posts identify a digest by its ID. A team that adds a
// library after its first one must not change any ID. If libraries change places, the
// IDs change as if folders were renamed, and earlier posts are recognized by their
// content.
type Origin struct {
	// Name is unique among the libraries.
	Name string
	// Rank is the position of the library among all, from 0.
	Rank int
}

// ID returns the ID of a digest of the library; id is its path there. For the first
// library the ID is the path. No path contains two slashes in a row, so IDs are unique.
func (o *Origin) ID(id string) string {
	if o == nil || o.Rank == 0 {
		return id
	}
	return o.Name + "//" + id
}

// Library returns the name of the library that the digest comes from; empty if it has
// none.
func (c *Card) Library() string {
	if c.Origin == nil {
		return ""
	}
	return c.Origin.Name
}

// Path returns the path of the file inside its library, with slashes.
func (c *Card) Path() string { return c.Place() + path.Ext(c.File) }

// Place returns the ID without the prefix of the origin.
func (c *Card) Place() string { return strings.TrimPrefix(c.ID, c.Origin.ID("")) }

// rank returns the rank of the digest's library.
func (c *Card) rank() int {
	if c.Origin == nil {
		return 0
	}
	return c.Origin.Rank
}
