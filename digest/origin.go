package digest

import (
	"path"
	"strings"
)

// Origin is one of the libraries that a bot reads.
//
// # Why the first has plain IDs
//
// A ledger knows a digest by its ID, and so do the buttons of posts. A team that adds
// a library behind its first one changes no ID. Where libraries change places the IDs
// change, as if folders were renamed, and what was posted is found by what it tells.
type Origin struct {
	// Name differs from those of the others.
	Name string
	// Rank is the library's place among them, from 0.
	Rank int
}

// ID is that of a digest of the library; id is its path there. Those of the first
// library are their paths. No path has two slashes side by side, so no two digests
// have one ID.
func (o *Origin) ID(id string) string {
	if o == nil || o.Rank == 0 {
		return id
	}
	return o.Name + "//" + id
}

// Library is the name of the library that the digest comes from; empty if it has none.
func (c *Card) Library() string {
	if c.Origin == nil {
		return ""
	}
	return c.Origin.Name
}

// Path is the path of the file inside its library, with slashes.
func (c *Card) Path() string { return c.Place() + path.Ext(c.File) }

// Place is the ID without what the origin adds.
func (c *Card) Place() string { return strings.TrimPrefix(c.ID, c.Origin.ID("")) }

// rank is the place of the digest's library among the others.
func (c *Card) rank() int {
	if c.Origin == nil {
		return 0
	}
	return c.Origin.Rank
}
