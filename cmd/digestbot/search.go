package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/shelf"
)

type searchCmd struct {
	Limit int      `default:"10" help:"How many, the newest first (${default})."`
	Rank  bool     `help:"Best match first, instead of newest first."`
	Words []string `arg:"" help:"Words that must all occur; quotes make a phrase: '\"machine learning\" 漏洞'."`
}

// Run prints the stories that contain the words.
func (cmd searchCmd) Run(ctx context.Context, p *program, c *cli) error {
	if cmd.Limit < 1 {
		return fmt.Errorf("limit: %d is not a number of stories", cmd.Limit)
	}
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	conf, forget, err := house.LookOnly(conf)
	if err != nil {
		return err
	}
	defer forget()
	kept := p.libraries(conf, c).OpenShelf(ctx)
	defer func() { _ = kept.Close() }()
	library, _, err := p.libraries(conf, c).Open(ctx, kept)
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
		p.printf("nothing found for %s\n", words)
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
