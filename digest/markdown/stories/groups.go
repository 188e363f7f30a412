package stories

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// Grouped puts the stories from that one on into the group of that heading, unless
// they are in a nearer one. A heading that repeats the title of the document is
// that of no group.
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
