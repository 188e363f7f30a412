package block

import "fmt"

// NameOf returns the name of a block's kind in layouts.
func NameOf(b *Block) string {
	switch {
	case b.Kind == Heading:
		return LevelNames[b.Level]
	case b.Kind == Code:
		return "code"
	case b.IsRule():
		return "rule"
	case b.Kind == Row:
		return "row"
	case b.Quoted:
		return "quote"
	case b.Kind == Item && b.Level > 1:
		return fmt.Sprintf("item %d", b.Level)
	case b.Kind == Item:
		return "item"
	}
	return "paragraph"
}

// LevelNames are the names of the heading levels.
var LevelNames = [...]string{1: "h1", 2: "h2", 3: "h3", 4: "h4", 5: "h5", 6: "h6", BoldLine: "bold line"}
