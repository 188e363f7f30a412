package vocabulary

import (
	"github.com/digestbot/digestbot/bot/fuzzy"
	"github.com/digestbot/digestbot/digest"
)

// SimilarTags returns the tags that the words may have meant.
func (x *Index) SimilarTags(words string) (tags []digest.Tag) {
	for _, i := range fuzzy.MatchFolded(digest.Fold(words), func(yield func(string, int) bool) {
		for i, t := range x.tags {
			if !yield(t.fold, i) {
				return
			}
		}
	}) {
		tags = append(tags, x.tags[i].Tag)
	}
	return tags
}

// SimilarHosts returns the hosts that the words may have meant.
func (x *Index) SimilarHosts(words string) (names []string) {
	hosts := x.hosts()
	for _, i := range fuzzy.MatchFolded(words, func(yield func(string, int) bool) {
		for i, h := range hosts {
			if !yield(h.Name, i) {
				return
			}
		}
	}) {
		names = append(names, hosts[i].Name)
	}
	return names
}
