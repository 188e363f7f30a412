package house

import (
	"context"

	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest/shelf"
)

// search is what the desk searches with while serve keeps the index.
func (h *House) search(ctx context.Context, words string, limit int) (hits []vocabulary.Place, err error) {
	found, err := h.shelf.Search(ctx, h.library.Library(), words, shelf.Newest, limit)
	for _, hit := range found {
		hits = append(hits, vocabulary.Place{Digest: hit.Digest, Story: hit.Story})
	}
	if err == nil && len(hits) == 0 && !h.shelf.Indexed() {
		err = command.ErrNotReady // it may be in what the index lacks
	}
	return hits, err
}

// searchNow is what the desk searches with where nobody keeps the index: it is brought
// up to date first.
func (h *House) searchNow(ctx context.Context, words string, limit int) ([]vocabulary.Place, error) {
	if err := h.shelf.Index(ctx); err != nil {
		return nil, err
	}
	return h.search(ctx, words, limit)
}
