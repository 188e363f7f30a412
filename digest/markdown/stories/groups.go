package stories

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Grouped puts the stories from index first on into the group of a heading, unless they
// are already in one below it. A heading that repeats the title of the document is not
// a group.
func (f *Finder) Grouped(first int, heading string) {
	name := strings.TrimRight(lexicon.StripOrdinal(lexicon.Squeeze(heading)), " :：")
	if name == "" || name == f.Title {
		return
	}
	for i := range f.Stories[first:] {
		if s := &f.Stories[first+i]; s.Group == "" {
			s.Group = name
		}
	}
}
