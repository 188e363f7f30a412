package markdown

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// grouped puts the stories from that one on into the group of that heading, unless
// they are in a nearer one. A heading that repeats the title of the document is
// that of no group.
func (f *finder) grouped(first int, heading string) {
	name := strings.TrimRight(lexicon.StripOrdinal(lexicon.Squeeze(heading)), " :：")
	if name == "" || name == f.title {
		return
	}
	for i := range f.stories[first:] {
		if s := &f.stories[first+i]; s.Group == "" {
			s.Group = name
		}
	}
}
