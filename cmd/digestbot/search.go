package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/digestbot/digestbot/digest/search"
)

type searchCmd struct {
	Limit int      `default:"10" help:"How many, the newest first (${default})."`
	Rank  bool     `help:"The best first, not the newest."`
	Words []string `arg:"" help:"Words that must all be there; quotes make a phrase: '\"machine learning\" 漏洞'."`
}

// searchFile is the index that search keeps.
func (c *config) searchFile() string { return filepath.Join(c.State, "search.db") }

// Run prints the stories that the words are found in. The index is brought up
// to date first, which serve, if it runs, does not notice.
func (cmd searchCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Limit < 1 {
		return fmt.Errorf("limit: %d is no number of stories", cmd.Limit)
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	library, err := p.openLibrary(ctx, conf, p.log(c))
	if err != nil {
		return err
	}
	index, err := search.Open(conf.searchFile())
	if err != nil {
		return err
	}
	defer func() { _ = index.Close() }()
	if _, err := index.Update(ctx, library.Library()); err != nil {
		return err
	}
	words, order := strings.Join(cmd.Words, " "), search.Newest
	if cmd.Rank {
		order = search.Rank
	}
	hits, err := index.Search(ctx, words, order, cmd.Limit)
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
		p.showHit(hit)
	}
	return nil
}

// showHit prints a hit for people.
func (p *program) showHit(hit search.Hit) {
	p.printf("%s\n", hit.Headline())
	where := hit.Digest.ID
	if hit.Story >= 0 && hit.Digest.Title != "" {
		where = hit.Digest.Title
	}
	if !hit.Digest.Date.IsZero() {
		where = hit.Digest.Date.Format("2006-01-02") + " · " + where
	}
	p.printf("  %s\n", where)
	if sources := hit.Sources(); len(sources) > 0 {
		p.printf("  → %s\n", strings.TrimSpace(sources[0].Title+" "+sources[0].URL))
	}
}
