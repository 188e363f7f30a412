package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/command"
	"github.com/digestbot/digestbot/bot/vocabulary"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/shelf"
)

type searchCmd struct {
	Limit int      `default:"10" help:"How many, the newest first (${default})."`
	Rank  bool     `help:"The best first, not the newest."`
	Words []string `arg:"" help:"Words that must all be there; quotes make a phrase: '\"machine learning\" 漏洞'."`
}

// Run prints the stories that the words are found in.
func (cmd searchCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Limit < 1 {
		return fmt.Errorf("limit: %d is no number of stories", cmd.Limit)
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	conf, forget, err := lookOnly(conf)
	if err != nil {
		return err
	}
	defer forget()
	kept := p.libraries(conf, p.log(c)).OpenShelf(ctx)
	defer func() { _ = kept.Close() }()
	library, _, err := p.libraries(conf, p.log(c)).Open(ctx, kept)
	if err != nil {
		return err
	}
	if err := p.while(words("indexing the words of the library"), func() error { return kept.Index(ctx) }); err != nil {
		return err
	}
	words, order := strings.Join(cmd.Words, " "), shelf.Newest
	if cmd.Rank {
		order = shelf.Rank
	}
	hits, err := kept.Search(ctx, library.Library(), words, order, cmd.Limit)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		p.printf("nothing is found for %s\n", words)
		return nil
	}
	for i, hit := range hits {
		if i > 0 {
			p.printf("\n")
		}
		if err := p.showHit(hit); err != nil {
			return err
		}
	}
	return nil
}

// search is what the desk searches with while serve keeps the index.
func (h *house) search(ctx context.Context, words string, limit int) (hits []vocabulary.Place, err error) {
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
func (h *house) searchNow(ctx context.Context, words string, limit int) ([]vocabulary.Place, error) {
	if err := h.shelf.Index(ctx); err != nil {
		return nil, err
	}
	return h.search(ctx, words, limit)
}

// showHit prints a hit for people.
func (p *program) showHit(hit shelf.Hit) error {
	d, err := hit.Digest.Read()
	if err != nil {
		return err
	}
	headline, where := d.Label(), d.ID
	var sources []digest.Source
	if hit.Story >= 0 {
		headline, where, sources = d.Stories[hit.Story].Headline, cmp.Or(d.Title, d.ID), d.Stories[hit.Story].Sources
	}
	p.printf("%s\n  %s · %s\n", headline, d.Date.Format(time.DateOnly), where)
	if len(sources) > 0 {
		p.printf("  → %s\n", strings.TrimSpace(sources[0].Title+" "+sources[0].URL))
	}
	return nil
}
