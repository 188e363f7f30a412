package house

import (
	"context"

	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest/shelf"
)

// search searches for the desk while serve keeps the index up to date.
func (h *House) search(ctx context.Context, words string, limit int) (hits []vocabulary.Place, err error) {
	found, err := h.shelf.Search(ctx, h.library.Library(), words, shelf.Newest, limit)
	for _, hit := range found {
		hits = append(hits, vocabulary.Place{Digest: hit.Digest, Story: hit.Story})
	}
	if err == nil && len(hits) == 0 && !h.shelf.Indexed() {
		err = command.ErrNotReady // the missing part of the index may have hits
	}
	return hits, err
}

// searchNow searches for the desk when no serve keeps the index: it updates the index
// first.
func (h *House) searchNow(ctx context.Context, words string, limit int) ([]vocabulary.Place, error) {
	if err := h.shelf.Index(ctx); err != nil {
		return nil, err
	}
	return h.search(ctx, words, limit)
}
